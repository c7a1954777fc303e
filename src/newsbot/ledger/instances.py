"""The running instances (service processes) of a ledger, and the detection of other processes' commits."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING

from sqlalchemy import Column, ColumnElement, Connection, delete, false, func, insert, select, text

from newsbot.errors import LedgerBusy, LedgerError, LedgerTaken
from newsbot.ledger.database import NOTICE, Database, explain, get_shown_name
from newsbot.ledger.moved_file import find_mover
from newsbot.ledger.schema import instance
from newsbot.reasons import LedgerCode

if TYPE_CHECKING:
    from newsbot.ledger.postgres import TimedConnection

__all__ = ["Instances", "PostgresInstances", "SqliteInstances"]

# The first half of the keys of PostgreSQL's advisory locks for instances; the second half is the instance's
# id.
_CLASS = 0x6E657762
# The PostgreSQL session that receives notices of commits waits this many seconds for an answer of the server;
# its queries take a millisecond.
_ANSWER = 5.0
# The service checks at this interval, in seconds, that PostgreSQL still answers on the session that receives
# notices of commits.
_ASK = 5.0
# PostgreSQL must release the instance lock of a lost session of this process within this many seconds.
_TAKE_OVER = 5.0
# The pause before a lost session for notices of commits is opened again grows from the first to the second
# number of seconds.
_SHORTEST, _LONGEST = 0.5, 8.0
# While the session for notices of commits is lost, this process assumes, each time this many seconds have
# passed, that another process may have committed.
_UNHEARD = 1.0
# The number of attempts to lock the lock file of an SQLite database, and the seconds between two of them.
_TRIES, _PAUSE = 5, 0.03
# This SQL text selects the other sessions that hold this instance's lock, which can only be earlier sessions
# of this process.
_HOLDER = (
    "FROM pg_locks WHERE locktype = 'advisory' AND classid = %(class)s AND objid = %(me)s AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND pid <> pg_backend_pid()"
)


class SqliteInstances:
    """The instances (service processes) on an SQLite database, of which only one can run at a time.

    ``me`` is this process's instance id; None if this process is no service. The running instance holds a
    lock (`flock`) on a file beside the database, so it knows that all other instances have ended.
    """

    def __init__(self, database: Database) -> None:
        self.me: int | None = None
        self._database = database
        self._take_over_lock: IO[str] | None = None
        self._seen: int | None = None

    def refuse_others(self) -> None:
        """Keep other services from starting until `close`.

        Raises:
            LedgerTaken: another service runs on this database.
        """
        if self._take_over_lock is None:
            self._take_lock(Path(f"{self._database.url.database}.lock"))

    def acquire_instance_lock(self) -> None:
        """Acquire the instance lock, which makes this process a running instance until `close`."""
        if self.me is None:
            self.refuse_others()
            self.me = _insert_instance(self._database)
            _delete_dead_instances(self._database, self)
            self._seen = self._read_data_version()

    def has_changed(self) -> bool:
        """Return whether another process has committed to the database since the last call of this method."""
        before, self._seen = self._seen, self._read_data_version()
        return before is not None and before != self._seen

    def dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:  # noqa: ARG002  The class `PostgresInstances` needs this parameter.
        """Build the SQL condition that the instance whose id is in the column ``holder`` has surely ended."""
        return false() if self.me is None else holder != self.me

    def count_others(self, tx: Connection) -> int:  # noqa: ARG002  The class `PostgresInstances` needs this parameter.
        """Return the number of the other instances that run on this database, which is always 0 on SQLite."""
        return 0

    def list_living(self, tx: Connection) -> list[int]:
        """Return the ids of all instances that run on this database, this process's own included."""
        newest = tx.execute(select(func.max(instance.c.id))).scalar()
        return [int(newest)] if newest is not None and (self.me or self._is_locked()) else []

    def _is_locked(self) -> bool:
        """Return whether another process holds the lock file, as a running instance does."""
        import fcntl  # noqa: PLC0415  Only SQLite needs fcntl.

        try:
            with Path(f"{self._database.url.database}.lock").open("r", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Release the instance lock, so that this process is no instance any more."""
        if self._take_over_lock:
            self._take_over_lock.close()
        self._take_over_lock = self.me = None

    def _take_lock(self, path: Path) -> None:
        try:
            lock = path.open("a+", encoding="ascii")
        except OSError as error:
            raise LedgerError(LedgerCode.LOCK_NOT_WRITABLE(path=path, words=error.strerror)) from error
        try:
            self._lock_within_moments(lock)
        except OSError as error:
            name = get_shown_name(self._database.url)
            if (number := find_mover(Path(name))) is not None:
                lock.close()
                raise LedgerTaken(LedgerCode.LEDGER_BEING_MOVED(name=name, number=number)) from error
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            why = LedgerCode.SERVICE_RUNS_ALREADY(number=holder, name=name, path=path)
            raise LedgerTaken(why) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._take_over_lock = lock

    @staticmethod
    def _lock_within_moments(lock: IO[str]) -> None:
        """Lock the lock file; try again for a moment if another process has locked it.

        The command `newsbot status` locks the file for a moment to find out whether a service runs.
        """
        import fcntl  # noqa: PLC0415

        for _ in range(_TRIES - 1):
            with suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            sleep(_PAUSE)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _read_data_version(self) -> int:
        """Read SQLite's data_version, a number that changes with each commit of another connection.

        https://www.sqlite.org/pragma.html#pragma_data_version
        """
        with self._database.open_raw_connection() as raw:
            return int(raw.execute("PRAGMA data_version").fetchone()[0])


class PostgresInstances:
    """The instances (service processes) on a PostgreSQL database, of which any number can run.

    The class has the same methods as `SqliteInstances`. Each instance holds an advisory lock, which ends with
    its session. The same session receives the notices of other processes' commits. newsbot checks from time
    to time that the server answers on the session, and opens it again after a growing pause if it does not.
    """

    def __init__(self, database: Database) -> None:
        self.me: int | None = None
        self._database = database
        self._session: TimedConnection | None = None
        self._ask_at = 0.0
        self._open_at = 0.0
        self._pause = 0.0
        self._unheard_at = 0.0

    def refuse_others(self) -> None:
        with self._database.read() as tx:
            count = self.count_others(tx)
        if count:
            name = get_shown_name(self._database.url)
            one = LedgerCode.SERVICE_RUNS(name=name)
            raise LedgerTaken(one if count == 1 else LedgerCode.SERVICES_RUN(name=name, n=count))

    def acquire_instance_lock(self) -> None:
        if self.me is None:
            # The lock is acquired before the row is inserted, because another service that starts at the same
            # moment deletes the rows without a lock.
            self.me = _reserve_id(self._database)
            with self._reopen_on_failure():
                self._open_session()
            _insert_instance(self._database, self.me)
            _delete_dead_instances(self._database, self)

    def has_changed(self) -> bool:
        """Return whether another process has committed, or may have, since the last call of this method.

        Raises:
            LedgerError: the session for notices is lost or can't be opened again; raised once for each
                attempt.
        """
        if self._session is None and monotonic() < self._open_at:
            # While the session for notices of commits is lost, this method reports a possible change at fixed
            # intervals.
            due = monotonic() >= self._unheard_at
            self._unheard_at = monotonic() + _UNHEARD if due else self._unheard_at
            return due
        if self._session is not None and self._session.generation != self._database.generation:
            self._drop_session()
        with self._reopen_on_failure():
            fresh = self._session is None
            session = self._session or self._open_session()
            if monotonic() >= self._ask_at:
                session.execute("SELECT 1")
                self._ask_at = monotonic() + _ASK
            notices = list(session.notifies(timeout=0))
        return fresh or any(notice.pid not in self._database.backends for notice in notices)

    def dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:
        # This instance counts as alive even while its PostgreSQL session, and so its lock, is lost.
        mine = [] if self.me is None else [self.me]
        return holder.is_not(None) & holder.not_in([*_list_lock_holders(tx), *mine])

    def count_others(self, tx: Connection) -> int:
        return len(set(_list_lock_holders(tx)) - {self.me})

    def list_living(self, tx: Connection) -> list[int]:
        return _list_lock_holders(tx)

    def close(self) -> None:
        self._drop_session()
        self.me = None

    @contextmanager
    def _reopen_on_failure(self) -> Iterator[None]:
        """Close the session that receives notices of commits if the block fails; `has_changed` reopens it
        after a pause.
        """
        import psycopg  # noqa: PLC0415  Only PostgreSQL needs psycopg.

        try:
            yield
        except (psycopg.Error, LedgerError) as error:
            self._drop_session()
            self._open_at = monotonic() + self._pause
            self._pause = min(max(_SHORTEST, self._pause * 2), _LONGEST)
            if isinstance(error, LedgerError):
                raise
            raise explain(error, self._database.url) from error
        self._pause = 0.0

    def _open_session(self) -> "TimedConnection":
        self._session = self._database.connect("notices", answer=_ANSWER)
        self._session.execute(f"LISTEN {NOTICE}")
        if self.me is not None:
            self._take_over_lock(self._session, self.me)
        self._ask_at = monotonic() + _ASK
        return self._session

    def _take_over_lock(self, session: "TimedConnection", me: int) -> None:
        """Acquire this instance's lock, and end an earlier session of this process that holds it."""
        key, ends = {"class": _CLASS, "me": me}, monotonic() + _TAKE_OVER
        while True:
            taken = session.execute("SELECT pg_try_advisory_lock(%(class)s, %(me)s)", key).fetchone()
            if taken and taken[0]:
                return
            if monotonic() > ends:
                raise LedgerBusy(LedgerCode.LOCK_STILL_HELD(name=get_shown_name(self._database.url)))
            session.execute(f"SELECT pg_terminate_backend(pid) {_HOLDER}", key)
            sleep(0.05)

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


Instances = SqliteInstances | PostgresInstances


def _reserve_id(database: Database) -> int:
    """Return an id for a new instance on PostgreSQL, which no other instance gets."""
    sequence = text("SELECT nextval(pg_get_serial_sequence('instance', 'id'))")
    with database.write(notify=False) as tx:
        return int(tx.execute(sequence).scalar_one())


def _insert_instance(database: Database, number: int | None = None) -> int:
    """Insert this process into the table of instances, under a reserved id or the next one; return the id."""
    own = {} if number is None else {"id": number}
    with database.write(notify=False) as tx:
        row = insert(instance).values(host=socket.gethostname(), pid=os.getpid(), **own)
        return int(tx.execute(row.returning(instance.c.id)).scalar_one())


def _delete_dead_instances(database: Database, instances: Instances) -> None:
    """Delete the instances that have ended from the table of instances.

    Rows of other tables that name an ended instance keep its id, which no other instance gets.
    """
    with database.write(notify=False) as tx:
        tx.execute(delete(instance).where(instances.dead(tx, instance.c.id)))


def _list_lock_holders(tx: Connection) -> list[int]:
    locks = text(
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return [int(found) for found in tx.execute(locks, {"class": _CLASS}).scalars()]
