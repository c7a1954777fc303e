"""The ledger as one object."""

import os
import sqlite3
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import URL, text

from newsbot.errors import LedgerError, UsageError
from newsbot.ledger import migrations
from newsbot.ledger.amendments import Amendments
from newsbot.ledger.approvals import Approvals
from newsbot.ledger.articles import Articles
from newsbot.ledger.ballast import Ballast
from newsbot.ledger.blocked import Blocks
from newsbot.ledger.blocking import SourceBlocks
from newsbot.ledger.changes import Changes
from newsbot.ledger.channels import Channels
from newsbot.ledger.database import Database
from newsbot.ledger.desk import Desk
from newsbot.ledger.editing import Editing
from newsbot.ledger.embargoes import Embargoes
from newsbot.ledger.failures import explain, place
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import PostgresInstances, SqliteInstances
from newsbot.ledger.marks import Marks, places
from newsbot.ledger.moves import because
from newsbot.ledger.notices import Notices
from newsbot.ledger.planning import Planning
from newsbot.ledger.polls import Polls
from newsbot.ledger.posts import Posts
from newsbot.ledger.questions import Questions
from newsbot.ledger.regulars import Regulars
from newsbot.ledger.sending import Sending
from newsbot.ledger.services import Services
from newsbot.ledger.sources import Sources
from newsbot.ledger.stories import Stories
from newsbot.ledger.stranded import Stranded
from newsbot.ledger.twins import Twins
from newsbot.ledger.unknowns import Unknowns

__all__ = ["SqlLedger"]


class SqlLedger(
    Sources,
    Polls,
    Articles,
    Changes,
    Twins,
    Posts,
    Approvals,
    Editing,
    Sending,
    Unknowns,
    Channels,
    Stories,
    Questions,
    Planning,
    Embargoes,
    Regulars,
    Amendments,
    Blocks,
    SourceBlocks,
    Notices,
    Services,
    Desk,
    Stranded,
):
    """The Ledger port on SQLite or PostgreSQL.

    ``folder`` is where the mark of a PostgreSQL ledger is kept, None for nowhere. ``busy``: seconds that a
    call waits for another's lock; None for what the kind of database is given.
    """

    def __init__(self, url: URL, *, folder: Path | None = None, busy: float | None = None) -> None:
        self._database = Database(url, busy=busy)
        instances = SqliteInstances if self._database.sqlite else PostgresInstances
        self._presence = instances(self._database)
        self._ballast = Ballast(Path(str(url.database)) if self._database.sqlite else None)
        marks = Marks(*places(url, folder), needed=self._database.sqlite)
        self._fence = Fence(self._database, marks)

    def prepare(self, *, upgrade: bool) -> None:
        migrations.prepare(self._database, upgrade=upgrade)

    def hold(self) -> None:
        self._presence.hold()

    def because(self, cause: str) -> AbstractContextManager[None]:
        return because(cause)

    def view(self) -> AbstractContextManager[None]:
        return self._database.view()

    def changed(self) -> bool:
        return self._presence.changed()

    def check(self) -> None:
        if self._database.sqlite and not Path(str(self._database.url.database)).exists():
            raise LedgerError(f"{place(self._database.url)} is gone: restore it from a backup")
        with self._database.write(notify=False) as tx:
            migrations.verify(tx, self._database)

    def time(self) -> tuple[datetime, float] | None:
        """As it was in the middle of the exchange that asked for it."""
        if self._database.sqlite:
            return None
        with self._database.read() as tx:
            tx.execute(text("SELECT 1"))  # BEGIN, and whatever a new connection needs, is done with it
            began = monotonic()
            found: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC), (began + monotonic()) / 2

    def backup(self, path: str) -> None:
        """Raises UsageError where ``path`` exists already."""
        if not self._database.sqlite:
            raise UsageError("the database is on PostgreSQL: back it up with pg_dump")
        target = Path(path)
        if target.exists():
            raise UsageError(f"{target} exists already: name a new file for the backup")
        try:
            _copy(str(self._database.url.database), target)
        except sqlite3.Error as error:
            raise explain(error, self._database.url.set(database=str(target))) from error
        except OSError as error:
            raise UsageError(f"{target} can't be written: {error.strerror}") from error

    def close(self) -> None:
        self._ballast.close()
        self.release_desk()
        self._presence.close()
        self._database.close()


def _copy(database: str, target: Path) -> None:
    """All in one step, so that writers can't make it begin again; under its name only when it is whole."""
    partial = target.with_name(f"{target.name}.partial")
    source, copy = sqlite3.connect(database), sqlite3.connect(partial)
    try:
        source.backup(copy)
    finally:
        source.close()
        copy.close()
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(target)
