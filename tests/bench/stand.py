"""Telegram's stand-in as another process, chats on it, channels to them and a ledger full of posts."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from newsbot.channels.telegram import TelegramChannel, TelegramSettings
from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.delivery.sender import Sender
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Part, PostState
from newsbot.ports import Claim, ClaimTerms, NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from newsbot.threads import SerialThread
from tests.conftest import SERVER, create_temporary_database

__all__ = ["FAST", "TOKEN", "Newsroom", "Stand", "database", "part", "stand"]

TOKEN = "123456:TEST-sandbox"

UNDER_WAY = (PostState.SCHEDULED, PostState.SENDING, PostState.RETRYING)
FAST = {"overall": "100000/s", "per_chat": "1000/s", "per_group": "100000/min"}


@dataclass
class Stand:
    """The stand-in's addresses."""

    urls: dict[str, str]
    chats: list[int] = field(default_factory=list)

    async def order(self, what: str, **body: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.urls['admin']}/{what}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def calls(self) -> list[dict[str, Any]]:
        """Of sendMessage, in the order of their arrival."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.urls['admin']}/calls") as answer:
            return [call for call in await answer.json() if call["method"] == "sendMessage"]

    async def open_chats(self, count: int, kind: str) -> None:
        self.chats = [-1002000000000 - n for n in range(count)]
        for chat in self.chats:
            await self.order("chats", id=chat, type=kind, title=f"chat {chat}", bot="administrator")


@asynccontextmanager
async def stand(
    *, chats: int, kind: str = "channel", rates: dict[str, Any] | None = None, latency: float = 0
) -> AsyncIterator[Stand]:
    """``rates`` are Telegram's windows, None for none at all; ``latency`` seconds before each answer."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "newsbot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert running.stdout
        here = Stand(json.loads(await running.stdout.readline()))
        await here.open_chats(chats, kind)
        await here.order("rates", telegram=rates or {"overall": None, "per_chat": None, "per_group": None})
        if latency:
            await here.order(
                "faults",
                platform="telegram",
                match="sendMessage",
                kind="latency",
                times=1_000_000,
                seconds=latency,
            )
        yield here
    finally:
        running.terminate()
        await running.wait()


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database, gone afterwards."""
    if kind == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'ledger.db'}"
        return
    with create_temporary_database(SERVER) as url:
        yield url


class Newsroom:
    """One worker: a ledger, a channel for each chat, and posts for all of them."""

    def __init__(self, url: str, here: Stand, pace: dict[str, str] | None = None) -> None:
        self.clock = SystemClock()
        self.ledger: Ledger = open_ledger(url)
        self.on_ledger = SerialThread("ledger")
        self.channels = {
            f"c{n}": self._channel(f"c{n}", chat, here, pace) for n, chat in enumerate(here.chats)
        }

    @staticmethod
    def _channel(name: str, chat: int, here: Stand, pace: dict[str, str] | None) -> TelegramChannel:
        settings = {"kind": "telegram", "api": here.urls["telegram"], "token": TOKEN, "chat": chat}
        settings |= {"pace": pace} if pace else {}
        return TelegramChannel(name, TelegramSettings.model_validate(settings), _no_image)

    async def open(self) -> None:
        await self.on_ledger(self.ledger.prepare, upgrade=True)
        await self.on_ledger(self.ledger.acquire_instance_lock)
        await self.on_ledger(self.ledger.acquire_instance_lock)
        for channel in self.channels.values():
            await channel.open()

    def queue(self, each: int, *, due_at: datetime | None = None) -> None:
        """As many posts on every channel."""
        now = self.clock.now()
        due = due_at or now
        for number in range(each):
            found = self.ledger.articles.add_article("bench", Article(f"g{number}", "Text."), now=now)
            drafts = [Draft(name, "telegram", (part(number),)) for name in self.channels]
            posts = [NewPost(draft, due, now + timedelta(hours=1), Code.TIME_SET()) for draft in drafts]
            self.ledger.posts.queue_posts(found, posts, now=now, again=True)

    def queue_one(self, channel: str, due_at: datetime) -> None:
        """One post."""
        now = self.clock.now()
        found = self.ledger.articles.add_article("bench", Article(f"{due_at}", "Text."), now=now)
        post = NewPost(Draft(channel, "telegram", (part(0),)), due_at, None, Code.TEXT(words="its time"))
        self.ledger.posts.queue_posts(found, [post], now=now, again=True)

    def sender(self, leaving: Callable[[Claim], None] = lambda _: None) -> Sender:
        """``leaving`` hears of each call."""
        return Sender(
            DeliveryContext(self.ledger, self.on_ledger, self.channels, self.clock),
            lambda name: ClaimTerms(self.channels[name].rates()),
            leaving=leaving,
        )

    async def send(self) -> None:
        sender = self.sender()
        await sender.drain()
        await sender.finish()

    async def send_all(self) -> None:
        """Beside other workers: until nothing waits or is in flight anywhere."""
        sender = self.sender()
        while await self.on_ledger(self.ledger.posts.list_posts, states=UNDER_WAY, limit=1):
            await sender.drain()
            await asyncio.sleep(0.05)
        await sender.stop(5)

    async def close(self) -> None:
        for channel in self.channels.values():
            await channel.close()
        await self.on_ledger(self.ledger.close)
        self.on_ledger.close()


def part(number: int) -> Part:
    """A post's text as a newsroom's are."""
    text = f"<b>Item {number}</b>\n\n" + "The council met and decided on the plan for the district. " * 5
    return Part(text, len(text), 4096, parse_mode="HTML", link_preview="https://example.org/a")


async def _no_image(_url: str) -> bytes:
    raise AssertionError("no post here has an image")
