"""The ledger's sources: their state, their blocks, and what their latest posts show."""

from datetime import datetime

from sqlalchemy import bindparam, or_, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.polls import build_source_state
from newsbot.ledger.serialization import select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import shift
from newsbot.model import PostEvent, PostState
from newsbot.ports import Blocked, ShownArticle, SourceState

__all__ = ["ShownArticlesStore", "SourceBlocksStore", "SourcesStore"]

_WITHOUT_CURSOR = tuple(column for column in tables.source.c if column.name != "cursor")
_SELECT_FAILING = select(*_WITHOUT_CURSOR).where(
    tables.source.c.failures >= bindparam("failures"), tables.source.c.state != "blocked"
)


class SourcesStore(LedgerStore):
    """The Ledger port's part for sources."""

    def source(self, name: str) -> SourceState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.source).where(tables.source.c.name == name)).one_or_none()
        return build_source_state(row, name)

    def sources(self) -> dict[str, SourceState]:
        with self._database.read() as tx:
            return {
                row.name: build_source_state(row, row.name) for row in tx.execute(select(*_WITHOUT_CURSOR))
            }

    def failing_sources(self, failures: int) -> list[SourceState]:
        with self._database.read() as tx:
            found = tx.execute(_SELECT_FAILING, {"failures": failures})
            return [build_source_state(row, row.name) for row in found]

    def quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        column = tables.source.c
        quiet = or_(column.last_new_at.is_(None), column.last_new_at <= since)
        found = select(column.name, column.last_new_at).where(quiet, column.state != "blocked")
        with self._database.read() as tx:
            return dict(map(tuple, tx.execute(found)))


_SOURCE, _ARTICLE, _POST = tables.source.c, tables.article.c, tables.post.c
_CANCELLABLE_STATES = {PostState.HELD, PostState.SCHEDULED, PostState.RETRYING}
_OUT_STATES = (str(PostState.SENT), str(PostState.FAILED), str(PostState.SENDING), str(PostState.UNKNOWN))


class SourceBlocksStore(LedgerStore):
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
                shift(tx, post, PostEvent.CANCEL, **told)  # type: ignore[arg-type]  # The keys fix the types.
                for post in waiting
                if post.state in _CANCELLABLE_STATES
            ]
            out = (
                select_posts()
                .where(_ARTICLE.source == source, _POST.state.in_(_OUT_STATES))
                .order_by(_POST.id)
            )
            posts = to_posts(tx, tx.execute(out))
        surely = tuple(post for post in posts if post.receipts or post.state is not PostState.FAILED)
        return Blocked(source, tuple(cancelled), surely)

    def unblock_source(self, source: str, *, by: str, now: datetime) -> bool:  # noqa: ARG002  in the port
        blocked = (_SOURCE.name == source, _SOURCE.state == "blocked")
        with self._database.write() as tx:
            free = update(tables.source).where(*blocked).values(state="ok", next_poll_at=now)
            return bool(tx.execute(free).rowcount)


_LATEST_COUNT = 200  # the newest articles of a source, among which those with a post are searched


class ShownArticlesStore(LedgerStore):
    """The Ledger port's part for what recent posts show."""

    def list_recently_shown(self, source: str, *, limit: int = 20) -> list[ShownArticle]:
        column, post = tables.article.c, tables.post.c
        latest = select(column.id).where(tables.READY_ARTICLE, column.source == source)
        few = latest.order_by(column.id.desc()).limit(_LATEST_COUNT).subquery()
        found = select(column.id, column.article).join(few, few.c.id == column.id)
        found = found.where(select(post.id).where(post.article_id == few.c.id).exists())
        summaries = select(post.article_id, post.summary)
        with self._database.read() as tx:
            rows = tx.execute(found.order_by(few.c.id.desc()).limit(limit)).all()
            shown: dict[int, set[str]] = {row.id: set() for row in rows}
            for number, summary in tx.execute(summaries.where(post.article_id.in_(list(shown)))):
                shown[number].update(text for text, _ in summary or ())
        return [
            ShownArticle(ids.article_id(row.id), frozenset(shown[row.id]), len(row.article["text"]))
            for row in rows
        ]
