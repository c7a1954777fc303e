"""A CMS's database that is away, slow, and changed under way, beside a feed, in a running service."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from newsbot.sandbox import Sandbox
from tests.acceptance.newsroom import Newsroom, Site, Story
from tests.bench.rows import Row
from tests.chaos.mariadb import MariaDB, missing
from tests.forkserver import ForkedProcess
from tests.sources.database.cms import QUERY, Cms

__all__ = ["cms"]

BACK_OFF = 60  # seconds: the longest that a database is left alone
BODY = "<p>The council approved the ferry line {} on Tuesday after a debate of four hours.</p>"


async def cms(away: float, slow: float) -> list[Row]:
    """``away``: for how many seconds its server is gone; ``slow``: how many each row takes a query."""
    if why := missing():
        return [Row(f"skipped: {why}", "")]
    with TemporaryDirectory() as folder:
        async with MariaDB() as server, _newsroom(Path(folder), server, slow) as newsroom:
            scene = _Scene(server, newsroom)
            rows = await scene.played("away", away, server.kill, server.start, "is it running")
            begin, end = (lambda: scene.change(*scene.slowed(slow)), lambda: scene.change(*scene.MENDED))
            rows += await scene.played("slow", slow, begin, end, "took over")
            renamed, back = scene.renamed("headline", "head"), scene.renamed("head", "headline")
            begin, end = (lambda: scene.change(renamed), lambda: scene.change(back))
            rows += await scene.played("changed", 5, begin, end, "Unknown column 'headline'")
            return [*rows, *scene.posts()]


@asynccontextmanager
async def _newsroom(folder: Path, server: MariaDB, slow: float) -> AsyncIterator[Newsroom]:
    site = Site()
    await site.start()
    async with Sandbox() as sandbox:
        newsroom = Newsroom(folder, sandbox, site)
        newsroom.config["sources"]["site"]["backfill"] = 0
        newsroom.config["sources"]["cms"] = {
            "kind": "database",
            "url": server.url,
            "query": QUERY,
            "cursor": "updated_at",
            "every": "1s",
            "timeout": f"{max(1, slow * 2 / 3):g}s",
        }
        newsroom.config["channels"].pop("x")
        yield newsroom
        await newsroom.close()
    await site.stop()


Act = Callable[[], Awaitable[None]]


class _Scene:
    """The service, its CMS and its feed. Each trouble is played, and looked at through `newsbot status`."""

    def __init__(self, server: MariaDB, newsroom: Newsroom) -> None:
        self.server = server
        self.newsroom = newsroom
        self.cms = Cms(server.url)
        self.count = 0
        self.service: ForkedProcess | None = None

    async def played(self, name: str, lasts: float, begin: Act, end: Act, said: str) -> list[Row]:
        """The feed goes on in it, its state is one line, and the CMS is read again afterwards by itself."""
        await self._started()
        await begin()
        over = monotonic() + lasts
        line = (await self._until(lambda status: said in _error(status), 60))["error"]["message"]
        lag = await self._feeds()
        await asyncio.sleep(over - monotonic())
        await end()
        ended = monotonic()
        await self._until(lambda status: not _error(status), BACK_OFF + 20)
        back = monotonic() - ended
        await self._both()
        limit = BACK_OFF + 5
        return [
            Row(f"{name}: {line}"[:120], f"{len(line.splitlines())} line", "1 line", "\n" not in line),
            Row(f"{name}: the feed's article meanwhile, to the chat", f"{lag:.1f} s", "<= 5 s", lag <= 5),
            Row(f"{name}: back by itself", f"{back:.1f} s", f"<= {limit} s", back <= limit),
        ]

    async def _started(self) -> None:
        if self.service is None:
            self.cms.create()
            self.service = await self.newsroom.start("run")
            await self._until(lambda status: {source["state"] for source in status} == {"ok"}, 60)
            await self._both()

    MENDED = ("DROP VIEW articles", "RENAME TABLE kept TO articles")

    @staticmethod
    def slowed(seconds: float) -> tuple[str, str]:
        """Each row takes so long, until somebody mends it."""
        view = f"CREATE VIEW articles AS SELECT * FROM kept WHERE SLEEP({seconds}) = 0"
        return "RENAME TABLE articles TO kept", view

    @staticmethod
    def renamed(column: str, name: str) -> str:
        return f"ALTER TABLE articles RENAME COLUMN {column} TO {name}"

    async def change(self, *statements: str) -> None:
        """Aside, as it may wait for a poll that reads the table."""
        for sql in statements:
            await asyncio.to_thread(self.cms.run, sql)

    def posts(self) -> list[Row]:
        told = [message.text for message in self.newsroom.messages]
        once = sum(1 for n in range(1, self.count + 1) if sum(f"Ferry {n} " in text for text in told) == 1)
        return [
            Row(
                "articles in the chat",
                f"{once} of {self.count}",
                "once each",
                once == self.count == len(told),
            )
        ]

    async def _both(self) -> None:
        """An article each from the CMS and from the feed."""
        await self._feeds()
        self.count += 1
        title = f"Ferry {self.count} from the CMS"
        self.cms.insert(self.count, headline=title, content=BODY.format(f"{self.count} " * 9))
        await self._arrives(title)

    async def _feeds(self) -> float:
        """Seconds from an article in the feed to the chat."""
        self.count += 1
        title = f"Ferry {self.count} from the feed"
        body = BODY.format(f"{self.count} " * 9)
        self.newsroom.site.stories.append(Story(f"story-{self.count}", title, body))
        return await self._arrives(title)

    async def _arrives(self, title: str) -> float:
        began = monotonic()
        while not any(title in message.text for message in self.newsroom.messages):
            assert monotonic() - began < 30, title
            await asyncio.sleep(0.05)
        return monotonic() - began

    async def _until(self, holds: Callable[[list[dict[str, Any]]], bool], within: float) -> dict[str, Any]:
        """The CMS's state, once ``holds`` does of all."""
        last = monotonic() + within
        while True:
            ran = await self.newsroom.run("status", "--json")
            status = json.loads(ran.out)["sources"]
            if holds(status):
                return next(source for source in status if source["name"] == "cms")
            assert monotonic() < last, status
            await asyncio.sleep(1)


def _error(status: list[dict[str, Any]]) -> str:
    error = next(source for source in status if source["name"] == "cms")["error"]
    return error["message"] if error else ""
