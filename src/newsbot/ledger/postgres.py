"""PostgreSQL connections on which no wait is endless.

The server limits its own work (locks, statements, idle transactions), and the system's TCP detects a peer
that acknowledges nothing. Neither detects a peer that acknowledges and never answers, as a proxy does that
has lost the other side: for that, each wait has a limit here, which ends the connection.
"""

from collections.abc import Generator, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, NamedTuple, Self, TypeVar

import psycopg

__all__ = ["CONNECT_WITHIN", "SessionLimits", "TimedConnection", "connect"]

T = TypeVar("T")

CONNECT_WITHIN = 5.0
"""The seconds that a connection may take, for each address of the server."""

_ENDED_WITHIN = 3.0  # seconds that the server may take to end the session that a new one replaces
_LOOK_INTERVAL = 0.02  # seconds between two checks that the former session has ended
_CLIENT_TCP = {  # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    "connect_timeout": int(CONNECT_WITHIN),
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
_SERVER_TCP = {  # With these settings the server, too, notices that we are gone, and releases our locks.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_SELECT_FORMER = (  # our own earlier sessions, as no other connection has this name
    "FROM pg_stat_activity WHERE application_name = current_setting('application_name') "
    "AND usename = current_user AND pid <> pg_backend_pid()"
)


class SessionLimits(NamedTuple):
    """The time limits of a session, in seconds.

    The server may wait ``lock`` for a lock, work ``statement`` on a statement and wait ``idle`` for our next
    statement within a transaction; we wait ``answer`` for any answer.
    """

    lock: float
    statement: float
    idle: float
    answer: float

    @classmethod
    def from_busy_timeout(cls, busy: float) -> Self:
        """Derive all limits from the seconds that a call waits for a lock of another."""
        return cls(lock=busy, statement=busy + 7, idle=10.0, answer=busy + 10)

    def settings(self) -> dict[str, str]:
        """Return the server's settings for these limits, in milliseconds."""
        return {
            "lock_timeout": f"{self.lock * 1000:.0f}",
            "statement_timeout": f"{self.statement * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{self.idle * 1000:.0f}",
        }


class TimedConnection(psycopg.Connection[Any]):
    """A connection that is closed if an answer takes longer than ``answer_within`` seconds.

    None means no limit.
    """

    answer_within: float | None = None
    generation = 0  # The ledger's generation at connect time; older connections are not trusted.

    def gives_up(self) -> None:
        """Handle an answer that did not come; the ledger overrides this."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Wait for an answer. Raises psycopg.OperationalError if it does not come in time."""
        if self.answer_within is None:
            return super().wait(gen, *args, **kwargs)
        return super().wait(self._limit_wait(gen, self.answer_within), *args, **kwargs)

    def _limit_wait(self, gen: Generator[Any, Any, T], seconds: float) -> Generator[Any, Any, T]:
        """Wrap ``gen`` with a time limit.

        psycopg sends it the readiness that it waits for, or a false value ten times a second until then.
        """
        ends = monotonic() + seconds
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and monotonic() > ends:
                    self.pgconn.finish()
                    self.gives_up()
                    raise psycopg.OperationalError(f"no answer within {seconds:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result


def connect(
    positional: Sequence[Any],
    named: Mapping[str, Any],
    *,
    name: str,
    limits: SessionLimits,
    replaces: bool,
    autocommit: bool = False,
) -> TimedConnection:
    """Open a connection with all its limits, as ``name`` in the server's list of sessions.

    With ``replaces`` an earlier session of this name is ended first. It may be half-open: then the server
    still has its transaction and its locks, and a COMMIT that is under way could arrive after the repeated
    work.

    Raises:
        psycopg.Error: the server can't be reached, refuses, or does not end the earlier session.
    """
    options = {**_CLIENT_TCP, **named}  # The operator's settings in the URL take precedence.
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
    """Apply settings to this session; settings that an older server does not know are left out."""
    connection.execute(
        "SELECT set_config(known.name, wanted.value, false) FROM pg_settings AS known "
        "JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) ON wanted.name = known.name",
        (list(settings), list(settings.values())),
    )


def _terminate_former_sessions(connection: TimedConnection) -> None:
    """Ask the server to end our earlier sessions, and wait until it has."""
    ends = monotonic() + _ENDED_WITHIN
    connection.execute(f"SELECT pg_terminate_backend(pid) {_SELECT_FORMER}")
    while connection.execute(f"SELECT 1 {_SELECT_FORMER} LIMIT 1").fetchone():
        if monotonic() > ends:
            raise psycopg.OperationalError("the server has not ended our earlier session yet")
        sleep(_LOOK_INTERVAL)
