"""Room on the disk, kept for what becomes of calls in flight.

A claim is committed while there is room, and by the time of the answer there may be none. So a file beside an
SQLite database takes up some room as long as claims are made, and gives it back to an outcome that would not
fit. Without it there is no claim: what could not be stored shall not be sent.
"""

import os
from contextlib import suppress
from pathlib import Path

from newsbot.errors import LedgerError

__all__ = ["DiskReserve"]

_SIZE = 128 * 1024  # an outcome writes some 15 pages of 4 KiB; each that is stored leaves room for the next


class DiskReserve:
    """``database`` is the SQLite file, None where there is none to keep room for."""

    def __init__(self, database: Path | None) -> None:
        self._path = database.with_name(f"{database.name}-ballast") if database else None
        self._kept = False

    def keep(self) -> None:
        """Raises LedgerError where there is no room."""
        if self._path is None or (self._kept and self._path.exists()):
            return
        try:
            with self._path.open("wb") as file:
                file.write(bytes(_SIZE))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.give()
            raise LedgerError(
                f"there is no room beside the database for what becomes of calls ({error.strerror}): "
                "free some space; nothing is lost"
            ) from error
        self._kept = True

    def give(self) -> None:
        """Its room is free."""
        self._kept = False
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave nothing behind, where it was kept here."""
        if self._kept:
            self.give()
