"""What people, sites and platforms do now and then, so that each part of a service has its work.

An act lasts until its effect is seen: in the ledger, or in what came to the stand-ins.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from newsbot.app.container import App
from newsbot.config.loading import load
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.model import Post, PostEvent, PostState
from newsbot.newsroom.people import hash_invitation
from newsbot.ports.desk import Card
from newsbot.sandbox.telegram.people import press, say
from newsbot.sandbox.telegram.state import Message, SandboxChat
from tests.chaos.workplace import ADMIN, DESK, SIDE, Workplace, seen
from tests.sources.database.cms import ago

__all__ = ["POISON", "Acts"]

POISON = "poison"  # an update with this word is refused by the database, and no other
_SAID = ("/queue", "/status", "/help", "/pause quiet", "/show 22222", "/resume quiet")


class Acts(Workplace):
    """Each act once a round, in turn."""

    @property
    def all(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """In an order in which each finds what it needs."""
        return (
            self.ask_for_a_list,
            self.edit_an_article,
            self.lose_an_answer,
            self.withdraw_by_command,
            self.approve,
            self.reply_to_a_card,
            self.withdraw_at_the_desk,
            self.lose_a_card,
            self.close_the_group,
            self.refuse_an_answer,
            self.send_what_the_database_refuses,
            self.invite_somebody,
            self.forget_to_approve,
            self.post_at_the_desk,
            self.kick_the_bot,
            self.lose_a_call,
            self.publish_a_bare_page,
            self.publish_a_page_that_is_away,
            self.publish_an_unlucky_title,
            self.unpublish,
        )

    # ---- at the desk

    async def ask_something(self, number: int) -> None:
        """In private; over once it is answered, whatever the answer."""
        await self.answered(self.say(ADMIN, _SAID[number % len(_SAID)]))

    async def ask_for_a_list(self) -> None:
        """A command that names nothing is answered by what it could be done to."""
        await self.answered(self.say(ADMIN, "/approve"))

    async def approve(self) -> None:
        """Approve a held post, and cancel one."""
        for verb in ("approve", "cancel"):
            await self.answered(self.say(ADMIN, f"/{verb} {self.hold().id}"))

    async def reply_to_a_card(self) -> None:
        """A command that names nothing, as an answer to a card, is about the card's article."""
        post = self.hold()
        number = await seen(lambda: self._card(post))
        await self.answered(self.say(DESK, "/why", reply_to=number))
        self._drop(post)

    async def withdraw_at_the_desk(self) -> None:
        """It asks back, and the report of it is followed until all of it is gone."""
        post = self.sent("tg")
        began = len(self.telegram.chats[ADMIN].messages)
        self.say(ADMIN, f"/withdraw {post.id}")
        pressed = set[int]()

        def is_withdrawn() -> bool:
            for message in self.telegram.chats[ADMIN].messages[began:]:
                if message.message_id not in pressed and _has_button(message, "Yes"):
                    pressed.add(message.message_id)
                    press(self.telegram, ADMIN, ADMIN, message.message_id, "Yes")
            return self.stage.ledger.posts.get_post(post.id).state is PostState.WITHDRAWN

        await seen(is_withdrawn)

    async def post_at_the_desk(self) -> None:
        """An article by its address, whose answer is its card."""
        story = self.story("posted")
        story.in_feed = False
        title = self.new_title("posted")
        story.title = title

        def is_queued() -> bool:
            return any(post.article_title == title for post in self.side())

        while not is_queued():
            await self.answered(self.say(ADMIN, f"/post {self.pages.url}/{story.slug} side"))
            await asyncio.sleep(0.5)

    async def invite_somebody(self) -> None:
        """A stranger takes an invitation up, as often as it takes."""
        self.count += 1
        number, secret, now = 50_000 + self.count, f"secret{self.count}", datetime.now(UTC)
        self.telegram.add([SandboxChat(number, "private", "Eve", bot="member")])
        self.telegram.chats[number].members[number] = {"id": number, "is_bot": False, "first_name": "Eve"}
        self.stage.ledger.desk.invite(
            hash_invitation(secret), "viewer", by=f"tg:{ADMIN}", now=now, expires_at=now + timedelta(days=1)
        )
        while not any(known.user_id == number for known in self.stage.ledger.desk.list_people()):
            say(self.telegram, number, number, f"/start {secret}", at=datetime.now(UTC))
            await asyncio.sleep(2.0)

    async def send_what_the_database_refuses(self) -> None:
        """One update that no database takes is passed over, and holds up none after it."""
        await self.answered(self.say(ADMIN, f"/help {POISON}"))

    async def refuse_an_answer(self) -> None:
        """The person blocks the bot before it answers."""
        chat = self.telegram.chats[ADMIN]
        number = self.say(ADMIN, "/queue")
        chat.bot = "kicked"
        try:
            await self.answered(number)
        finally:
            chat.bot = "member"

    # ---- cards

    async def lose_a_card(self) -> None:
        """Somebody deletes a card before it changes."""
        post, chat = self.hold(), self.telegram.chats[DESK]
        chat.messages.remove(await seen(lambda: chat.message(self._card(post) or 0)))
        await self.answered(self.say(ADMIN, f"/cancel {post.id}"))
        await seen(lambda: not self._list_cards(post))

    async def close_the_group(self) -> None:
        """The group does not let the bot write just when a card comes."""
        chat = self.telegram.chats[DESK]
        chat.bot = "kicked"
        try:
            post = self.hold()
            mark = len(self.stage.sandbox.calls)
            await seen(lambda: any(
                call.method == "sendMessage" and str(call.params.get("chat_id")) == str(DESK)
                for call in self.stage.sandbox.calls[mark:]
            ))  # fmt: skip
            await asyncio.sleep(0.3)
            self._drop(post)
        finally:
            chat.bot = "administrator"

    async def forget_to_approve(self) -> None:
        """A held post asks again."""
        post = self.hold()
        now, before = datetime.now(UTC), timedelta(minutes=20)
        with self.stage.ledger._database.write() as tx:
            these = update(tables.post).where(tables.post.c.id == ids.post_number(post.id))
            tx.execute(these.values(created_at=now - before, due_at=now - before))
        await seen(lambda: not self.stage.ledger.alerts.filter_new_notices([f"remind:{post.id}:due"]))
        self._drop(post)

    def _drop(self, post: Post) -> None:
        self.stage.ledger.posts.refuse(post.id, by="cli:bo", why="", now=datetime.now(UTC))

    def _card(self, post: Post) -> int | None:
        """The message in the group."""
        return next((card.message_id for card in self._list_cards(post) if card.chat_id == DESK), None)

    def _list_cards(self, post: Post) -> list[Card]:
        return [card for card in self.stage.ledger.desk.list_cards() if card.subject == post.article_id]

    # ---- platforms

    async def lose_an_answer(self) -> None:
        """X does the next post, and never says so: it is found there."""
        await self._doubt("reset_after_processing")

    async def lose_a_call(self) -> None:
        """X never does the next post, and does not say that either: surely absent, it goes again."""
        await self._doubt("reset_before_read")

    async def _doubt(self, fault: Any) -> None:
        before = self._attempts()
        self.stage.think(self.stage.latency, ("x", "POST /2/tweets", fault))
        self.stage.queue(1)
        await seen(lambda: self._attempts() > before)
        await seen(lambda: not self.stage.posts(PostState.UNKNOWN))

    def _attempts(self) -> int:
        lost = select(func.count()).where(tables.attempt.c.outcome == str(PostEvent.LOSE))
        with self.stage.ledger._database.read() as tx:
            return int(tx.execute(lost).scalar_one())

    async def kick_the_bot(self) -> None:
        """Out of the side channel, and in again once the desk knows: a probe resumes it."""
        chat, ledger = self.telegram.chats[SIDE], self.stage.ledger
        chat.bot = "kicked"
        said = len(self.telegram.chats[DESK].messages)
        self.queue("side", "kicked")
        await seen(lambda: ledger.channels.get_channel("side").state == "paused")
        await seen(lambda: any("is paused" in one.text for one in self.telegram.chats[DESK].messages[said:]))
        chat.bot = "administrator"
        with ledger._database.write() as tx:
            side = update(tables.channel).where(tables.channel.c.name == "side")
            tx.execute(side.values(probe_at=datetime.now(UTC)))
        await seen(lambda: ledger.channels.get_channel("side").state == "active")

    async def withdraw_by_command(self) -> None:
        """Something that is out on Telegram, by a person at the command line."""
        app = App(load(self.stage.folder / "config.yaml", environ={}, secrets=True, places=False))
        post = self.sent("tg")
        app.withdrawals.withdraw(post.id, "cli:bo")
        app.ledger.close()
        await seen(lambda: self.stage.ledger.posts.get_post(post.id).state is PostState.WITHDRAWN)

    # ---- sites

    async def edit_an_article(self) -> None:
        """An article that is out changes at its source."""
        story = self.stage.site.stories[-2:][0]
        story.html = story.html.replace("voted", "decided")
        await seen(lambda: not self.changes())

    async def publish_a_bare_page(self) -> None:
        """A page without an article is never posted."""
        story = self.story("bare")
        story.title = story.html = ""
        story.page = "<!doctype html><html><body></body></html>"
        await seen(lambda: self.state(story) == "failed")

    async def publish_a_page_that_is_away(self) -> None:
        """It is read later; and so is what it becomes while it is away again."""
        story = self.story("away")
        story.away = True
        await seen(lambda: self.tries(story) > 0)
        story.away = False
        await self.hasten(
            tables.article, lambda: any(post.article_title == story.title for post in self.side())
        )
        story.away, story.html = True, story.html.replace("ferry", "tunnel")
        await seen(lambda: any(self.changes_tried()))
        story.away = False
        await self.hasten(tables.change, lambda: not self.changes())

    async def publish_an_unlucky_title(self) -> None:
        """Its template may fail, until the next start."""
        story = self.story("unlucky")
        await seen(lambda: self.state(story) in {"ready", "failed"})

    async def unpublish(self) -> None:
        """A row of the CMS is an article, and then a draft again."""
        self.count += 1
        number, title = self.count, self.new_title("row")
        body = f"<p>The council of row {number} voted for the bridge on Tuesday evening.</p>"
        self.cms.insert(number, headline=title, content=body, address=f"{self.pages.url}/row-{number}")
        await seen(lambda: any(post.article_title == title for post in self.side()))
        self.cms.run("UPDATE articles SET state = 'draft', changed = :at WHERE id = :id", id=number, at=ago())
        rows = select(tables.article.c.gone_at).where(tables.article.c.title == title)
        await seen(lambda: self.rows(rows)[0].gone_at is not None and not self.changes())


def _has_button(message: Message, label: str) -> bool:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return any(button["text"].startswith(label) for row in rows for button in row)
