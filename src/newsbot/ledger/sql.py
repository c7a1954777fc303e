"""The Ledger port on a SQL database, put together from its parts."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from sqlalchemy import URL, text

from newsbot.errors import LedgerError
from newsbot.ledger import migrations
from newsbot.ledger.alerts import AlertsStore
from newsbot.ledger.amendments import AmendmentsStore
from newsbot.ledger.approvals import ApprovalsStore
from newsbot.ledger.articles import ArticlesStore
from newsbot.ledger.backups import restore_backup, write_backup
from newsbot.ledger.changes import ChangesStore
from newsbot.ledger.channels import ChannelsStore
from newsbot.ledger.database import Database, place
from newsbot.ledger.desk import DeskStore
from newsbot.ledger.digests import DigestsStore
from newsbot.ledger.disk_reserve import DiskReserve
from newsbot.ledger.due_times import DueTimesStore
from newsbot.ledger.embargoes import EmbargoesStore
from newsbot.ledger.fence import Fence
from newsbot.ledger.flags import Flags
from newsbot.ledger.instances import PostgresInstances, SqliteInstances
from newsbot.ledger.notices import NoticesStore, RestoresStore, ServicesStore
from newsbot.ledger.polls import PollsStore
from newsbot.ledger.posts import PostBatchesStore, PostEditsStore, PostHistoryStore, PostsStore
from newsbot.ledger.progress_marks import ProgressMarks, list_mark_paths
from newsbot.ledger.sending import SendingStore
from newsbot.ledger.sources import ShownArticlesStore, SourceBlocksStore, SourcesStore
from newsbot.ledger.stranded import StrandedPostsStore
from newsbot.ledger.takedown_blocks import TakedownBlocksStore
from newsbot.ledger.transitions import set_event_cause
from newsbot.ledger.unknowns import UnknownPostsStore

__all__ = ["SqlLedger"]


class SqlLedger(
    SourcesStore,
    PollsStore,
    ArticlesStore,
    ChangesStore,
    Flags,
    ShownArticlesStore,
    PostsStore,
    ApprovalsStore,
    PostEditsStore,
    SendingStore,
    UnknownPostsStore,
    ChannelsStore,
    PostHistoryStore,
    PostBatchesStore,
    DueTimesStore,
    EmbargoesStore,
    DigestsStore,
    AmendmentsStore,
    TakedownBlocksStore,
    SourceBlocksStore,
    NoticesStore,
    RestoresStore,
    ServicesStore,
    DeskStore,
    StrandedPostsStore,
    AlertsStore,
):
    """The Ledger port on SQLite or PostgreSQL.

    ``folder`` is where the mark of a PostgreSQL ledger is kept, None for nowhere. ``busy`` is how many
    seconds a call waits for a lock of another; None means the default of the kind of database.
    """

    def __init__(self, url: URL, *, folder: Path | None = None, busy: float | None = None) -> None:
        self._database = Database(url, busy=busy)
        instances = SqliteInstances if self._database.sqlite else PostgresInstances
        self._presence = instances(self._database)
        self._folder = folder or Path.cwd()
        self._ballast = DiskReserve(Path(str(url.database)) if self._database.sqlite else None)
        marks = ProgressMarks(*list_mark_paths(url, folder), needed=self._database.sqlite)
        self._fence = Fence(self._database, marks)

    def prepare(self, *, upgrade: bool) -> None:
        migrations.prepare(self._database, upgrade=upgrade)

    def acquire_instance_lock(self, *, now: datetime | None = None) -> None:
        self._presence.acquire_instance_lock()
        if now is None:
            told = self.time()
            now = told[0] if told else datetime.now(UTC)
        self._fence.raise_(now)

    def set_event_cause(self, cause: str) -> AbstractContextManager[None]:
        return set_event_cause(cause)

    def view(self) -> AbstractContextManager[None]:
        return self._database.view()

    def has_changed(self) -> bool:
        return self._presence.has_changed()

    def check(self) -> None:
        if self._database.sqlite and not Path(str(self._database.url.database)).exists():
            raise LedgerError(f"{place(self._database.url)} is gone: restore it from a backup")
        with self._database.write(notify=False) as tx:
            migrations.verify(tx, self._database)

    def time(self) -> tuple[datetime, float] | None:
        """Return the database's time, with the local clock's reading in the middle of the exchange."""
        if self._database.sqlite:
            return None
        with self._database.read() as tx:
            tx.execute(text("SELECT 1"))  # This completes BEGIN and the setup of a new connection.
            began = monotonic()
            found: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC), (began + monotonic()) / 2

    def backup(self, path: str) -> None:
        write_backup(self._database.url, Path(path))

    def restore(self, path: str, *, now: datetime) -> Path | None:
        """Restore a backup, under SQLite's instance lock; on PostgreSQL no service may be seen running."""
        self._presence.refuse_others()
        put = restore_backup(
            self._database.url, Path(path), newest=migrations.HEAD, folder=self._folder, now=now
        )
        self._database.take_new_file()
        self.prepare(upgrade=True)
        self.acquire_instance_lock(now=now)
        return put.aside

    def close(self) -> None:
        self._fence.close()
        self._ballast.close()
        self.release_desk_lock()
        self._presence.close()
        self._database.close()
