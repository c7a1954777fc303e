"""The monthly budgets of accounts on platforms, each for one or several channels, and of the summarizer.

Money is reserved before the call that costs it, by one update of the month's sum that checks the limit.
Channels that post to the same account share the account's sum.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, true, update

from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.schema import channel, month, paid_read, receipt, reservation
from newsbot.ports import SUMMARIZER_ACCOUNT, AccountSpending, get_account

__all__ = [
    "MICROS_PER_USD",
    "Reservation",
    "add",
    "count_repeats",
    "find_account",
    "format_month",
    "get_account_spending",
    "get_micros_spent",
    "get_spending",
    "list_account_channels",
    "list_spending",
    "refund",
    "release",
    "reserve",
    "reserve_in_account",
    "set_aside",
    "settle_in_account",
]

MICROS_PER_USD = 1_000_000
_SELECT_SPENDING = select(month.c.account, month.c.amount_usd).where(month.c.month == bindparam("month"))
_SELECT_TARGETS = select(channel.c.name, channel.c.target)
# One statement reads the targets of all channels and the month's sums of all accounts, because the alerts
# need both each second, and every statement is a round trip to the database.
_SELECT_TARGETS_AND_SPENDING = select(
    channel.c.name, channel.c.target, literal(None, month.c.amount_usd.type).label("amount_usd")
).union_all(
    select(literal(None, channel.c.name.type), month.c.account, month.c.amount_usd).where(
        month.c.month == bindparam("month")
    )
)
_SELECT_TARGET = select(channel.c.target).where(channel.c.name == bindparam("name"))


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money of a channel's budget for a month (``2026-11``), reserved before a call that costs money."""

    channel: str
    month: str
    amount_usd: Decimal


def format_month(now: datetime) -> str:
    """Format the UTC month of a time like ``2026-11``, as the ledger names the months of its spending."""
    return f"{now:%Y-%m}"


def find_account(tx: Connection, name: str) -> str:
    """Return the account to which the costs of the channel ``name`` are charged."""
    return get_account(name, tx.execute(_SELECT_TARGET, {"name": name}).scalar())


def list_account_channels(tx: Connection, name: str) -> list[str]:
    """Return the names of all channels whose costs are charged to the same account as those of ``name``."""
    account = find_account(tx, name)
    names = (other for other, target in tx.execute(_SELECT_TARGETS) if get_account(other, target) == account)
    return sorted({name, *names})


def get_spending(tx: Connection, name: str, *, now: datetime) -> Decimal:
    """Return how many US dollars the account of the channel ``name`` has spent or reserved this UTC month."""
    return get_account_spending(tx, find_account(tx, name), now=now)


def list_spending(tx: Connection, *, now: datetime) -> dict[str, AccountSpending]:
    """Return each channel's account, and how many US dollars the account has used in this UTC month.

    Spent and reserved money counts as used. The keys are the names of the channels, and the name of the
    summarizer's account.
    """
    rows = tx.execute(_SELECT_TARGETS_AND_SPENDING, {"month": format_month(now)}).all()
    spent = {account: usd for name, account, usd in rows if name is None}
    accounts = {name: get_account(name, target) for name, target, _ in rows if name is not None}
    accounts |= {SUMMARIZER_ACCOUNT: SUMMARIZER_ACCOUNT} if SUMMARIZER_ACCOUNT in spent else {}
    return {name: AccountSpending(at, spent.get(at, Decimal(0))) for name, at in accounts.items()}


def get_micros_spent(tx: Connection, *, now: datetime) -> dict[str, int]:
    """Return how many micro-dollars each account has spent or reserved in this UTC month.

    The keys are texts such as ``ACCOUNT 2026-11``.
    """
    spent = tx.execute(_SELECT_SPENDING, {"month": format_month(now)})
    return {f"{account} {format_month(now)}": int(usd * MICROS_PER_USD) for account, usd in spent}


def reserve(tx: Connection, number: int, wanted: Reservation, limit: Decimal | None) -> bool:
    """Reserve the cost of a post in the monthly budget of its channel's account.

    Returns False, with nothing reserved, if the month's sum would exceed ``limit`` US dollars; None means
    that there is no limit. ``number`` is the post's row number. If the post's cost is reserved already,
    nothing is changed and the result is True.
    """
    held = select(reservation.c.post_id).where(
        reservation.c.post_id == number, reservation.c.month == wanted.month
    )
    if tx.execute(held).scalar() is not None:
        return True
    account, amount = find_account(tx, wanted.channel), wanted.amount_usd
    if not reserve_in_account(tx, account, wanted.month, amount, limit):
        return False
    values = {"month": wanted.month, "account": account, "amount_usd": amount}
    tx.execute(insert(reservation).values(post_id=number, **values))
    return True


def reserve_in_account(tx: Connection, account: str, of: str, amount: Decimal, limit: Decimal | None) -> bool:
    """Add ``amount`` US dollars to an account's sum of the month ``of`` (``2026-11``).

    Returns False, with nothing added, if the sum would exceed ``limit`` US dollars; None means no limit.
    """
    ensure_row(tx, month, account=account, month=of, amount_usd=Decimal(0))
    total = month.c.amount_usd + _usd(amount)
    fits = true() if limit is None else total <= _usd(limit)
    return bool(tx.execute(_update_sum(account, of).where(fits).values(amount_usd=total)).rowcount)


def settle_in_account(tx: Connection, account: str, of: str, reserved: Decimal, cost: Decimal) -> None:
    """Replace the money that was reserved for a paid call by its cost, in the account's sum of the month
    ``of``.
    """
    settled = month.c.amount_usd + _usd(cost - reserved)
    tx.execute(_update_sum(account, of).values(amount_usd=settled))


def get_account_spending(tx: Connection, account: str, *, now: datetime) -> Decimal:
    """Return how many US dollars an account has spent or reserved this UTC month."""
    found = select(month.c.amount_usd).where(*_is_month_of(account, format_month(now)))
    return tx.execute(found).scalar() or Decimal(0)


def add(tx: Connection, name: str, amount: Decimal, *, now: datetime) -> None:
    """Add ``amount`` US dollars to what the account of the channel ``name`` has spent in this UTC month.

    The monthly limit is not checked, because it must not stop the edits of published posts.
    """
    account = find_account(tx, name)
    ensure_row(tx, month, account=account, month=format_month(now), amount_usd=Decimal(0))
    tx.execute(_update_sum(account, format_month(now)).values(amount_usd=month.c.amount_usd + _usd(amount)))


def set_aside(
    tx: Connection, name: str, price: Decimal, most: int, limit: Decimal | None, *, now: datetime
) -> int:
    """Reserve money of a channel's monthly budget for reading up to ``most`` messages of the platform.

    Each message costs ``price`` US dollars. Returns the number of messages whose price was reserved; the
    month's spending stays within ``limit``.
    """
    account = find_account(tx, name)
    ensure_row(tx, month, account=account, month=format_month(now), amount_usd=Decimal(0))
    found = select(month.c.amount_usd).where(*_is_month_of(account, format_month(now)))
    has: Decimal = tx.execute(found.with_for_update()).scalar_one()
    if limit is not None:
        most = max(0, min(most, int((limit - has) // price)))
    tx.execute(_update_sum(account, format_month(now)).values(amount_usd=has + most * price))
    return most


def count_repeats(tx: Connection, name: str, ids: Collection[str], *, now: datetime) -> int:
    """Count those messages in ``ids`` that the channel's account has read before on this UTC day.

    The platform X charges an account for each message that it reads once per UTC day. The messages in ``ids``
    that the account has not read before are stored as read today, and the stored messages of past days are
    deleted.
    """
    day, account = f"{now:%Y-%m-%d}", find_account(tx, name)
    tx.execute(delete(paid_read).where(paid_read.c.account == account, paid_read.c.day < day))
    return sum(not ensure_row(tx, paid_read, account=account, day=day, remote_id=each) for each in ids)


def refund(tx: Connection, name: str, amount_usd: Decimal, *, now: datetime) -> None:
    """Subtract money that was reserved but not spent from the month's sum of the channel's account.

    ``now`` is a time in the month for which the money was reserved.
    """
    had = _update_sum(find_account(tx, name), format_month(now)).where(month.c.amount_usd >= amount_usd)
    tx.execute(had.values(amount_usd=month.c.amount_usd - _usd(amount_usd)))


def release(tx: Connection, number: int) -> None:
    """Subtract a post's reserved money from its month's sum, unless a part (message) of the post is
    published.

    A post with a published part keeps its reservation, because the cost of a single part is not known.
    """
    if tx.execute(select(receipt.c.part).where(receipt.c.post_id == number).limit(1)).scalar() is not None:
        return
    gone = delete(reservation).where(reservation.c.post_id == number).returning(reservation)
    for row in tx.execute(gone).all():
        left = month.c.amount_usd - _usd(row.amount_usd)
        tx.execute(_update_sum(row.account, row.month).values(amount_usd=left))


def _is_month_of(account: str, of: str) -> tuple[Any, Any]:
    return month.c.account == account, month.c.month == of


def _update_sum(account: str, of: str) -> Any:
    return update(month).where(*_is_month_of(account, of))


def _usd(amount: Decimal) -> Any:
    return literal(amount, month.c.amount_usd.type)
