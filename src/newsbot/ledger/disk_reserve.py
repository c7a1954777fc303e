"""A reserve of disk space for storing the outcomes of the calls to platforms that are running.

When a claim (the right to make a call) is committed, the disk has space; when the platform answers, the disk
may be full. So newsbot creates a file beside an SQLite database, which takes up some disk space, before it
makes claims, and deletes the file if the disk has no space for an outcome. Without the file newsbot makes no
claim, so that it sends nothing whose outcome it could not store.
"""

import os
from contextlib import suppress
from pathlib import Path

from newsbot.errors import LedgerError
from newsbot.reasons import LedgerCode

__all__ = ["DiskReserve"]

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
        """Create the reserve file unless it exists.

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
            self.give()
            raise LedgerError(LedgerCode.NO_ROOM_BESIDE(words=error.strerror)) from error
        self._kept = True

    def give(self) -> None:
        """Delete the reserve file to free its disk space."""
        self._kept = False
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete the reserve file if this process created it."""
        if self._kept:
            self.give()
