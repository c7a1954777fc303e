"""The newsroom of the acts: its chats, a second site and a CMS, and what is looked at to see an effect."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from newsbot.ledger import schema as tables
from newsbot.model import Article, Draft, Part, Post, PostState
from newsbot.ports import NewPost
from newsbot.reasons import Code
from newsbot.sandbox.telegram.people import say
from newsbot.sandbox.telegram.state import SandboxChat
from tests.acceptance.newsroom import Site, Story
from tests.chaos.stage import TOKEN, Stage, until
from tests.sources.database.cms import QUERY, Cms

__all__ = ["ADMIN", "ASKED", "DESK", "SIDE", "Workplace", "seen"]

ADMIN, DESK, ASKED, SIDE = 222, -1002000000100, -1002000000101, -1002000000102
_WITHIN = 120.0  # seconds, in which the database fails more than once
_SIDE = "{% if 'Unlucky' in (title or '') %}{{ 1 // 0 }}{% endif %}{{ title | fit }}\n"


class Workplace:
    """The newsroom's chats, a second site and a CMS, beside what `Stage` has."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.telegram = stage.sandbox.telegram
        self.pages = Site()
        self.cms = Cms(f"sqlite:///{stage.folder / 'cms.db'}")
        self._bot = int(TOKEN.partition(":")[0])
        self.count = 0

    async def open(self) -> None:
        """Write the configuration, with a channel that asks the desk and one that only the acts post to."""
        await self.pages.start()
        self.cms.create()
        self._people()
        stage = self.stage
        common = {name: stage._channel(name, stage.folder / "templates") for name in stage.channels}
        asked = {"chat": ASKED, "approval": "one"}
        channels = {
            **common,
            "quiet": {**common["tg"], "languages": ["ja"], "schedule": {"slots": ["08:00"]}, "evergreen": {}},
            "asked": {**common["tg"], **asked, "rules": [{"drop": {"title": "/[1-9] gets/"}}]},
            "side": {**common["tg"], "chat": SIDE, "template": "side.html.j2"},
        }
        desk = {"api": stage.sandbox.telegram_url, "token": TOKEN, "chats": [DESK]}
        brief_at = f"{datetime.now(UTC) - timedelta(minutes=10):%H:%M}"
        stage.configure(
            sources=self._sources(),
            channels=channels,
            desk={**desk, "people": {str(ADMIN): "admin"}, "brief": brief_at},
            web={"listen": "127.0.0.1:0"},
        )
        self.write_template(works=True)
        # A desk that is new begins with tomorrow's brief; this one told yesterday's.
        stage.ledger.desk.save_memo("desk: brief", "yesterday's", now=datetime.now(UTC))

    async def close(self) -> None:
        await self.pages.stop()
        self.cms.close()

    def _sources(self) -> dict[str, Any]:
        stage = self.stage
        feed = {"kind": "feed", "every": "1s", "backfill": 10_000}
        main = [*stage.channels, "quiet", "asked"]
        cms = {
            "kind": "database",
            "url": self.cms.url,
            "query": QUERY,
            "cursor": "updated_at",
            "every": "1s",
        }
        return {
            "site": {**feed, "url": f"{stage.site.url}/feed.xml", "full_text": "feed", "channels": main},
            "pages": {
                **feed, "url": f"{self.pages.url}/feed.xml", "full_text": "page", "channels": ["side"],
            },
            "cms": {**cms, "backfill": 10, "channels": ["side"]},
        }  # fmt: skip

    def _people(self) -> None:
        telegram = self.telegram
        telegram.add([SandboxChat(ASKED, "channel", "Asked"), SandboxChat(SIDE, "channel", "Side")])
        telegram.add(
            [SandboxChat(ADMIN, "private", "Bo", bot="member"), SandboxChat(DESK, "supergroup", "Desk")]
        )
        for chat in (DESK, ADMIN):
            telegram.chats[chat].members[ADMIN] = {"id": ADMIN, "is_bot": False, "first_name": "Bo"}

    def write_template(self, *, works: bool) -> None:
        """The side channel's, for the next start: it fails on an unlucky title, or on none."""
        words = "{{ title | fit }}\n" if works else _SIDE
        (self.stage.folder / "templates" / "side.html.j2").write_text(words)

    # ---- what the acts use

    def say(self, chat: int, text: str, **more: Any) -> int:
        """Returns the update's number."""
        say(self.telegram, chat, ADMIN, text, at=datetime.now(UTC), **more)
        return self.telegram.last_update

    async def answered(self, update_id: int) -> None:
        """Its command is stored, done and answered; or passed over."""
        ledger = self.stage.ledger

        def is_answered() -> bool:
            told = ledger.desk.get_update(self._bot, update_id)
            return told is not None and all(
                each.update_id != update_id for each in ledger.desk.list_open_updates(self._bot)
            )

        await seen(is_answered)

    def hold(self) -> Post:
        """A new post that asks the desk."""
        return self.queue("asked", "held", held_for="approval", approval=1)

    def sent(self, channel: str) -> Post:
        return [post for post in self.stage.posts(PostState.SENT) if post.channel == channel][-1]

    def side(self) -> list[Post]:
        return [post for post in self.stage.posts() if post.channel == "side"]

    def queue(self, channel: str, words: str, **more: Any) -> Post:
        now, title, ledger = datetime.now(UTC), self.new_title(words), self.stage.ledger
        part = Part(title, len(title), 4096, parse_mode="HTML")
        draft = Draft(channel, "telegram", (part,))
        found = ledger.articles.add_article("cli", Article(title, title, title=title), now=now)
        new = NewPost(draft, now, now + timedelta(days=1), Code.AS_SOON_AS_THERE(), **more)
        return ledger.posts.queue_posts(found, [new], now=now, again=True)[0]

    def new_title(self, words: str) -> str:
        self.count += 1
        return f"{words.capitalize()} number {self.count:05d} of the harbour's own"

    def story(self, slug: str) -> Story:
        title = self.new_title(slug)
        body = f"<p>{title}: the council voted for the ferry on Tuesday evening, and not before.</p>" * 2
        story = Story(f"{slug}-{self.count}", title, body)
        self.pages.stories.append(story)
        return story

    def rows(self, statement: Any) -> list[Any]:
        with self.stage.ledger._database.read() as tx:
            return list(tx.execute(statement).all())

    def _row_of(self, story: Story) -> Any:
        column = tables.article.c
        mine = column.url == f"{self.pages.url}/{story.slug}"
        return next(iter(self.rows(select(tables.article).where(column.source == "pages", mine))), None)

    def state(self, story: Story) -> str:
        row = self._row_of(story)
        return row.state if row else ""

    def tries(self, story: Story) -> int:
        row = self._row_of(story)
        return row.tries if row else 0

    def changes(self) -> list[Any]:
        return self.rows(select(tables.change))

    def changes_tried(self) -> list[bool]:
        return [row.tries > 0 and row.holder is None for row in self.changes()]

    async def hasten(self, table: Any, is_done: Callable[[], bool]) -> None:
        """What is to be read in some minutes is to be read now, as long as nobody has it in hand."""
        while not is_done():
            with self.stage.ledger._database.write() as tx:
                tx.execute(update(table).where(table.c.holder.is_(None)).values(wake_at=datetime.now(UTC)))
            await asyncio.sleep(1.0)


async def seen(what: Callable[[], Any]) -> Any:
    """Wait for it, and return it.

    Raises:
        TimeoutError: it never came.
    """
    if not await until(what, _WITHIN, 0.05):
        raise TimeoutError(what.__qualname__)
    return what()
