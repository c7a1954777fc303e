"""The ledger's store for leases: of all services on a database, one has a lease, until a certain time.

A lease is a row with a time, and not a lock of a database session: a session's lock stays with the session,
which a connection pooler may share between clients or keep open after its client has ended.
"""

from datetime import timedelta

from sqlalchemy import delete, text

from newsbot.ledger.schema import lease
from newsbot.ledger.store import LedgerStore

__all__ = ["LeasesStore"]

# SQL for the database's present time, and for that time plus some microseconds, as the column `until` has
# times.
_DATABASE_TIME = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
# The lease is taken if nobody has it, if this service has it, or if its time is over.
_TAKE = text(
    f"INSERT INTO lease (name, holder, until) VALUES (:name, :me, {_DATABASE_TIME} + :length) "  # noqa: S608  Both parts are fixed texts.
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until "
    f"WHERE lease.holder = excluded.holder OR lease.until < {_DATABASE_TIME} RETURNING name"
)


class LeasesStore(LedgerStore):
    """The ledger's store for leases, rights each of which one service of the database has at a time."""

    def hold(self, name: str, length: timedelta) -> bool:
        """Take or prolong the lease ``name`` for this service; return whether this service has it.

        A service that does not prolong the lease loses it after ``length``. On SQLite this always succeeds,
        because only one service can run.
        """
        if self._database.sqlite:
            return True
        values = {"name": name, "me": self._instances.me, "length": length // timedelta(microseconds=1)}
        with self._database.write(notify=False) as tx:
            return tx.execute(_TAKE, values).first() is not None

    def release(self, name: str) -> None:
        """Give up the lease ``name`` (a right that only one service has), if this service has it."""
        mine = delete(lease).where(lease.c.name == name, lease.c.holder == self._instances.me)
        with self._database.write(notify=False) as tx:
            tx.execute(mine)
