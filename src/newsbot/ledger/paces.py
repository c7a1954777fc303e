"""The slots taken on each pace key, shared by all who send."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from newsbot.ledger.database import Database
from newsbot.ledger.schema import pace, pace_log
from newsbot.ports import Rate
from newsbot.scheduling.pace import Taken, first_slot, interval, window

__all__ = ["Slot", "find", "hold_back", "landed", "take"]


class Slot(NamedTuple):
    """``asked``: a platform's retry-after has a part in it."""

    at: datetime
    asked: bool


def find(database: Database, tx: Connection, rates: Sequence[Rate], now: datetime) -> Slot:
    """The first slot that is free on every rate; its keys are locked until the end of the transaction."""
    keys = sorted({rate.key for rate in rates})
    for key in keys:
        database.ensure(tx, pace, key=key)
    rows = select(pace).where(pace.c.key.in_(keys)).order_by(pace.c.key).with_for_update()
    not_before = {row.key: row.not_before for row in tx.execute(rows)}
    at = first_slot([_taken(tx, rate, not_before[rate.key], now) for rate in rates], now)
    return Slot(at, any(held and held > now for held in not_before.values()))


def take(tx: Connection, rates: Sequence[Rate], at: datetime, *, now: datetime, attempt: int) -> None:
    """Log the call of an attempt at ``at`` under every key, and forget what no window sees any more."""
    for key in sorted({rate.key for rate in rates}):
        longest = max(window(rate) for rate in rates if rate.key == key)
        tx.execute(delete(pace_log).where(pace_log.c.key == key, pace_log.c.at <= now - longest))
        tx.execute(insert(pace_log).values(key=key, at=at, attempt_id=attempt))


def landed(tx: Connection, attempt: int, at: datetime) -> None:
    """A call that has ended counts from its end: it may have arrived as late as that (a photo came first)."""
    mine = pace_log.c.attempt_id == attempt
    tx.execute(update(pace_log).where(mine, pace_log.c.at < at).values(at=at))


def hold_back(database: Database, tx: Connection, key: str, until: datetime) -> None:
    """Nothing on this key before ``until``; a 429 never brings it forward."""
    database.ensure(tx, pace, key=key)
    earlier = pace.c.not_before.is_(None) | (pace.c.not_before < until)
    tx.execute(update(pace).where(pace.c.key == key, earlier).values(not_before=until))


def _taken(tx: Connection, rate: Rate, not_before: datetime | None, now: datetime) -> Taken:
    log = select(pace_log.c.at).where(pace_log.c.key == rate.key)
    if rate.spread:
        near = log.where(pace_log.c.at > now - interval(rate)).order_by(pace_log.c.at)
        return Taken(rate, slots=tuple(tx.execute(near).scalars()), not_before=not_before)
    latest = log.order_by(pace_log.c.at.desc()).offset(rate.count - 1).limit(1)
    return Taken(rate, oldest=tx.execute(latest).scalar(), not_before=not_before)
