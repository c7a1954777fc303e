"""The store of channels: their pauses, the probes that end a pause, and their figures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update

from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.database import Database
from newsbot.ledger.due_times import cancel_waiting_posts, replan
from newsbot.ledger.serialization import select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import note
from newsbot.model import Failure, Post, PostState
from newsbot.ports import ChannelState, NewDueTime
from newsbot.scheduling.pace import find_probe_delay

__all__ = ["ChannelsStore", "pause_refused_channel"]

_SENDER = "sender"
_ACTIVE_VALUES = {"state": "active", "paused_by": None, "paused_at": None, "probe_at": None}
_CLEARED_VALUES = {"reason": None, "code": None, "probes": 0, "resumed_at": None}
_IS_PROBED = (tables.channel.c.state == "paused", tables.channel.c.paused_by == _SENDER)


class ChannelsStore(LedgerStore):
    """The methods of the Ledger port for channels."""

    def channel(self, name: str) -> ChannelState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.channel).where(tables.channel.c.name == name)).one_or_none()
        return _build_channel_state(row) if row else ChannelState(name)

    def channels(self) -> dict[str, ChannelState]:
        with self._database.read() as tx:
            return {row.name: _build_channel_state(row) for row in tx.execute(select(tables.channel))}

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        in_flight = select_posts().where(tables.SENDING, tables.post.c.channel == name)
        with self._database.write() as tx:
            self._database.ensure(tx, tables.channel, name=name, state="active")
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
        with self._database.write() as tx:
            moved = replan(tx, times, by=by, now=now)
            dropped = cancel_waiting_posts(tx, drop, by=by, now=now, detail="dropped at resume")
            _update_channel(tx, name, **_ACTIVE_VALUES, **_CLEARED_VALUES)
            _note_resumption(tx, name, by=by, now=now, detail="the channel sends again")
            return len(moved) + dropped

    def list_probed_channels(self) -> list[ChannelState]:
        with self._database.read() as tx:
            found = tx.execute(select(tables.channel).where(*_IS_PROBED).order_by(tables.channel.c.name))
            return [_build_channel_state(row) for row in found]

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        column = tables.channel.c
        due = select(tables.channel).where(column.name == name, *_IS_PROBED, column.probe_at <= now)
        with self._database.write(notify=False) as tx:
            row = tx.execute(due.with_for_update()).one_or_none()
            if row is None:
                return None
            probes = row.probes + 1
            _update_channel(tx, name, probes=probes, probe_at=now + find_probe_delay(row.code, probes))
            return _build_channel_state(row)

    def recover(self, name: str, *, now: datetime) -> bool:
        waits = select(tables.channel).where(tables.channel.c.name == name, *_IS_PROBED)
        with self._database.write() as tx:
            row = tx.execute(waits.with_for_update()).one_or_none()
            if row is None:
                return False
            _update_channel(tx, name, **_ACTIVE_VALUES, resumed_at=now)
            _note_resumption(tx, name, by="prober", now=now, detail="the platform takes posts again")
            return row.resumed_at is None

    def count_posts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        column = tables.post.c
        counted = select(column.channel, column.state, func.count()).group_by(column.state, column.channel)
        known = column.channel.in_(select(tables.channel.c.name))  # With this, the index by channel is used.
        lately = (known, column.sent_at.is_not(None), column.sent_at >= since)
        groups = (
            counted.where(tables.WAITS),
            counted.where(tables.FAILED, since <= tables.FAILED_FROM),
            counted.where(*lately, column.state == str(PostState.SENT)),
        )
        with self._database.read() as tx:
            rows = [row for group in groups for row in tx.execute(group)]
        return {(row[0], PostState(row[1])): row[2] for row in rows}

    def get_spending(self, channel: str, *, now: datetime) -> Decimal:
        with self._database.read() as tx:
            return budget.spent(tx, channel, now=now)

    def list_spending(self, *, now: datetime) -> dict[str, Decimal]:
        with self._database.read() as tx:
            return budget.spending(tx, now=now)

    def get_committed_cost(self, channel: str) -> Decimal:
        column = tables.post.c
        reserved = exists().where(tables.reservation.c.post_id == column.id)
        costs = select(func.sum(column.cost_usd, type_=column.cost_usd.type)).where(
            tables.WAITS, tables.EXPIRABLE, column.channel == channel, ~reserved
        )
        with self._database.read() as tx:
            return tx.execute(costs).scalar() or Decimal(0)


def pause_refused_channel(
    database: Database, tx: Connection, name: str, failure: Failure, *, now: datetime
) -> None:
    """Pause a channel that its platform refused, in the caller's transaction; keep a pause by a person."""
    database.ensure(tx, tables.channel, name=name, state="active")
    row = tx.execute(select(tables.channel).where(tables.channel.c.name == name).with_for_update()).one()
    if row.state == "paused" and row.paused_by != _SENDER:
        return
    before = {} if _is_repeated_refusal(tx, row, failure) else _CLEARED_VALUES
    probe_at = now + find_probe_delay(failure.code, 0 if before else row.probes)
    paused = {"state": "paused", "paused_by": _SENDER, "paused_at": now, "probe_at": probe_at}
    _update_channel(tx, name, **(before | paused | {"reason": failure.message, "code": failure.code}))


def _is_repeated_refusal(tx: Connection, row: Row[Any], failure: Failure) -> bool:
    """Return whether it is the failure that a probe found to be over, and no post is out since then."""
    if row.resumed_at is None or row.reason != failure.message:
        return False
    column = tables.post.c
    out = exists().where(
        column.sent_at.is_not(None), column.channel == row.name, column.sent_at >= row.resumed_at
    )
    return not tx.execute(select(out)).scalar()


def _update_channel(tx: Connection, name: str, **values: Any) -> None:
    tx.execute(update(tables.channel).where(tables.channel.c.name == name).values(**values))


def _note_resumption(tx: Connection, name: str, *, by: str, now: datetime, detail: str) -> None:
    """Add an event to the channel's retrying posts; posts that were never tried need no explanation."""
    column = tables.post.c
    tried = select(column.id).where(
        tables.READY, column.channel == name, column.state == str(PostState.RETRYING)
    )
    for number in tx.execute(tried).scalars().all():
        note(tx, number, "resumed", by=by, now=now, detail=detail)


def _build_channel_state(row: Row[Any]) -> ChannelState:
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
