"""How much work a database has with a call on the ledger, counted and not timed.

SQLite counts the instructions of its virtual machine: each row that is visited takes some. PostgreSQL says of
each statement how many rows its scans read, and how many of them they threw away.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from newsbot.ledger.ledger import Ledger

__all__ = ["Work", "effort_of"]

Work = Callable[[Ledger], object]
_COUNTED = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")
_READ = (
    "Actual Rows",
    "Rows Removed by Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Join Filter",
)


def effort_of(ledger: Ledger, work: Work) -> dict[str, int]:
    """What each statement of ``work`` costs, by its text; nothing of what ``work`` does stays.

    In instructions on SQLite, in rows on PostgreSQL.
    """
    spent: dict[str, int] = {}
    counted = _instructions if ledger._database.sqlite else _rows
    mark = ledger._fence._mark  # what is undone looks like a restore
    with ledger._database.share_transaction():
        undone = ledger._database._shared_connection.begin_nested()  # type: ignore[union-attr]  # it is open
        with counted(ledger, spent):
            work(ledger)
        undone.rollback()
    ledger._fence._mark = mark
    return spent


@contextmanager
def _instructions(ledger: Ledger, spent: dict[str, int]) -> Iterator[None]:
    text, count = "", 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def begin(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal text, count
        end()
        text, count = statement, 0

    def end() -> None:
        if text.startswith(_COUNTED):
            spent[text] = spent.get(text, 0) + count

    raw = _driver(ledger)
    raw.set_progress_handler(tick, 1)
    event.listen(ledger._database._engine, "before_cursor_execute", begin)
    try:
        yield
    finally:
        end()  # a statement that is fetched row by row goes on until the next one
        event.remove(ledger._database._engine, "before_cursor_execute", begin)
        raw.set_progress_handler(None, 0)


@contextmanager
def _rows(ledger: Ledger, spent: dict[str, int]) -> Iterator[None]:
    raw = _driver(ledger)

    def explain(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if statement.startswith(_COUNTED):
            for each in values if many else [values]:
                spent[statement] = spent.get(statement, 0) + _explained(raw, statement, each)

    event.listen(ledger._database._engine, "before_cursor_execute", explain)
    try:
        yield
    finally:
        event.remove(ledger._database._engine, "before_cursor_execute", explain)


def _explained(raw: Any, statement: str, values: Any) -> int:
    """It is executed for that, and undone."""
    with raw.cursor() as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", values)
        [[told]] = cursor.fetchall()
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return round(_scanned(plan))


def _scanned(node: dict[str, Any]) -> float:
    """Rows that this node's scans, and those below it, came by."""
    here = 0.0
    if "Relation Name" in node or "Index Name" in node:
        here = sum(float(node.get(name, 0)) for name in _READ) * float(node["Actual Loops"])
    return here + sum(map(_scanned, node.get("Plans", ())))


def _driver(ledger: Ledger) -> Any:
    """The connection of the transaction that is open."""
    connection = ledger._database._shared_connection
    assert connection is not None
    return connection.connection.driver_connection
