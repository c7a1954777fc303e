"""The monthly budget of a channel.

Money is reserved before the call that spends it, by one guarded write on the month's sum.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, true, update

from newsbot.ledger.database import Database
from newsbot.ledger.schema import month, paid_read, receipt, reservation
from newsbot.model import Reservation

__all__ = [
    "add",
    "count_repeats",
    "format_month",
    "from_micros",
    "get_micros_spent",
    "get_spending",
    "give_back",
    "list_spending",
    "release",
    "reserve",
    "set_aside",
]

_MICROS_PER_USD = 1_000_000
_SELECT_SPENDING = select(month.c.channel, month.c.amount_usd).where(month.c.month == bindparam("month"))


def format_month(now: datetime) -> str:
    """Format the UTC month as ``2026-11``."""
    return f"{now:%Y-%m}"


def get_spending(tx: Connection, channel: str, *, now: datetime) -> Decimal:
    """Return the US dollars that a channel has spent or reserved this month."""
    found = select(month.c.amount_usd).where(month.c.channel == channel, month.c.month == format_month(now))
    return tx.execute(found).scalar() or Decimal(0)


def list_spending(tx: Connection, *, now: datetime) -> dict[str, Decimal]:
    """Return the US dollars spent or reserved this month by each channel that has any."""
    return dict(map(tuple, tx.execute(_SELECT_SPENDING, {"month": format_month(now)})))


def get_micros_spent(tx: Connection, *, now: datetime) -> dict[str, int]:
    """Return this month's spending in micro-dollars, by keys such as ``CHANNEL 2026-11``."""
    return {
        f"{name} {format_month(now)}": int(usd * _MICROS_PER_USD)
        for name, usd in list_spending(tx, now=now).items()
    }


def from_micros(amount: int) -> Decimal:
    """Convert micro-dollars to US dollars."""
    return Decimal(amount) / _MICROS_PER_USD


def reserve(
    database: Database, tx: Connection, number: int, wanted: Reservation, limit: Decimal | None
) -> bool:
    """Reserve a post's money unless that is done already; return False if it would exceed the limit."""
    held = select(reservation.c.post_id).where(
        reservation.c.post_id == number, reservation.c.month == wanted.month
    )
    if tx.execute(held).scalar() is not None:
        return True
    database.ensure(tx, month, channel=wanted.channel, month=wanted.month, amount_usd=Decimal(0))
    total = month.c.amount_usd + literal(wanted.amount_usd, month.c.amount_usd.type)
    fits = true() if limit is None else total <= literal(limit, month.c.amount_usd.type)
    here = (month.c.channel == wanted.channel, month.c.month == wanted.month)
    if not tx.execute(update(month).where(*here, fits).values(amount_usd=total)).rowcount:
        return False
    tx.execute(
        insert(reservation).values(
            post_id=number, month=wanted.month, channel=wanted.channel, amount_usd=wanted.amount_usd
        )
    )
    return True


def add(database: Database, tx: Connection, channel: str, amount: Decimal, *, now: datetime) -> None:
    """Add spent money to the month, even above the limit: a limit must not stop edits and deletes."""
    name = format_month(now)
    database.ensure(tx, month, channel=channel, month=name, amount_usd=Decimal(0))
    here = (month.c.channel == channel, month.c.month == name)
    total = month.c.amount_usd + literal(amount, month.c.amount_usd.type)
    tx.execute(update(month).where(*here).values(amount_usd=total))


def set_aside(
    database: Database,
    tx: Connection,
    name: str,
    price: Decimal,
    most: int,
    limit: Decimal | None,
    *,
    now: datetime,
) -> int:
    """Reserve money for up to ``most`` units at ``price`` each, within the limit; return for how many."""
    here = (month.c.channel == name, month.c.month == format_month(now))
    database.ensure(tx, month, channel=name, month=format_month(now), amount_usd=Decimal(0))
    has: Decimal = tx.execute(select(month.c.amount_usd).where(*here).with_for_update()).scalar_one()
    if limit is not None:
        most = max(0, min(most, int((limit - has) // price)))
    tx.execute(update(month).where(*here).values(amount_usd=has + most * price))
    return most


def count_repeats(
    database: Database, tx: Connection, name: str, ids: Collection[str], *, now: datetime
) -> int:
    """Count the ``ids`` that were read before on this UTC day, as X charges for each once a day.

    The others are stored as read, and those of past days are deleted.
    """
    day = f"{now:%Y-%m-%d}"
    tx.execute(delete(paid_read).where(paid_read.c.channel == name, paid_read.c.day < day))
    return sum(not database.ensure(tx, paid_read, channel=name, day=day, remote_id=each) for each in ids)


def give_back(tx: Connection, name: str, amount_usd: Decimal, *, now: datetime) -> None:
    """Return unspent money to the present month; money of a month that is over is not returned."""
    here = (month.c.channel == name, month.c.month == format_month(now), month.c.amount_usd >= amount_usd)
    left = month.c.amount_usd - literal(amount_usd, month.c.amount_usd.type)
    tx.execute(update(month).where(*here).values(amount_usd=left))


def release(tx: Connection, number: int) -> None:
    """Return a post's reserved money, unless a part of it is out, as the cost of one part is not known."""
    if tx.execute(select(receipt.c.part).where(receipt.c.post_id == number).limit(1)).scalar() is not None:
        return
    gone = delete(reservation).where(reservation.c.post_id == number).returning(reservation)
    for row in tx.execute(gone).all():
        here = (month.c.channel == row.channel, month.c.month == row.month)
        left = month.c.amount_usd - literal(row.amount_usd, month.c.amount_usd.type)
        tx.execute(update(month).where(*here).values(amount_usd=left))
