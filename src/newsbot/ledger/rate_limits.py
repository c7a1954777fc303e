"""The record of calls under each rate limit, which all services on the ledger share.

A rate limit has a key. Each call has a log entry (a row of the table `pace_log`) under the key of each of its
rate limits. The entry's time is at first the time that is reserved for the call (its slot), then the time at
which the call is made, and at last the time at which the call ended. So a service that has locked the keys
sees every call that any service made.
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, or_, select, true, union_all, update

from newsbot.errors import LedgerError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row, in_list, insert_all, insert_new
from newsbot.ports import Claim, Rate
from newsbot.reasons import PlatformCode
from newsbot.scheduling.pace import RateUsage, find_first_slot, find_latest_slot, find_reach, window

__all__ = [
    "LEFT_OFFSET",
    "RateSlot",
    "SlotBook",
    "channel_key",
    "delete_old_slots",
    "load",
    "log",
    "postpone_key",
    "record_arrival",
    "record_arrivals",
    "record_call_start",
]

_PACE, _LOG, _ATTEMPT = tables.pace.c, tables.pace_log.c, tables.attempt.c
_TIME = _LOG.at.type
_HAS_KEY = in_list(_LOG.key, "keys")
_IS_OPEN = _ATTEMPT.ended_at.is_(None)
_LOCK_PACES = select(tables.pace).where(in_list(_PACE.key, "keys")).order_by(_PACE.key).with_for_update()
_SELECT_NEAR_SLOTS = (
    select(_LOG.key, _LOG.at).where(_HAS_KEY, _LOG.at > bindparam("after", type_=_TIME)).order_by(_LOG.at)
)
_SELECT_SLOTS_BEFORE = select(_LOG.at).where(_LOG.at <= bindparam("before", type_=_TIME))
_SELECT_SLOTS_BEFORE = _SELECT_SLOTS_BEFORE.order_by(_LOG.at.desc()).offset(bindparam("skip"))
_SELECT_LATEST_SLOTS = _SELECT_SLOTS_BEFORE.where(_LOG.key == bindparam("key")).limit(bindparam("count"))
_NTH_SLOT = _SELECT_SLOTS_BEFORE.where(_LOG.key == _PACE.key).correlate(tables.pace).limit(1)
_SELECT_NTH_SLOT_OF_EACH = select(_PACE.key, _NTH_SLOT.scalar_subquery().label("at")).where(
    in_list(_PACE.key, "keys")
)
_OPEN_ATTEMPTS_OF_POSTS = select(_ATTEMPT.id).where(in_list(_ATTEMPT.post_id, "numbers"), _IS_OPEN)
_UPDATE_ARRIVAL = (
    update(tables.pace_log)
    .where(_LOG.attempt_id.in_(_OPEN_ATTEMPTS_OF_POSTS), _LOG.at < bindparam("now", type_=_TIME))
    .values(at=bindparam("now", type_=_TIME))
)
_SELECT_UNENDED_ATTEMPTS = select(_ATTEMPT.id).where(_ATTEMPT.id == _LOG.attempt_id, _IS_OPEN)
_DELETE_OLD_SLOTS = delete(
    tables.pace_log
    # The log entry of a call that has not ended is not deleted, because the call may still arrive at the
    # platform and count for a rate limit.
).where(
    _LOG.key == bindparam("of"),
    (_LOG.at <= bindparam("first", type_=_TIME))
    & ~_SELECT_UNENDED_ATTEMPTS.correlate(tables.pace_log).exists()
    | (_LOG.at > bindparam("last", type_=_TIME)),
)
_SINCE = bindparam("since", type_=_TIME)
_SELECT_CALLS = select(_LOG.key, _LOG.at, _ATTEMPT.started_at, _ATTEMPT.ended_at)
_IS_OTHER_CALL = or_(_ATTEMPT.ended_at.is_not(None), _ATTEMPT.post_id != bindparam("number"))
_SELECT_RECENT_CALLS = (
    _SELECT_CALLS.select_from(tables.pace_log)
    .join(tables.attempt, _ATTEMPT.id == _LOG.attempt_id)
    .where(_HAS_KEY, _IS_OTHER_CALL, _LOG.at > _SINCE, _LOG.at > _ATTEMPT.started_at)
)
# The query for calls that hang starts from the posts whose state is `sending`, because these posts are few.
_SELECT_HANGING_CALLS = (
    _SELECT_CALLS.select_from(tables.post)
    .join(tables.attempt, _ATTEMPT.post_id == tables.post.c.id)
    .join(tables.pace_log, _LOG.attempt_id == _ATTEMPT.id)
    .where(tables.SENDING, _IS_OPEN, _IS_OTHER_CALL)
    .where(_HAS_KEY, _LOG.at <= _SINCE, _LOG.at > _ATTEMPT.started_at)
)
# This query selects the entries of those calls in the log (by which rate limits count calls) that were made
# and have not ended.
_SELECT_CALLS_IN_FLIGHT = (
    select(_LOG.key, _LOG.at)
    .select_from(tables.post)
    .join(tables.attempt, _ATTEMPT.post_id == tables.post.c.id)
    .join(tables.pace_log, _LOG.attempt_id == _ATTEMPT.id)
    .where(tables.SENDING, _IS_OPEN, _HAS_KEY, _LOG.at > _ATTEMPT.started_at)
)
_SELECT_LEFT_CALLS = union_all(_SELECT_RECENT_CALLS, _SELECT_HANGING_CALLS)
_OWN_ATTEMPTS = select(_ATTEMPT.id).where(_ATTEMPT.post_id == bindparam("number"), _IS_OPEN)
_UPDATE_LEFT = (
    update(tables.pace_log)
    .where(_LOG.attempt_id.in_(_OWN_ATTEMPTS))
    .values(at=bindparam("left", type_=_TIME))
)
# The commit of a call's start need not wait for the disk: a crash of the database may lose the starts of the
# last second, but the database's restart takes longer than a rate limit's window.
_UPDATE_LEFT_ASYNC = _UPDATE_LEFT.returning(func.set_config("synchronous_commit", "off", true()))
# If a call may be made within this time, other services may count it as made from the moment when its post is
# claimed, so that its start need not be recorded. The time is longer than that by which posts are claimed
# ahead of their due time.
_AT_ONCE = timedelta(milliseconds=300)
LEFT_OFFSET = timedelta(microseconds=1)
"""The time after the time reserved for a call at which a call that starts on time is logged, because only a
later entry shows that the call was made.
"""


class RateSlot(NamedTuple):
    """The first time, ``at``, at which a call may be made without exceeding one of its rate limits.

    ``asked`` says that a platform's request to wait has postponed the call.
    """

    at: datetime
    asked: bool


class SlotBook:
    """The reserved times of calls (slots) under some rate limits, as one transaction sees them.

    The slots that the transaction reserves itself are included. ``slots`` has each rate limit's slots in
    ascending order. For a precise rate limit (one that counts by the second), these are the slots near now
    and later. Any other rate limit allows a number of calls within a window. Its first slot in ``slots`` has
    to leave the window before the transaction may reserve another slot, and its list has as many slots as
    the transaction may reserve.
    """

    def __init__(self, held: dict[str, datetime], asked: Counter[Rate], *, shared: bool) -> None:
        self._holds = held
        self._asked = asked
        self._shared = shared
        self.slots: dict[Rate, list[datetime]] = defaultdict(list)
        # By the key of a rate limit: the starts of the calls that hang (have not ended in their usual time).
        self.hanging: dict[str, list[datetime]] = defaultdict(list)

    def find(self, channel: str, rates: Sequence[Rate], now: datetime) -> RateSlot:
        """Return the first time from ``now`` on at which a call of the channel may be made.

        The call exceeds none of ``rates`` then, and any wait that the platform asked for is over.
        """
        keys = (channel_key(channel), *(rate.key for rate in rates))
        held = max((self._holds[key] for key in keys if key in self._holds), default=now)
        return RateSlot(find_first_slot(map(self._list_taken_slots, rates), max(held, now)), held > now)

    def may_count(self, rates: Iterable[Rate], slot: RateSlot, now: datetime) -> bool:
        """Return whether other services may count a call at ``slot`` as made from now on.

        If so, the call's start need not be recorded later. The result is True if the call may be made now and
        every precise rate limit allows one call more than the calls that are reserved or may still arrive.
        The call counts until it has ended, so it may be made at any time after ``slot``.
        """
        return (
            self._shared
            and slot.at <= now + _AT_ONCE
            and all(
                len(self.slots[rate]) + sum(at <= now - find_reach(rate) for at in self.hanging[rate.key])
                < rate.count
                for rate in rates
                if rate.precise
            )
        )

    def take(self, rates: Iterable[Rate], at: datetime) -> None:
        """Add the reserved time ``at`` of a call to every rate limit that has the same key as one of
        ``rates``.
        """
        keys = {rate.key for rate in rates}
        for rate in self._asked:
            if rate.key in keys:
                insort(self.slots[rate], at)
                if not rate.precise and len(self.slots[rate]) > self._count_needed_slots(rate):
                    del self.slots[rate][0]

    def _list_taken_slots(self, rate: Rate) -> RateUsage:
        slots = self.slots[rate]
        if rate.precise:
            return RateUsage(rate, slots=slots, even=self._shared)
        return RateUsage(rate, oldest=slots[0] if len(slots) == self._count_needed_slots(rate) else None)

    def _count_needed_slots(self, rate: Rate) -> int:
        return min(self._asked[rate], rate.count)


def channel_key(channel: str) -> str:
    """Return the key under which all calls of a channel are postponed.

    The key is used if the channel's platform asks to wait and names no rate limit.
    """
    return f"channel {channel}"


def load(
    tx: Connection, asked: Sequence[tuple[str, Sequence[Rate]]], now: datetime, *, shared: bool = False
) -> SlotBook:
    """Load the reserved times that limit some channels' calls, and lock the rate limits' keys.

    The keys stay locked until the transaction ends.

    ``asked`` are channels with their rate limits. If several services share the ledger (``shared``), reserved
    times are evenly spaced. Each call waits for its turn to record its start; if all calls of a full window
    started at once, they would wait for each other.
    """
    rates = Counter(rate for _, several in asked for rate in set(several))
    keys = {rate.key for rate in rates}
    book = SlotBook(
        _load_holds(tx, keys, {channel_key(name) for name, _ in asked}, now), rates, shared=shared
    )
    _load_precise_slots(tx, [rate for rate in rates if rate.precise], book, now)
    if shared:
        for key, at in tx.execute(_SELECT_CALLS_IN_FLIGHT, {"keys": sorted(keys)}):
            book.hanging[key].append(at)
    _load_counted_slots(tx, {rate: count for rate, count in rates.items() if not rate.precise}, book, now)
    return book


def log(tx: Connection, calls: Iterable[tuple[Sequence[Rate], datetime, int]]) -> None:
    """Store the time reserved for each attempt under every key of its rate limits.

    ``calls`` are tuples of the rate limits, the reserved time and the number of each attempt. A logged time
    that is later than the attempt's reserved time says that the call was made.
    """
    rows = [
        {"key": key, "at": at, "attempt_id": number}
        for rates, at, number in calls
        for key in sorted({rate.key for rate in rates})
    ]
    insert_all(tx, tables.pace_log, rows)


def delete_old_slots(tx: Connection, rates: Iterable[Rate], now: datetime) -> None:
    """Delete the log entries that are older than the windows of ``rates``, or far in the future.

    A wrong clock may have put entries far into the future.
    """
    longest: dict[str, Rate] = {}
    for rate in rates:
        longest[rate.key] = max(rate, longest.get(rate.key, rate), key=window)
    rows = [
        {"of": key, "first": now - window(rate), "last": find_latest_slot(rate, now)}
        for key, rate in longest.items()
    ]
    if rows:
        tx.execute(_DELETE_OLD_SLOTS, rows)


def record_arrivals(tx: Connection, numbers: Sequence[int], at: datetime) -> None:
    """Set the log entries of calls that have just ended to ``at``, unless an entry has a later time.

    ``numbers`` are the row numbers of the calls' posts. ``at`` is the latest time at which the calls may have
    arrived at the platform.
    """
    tx.execute(_UPDATE_ARRIVAL, {"numbers": numbers, "now": at})


def record_arrival(tx: Connection, attempt_id: int, at: datetime) -> None:
    """Set the log entries of one call that has ended to ``at``, unless an entry has a later time.

    ``at`` is the latest time at which the call may have arrived at the platform.
    """
    mine = _LOG.attempt_id == attempt_id
    tx.execute(update(tables.pace_log).where(mine, _LOG.at < at).values(at=at))


def postpone_key(tx: Connection, key: str, until: datetime, *, now: datetime) -> None:
    """Postpone the next call under the rate limit ``key`` to ``until``, unless it is postponed further."""
    ensure_row(tx, tables.pace, key=key)
    earlier = _PACE.not_before.is_(None) | (_PACE.not_before < until)
    tx.execute(update(tables.pace).where(_PACE.key == key, earlier).values(not_before=until, asked_at=now))


def _load_holds(tx: Connection, keys: set[str], channels: set[str], now: datetime) -> dict[str, datetime]:
    """Return the times until which platforms asked to make no calls, by the key of a rate limit or channel.

    ``keys`` are the keys of rate limits, ``channels`` those of channels. The rows of both in the table `pace`
    are locked until the transaction ends; for ``keys``, missing rows are inserted first.
    """
    wanted = {"keys": sorted(keys | channels)}
    rows = tx.execute(_LOCK_PACES, wanted).all()
    if missing := sorted(keys - {row.key for row in rows}):
        insert_new(tx, tables.pace, [{"key": key} for key in missing], _PACE.key)
        rows = tx.execute(_LOCK_PACES, wanted).all()
    held = {row.key: row.not_before for row in rows if row.not_before and row.not_before > now}
    for row in rows:
        if row.key in held and row.asked_at > now:
            # The clock was set back since the platform asked to wait. So the wait counts from now and lasts
            # as long as the platform asked.
            held[row.key] = until = now + (row.not_before - row.asked_at)
            mine = update(tables.pace).where(_PACE.key == row.key)
            tx.execute(mine.values(not_before=until, asked_at=now))
    return held


def _load_precise_slots(tx: Connection, rates: Sequence[Rate], book: SlotBook, now: datetime) -> None:
    if not rates:
        return
    # The bounds between which a call's time counts are computed once for each rate limit, before the loop
    # over the calls, because many calls may be near now.
    by_key: dict[str, list[tuple[datetime, datetime, list[datetime]]]] = defaultdict(list)
    for rate in rates:
        limits = (now - find_reach(rate), find_latest_slot(rate, now), book.slots[rate])
        by_key[rate.key].append(limits)
    values = {"keys": sorted(by_key), "after": now - max(map(find_reach, rates))}
    for key, at in tx.execute(_SELECT_NEAR_SLOTS, values):
        for after, latest, slots in by_key[key]:
            if after < at <= latest:
                slots.append(at)


def _load_counted_slots(tx: Connection, rates: dict[Rate, int], book: SlotBook, now: datetime) -> None:
    alike: dict[tuple[int, timedelta], list[Rate]] = defaultdict(list)
    for rate, asked in rates.items():
        if asked == 1:
            alike[rate.count, window(rate)].append(rate)
        else:
            values = _build_latest_values(rate, min(asked, rate.count), now) | {"key": rate.key}
            book.slots[rate] = sorted(tx.execute(_SELECT_LATEST_SLOTS, values).scalars())
    for some in alike.values():
        values = _build_latest_values(some[0], 1, now) | {"keys": [rate.key for rate in some]}
        by_key = {rate.key: rate for rate in some}
        for key, at in tx.execute(_SELECT_NTH_SLOT_OF_EACH, values):
            if at is not None:
                book.slots[by_key[key]] = [at]


def _build_latest_values(rate: Rate, asked: int, now: datetime) -> dict[str, Any]:
    return {"before": find_latest_slot(rate, now), "count": asked, "skip": rate.count - asked}


def record_call_start(
    tx: Connection, claim: Claim, ahead: Mapping[Rate, int], *, quickest: float, now: datetime
) -> float:
    """Record that the call to the platform for a claimed post starts now, and return 0.0.

    If a rate limit forbids the call now, record nothing and return the seconds for which the call has to
    wait.

    `DeliveryStore.record_call_start` explains the arguments.

    Raises:
        LedgerError: another service counted this service as ended, and ended the claim.
    """
    keys, number = sorted({rate.key for rate in ahead}), ids.post_number(claim.post.id)
    tx.execute(_LOCK_PACES, {"keys": keys})
    before = {"keys": keys, "since": now - max(map(window, ahead)), "number": number}
    arrivals = _load_arrivals(tx, before, quickest, now)
    delay = max(
        rate.compute_wait(arrivals.get(rate.key, ()), now.timestamp(), ahead=before_it)
        for rate, before_it in ahead.items()
    )
    if not delay:
        leaving = _UPDATE_LEFT if tx.dialect.name == "sqlite" else _UPDATE_LEFT_ASYNC
        left = {"number": number, "left": max(now, claim.send_at + LEFT_OFFSET)}
        if not tx.execute(leaving, left).rowcount:
            raise LedgerError(PlatformCode.CLAIM_TOO_OLD())
    return delay


def _load_arrivals(
    tx: Connection, before: dict[str, Any], quickest: float, now: datetime
) -> dict[str, list[float]]:
    """Return, by the key of the rate limit, the latest time at which each call that was made may have arrived
    at the platform.

    The times are in seconds since 1970.
    """
    found: dict[str, list[float]] = {}
    for key, at, slot, ended in tx.execute(_SELECT_LEFT_CALLS, before):
        # The log entry of a call that has ended has the time of its end, so the time at which the call left
        # is taken from the stored attempt.
        left = slot if ended else at
        arrived = max(left.timestamp(), (ended or now).timestamp() - quickest)
        found.setdefault(key, []).append(arrived)
    return found
