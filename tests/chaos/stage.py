"""What every scenario plays on: stand-ins that take everything, a site, a database, services to be killed.

The stand-ins run in this process, so that a scenario knows to the millisecond what they were asked and did.
They have no rates and take the same text twice: nothing but newsbot keeps newsbot from doubling.
"""

import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self

import yaml
from aiohttp import web

from newsbot.ledger import open_ledger
from newsbot.model import Article, Draft, Image, Part, Post, PostState
from newsbot.ports import NewPost
from newsbot.reasons import Code
from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from tests.acceptance.newsroom import Ran, Site, Story
from tests.forkserver import ForkedProcess, run_forked, start_forked
from tests.sandbox.conftest import png

__all__ = ["CHANNELS", "MANY_CHANNELS", "TOKEN", "UNDER_WAY", "Arrival", "Service", "Stage", "plain", "until"]

TOKEN = "123456:TEST-sandbox"
PARTS = {"tg": 1, "threads": 3, "photos": 1, "x": 1, "x-threads": 2}
CHANNELS = tuple(PARTS)
MANY_CHANNELS = tuple(f"c{number:02}" for number in range(100))
PARTS |= dict.fromkeys(MANY_CHANNELS, 1)
CHATS = {name: -1002000000001 - n for n, name in enumerate(CHANNELS) if not name.startswith("x")}
CHATS |= {
    name: -1002000001001 - n for n, name in enumerate(MANY_CHANNELS)
}  # workplace.py has those from 100 on
UNDER_WAY = (PostState.SCHEDULED, PostState.RETRYING, PostState.SENDING)
PHOTO = png()
_LEAST = 8  # posts due on each channel
_NO_PACE = {"overall": "100000/s", "per_chat": "10000/s", "per_group": "1000000/min"}


class Arrival(NamedTuple):
    """A message that is out. ``place`` is the channel on Telegram, ``x`` for the account on X."""

    place: str
    text: str
    remote_id: str


def place_of(channel: str) -> str:
    return "x" if channel.startswith("x") else channel


def plain(text: str) -> str:
    """A part's text as readers see it."""
    return unescape(re.sub(r"<[^>]+>", "", text)).strip()


async def until(what: Callable[[], Any], within: float = 60.0, step: float = 0.01) -> bool:
    """Wait for it; False where it never came."""
    last = monotonic() + within
    while not what():
        if monotonic() > last:
            return False
        await asyncio.sleep(step)
    return True


@dataclass
class Service:
    """A `newsbot run`."""

    process: ForkedProcess | asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def ended(self, within: float = 40.0) -> int | None:
        """Its exit status once it is gone; None where it is not."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), within)
        return self.process.returncode

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended()


@dataclass
class Stage:
    """``latency`` is how long the stand-ins think, in seconds; ``database`` None: SQLite in ``folder``.

    Without ``feed`` the site is polled once.
    """

    folder: Path
    database: str | None = None
    latency: float = 0.02
    channels: tuple[str, ...] = CHANNELS
    feed: bool = True
    pace: dict[str, str] = field(default_factory=lambda: dict(_NO_PACE))
    environ: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()  # of the command that starts a service
    api: str | None = None  # where services find Telegram
    dated: timedelta | None = None  # how much later than now the articles of `queue` are dated

    def __post_init__(self) -> None:
        self.database = self.database or f"sqlite:///{self.folder / 'newsbot.db'}"
        self.sandbox = Sandbox(
            chats=[SandboxChat(CHATS[n], "channel", n) for n in self.channels if n in CHATS]
        )
        self.sandbox.telegram.pace.overall = self.sandbox.telegram.pace.per_chat = None
        self.sandbox.telegram.pace.per_group = None
        for name in self.sandbox.x.rates:
            self.sandbox.x.rates[name] = None
        self.sandbox.x.accept_duplicates = True
        self.site = Site()
        self.made = 0
        self.polled_at: list[float] = []
        self.killed_at: list[float] = []
        self.services: list[Service] = []
        self._mark = 0

    async def __aenter__(self) -> Self:
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # requests that a kill cuts off
        await self.sandbox.start()
        self.think(self.latency)
        self.site.feed = self._feed
        await self.site.start()
        self.configure()
        self.reopen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self.services:
            service.signal(signal.SIGCONT)
            await service.kill()
        self.ledger.close()
        await self.sandbox.stop()
        await self.site.stop()

    def reopen(self) -> None:
        """The ledger, should another be in its place."""
        self.ledger = open_ledger(str(self.database), busy=60)
        self.ledger.prepare(upgrade=True)

    # ---- the stand-ins and the site

    def think(self, seconds: float, *first: tuple[Any, str, Any]) -> None:
        """How long every answer takes from now on; ``first`` are faults that come before that, once each."""
        self.latency = seconds
        self.sandbox.faults.clear()
        for fault in first:
            self.sandbox.faults.add(*fault)
        for platform in ("telegram", "x"):
            self.sandbox.faults.add(platform, "*", "latency", times=10**9, seconds=seconds)

    @property
    def arrivals(self) -> list[Arrival]:
        """Every message that is out, a doubled one twice."""
        names = {chat: name for name, chat in CHATS.items()}
        chats = [chat for chat in self.sandbox.telegram.chats.values() if chat.id in names]
        told = [Arrival(names[c.id], m.text.strip(), str(m.message_id)) for c in chats for m in c.messages]
        return told + [Arrival("x", tweet.text.strip(), tweet.id) for tweet in self.sandbox.x.tweets]

    @property
    def out(self) -> set[tuple[str, str]]:
        """Place and text of every message that is out."""
        return {(arrival.place, arrival.text) for arrival in self.arrivals}

    @property
    def calls(self) -> int:
        """Calls that came to send something since the last service's start."""
        return sum(_sends(call.method) for call in self.sandbox.calls[self._mark :])

    @property
    def thinking(self) -> int:
        """Calls that are being thought about just now."""
        calls = self.sandbox.calls[self._mark :]
        return sum(call.status is None and _sends(call.method) for call in calls)

    async def _feed(self, request: web.Request) -> web.Response:
        if request.path != "/feed.xml":
            return web.Response(body=PHOTO, content_type="image/png")
        if (
            self.polled_at == [] or "If-None-Match" in request.headers
        ):  # a doubted 304 is asked for again whole
            self.polled_at.append(monotonic())
        text = self.site._feed()
        etag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": etag})

    def publish(self, count: int = 1) -> None:
        """New articles on the site."""
        for _ in range(count):
            self.made += 1
            title = f"Harbour number {self.made:05d} gets its ferry"
            body = (
                f"<p>The council of harbour {self.made:05d} voted for the ferry on Tuesday evening.</p>" * 2
            )
            self.site.stories.append(Story(f"story-{self.made:05d}", title, body))

    def _picture(self) -> str:
        return f"{self.site.url}/photo.png"

    # ---- configuration, ledger and services

    def configure(self, folder: Path | None = None, **changes: Any) -> None:
        """Write config.yaml and a template for each channel."""
        folder = folder or self.folder
        templates = folder / "templates"
        templates.mkdir(exist_ok=True, parents=True)
        channels = {name: self._channel(name, templates) for name in self.channels}
        every = "1s" if self.feed else "1h"
        site = {"kind": "feed", "url": f"{self.site.url}/feed.xml", "every": every, "backfill": 10_000}
        config = {
            "database": self.database,
            "sources": {"site": {**site, "full_text": "feed"}},
            "channels": channels,
            "network": {"allow_private": True},
            **changes,
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def _channel(self, name: str, templates: Path) -> dict[str, Any]:
        suffix = "txt" if name.startswith("x") else "html"
        told = [f"{name} {part} {{{{ title | fit }}}}" for part in range(PARTS[name])]
        (templates / f"{name}.{suffix}.j2").write_text("\n---\n".join(told) + "\n")
        common = {"template": f"{name}.{suffix}.j2", "approval": "none"}
        if name.startswith("x"):
            keys = self.sandbox.x.credentials
            names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
            secrets = {key: getattr(keys, key) for key in names}
            pace = {"posts": "1000000/s", "daily": "10000000/day"}
            return {"kind": "x", "api": self.sandbox.x_url, **secrets, "pace": pace, **common}
        place = {"api": self.api or self.sandbox.telegram_url, "token": TOKEN, "chat": CHATS[name]}
        return {"kind": "telegram", **place, "pace": self.pace, "read_back": "off", **common}

    def queue(self, count: int, *, due_in: float = 0.0) -> None:
        """Articles that a person brings, a post of each on every channel: as `newsbot post` would."""
        for _ in range(count):
            self.made += 1
            now = datetime.now(UTC)
            title = f"Note {self.made:05d}"
            dated = None if self.dated is None else now + self.dated
            url = f"{self.site.url}/{self.made}"
            article = Article(title, "Text.", url=url, title=title, published_at=dated)
            posts = [self._post(name, now + timedelta(seconds=due_in)) for name in self.channels]
            self.ledger.posts.queue_posts(
                self.ledger.articles.add_article("cli", article, now=now), posts, now=now, again=False
            )

    def top_up(self) -> None:
        """So much that a service does not run dry before its end comes."""
        while self.waiting() < _LEAST * len(self.channels):
            self.queue(6)

    def _post(self, name: str, due: datetime) -> NewPost:
        parts = tuple(self._part(name, f"{name} {n} Note {self.made:05d}") for n in range(PARTS[name]))
        kind = "x" if name.startswith("x") else "telegram"
        return NewPost(Draft(name, kind, parts), due, due + timedelta(days=1), Code.AS_SOON_AS_THERE())

    def _part(self, name: str, text: str) -> Part:
        media = (Image(self._picture(), "a harbour"),) if name == "photos" else ()
        return Part(text, len(text), 280, parse_mode=None if name.startswith("x") else "HTML", media=media)

    def posts(self, *states: PostState) -> list[Post]:
        return self.ledger.posts.list_posts(states=states, limit=None)

    def waiting(self, states: Collection[PostState] = UNDER_WAY) -> int:
        counts = self.ledger.channels.count_posts(since=datetime.now(UTC))
        return sum(count for (_, state), count in counts.items() if state in states)

    async def start(self, *arguments: str, folder: Path | None = None, log: Path | None = None) -> Service:
        """Newsbot as a process; what it says goes to the file ``log``, the stage's own by default."""
        self._mark = len(self.sandbox.calls)
        environ = {**os.environ, **self.environ, "PYTHONWARNINGS": "default", "COLUMNS": "200"}
        arguments, cwd = arguments or ("run",), folder or self.folder
        process: ForkedProcess | asyncio.subprocess.Process
        with (log or self.folder / "log").open("ab") as file:
            # No fork loads a library or enters a namespace, only an interpreter that starts does.
            if "LD_PRELOAD" in self.environ or self.prefix:
                process = await asyncio.create_subprocess_exec(
                    *(*self.prefix, sys.executable, "-m", "newsbot", *arguments),
                    cwd=cwd,
                    env=environ,
                    stdout=file,
                    stderr=file,
                )
            else:
                process = await start_forked(arguments, cwd, environ, log=file.fileno())
        service = Service(process)
        self.services.append(service)
        return service

    async def run(self, *arguments: str, within: float = 150.0) -> Ran:
        """A command to its end."""
        environ = {**os.environ, "COLUMNS": "200"}
        ran = await asyncio.to_thread(run_forked, arguments, self.folder, environ, timeout=within)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def finish(self, within: float = 300.0) -> int | None:
        """Run a last service until nothing is under way any more, and return its exit status.

        While that service stops, a search may still find a part of an unknown thread on its platform. The
        rest of the thread is then due, and one more service sends it.
        """
        last = monotonic() + within
        while True:
            status = await self._run_until_done(last - monotonic())
            if status != 0 or self._done() or monotonic() > last:
                return status

    async def _run_until_done(self, within: float) -> int | None:
        service = await self.start()
        await until(lambda: self._done() or not service.alive, within, 0.2)
        service.signal(signal.SIGTERM)
        return await service.ended()

    def _done(self) -> bool:
        return self._taken_in() and not self.waiting()  # in this order: what is taken in makes posts

    def _taken_in(self) -> bool:
        """Every article of the site is in the ledger, with its posts."""
        posts = [post for post in self.posts() if post.channel in self.channels]
        found = sum((post.article_title or "").startswith("Harbour") for post in posts)
        return found >= len(self.site.stories) * len(self.channels)


def _sends(method: str) -> bool:
    return method in {"sendMessage", "sendPhoto", "POST /2/tweets"}
