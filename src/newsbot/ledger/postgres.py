"""PostgreSQL connections on which every wait has a limit.

The server limits its own work (locks, statements, idle transactions), and the system's TCP detects a peer
that acknowledges no packet. Neither detects a peer that acknowledges packets and never answers, such as a
proxy that has lost the server. So this module limits each wait for an answer of the server, and closes the
connection if the answer does not come in time.
"""

from collections.abc import Generator, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, NamedTuple, Self, TypeVar

import psycopg

from newsbot.tasks import limit_wait

__all__ = ["CONNECT_WITHIN", "SessionLimits", "TimedConnection", "connect"]

T = TypeVar("T")

CONNECT_WITHIN = 5.0
"""Seconds that connecting may take, for each network address of the PostgreSQL server."""

# Seconds that a new PostgreSQL session waits until the server has ended this process's earlier session of the
# same name, which may still hold locks.
_ENDED_WITHIN = 3.0
# Seconds between two checks whether the PostgreSQL server has ended an earlier session, which a new session
# replaces.
_LOOK_INTERVAL = 0.02
# The TCP settings of newsbot's end of a connection to PostgreSQL:
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_CLIENT_TCP = {
    "connect_timeout": int(CONNECT_WITHIN),
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    # PostgreSQL's tcp_user_timeout is in milliseconds, while the other TCP settings are in seconds.
    "tcp_user_timeout": 15_000,
}
# The TCP settings of the PostgreSQL server's end of a connection, by which the server notices that newsbot is
# gone and releases newsbot's locks.
_SERVER_TCP = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
# This SQL text selects the earlier sessions with this session's name, which only this process uses.
_SELECT_FORMER = (
    "FROM pg_stat_activity WHERE application_name = current_setting('application_name') "
    "AND usename = current_user AND pid <> pg_backend_pid()"
)


class SessionLimits(NamedTuple):
    """The time limits of a PostgreSQL session, in seconds.

    The server may wait ``lock`` for a lock, work ``statement`` on a statement, and wait ``idle`` for the
    client's next statement within a transaction. The client, newsbot, waits ``answer`` for any answer of the
    server.
    """

    lock: float
    statement: float
    idle: float
    answer: float

    @classmethod
    def from_busy_timeout(cls, busy: float) -> Self:
        """Derive the time limits of a PostgreSQL session from ``busy``, the seconds to wait for a lock of
        another session.
        """
        return cls(lock=busy, statement=busy + 7, idle=10.0, answer=busy + 10)

    def settings(self) -> dict[str, str]:
        """Return PostgreSQL's settings for the limits of the session, by name, in milliseconds."""
        return {
            "lock_timeout": f"{self.lock * 1000:.0f}",
            "statement_timeout": f"{self.statement * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{self.idle * 1000:.0f}",
        }


class TimedConnection(psycopg.Connection[Any]):
    """A PostgreSQL connection that is closed if an answer takes longer than ``answer_within`` seconds.

    With ``answer_within`` None an answer may take any time.
    """

    answer_within: float | None = None
    # The number of connections on which PostgreSQL had given no answer (`Database.generation`) when this
    # connection was opened. If the number has grown since, this connection is replaced.
    generation = 0
    # Whether a connection pooler stands between newsbot and PostgreSQL. With a pooler, each transaction may
    # be answered by another process of the server.
    is_pooled = False
    # Whether newsbot has checked, on the server of this session, that a failover of the database has lost
    # nothing that this service stored.
    is_verified = False

    def gives_up(self) -> None:
        """Do nothing when an answer of the PostgreSQL server has not come in time; `Database` replaces this
        method by its own.
        """

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Wait for an answer of the PostgreSQL server by psycopg's generator ``gen``, and return the
        generator's result.

        Raises:
            psycopg.OperationalError: the answer did not come in time.
        """
        if self.answer_within is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(limit_wait(gen, self.answer_within), *args, **kwargs)
        except TimeoutError as error:
            self.pgconn.finish()
            self.gives_up()
            raise psycopg.OperationalError(str(error)) from None


def connect(
    positional: Sequence[Any],
    named: Mapping[str, Any],
    *,
    name: str,
    limits: SessionLimits,
    replaces: bool,
    autocommit: bool = False,
) -> TimedConnection:
    """Open a connection to PostgreSQL with the time limits ``limits``; the server lists it under ``name``.

    If ``replaces`` is true, an earlier session of this name is ended first. That session's connection may be
    broken without the server's knowledge: then the server still has the session's transaction and locks, and
    a COMMIT on its way to the server could arrive after newsbot has repeated the transaction.

    Raises:
        psycopg.Error: the server can't be reached, refuses, or does not end the earlier session.
    """
    # Connection parameters that the operator wrote into the database URL replace newsbot's own.
    options = {**_CLIENT_TCP, **named}
    connection = TimedConnection.connect(*positional, **options, autocommit=True)
    try:
        connection.answer_within = limits.answer
        given = str(named.get("application_name", ""))[:20]
        shown = f"{given} {name}".strip()
        _apply_settings(connection, {**limits.settings(), **_SERVER_TCP, "application_name": shown})
        if replaces:
            _terminate_former_sessions(connection)
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def _apply_settings(connection: TimedConnection, settings: Mapping[str, str]) -> None:
    """Apply settings to a session of PostgreSQL; skip the settings that an older server does not know.

    A connection pooler is recognised by the server's process id, for which it gives each client an invented
    one.
    """
    rows = connection.execute(
        "SELECT pg_backend_pid(), set_config(known.name, wanted.value, false) FROM pg_settings AS known "
        "JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) ON wanted.name = known.name",
        (list(settings), list(settings.values())),
    )
    if any(pid != connection.info.backend_pid for pid, _ in rows):
        connection.is_pooled, connection.prepare_threshold = True, None


def _terminate_former_sessions(connection: TimedConnection) -> None:
    """Ask the server to end this process's earlier sessions of the same name, and wait until they have ended.

    Raises:
        psycopg.OperationalError: the server has not ended them within three seconds.
    """
    ends = monotonic() + _ENDED_WITHIN
    connection.execute(f"SELECT pg_terminate_backend(pid) {_SELECT_FORMER}")
    while connection.execute(f"SELECT 1 {_SELECT_FORMER} LIMIT 1").fetchone():
        if monotonic() > ends:
            raise psycopg.OperationalError("the server has not ended our earlier session yet")
        sleep(_LOOK_INTERVAL)
