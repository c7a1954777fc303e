"""Channels: paused or not, and their figures."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, exists, func, select, update

from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.database import Database
from newsbot.ledger.rows import select_posts, to_posts
from newsbot.model import Post, PostState
from newsbot.ports import ChannelState

__all__ = ["Channels", "pause"]


class Channels(Store):
    """The Ledger port's part for channels."""

    def channel(self, name: str) -> ChannelState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.channel).where(tables.channel.c.name == name)).one_or_none()
        if row is None:
            return ChannelState(name)
        return ChannelState(row.name, row.state, row.reason, row.paused_by, row.paused_at)

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        in_flight = select_posts().where(tables.SENDING, tables.post.c.channel == name)
        with self._database.write() as tx:
            pause(self._database, tx, name, by=by, reason=reason, now=now)
            return to_posts(tx, tx.execute(in_flight))

    def resume(self, name: str, *, by: str, now: datetime) -> None:  # noqa: ARG002  the port's signature
        active = {"state": "active", "reason": None, "paused_by": None, "paused_at": None}
        with self._database.write() as tx:
            tx.execute(update(tables.channel).where(tables.channel.c.name == name).values(**active))

    def counts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        column = tables.post.c
        counted = select(column.channel, column.state, func.count()).group_by(column.state, column.channel)
        known = column.channel.in_(select(tables.channel.c.name))  # so that the index by channel is used
        lately = (known, column.sent_at.is_not(None), column.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.OVER),
            counted.where(*lately, column.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def spent(self, channel: str, *, now: datetime) -> Decimal:
        with self._database.read() as tx:
            return budget.spent(tx, channel, now=now)

    def committed(self, channel: str) -> Decimal:
        column = tables.post.c
        reserved = exists().where(tables.reservation.c.post_id == column.id)
        costs = select(func.sum(column.cost_usd, type_=column.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, column.channel == channel, ~reserved
        )
        with self._database.read() as tx:
            return tx.execute(costs).scalar() or Decimal(0)


def pause(database: Database, tx: Connection, name: str, *, by: str, reason: str, now: datetime) -> None:
    """Within the caller's transaction."""
    database.ensure(tx, tables.channel, name=name, state="active")
    paused = {"state": "paused", "reason": reason, "paused_by": by, "paused_at": now}
    tx.execute(update(tables.channel).where(tables.channel.c.name == name).values(**paused))
