"""The running instances (service processes) of a ledger, their leases, and the detection of others' commits.

On PostgreSQL an instance and a lease (a right that one instance has at a time) are rows with an end time, not
locks of a database session. A connection pooler may share a session between clients, and the server keeps a
session, with its locks, for a while after its connection has broken.
"""

import os
import socket
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING

from sqlalchemy import Column, ColumnElement, Connection, delete, false, func, insert, select, text

from newsbot import __version__
from newsbot.errors import LedgerError, LedgerTaken
from newsbot.ledger import migrations
from newsbot.ledger.database import NOTICE, Database, explain, get_shown_name
from newsbot.ledger.failovers import FailoverCheck
from newsbot.ledger.moved_file import find_mover
from newsbot.ledger.schema import instance
from newsbot.ports import ALL_ROLES
from newsbot.reasons import LedgerCode

if TYPE_CHECKING:
    from newsbot.ledger.postgres import TimedConnection

__all__ = ["INSTANCE_LEASE", "Instances", "PostgresInstances", "SqliteInstances"]

# Seconds that the PostgreSQL session of an instance (service process) waits for the server's answer; the
# statements take a millisecond.
_ANSWER = 5.0
# The seconds between two writes by which an instance prolongs the time until which it counts as running, and
# the seconds by which each write prolongs it. The second number is much larger, so that a service whose
# database is away for a moment does not count as ended.
_BEAT, INSTANCE_LEASE = 1.0, 15.0
# The seconds for which the thread of an instance (service process) waits for notices of commits before it
# checks whether it has other work.
_STEP = 0.2
# The seconds that `close` waits until the thread of the instance (service process) has told the database that
# the instance has ended.
_CLOSE_WITHIN = 2.0
# The pause before an instance (service process) opens a lost PostgreSQL session again grows from the first to
# the second number of seconds.
_SHORTEST, _LONGEST = 0.5, 8.0
# While no notices of commits arrive, this process assumes at this interval of seconds that another process
# may have committed.
_UNHEARD = 1.0
# The number of attempts to lock the lock file of an SQLite database, and the seconds between two of them.
_TRIES, _PAUSE = 5, 0.03
# This SQL expression gives PostgreSQL's present time in microseconds, the unit of the columns `until`.
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_INSERT_INSTANCE = text(
    "INSERT INTO instance (host, pid, process, revision, version, roles, until) "  # noqa: S608  The statement is built of fixed texts only.
    f"VALUES (:host, :pid, :process, :revision, :version, :roles, {_NOW} + :lease) RETURNING id"
)
# This query finds out whether the database has a table `instance` with times of running instances. The table
# of an older ledger has no column `until`, and a database without a ledger has no such table.
_HAS_TIMES = text(
    "SELECT count(*) FROM pg_attribute WHERE attname = 'until' AND NOT attisdropped "
    "AND attrelid = to_regclass('instance')"
)
# For a while after PostgreSQL's server has started, this query counts every stored instance as running,
# because no instance could prolong its time while the server was down.
_SELECT_LIVING = text(
    f"SELECT id, process FROM instance WHERE until > {_NOW} "  # noqa: S608
    "OR clock_timestamp() < pg_postmaster_start_time() + :lease * interval '1 microsecond'"
)
# This statement prolongs the time until which an instance counts as running. It inserts the instance's row
# again if another service has deleted the row because the instance seemed to have ended.
_PROLONG = f"""
    WITH given_up AS (DELETE FROM lease WHERE holder = %(me)s AND name = ANY (%(given_up)s::text[]))
    INSERT INTO instance (id, host, pid, process, revision, version, roles, until)
    VALUES (
        %(me)s, %(host)s, %(pid)s, %(process)s, %(revision)s, %(version)s, %(roles)s, {_NOW} + %(lease)s
    )
    ON CONFLICT (id) DO UPDATE SET until = excluded.until
"""  # noqa: S608
# This statement takes leases (rights that one service has at a time) for an instance (service process): each
# lease that nobody has, that this instance has already, or whose time is over.
_TAKE = f"""
    INSERT INTO lease (name, holder, until) SELECT name, %(me)s, {_NOW} + length
    FROM unnest(%(names)s::text[], %(lengths)s::bigint[]) AS wanted (name, length) ORDER BY name
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE lease.holder = excluded.holder OR lease.until < {_NOW}
    RETURNING name
"""  # noqa: S608
_END = """
    WITH given_up AS (DELETE FROM lease WHERE holder = %(me)s) DELETE FROM instance WHERE id = %(me)s
"""


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

    def acquire_instance_lock(self, roles: Collection[str] = ALL_ROLES) -> None:
        """Acquire the instance lock, which makes this process a running instance (service) until `close`.

        ``roles`` are the names of the service's roles, for people to see.

        Raises:
            LedgerTaken: another service runs on this database.
            LedgerError: the schema was migrated meanwhile, so that this version can't work with it.
        """
        if self.me is None:
            self.refuse_others()
            with self._database.write(notify=False) as tx:
                migrations.verify_for_service(tx, self._database)
                row = insert(instance).values(**_describe_service(roles))
                self.me = int(tx.execute(row.returning(instance.c.id)).scalar_one())
            _delete_dead_instances(self._database, self)
            self._seen = self._read_data_version()

    def has_changed(self) -> bool:
        """Return whether another process has committed to the database since the last call of this method."""
        before, self._seen = self._seen, self._read_data_version()
        return before is not None and before != self._seen

    def is_dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:  # noqa: ARG002  The class `PostgresInstances` needs this parameter.
        """Build the SQL condition that the instance (service process) whose id is in the column ``holder``
        has surely ended.
        """
        return false() if self.me is None else holder != self.me

    def count_others(self, tx: Connection) -> int:  # noqa: ARG002  The class `PostgresInstances` needs this parameter.
        """Return the number of the other instances (service processes) that run on this database, which is
        always 0 on SQLite.
        """
        return 0

    def list_living(self, tx: Connection) -> list[int]:
        """Return the ids of all instances (service processes) that run on this database, this process's own
        included.
        """
        newest = tx.execute(select(func.max(instance.c.id))).scalar()
        return [int(newest)] if newest is not None and (self.me or self._is_locked()) else []

    def hold(self, name: str, length: timedelta) -> bool:  # noqa: ARG002  The method of `PostgresInstances` needs the parameters.
        """Request the lease ``name`` from now on; return whether this service has the lease now.

        A lease is the right to do work that only one service of the database may do at a time. On PostgreSQL,
        this service gets the lease within a second after no other service has it, and keeps it until
        `release`. A service that ends, or loses its database, without releasing the lease loses it after
        ``length``. On SQLite only one service can run, which has every lease.
        """
        return True

    def has_lost(self, name: str) -> bool:  # noqa: ARG002
        """Return whether this service has lost the lease ``name`` (a right that one service has at a time):
        another service has the lease, or may take it at any time.
        """
        return False

    def release(self, name: str) -> None:
        """Give up the lease ``name`` (a right that one service has at a time), so that another service can
        take it at once.
        """

    def _is_locked(self) -> bool:
        """Return whether another process holds the lock file of the SQLite database, as a running service
        does.
        """
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
        """Release the instance lock, so that this process does not count as a running service any more."""
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

    The class has the same methods as `SqliteInstances`. Each instance has a row in the table `instance`, with
    the time of the database's clock until which the instance counts as running. Each second, a thread
    prolongs that time and the instance's leases. On the same database session, the thread receives the
    notices of other processes' commits. If the session is lost, the thread opens another one after a growing
    pause.
    """

    def __init__(self, database: Database, failovers: FailoverCheck) -> None:
        self.me: int | None = None
        self._database = database
        self._failovers = failovers
        # The values by which this service process is known in the table `instance`.
        self._row: dict[str, str | int | None] = {}
        self._thread: Thread | None = None
        self._closing = Event()
        # This event tells the thread to take or prolong leases (rights that one service has at a time) now,
        # because this service wants other leases than before.
        self._hurry = Event()
        self._has_notice = Event()
        # Whether this service receives PostgreSQL's notices of commits now, and the error by which it lost
        # the last session.
        self._hears = False
        self._failure: LedgerError | None = None
        self._unheard_at = 0.0
        # By lease (a right that one service has at a time): the length in seconds of each lease that this
        # instance wants (None for a lease that it gives up), and the monotonic time until which it has each
        # lease.
        self._wanted: dict[str, float | None] = {}
        self._held: dict[str, float] = {}

    def refuse_others(self) -> None:
        with self._database.read() as tx:
            count = self.count_others(tx) if tx.execute(_HAS_TIMES).scalar() else 0
        if count:
            name = get_shown_name(self._database.url)
            one = LedgerCode.SERVICE_RUNS(name=name)
            raise LedgerTaken(one if count == 1 else LedgerCode.SERVICES_RUN(name=name, n=count))

    def acquire_instance_lock(self, roles: Collection[str] = ALL_ROLES) -> None:
        if self.me is not None:
            return
        self._row = _describe_service(roles) | _identify_instance()
        session = self._open_session()
        try:
            with self._database.write(notify=False) as tx:
                migrations.verify_for_service(tx, self._database)
                self.me = int(tx.execute(_INSERT_INSTANCE, self._row).scalar_one())
            _delete_dead_instances(self._database, self)
        except BaseException:
            session.close()
            raise
        self._closing.clear()
        self._thread = Thread(target=self._run, args=(session,), name="instance", daemon=True)
        self._thread.start()

    def has_changed(self) -> bool:
        """Return whether another process has committed, or may have, since the last call of this method.

        Raises:
            LedgerError: the session for notices is lost or can't be opened again; raised once for each
                attempt.
        """
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        if not self._hears:
            # While PostgreSQL's notices of commits do not arrive, this method reports at fixed intervals that
            # another process may have committed.
            due = monotonic() >= self._unheard_at
            self._unheard_at = monotonic() + _UNHEARD if due else self._unheard_at
            return due
        has_notice = self._has_notice.is_set()
        if has_notice:
            self._has_notice.clear()
        return has_notice

    def is_dead(self, tx: Connection, holder: Column[int]) -> ColumnElement[bool]:
        # This process's own instance (service process) is never taken for dead, even if its database session
        # is lost and its time in the table is over.
        mine = [] if self.me is None else [self.me]
        return holder.is_not(None) & holder.not_in([*self.list_living(tx), *mine])

    def count_others(self, tx: Connection) -> int:
        return len(set(self.list_living(tx)) - {self.me})

    def list_living(self, tx: Connection) -> list[int]:
        lease = {"lease": round(INSTANCE_LEASE * 1_000_000)}
        return [row.id for row in tx.execute(_SELECT_LIVING, lease) if not _has_ended(row.process)]

    def hold(self, name: str, length: timedelta) -> bool:
        if self._wanted.get(name) is None:
            self._wanted[name] = length.total_seconds()
            self._hurry.set()
        return monotonic() < self._held.get(name, 0.0)

    def has_lost(self, name: str) -> bool:
        return name not in self._held

    def release(self, name: str) -> None:
        self._wanted[name] = None
        self._held.pop(name, None)
        self._hurry.set()

    def close(self) -> None:
        self._closing.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join(_CLOSE_WITHIN)
        self._thread = self.me = None

    def _open_session(self) -> "TimedConnection":
        session = self._database.connect("notices", answer=_ANSWER)
        with self._explain_errors():
            session.execute(f"LISTEN {NOTICE}")
        self._hears = not session.is_pooled
        return session

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        import psycopg  # noqa: PLC0415  Only PostgreSQL needs psycopg.

        try:
            yield
        except psycopg.Error as error:
            raise explain(error, self._database.url) from error

    # ---- methods that run on the thread of the instance (service process)

    def _run(self, session: "TimedConnection | None") -> None:
        """Do the work of the instance's thread on a PostgreSQL session until `close` is called; open another
        session whenever one is lost.
        """
        pause = 0.0
        while session or not self._closing.is_set():
            try:
                if session is None:
                    session = self._open_session()
                    # The database counts as changed now, because other processes may have committed while
                    # there was no PostgreSQL session to receive their notices.
                    self._has_notice.set()
                pause = 0.0
                with closing(session), self._explain_errors():
                    self._run_session(session)
            except LedgerError as error:
                self._hears, self._failure = False, error
                pause = min(max(_SHORTEST, pause * 2), _LONGEST)
                self._closing.wait(pause)
            session = None

    def _run_session(self, session: "TimedConnection") -> None:
        """Prolong the time until which this service counts as running, and its leases (rights that one
        service has at a time), and receive notices of commits, until `close` is called.

        The method also ends if a connection to PostgreSQL has given no answer since the session was opened,
        so that the session is replaced.
        """
        while not self._closing.is_set():
            if session.generation != self._database.generation:
                return
            self._prolong(session)
            ends = monotonic() + _BEAT
            while monotonic() < ends and not self._hurry.is_set():
                self._receive_notices(session)
        session.execute(_END, {"me": self.me})

    def _receive_notices(self, session: "TimedConnection") -> None:
        if not self._hears:
            self._hurry.wait(_STEP)
            return
        for notice in session.notifies(timeout=_STEP, stop_after=1):
            if notice.pid not in self._database.backends:
                self._has_notice.set()

    def _prolong(self, session: "TimedConnection") -> None:
        """Prolong the time until which this instance (service process) counts as running, and its leases.

        After a failover of the database, nothing is prolonged before the ledger was checked.
        """
        self._hurry.clear()
        if not self._failovers.is_checked(session):
            return
        began, lengths = monotonic(), sorted(self._wanted.copy().items())
        wanted = {name: length for name, length in lengths if length is not None}
        given_up = [name for name, length in lengths if length is None]
        session.execute(_PROLONG, {"me": self.me, **self._row, "given_up": given_up})
        for name in given_up:
            if self._wanted[name] is None:
                del self._wanted[name]
        taken = set[str]()
        if wanted:
            each = [round(length * 1_000_000) for length in wanted.values()]
            rows = session.execute(_TAKE, {"me": self.me, "names": list(wanted), "lengths": each})
            taken = {name for (name,) in rows if self._wanted.get(name) is not None}
        self._held = {name: began + wanted[name] for name in taken}


Instances = SqliteInstances | PostgresInstances


def _describe_service(roles: Collection[str]) -> dict[str, str | int | None]:
    """Return those values of this service process's row in the table `instance` that are stored on SQLite as
    well as on PostgreSQL.
    """
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "revision": migrations.HEAD,
        "version": __version__,
        "roles": ",".join(sorted(roles)),
    }


def _identify_instance() -> dict[str, str | int | None]:
    """Return the values of this process's row that are stored on PostgreSQL only, and the microseconds for
    which the instance counts as running after each write.
    """
    return {"process": _identify_process(os.getpid()), "lease": round(INSTANCE_LEASE * 1_000_000)}


def _identify_process(pid: int) -> str | None:
    """Return a text that only the process ``pid`` of this machine has, "" if that process has ended.

    The text contains the identity of the machine's boot, the namespace of ``pid``, ``pid`` and the time of
    the process's start. Linux tells these (see the link); on other systems None is returned.
    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        space = Path("/proc/self/ns/pid").readlink()
        state, *more = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return "" if state in "XZ" else f"{boot} {space} {pid} {more[18]}"


def _has_ended(process: str | None) -> bool:
    """Return whether the process of which `_identify_process` returned the text ``process`` has surely ended.

    Only a process of this machine can be checked. A process of another machine counts as running until the
    time in its instance's row is over.
    """
    mine = _identify_process(os.getpid())
    if process is None or mine is None or process.split()[:-2] != mine.split()[:-2]:
        return False
    pid = int(process.split()[-2])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # This error means that the process exists, but belongs to another user, so it counts as running.
    except OSError:
        return False
    return _identify_process(pid) not in {process, None}


def _delete_dead_instances(database: Database, instances: Instances) -> None:
    """Delete the instances (service processes) that have ended from the table of instances.

    Rows of other tables that name an ended instance keep its id, which no other instance gets.
    """
    with database.write(notify=False) as tx:
        tx.execute(delete(instance).where(instances.is_dead(tx, instance.c.id)))
