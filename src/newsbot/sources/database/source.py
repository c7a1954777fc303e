"""The database source: it runs each scan of a CMS's database in a thread and returns the result as a `Poll`.

The thread is a daemon, so that a database that never answers can't keep newsbot from stopping.
"""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from newsbot.errors import SourceError
from newsbot.model import Item
from newsbot.ports import Poll
from newsbot.reasons import SourceCode
from newsbot.sources.database.settings import DatabaseSettings
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers
    from newsbot.sources.database.connection import DatabaseConnection
    from newsbot.sources.database.cursor import RowSource
    from newsbot.sources.database.scan import DatabaseScan, ScanResult

__all__ = ["DatabaseSource", "SerialThreadRunner"]

T = TypeVar("T")


class SerialThreadRunner:
    """A runner of blocking database calls, which runs one call at a time in a thread.

    The runner refuses a further call while one is running.
    """

    def __init__(self) -> None:
        self.busy = False

    async def __call__(self, call: Callable[[], T], *, within: float) -> T:
        """Run ``call`` in a thread, and return the call's result or raise its error.

        A call that takes too long goes on in the thread, and its result is lost.

        Raises:
            SourceError: The call took over ``within`` seconds, or the previous call is still running.
        """
        if self.busy:
            raise SourceError(SourceCode.DATABASE_STILL_BUSY())
        self.busy = True

        def work() -> T:
            try:
                return call()
            finally:
                self.busy = False

        try:
            # asyncio.wait_for is not used, because it might swallow the cancellation of the task.
            async with asyncio.timeout(within):
                return await run_in_thread(work, name="newsbot-database")
        except TimeoutError:
            raise SourceError(SourceCode.DATABASE_TOO_SLOW(n=round(within))) from None


_STATEMENTS = 4  # A poll may take this many times as long as one statement may take at most.


class DatabaseSource:
    """A source that reads articles from a CMS's database.

    The source's stored cursor is a `CursorState` with one more key: ``of``, a hash of the settings that
    decide which rows are read. The cursor contains no password.
    """

    Settings = DatabaseSettings

    def __init__(
        self, name: str, settings: DatabaseSettings, fetcher: "Fetcher | None", workers: "Workers | None"
    ) -> None:
        # Every source gets a fetcher and workers, but a database source fetches nothing over HTTP.
        del fetcher, workers
        self.name = name
        self._settings = settings
        self._of = _source_hash(settings)
        self._patience = settings.timeout.total_seconds()
        self._thread = SerialThreadRunner()
        self._link: DatabaseConnection | None = None
        self._rows: RowSource | None = None

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Scan the database once, and return the new, changed and removed articles.

        Raises:
            SourceError: The database can't be queried, or took too long.
        """
        # The variable `new_selection` is true at the first poll, and at the first poll after config.yaml was
        # changed to select other rows.
        new_selection = cursor.get("of") != self._of
        look = await self._run_in_thread(lambda: self._scan({} if new_selection else cursor))
        memory = {"of": self._of, **look.memory.dump()}
        return Poll(
            tuple(look.items),
            memory,
            gone=tuple(look.gone),
            past=frozenset(look.past),
            new_selection=new_selection,
            soon=look.soon,
        )

    def serves(self, url: str) -> bool:
        """Return True for any web address: the database's own address doesn't show which site it serves."""
        return url.lower().startswith(("http://", "https://"))

    async def find(self, url: str) -> Item | None:
        """Return the published article at the web address ``url``; None if the database has none.

        Raises:
            SourceError: The database can't be queried.
        """
        return await self._run_in_thread(lambda: self._find_item(url))

    async def examine(self) -> tuple[list[str], list[str]]:
        """Examine the database for the command `check --online`.

        Return two lists of lines: what was found, and what the operator must correct.

        Raises:
            SourceError: The database can't be queried.
        """
        return await self._run_in_thread(self._diagnose)

    async def close(self) -> None:
        """Close the connection to the database, unless a call in the thread is still using it."""
        if self._link is not None and not self._thread.busy:
            self._link.close()

    async def _run_in_thread(self, call: Callable[[], T]) -> T:
        return await self._thread(call, within=min(90.0, _STATEMENTS * self._patience + 15))

    def _scan(self, cursor: dict[str, Any]) -> "ScanResult":
        from newsbot.sources.database.cursor import CursorState  # noqa: PLC0415

        looking, link = self._make_scan()
        return looking.scan_again(link.view, CursorState.load(cursor)) if cursor else looking.first(link.view)

    def _find_item(self, url: str) -> Item | None:
        looking, link = self._make_scan()
        return looking.find_by_url(link.view, url)

    def _diagnose(self) -> tuple[list[str], list[str]]:
        from newsbot.sources.database.diagnostics import examine  # noqa: PLC0415

        looking, link = self._make_scan()
        return examine(link, looking, self._settings)

    def _make_scan(self) -> "tuple[DatabaseScan, DatabaseConnection]":
        """Return the object that scans the database, and the connection to the database.

        The first call imports SQLAlchemy, which takes long, so the method is called in the thread.
        """
        from newsbot.sources.database.connection import DatabaseConnection  # noqa: PLC0415
        from newsbot.sources.database.scan import DatabaseScan  # noqa: PLC0415

        settings = self._settings
        if self._link is None:
            self._link = DatabaseConnection(settings.url.get_secret_value(), patience=self._patience)
        if self._rows is None:
            self._rows = _make_row_source(settings, self._link)
        looking = DatabaseScan(
            self._rows, settings.overlap, settings.timezone, settings.backfill, settings.every
        )
        return looking, self._link


def _make_row_source(settings: DatabaseSettings, link: "DatabaseConnection") -> "RowSource":
    if settings.preset == "wordpress":
        from newsbot.sources.database.diagnostics import require_prefix  # noqa: PLC0415
        from newsbot.sources.database.wordpress import WordPressRowSource  # noqa: PLC0415

        require_prefix(link, settings.prefix)
        return WordPressRowSource(settings)
    from newsbot.sources.database.query import QueryRowSource  # noqa: PLC0415

    return QueryRowSource(settings)


def _source_hash(settings: DatabaseSettings) -> str:
    """Return a hash of the settings that decide which rows are read; it ignores user and password."""
    parts = urlsplit(settings.url.get_secret_value())
    place = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
    read = (settings.preset, settings.query, settings.cursor, settings.prefix, sorted(settings.post_types))
    return sha256(repr((place, read)).encode()).hexdigest()[:16]
