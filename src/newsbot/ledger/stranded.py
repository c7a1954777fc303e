"""Posts whose channel is gone or posts elsewhere, and articles whose source is gone."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from newsbot.errors import InvalidTransition
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.amendments import build_amendment, select_amendments
from newsbot.ledger.bulk_statements import in_list
from newsbot.ledger.post_creation import add_posts, refuse_repeats
from newsbot.ledger.serialization import locked, one, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import describe_block, find_block
from newsbot.ledger.transitions import note, refusal, shift
from newsbot.model import Post, PostEvent, PostState
from newsbot.ports import Amendment, ChannelTargets, NewPost, is_other_target

__all__ = ["StrandedPostsStore", "describe_targets", "has_other_target"]

_POST, _AMENDMENT, _ARTICLE, _CHANNEL = (
    tables.post.c,
    tables.amendment.c,
    tables.article.c,
    tables.channel.c,
)
_MOVABLE_STATES = {PostState.HELD, PostState.SCHEDULED, PostState.RETRYING}
_IS_READY = tables.in_queue(_POST.state, PostState.SCHEDULED, PostState.RETRYING)
_COUNT_UNREAD = (
    select(_ARTICLE.source, func.count())
    .where(tables.UNREAD, ~in_list(_ARTICLE.source, "sources"))
    .group_by(_ARTICLE.source)
    .order_by(_ARTICLE.source)
)
_BY = "system"


def describe_targets(name: str, then: str | None, now: str | None) -> str:
    """Say for a post's events where its channel posted to, and where it posts now."""
    return f"{name} posted to {then} when this was composed, and posts to {now} now"


class StrandedPostsStore(LedgerStore):
    """The Ledger port's part for posts and articles that no longer fit config.yaml."""

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        known = {name: target for name, target in targets.items() if target}
        with self._database.read() as tx:
            new = self._find_moved_channels(tx, known)
            waits = tx.execute(_select_stranded_posts(known).limit(1)).first() if known else None
        if not new and waits is None:
            return []
        with self._database.write() as tx:
            self._store_targets(tx, new)
            found = to_posts(tx, tx.execute(_select_stranded_posts(known).with_for_update(of=tables.post)))
            return [self._hold_stranded_post(tx, post, known, now) for post in found]

    def _find_moved_channels(self, tx: Connection, known: dict[str, str]) -> dict[str, str]:
        """Return the channels that post to another place than the ledger has stored."""
        noted = dict(map(tuple, tx.execute(select(_CHANNEL.name, _CHANNEL.target)).all()))
        return {name: target for name, target in known.items() if noted.get(name) != target}

    def _store_targets(self, tx: Connection, targets: dict[str, str]) -> None:
        """Store each channel's place; the first time also on the posts of an older version."""
        for name, target in sorted(targets.items()):
            self._database.ensure(tx, tables.channel, name=name, state="active")
            mine = _CHANNEL.name == name
            if tx.execute(select(_CHANNEL.target).where(mine)).scalar() is None:
                bare = (_POST.channel == name, _POST.target.is_(None))
                tx.execute(update(tables.post).where(*bare).values(target=target))
            tx.execute(update(tables.channel).where(mine).values(target=target))

    def _hold_stranded_post(self, tx: Connection, post: Post, known: dict[str, str], now: datetime) -> Post:
        why = describe_targets(post.channel, post.target, known[post.channel])
        return shift(tx, post, PostEvent.HOLD, by=_BY, now=now, detail=why, held_for=why)

    def end_stranded_amendments(self, targets: ChannelTargets, *, now: datetime) -> list[Amendment]:
        with self._database.read() as tx:  # Most often there are none, and then no lock is needed.
            if not _find_stranded_amendments(tx, targets):
                return []
        with self._database.write() as tx:
            rows = [
                row
                for row in _find_stranded_amendments(tx, targets)
                if _end_stranded_amendment(tx, row, targets, now)
            ]
            mine = select_amendments().where(_AMENDMENT.id.in_([row.id for row in rows]))
            return [build_amendment(row) for row in tx.execute(mine.order_by(_AMENDMENT.id))]

    def count_stranded_articles(self, sources: Collection[str]) -> dict[str, int]:
        with self._database.read() as tx:
            return dict(map(tuple, tx.execute(_COUNT_UNREAD, {"sources": list(sources)})))

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        name = new.draft.channel
        with self._database.write() as tx:
            was = locked(tx, post_id)
            article = ids.article_number(was.article_id)
            if was.state not in _MOVABLE_STATES or was.receipts:
                raise refusal(was, "can't be moved to another channel")
            if found := find_block(tx, article):
                raise InvalidTransition(f"post {was.id} can't be moved: {describe_block(found)}")
            refuse_repeats(tx, article, [new], but=was.id)
            shift(
                tx,
                was,
                PostEvent.CANCEL,
                by=by,
                now=now,
                detail=f"moved to {name}",
                error=_build_move_reason(name),
            )
            [post] = add_posts(self._database, tx, article, [new], now=now)
            note(tx, ids.post_number(was.id), "moved", by=by, now=now, detail=f"to {name} as post {post.id}")
            came = f"from {was.channel}, where it was post {was.id}"
            note(tx, ids.post_number(post.id), "moved", by=by, now=now, detail=came)
            return one(tx, ids.post_number(post.id))


def _build_move_reason(name: str) -> list[str]:
    return ["moved", f"moved to {name}"]


def has_other_target(targets: ChannelTargets) -> ColumnElement[bool]:
    """Build the condition that a post's channel is gone or posts elsewhere than the post was composed for."""
    return or_(_POST.channel.not_in(list(targets)), *_build_other_target_conditions(targets))


def _build_other_target_conditions(targets: ChannelTargets) -> list[ColumnElement[bool]]:
    return [and_(_POST.channel == name, _POST.target != target) for name, target in targets.items() if target]


def _select_stranded_posts(known: dict[str, str]) -> Any:
    found = select_posts().where(
        _IS_READY, _POST.pending_action.is_(None), or_(*_build_other_target_conditions(known))
    )
    return found.order_by(_POST.id)


def _find_stranded_amendments(tx: Connection, targets: ChannelTargets) -> list[Row[Any]]:
    """Return the stranded amendments; few are open at a time, so they are read by index and filtered here."""
    found = tx.execute(select_amendments().add_columns(_POST.target).where(tables.OPEN_AMENDMENT)).all()
    due = [row for row in found if row.state == "due" and row.remote_id is not None]
    there = [row for row in due if row.channel not in targets or _is_stranded_amendment(row, targets)]
    return sorted(there, key=lambda row: row.id)


def _is_stranded_amendment(row: Row[Any], targets: ChannelTargets) -> bool:
    return is_other_target(row.target, targets[row.channel], out=True)


def _end_stranded_amendment(tx: Connection, row: Row[Any], targets: ChannelTargets, now: datetime) -> bool:
    """End an amendment without a call, as its number means another message in the new place.

    Returns False if its call has begun.
    """
    why = f"config.yaml has no channel {row.channel} any more"
    if row.channel in targets:
        why = f"it is in {row.target}, and {row.channel} posts to {targets[row.channel]} now"
    removes = row.what == "delete" or row.action in {"withdraw", "takedown"}
    values = {"state": "manual" if removes else "failed", "error": ["elsewhere", why], "holder": None}
    mine = update(tables.amendment).where(_AMENDMENT.id == row.id, _AMENDMENT.state == "due")
    if not tx.execute(mine.values(**values)).rowcount:
        return False
    what = "not deleted" if removes else "not edited"
    note(tx, row.post_id, what, by=_BY, now=now, detail=why)
    return True
