"""The records in an SQLite ledger's file about its move to PostgreSQL: which process moves it now, or where
it was moved to.

A moved ledger stays readable. Triggers make SQLite refuse every write to its tables, even by an older version
of newsbot or by a command that opened the file before the move.
"""

import fcntl
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import URL, Column, Connection, MetaData, String, Table, insert, select, text

__all__ = [
    "PastMove",
    "find_mover",
    "find_past_move",
    "freeze_file",
    "get_place",
    "note_mover",
    "parse_refusal",
    "thaw_file",
]

# The error message by which a moved ledger's triggers refuse a write begins with these words; the ledger's
# new address follows.
_REFUSAL = "this ledger was moved to "
_TABLE = Table(
    "moved_ledger",
    MetaData(),
    Column("place", String, nullable=False),
    Column("successor", String, nullable=False),
    Column("at", String, nullable=False),
)
_WORD = "move"


class PastMove(NamedTuple):
    """A completed move of a ledger: its new address, and the identity (unique id) that it has there."""

    place: str
    successor: str


def get_place(url: URL) -> str:
    """Return a PostgreSQL database's address without its password and options, which may be secret."""
    shown = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    return shown.render_as_string(hide_password=False)


# ------------------------------------------------------- storing which process moves the ledger to PostgreSQL


def note_mover(database: Path) -> None:
    """Write into the SQLite ledger's lock file that this process, which holds the lock, moves the ledger to
    PostgreSQL.
    """
    _get_lock_path(database).write_text(f"{os.getpid()} {_WORD}\n", encoding="ascii")


def find_mover(database: Path) -> str | None:
    """Return the number of the process that moves the SQLite ledger ``database`` now; None if none does."""
    try:
        with _get_lock_path(database).open("r", encoding="ascii") as lock:
            number, _, word = lock.read().strip().partition(" ")
            if word != _WORD:
                return None
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return number
    except (OSError, ValueError):
        return None
    return None


def _get_lock_path(database: Path) -> Path:
    return database.with_name(f"{database.name}.lock")


# ---------------------------------------------------------------- storing the address of a moved ledger


def freeze_file(tx: Connection, move: PastMove, now: datetime) -> None:
    """Make SQLite refuse all writes to the ledger's tables, because the ledger was moved.

    ``tx`` is the write transaction in which the ledger was compared with its copy.
    """
    found = tx.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    ).scalars()
    names = list(found)
    _TABLE.create(tx)
    tx.execute(insert(_TABLE).values(**move._asdict(), at=now.isoformat()))
    words = (_REFUSAL + move.place).replace("'", "''")
    for name in names:
        for event in ("INSERT", "UPDATE", "DELETE"):
            tx.exec_driver_sql(
                f"CREATE TRIGGER moved_ledger_{name}_{event} BEFORE {event} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
            )


def find_past_move(tx: Connection) -> PastMove | None:
    """Return where the SQLite ledger was moved to; None if the ledger was not moved."""
    if not tx.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'moved_ledger'")).scalar():
        return None
    return PastMove(*tx.execute(select(_TABLE.c.place, _TABLE.c.successor)).one())


def parse_refusal(error: sqlite3.Error) -> str | None:
    """Return the address of the PostgreSQL database that the SQLite ledger was moved to; None if the error
    is not the refusal of a write to a moved ledger.

    A moved ledger's triggers put the address into the error message.
    """
    words = str(error)
    return words.removeprefix(_REFUSAL) if words.startswith(_REFUSAL) else None


def thaw_file(database: Path) -> None:
    """Make a copy of an SQLite file writable again whose ledger was moved to PostgreSQL.

    The triggers that refuse writes, and the new address, are removed from the copy.

    Raises:
        sqlite3.Error: the copy can't be read or written.
    """
    with closing(sqlite3.connect(database)) as copy, copy:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'moved_ledger%'"
        for (name,) in copy.execute(triggers).fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        copy.execute("DROP TABLE IF EXISTS moved_ledger")
