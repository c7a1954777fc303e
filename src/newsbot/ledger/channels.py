"""The store of channels: pauses, probes and spending; it holds posts whose channel posts elsewhere now.

A probe is a check whether a channel that its platform refused accepts posts again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from newsbot.errors import InvalidTransition
from newsbot.ledger import budget, ids
from newsbot.ledger import schema as tables
from newsbot.ledger.channel_renames import RenamedChannel, find_renames, rename_channel
from newsbot.ledger.post_creation import add_posts, refuse_repeats
from newsbot.ledger.schedule import replan
from newsbot.ledger.serialization import build_from_row, find_post, get_post, select_posts, to_posts
from newsbot.ledger.statements import ensure_row
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import describe_block, find_block
from newsbot.ledger.transitions import note, refusal, shift
from newsbot.model import PROBER, SENDER, SYSTEM, Failure, Post, PostEvent, PostState, TimelineEvent
from newsbot.ports import (
    AccountSpending,
    ChannelState,
    ChannelTargets,
    NewDueTime,
    NewPost,
)
from newsbot.reasons import Code, Reason, UsageCode
from newsbot.scheduling.pace import find_probe_delay

__all__ = ["ChannelsStore", "has_other_target", "hold_stranded_post", "pause_refused_channel"]

_ACTIVE_VALUES = {"state": "active", "paused_by": None, "paused_at": None, "probe_at": None}
_CLEARED_VALUES = {"reason": None, "code": None, "probes": 0, "resumed_at": None}
_POST = tables.post.c
_ARTICLE = tables.article.c
_CHANNEL = tables.channel.c
_IS_PROBED = (_CHANNEL.state == "paused", _CHANNEL.paused_by == SENDER)


class ChannelsStore(LedgerStore):
    """Channels: pauses, probes, spending, and posts whose channel was removed or posts elsewhere now."""

    def get_channel(self, name: str) -> ChannelState:
        """Return the state of one channel."""
        with self._database.read() as tx:
            row = tx.execute(select(tables.channel).where(_CHANNEL.name == name)).one_or_none()
        return _build_channel_state(row) if row else ChannelState(name)

    def list_channels(self) -> dict[str, ChannelState]:
        """Return every channel that ever had a post or was paused, by name."""
        with self._database.read() as tx:
            return {row.name: _build_channel_state(row) for row in tx.execute(select(tables.channel))}

    def pause(self, name: str, *, by: str, reason: Reason, now: datetime) -> list[Post]:
        """Pause sending on a channel, and return the posts that are being sent already."""
        in_flight = select_posts().where(tables.SENDING, _POST.channel == name)
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
        """Resume a paused channel for a person, and delete the reason of the pause.

        The posts in ``drop`` are cancelled and the posts in ``times`` get another time, all in one
        transaction. Returns the number of these posts.

        Raises:
            SlotTaken: another post has taken one of the new slots meanwhile.
        """
        with self._database.write() as tx:
            moved = replan(tx, times, by=by, now=now)
            dropped = [was for was in (find_post(tx, each, lock=True) for each in drop) if was.is_pending]
            for was in dropped:
                shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=Code.DROPPED_AT_RESUME())
            _update_channel(tx, name, **_ACTIVE_VALUES, **_CLEARED_VALUES)
            _note_resumption(tx, name, by=by, now=now, detail=Code.CHANNEL_SENDS())
            return len(moved) + len(dropped)

    def list_probed_channels(self) -> list[ChannelState]:
        """Return the channels that were paused by their platform, each with the time of its next probe."""
        with self._database.read() as tx:
            found = tx.execute(select(tables.channel).where(*_IS_PROBED).order_by(_CHANNEL.name))
            return [_build_channel_state(row) for row in found]

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        """Claim the right to probe a channel that its platform refused; return its state as it was before.

        Returns None if the probe is not due or another service makes it. The time of the following probe is
        set at once, with a longer interval than this one's.
        """
        due = select(tables.channel).where(_CHANNEL.name == name, *_IS_PROBED, _CHANNEL.probe_at <= now)
        with self._database.write(notify=False) as tx:
            row = tx.execute(due.with_for_update()).one_or_none()
            if row is None:
                return None
            probes = row.probes + 1
            _update_channel(tx, name, probes=probes, probe_at=now + find_probe_delay(row.code, probes))
            return _build_channel_state(row)

    def recover(self, name: str, *, now: datetime) -> bool:
        """Resume a channel after a successful probe, with an event for every post that is retried there.

        The reason of the pause is stored until a post was sent, so that a refusal for the same reason
        continues the series of probes. Returns whether people should be told: False if the channel recovered
        from this reason before, or is not paused by its platform any more.
        """
        waits = select(tables.channel).where(_CHANNEL.name == name, *_IS_PROBED)
        with self._database.write() as tx:
            row = tx.execute(waits.with_for_update()).one_or_none()
            if row is None:
                return False
            _update_channel(tx, name, **_ACTIVE_VALUES, resumed_at=now)
            _note_resumption(tx, name, by=PROBER, now=now, detail=Code.PLATFORM_TAKES_POSTS())
            return row.resumed_at is None

    def count_posts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        """Count the posts by (channel, state), without cancelled and withdrawn ones.

        `sent` counts only posts sent since ``since``, `failed` only those that `list_failed_posts` returns
        for ``since``.
        """
        counted = select(_POST.channel, _POST.state, func.count()).group_by(_POST.state, _POST.channel)
        known = _POST.channel.in_(select(_CHANNEL.name))  # With this, the index by channel is used.
        lately = (known, _POST.sent_at.is_not(None), _POST.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.FAILED, since <= tables.FAILED_FROM),
            counted.where(*lately, _POST.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def get_spending(self, channel: str, *, now: datetime) -> Decimal:
        """Return the money (USD) that a channel's account has reserved or spent in this UTC month."""
        with self._database.read() as tx:
            return budget.get_spending(tx, channel, now=now)

    def list_spending(self, *, now: datetime) -> dict[str, AccountSpending]:
        """Return by channel name what the channel's account has reserved or spent in this UTC month."""
        with self._database.read() as tx:
            return budget.list_spending(tx, now=now)

    def get_committed_cost(self, channel: str) -> Decimal:
        """Return what the account's waiting posts will cost in USD, without money reserved already."""
        reserved = exists().where(tables.reservation.c.post_id == _POST.id)
        costs = select(func.sum(_POST.cost_usd, type_=_POST.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, ~reserved
        )
        with self._database.read() as tx:
            names = budget.list_account_channels(tx, channel)
            return tx.execute(costs.where(_POST.channel.in_(names))).scalar() or Decimal(0)

    def follow_renames(self, targets: ChannelTargets, *, now: datetime) -> list[RenamedChannel]:
        """Give the posts of renamed channels the new channel names, and return these channels.

        A channel that config.yaml does not have was renamed if exactly one channel there posts to its target.
        """
        # This first check only reads: most often there are none, and then no lock is needed.
        with self._database.read() as tx:
            if not find_renames(tx, targets):
                return []
        with self._database.write() as tx:
            renames = find_renames(tx, targets)
            return [rename_channel(tx, old, place, new, now=now) for (old, place), new in renames.items()]

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        """Hold the waiting posts that were composed for another target than their channel posts to now.

        Return them. Posts that an older version queued get their channel's target when this is first called.
        """
        known = {name: target for name, target in targets.items() if target}
        with self._database.read() as tx:
            stored = dict(map(tuple, tx.execute(select(_CHANNEL.name, _CHANNEL.target))))
            new = {name: target for name, target in known.items() if stored.get(name) != target}
            waits = tx.execute(_select_stranded_posts(known).limit(1)).first() if known else None
        if not new and waits is None:
            return []
        with self._database.write() as tx:
            _store_targets(tx, new)
            found = to_posts(tx, tx.execute(_select_stranded_posts(known).with_for_update(of=tables.post)))
            return [hold_stranded_post(tx, was, known[was.channel], by=SYSTEM, now=now) for was in found]

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        """Cancel a waiting post and queue ``new`` on another channel, with an event in both timelines.

        Raises:
            AlreadyPosted: the article is published or waiting on that channel.
            InvalidTransition: the post does not wait, or a part of it is published.
            SlotTaken: another post has taken the slot of ``new`` meanwhile.
        """
        name = new.draft.channel
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            article = ids.article_number(was.article_id)
            if not was.may_be_changed:
                raise refusal(was, UsageCode.CANNOT_CHANGE_CHANNEL())
            if found := find_block(tx, article):
                raise InvalidTransition(UsageCode.MOVE_REFUSED(ref=was.id, why=describe_block(found)))
            refuse_repeats(tx, article, [new], but=was.id)
            moved = Failure("moved", Code.MOVED_TO(name=name))
            shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=moved.reason, error=moved)
            [post] = add_posts(tx, article, [new], now=now)
            left, came = ids.post_number(was.id), ids.post_number(post.id)
            to = Code.MOVED_TO_POST(name=name, ref=post.id)
            note(tx, left, TimelineEvent.MOVED, by=by, now=now, detail=to)
            since = Code.MOVED_FROM_POST(name=was.channel, ref=was.id)
            note(tx, came, TimelineEvent.MOVED, by=by, now=now, detail=since)
            return get_post(tx, came)


def hold_stranded_post(tx: Connection, was: Post, target: str | None, *, by: str, now: datetime) -> Post:
    """Hold a post that was composed for another target than ``target``, to which its channel posts now."""
    why = Code.OTHER_PLACE(name=was.channel, then=was.target, place=target)
    return shift(tx, was, PostEvent.HOLD, by=by, now=now, detail=why, held_for=why)


def _store_targets(tx: Connection, targets: dict[str, str]) -> None:
    """Store each channel's target; the first time, also in the channel's posts from an older version."""
    for name, target in sorted(targets.items()):
        ensure_row(tx, tables.channel, name=name, state="active")
        if tx.execute(select(_CHANNEL.target).where(_CHANNEL.name == name)).scalar() is None:
            bare = (_POST.channel == name, _POST.target.is_(None))
            tx.execute(update(tables.post).where(*bare).values(target=target))
        _update_channel(tx, name, target=target)


def pause_refused_channel(tx: Connection, name: str, failure: Failure, *, now: datetime) -> None:
    """Pause a channel whose posts its platform refuses, unless a person paused it already."""
    ensure_row(tx, tables.channel, name=name, state="active")
    row = tx.execute(select(tables.channel).where(_CHANNEL.name == name).with_for_update()).one()
    if row.state == "paused" and row.paused_by != SENDER:
        return
    before = {} if _is_repeated_refusal(tx, row, failure) else _CLEARED_VALUES
    probe_at = now + find_probe_delay(failure.code, 0 if before else row.probes)
    paused = {"state": "paused", "paused_by": SENDER, "paused_at": now, "probe_at": probe_at}
    _update_channel(tx, name, **(before | paused | {"reason": failure.reason, "code": failure.code}))


def _is_repeated_refusal(tx: Connection, row: Row[Any], failure: Failure) -> bool:
    """Return whether the failure is the one that a probe found to be over, with no post sent since then."""
    if row.resumed_at is None or row.reason != failure.reason:
        return False
    out = exists().where(
        _POST.sent_at.is_not(None), _POST.channel == row.name, _POST.sent_at >= row.resumed_at
    )
    return not tx.execute(select(out)).scalar()


def _update_channel(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(update(tables.channel).where(_CHANNEL.name == name).values(**values))


def _note_resumption(tx: Connection, name: str, *, by: str, now: datetime, detail: Reason) -> None:
    """Add an event to the channel's posts that are being retried; others need no explanation."""
    tried = select(_POST.id).where(
        tables.READY, _POST.channel == name, _POST.state == str(PostState.RETRYING)
    )
    for number in tx.execute(tried).scalars().all():
        note(tx, number, TimelineEvent.RESUMED, by=by, now=now, detail=detail)


def _build_channel_state(row: Row[Any]) -> ChannelState:
    paused = row.state == "paused"
    past = {} if paused else {"reason": None, "code": None}
    return build_from_row(ChannelState, row, **past)


def has_other_target(targets: ChannelTargets) -> ColumnElement[bool]:
    """Build the SQL condition that a post's channel was removed, or has another target than the post."""
    known = bindparam(None, list(targets), type_=_POST.channel.type, expanding=True, literal_execute=True)
    return or_(_POST.channel.not_in(known), *_build_other_target_conditions(targets))


def _build_other_target_conditions(targets: ChannelTargets) -> list[ColumnElement[bool]]:
    return [
        and_(_POST.channel == _bind_literal(name), _POST.target != _bind_literal(target))
        for name, target in targets.items()
        if target
    ]


def _bind_literal(value: str) -> BindParameter[str]:
    """Bind a string that the SQL text contains: PostgreSQL plans a statement without parameters only once."""
    return bindparam(None, value, type_=_POST.channel.type, literal_execute=True)


def _select_stranded_posts(known: dict[str, str]) -> Any:
    elsewhere = or_(*_build_other_target_conditions(known))
    found = select_posts().where(tables.READY, _POST.pending_action.is_(None), elsewhere)
    return found.order_by(_POST.id)
