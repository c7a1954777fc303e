"""The connections to a ledger's database, their transactions, and the translation of database errors."""

import os
import re
import secrets
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from newsbot.errors import LedgerBusy, LedgerError, LedgerGone, SlotTaken
from newsbot.imports import IMPORT_LOCK
from newsbot.ledger.moved_file import find_mover, parse_refusal
from newsbot.ports import Job, JobQueue
from newsbot.reasons import LedgerCode

if TYPE_CHECKING:
    import psycopg

    from newsbot.ledger.postgres import TimedConnection

__all__ = ["NOTICE", "Database", "explain", "get_shown_name", "insert_servers", "parse_url", "request_job"]

# The codes of the reasons that tell people of SQLite's errors, by SQLite's primary result codes
# (https://www.sqlite.org/rescode.html).
_SQLITE = {
    sqlite3.SQLITE_READONLY: LedgerCode.DATABASE_NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: LedgerCode.DATABASE_NOT_OPENED,
    sqlite3.SQLITE_FULL: LedgerCode.DISK_FULL,
    sqlite3.SQLITE_IOERR: LedgerCode.DISK_FAILS,
    sqlite3.SQLITE_CORRUPT: LedgerCode.DATABASE_DAMAGED,
    sqlite3.SQLITE_NOTADB: LedgerCode.NOT_SQLITE,
    sqlite3.SQLITE_PERM: LedgerCode.DATABASE_WITHOUT_RIGHT,
    sqlite3.SQLITE_AUTH: LedgerCode.DATABASE_WITHOUT_RIGHT,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The codes of the reasons that tell people of PostgreSQL's errors, by the first characters of its error codes
# (SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html).
_POSTGRES = {
    "28": LedgerCode.DATABASE_LOGIN_REFUSED,
    "3D": LedgerCode.DATABASE_NOT_CREATED,
    "42501": LedgerCode.DATABASE_WITHOUT_GRANTS,
    "25006": LedgerCode.DATABASE_READ_ONLY,
    "53100": LedgerCode.DISK_FULL,
    "53300": LedgerCode.TOO_MANY_CONNECTIONS,
    "25P03": LedgerCode.SESSION_ENDED,
    "57P": LedgerCode.SERVER_STARTS,
}
# By these texts newsbot recognises a violation of the unique index of the channels' time slots: the first
# stands in the error message of SQLite, the second in that of PostgreSQL.
_SLOT_INDEX = ("post.channel, post.slot_at", "uq_post_slot")
# A connection that the server refuses has no SQLSTATE. By these texts newsbot recognises that the server, or
# the connection pooler PgBouncer, takes no more connections; a server that speaks another language is shown.
_TOO_MANY = (
    "too many clients already",
    "too many connections for",
    "connection slots are reserved",
    "no more connections allowed",
)
_POSTGRES_BUSY = ("55P03", "40P01", "40001")
# The SQLSTATE (error code) by which PostgreSQL says that a statement took longer than the server's setting
# statement_timeout.
_POSTGRES_SLOW = "57014"


def get_shown_name(url: URL) -> str:
    """Return the name of the ledger's database as messages show it, without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return insert_servers(url.set(query={}).render_as_string(hide_password=True), url)


def insert_servers(text_: str, url: URL) -> str:
    """Insert the servers into ``text_``, the text of a PostgreSQL URL that names no server.

    The servers are those that the parameters of ``url`` name, if they are several.
    """
    servers = url.normalized_query.get("host", ())
    return text_.replace("@/", f"@{','.join(servers)}/", 1) if len(servers) > 1 else text_


def explain(error: Exception, url: URL) -> LedgerError:
    """Translate a database error into a `LedgerError` whose message is one line for a person.

    ``error`` is an error of SQLAlchemy or of the database's driver. The class of the returned error says what
    the caller can do: after a `LedgerBusy` the call may be repeated, a `SlotTaken` needs another time slot,
    and a `LedgerGone` lasts until a person acts.
    """
    cause = getattr(error, "orig", None) or error
    name = get_shown_name(url)
    if any(index in str(cause) for index in _SLOT_INDEX):
        return SlotTaken(LedgerCode.SLOT_TAKEN())
    if isinstance(cause, sqlite3.Error):
        return _explain_sqlite(cause, name)
    if isinstance(error, PoolTimeout):
        return LedgerBusy(LedgerCode.DATABASE_IN_USE(name=name))
    state = str(getattr(cause, "sqlstate", None) or "")
    lost = getattr(error, "connection_invalidated", False) or not state
    words = _get_first_line(cause)
    words = words.replace(str(url.password), "***") if url.password else words
    return _explain_postgres(state, name, words, lost=lost)


def _explain_postgres(state: str, name: str, words: str, *, lost: bool) -> LedgerError:
    if state in _POSTGRES_BUSY:
        return LedgerBusy(LedgerCode.DATABASE_LOCKED(name=name))
    if state == _POSTGRES_SLOW:
        return LedgerBusy(LedgerCode.SLOW_STATEMENT(name=name))
    for start, code in _POSTGRES.items():
        if state.startswith(start):
            return LedgerError(code(name=name))
    if any(text_ in words for text_ in _TOO_MANY):
        return LedgerError(LedgerCode.TOO_MANY_CONNECTIONS(name=name))
    if lost:
        return LedgerError(LedgerCode.DATABASE_UNREACHABLE(name=name, words=words))
    return LedgerError(LedgerCode.STATEMENT_REFUSED(name=name, words=words))


def _explain_sqlite(cause: sqlite3.Error, name: str) -> LedgerError:
    code = _get_sqlite_code(cause)
    if (place := parse_refusal(cause)) is not None:
        return LedgerGone(LedgerCode.LEDGER_MOVED(name=name, place=place))
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        if (number := find_mover(Path(name))) is not None:
            return LedgerBusy(LedgerCode.LEDGER_BEING_MOVED(name=name, number=number))
        return LedgerBusy(LedgerCode.DATABASE_LOCKED(name=name))
    kind = LedgerGone if code in _DAMAGED else LedgerError
    if code in _SQLITE:
        return kind(_SQLITE[code](name=name))
    return kind(LedgerCode.STATEMENT_REFUSED(name=name, words=_get_first_line(cause)))


def _get_sqlite_code(error: BaseException | None) -> int:
    """Return SQLite's primary result code of an error; 0 if it is no error of SQLite."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _get_first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


# The key in SQLAlchemy's dictionary ``info`` of a transaction under which the jobs (notes that there is work)
# are kept that the transaction requested.
_JOBS = "newsbot_jobs"


def request_job(tx: Connection, job: Job) -> None:
    """Request that a job (a note that there is work) is stored with the transaction ``tx``, if the engine
    works by jobs.
    """
    tx.info.setdefault(_JOBS, set()).add(job)


NOTICE = "newsbot_ledger"
"""The name under which PostgreSQL notifies other processes of every write to the ledger."""

# A transaction waits at most this many seconds for a lock of another transaction: first on SQLite, then on
# PostgreSQL.
_BUSY_SQLITE, _BUSY_POSTGRES = 20.0, 8.0
# If a connection to PostgreSQL fails after more than this many seconds, newsbot waits this many seconds
# before it tries to connect again.
_SLOW_CONNECT = 1.0
# After an SQLite error with one of these result codes, newsbot replaces the connection, because its open file
# may be unusable.
_BROKEN_CODES = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}
# The SQLSTATE (error code) with which a read-only PostgreSQL server refuses a write; newsbot then replaces
# the connection.
_READ_ONLY = "25006"


# The pattern matches the user and the servers, at least two, in a URL of PostgreSQL.
_SERVERS = re.compile(r"^(postgres(?:ql)?(?:\+\w+)?://)([^/?]*@)?([^/?@]*,[^/?@]*)(/[^?]*)?\??")


def _move_servers(found: re.Match[str]) -> str:
    scheme, user, servers, path = found.groups(default="")
    return f"{scheme}{user or '@'}{path or '/'}?{'&'.join(f'host={each}' for each in servers.split(','))}&"


def parse_url(text_: str, base: Path | None) -> URL:
    """Parse a database URL: ``sqlite:///file`` (relative to the folder ``base``) or ``postgresql://...``.

    A URL of PostgreSQL may name several servers, as those of PostgreSQL's own programs may:
    ``postgresql://user@one:5432,two:5432/name``. SQLAlchemy wants their addresses as parameters.

    Raises:
        LedgerError: the text is no URL or names another kind of database.
    """
    try:
        url = make_url(_SERVERS.sub(_move_servers, text_))
    except (ArgumentError, ValueError):
        raise LedgerError(LedgerCode.NO_DATABASE_ADDRESS()) from None
    if url.drivername in {"sqlite", "sqlite+pysqlite"} and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite", database=str(Path(base or Path.cwd(), url.database or "")))
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    raise LedgerError(LedgerCode.UNSUPPORTED_DATABASE(name=url.drivername))


class Database:
    """The connections of this process to one ledger's database.

    ``busy`` is how many seconds a transaction waits for the lock of another transaction; None means 20 s on
    SQLite and 8 s on PostgreSQL.
    """

    def __init__(self, url: URL, *, busy: float | None = None) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        # The process ids, on the server, of this process's PostgreSQL sessions; newsbot ignores notices that
        # come from its own sessions.
        self.backends: set[int] = set()
        self.busy = busy if busy is not None else _BUSY_SQLITE if self.sqlite else _BUSY_POSTGRES
        # The queue in which a transaction's jobs (notes that there is work) are stored at its end; None if
        # the engine has no jobs.
        self.job_queue: JobQueue | None = None
        self._shared_connection: Connection | None = None
        # The device and inode numbers of the database file that SQLite has open, by which newsbot notices
        # that the file was replaced.
        self._file: tuple[int, int] | None = None
        # The name under which PostgreSQL's list of sessions shows the sessions of this process.
        self._name = f"newsbot {secrets.token_hex(4)}"
        self._opened_sessions: set[str] = set()
        # This number counts how often a connection to PostgreSQL gave no answer. A connection that was opened
        # while the number was lower is replaced before its next use.
        self.generation = 0
        # While connecting to PostgreSQL fails slowly, this is the monotonic time before which newsbot does
        # not connect again, with the error of the last attempt. It is None if the last attempt succeeded or
        # failed fast.
        self._connection_failure: tuple[float, psycopg.Error] | None = None
        # The pool has a single connection, so that every change of SQLite's data_version is a commit of
        # another process. The lock is held because SQLAlchemy imports its dialect and the database's driver
        # here, and only one thread at a time may import modules.
        with IMPORT_LOCK:
            self._engine = create_engine(
                url,
                connect_args={"timeout": self.busy} if self.sqlite else {},
                hide_parameters=True,
                max_overflow=0,
                pool_size=1,
                pool_timeout=self.busy,
            )
        if self.sqlite:
            event.listen(self._engine, "connect", self._configure_sqlite)
            event.listen(self._engine, "begin", _begin_immediate)
            event.listen(self._engine, "handle_error", _invalidate_sqlite)
        else:
            event.listen(self._engine, "do_connect", self._connect_postgres)
            event.listen(self._engine, "connect", self._configure_postgres)
            event.listen(self._engine, "checkout", self._check_postgres_connection)
            event.listen(self._engine, "handle_error", _invalidate_read_only)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction, which sees one consistent state of the database and takes no lock.

        Inside a block of `share_transaction` or `view`, no new transaction is opened: the reads run in the
        transaction of that block.
        """
        if self._shared_connection is not None:
            yield self._shared_connection
            return
        self._check_file()
        with self._translate_errors(), self._engine.connect() as connection:
            connection = connection.execution_options(newsbot_write=False)  # noqa: PLW2901  This is the same connection, with an option.
            with connection.begin():
                yield connection

    @contextmanager
    def read_for_one_select(self) -> Iterator[Connection]:
        """Open a connection for a single SELECT, without the statements BEGIN and COMMIT around it.

        On PostgreSQL this saves two round trips to the server.
        """
        if self.sqlite or self._shared_connection is not None:
            with self.read() as connection:
                yield connection
            return
        with self._translate_errors(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def write(self, *, notify: bool = True) -> Iterator[Connection]:
        """Open a write transaction of the ledger, and commit it at the end of the ``with`` block.

        With ``notify``, PostgreSQL tells all newsbot processes that listen for its notices (under the name
        `NOTICE`) of the commit.
        """
        if self._shared_connection is not None:
            with self._translate_errors(), self._shared_connection.begin_nested():
                yield self._shared_connection
            return
        self._check_file()
        with self._translate_errors(), self._release_disk_reserve(), self._engine.connect() as connection:
            connection = connection.execution_options(newsbot_write=True)  # noqa: PLW2901  This is the same connection, with an option.
            connection.info.pop(_JOBS, None)
            with connection.begin():
                yield connection
                self._defer_jobs(connection)
                if notify and not self.sqlite:
                    connection.execute(text(f"NOTIFY {NOTICE}"))

    def _defer_jobs(self, tx: Connection) -> None:
        """Store the jobs (notes that there is work) that the transaction requested, as the transaction's last
        write.

        If another transaction stores the same job, this transaction waits for the commit of that one. Because
        nothing is written after the jobs, the two transactions can't deadlock.
        """
        jobs = tx.info.pop(_JOBS, None)
        if jobs and self.job_queue:
            self.job_queue.defer(tx.connection.driver_connection, list(jobs))

    @contextmanager
    def share_transaction(self) -> Iterator[None]:
        """Run all reads and writes of the `with` block, by any ledger store, in one write transaction."""
        with self.write() as connection, self._share(connection):
            yield

    @contextmanager
    def view(self) -> Iterator[None]:
        """Run all reads in the `with` block, by any store of the ledger, in one read transaction.

        The block must not write.
        """
        with self.read() as connection, self._share(connection):
            yield

    @contextmanager
    def _share(self, connection: Connection) -> Iterator[None]:
        before, self._shared_connection = self._shared_connection, connection
        try:
            yield
        finally:
            self._shared_connection = before

    @contextmanager
    def open_raw_connection(self) -> Iterator[Any]:
        """Open the database driver's own connection outside of any transaction, to run SQLite's PRAGMAs."""
        self._check_file()
        with self._translate_errors():
            raw = self._engine.raw_connection()
            try:
                yield raw.driver_connection
            finally:
                raw.close()

    def connect(self, name: str, *, answer: float) -> "TimedConnection":
        """Open another PostgreSQL session in autocommit mode, to hold a lock or receive notices of commits.

        An earlier session of this process with the same ``name`` is ended first. Each query of the session
        waits at most ``answer`` seconds for the server.

        Raises:
            LedgerError: the server can't be reached.
        """
        import psycopg  # noqa: PLC0415  Only PostgreSQL needs psycopg.

        positional, named = self._engine.dialect.create_connect_args(self.url)
        try:
            session = self._open_session(name, positional, named, autocommit=True)
        except psycopg.Error as error:
            raise explain(error, self.url) from error
        session.answer_within = answer
        return session

    @contextmanager
    def lift_time_limits(self, tx: Connection) -> Iterator[None]:
        """Lift PostgreSQL's time limits on the transaction ``tx`` inside the block, for long migrations."""
        if self.sqlite:
            yield
            return
        raw: Any = tx.connection.driver_connection
        limit, raw.answer_within = raw.answer_within, None
        try:
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            yield
        finally:
            raw.answer_within = limit

    def close(self) -> None:
        """Close all connections to the ledger's database that transactions use."""
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        # SQLAlchemy does not wrap errors of the connection that `open_raw_connection` gives, so sqlite3's are
        # caught too.
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise explain(error, self.url) from error

    @contextmanager
    def _release_disk_reserve(self) -> Iterator[None]:
        """If a write in the ``with`` block fails on a full disk, move SQLite's write-ahead log into the
        database.

        The database file may already be large enough for the log's pages; then the disk space of the log
        becomes free. The write's error is raised in any case.
        """
        try:
            yield
        except SQLAlchemyError as error:
            if _get_sqlite_code(getattr(error, "orig", None)) == sqlite3.SQLITE_FULL:
                with suppress(LedgerError), self.open_raw_connection() as raw:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise

    def take_new_file(self) -> None:
        """Close the connections, and accept the new database file that a restore has put in place."""
        self.close()
        self._file = None

    def _check_file(self) -> None:
        """Check that the file which SQLite has open is still at the database's path.

        SQLite goes on with a file that was moved away or deleted; what it writes to that file would be lost.

        Raises:
            LedgerGone: the file is missing, or another file is in its place.
        """
        if self._file is None:
            return
        try:
            now = _identify_file(self.url)
        except OSError:
            raise LedgerGone(LedgerCode.DATABASE_GONE(name=get_shown_name(self.url))) from None
        if now != self._file:
            raise LedgerGone(LedgerCode.DATABASE_REPLACED(name=get_shown_name(self.url)))

    def _configure_sqlite(self, raw: Any, _record: object) -> None:
        # SQLite's driver would begin a transaction only before the first write, which is too late for the
        # write lock, so it must not begin transactions at all.
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("PRAGMA synchronous = FULL")
        if self._file is None:
            with suppress(OSError):
                self._file = _identify_file(self.url)

    def _connect_postgres(self, _dialect: object, _record: object, positional: Any, named: Any) -> Any:
        return self._open_session("ledger", positional, named)

    def _open_session(
        self, name: str, positional: Any, named: Any, *, autocommit: bool = False
    ) -> "TimedConnection":
        """Open a PostgreSQL session, which the server lists under this process's name and ``name``.

        If the previous attempt to connect failed slowly a moment ago, the error of that attempt is raised at
        once.
        """
        import psycopg  # noqa: PLC0415  Only PostgreSQL needs psycopg.

        from newsbot.ledger.postgres import SessionLimits, connect  # noqa: PLC0415

        began = monotonic()
        if self._connection_failure and began < self._connection_failure[0]:
            raise self._connection_failure[1].with_traceback(None)
        try:
            session = connect(
                positional,
                named,
                name=f"{self._name} {name}",
                limits=SessionLimits.from_busy_timeout(self.busy),
                replaces=name in self._opened_sessions,
                autocommit=autocommit,
            )
        except psycopg.Error as error:
            self._connection_failure = (
                (monotonic() + _SLOW_CONNECT, error) if monotonic() - began > _SLOW_CONNECT else None
            )
            raise
        self._connection_failure = None
        self._opened_sessions.add(name)
        session.generation = self.generation
        session.gives_up = self._mark_connections_stale  # type: ignore[method-assign]  # `gives_up` exists to be replaced.
        return session

    def _mark_connections_stale(self) -> None:
        self.generation += 1

    def _configure_postgres(self, raw: Any, _record: object) -> None:
        self.backends.add(raw.info.backend_pid)

    def _check_postgres_connection(self, raw: Any, _record: object, _proxy: object) -> None:
        """Check that PostgreSQL has not closed the connection, without the round trip of a query.

        Between two transactions a server sends hardly anything but the end of the session. If it sends
        something else, newsbot opens a new connection without need.

        Raises:
            DisconnectionError: the connection can't be used, so SQLAlchemy opens a new one.
        """
        if raw.generation != self.generation:
            raise DisconnectionError("another connection of this time got no answer")
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError("the server has closed the connection")


def _identify_file(url: URL) -> tuple[int, int]:
    found = os.stat(url.database or "")  # noqa: PTH116  Path.stat would build a Path object each time, and this line runs many times a second.
    return found.st_dev, found.st_ino


def _begin_immediate(connection: Connection) -> None:
    """Begin a transaction on SQLite: a write transaction with BEGIN IMMEDIATE, a read transaction with BEGIN.

    BEGIN IMMEDIATE takes SQLite's write lock before the first read, so that no other process can change what
    a write transaction has read.
    """
    write = connection.get_execution_options().get("newsbot_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _invalidate_sqlite(context: ExceptionContext) -> None:
    """Make SQLAlchemy replace an SQLite connection that failed because of the database's file or disk.

    The connection's cursor is closed first, because an SQLite connection with an unfinished statement stays
    open after its close. Newer connections would share its open file, which stays read-only if the disk was
    read-only.
    """
    if _get_sqlite_code(context.original_exception) in _BROKEN_CODES:
        context.is_disconnect = True
        cursor = getattr(context.execution_context, "cursor", None)
        if cursor is not None:
            cursor.close()


def _invalidate_read_only(context: ExceptionContext) -> None:
    """Make SQLAlchemy replace a connection to a read-only PostgreSQL server.

    The server's address may now belong to the primary server, which accepts writes.
    """
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True
