"""The connection to a CMS's database: read-only, with time limits, and with error messages of one line.

Each session is set to ``READ ONLY`` in the database itself, so the database refuses every query that would
write.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from newsbot.errors import SourceError
from newsbot.imports import IMPORT_LOCK
from newsbot.reasons import Code, Reason, SourceCode

__all__ = ["DatabaseConnection", "ReadTransaction", "Row"]

Row = Mapping[str, Any]

_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
_CONNECT = 10  # The most seconds that opening a connection to the server of a CMS's database may take.
_NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
    "postgresql": "SELECT clock_timestamp()",
}
# Codes by which MySQL, MariaDB and PostgreSQL say that a statement took too long.
_SLOW = {1317, 1969, 3024, "57014"}
_MENDS = {
    (1044, 1045, 1142, 1143, "28P01", "28000", "42501"): SourceCode.CHECK_LOGIN,
    (1049, 1054, 1064, 1146, "3D000", "42P01", "42703"): SourceCode.CHECK_QUERY,
    (2002, 2003): SourceCode.CHECK_SERVER,
}
_LONGEST = 300  # The most characters of a database's error message that newsbot shows in its own messages.


class ReadTransaction:
    """One read-only transaction in a CMS's database, through which row sources and diagnostics query the
    database.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._now: datetime | None = None
        self.dialect = connection.dialect.name

    def fetch_all(self, sql: str, **values: Any) -> list[Row]:
        """Return all rows of a query, each as a dict by column name.

        A parameter whose value is a list gives the values of an IN condition, written ``IN :name`` in the
        query.
        """
        return [dict(row) for row in self._execute(sql, values).mappings()]

    def iterate_rows(self, sql: str, **values: Any) -> Iterator[Row]:
        """Yield the rows of a query, with only one row in memory, because articles' bodies may be large."""
        streamed = self._connection.execution_options(stream_results=True, max_row_buffer=1)
        with streamed.execute(_make_statement(sql, values), _bind_values(values)) as result:
            for row in result.mappings():
                yield dict(row)

    def names(self, sql: str) -> list[str]:
        """Return the names of the columns of the SELECT statement ``sql``, as the database spells them."""
        return list(self._execute(sql, {}).keys())

    def indices(self, table: str) -> list[list[str]] | None:
        """Return for each index of a table, the primary key included, its columns in lower case.

        ``table`` may be ``schema.table``. Return None if the database has no such table, or if it is a view.
        """
        schema, _, name = table.rpartition(".")
        try:
            told = inspect(self._connection)
            if not told.has_table(name, schema or None) or name in told.get_view_names(schema or None):
                return None
            indexes = told.get_indexes(name, schema or None)
            primary = told.get_pk_constraint(name, schema or None)["constrained_columns"]
        except SQLAlchemyError:
            return None
        found: list[Sequence[str | None]] = [primary, *(each["column_names"] for each in indexes)]
        return [[str(column).lower() for column in columns] for columns in found]

    def quote(self, name: str) -> str:
        """Return the name of a column or table quoted for SQL in the database's dialect."""
        return self._connection.dialect.identifier_preparer.quote(name)

    def now(self) -> datetime:
        """Return the current time of the CMS's database server, with a time zone; it is read once per
        transaction.
        """
        if self._now is None:
            value = self._execute(_NOW.get(self.dialect, "SELECT CURRENT_TIMESTAMP"), {}).scalar_one()
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            self._now = found if found.tzinfo else found.replace(tzinfo=UTC)
        return self._now

    def _execute(self, sql: str, values: dict[str, Any]) -> Any:
        return self._connection.execute(_make_statement(sql, values), _bind_values(values))


class DatabaseConnection:
    """The connection of a database source to its database.

    The connection is opened at the first query, kept between polls, and closed after an error.
    """

    def __init__(self, url: str, *, patience: float) -> None:
        """Store the address of the CMS's database; no connection is opened yet.

        ``patience`` is the number of seconds that one statement may take.

        Raises:
            SourceError: ``url`` is not a database's address.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise SourceError(SourceCode.NO_DATABASE_URL()) from None
        self._url = parsed.set(drivername=_DRIVERS.get(parsed.drivername.lower(), parsed.drivername))
        self._patience = patience
        self._engine: Engine | None = None

    @contextmanager
    def view(self) -> Iterator[ReadTransaction]:
        """Open a read-only transaction in the CMS's database for a ``with`` block; close the connection after
        an error in it.

        Raises:
            SourceError: The database can't be reached, or it refused a query.
        """
        try:
            with self._open_engine().connect() as connection:
                # The transaction in the CMS's database is not committed: nothing was written, and the
                # transaction is rolled back when the connection is closed.
                yield ReadTransaction(connection)
        except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError) as error:
            self.close()
            raise self._make_source_error(error) from None

    def close(self) -> None:
        """Close the connection to the CMS's database; the next transaction opens a new one."""
        engine, self._engine = self._engine, None
        if engine is not None:
            # Errors are ignored here, because closing a broken connection may fail too.
            with suppress(Exception):
                engine.dispose()

    @property
    def place(self) -> str:
        """Return the name of the CMS's database for messages: a path, or host, port and name, but no
        password.
        """
        if self._url.get_backend_name() == "sqlite":
            return str(self._url.database)
        port = f":{self._url.port}" if self._url.port else ""
        return f"{self._url.host or 'localhost'}{port}/{self._url.database or ''}"

    def make_error(self, why: Reason) -> SourceError:
        """Make a `SourceError` whose message has the name of the CMS's database and the reason ``why``."""
        return SourceError(SourceCode.LOCATED(url=self.place, why=why))

    def _open_engine(self) -> Engine:
        if self._engine is None:
            try:
                # The lock is held because making the engine imports the database's driver, and two threads
                # must not import modules at the same time.
                with IMPORT_LOCK:
                    self._engine = self._make_engine()
            except NoSuchModuleError:
                raise SourceError(SourceCode.NO_DRIVER(name=self._url.drivername)) from None
            except ImportError as error:
                missing = SourceCode.DRIVER_NOT_INSTALLED(name=self._url.drivername, words=error.name)
                raise SourceError(missing) from None
        return self._engine

    def _make_engine(self) -> Engine:
        match self._url.get_backend_name():
            case "sqlite":
                return _make_sqlite_engine(Path(str(self._url.database)), self._patience)
            case "mysql":
                return _make_mysql_engine(self._url, self._patience)
            case "postgresql":
                return _make_postgresql_engine(self._url, self._patience)
        return create_engine(self._url, **_KEPT)

    def _make_source_error(self, error: Exception) -> SourceError:
        """Return an error of a CMS's database as one line of text with the database's name and advice, but
        without the password.
        """
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        code, words = _error_code(cause), _error_text(cause)
        for secret in {str(self._url.password or ""), quote(str(self._url.password or ""))} - {""}:
            words = words.replace(secret, "[secret]")
        if code in _SLOW or "interrupted" in words:
            return self.make_error(SourceCode.SLOW_QUERY(n=round(self._patience)))
        mends = [mend() for codes, mend in _MENDS.items() if code in codes]
        return self.make_error(Code.SENTENCES(sentences=(Code.TEXT(words=words), *mends)))


_KEPT: dict[str, Any] = {
    "hide_parameters": True,
    "max_overflow": 0,
    "pool_pre_ping": True,
    "pool_recycle": 1800,
    "pool_size": 1,
    "pool_timeout": 5,
}


def _make_statement(sql: str, values: Mapping[str, Any]) -> Any:
    lists = tuple((name, isinstance(value, (list, tuple))) for name, value in values.items())
    return _parse_statement(sql, lists)


@lru_cache(maxsize=256)
def _parse_statement(sql: str, values: tuple[tuple[str, bool], ...]) -> Any:
    """Return an SQL query as an SQLAlchemy statement whose parameters have no SQL type.

    If the parameters had a type, SQLAlchemy would cast them, and then databases would not use their indices.
    """
    names = [bindparam(name, type_=NullType(), expanding=many) for name, many in values]
    return text(sql).bindparams(*names)


def _bind_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _make_sqlite_engine(path: Path, patience: float) -> Engine:
    """Make an engine that opens the SQLite file for each poll, because the file may have been replaced."""

    def connect() -> sqlite3.Connection:
        if not path.is_file():
            raise SourceError(SourceCode.NO_SQLITE_FILE(path=path))
        raw = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5, check_same_thread=False
        )
        raw.text_factory = lambda data: data.decode("utf-8", "replace")
        raw.execute("PRAGMA query_only = ON")
        began = time.monotonic()
        raw.set_progress_handler(lambda: time.monotonic() - began > 3 * patience, 100_000)
        return raw

    return create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)


def _make_mysql_engine(url: URL, patience: float) -> Engine:
    query = {"charset": "utf8mb4", **url.query}
    limits = {
        "connect_timeout": _CONNECT,
        "read_timeout": int(patience) + 5,
        "write_timeout": int(patience) + 5,
    }
    engine = create_engine(url.set(query=query), connect_args=limits, **_KEPT)

    @event.listens_for(engine, "connect")
    def prepare_connection(raw: Any, _record: object) -> None:
        with raw.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("SET time_zone = '+00:00'")
            maria = "mariadb" in str(raw.get_server_info()).lower()
            limit = (
                f"max_statement_time = {patience:g}"
                if maria
                else f"max_execution_time = {patience * 1000:.0f}"
            )
            # An old database server knows no limit for a statement's time, so its error is ignored; then only
            # the socket's timeout limits the statement.
            with suppress(Exception):
                cursor.execute(f"SET SESSION {limit}")

    return engine


def _make_postgresql_engine(url: URL, patience: float) -> Engine:
    limits = {
        "connect_timeout": _CONNECT,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    engine = create_engine(url, connect_args=limits, **_KEPT)

    @event.listens_for(engine, "connect")
    def prepare_connection(raw: Any, _record: object) -> None:
        _use_lenient_loaders(raw)
        raw.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        raw.execute("SET TIME ZONE 'UTC'")
        raw.execute(f"SET statement_timeout = {patience * 1000:.0f}")
        raw.commit()

    return engine


def _use_lenient_loaders(raw: Any) -> None:
    """Make PostgreSQL's driver accept invalid text and times that Python can't hold (infinity, BC).

    Invalid bytes become replacement characters and such times become None, so that a row with them does not
    make the poll fail.
    """
    with IMPORT_LOCK:
        from psycopg import DataError, adapt  # noqa: PLC0415  It is imported for PostgreSQL only.
        from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader  # noqa: PLC0415

    class Text(adapt.Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode("utf-8", "replace")

    def make_lenient_loader(loader: Any) -> type[adapt.Loader]:
        class LenientLoader(loader):  # type: ignore[misc]  # mypy rejects a variable as a base class
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except DataError:
                    return None

        return LenientLoader

    for name in ("text", "varchar", "bpchar", "name"):
        raw.adapters.register_loader(name, Text)
    for name, loader in {
        "date": DateLoader,
        "timestamp": TimestampLoader,
        "timestamptz": TimestamptzLoader,
    }.items():
        raw.adapters.register_loader(name, make_lenient_loader(loader))


def _error_code(cause: BaseException) -> Any:
    state = getattr(cause, "sqlstate", None)
    return state or (cause.args[0] if cause.args and isinstance(cause.args[0], int) else None)


def _error_text(cause: BaseException) -> str:
    """Return the first line of a database's error message that is not empty, cut to 300 characters."""
    told = cause.args[1] if len(cause.args) > 1 and isinstance(cause.args[1], str) else str(cause)
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return " ".join((lines[0] if lines else type(cause).__name__).split())[:_LONGEST]
