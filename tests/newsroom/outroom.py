"""A newsroom with six channels on the stand-ins, whose clock a test can move, and an article out on them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import Article, Draft, Image, Part, Post
from newsbot.ports import NewPost
from newsbot.sandbox import Credentials, Sandbox
from newsbot.sandbox.telegram.state import SandboxChat, build_default_chats
from tests.channels.servers import photograph
from tests.channels.stand_ins.telegram import TOKEN
from tests.channels.stand_ins.x import KEYS
from tests.delivery.unknowns import MovedClock

__all__ = ["CHANNELS", "TEXT", "Room", "opened"]

CHANNELS = ("tg-en", "tg-ur", "tg-ar", "tg-photo", "x-main", "printed")
CHATS = {"tg-en": "@sandbox", "tg-ur": "@urdu", "tg-ar": "@arabic", "tg-photo": "@photos"}
TEXT = "The harbour had 4.2 million visitors. The port authority counted 14.2 million tonnes."


@dataclass
class Room:
    app: App
    sandbox: Sandbox
    clock: MovedClock
    printed: list[str] = field(default_factory=list)

    def queue(self, texts: Mapping[str, str] | None = None, *, photo: bool = True, **more: Any) -> str:
        """One article with a post per channel; returns its id."""
        url = more.pop("url", "https://example.org/harbour")
        title = more.pop("title", "Harbour: 4.2 million visitors")
        article = Article(url, more.pop("text", TEXT), url, title, language="en")
        now = self.clock.now()
        article_id = self.app.ledger.articles.add_article("by hand", article, now=now)
        posts = [
            self._new(name, text, photo=photo) for name, text in (_TEXTS if texts is None else texts).items()
        ]
        self.app.ledger.posts.queue_posts(article_id, posts, now=now, again=True)
        return article_id

    def _new(self, name: str, text: str, *, photo: bool) -> NewPost:
        channel = self.app.channels[name]
        html = channel.capabilities.markup.parse_mode
        media = (Image("https://example.org/photo.png"),) if photo and name == "tg-photo" else ()
        limit = channel.capabilities.caption_limit if media else channel.capabilities.text
        parts = (Part(text, len(text), limit, "HTML" if html else None, media),)
        language = {"tg-ur": "ur", "tg-ar": "ar"}.get(name, "en")
        draft = Draft(name, channel.kind, parts, channel.price(parts), language)
        return NewPost(draft, self.clock.now(), self.clock.now() + timedelta(days=3), None)

    async def run(self, seconds: float = 20.0) -> None:
        """What a service does: send and amend until nothing is due."""
        ends = asyncio.get_running_loop().time() + seconds
        sender, amender = self.app.sender(), self.app.amender()
        while asyncio.get_running_loop().time() < ends:
            await sender.drain()
            await sender.finish()
            await amender.drain()
            await amender.finish()
            now = self.clock.now()
            if not self.app.ledger.delivery.list_due_channels(
                now=now
            ) and not self.app.ledger.actions.list_amendable_channels(now=now):
                return
        raise AssertionError("still something due")

    def move(self, **time: float) -> None:
        self.clock.ahead += timedelta(**time)

    def posts(self, article_id: str) -> dict[str, Post]:
        """The latest on each channel."""
        found = self.app.ledger.posts.list_posts(article_id=article_id, limit=None)
        return {post.channel: post for post in reversed(found)}

    def public(self) -> dict[str, list[str]]:
        """What stands in each place now."""
        chats = {name: self.sandbox.telegram.chat(at).messages for name, at in CHATS.items()}
        shown = {name: [message.text for message in messages] for name, messages in chats.items()}
        return shown | {"x-main": [tweet.text for tweet in self.sandbox.x.tweets]}

    def story(self, post: Post) -> list[str]:
        return [
            f"{event.event}: {event.detail or ''}" for event in self.app.ledger.posts.list_events(post.id)
        ]


_TEXTS = {
    "tg-en": "<b>Harbour: 4.2 million visitors</b>\n\nUp from 14.2, it says <a href='https://example.org/4.2'>4.2</a>",
    "tg-ur": "<b>بندرگاہ پر ۴٫۲ ملین لوگ</b>\n\n۱۴٫۲ نہیں",
    "tg-ar": "<b>٤٫٢ مليون زائر و٤٫٢ أخرى</b>\n\n٤٫٢٥",
    "tg-photo": "Harbour: 4.2 million visitors",
    "x-main": "Harbour: 4.2 million visitors https://example.org/4.2",
    "printed": "Harbour: 4.2 million visitors",
}


def config(sandbox: Sandbox, database: str, more: Mapping[str, Any]) -> dict[str, Any]:
    quick = {"overall": "1000/s", "per_chat": "1000/s", "per_group": "1000/s"}
    telegram = {
        "kind": "telegram",
        "api": sandbox.telegram_url,
        "token": TOKEN,
        "approval": "none",
        "pace": quick,
    }
    channels: dict[str, Any] = {
        name: telegram | {"chat": chat, "read_back": "off"} for name, chat in CHATS.items()
    }
    channels["x-main"] = {"kind": "x", "api": sandbox.x_url, "approval": "none", **KEYS}
    channels["printed"] = {"kind": "console", "approval": "none"}
    for name in more.keys() - {"desk"}:
        channels[name] = channels[name] | more[name]
    sources = {"drop": {"kind": "folder", "path": "articles/"}}
    desk = {"desk": more["desk"] | {"api": sandbox.telegram_url, "token": TOKEN}} if "desk" in more else {}
    return desk | {
        "database": database,
        "timezone": "Asia/Karachi",
        "sources": sources,
        "channels": channels,
        "network": {"allow_private": True},
    }


@asynccontextmanager
async def opened(folder: Path, database: str = "", **more: Any) -> AsyncIterator[Room]:
    """``more`` are keys of channels, by name with _ for -; of "desk", its own."""
    clock = MovedClock()
    chats = [
        SandboxChat(-1001000000100 - n, "channel", at, at[1:])
        for n, at in enumerate(list(CHATS.values())[1:])
    ]
    async with Sandbox(
        token=TOKEN,
        chats=[*build_default_chats(), *chats],
        credentials=Credentials(**KEYS),
        clock=clock,
        open_=True,
    ) as sandbox:
        pace = sandbox.telegram.pace
        pace.overall = pace.per_chat = pace.per_group = None
        (folder / "articles").mkdir()
        path = folder / "config.yaml"
        keys = {name.replace("_", "-"): value for name, value in more.items()}
        path.write_text(yaml.safe_dump(config(sandbox, database or f"sqlite:///{folder}/ledger.db", keys)))
        app = App(load(path, environ={}), clock=clock)
        app._fetch_image = _picture  # type: ignore[method-assign, assignment]  # no site is there
        app.ledger.prepare(upgrade=True)
        app.ledger.acquire_instance_lock()
        yield Room(app, sandbox, clock)
        assert not sandbox.violations
        await app.close()


async def _picture(_url: str) -> bytes:
    return photograph()
