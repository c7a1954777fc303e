"""Revision 0014: count spending by account, not by channel, so that an account's channels share one sum."""

from collections import Counter

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0014"
down_revision = "0013"

_channel = sa.table("channel", sa.column("name"), sa.column("target"))
_reservation = sa.table("reservation", sa.column("account"))
_month = sa.table("month", *(sa.column(name) for name in ("account", "month", "amount_usd")))
_paid_read = sa.table("paid_read", *(sa.column(name) for name in ("account", "day", "remote_id")))


def upgrade() -> None:
    """Rename the column ``channel`` of three tables about spending to ``account``, and add up the sums.

    A channel's spending moves to its account if a service has stored to which account the channel posts.
    """
    for name in ("reservation", "month", "paid_read"):
        op.alter_column(name, "channel", new_column_name="account")
    tx = op.get_bind()
    places = tx.execute(sa.select(_channel.c.name, _channel.c.target).where(_channel.c.target.is_not(None)))
    accounts = {name: target.partition("#")[0] for name, target in places.all()}
    for name, account in accounts.items():
        column = _reservation.c.account
        tx.execute(sa.update(_reservation).where(column == name).values(account=account))
    _add_up_months(tx, accounts)
    _join_paid_reads(tx, accounts)


def _add_up_months(tx: sa.Connection, accounts: dict[str, str]) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for name, month, amount in tx.execute(sa.select(_month)).all():
        sums[accounts.get(name, name), month] += amount
    tx.execute(sa.delete(_month))
    rows = [{"account": at, "month": month, "amount_usd": usd} for (at, month), usd in sums.items()]
    if rows:
        tx.execute(sa.insert(_month), rows)


def _join_paid_reads(tx: sa.Connection, accounts: dict[str, str]) -> None:
    """Merge the records of messages on X that several channels of the same account have read and paid for."""
    found = tx.execute(sa.select(_paid_read)).all()
    tx.execute(sa.delete(_paid_read))
    rows = {(accounts.get(name, name), day, remote_id) for name, day, remote_id in found}
    if rows:
        keys = ("account", "day", "remote_id")
        tx.execute(sa.insert(_paid_read), [dict(zip(keys, row, strict=True)) for row in sorted(rows)])
