"""PostgreSQL connections on which no wait is endless.

The server bounds what it does for us (locks, statements, a transaction that says nothing), and the system's
TCP notices a peer that acknowledges nothing. Neither sees a peer that acknowledges and never answers, as a
proxy that has lost the other side does: for that each wait has a limit here, and ends the connection.
"""

from collections.abc import Generator, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, NamedTuple, Self, TypeVar

import psycopg

__all__ = ["CONNECT_WITHIN", "SessionLimits", "TimedConnection", "connect"]

T = TypeVar("T")

CONNECT_WITHIN = 5.0
"""Seconds that a connection may take, for each address of the server."""

_ENDED_WITHIN = 3.0  # seconds that the server may take to end the session that a new one replaces
_LOOK_INTERVAL = 0.02  # seconds between two looks at it
_CLIENT_TCP = {  # https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    "connect_timeout": int(CONNECT_WITHIN),
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
_SERVER_TCP = {  # so that the server, too, notices that we are gone, and gives our locks back
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "3",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
_SELECT_FORMER = (  # our own: no other connection has this name
    "FROM pg_stat_activity WHERE application_name = current_setting('application_name') "
    "AND usename = current_user AND pid <> pg_backend_pid()"
)


class SessionLimits(NamedTuple):
    """Seconds: what the server may wait for a lock, work on a statement and wait for our next one within a
    transaction, and what we wait for any answer.
    """

    lock: float
    statement: float
    idle: float
    answer: float

    @classmethod
    def of(cls, busy: float) -> Self:
        """All of them from how long a call waits for another's lock."""
        return cls(lock=busy, statement=busy + 7, idle=10.0, answer=busy + 10)

    def settings(self) -> dict[str, str]:
        """As the server wants them, in milliseconds."""
        return {
            "lock_timeout": f"{self.lock * 1000:.0f}",
            "statement_timeout": f"{self.statement * 1000:.0f}",
            "idle_in_transaction_session_timeout": f"{self.idle * 1000:.0f}",
        }


class TimedConnection(psycopg.Connection[Any]):
    """A connection that is closed where an answer takes longer than ``answer_within`` seconds.

    None: it may take as long as it likes.
    """

    answer_within: float | None = None
    generation = 0  # the ledger's, as it was made: connections that are older are not trusted any more

    def gives_up(self) -> None:
        """What the ledger hears where an answer did not come."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:
        """Raises psycopg.OperationalError where the answer did not come."""
        if self.answer_within is None:
            return super().wait(gen, *args, **kwargs)
        return super().wait(self._limit_wait(gen, self.answer_within), *args, **kwargs)

    def _limit_wait(self, gen: Generator[Any, Any, T], seconds: float) -> Generator[Any, Any, T]:
        """``gen``, which psycopg sends what it waits for, and nothing ten times a second meanwhile."""
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
    """A connection with all its limits, as ``name`` in the server's list of sessions.

    With ``replaces`` an earlier one of this name is ended first. It may be half-open: then the server still
    has its transaction and its locks, and a COMMIT that is on its way could arrive after the repeated work.

    Raises:
        psycopg.Error: the server can't be reached, refuses, or does not end the earlier session.
    """
    options = {**_CLIENT_TCP, **named}  # what the operator wrote in the URL counts
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
    """For this session; what an older server does not know is left out."""
    connection.execute(
        "SELECT set_config(known.name, wanted.value, false) FROM pg_settings AS known "
        "JOIN unnest(%s::text[], %s::text[]) AS wanted (name, value) ON wanted.name = known.name",
        (list(settings), list(settings.values())),
    )


def _terminate_former_sessions(connection: TimedConnection) -> None:
    """Ask the server to end them, and wait until it has."""
    ends = monotonic() + _ENDED_WITHIN
    connection.execute(f"SELECT pg_terminate_backend(pid) {_SELECT_FORMER}")
    while connection.execute(f"SELECT 1 {_SELECT_FORMER} LIMIT 1").fetchone():
        if monotonic() > ends:
            raise psycopg.OperationalError("the server has not ended our earlier session yet")
        sleep(_LOOK_INTERVAL)
