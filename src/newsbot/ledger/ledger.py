"""The ledger: its database, its stores, and the record of the services that run on it."""

import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import URL, delete, select, text

from newsbot.errors import LedgerError
from newsbot.ledger import migrations
from newsbot.ledger.actions import ActionsStore
from newsbot.ledger.alerts import AlertsStore, has_kind
from newsbot.ledger.articles import ArticlesStore
from newsbot.ledger.backups import restore_backup, write_backup
from newsbot.ledger.changes import ChangesStore
from newsbot.ledger.channels import ChannelsStore
from newsbot.ledger.database import Database, get_shown_name, parse_url
from newsbot.ledger.delivery import DeliveryStore
from newsbot.ledger.desk import DeskStore
from newsbot.ledger.dialects import put_row
from newsbot.ledger.digests import DigestsStore
from newsbot.ledger.due_work import DueWorkStore
from newsbot.ledger.failovers import FailoverCheck, find_commit_risk
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import PostgresInstances, SqliteInstances
from newsbot.ledger.moved_file import find_past_move
from newsbot.ledger.posts import PostsStore
from newsbot.ledger.progress_marks import ProgressMarks, list_mark_paths
from newsbot.ledger.schedule import ScheduleStore
from newsbot.ledger.schema import instance, lease, notice
from newsbot.ledger.sources import SourcesStore
from newsbot.ledger.stage_results import StageResultsStore
from newsbot.ledger.store import DiskReserve, LedgerParts, LedgerStore
from newsbot.ports import ALL_ROLES, JobQueue, ServiceRole
from newsbot.ports.alerts import RunningService
from newsbot.reasons import LedgerCode

if TYPE_CHECKING:
    from newsbot.ledger.move import MoveStep

__all__ = ["Ledger"]

# The beginning of the keys in the table `notice` under which each running service stores its failing tasks.
_KIND = "service"
# While a ledger is moved to PostgreSQL, a transaction may wait this many seconds for a lock, and its
# statements get time limits that are longer accordingly.
_MOVE_BUSY = 60.0


class Ledger(LedgerStore):
    """The ledger: newsbot's only record of what was sent, on SQLite or PostgreSQL.

    Its methods are synchronous; the service calls them on a thread of their own. The data is reached through
    the ledger's stores, which share one database; a caller uses only the stores that it needs. Every method
    of a store is one transaction. Any method may raise LedgerBusy (another process keeps the database locked
    for longer than the timeout) or LedgerError (the database is gone, full or read-only); a method's
    docstring names further errors. A post id that is unknown, or whose check character is wrong, raises
    UsageError naming the id.

    ``folder`` is where the progress mark of a PostgreSQL ledger is stored, None for no mark. The mark is a
    file with the number of the last call to a platform, which shows whether a restored ledger lacks calls.
    ``busy`` is how many seconds a transaction waits for a lock of another process; None means the default for
    SQLite or PostgreSQL. In ``job_queue``, a transaction that brings work stores jobs; None for no jobs.
    """

    def __init__(
        self,
        url: URL,
        *,
        folder: Path | None = None,
        busy: float | None = None,
        job_queue: JobQueue | None = None,
    ) -> None:
        self._folder = folder or Path.cwd()
        parts = _connect(url, folder, busy)
        parts.database.job_queue = job_queue
        super().__init__(parts)
        self._parts = parts
        self.sources = SourcesStore(parts)
        self.articles = ArticlesStore(parts)
        self.stages = StageResultsStore(parts)
        self.changes = ChangesStore(parts)
        self.digests = DigestsStore(parts)
        self.posts = PostsStore(parts)
        self.schedule = ScheduleStore(parts)
        self.channels = ChannelsStore(parts)
        self.delivery = DeliveryStore(parts)
        self.actions = ActionsStore(parts)
        self.desk = DeskStore(parts)
        self.alerts = AlertsStore(parts)
        self.instances = parts.instances
        self.due_work = DueWorkStore(parts)

    def prepare(self, *, upgrade: bool) -> None:
        """Create the database schema if there is none; migrate an older schema if ``upgrade`` is true.

        Raises:
            LedgerTooNew: a newer newsbot changed the schema, and this version can't work with it.
            LedgerTaken: a running service of an older version could not work with the new schema.
            LedgerError: the schema is older and ``upgrade`` is false, or the database is not writable.
        """
        migrations.prepare(self._database, self._instances.list_living, upgrade=upgrade)

    def acquire_instance_lock(
        self, *, now: datetime | None = None, roles: Collection[ServiceRole] = ALL_ROLES
    ) -> None:
        """Acquire the instance lock, which makes this process a service, and hold the lock until `close`.

        ``roles`` are what the service does, for `list_running_services`.

        If the ledger was restored from a backup, every post that may be published without the ledger's
        knowledge is marked as `unknown`; see `AlertsStore.get_pending_restore`. ``now`` defaults to the
        database's time.

        Raises:
            LedgerTaken: the ledger is SQLite and another service holds its lock.
        """
        self._instances.acquire_instance_lock(roles)
        if now is None:
            told = self.get_time()
            now = told[0] if told else datetime.now(UTC)
        self._fence.raise_(now)
        with self._database.read() as tx:
            self._failovers.start(tx)

    def view(self) -> AbstractContextManager[None]:
        """Make all reads of the ledger in the ``with`` block share one read transaction.

        Only reads by the block's thread share the transaction, and the block may not write to the ledger. On
        PostgreSQL, each read then saves the two round trips that a transaction of its own would need.
        """
        return self._database.view()

    def has_changed(self) -> bool:
        """Return whether another process has, or may have, committed to the database since the last call.

        A call is cheap enough for four calls a second.
        """
        if self._failovers.is_due:
            told = self.get_time()
            self.delivery.verify_after_failover(now=told[0] if told else datetime.now(UTC))
        return self._instances.has_changed()

    def check(self) -> None:
        """Check that the ledger's database exists, can be written, and has a schema for this version.

        Raises:
            LedgerError: the database is missing or not writable, or this version can't work with its schema.
        """
        if self._database.sqlite and not Path(str(self._database.url.database)).exists():
            raise LedgerError(LedgerCode.DATABASE_GONE(name=get_shown_name(self._database.url)))
        with self._database.write(notify=False) as tx:
            migrations.verify(tx, self._database)

    def get_time(self) -> tuple[datetime, float] | None:
        """Return the database's time and the ``time.monotonic`` reading of that moment.

        Returns None on SQLite, which has no clock of its own.
        """
        if self._database.sqlite:
            return None
        with self._database.read() as tx:
            # The database's time is read by the second statement. The first one completes BEGIN and the setup
            # of a new connection, so that the second one takes only a round trip to the server.
            tx.execute(text("SELECT 1"))
            began = monotonic()
            found: datetime = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
            return found.astimezone(UTC), (began + monotonic()) / 2

    @property
    def is_marking_posts(self) -> bool:
        """Return whether this process makes the posts of a restored ledger unknown now."""
        return self._fence.is_marking_posts

    def find_commit_risk(self) -> Literal["crash", "failover"] | None:
        """Return what may make the PostgreSQL server lose the last commits.

        Returns None if the server's settings prevent that, and on SQLite, where each commit waits for the
        disk.
        """
        if self._database.sqlite:
            return None
        with self._database.read() as tx:
            return find_commit_risk(tx, self._database.url)

    def report_failed_parts(self, failed: list[dict[str, Any]], *, now: datetime) -> None:
        """Store which tasks of this service fail now, in place of the tasks that the service stored before.

        ``failed`` are JSON objects, one for each failing task.
        """
        me = self._instances.me
        if me is None:
            return
        detail, numbers = json.dumps(failed, ensure_ascii=False), select(instance.c.id)
        with self._database.write(notify=False) as tx:
            living = {f"{_KIND}:{number}" for number in tx.execute(numbers).scalars()}
            gone = has_kind(_KIND, sqlite=self._database.sqlite) & notice.c.key.not_in(living)
            tx.execute(delete(notice).where(gone))
            put_row(tx, notice, "key", key=f"{_KIND}:{me}", at=now, detail=detail)

    def list_running_services(self) -> list[RunningService]:
        """Return the services that run on this ledger now; the service that started first comes first."""
        with self._database.read() as tx:
            living = set(self._instances.list_living(tx))
            rows = [row for row in tx.execute(select(instance).order_by(instance.c.id)) if row.id in living]
            keys = [f"{_KIND}:{row.id}" for row in rows]
            details = select(notice.c.key, notice.c.detail).where(notice.c.key.in_(keys))
            said = dict(map(tuple, tx.execute(details)))
        return [
            RunningService(
                row.host, row.pid, tuple(json.loads(said.get(key, "[]"))), row.version, _split(row.roles)
            )
            for key, row in zip(keys, rows, strict=True)
        ]

    def list_lease_holders(self, *, now: datetime) -> dict[str, str]:
        """Return for each lease (a right that one service has at a time) the service that has it, as
        ``HOST:PID``; on SQLite there are no leases.
        """
        holder = select(lease.c.name, instance.c.host, instance.c.pid).where(
            lease.c.holder == instance.c.id, lease.c.until > now
        )
        return {name: f"{host}:{pid}" for name, host, pid in self._fetch(holder)}

    def count_jobs(self) -> Mapping[tuple[str, str], int]:
        """Return the number of the engine's jobs (notes that there is work) by queue and status; empty if the
        engine works without jobs.
        """
        if (queue := self._database.job_queue) is None:
            return {}
        with self._database.read() as tx:
            return queue.count(tx.connection.driver_connection)

    def backup(self, path: str) -> None:
        """Write a consistent copy of the ledger to ``path``, also while other processes write to the ledger.

        PostgreSQL's pg_dump makes the copy of a PostgreSQL ledger.

        Raises:
            UsageError: ``path`` exists or can't be written, or pg_dump is not installed.
            LedgerTooNew: on PostgreSQL, the schema may have tables that this version would leave out.
        """
        if not self._database.sqlite:
            with self._database.read() as tx:
                migrations.refuse_newer_schema(tx, self._database)
        write_backup(self._database.url, Path(path))

    def restore(self, path: str, *, now: datetime) -> Path | None:
        """Replace this ledger with the backup at ``path``, and acquire the instance lock.

        Returns the path under which the replaced ledger is kept; None if there was no ledger.

        Raises:
            LedgerTaken: a service is running.
            UsageError: the file is no backup of a ledger, or it is damaged.
            LedgerTooNew: a newer newsbot wrote the backup.
        """
        self._instances.refuse_others()
        self._fence.note_replaced()
        url, newest = self._database.url, migrations.HEAD
        aside = restore_backup(url, Path(path), newest=newest, folder=self._folder, now=now)
        self._database.take_new_file()
        self.prepare(upgrade=True)
        with self._database.write(notify=False) as tx:
            # No service runs now, so the backup's rows of services that ran when it was made are deleted.
            tx.execute(delete(instance))
            tx.execute(delete(lease))
        self.acquire_instance_lock(now=now)
        return aside

    def find_new_place(self) -> str | None:
        """Return the address of the database that this ledger was moved to; None if it was not moved."""
        if not self._database.sqlite:
            return None
        with self._database.read() as tx:
            past = find_past_move(tx)
        return past.place if past else None

    def move(self, address: str, *, now: datetime, tell: "MoveStep") -> str:
        """Move this SQLite ledger to the empty PostgreSQL database at ``address``.

        A move that was cut off goes on. ``tell`` is called after each step. Returns the address without its
        password.

        Raises:
            UsageError: this ledger is not on SQLite or does not exist, or the database is not empty.
            LedgerGone: this ledger was moved to another database before.
            LedgerTaken: a service is running on this ledger or on the database.
            LedgerError: PostgreSQL does not take a row, or a row there differs from this ledger's.
        """
        # This import needs PostgreSQL's driver, so it is made only if a ledger is moved.
        from newsbot.ledger.move import move_ledger  # noqa: PLC0415

        target = _connect(parse_url(address, None), self._folder, _MOVE_BUSY)
        try:
            return move_ledger(self._parts, target, now=now, tell=tell)
        finally:
            target.fence.close()
            target.database.close()

    def close(self) -> None:
        """Close the database connections and files of the ledger, and release the lock that makes this
        process a service.
        """
        self._fence.close()
        self._disk_reserve.close()
        self._instances.close()
        self._database.close()


def _split(roles: str | None) -> tuple[str, ...]:
    return tuple(roles.split(",")) if roles else ()


def _connect(url: URL, folder: Path | None, busy: float | None) -> LedgerParts:
    """Make the connections to the ledger at ``url`` and the objects that its stores share."""
    database = Database(url, busy=busy)
    failovers = FailoverCheck(database)
    marks = ProgressMarks(*list_mark_paths(url, folder), needed=database.sqlite)
    return LedgerParts(
        database,
        SqliteInstances(database) if database.sqlite else PostgresInstances(database, failovers),
        DiskReserve(Path(str(url.database)) if database.sqlite else None),
        Fence(database, marks),
        failovers,
    )
