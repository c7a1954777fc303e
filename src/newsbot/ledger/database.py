"""The database connection of a ledger, its transactions, and the translation of its errors."""

import os
import secrets
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from newsbot.errors import LedgerBusy, LedgerError, LedgerGone, SlotTaken
from newsbot.imports import IMPORT_LOCK

if TYPE_CHECKING:
    import psycopg

    from newsbot.ledger.postgres import TimedConnection

__all__ = ["NOTICE", "Database", "explain", "parse_url", "place"]

_SQLITE = {  # primary result codes: https://www.sqlite.org/rescode.html
    sqlite3.SQLITE_READONLY: "can't be written: give newsbot's user the right to write file and folder",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: check that newsbot's user may read and write it",
    sqlite3.SQLITE_FULL: "can't grow, the disk is full: free some space; nothing is lost",
    sqlite3.SQLITE_IOERR: "can't be read or written, the disk fails or is full: check it before going on",
    sqlite3.SQLITE_CORRUPT: "is damaged: stop newsbot and restore a backup (`newsbot db backup` makes them)",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database: name another file in `database`, or move it away",
    sqlite3.SQLITE_PERM: "can't be opened: newsbot's user has no right to it",
    sqlite3.SQLITE_AUTH: "can't be opened: newsbot's user has no right to it",
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The first characters of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "28": "refuses the login: check user and password in `database`",
    "3D": "does not exist: create it (`createdb`), or name another in `database`",
    "42501": "can't be written: grant newsbot's user the rights on its tables",
    "25006": "is read-only: name the primary server in `database`",
    "53100": "can't grow, its disk is full: free some space; nothing is lost",
    "53300": "takes no more connections: raise its max_connections or close some",
    "25P03": "ended a session that it had not heard from for too long: newsbot tries again",
    "57P": "is shutting down or starting up: newsbot tries again",
}
# How the errors of SQLite and of PostgreSQL name the index of slots.
_SLOT_INDEX = ("post.channel, post.slot_at", "uq_post_slot")
_POSTGRES_BUSY = ("55P03", "40P01", "40001")
_POSTGRES_SLOW = "57014"  # statement_timeout


def place(url: URL) -> str:
    """Return the database's name for messages, without its password."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the database {url.set(query={}).render_as_string(hide_password=True)}"


def explain(error: Exception, url: URL) -> LedgerError:
    """Translate a database error into a `LedgerError` with one line for a person.

    ``error`` is SQLAlchemy's, or the driver's own. The returned class says what the caller can do.
    """
    cause = getattr(error, "orig", None) or error
    where = place(url)
    if any(name in str(cause) for name in _SLOT_INDEX):
        return SlotTaken("another post has taken this slot meanwhile: plan it again")
    if isinstance(cause, sqlite3.Error):
        return _explain_sqlite(cause, where)
    if isinstance(error, PoolTimeout):
        return LedgerBusy(f"{where} is in use by another thread for too long: try again")
    state = str(getattr(cause, "sqlstate", None) or "")
    lost = getattr(error, "connection_invalidated", False) or not state
    return _explain_postgres(state, where, _redact_password(url, _get_first_line(cause)), lost=lost)


def _explain_postgres(state: str, where: str, said: str, *, lost: bool) -> LedgerError:
    if state in _POSTGRES_BUSY:
        return LedgerBusy(f"{where} is locked by another process for too long: try again")
    if state == _POSTGRES_SLOW:
        return LedgerBusy(f"{where} took too long over a statement: try again; is the server overloaded?")
    for start, words in _POSTGRES.items():
        if state.startswith(start):
            return LedgerError(f"{where} {words}")
    if lost:
        return LedgerError(f"{where} can't be reached ({said}): check that the server runs")
    return LedgerError(f"{where} refused: {said}")


def _explain_sqlite(cause: sqlite3.Error, where: str) -> LedgerError:
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LedgerBusy(
            f"{where} is locked by another process for too long: try again, or end what holds it"
        )
    kind = LedgerGone if code in _DAMAGED else LedgerError
    return kind(f"{where} {_SQLITE.get(code, f'refused: {_get_first_line(cause)}')}")


def _get_first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _redact_password(url: URL, said: str) -> str:
    secret = url.password
    return said.replace(str(secret), "***") if secret else said


NOTICE = "newsbot_ledger"
"""The PostgreSQL channel on which every write is announced."""

_BUSY_SQLITE, _BUSY_POSTGRES = 20.0, 8.0  # seconds
_SLOW_CONNECT = 1.0  # seconds; after a failure that took longer, no connection is tried for as long
_BROKEN_CODES = {  # The SQLite connection is reopened after these errors, as its open file may be unusable.
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}
_READ_ONLY = "25006"  # https://www.postgresql.org/docs/current/errcodes-appendix.html


def parse_url(text_: str, base: Path | None) -> URL:
    """Parse a database URL: ``sqlite:///file`` (relative to ``base``) or ``postgresql://...`` (by psycopg).

    Raises:
        LedgerError: the text is no URL or names another kind of database.
    """
    try:
        url = make_url(text_)
    except (ArgumentError, ValueError):
        raise LedgerError("database: not a URL; write sqlite:///newsbot.db or postgresql://...") from None
    if url.drivername in {"sqlite", "sqlite+pysqlite"} and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite", database=str(Path(base or Path.cwd(), url.database or "")))
    if url.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    raise LedgerError(
        f"database: {url.drivername}:// is not supported; write sqlite:///newsbot.db or postgresql://..."
    )


class Database:
    """The connection to one ledger's database.

    ``busy`` is how many seconds a transaction waits for another one's lock.
    """

    def __init__(self, url: URL, *, busy: float | None = None) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.backends: set[int] = set()  # This process's PostgreSQL sessions, whose notices are ignored.
        self.busy = busy if busy is not None else _BUSY_SQLITE if self.sqlite else _BUSY_POSTGRES
        self._shared_connection: Connection | None = None
        self._file: tuple[int, int] | None = None  # Device and inode of the file that SQLite has open.
        self._name = f"newsbot {secrets.token_hex(4)}"  # The name of this process's sessions in PostgreSQL.
        self._opened_sessions: set[str] = set()
        # If one connection gets no answer, the number grows, so that all older connections are replaced too.
        self.generation = 0
        # The last failure to connect, and the monotonic time until which no connection is tried after it.
        self._connection_failure: tuple[float, psycopg.Error] | None = None
        # One connection at a time, so that SQLite's data_version counts only the commits of other processes.
        with IMPORT_LOCK:  # SQLAlchemy imports its dialect and the driver here.
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
        """Open a read transaction: one consistent view, without a lock."""
        if self._shared_connection is not None:
            yield self._shared_connection
            return
        self._check_file()
        with self._translate_errors(), self._engine.connect() as connection:
            connection = connection.execution_options(newsbot_write=False)  # noqa: PLW2901  the same one
            with connection.begin():
                yield connection

    @contextmanager
    def read_for_one_select(self) -> Iterator[Connection]:
        """Open a connection for one SELECT, without BEGIN and COMMIT: each is a round trip on PostgreSQL."""
        if self.sqlite or self._shared_connection is not None:
            with self.read() as connection:
                yield connection
            return
        with self._translate_errors(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def write(self, *, notify: bool = True) -> Iterator[Connection]:
        """Open a write transaction and commit it at the end; ``notify`` announces it on PostgreSQL."""
        if self._shared_connection is not None:
            with self._translate_errors(), self._shared_connection.begin_nested():
                yield self._shared_connection
            return
        self._check_file()
        with self._translate_errors(), self._release_disk_reserve(), self._engine.connect() as connection:
            connection = connection.execution_options(newsbot_write=True)  # noqa: PLW2901
            with connection.begin():
                yield connection
                if notify and not self.sqlite:
                    connection.execute(text(f"NOTIFY {NOTICE}"))

    @contextmanager
    def share_transaction(self) -> Iterator[None]:
        """Run all reads and writes of the block in one transaction."""
        with self.write() as connection:
            self._shared_connection = connection
            try:
                yield
            finally:
                self._shared_connection = None

    @contextmanager
    def view(self) -> Iterator[None]:
        """Run all reads of the block in one transaction; the block must not write."""
        if self._shared_connection is not None:
            yield
            return
        with self.read() as connection:
            self._shared_connection = connection
            try:
                yield
            finally:
                self._shared_connection = None

    @contextmanager
    def open_raw_connection(self) -> Iterator[Any]:
        """Open the driver's own connection outside of any transaction, for pragmas."""
        self._check_file()
        with self._translate_errors():
            raw = self._engine.raw_connection()
            try:
                yield raw.driver_connection
            finally:
                raw.close()

    def connect(self, name: str, *, answer: float) -> "TimedConnection":
        """Open a separate PostgreSQL session in autocommit mode, for locks and notices.

        It ends an earlier session of this ``name``, and waits at most ``answer`` seconds for an answer.

        Raises:
            LedgerError: the server can't be reached.
        """
        import psycopg  # noqa: PLC0415  SQLite does without

        positional, named = self._engine.dialect.create_connect_args(self.url)
        try:
            session = self._open_session(name, positional, named, autocommit=True)
        except psycopg.Error as error:
            raise explain(error, self.url) from error
        session.answer_within = answer
        return session

    @contextmanager
    def lift_time_limits(self, tx: Connection) -> Iterator[None]:
        """Lift the time limits of ``tx`` inside the block, for a migration."""
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
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:  # sqlite3.Error comes from `open_raw_connection`.
            raise explain(error, self.url) from error

    @contextmanager
    def _release_disk_reserve(self) -> Iterator[None]:
        """Empty SQLite's write-ahead log into the database if a write fails on a full disk.

        The database file may already be large enough for it, and the log's space becomes free.
        """
        try:
            yield
        except SQLAlchemyError as error:
            full = (
                getattr(error.orig if isinstance(error, DBAPIError) else None, "sqlite_errorcode", 0) & 0xFF
            )
            if full == sqlite3.SQLITE_FULL:
                with suppress(LedgerError), self.open_raw_connection() as raw:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise

    def take_new_file(self) -> None:
        """Close the connections and accept the new database file, which was put in place on purpose."""
        self.close()
        self._file = None

    def _check_file(self) -> None:
        """Check that SQLite's file is still in its place.

        SQLite goes on with a file that was moved away or deleted, so that what it writes would be lost.

        Raises:
            LedgerGone: the file is missing, or another one is in its place.
        """
        if self._file is None:
            return
        try:
            now = _identify_file(self.url)
        except OSError:
            raise LedgerGone(
                f"{place(self.url)} is gone: put it back, or restore it from a backup and start newsbot again"
            ) from None
        if now != self._file:
            raise LedgerGone(f"{place(self.url)} was replaced while newsbot ran: start newsbot again")

    def _configure_sqlite(self, raw: Any, _record: object) -> None:
        raw.isolation_level = None  # The driver's own BEGIN is deferred and comes too late.
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
        """Open a PostgreSQL session; for a moment after a slow failure, fail at once with the same error."""
        import psycopg  # noqa: PLC0415  SQLite does without

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
        session.gives_up = self._mark_connections_stale  # type: ignore[method-assign]  # made to be set
        return session

    def _mark_connections_stale(self) -> None:
        self.generation += 1

    def _configure_postgres(self, raw: Any, _record: object) -> None:
        self.backends.add(raw.info.backend_pid)

    def _check_postgres_connection(self, raw: Any, _record: object, _proxy: object) -> None:
        """Check that the server has not closed the connection, without the round trip of a ping.

        Between two transactions a server sends hardly anything but its end. Whatever else it may send costs
        only a new connection.

        Raises:
            DisconnectionError: SQLAlchemy has to open a new connection.
        """
        if raw.generation != self.generation:
            raise DisconnectionError("another connection of this time got no answer")
        poll = select.poll()
        poll.register(raw.fileno(), select.POLLIN)
        if poll.poll(0):
            raise DisconnectionError("the server has closed the connection")


def _identify_file(url: URL) -> tuple[int, int]:
    found = os.stat(url.database or "")  # noqa: PTH116  many times a second
    return found.st_dev, found.st_ino


def _begin_immediate(connection: Connection) -> None:
    """Begin a transaction, for a write with BEGIN IMMEDIATE: two writers can't act on the same old state."""
    write = connection.get_execution_options().get("newsbot_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _invalidate_sqlite(context: ExceptionContext) -> None:
    """Replace an SQLite connection that failed together with its disk.

    Its cursor is closed first: a connection with an unfinished statement stays open after its close. Newer
    connections would share its open file, which stays read-only if the disk was read-only.
    """
    code = getattr(context.original_exception, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _BROKEN_CODES:
        context.is_disconnect = True
        cursor = getattr(context.execution_context, "cursor", None)
        if cursor is not None:
            cursor.close()


def _invalidate_read_only(context: ExceptionContext) -> None:
    """Replace a session of a read-only server: the primary server may have its address by now."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True
