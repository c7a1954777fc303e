"""A newsroom to test in: a site on loopback, the stand-ins, a config.yaml, and newsbot as a real process."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from newsbot.sandbox import Sandbox
from tests.forkserver import ForkedProcess, run_forked, start_forked

__all__ = ["Newsroom", "Ran", "Site", "Story"]

CHAT = "@sandbox"
TOKEN = "123456:TEST-sandbox"


@dataclass
class Story:
    """An article of the site: ``html`` is its body, ``title`` what the feed's XML carries, escaped once."""

    slug: str
    title: str
    html: str
    language: str = "en"
    image: str | None = None
    in_feed: bool = True
    guid: str | None = None
    published: str | None = None  # the feed's pubDate
    page: str | None = None  # the whole page, where it is not made of the rest
    away: bool = False  # its page answers with 503


@dataclass
class Site:
    """A news site: /feed.xml, a page per story, one picture."""

    stories: list[Story] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""
    feed: Any = None  # a handler that answers instead of the feed
    slow: float = 0.0  # the seconds before a page is answered
    answers: dict[str, Callable[[], web.Response]] = field(
        default_factory=dict
    )  # by path, before the stories

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def polls(self) -> int:
        return self.requests.count("/feed.xml")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path)
        if request.path == "/feed.xml":
            if self.feed:
                answer: web.StreamResponse = await self.feed(request)
                return answer
            return web.Response(text=self._feed(), content_type="application/rss+xml")
        if self.slow and "." not in request.path:
            await asyncio.sleep(self.slow)
        if request.path in self.answers:
            return self.answers[request.path]()
        for story in self.stories:
            if request.path == f"/{story.slug}":
                status = 503 if story.away else 200
                return web.Response(status=status, text=self._page(story), content_type="text/html")
        return web.Response(status=404, text="not here")

    def _feed(self) -> str:
        items = "".join(
            f"<item><title>{escape(story.title)}</title><link>{self.url}/{story.slug}</link>"
            f"<guid isPermaLink='false'>{story.guid or story.slug}</guid>"
            + (f"<pubDate>{story.published}</pubDate>" if story.published else "")
            + f"<content:encoded>{escape(story.html)}</content:encoded></item>"
            for story in reversed(self.stories)
            if story.in_feed
        )
        return (
            "<?xml version='1.0' encoding='utf-8'?><rss version='2.0' "
            "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
            f"<title>Site</title><link>{self.url}/</link><description>News</description>{items}</channel></rss>"
        )

    def _page(self, story: Story) -> str:
        return story.page or (
            f"<!doctype html><html lang='{story.language}'><head><meta charset='utf-8'>"
            f"<title>{story.title}</title><link rel='canonical' href='{self.url}/{story.slug}'></head>"
            f"<body><article><h1>{story.title}</h1>{story.html}</article></body></html>"
        )


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Newsroom:
    """One newsroom in ``folder``; ``config`` is written before each command."""

    def __init__(self, folder: Path, sandbox: Sandbox, site: Site) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.site = site
        self._processes: list[ForkedProcess | asyncio.subprocess.Process] = []
        self.environ = {"TELEGRAM_TOKEN": TOKEN}
        keys = sandbox.x.credentials
        self.config: dict[str, Any] = {
            "sources": {
                "site": {"kind": "feed", "url": f"{site.url}/feed.xml", "every": "1s", "backfill": 100}
            },
            "channels": {
                "tg": {
                    "kind": "telegram",
                    "api": sandbox.telegram_url,
                    "token": "${TELEGRAM_TOKEN}",
                    "chat": CHAT,
                    "approval": "none",
                },
                "x": {
                    "kind": "x",
                    "api": sandbox.x_url,
                    "consumer_key": keys.consumer_key,
                    "consumer_secret": keys.consumer_secret,
                    "access_token": keys.access_token,
                    "access_token_secret": keys.access_token_secret,
                    "approval": "none",
                },
            },
            "network": {"allow_private": True},
        }

    @property
    def messages(self) -> list[Any]:
        """What is in the Telegram chat."""
        return [m for chat in self.sandbox.telegram.chats.values() for m in chat.messages]

    @property
    def tweets(self) -> list[Any]:
        """What is on the X timeline."""
        tweets: Any = self.sandbox.x.tweets
        return list(tweets.values() if isinstance(tweets, dict) else tweets)

    def _environ(self) -> dict[str, str]:
        (self.folder / "config.yaml").write_text(
            yaml.safe_dump(self.config, allow_unicode=True, sort_keys=False)
        )
        return {**os.environ, **self.environ, "PYTHONWARNINGS": "default", "COLUMNS": "200"}

    async def start(self, *arguments: str) -> ForkedProcess:
        """Newsbot as a process, by this newsroom's config.yaml."""
        process = await start_forked(arguments, self.folder, self._environ())
        self._processes.append(process)
        return process

    async def start_interpreter(self, *arguments: str) -> asyncio.subprocess.Process:
        """The same with an interpreter, a command line and an environment of its own in ``/proc``."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "newsbot", *arguments),
            cwd=self.folder,
            env=self._environ(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._processes.append(process)
        return process

    async def close(self) -> None:
        """End what a failed test left running."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    async def run(self, *arguments: str, within: float = 60.0) -> Ran:
        """The command to its end."""
        ran = await asyncio.to_thread(run_forked, arguments, self.folder, self._environ(), timeout=within)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    async def stop(self, process: ForkedProcess | asyncio.subprocess.Process) -> Ran:
        """SIGTERM, and how it ended."""
        process.terminate()
        out, err = await asyncio.wait_for(process.communicate(), 31)
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())
