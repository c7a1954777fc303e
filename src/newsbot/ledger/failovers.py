"""The check of a PostgreSQL ledger after a failover: does it still have what this service stored last?

If the primary server fails, a replica takes its place. A replica for which no commit waited may lack the last
transactions, so that posts which were sent wait there again. Only the latest transactions can be missing. So
a service has lost nothing if the new primary has the transaction in which the service last stored an outcome
or made a claim. The other services make no claims until each of them has checked that.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError

from newsbot.ledger import ids
from newsbot.ledger.database import Database
from newsbot.ledger.fence import LedgerBehind
from newsbot.ledger.progress_marks import ProgressMark
from newsbot.ports import Claim
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.outcomes import EndedCall
    from newsbot.ledger.postgres import TimedConnection

__all__ = ["FailoverCheck", "LastExchange", "find_commit_risk", "find_last_exchange"]

# PostgreSQL begins a new timeline whenever a replica becomes the primary.
_SELECT_TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)"
# This query checks whether the ledger still has what this service stored last. It relies on two facts:
# newsbot never deletes the ledger's last call, and the number of a post's attempts never decreases.
_CHECK_LAST = text("""
    SELECT clock_timestamp() AS now, (SELECT identity FROM fence) AS identity,
        EXISTS (SELECT FROM attempt WHERE id = :calls) AS has_call,
        EXISTS (
            SELECT FROM post WHERE id = :number AND attempts >= :attempts
            AND NOT (:has_ended AND state = 'sending' AND attempts = :attempts)
        ) AS has_last
""")
# This query finds out whether another service has not checked the ledger since a failover: a service prolongs
# its time in the table `instance` of the new primary server only after it has checked the ledger there.
_AWAITS_OTHERS = text("""
    SELECT EXISTS (
        SELECT FROM instance WHERE id <> :me AND to_timestamp(until / 1000000.0) > clock_timestamp()
        AND to_timestamp(until / 1000000.0) < :since + :lease * interval '1 second'
    )
""")


_SELECT_RISKS = text("""
    SELECT 'off' IN (current_setting('synchronous_commit'), current_setting('fsync')) AS crash,
        current_setting('synchronous_commit') = 'local' OR current_setting('synchronous_standby_names') = ''
            AS failover,
        EXISTS (SELECT FROM pg_stat_replication) AS has_replica
""")


def find_commit_risk(tx: Connection, url: URL) -> Literal["crash", "failover"] | None:
    """Return what may make the server lose the last commits; None if its settings prevent that.

    A server has a replica if one is connected, or if ``url`` names several servers.
    """
    found = tx.execute(_SELECT_RISKS).one()
    if found.crash:
        return "crash"
    has_replica = found.has_replica or len(url.normalized_query.get("host", ())) > 1
    return "failover" if has_replica and found.failover else None


class LastExchange(NamedTuple):
    """The last outcome or claim that this service stored.

    ``number`` is the number of the post, ``attempts`` that of its last attempt. ``has_ended`` says that the
    outcome of that attempt was stored.
    """

    number: int
    attempts: int
    has_ended: bool


def find_last_exchange(ended: "Sequence[EndedCall]", made: Sequence[object]) -> LastExchange | None:
    """Return the outcome or claim by which newsbot checks, after a failover, that a transaction was not lost.

    ``ended`` are the calls whose outcomes the transaction stored, ``made`` are its answers. Returns None if
    the transaction stored nothing.
    """
    for claim in made:
        if isinstance(claim, Claim):
            return LastExchange(ids.post_number(claim.post.id), claim.post.attempts, has_ended=False)
    for call in ended:
        return LastExchange(call.number, call.was.attempts, has_ended=True)
    return None


class FailoverCheck:
    """The check, by one service, that its PostgreSQL ledger has lost nothing in a failover.

    A failover ends each session, so a session is checked before its first use. Behind a connection pooler, a
    session may outlive a failover, and is checked before each use.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # The timeline of the PostgreSQL server on which this service has checked last that a failover has
        # lost nothing: None until `start`, "" if the server tells none, as some that only speak PostgreSQL's
        # language do not.
        self._timeline: str | None = None
        self._last: LastExchange | None = None
        # The database's time at which this service found a new primary; None once all services have checked
        # there that nothing was lost.
        self._since: datetime | None = None
        self.is_due = False
        """Whether this service has to check that a failover has lost nothing before it counts as running on
        the new primary server.
        """

    def start(self, tx: Connection) -> None:
        """Store the timeline (history since the last failover) of the PostgreSQL server.

        If a later check reads another timeline, there was a failover.
        """
        if not self._database.sqlite:
            self._timeline = ""
            with suppress(DBAPIError), tx.begin_nested():
                self._timeline = _read_timeline(tx)

    def note(self, last: LastExchange | None) -> None:
        """Remember the last outcome or claim that a committed transaction has stored, to look for it after a
        failover.
        """
        self._last = last or self._last

    def forget(self) -> None:
        """Forget the outcome or claim that this service stored last, because a failover has lost it."""
        self._last = None

    def verify(self, tx: Connection, mark: ProgressMark | None) -> None:
        """Check that a failover has not lost what this service stored last, unless the session was checked
        before.

        ``mark`` counts the calls that this service knows.

        Raises:
            LedgerBehind: the ledger lacks calls or outcomes of calls.
        """
        if self._timeline is None or mark is None:
            return
        session: Any = tx.connection.driver_connection
        if session.is_verified and not session.is_pooled and not self.is_due:
            return
        timeline = _read_timeline(tx) if self._timeline else ""
        last = self._last or LastExchange(0, 0, has_ended=False)
        found = tx.execute(_CHECK_LAST, {"calls": mark.calls, **last._asdict()}).one()
        lacks = (mark.calls and not found.has_call) or (self._last and not found.has_last)
        # If the ledger has got a new identity, another service has noticed the loss before, so this service
        # need not report it.
        if lacks and found.identity == mark.identity:
            raise LedgerBehind(UsageCode.EARLIER_CALLS_MISSING())
        if timeline != self._timeline:
            self._timeline, self._since = timeline, found.now
        session.is_verified, self.is_due = True, False

    def awaits_others(self, tx: Connection, me: int | None, lease: float) -> bool:
        """Return whether another service has not checked yet that a failover has lost nothing of the ledger.

        ``me`` is this service's instance, ``lease`` the seconds by which an instance prolongs its time.
        """
        if self._since is None:
            return False
        others = {"me": me, "since": self._since, "lease": lease}
        if tx.execute(_AWAITS_OTHERS, others).scalar_one():
            return True
        self._since = None
        return False

    def is_checked(self, session: "TimedConnection") -> bool:
        """Return whether this service has checked for lost transactions on the server of ``session``.

        ``session`` belongs to another thread. If the server changed in a failover since, the check becomes
        due.
        """
        if self._timeline and (session.is_pooled or not session.is_verified):
            [timeline] = session.execute(_SELECT_TIMELINE).fetchone() or ("",)
            session.is_verified = timeline == self._timeline
            self.is_due = self.is_due or not session.is_verified
            return session.is_verified
        return True


def _read_timeline(tx: Connection) -> str:
    return str(tx.execute(text(_SELECT_TIMELINE)).scalar_one())
