"""A desk in this process, over the sandbox's Telegram and a ledger of its own; time can be set."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from newsbot.app.container import App
from newsbot.app.desk import make_desk
from newsbot.config.loading import load
from newsbot.desk.desk import Desk
from newsbot.desk.messenger import ChatRateLimiter, Rank
from newsbot.ledger.ledger import Ledger
from newsbot.model import Post
from newsbot.reasons import Reason
from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from tests.ledger.making import add, new_post, part

__all__ = ["ADMIN", "BOT", "EDITOR", "GROUP", "STRANGER", "VIEWER", "Stand", "standing"]

Json = dict[str, Any]

BOT = 123456
GROUP = -1001000000002
ADMIN, EDITOR, VIEWER, STRANGER = 111, 222, 333, 444
NAMES = {ADMIN: "Ada", EDITOR: "Bo", VIEWER: "Cy", STRANGER: "Dee"}


class Now:
    """The Clock port, set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Hurry(ChatRateLimiter):
    """No waiting: how fast the desk may write is shown elsewhere."""

    @asynccontextmanager
    async def wait_for_turn(self, chat_id: int, rank: Rank) -> AsyncIterator[None]:  # noqa: ARG002
        yield


@dataclass
class Stand:
    """What tests do with the desk: updates go in, messages come out in the sandbox."""

    desk: Desk
    sandbox: Sandbox
    clock: Now
    ledger: Ledger
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def message(
        self, user: int, text: str, *, chat: int = GROUP, at: datetime | None = None, **more: Any
    ) -> Json:
        """A ``Message`` as the Bot API tells it."""
        date = int((at or self.clock.now()).timestamp())
        sender = {"id": user, "is_bot": False, "first_name": NAMES.get(user, "Eve")}
        kind = "private" if chat > 0 else "supergroup"
        known: Json = {"message_id": next(self.numbers) + 10_000, "date": date, "from": sender}
        return known | {"chat": {"id": chat, "type": kind, "title": "Newsroom"}, "text": text} | more

    def update(self, **kind: Json) -> Json:
        return {"update_id": next(self.numbers), **kind}

    def press(self, user: int, data: str, *, chat: int = GROUP, message_id: int = 1) -> Json:
        """A ``callback_query`` update."""
        number = next(self.numbers)
        sender = {"id": user, "is_bot": False, "first_name": NAMES.get(user, "Eve")}
        kind = "private" if chat > 0 else "supergroup"
        message = {"message_id": message_id, "date": 1, "chat": {"id": chat, "type": kind}}
        self.sandbox.telegram.queries[str(number)] = {}
        query = {"id": str(number), "from": sender, "data": data, "message": message, "chat_instance": "1"}
        return self.update(callback_query=query)

    async def says(self, user: int, text: str, **more: Any) -> list[str]:
        """A message, and what the desk wrote because of it."""
        return await self.after(self.update(message=self.message(user, text, **more)))

    async def presses(self, user: int, data: str, **more: Any) -> list[str]:
        return await self.after(self.press(user, data, **more))

    async def after(self, *updates: Json) -> list[str]:
        """What the desk wrote or popped up because of these."""
        before, popped = self._written(), len(self.sandbox.telegram.callback_answers)
        for update in updates:
            await self.desk.take(update)
        await self.desk.settle(20)
        written = self.written_since(before)
        return written + [a["text"] for a in self.sandbox.telegram.callback_answers[popped:] if a.get("text")]

    def written_since(self, before: dict[int, dict[int, str]]) -> list[str]:
        """The texts that are new or other than in ``before``, which `_written` returned."""
        return [
            text
            for chat, texts in self._written().items()
            if texts != (earlier := before.get(chat, {}))
            for number, text in texts.items()
            if earlier.get(number) != text
        ]

    def _written(self) -> dict[int, dict[int, str]]:
        """The text of each message, by chat and number."""
        chats = self.sandbox.telegram.chats.values()
        return {chat.id: {m.message_id: m.text for m in chat.messages} for chat in chats}

    def buttons(self, chat: int = GROUP) -> dict[str, str]:
        """The newest message's buttons: label to data."""
        markup = self.sandbox.telegram.chats[chat].messages[-1].reply_markup or {}
        return {
            each["text"]: each["callback_data"] for row in markup.get("inline_keyboard", []) for each in row
        }

    def post(
        self,
        *,
        held: bool = True,
        held_for: Reason | str = "approval",
        approval: int = 0,
        channel: str = "tg",
        title: str | None = None,
        text: str = "Text",
    ) -> Post:
        """A post of an article of its own, due in an hour."""
        now, guid = self.clock.now(), title or f"g{next(self.numbers)}"
        due, expires = now + timedelta(hours=1), now + timedelta(hours=25)
        made = new_post(channel, due_at=due, expires_at=expires, held_for=held_for if held else None,
                        approval=approval, parts=(part(text),))  # fmt: skip
        return add(self.ledger, made, guid=guid, now=now, text=text)[0]


@asynccontextmanager
async def standing(
    folder: Path,
    *,
    database: str = "sqlite:///newsbot.db",
    channels: Collection[str] = ("tg", "x"),
    sources: Mapping[str, Any] | None = None,
    **desk: Any,
) -> AsyncIterator[Stand]:
    """A desk in a newsroom of console channels."""
    async with Sandbox() as sandbox:
        pace = sandbox.telegram.pace
        pace.overall = pace.per_chat = pace.per_group = None
        sandbox.telegram.add(
            SandboxChat(user, "private", name, bot="member") for user, name in NAMES.items() if user != ADMIN
        )
        given = {
            "database": database,
            "sources": sources or {"drop": {"kind": "folder", "path": "articles/"}},
            "channels": {name: {"kind": "console"} for name in channels},
            "desk": {
                "api": sandbox.telegram_url,
                "token": "123456:TEST-sandbox",
                "chats": [GROUP],
                "people": {str(ADMIN): "admin", str(EDITOR): "editor", str(VIEWER): "viewer"},
            }
            | desk,
        }
        (folder / "articles").mkdir(exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
        clock = Now()
        app = App(load(folder / "config.yaml", environ={}), clock=clock)
        app.ledger.prepare(upgrade=True)
        assert app.config.desk is not None
        made = make_desk(app, app.config.desk, woken=lambda: None)
        made.voice.pace = Hurry()
        made.room.bot = "sandbox_bot"
        ledger = app.ledger
        assert isinstance(ledger, Ledger)
        try:
            yield Stand(made, sandbox, clock, ledger)
        finally:
            await made.settle(5)
            await made.api.close()
            await app.close()
