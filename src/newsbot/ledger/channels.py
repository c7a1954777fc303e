"""The store of channels: pauses, probes, spending, and posts whose channel is gone or posts elsewhere."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from newsbot.errors import InvalidTransition
from newsbot.ledger import budget, ids
from newsbot.ledger import schema as tables
from newsbot.ledger.actions import build_amendment, select_amendments
from newsbot.ledger.channel_renames import RenamedChannel, find_renames, rename_channel
from newsbot.ledger.post_creation import add_posts, refuse_repeats
from newsbot.ledger.schedule import cancel_waiting_posts, replan
from newsbot.ledger.serialization import build_from_row, find_post, get_post, select_posts, to_posts
from newsbot.ledger.statements import ensure_row
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import describe_block, find_block
from newsbot.ledger.transitions import note, refusal, shift
from newsbot.model import Failure, Post, PostEvent, PostState
from newsbot.ports import (
    AccountSpending,
    Amendment,
    ChannelState,
    ChannelTargets,
    NewDueTime,
    NewPost,
    explain_other_place,
    find_new_name,
)
from newsbot.reasons import Code, Reason
from newsbot.scheduling.pace import find_probe_delay

__all__ = ["ChannelsStore", "describe_targets", "has_other_target", "pause_refused_channel"]

_SENDER = "sender"
_ACTIVE_VALUES = {"state": "active", "paused_by": None, "paused_at": None, "probe_at": None}
_CLEARED_VALUES = {"reason": None, "code": None, "probes": 0, "resumed_at": None}
_IS_PROBED = (tables.channel.c.state == "paused", tables.channel.c.paused_by == _SENDER)
_POST = tables.post.c
_AMENDMENT = tables.amendment.c
_ARTICLE = tables.article.c
_CHANNEL = tables.channel.c
_IS_READY = tables.in_queue(_POST.state, PostState.SCHEDULED, PostState.RETRYING)
_BY = "system"


class ChannelsStore(LedgerStore):
    """The channels: pauses, probes, spending, and the posts whose channel is gone or posts elsewhere."""

    def get_channel(self, name: str) -> ChannelState:
        """Return the state of one channel."""
        with self._database.read() as tx:
            row = tx.execute(select(tables.channel).where(tables.channel.c.name == name)).one_or_none()
        return _build_channel_state(row) if row else ChannelState(name)

    def list_channels(self) -> dict[str, ChannelState]:
        """Return every channel that ever had a post or was paused, by name."""
        with self._database.read() as tx:
            return {row.name: _build_channel_state(row) for row in tx.execute(select(tables.channel))}

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        """Pause sending on a channel, and return the posts whose calls are in flight already."""
        in_flight = select_posts().where(tables.SENDING, tables.post.c.channel == name)
        with self._database.write() as tx:
            ensure_row(tx, tables.channel, name=name, state="active")
            paused = {"state": "paused", "paused_by": by, "paused_at": now, "probe_at": None}
            _update_channel(tx, name, **(_CLEARED_VALUES | paused | {"reason": reason}))
            return to_posts(tx, tx.execute(in_flight))

    def resume(
        self,
        name: str,
        *,
        by: str,
        now: datetime,
        times: Sequence[NewDueTime] = (),
        drop: Collection[str] = (),
    ) -> int:
        """Resume a channel for a person, and forget why it was paused.

        The posts in ``drop`` are cancelled and the posts in ``times`` get another time, all in one
        transaction. Returns how many posts these were.

        Raises:
            SlotTaken: as `replan`.
        """
        with self._database.write() as tx:
            moved = replan(tx, times, by=by, now=now)
            dropped = cancel_waiting_posts(tx, drop, by=by, now=now, detail=Code.DROPPED_AT_RESUME())
            _update_channel(tx, name, **_ACTIVE_VALUES, **_CLEARED_VALUES)
            _note_resumption(tx, name, by=by, now=now, detail=Code.CHANNEL_SENDS())
            return len(moved) + dropped

    def list_probed_channels(self) -> list[ChannelState]:
        """Return the channels that were paused by their platform, each with the time of its next probe."""
        with self._database.read() as tx:
            found = tx.execute(select(tables.channel).where(*_IS_PROBED).order_by(tables.channel.c.name))
            return [_build_channel_state(row) for row in found]

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        """Claim the right to probe such a channel; None if it is not due or another service probes it.

        The time of the following probe is set at once, with a longer interval than this one's.
        """
        column = tables.channel.c
        due = select(tables.channel).where(column.name == name, *_IS_PROBED, column.probe_at <= now)
        with self._database.write(notify=False) as tx:
            row = tx.execute(due.with_for_update()).one_or_none()
            if row is None:
                return None
            probes = row.probes + 1
            _update_channel(tx, name, probes=probes, probe_at=now + find_probe_delay(row.code, probes))
            return _build_channel_state(row)

    def recover(self, name: str, *, now: datetime) -> bool:
        """Resume a channel after a successful probe, with an event for every post that waits there.

        The reason is remembered until a post was sent, so that a refusal for the same reason continues the
        series of probes. Returns whether that is news: False if the channel recovered from this reason
        before, or waits for no probe any more.
        """
        waits = select(tables.channel).where(tables.channel.c.name == name, *_IS_PROBED)
        with self._database.write() as tx:
            row = tx.execute(waits.with_for_update()).one_or_none()
            if row is None:
                return False
            _update_channel(tx, name, **_ACTIVE_VALUES, resumed_at=now)
            _note_resumption(tx, name, by="prober", now=now, detail=Code.PLATFORM_TAKES_POSTS())
            return row.resumed_at is None

    def count_posts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        """Count the posts by (channel, state), without cancelled and withdrawn ones.

        `sent` counts only posts sent since ``since``, `failed` only those that `list_failed_posts` returns
        for it.
        """
        column = tables.post.c
        counted = select(column.channel, column.state, func.count()).group_by(column.state, column.channel)
        known = column.channel.in_(select(tables.channel.c.name))  # With this, the index by channel is used.
        lately = (known, column.sent_at.is_not(None), column.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.FAILED, since <= tables.FAILED_FROM),
            counted.where(*lately, column.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def get_spending(self, channel: str, *, now: datetime) -> Decimal:
        """Return the money of a channel's account that is reserved or spent in this UTC month."""
        with self._database.read() as tx:
            return budget.get_spending(tx, channel, now=now)

    def list_spending(self, *, now: datetime) -> dict[str, AccountSpending]:
        """Return by channel what its account has reserved or spent in this UTC month."""
        with self._database.read() as tx:
            return budget.list_spending(tx, now=now)

    def get_committed_cost(self, channel: str) -> Decimal:
        """Return what the waiting posts of the channel's account will cost."""
        column = tables.post.c
        reserved = exists().where(tables.reservation.c.post_id == column.id)
        costs = select(func.sum(column.cost_usd, type_=column.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, ~reserved
        )
        with self._database.read() as tx:
            names = budget.list_account_channels(tx, channel)
            return tx.execute(costs.where(column.channel.in_(names))).scalar() or Decimal(0)

    def follow_renames(self, targets: ChannelTargets, *, now: datetime) -> list[RenamedChannel]:
        """Let the posts of renamed channels follow them to their new names, and return these channels.

        A channel that config.yaml does not have was renamed if one channel alone posts to its place.
        """
        with self._database.read() as tx:  # Most often there are none, and then no lock is needed.
            if not find_renames(tx, targets):
                return []
        with self._database.write() as tx:
            renames = find_renames(tx, targets)
            return [rename_channel(tx, old, place, new, now=now) for (old, place), new in renames.items()]

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        """Hold the waiting posts that were composed for another place than their channel posts to now.

        Returns them. Posts that an older version queued get their channel's place when this is first called.
        """
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

    def end_stranded_amendments(self, targets: ChannelTargets, *, now: datetime) -> list[Amendment]:
        """End the due edits and deletes of messages in a place that no channel posts to any more.

        A deletion becomes a person's task, an edit fails. Returns them.
        """
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

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        """Cancel a waiting post and queue ``new`` in its place, with an event on both.

        Raises:
            AlreadyPosted: the article is out or waiting on that channel.
            InvalidTransition: the post does not wait, or a part of it is out.
            SlotTaken: as `ScheduleStore.replan`.
        """
        name = new.draft.channel
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            article = ids.article_number(was.article_id)
            if not was.may_be_changed:
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
                detail=Code.MOVED_TO(name=name),
                error=_build_move_failure(name),
            )
            [post] = add_posts(tx, article, [new], now=now)
            note(
                tx,
                ids.post_number(was.id),
                "moved",
                by=by,
                now=now,
                detail=Code.MOVED_TO_POST(name=name, ref=post.id),
            )
            came = Code.MOVED_FROM_POST(name=was.channel, ref=was.id)
            note(tx, ids.post_number(post.id), "moved", by=by, now=now, detail=came)
            return get_post(tx, ids.post_number(post.id))

    def _find_moved_channels(self, tx: Connection, known: dict[str, str]) -> dict[str, str]:
        """Return the channels that post to another place than the ledger has stored."""
        noted = dict(map(tuple, tx.execute(select(_CHANNEL.name, _CHANNEL.target)).all()))
        return {name: target for name, target in known.items() if noted.get(name) != target}

    def _store_targets(self, tx: Connection, targets: dict[str, str]) -> None:
        """Store each channel's place; the first time also on the posts of an older version."""
        for name, target in sorted(targets.items()):
            ensure_row(tx, tables.channel, name=name, state="active")
            mine = _CHANNEL.name == name
            if tx.execute(select(_CHANNEL.target).where(mine)).scalar() is None:
                bare = (_POST.channel == name, _POST.target.is_(None))
                tx.execute(update(tables.post).where(*bare).values(target=target))
            tx.execute(update(tables.channel).where(mine).values(target=target))

    def _hold_stranded_post(self, tx: Connection, post: Post, known: dict[str, str], now: datetime) -> Post:
        why = describe_targets(post.channel, post.target, known[post.channel])
        return shift(tx, post, PostEvent.HOLD, by=_BY, now=now, detail=why, held_for=why)


def pause_refused_channel(tx: Connection, name: str, failure: Failure, *, now: datetime) -> None:
    """Pause a channel that its platform refused, in the caller's transaction; keep a pause by a person."""
    ensure_row(tx, tables.channel, name=name, state="active")
    row = tx.execute(select(tables.channel).where(tables.channel.c.name == name).with_for_update()).one()
    if row.state == "paused" and row.paused_by != _SENDER:
        return
    before = {} if _is_repeated_refusal(tx, row, failure) else _CLEARED_VALUES
    probe_at = now + find_probe_delay(failure.code, 0 if before else row.probes)
    paused = {"state": "paused", "paused_by": _SENDER, "paused_at": now, "probe_at": probe_at}
    _update_channel(tx, name, **(before | paused | {"reason": failure.message, "code": failure.code}))


def _is_repeated_refusal(tx: Connection, row: Row[Any], failure: Failure) -> bool:
    """Return whether it is the failure that a probe found to be over, and no post is out since then."""
    if row.resumed_at is None or row.reason != failure.message:
        return False
    column = tables.post.c
    out = exists().where(
        column.sent_at.is_not(None), column.channel == row.name, column.sent_at >= row.resumed_at
    )
    return not tx.execute(select(out)).scalar()


def _update_channel(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(update(tables.channel).where(tables.channel.c.name == name).values(**values))


def _note_resumption(tx: Connection, name: str, *, by: str, now: datetime, detail: Reason) -> None:
    """Add an event to the channel's retrying posts; posts that were never tried need no explanation."""
    column = tables.post.c
    tried = select(column.id).where(
        tables.READY, column.channel == name, column.state == str(PostState.RETRYING)
    )
    for number in tx.execute(tried).scalars().all():
        note(tx, number, "resumed", by=by, now=now, detail=detail)


def _build_channel_state(row: Row[Any]) -> ChannelState:
    paused = row.state == "paused"
    past = {} if paused else {"reason": None, "code": None}
    return build_from_row(ChannelState, row, **past)


def describe_targets(name: str, then: str | None, now: str | None) -> Reason:
    """Say for a post's events where its channel posted to, and where it posts now."""
    return Code.OTHER_PLACE(name=name, then=then, place=now)


def _build_move_failure(name: str) -> Failure:
    return Failure("moved", Code.MOVED_TO(name=name))


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
    there = [row for row in due if explain_other_place(row.channel, row.target, targets, out=True)]
    return sorted(
        (row for row in there if not find_new_name(row.channel, row.target, targets)), key=lambda row: row.id
    )


def _end_stranded_amendment(tx: Connection, row: Row[Any], targets: ChannelTargets, now: datetime) -> bool:
    """End an amendment without a call, as its number means another message in the new place.

    Returns False if its call has begun.
    """
    why = explain_other_place(row.channel, row.target, targets, out=True) or ""
    removes = row.what == "delete" or row.action in {"withdraw", "takedown"}
    values = {
        "state": "manual" if removes else "failed",
        "error": Failure("elsewhere", Code.TEXT(words=why)),
        "holder": None,
    }
    mine = update(tables.amendment).where(_AMENDMENT.id == row.id, _AMENDMENT.state == "due")
    if not tx.execute(mine.values(**values)).rowcount:
        return False
    what = "not deleted" if removes else "not edited"
    note(tx, row.post_id, what, by=_BY, now=now, detail=Code.TEXT(words=why))
    return True
