"""Which services are alive, and what other processes have committed."""

import os
import socket
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy import Column, ColumnElement, Connection, delete, false, insert, text

from newsbot.errors import LedgerError, LedgerTaken
from newsbot.ledger.database import NOTICE, Database
from newsbot.ledger.failures import explain, place
from newsbot.ledger.schema import instance

__all__ = ["PostgresPresence", "Presence", "SqlitePresence"]

_CLASS = 0x6E657762  # the first half of PostgreSQL's advisory locks for instances


class Presence(Protocol):
    """``me`` is this process's instance, None unless it is a service."""

    me: int | None

    def hold(self) -> None: ...

    def changed(self) -> bool: ...

    def dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:
        """Rows whose ``holder`` surely runs no more."""
        ...

    def others(self, tx: Connection) -> int:
        """How many other services run on this database."""
        ...

    def close(self) -> None: ...


class SqlitePresence:
    """One service per file, by `flock`: whoever holds it knows that every other holder is dead."""

    def __init__(self, database: Database) -> None:
        self.me: int | None = None
        self._database = database
        self._lock: IO[str] | None = None
        self._seen: int | None = None

    def hold(self) -> None:
        if self.me is None:
            self._take(Path(f"{self._database.url.database}.lock"))
            self.me = _enlist(self._database)
            _forget(self._database, self)
            self._seen = self._version()

    def changed(self) -> bool:
        before, self._seen = self._seen, self._version()
        return before is not None and before != self._seen

    def dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:  # noqa: ARG002  the port's signature
        return false() if self.me is None else holder != self.me

    def others(self, tx: Connection) -> int:  # noqa: ARG002  the port's signature
        return 0

    def close(self) -> None:
        if self._lock:
            self._lock.close()
        self._lock = self.me = None

    def _take(self, path: Path) -> None:
        import fcntl  # noqa: PLC0415  a service only

        try:
            lock = path.open("a+", encoding="ascii")
        except OSError as error:
            raise LedgerError(f"{path} can't be written ({error.strerror}): change its rights") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise LedgerTaken(
                f"another newsbot service (process {holder}) runs on {place(self._database.url)}: stop it "
                f"first, or give this one a database of its own (the lock is {path})"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _version(self) -> int:
        """Counts the commits of other connections: https://www.sqlite.org/pragma.html#pragma_data_version."""
        with self._database.outside() as raw:
            return int(raw.execute("PRAGMA data_version").fetchone()[0])


class PostgresPresence:
    """Any number of services, each with an advisory lock that its session's end gives back."""

    def __init__(self, database: Database) -> None:
        self.me: int | None = None
        self._database = database
        self._session: Any = None

    def hold(self) -> None:
        if self.me is None:
            self.me = _enlist(self._database)
            self._open()
            _forget(self._database, self)

    def changed(self) -> bool:
        """A session that was lost may have missed something: then the answer is yes."""
        import psycopg  # noqa: PLC0415  SQLite does without

        fresh = self._session is None
        if fresh:
            self._open()
        try:
            notices = list(self._session.notifies(timeout=0))
        except psycopg.Error as error:
            self._drop()
            raise explain(error, self._database.url) from error
        return fresh or any(notice.pid not in self._database.backends for notice in notices)

    def dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:
        return holder.is_not(None) & holder.not_in(_living(tx))

    def others(self, tx: Connection) -> int:
        return len(set(_living(tx)) - {self.me})

    def close(self) -> None:
        self._drop()
        self.me = None

    def _open(self) -> None:
        self._session = self._database.connect()
        self._session.execute(f"LISTEN {NOTICE}")
        if self.me is not None:
            self._session.execute("SELECT pg_advisory_lock(%s, %s)", (_CLASS, self.me))

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


def _enlist(database: Database) -> int:
    with database.write(notify=False) as tx:
        row = insert(instance).values(host=socket.gethostname(), pid=os.getpid()).returning(instance.c.id)
        return int(tx.execute(row).scalar_one())


def _forget(database: Database, presence: Presence) -> None:
    """Take the dead off the list. What they held keeps their number, which nobody else gets."""
    with database.write(notify=False) as tx:
        tx.execute(delete(instance).where(presence.dead(tx, instance.c.id)))


def _living(tx: Connection) -> list[int]:
    locks = text(
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return [int(found) for found in tx.execute(locks, {"class": _CLASS}).scalars()]
