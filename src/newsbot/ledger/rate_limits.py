"""The slots taken on each rate-limit key, shared by all services that send."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from newsbot.ledger.schema import attempt, pace, pace_log
from newsbot.ledger.statements import build_insert, ensure_row, in_list, insert_all
from newsbot.ports import Rate
from newsbot.scheduling.pace import RateUsage, find_first_slot, find_latest_slot, find_reach, window

__all__ = [
    "RateSlot",
    "SlotBook",
    "channel_key",
    "delete_old_slots",
    "load",
    "lock",
    "log",
    "postpone_key",
    "record_arrival",
    "record_arrivals",
]

_LOCK_PACES = select(pace).where(in_list(pace.c.key, "keys")).order_by(pace.c.key).with_for_update()
_SELECT_NEAR_SLOTS = (
    select(pace_log.c.key, pace_log.c.at)
    .where(in_list(pace_log.c.key, "keys"))
    .where(pace_log.c.at > bindparam("after", type_=pace_log.c.at.type))
    .order_by(pace_log.c.at)
)
_IS_BEFORE = pace_log.c.at <= bindparam("before", type_=pace_log.c.at.type)
_SELECT_LATEST_SLOTS = select(pace_log.c.at).where(pace_log.c.key == bindparam("key"), _IS_BEFORE)
_SELECT_LATEST_SLOTS = (
    _SELECT_LATEST_SLOTS.order_by(pace_log.c.at.desc()).limit(bindparam("count")).offset(bindparam("skip"))
)
_SELECT_NTH_SLOT = select(pace_log.c.at).where(pace_log.c.key == pace.c.key, _IS_BEFORE).correlate(pace)
_SELECT_NTH_SLOT_OF_EACH = select(
    pace.c.key,
    _SELECT_NTH_SLOT.order_by(pace_log.c.at.desc())
    .limit(1)
    .offset(bindparam("skip"))
    .scalar_subquery()
    .label("at"),
).where(in_list(pace.c.key, "keys"))
_SELECT_OPEN_ATTEMPTS = select(attempt.c.id).where(
    in_list(attempt.c.post_id, "numbers"), attempt.c.ended_at.is_(None)
)
_UPDATE_ARRIVAL = (
    update(pace_log)
    .where(
        pace_log.c.attempt_id.in_(_SELECT_OPEN_ATTEMPTS),
        pace_log.c.at < bindparam("now", type_=pace_log.c.at.type),
    )
    .values(at=bindparam("now", type_=pace_log.c.at.type))
)
_SELECT_UNENDED_ATTEMPTS = select(attempt.c.id).where(
    attempt.c.id == pace_log.c.attempt_id, attempt.c.ended_at.is_(None)
)
_DELETE_OLD_SLOTS = delete(pace_log).where(  # Calls that are late for their slot, or hang, must still count.
    pace_log.c.key == bindparam("of"),
    (pace_log.c.at <= bindparam("first", type_=pace_log.c.at.type))
    & ~_SELECT_UNENDED_ATTEMPTS.correlate(pace_log).exists()
    | (pace_log.c.at > bindparam("last", type_=pace_log.c.at.type)),
)


class RateSlot(NamedTuple):
    """A free slot. ``asked``: a platform's retry-after postponed it."""

    at: datetime
    asked: bool


class SlotBook:
    """The slots taken on some keys, as one transaction sees them, with those that it takes itself.

    ``slots`` of a precise rate are those near now and later. Of a counted rate they are as many as may be
    taken here, ending ``count`` from the latest: the first of them is the one that has to leave the window.
    """

    def __init__(self, held: dict[str, datetime], asked: Counter[Rate], *, even: bool) -> None:
        self._load_holds = held
        self._asked = asked
        self._even = even
        self.slots: dict[Rate, list[datetime]] = defaultdict(list)

    def find(self, channel: str, rates: Sequence[Rate], now: datetime) -> RateSlot:
        """Find the first slot that is free on every rate, after any wait that a platform asked for."""
        keys = (channel_key(channel), *(rate.key for rate in rates))
        held = max((self._load_holds[key] for key in keys if key in self._load_holds), default=now)
        return RateSlot(find_first_slot(map(self._list_taken_slots, rates), max(held, now)), held > now)

    def take(self, rates: Iterable[Rate], at: datetime) -> None:
        """Take a slot at ``at`` on every rate that shares a key with ``rates``."""
        keys = {rate.key for rate in rates}
        for rate in self._asked:
            if rate.key in keys:
                insort(self.slots[rate], at)
                if not rate.precise and len(self.slots[rate]) > self._count_needed_slots(rate):
                    del self.slots[rate][0]

    def _list_taken_slots(self, rate: Rate) -> RateUsage:
        slots = self.slots[rate]
        if rate.precise:
            return RateUsage(rate, slots=slots, even=self._even)
        return RateUsage(rate, oldest=slots[0] if len(slots) == self._count_needed_slots(rate) else None)

    def _count_needed_slots(self, rate: Rate) -> int:
        return min(self._asked[rate], rate.count)


def channel_key(channel: str) -> str:
    """Return the key that is postponed when a platform asks to wait and names no rate limit."""
    return f"channel {channel}"


def load(
    tx: Connection,
    asked: Sequence[tuple[str, Sequence[Rate]]],
    now: datetime,
    *,
    shared: bool = False,
) -> SlotBook:
    """Load the slots that limit these channels; their keys are locked until the end of the transaction.

    Where several services share the ledger (``shared``), slots are evenly spaced: each call waits for its
    turn to record that it leaves, and if all calls of a full window left at once, they would wait for each
    other.
    """
    rates = Counter(rate for _, several in asked for rate in set(several))
    keys = {rate.key for rate in rates}
    book = SlotBook(_load_holds(tx, keys, {channel_key(name) for name, _ in asked}, now), rates, even=shared)
    _load_precise_slots(tx, [rate for rate in rates if rate.precise], book, now)
    _load_counted_slots(tx, {rate: count for rate, count in rates.items() if not rate.precise}, book, now)
    return book


def lock(tx: Connection, keys: Sequence[str]) -> None:
    """Lock the keys until the end of the transaction: nobody else takes a slot on them, or leaves by one."""
    tx.execute(_LOCK_PACES, {"keys": sorted(keys)})


def log(tx: Connection, calls: Iterable[tuple[Sequence[Rate], datetime, int]]) -> None:
    """Store the slot of each attempt under every key that it counts against."""
    rows = [
        {"key": key, "at": at, "attempt_id": number}
        for rates, at, number in calls
        for key in sorted({rate.key for rate in rates})
    ]
    insert_all(tx, pace_log, rows)


def delete_old_slots(tx: Connection, rates: Iterable[Rate], now: datetime) -> None:
    """Delete slots that no window reaches any more, or that a wrong clock put too far ahead."""
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
    """Move the slots of these posts' calls, which have ended, to ``at``: they have arrived by then."""
    tx.execute(_UPDATE_ARRIVAL, {"numbers": numbers, "now": at})


def record_arrival(tx: Connection, attempt_id: int, at: datetime) -> None:
    """Move the slot of one attempt that is closed already, as `record_arrivals` does."""
    mine = pace_log.c.attempt_id == attempt_id
    tx.execute(update(pace_log).where(mine, pace_log.c.at < at).values(at=at))


def postpone_key(tx: Connection, key: str, until: datetime, *, now: datetime) -> None:
    """Postpone the next slot on a key to ``until``; a 429 never brings it forward."""
    ensure_row(tx, pace, key=key)
    earlier = pace.c.not_before.is_(None) | (pace.c.not_before < until)
    tx.execute(update(pace).where(pace.c.key == key, earlier).values(not_before=until, asked_at=now))


def _load_holds(tx: Connection, keys: set[str], channels: set[str], now: datetime) -> dict[str, datetime]:
    """Return until when each key is postponed; lock the rows of ``keys`` and insert missing ones."""
    wanted = {"keys": sorted(keys | channels)}
    rows = tx.execute(_LOCK_PACES, wanted).all()
    if missing := sorted(keys - {row.key for row in rows}):
        tx.execute(
            build_insert(tx, pace).on_conflict_do_nothing(),
            [{"key": key, "not_before": None, "asked_at": None} for key in missing],
        )
        rows = tx.execute(_LOCK_PACES, wanted).all()
    held = {
        row.key: (row.not_before, row.asked_at) for row in rows if row.not_before and row.not_before > now
    }
    for key in [key for key, (_, asked) in held.items() if asked > now]:
        held[key] = _limit_hold(tx, key, *held[key], now)
    return {key: until for key, (until, _) in held.items()}


def _limit_hold(
    tx: Connection, key: str, until: datetime, asked: datetime, now: datetime
) -> tuple[datetime, datetime]:
    """Shorten a wait after the clock was set back: it lasts as long as the platform asked, from now on."""
    mended = (now + (until - asked), now)
    tx.execute(update(pace).where(pace.c.key == key).values(not_before=mended[0], asked_at=now))
    return mended


def _load_precise_slots(tx: Connection, rates: Sequence[Rate], book: SlotBook, now: datetime) -> None:
    if not rates:
        return
    by_key: dict[str, list[Rate]] = defaultdict(list)
    for rate in rates:
        by_key[rate.key].append(rate)
    values = {"keys": sorted(by_key), "after": now - max(map(find_reach, rates))}
    for key, at in tx.execute(_SELECT_NEAR_SLOTS, values):
        for rate in by_key[key]:
            if now - find_reach(rate) < at <= find_latest_slot(rate, now):
                book.slots[rate].append(at)


def _load_counted_slots(tx: Connection, rates: dict[Rate, int], book: SlotBook, now: datetime) -> None:
    alike: dict[tuple[int, timedelta], list[Rate]] = defaultdict(list)
    for rate, asked in rates.items():
        if asked == 1:
            alike[rate.count, window(rate)].append(rate)
        else:
            found = tx.execute(
                _SELECT_LATEST_SLOTS,
                _build_latest_values(rate, min(asked, rate.count), now) | {"key": rate.key},
            )
            book.slots[rate] = sorted(found.scalars())
    for some in alike.values():
        values = _build_latest_values(some[0], 1, now) | {"keys": [rate.key for rate in some]}
        by_key = {rate.key: rate for rate in some}
        for key, at in tx.execute(_SELECT_NTH_SLOT_OF_EACH, values):
            if at is not None:
                book.slots[by_key[key]] = [at]


def _build_latest_values(rate: Rate, asked: int, now: datetime) -> dict[str, Any]:
    return {"before": find_latest_slot(rate, now), "count": asked, "skip": rate.count - asked}
