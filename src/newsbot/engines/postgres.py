"""The connections to PostgreSQL by which the engine `cluster` handles jobs; every wait has a limit."""

from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool

from newsbot.tasks import limit_wait

__all__ = ["build_conninfo", "connect", "make_pool"]

T = TypeVar("T")

# The seconds for which the PostgreSQL server may work on a statement about jobs, and for which newsbot waits
# for the server's answer.
_STATEMENT, _ANSWER = 15, 18.0
# With these settings, the operating system notices within seconds that PostgreSQL at the other end of a
# connection is gone.
_TCP: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "newsbot jobs",
}
# PostgreSQL's time limits for a session are set by a statement, because a connection pooler refuses them as
# options of the connection.
_SET_LIMITS = f"""
    SELECT pg_backend_pid(), set_config('statement_timeout', '{_STATEMENT}s', false),
        set_config('lock_timeout', '8s', false),
        set_config('idle_in_transaction_session_timeout', '10s', false)
"""


def build_conninfo(database: str) -> str:
    """Return the libpq connection string of config.yaml's ``database``, a URL in the form of SQLAlchemy."""
    scheme, separator, rest = database.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def make_pool(database: str, size: int) -> "AsyncConnectionPool[Any]":
    """Return a pool, not open yet, of at most ``size`` connections to the database."""
    return AsyncConnectionPool(
        build_conninfo(database),
        connection_class=_AsyncJobConnection,
        kwargs=_TCP,
        min_size=1,
        max_size=size,
        timeout=5.0,
        open=False,
        configure=_configure,
        check=AsyncConnectionPool.check_connection,
    )


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    """Set the time limits of a new connection; switch prepared statements off if it leads to a connection
    pooler.

    A pooler is recognised by the server's process id, for which it gives each client an invented one.
    """
    row = await (await connection.execute(_SET_LIMITS)).fetchone()
    await connection.commit()
    if row and row[0] != connection.info.backend_pid:
        connection.prepare_threshold = None


class _AsyncJobConnection(psycopg.AsyncConnection[Any]):
    """A connection to PostgreSQL for jobs that is closed if the server gives no answer in time."""

    async def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        try:
            return await super().wait(limit_wait(gen, _ANSWER), *args, **kwargs)
        except TimeoutError as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(str(error)) from None


class _JobConnection(psycopg.Connection[Any]):
    """A connection to PostgreSQL for changes of the tables of jobs; it is closed if the server gives no
    answer for longer than such a change takes.
    """

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        try:
            return super().wait(limit_wait(gen, 4 * _ANSWER), *args, **kwargs)
        except TimeoutError as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(str(error)) from None


def connect(database: str) -> "psycopg.Connection[Any]":
    """Open the connection to PostgreSQL by which the tables of jobs are made and changed."""
    return _JobConnection.connect(build_conninfo(database), **_TCP)
