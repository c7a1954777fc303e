"""The base class of the ledger's stores, and the disk reserve that they share.

When the ledger commits a claim (the right to make a call to a platform), the disk has space; when the
platform answers, the disk may be full. So newsbot creates a file beside an SQLite database before it makes
claims, and deletes the file if the disk has no space to store the outcome of a call. Without the file newsbot
makes no claim, so that it sends nothing whose outcome it could not store.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, UpdateBase

from newsbot.errors import LedgerError
from newsbot.ledger.database import Database
from newsbot.ledger.failovers import FailoverCheck
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import Instances
from newsbot.ledger.serialization import to_posts
from newsbot.model import Post
from newsbot.reasons import LedgerCode

__all__ = ["DiskReserve", "LedgerParts", "LedgerStore"]

# The size of the reserve file in bytes. To store an outcome, SQLite writes about 15 pages of 4 KiB; each
# stored outcome leaves space for the next.
_SIZE = 128 * 1024


class DiskReserve:
    """The disk reserve of one ledger: a file whose deletion frees space for the outcomes of calls.

    ``database`` is the SQLite file; None for PostgreSQL, which needs no reserve.
    """

    def __init__(self, database: Path | None) -> None:
        self._path = database.with_name(f"{database.name}-ballast") if database else None
        self._kept = False

    def keep(self) -> None:
        """Create the reserve file, which keeps disk space free for outcomes of calls, unless it exists.

        Raises:
            LedgerError: the disk has no space for the file.
        """
        if self._path is None or (self._kept and self._path.exists()):
            return
        try:
            with self._path.open("wb") as file:
                file.write(bytes(_SIZE))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.release()
            raise LedgerError(LedgerCode.NO_ROOM_BESIDE(words=error.strerror)) from error
        self._kept = True

    def release(self) -> None:
        """Delete the reserve file, so that its disk space is free for storing the outcomes of calls."""
        self._kept = False
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the reserve file (which keeps disk space free for outcomes of calls) if this process created
        it.
        """
        if self._kept:
            self.release()


class LedgerParts(NamedTuple):
    """The objects that all stores of a ledger share.

    They are the database connections, the list of the services that run on the ledger, the disk reserve, the
    fence (which detects that the ledger was restored from a backup), and the check of it after a failover.
    """

    database: Database
    instances: Instances
    disk_reserve: DiskReserve
    fence: Fence
    failovers: FailoverCheck


class LedgerStore:
    """The base class of the ledger's stores. Each public method of a store is one transaction.

    All stores of a ledger share one database. Inside `Database.share_transaction` and `Database.view`, the
    methods of all stores join the one transaction of the block.
    """

    def __init__(self, parts: LedgerParts) -> None:
        self._database, self._instances, self._disk_reserve, self._fence, self._failovers = parts

    def _fetch(self, query: Select[Any], values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Return all rows of a query of the ledger, which runs in a read transaction with the parameters
        ``values``.
        """
        with self._database.read() as tx:
            return tx.execute(query, values).all()

    def _fetch_first(self, query: Select[Any]) -> Row[Any] | None:
        """Return the first row of a query of the ledger, which runs in a read transaction; None if there is
        no row.
        """
        with self._database.read() as tx:
            return tx.execute(query).first()

    def _fetch_posts(self, query: Select[Any]) -> list[Post]:
        """Return the posts that a query built by `select_posts` finds, in one read transaction."""
        with self._database.read() as tx:
            return to_posts(tx, tx.execute(query))

    def _write(self, statement: UpdateBase) -> int:
        """Run one statement in a write transaction of which no other process is notified; return its number
        of rows.
        """
        with self._database.write(notify=False) as tx:
            return int(tx.execute(statement).rowcount)
