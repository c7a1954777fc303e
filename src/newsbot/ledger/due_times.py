"""Due times of posts: which times of a channel are taken, and how a post gets another time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.approvals import void_approval
from newsbot.ledger.serialization import locked, one, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import load_votes, note, refusal, shift
from newsbot.model import Post, PostEvent, PostState
from newsbot.ports import ChannelCalendar, LatePost, NewDueTime

__all__ = ["OUT", "DueTimesStore", "cancel_waiting_posts", "is_slot_used", "replan", "respect_embargo"]

_MOVABLE_STATES = frozenset({PostState.HELD, PostState.SCHEDULED, PostState.RETRYING})
_POST = tables.post.c
OUT = (str(PostEvent.ACCEPT), str(PostEvent.LOSE))
"""The outcomes of calls whose post is or may be out."""

_LONGEST_CALL = timedelta(minutes=10)
_HAS_SLOT = _POST.slot_at.is_not(None)


class DueTimesStore(LedgerStore):
    """The methods of the Ledger port for due times."""

    def calendar(
        self, channel: str, *, since: datetime, without: Collection[str] = (), slots: bool = True
    ) -> ChannelCalendar:
        left_out = {ids.post_number(post_id) for post_id in without}
        own = _POST.channel == channel
        lists = [
            select(_POST.id, _POST.due_at).where(tables.READY, own, _POST.due_at >= since),
            select(_POST.id, _POST.due_at).where(tables.SENDING, own),
            select(_POST.id, _POST.due_at).where(tables.UNKNOWN, own, _POST.due_at >= since),
            select(_POST.id, _POST.sent_at).where(_POST.sent_at.is_not(None), own, _POST.sent_at >= since),
        ]
        slotted = select(_POST.id, _POST.slot_at).where(
            _HAS_SLOT, tables.SLOTTED, own, _POST.slot_at >= since
        )
        with self._database.read() as tx:
            times = dict(map(tuple, (row for found in lists for row in tx.execute(found))))
            held = dict(map(tuple, tx.execute(slotted))) if slots else {}
        times = {number: at for number, at in (held | times).items() if number not in left_out}
        return ChannelCalendar(
            tuple(sorted(times.values())),
            frozenset(at for number, at in held.items() if number not in left_out),
        )

    def reschedule(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: str,
        by: str,
        now: datetime,
        set_at: datetime | None = None,
        asked_at: datetime | None = None,
    ) -> Post:
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            if was.state not in _MOVABLE_STATES:
                raise refusal(was, "can't get another time")
            due_at, reason = respect_embargo(was.embargo_until, due_at, reason)
            values = {"due_at": due_at, "expires_at": expires_at, "reason": reason}
            values |= {"set_at": set_at, "asked_at": asked_at, "slot_at": None}
            tx.execute(update(tables.post).where(_POST.id == number).values(**values))
            note(tx, number, "rescheduled", by=by, now=now, detail=f"{due_at:%Y-%m-%d %H:%M:%SZ}: {reason}")
            return void_approval(tx, was, "it was for another time", by=by, now=now)

    def move_to_breaking_lane(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: str,
        approval: int,
        silent: bool,
        by: str,
        now: datetime,
    ) -> Post:
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            if was.state not in _MOVABLE_STATES:
                raise refusal(was, "can't get another time")
            due_at, reason = respect_embargo(was.embargo_until, due_at, reason)
            values: dict[str, Any] = {"due_at": due_at, "expires_at": expires_at, "reason": reason}
            values |= {"set_at": None, "slot_at": None, "breaking": True, "silent": silent}
            values["approval"] = needed = min(was.approval, approval)
            tx.execute(update(tables.post).where(_POST.id == number).values(**values))
            note(tx, number, "breaking", by=by, now=now, detail=f"{due_at:%Y-%m-%d %H:%M:%SZ}: {reason}")
            has = void_approval(tx, was, "it was for another time", by=by, now=now)
            if has.held_for != "approval" or len(load_votes(tx, number, has.content)) < needed:
                return has
            values = {"held_for": None, "approved": has.content}
            return shift(tx, has, PostEvent.APPROVE, by=by, now=now, detail=reason, **values)

    def replan(self, times: Sequence[NewDueTime], *, by: str, now: datetime) -> list[Post]:
        with self._database.write() as tx:
            return replan(tx, times, by=by, now=now)

    def list_late_posts(self, channels: Mapping[str, datetime], *, now: datetime) -> list[LatePost]:
        late = select_posts().join(tables.channel, tables.channel.c.name == _POST.channel)
        late = late.where(tables.READY, _HAS_SLOT, _POST.due_at <= now, _POST.channel.in_(channels))
        late = late.where(tables.channel.c.state == "active").order_by(_POST.slot_at, _POST.id)
        with self._database.read() as tx:
            found = to_posts(tx, tx.execute(late))
            used = {
                name
                for name in {post.channel for post in found}
                if is_slot_used(tx, name, channels[name], now=now)
            }
        first = {post.channel: post.id for post in reversed(found) if post.channel not in used}
        past = [post for post in found if post.channel in used or post.slot_at != channels[post.channel]]
        return [LatePost(post, first.get(post.channel) == post.id) for post in past]


def replan(tx: Connection, times: Iterable[NewDueTime], *, by: str, now: datetime) -> list[Post]:
    """Give posts new due times, in the caller's transaction; free all their slots before any is taken."""
    found = [(new, locked(tx, new.post_id)) for new in times]
    moved = [(new, was) for new, was in found if was.state in _MOVABLE_STATES]
    numbers = [ids.post_number(was.id) for _, was in moved]
    tx.execute(update(tables.post).where(_POST.id.in_(numbers)).values(slot_at=None))
    return [_replan_post(tx, was, new, by=by, now=now) for new, was in moved]


def _replan_post(tx: Connection, was: Post, new: NewDueTime, *, by: str, now: datetime) -> Post:
    number = ids.post_number(was.id)
    due_at, reason = respect_embargo(was.embargo_until, new.due_at, new.reason)
    values: dict[str, Any] = {"due_at": due_at, "reason": reason}
    values["slot_at"] = new.slot_at if due_at == new.due_at else None
    if new.expires_at is not None:
        values["expires_at"] = max(new.expires_at, due_at)
    tx.execute(update(tables.post).where(_POST.id == number).values(**values))
    note(tx, number, "rescheduled", by=by, now=now, detail=f"{due_at:%Y-%m-%d %H:%M:%SZ}: {reason}")
    return one(tx, number)


def cancel_waiting_posts(
    tx: Connection, post_ids: Collection[str], *, by: str, now: datetime, detail: str
) -> int:
    """Cancel those of the posts that still wait, and return how many these were."""
    waiting = [was for was in (locked(tx, post_id) for post_id in post_ids) if was.state in _MOVABLE_STATES]
    for was in waiting:
        shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=detail)
    return len(waiting)


def respect_embargo(embargo: datetime | None, due: datetime, reason: str) -> tuple[datetime, str]:
    """Return the due time and its reason, moved to the embargo's end if that is later."""
    return (embargo, "when its embargo ends") if embargo and embargo > due else (due, reason)


def is_slot_used(tx: Connection, name: str, since: datetime, *, now: datetime, but: int = 0) -> bool:
    """Return whether another post with a slot is, may be or will soon be out on the channel since ``since``.

    Calls that seem to have started much later than now are ignored: the clock has jumped back since.
    """
    column = tables.attempt.c
    ended = func.coalesce(column.ended_at, column.started_at, type_=_POST.due_at.type)
    used = select(column.id).join(tables.post, _POST.id == column.post_id)
    used = used.where(column.started_at.between(since - _LONGEST_CALL, now + _LONGEST_CALL))
    used = used.where(ended >= since, _POST.channel == name)
    used = used.where(_HAS_SLOT, _POST.id != but, or_(column.ended_at.is_(None), column.outcome.in_(OUT)))
    return tx.execute(used.limit(1)).first() is not None
