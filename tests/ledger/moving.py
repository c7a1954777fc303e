"""Moves of a ledger from SQLite to PostgreSQL, also in a process that is killed at a chosen moment."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from newsbot.ledger import move, open_ledger, stored_rows
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.move import MoveEvent
from newsbot.ledger.schema import metadata
from tests.ledger.making import NOW

__all__ = ["kill_move", "move_to", "read_rows"]

_ROOT = Path(__file__).parents[2]
_SMALL = 20
"""Rows in a batch of a move that is killed, so that there are several batches."""


def move_to(file: str, url: str, *, now: datetime = NOW) -> list[MoveEvent]:
    """Move the ledger as a command does, and return what was told."""
    ledger = open_ledger(file, base=Path(file.removeprefix("sqlite:///")).parent)
    events: list[MoveEvent] = []
    try:
        ledger.move(url, now=now, tell=events.append)
    finally:
        ledger.close()
    return events


def kill_move(file: str, url: str, what: str, table: str = "", count: int = 1) -> None:
    """Move the ledger in a process that is killed right after the ``count``th such step."""
    command = [sys.executable, "-m", "tests.ledger.moving", file, url, what, table, str(count)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, (done.returncode, done.stderr)


def read_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of each table as the database's own driver returns them, sorted."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
    else:
        connection = psycopg.connect(url)
    with closing(connection):
        for table in metadata.tables.values():
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            rows = connection.execute(f"SELECT {names} FROM {table.name}").fetchall()
            plain = [tuple(int(value) if isinstance(value, bool) else value for value in row) for row in rows]
            found[table.name] = sorted(plain, key=repr)
    return found


def _main(file: str, url: str, what: str, table: str, count: str) -> None:
    move._MAX_ROWS = stored_rows._AT_ONCE = _SMALL
    left = int(count)

    def tell(event: MoveEvent) -> None:
        nonlocal left
        left -= event.what == what and table in {"", event.table}
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    ledger: Ledger = open_ledger(file, base=Path(file.removeprefix("sqlite:///")).parent)
    ledger.move(url, now=NOW, tell=tell)


if __name__ == "__main__":
    _main(*sys.argv[1:])
