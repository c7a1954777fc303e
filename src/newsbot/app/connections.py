"""The connections of a newsbot process to the network, sources, channels and the database.

Each connection is made from the configuration when newsbot first uses it.
"""

import asyncio
import re
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from newsbot.channels import channel_class
from newsbot.channels.settings import PriceSettings
from newsbot.config.models import Config
from newsbot.delivery.photos import PhotoPrefetcher
from newsbot.delivery.reports import Reports
from newsbot.engines import make_job_queue
from newsbot.ports import SUMMARIZER_ACCOUNT, Channel, ChannelTargets, Clock, Source, get_account
from newsbot.scheduling.clock import SharedClock, SystemClock
from newsbot.sources import source_class
from newsbot.threads import SerialThread

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers
    from newsbot.ledger.ledger import Ledger
    from newsbot.newsroom.contradictions.warnings import CheckedReader
    from newsbot.newsroom.preflight import PageChecks
    from newsbot.reading.reader import ArticleReader

__all__ = ["Connections"]

_IMAGE_BYTES = 10 * 1024 * 1024


class Connections:
    """The connections of one newsbot process to the network, sources, channels and the database.

    Each connection is opened on its first use; `close` closes all connections that were opened.
    """

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.config = config
        own = SystemClock() if config.database.startswith("sqlite") else SharedClock()
        self.clock: Clock = clock or own

    @cached_property
    def fetcher(self) -> "Fetcher":
        """Return the HTTP client for sources and articles; the client opens private addresses only if
        config.yaml allows that.
        """
        from newsbot.fetching.fetcher import Fetcher

        return Fetcher(allow_private=self.config.network.allow_private)

    @cached_property
    def _named_fetcher(self) -> "Fetcher":
        """Return the HTTP client for URLs that config.yaml names, which may have private addresses.

        If a response redirects the client to another site, the client opens only addresses that are allowed
        for articles.
        """
        from newsbot.fetching.fetcher import Fetcher

        return Fetcher(allow_private=True, beyond=self.fetcher)

    @cached_property
    def workers(self) -> "Workers":
        """Return the pool of at most two worker processes that parse the pages and feeds which newsbot
        fetched.
        """
        from newsbot.fetching.workers import Workers

        return Workers(count=2)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Return the sources by name, without those whose secrets are missing; `Config.need` reports the
        missing secrets.
        """
        return {
            name: source_class(settings.kind)(name, settings, self.fetcher, self.workers)
            for name, settings in self.config.sources.items()
            if ("sources", name) not in self.config.absent
        }

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """Return the channels by name, including those whose secrets are missing; `Config.need` reports the
        missing secrets.

        Raises:
            ConfigError: a channel lacks more than a secret, so that not even its length limits are known.
        """
        kinds = {name: channel_class(settings.kind) for name, settings in self.config.channels.items()}
        settings = self.config.channels
        lacking = [name for name, kind in kinds.items() if not isinstance(settings[name], kind.Settings)]
        self.config.need("channels", lacking)
        return {name: kind(name, settings[name], self.photos.get) for name, kind in kinds.items()}

    @cached_property
    def photos(self) -> PhotoPrefetcher:
        """Return the component that fetches the photos of posts before the posts are due, for channels to
        send.
        """
        return PhotoPrefetcher(self._fetch_image)

    async def _fetch_image(self, url: str) -> bytes:
        return (await self.fetcher.get(url, max_bytes=_IMAGE_BYTES)).body

    @cached_property
    def article_reader(self) -> "ArticleReader":
        """Return the reader that turns the items found at sources into articles, without checking them."""
        from newsbot.reading.reader import ArticleReader

        return ArticleReader(self.fetcher, self.workers, language=self.config.language)

    @cached_property
    def page_checker(self) -> "PageChecks":
        """Return the component that checks articles' pages over HTTP before their posts are sent."""
        from newsbot.channels.images import read_photo_header
        from newsbot.reading.page_check import PageChecker

        def measure(data: bytes) -> tuple[int, int] | None:
            photo = read_photo_header(data)
            return (photo.width, photo.height) if photo else None

        loopback = self.config.network.allow_private
        return PageChecker(
            self.fetcher, self.workers, measure, language=self.config.language, allow_loopback=loopback
        )

    @cached_property
    def reader(self) -> "CheckedReader":
        """Return the reader of articles that also warns of contradictions in them."""
        from newsbot.newsroom.contradictions.warnings import CheckedReader

        return CheckedReader(self.article_reader, self.clock, self.composing_thread)

    @cached_property
    def ledger(self) -> "Ledger":
        """Return the ledger; nothing checks its database schema until its method `prepare` is called."""
        from newsbot.ledger import open_ledger

        queue = make_job_queue(self.config.engine)
        return open_ledger(self.config.database, base=self.config.folder, job_queue=queue)

    @cached_property
    def on_ledger(self) -> SerialThread:
        """Return the thread on which all calls of the ledger run, one after another."""
        return SerialThread("ledger")

    @cached_property
    def composing_thread(self) -> SerialThread:
        """Return the thread on which posts are composed, so that neither the event loop nor the ledger's
        thread waits for composing.
        """
        return SerialThread("composing")

    @property
    def printable_database_url(self) -> str:
        """Return the database's URL without its password, for messages to people."""
        return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", self.config.database)

    @cached_property
    def targets(self) -> ChannelTargets:
        """Return the chat or account to which each channel posts, by the channel's name.

        The value for a channel is None if the channel's settings do not name a chat or account.
        """
        return {
            name: None if ("channels", name) in self.config.absent else settings.target
            for name, settings in self.config.channels.items()
        }

    @cached_property
    def budgets(self) -> dict[str, Decimal]:
        """Return the monthly budget in USD of each channel that has one, and of the summarizer, by name.

        Channels that post to the same account share the smallest of their budgets.
        """
        budgets: dict[str, Decimal] = {}
        for names in self.accounts:
            own = (getattr(self.config.channels[name], "budget", None) for name in names)
            if known := [budget.month_usd for budget in own if budget and budget.month_usd is not None]:
                budgets |= dict.fromkeys(names, min(known))
        summarizer = getattr(self.config.summarizer, "budget", None)
        if summarizer is not None and summarizer.month_usd is not None:
            budgets[SUMMARIZER_ACCOUNT] = summarizer.month_usd
        return budgets

    @cached_property
    def accounts(self) -> list[list[str]]:
        """Return the names of the channels on platforms that cost money, as one list for each account to
        which channels post.
        """
        accounts: dict[str, list[str]] = {}
        for name, settings in self.config.channels.items():
            if isinstance(settings, PriceSettings):
                accounts.setdefault(get_account(name, self.targets[name]), []).append(name)
        return list(accounts.values())

    @cached_property
    def reports(self) -> Reports:
        """Return the record of which components of this process work and which fail at present."""
        return Reports()

    async def close(self) -> None:
        """Close every connection that was opened; close each only after the connections that use it."""
        made = self.__dict__
        for channel in made.get("channels", {}).values():
            await channel.close()
        for name in ("preflight", "trial_preflight"):
            if name in made:
                await made[name].close()
        await self._close_sources()
        for name in ("photos", "workers", "fetcher", "_named_fetcher"):
            if name in made:
                await made[name].close()
        await self._close_ledger()

    async def _close_sources(self) -> None:
        for source in self.__dict__.get("sources", {}).values():
            if close := getattr(source, "close", None):
                await close()

    async def _close_ledger(self) -> None:
        """Close the composing thread, the ledger's thread and the ledger; if a call on the ledger hangs,
        leave the ledger's database connection open.
        """
        made = self.__dict__
        if "line" in made:
            await made["line"].close()
        if "composing_thread" in made:
            await asyncio.to_thread(self.composing_thread.close)
        ended = "on_ledger" not in made or await asyncio.to_thread(self.on_ledger.close)
        if ended and "ledger" in made:
            self.ledger.close()
