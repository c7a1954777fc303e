"""A newsroom to play a whole day in: the sandbox's page, its people and channels, newsbot as a process.

A service's clock can't be moved, so its newsroom is: to where on earth it is the hour that a scene needs.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Approval, Post
from newsbot.sandbox.admin import EditorApi
from newsbot.sandbox.page import SandboxPage, attach_page
from newsbot.sandbox.page.__main__ import create_demo_sandbox
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import Message
from tests.forkserver import ForkedProcess

from .desk import labels
from .newsroom import Newsroom, Site, Story
from .test_service import until

__all__ = ["ADA", "BILAL", "CARMEN", "DANA", "ENGLISH", "NEWSROOM", "URDU", "Day", "day_in", "zone_at"]

ADA, BILAL, CARMEN, DANA = 111, 222, 333, 444
ENGLISH, URDU, NEWSROOM = -1001000000011, -1001000000012, -1001000000013
_WITHIN = 60  # seconds, on a machine that has other things to do too


def zone_at(hour: int) -> str:
    """Where on earth it is this hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


class Phone(Protocol):
    """Somebody's, which shows the sandbox's page."""

    async def show(self, chat: int, me: int) -> None:
        """The end of ``chat`` as ``me`` sees it, from now on."""

    async def take(self, name: str) -> None:
        """A picture of what it shows."""


class Day:
    """What people do and read."""

    phone: Phone | None = None

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.sandbox = newsroom.sandbox
        self.site = newsroom.site
        self.play = EditorApi(newsroom.sandbox)
        self._service: ForkedProcess | None = None
        self._configure()

    def _configure(self) -> None:
        config = self.newsroom.config
        config["sources"]["site"] |= {"backfill": 0}
        telegram, x = config["channels"]["tg"] | {"approval": "one"}, config["channels"]["x"]
        quiet = {"quiet": "23:00-06:30"}
        config["channels"] = {
            "english": telegram | {"chat": "@ellerytide", "languages": ["en"], "schedule": dict(quiet)},
            "urdu": telegram
            | {"chat": "@ellerytide_ur", "languages": ["ur"], "approval": "two", "schedule": dict(quiet)},
            "x": x | {"approval": "one", "schedule": dict(quiet), "budget": {"month_usd": 50}},
        }
        config["desk"] = {
            "api": self.sandbox.telegram_url,
            "token": "${TELEGRAM_TOKEN}",
            "chats": [NEWSROOM],
            "brief": "07:00",
            "people": {"111": "admin", "222": "editor", "333": "viewer"},
        }
        dana = self.sandbox.telegram.chats[DANA].members[DANA]
        self.sandbox.telegram.chats[NEWSROOM].members[DANA] = dana

    # ------------------------------------------------------------ time and the service

    def set_time(self, hour: int) -> None:
        """The newsroom is where it is this hour now; newsbot does not run."""
        self.newsroom.config["timezone"] = zone_at(hour)

    @property
    def zone(self) -> str:
        """The newsroom's."""
        return str(self.newsroom.config["timezone"])

    def clock(self, *, ahead: float = 0) -> str:
        """``HH:MM`` in the newsroom, so many seconds from now."""
        return f"{datetime.now(ZoneInfo(self.zone)) + timedelta(seconds=ahead):%H:%M}"

    def set_channel_keys(self, channel: str, **schedule: Any) -> None:
        """config.yaml says more of a channel's schedule, for when newsbot begins."""
        self.newsroom.config["channels"][channel]["schedule"].update(schedule)

    async def start_newsbot(self) -> None:
        """Newsbot begins, and its desk answers."""
        self._service = await self.newsroom.start("run")
        polled = self.site.polls()
        await self.ask_desk("/status", "waiting", by=CARMEN, chat=CARMEN)
        await until(lambda: self.site.polls() > polled + 1, _WITHIN)

    async def stop_newsbot(self) -> None:
        """Newsbot is stopped, and ends well."""
        assert self._service is not None
        ended = await self.newsroom.stop(self._service)
        assert ended.status == 0, ended.err

    # ------------------------------------------------------------ the site and the channels

    def publish_article(
        self, slug: str, title: str, *paragraphs: str, language: str = "en", in_feed: bool = True
    ) -> str:
        """An article appears on the site. Returns its address."""
        html = "".join(f"<p>{each}</p>" for each in paragraphs)
        self.site.stories = [*self.site.stories, Story(slug, title, html, language, in_feed=in_feed)]
        return f"{self.site.url}/{slug}"

    def channel(self, chat: int) -> list[Message]:
        """What stands in a Telegram channel."""
        return self.sandbox.telegram.chats[chat].messages

    def timeline(self) -> list[str]:
        """What stands on X."""
        return [tweet.text for tweet in self.newsroom.tweets]

    def posts(self, slug: str) -> dict[str, Post]:
        """An article's posts by channel, as newsbot's own database has them."""
        with closing(self._ledger()) as ledger:
            found = ledger.posts.list_posts(limit=None, oldest_first=True)
        return {post.channel: post for post in found if (post.article_url or "").endswith(f"/{slug}")}

    def votes(self, post_id: str) -> list[Approval]:
        """Who approved."""
        with closing(self._ledger()) as ledger:
            return list(ledger.posts.list_votes(post_id))

    def _ledger(self) -> Ledger:
        return open_ledger("sqlite:///newsbot.db", base=self.newsroom.folder)

    async def watch_chat(self, chat: int = NEWSROOM, *, me: int = ADA) -> None:
        """``me`` looks at ``chat`` from now on, and sees what pops up."""
        if self.phone:
            await self.phone.show(chat, me)

    async def take_picture(
        self, name: str, chat: int = NEWSROOM, *, me: int = ADA, without_popup: bool = True
    ) -> None:
        """Here docs/desk.md has a picture; ``without_popup``: without what popped up before."""
        if self.phone:
            if without_popup:
                await self.phone.show(chat, me)
            await self.phone.take(name)

    async def until(self, what: Callable[[], Any], within: float = _WITHIN) -> None:
        await until(what, within)

    # ------------------------------------------------------------ people

    def chat(self, chat: int = NEWSROOM) -> list[Message]:
        """What the bot wrote there."""
        bot = self.sandbox.telegram.bot.id
        return [m for m in self.channel(chat) if m.sender and m.sender["id"] == bot]

    def send_text(self, text: str, *, by: int, chat: int = NEWSROOM, **how: Any) -> int:
        """Returns the message's id."""
        return int(self.play.say(chat, by, text, **how)["message_id"])

    async def wait_for_message(self, *words: str, chat: int = NEWSROOM, after: int = 0) -> Message:
        """The bot's newest message, from its ``after``th on, that has all these words, once there is one."""
        found: list[Message] = []

        def there() -> bool:
            found[:] = [m for m in self.chat(chat)[after:] if all(word in m.text for word in words)]
            return bool(found)

        try:
            await until(there, _WITHIN)
        except TimeoutError:
            told = "\n---\n".join(m.text for m in self.chat(chat)[after:][-6:])
            raise AssertionError(f"nobody reads {words}, but:\n{told}") from None
        return found[-1]

    async def ask_desk(self, text: str, *words: str, by: int, chat: int = NEWSROOM, **how: Any) -> Message:
        """A command, and the answer to it that has these words."""
        before = len(self.chat(chat))
        self.send_text(text, by=by, chat=chat, **how)
        return await self.wait_for_message(*words, chat=chat, after=before)

    def press_button(self, message: Message, label: str, *, by: int, chat: int = NEWSROOM) -> str:
        """Press a button, and don't wait. Returns the press's id."""
        return str(self.play.press(chat, by, message.message_id, label)["callback_query_id"])

    async def press_and_wait(self, message: Message, label: str, *, by: int, chat: int = NEWSROOM) -> str:
        """Press a button; what the desk says to that: as a pop-up, or else nothing."""
        await self.wait_for_button(message, label, chat=chat)
        return await self.wait_for_popup(self.press_button(message, label, by=by, chat=chat))

    async def wait_for_button(self, message: Message, label: str, *, chat: int = NEWSROOM) -> None:
        """Until a message has this button."""

        def there() -> bool:
            now = self.sandbox.telegram.chats[chat].message(message.message_id)
            return any(each.startswith(label) for each in (labels(now) if now else ()))

        await until(there, _WITHIN)

    async def wait_for_popup(self, press: str) -> str:
        """What popped up at this press."""
        answers = self.sandbox.telegram.callback_answers

        def found() -> list[str]:
            return [str(a.get("text", "")) for a in answers if a["callback_query_id"] == press]

        await until(found, _WITHIN)
        return found()[0]


@asynccontextmanager
async def day_in(folder: Path) -> AsyncIterator[Day]:
    """A day at The Ellery Tide, with the sandbox's page."""
    site = Site()
    await site.start()
    sandbox: Sandbox = create_demo_sandbox()
    attach_page(SandboxPage(sandbox), sandbox.admin)
    async with sandbox:
        newsroom = Newsroom(folder, sandbox, site)
        newsroom.environ["TELEGRAM_TOKEN"] = sandbox.telegram.bot.token
        try:
            yield Day(newsroom)
        finally:
            await newsroom.close()
            await site.stop()
