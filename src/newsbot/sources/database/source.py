"""The database source: a look in a thread of its own, and what it found as a Poll.

The thread is a daemon, so that a database that never answers can't keep a stopped newsbot from ending.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from newsbot.errors import SourceError
from newsbot.model import Item
from newsbot.ports import Poll
from newsbot.sources.database.settings import DatabaseSettings

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers
    from newsbot.sources.database.connection import DatabaseConnection
    from newsbot.sources.database.row_source import RowSource
    from newsbot.sources.database.scan import DatabaseScan, ScanResult

__all__ = ["DatabaseSource", "SerialThreadRunner"]

T = TypeVar("T")


class SerialThreadRunner:
    """Runs a call after the one before it has ended, and no other."""

    def __init__(self) -> None:
        self.busy = False

    async def __call__(self, call: Callable[[], T], *, within: float) -> T:
        """What ``call`` gives or raises; it is left alone where it takes longer.

        Raises:
            SourceError: it took over ``within`` seconds, or the one before it is still at it.
        """
        if self.busy:
            raise SourceError(
                "its database has not answered the last poll yet; newsbot goes on waiting for it"
            )
        self.busy = True
        ending: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        Thread(target=self._run_call, args=(call, ending), name="newsbot-database", daemon=True).start()
        try:
            async with asyncio.timeout(within):  # not wait_for, which may forget that it is cancelled
                return await ending
        except TimeoutError:
            raise SourceError(
                f"its database did not answer within {within:.0f} s; is it overloaded?"
            ) from None

    def _run_call(self, call: Callable[[], T], ending: "asyncio.Future[T]") -> None:
        result: T | None = None
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001  it belongs to whoever waits
            failure = error
        self.busy = False
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            ending.get_loop().call_soon_threadsafe(_set_outcome, ending, result, failure)


def _set_outcome(ending: "asyncio.Future[T]", result: T | None, failure: Exception | None) -> None:
    if ending.done():
        return
    if failure:
        ending.set_exception(failure)
    else:
        ending.set_result(result)  # type: ignore[arg-type]  # without a failure it is the call's


_STATEMENTS = 4  # as long as the longest may take, a poll may last


class DatabaseSource:
    """The cursor's ``of`` is a hash of what is read; the rest is `CursorState`'s. It holds no password."""

    Settings = DatabaseSettings

    def __init__(
        self, name: str, settings: DatabaseSettings, fetcher: "Fetcher | None", workers: "Workers | None"
    ) -> None:
        del fetcher, workers  # every kind is given them
        self.name = name
        self._settings = settings
        self._of = _source_hash(settings)
        self._patience = settings.timeout.total_seconds()
        self._thread = SerialThreadRunner()
        self._link: DatabaseConnection | None = None
        self._make_row_source: RowSource | None = None

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Look once.

        Raises:
            SourceError: as the port says.
        """
        anew = cursor.get("of") != self._of  # at first sight, or another query stands in config.yaml now
        look = await self._run_in_thread(lambda: self._scan({} if anew else cursor))
        memory = {"of": self._of, **look.memory.dump()}
        return Poll(
            tuple(look.items),
            memory,
            gone=tuple(look.gone),
            past=frozenset(look.past),
            anew=anew,
            soon=look.soon,
        )

    def serves(self, url: str) -> bool:
        """Its rows tell their addresses; the database's own says nothing about them."""
        return url.lower().startswith(("http://", "https://"))

    async def find(self, url: str) -> Item | None:
        """The row with that address, if it is published.

        Raises:
            SourceError: the database can't be asked.
        """
        return await self._run_in_thread(lambda: self._find_item(url))

    async def examine(self) -> tuple[list[str], list[str]]:
        """For `check --online`: what is fine, and what an administrator should mend.

        Raises:
            SourceError: the database can't be asked.
        """
        return await self._run_in_thread(self._diagnose)

    async def close(self) -> None:
        """Give the connection back, unless a call still hangs in it."""
        if self._link is not None and not self._thread.busy:
            self._link.close()

    async def _run_in_thread(self, call: Callable[[], T]) -> T:
        return await self._thread(call, within=min(90.0, _STATEMENTS * self._patience + 15))

    def _scan(self, cursor: dict[str, Any]) -> "ScanResult":
        from newsbot.sources.database.cursor import CursorState  # noqa: PLC0415

        looking, link = self._make_scan()
        return looking.again(link.view, CursorState.load(cursor)) if cursor else looking.first(link.view)

    def _find_item(self, url: str) -> Item | None:
        looking, link = self._make_scan()
        return looking.at(link.view, url)

    def _diagnose(self) -> tuple[list[str], list[str]]:
        from newsbot.sources.database.diagnostics import examine  # noqa: PLC0415

        looking, link = self._make_scan()
        return examine(link, looking, self._settings)

    def _make_scan(self) -> "tuple[DatabaseScan, DatabaseConnection]":
        """SQLAlchemy comes with the first look, in its thread."""
        from newsbot.sources.database.connection import DatabaseConnection  # noqa: PLC0415
        from newsbot.sources.database.scan import DatabaseScan  # noqa: PLC0415

        settings = self._settings
        if self._link is None:
            self._link = DatabaseConnection(settings.url.get_secret_value(), patience=self._patience)
        if self._make_row_source is None:
            self._make_row_source = _make_row_source(settings, self._link)
        looking = DatabaseScan(
            self._make_row_source, settings.overlap, settings.timezone, settings.backfill, settings.every
        )
        return looking, self._link


def _make_row_source(settings: DatabaseSettings, link: "DatabaseConnection") -> "RowSource":
    if settings.preset == "wordpress":
        from newsbot.sources.database.prefixes import require_prefix  # noqa: PLC0415
        from newsbot.sources.database.wordpress import WordPressRowSource  # noqa: PLC0415

        require_prefix(link, settings.prefix)
        return WordPressRowSource(settings)
    from newsbot.sources.database.query import QueryRowSource  # noqa: PLC0415

    return QueryRowSource(settings)


def _source_hash(settings: DatabaseSettings) -> str:
    """Of which rows are read: without user and password, which may change."""
    parts = urlsplit(settings.url.get_secret_value())
    place = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
    read = (settings.preset, settings.query, settings.cursor, settings.prefix, sorted(settings.post_types))
    return sha256(repr((place, read)).encode()).hexdigest()[:16]
