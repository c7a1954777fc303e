"""Sources: who polls, and what a poll left."""

from datetime import datetime

from sqlalchemy import bindparam, or_, select

from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.polls import source_state
from newsbot.ports import SourceState

__all__ = ["Sources"]

_WITHOUT_CURSOR = tuple(column for column in tables.source.c if column.name != "cursor")
_FAILING = select(*_WITHOUT_CURSOR).where(
    tables.source.c.failures >= bindparam("failures"), tables.source.c.state != "blocked"
)


class Sources(Store):
    """The Ledger port's part for sources."""

    def source(self, name: str) -> SourceState:
        with self._database.read() as tx:
            row = tx.execute(select(tables.source).where(tables.source.c.name == name)).one_or_none()
        return source_state(row, name)

    def sources(self) -> dict[str, SourceState]:
        with self._database.read() as tx:
            return {row.name: source_state(row, row.name) for row in tx.execute(select(*_WITHOUT_CURSOR))}

    def failing_sources(self, failures: int) -> list[SourceState]:
        with self._database.read() as tx:
            found = tx.execute(_FAILING, {"failures": failures})
            return [source_state(row, row.name) for row in found]

    def quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        column = tables.source.c
        quiet = or_(column.last_new_at.is_(None), column.last_new_at <= since)
        found = select(column.name, column.last_new_at).where(quiet, column.state != "blocked")
        with self._database.read() as tx:
            return dict(map(tuple, tx.execute(found)))
