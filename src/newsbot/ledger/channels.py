"""Channels: paused or not, looked at again, and their figures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update

from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.database import Database
from newsbot.ledger.due_times import cancel_waiting, replan
from newsbot.ledger.serialization import select_posts, to_posts
from newsbot.ledger.store import Store
from newsbot.ledger.transitions import note
from newsbot.model import Failure, Post, PostState
from newsbot.ports import ChannelState, Replanned
from newsbot.scheduling.pace import until_probe

__all__ = ["Channels", "refused"]

_SENDER = "sender"
_ACTIVE = {"state": "active", "paused_by": None, "paused_at": None, "probe_at": None}
_FORGOTTEN = {"reason": None, "code": None, "probes": 0, "resumed_at": None}
_PROBED = (tables.channel.c.state == "paused", tables.channel.c.paused_by == _SENDER)


class Channels(Store):
    """The Ledger port's part for channels."""

    def channel(self, name: str) -> ChannelState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.channel).where(tables.channel.c.name == name)).one_or_none()
        return _state(row) if row else ChannelState(name)

    def channels(self) -> dict[str, ChannelState]:
        with self._database.read() as tx:
            return {row.name: _state(row) for row in tx.execute(select(tables.channel))}

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        in_flight = select_posts().where(tables.SENDING, tables.post.c.channel == name)
        with self._database.write() as tx:
            self._database.ensure(tx, tables.channel, name=name, state="active")
            paused = {"state": "paused", "paused_by": by, "paused_at": now, "probe_at": None}
            _change(tx, name, **(_FORGOTTEN | paused | {"reason": reason}))
            return to_posts(tx, tx.execute(in_flight))

    def resume(
        self,
        name: str,
        *,
        by: str,
        now: datetime,
        times: Sequence[Replanned] = (),
        drop: Collection[str] = (),
    ) -> int:
        with self._database.write() as tx:
            moved = replan(tx, times, by=by, now=now)
            dropped = cancel_waiting(tx, drop, by=by, now=now, detail="dropped at resume")
            _change(tx, name, **_ACTIVE, **_FORGOTTEN)
            _note_resumed(tx, name, by=by, now=now, detail="the channel sends again")
            return len(moved) + dropped

    def probed(self) -> list[ChannelState]:
        with self._database.read() as tx:
            found = tx.execute(select(tables.channel).where(*_PROBED).order_by(tables.channel.c.name))
            return [_state(row) for row in found]

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        column = tables.channel.c
        due = select(tables.channel).where(column.name == name, *_PROBED, column.probe_at <= now)
        with self._database.write(notify=False) as tx:
            row = tx.execute(due.with_for_update()).one_or_none()
            if row is None:
                return None
            probes = row.probes + 1
            _change(tx, name, probes=probes, probe_at=now + until_probe(row.code, probes))
            return _state(row)

    def recover(self, name: str, *, now: datetime) -> bool:
        waits = select(tables.channel).where(tables.channel.c.name == name, *_PROBED)
        with self._database.write() as tx:
            row = tx.execute(waits.with_for_update()).one_or_none()
            if row is None:
                return False
            _change(tx, name, **_ACTIVE, resumed_at=now)
            _note_resumed(tx, name, by="prober", now=now, detail="the platform takes posts again")
            return row.resumed_at is None

    def counts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        column = tables.post.c
        counted = select(column.channel, column.state, func.count()).group_by(column.state, column.channel)
        known = column.channel.in_(select(tables.channel.c.name))  # so that the index by channel is used
        lately = (known, column.sent_at.is_not(None), column.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.FAILED, since <= tables.FAILED_FROM),
            counted.where(*lately, column.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def spent(self, channel: str, *, now: datetime) -> Decimal:
        with self._database.read() as tx:
            return budget.spent(tx, channel, now=now)

    def spending(self, *, now: datetime) -> dict[str, Decimal]:
        with self._database.read() as tx:
            return budget.spending(tx, now=now)

    def committed(self, channel: str) -> Decimal:
        column = tables.post.c
        reserved = exists().where(tables.reservation.c.post_id == column.id)
        costs = select(func.sum(column.cost_usd, type_=column.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, column.channel == channel, ~reserved
        )
        with self._database.read() as tx:
            return tx.execute(costs).scalar() or Decimal(0)


def refused(database: Database, tx: Connection, name: str, failure: Failure, *, now: datetime) -> None:
    """The platform made it pause; within the caller's transaction. A person's own pause stays as it is."""
    database.ensure(tx, tables.channel, name=name, state="active")
    row = tx.execute(select(tables.channel).where(tables.channel.c.name == name).with_for_update()).one()
    if row.state == "paused" and row.paused_by != _SENDER:
        return
    before = {} if _same_again(tx, row, failure) else _FORGOTTEN
    probe_at = now + until_probe(failure.code, 0 if before else row.probes)
    paused = {"state": "paused", "paused_by": _SENDER, "paused_at": now, "probe_at": probe_at}
    _change(tx, name, **(before | paused | {"reason": failure.message, "code": failure.code}))


def _same_again(tx: Connection, row: Row[Any], failure: Failure) -> bool:
    """Is it what a probe took for mended, with nothing gone out since?"""
    if row.resumed_at is None or row.reason != failure.message:
        return False
    column = tables.post.c
    out = exists().where(
        column.sent_at.is_not(None), column.channel == row.name, column.sent_at >= row.resumed_at
    )
    return not tx.execute(select(out)).scalar()


def _change(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(update(tables.channel).where(tables.channel.c.name == name).values(**values))


def _note_resumed(tx: Connection, name: str, *, by: str, now: datetime, detail: str) -> None:
    """In the story of what the channel had sent away; what was never tried has nothing to explain."""
    column = tables.post.c
    tried = select(column.id).where(
        tables.READY, column.channel == name, column.state == str(PostState.RETRYING)
    )
    for number in tx.execute(tried).scalars().all():
        note(tx, number, "resumed", by=by, now=now, detail=detail)


def _state(row: Row[Any]) -> ChannelState:
    paused = row.state == "paused"
    return ChannelState(
        name=row.name,
        state=row.state,
        reason=row.reason if paused else None,
        paused_by=row.paused_by,
        paused_at=row.paused_at,
        code=row.code if paused else None,
        probes=row.probes,
        probe_at=row.probe_at,
    )
