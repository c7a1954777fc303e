"""The ledger as one object."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import URL, text

from newsbot.errors import LedgerError
from newsbot.ledger import migrations
from newsbot.ledger.alerts import Alerting
from newsbot.ledger.amendments import Amendments
from newsbot.ledger.approvals import Approvals
from newsbot.ledger.articles import Articles
from newsbot.ledger.backups import back_up, put_back
from newsbot.ledger.changes import Changes
from newsbot.ledger.channels import Channels
from newsbot.ledger.database import Database, place
from newsbot.ledger.desk import Desk
from newsbot.ledger.digests import Regulars
from newsbot.ledger.disk_reserve import Ballast
from newsbot.ledger.due_times import Planning
from newsbot.ledger.embargoes import Embargoes
from newsbot.ledger.fence import Fence
from newsbot.ledger.flags import Flags
from newsbot.ledger.instances import PostgresInstances, SqliteInstances
from newsbot.ledger.notices import Notices, Restores, Services
from newsbot.ledger.polls import Polls
from newsbot.ledger.posts import Editing, Posts, Questions, Stories
from newsbot.ledger.progress_marks import Marks, places
from newsbot.ledger.sending import Sending
from newsbot.ledger.sources import SourceBlocks, Sources, Twins
from newsbot.ledger.stranded import Stranded
from newsbot.ledger.takedown_blocks import Blocks
from newsbot.ledger.transitions import because
from newsbot.ledger.unknowns import Unknowns

__all__ = ["SqlLedger"]


class SqlLedger(
    Sources,
    Polls,
    Articles,
    Changes,
    Flags,
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
    Restores,
    Services,
    Desk,
    Stranded,
    Alerting,
):
    """The Ledger port on SQLite or PostgreSQL.

    ``folder`` is where the mark of a PostgreSQL ledger is kept, None for nowhere. ``busy``: seconds that a
    call waits for another's lock; None for what the kind of database is given.
    """

    def __init__(self, url: URL, *, folder: Path | None = None, busy: float | None = None) -> None:
        self._database = Database(url, busy=busy)
        instances = SqliteInstances if self._database.sqlite else PostgresInstances
        self._presence = instances(self._database)
        self._folder = folder or Path.cwd()
        self._ballast = Ballast(Path(str(url.database)) if self._database.sqlite else None)
        marks = Marks(*places(url, folder), needed=self._database.sqlite)
        self._fence = Fence(self._database, marks)

    def prepare(self, *, upgrade: bool) -> None:
        migrations.prepare(self._database, upgrade=upgrade)

    def hold(self, *, now: datetime | None = None) -> None:
        self._presence.hold()
        if now is None:
            told = self.time()
            now = told[0] if told else datetime.now(UTC)
        self._fence.raise_(now)

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
        back_up(self._database.url, Path(path))

    def restore(self, path: str, *, now: datetime) -> Path | None:
        """Under the instance lock of SQLite; on PostgreSQL no service may be seen to run."""
        self._presence.refuse_others()
        put = put_back(self._database.url, Path(path), newest=migrations.HEAD, folder=self._folder, now=now)
        self._database.take_new_file()
        self.prepare(upgrade=True)
        self.hold(now=now)
        return put.aside

    def close(self) -> None:
        self._fence.close()
        self._ballast.close()
        self.release_desk()
        self._presence.close()
        self._database.close()
