"""Sources that nothing is taken from any more."""

from datetime import datetime

from sqlalchemy import select, update

from newsbot.errors import UsageError
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.moves import shift
from newsbot.ledger.rows import select_posts, to_posts
from newsbot.model import PostEvent, PostState
from newsbot.ports import Blocked

__all__ = ["SourceBlocks"]

_SOURCE, _ARTICLE, _POST = tables.source.c, tables.article.c, tables.post.c
_CANCELLABLE = {PostState.HELD, PostState.SCHEDULED, PostState.RETRYING}
_OUT = (str(PostState.SENT), str(PostState.FAILED), str(PostState.SENDING), str(PostState.UNKNOWN))


class SourceBlocks(Store):
    """The Ledger port's part for blocked sources."""

    def block_source(self, source: str, *, by: str, now: datetime) -> Blocked:
        with self._database.write() as tx:
            mine = update(tables.source).where(_SOURCE.name == source)
            if not tx.execute(mine.values(state="blocked")).rowcount:
                raise UsageError(f"no source {source!r} was ever polled: `newsbot status` lists them")
            unread = (_ARTICLE.source == source, tables.UNREAD)
            tx.execute(
                update(tables.article)
                .where(*unread)
                .values(state="recorded", item=None, holder=None, note=f"the source was blocked by {by}")
            )
            tx.execute(
                tables.change.delete().where(
                    tables.change.c.article_id.in_(select(_ARTICLE.id).where(_ARTICLE.source == source))
                )
            )
            waits = select_posts().where(_ARTICLE.source == source, tables.WAITS).order_by(_POST.id)
            waiting = to_posts(tx, tx.execute(waits.with_for_update(of=tables.post)))
            told = {"by": by, "now": now, "detail": "its source was blocked"}
            cancelled = [
                shift(tx, post, PostEvent.CANCEL, **told)  # type: ignore[arg-type]  # as the names say
                for post in waiting
                if post.state in _CANCELLABLE
            ]
            out = select_posts().where(_ARTICLE.source == source, _POST.state.in_(_OUT)).order_by(_POST.id)
            posts = to_posts(tx, tx.execute(out))
        surely = tuple(post for post in posts if post.receipts or post.state is not PostState.FAILED)
        return Blocked(source, tuple(cancelled), surely)

    def unblock_source(self, source: str, *, by: str, now: datetime) -> bool:  # noqa: ARG002  the port's
        blocked = (_SOURCE.name == source, _SOURCE.state == "blocked")
        with self._database.write() as tx:
            free = update(tables.source).where(*blocked).values(state="ok", next_poll_at=now)
            return bool(tx.execute(free).rowcount)
