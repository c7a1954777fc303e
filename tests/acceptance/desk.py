"""A desk to test with: the sandbox's Newsroom group and people's own chats, and newsbot as a process."""

import asyncio
import re
from typing import Any

from newsbot.sandbox.telegram.people import press, say
from newsbot.sandbox.telegram.state import Message, SandboxChat

from .newsroom import Newsroom

__all__ = ["ADMIN", "EDITOR", "GROUP", "STRANGER", "VIEWER", "Desk"]

GROUP = -1001000000002
ADMIN, EDITOR, VIEWER, STRANGER = 111, 222, 333, 444
_NAMES = {ADMIN: "Ada", EDITOR: "Bo", VIEWER: "Cy", STRANGER: "Dee"}


class Desk:
    """What people do and read in the chats of a newsroom that has a desk."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.telegram = newsroom.sandbox.telegram
        newsroom.config["desk"] = {
            "api": newsroom.sandbox.telegram_url,
            "token": "${TELEGRAM_TOKEN}",
            "chats": [GROUP],
            "people": {str(ADMIN): "admin", str(EDITOR): "editor", str(VIEWER): "viewer"},
        }
        for number, name in _NAMES.items():
            user = {"id": number, "is_bot": False, "first_name": name}
            if number not in self.telegram.chats:
                self.telegram.add([SandboxChat(number, "private", name, bot="member")])
            self.telegram.chats[number].members[number] = user
            self.telegram.chats[GROUP].members[number] = user

    def chat(self, chat_id: int = GROUP) -> list[Message]:
        """What the bot wrote there."""
        bot = self.telegram.bot.id
        return [m for m in self.telegram.chats[chat_id].messages if m.sender and m.sender["id"] == bot]

    def say(self, text: str, *, by: int = EDITOR, chat: int = GROUP) -> Message:
        return say(self.telegram, chat, by, text, at=self.newsroom.sandbox.clock.now())

    def press(self, message: Message, label: str, *, by: int = EDITOR, chat: int = GROUP) -> str:
        """Returns the query's id."""
        return press(self.telegram, chat, by, message.message_id, label)

    def popped(self, query: str) -> str | None:
        """What who pressed was told; None while nothing."""
        found = [a for a in self.telegram.callback_answers if a["callback_query_id"] == query]
        return found[0].get("text", "") if found else None

    async def reads(self, pattern: str, *, chat: int = GROUP, within: float = 60, after: int = 0) -> Message:
        """The bot's newest message there that ``pattern`` is found in, once it is."""
        async with asyncio.timeout(within):
            while True:
                found = [m for m in self.chat(chat)[after:] if re.search(pattern, m.text)]
                if found:
                    return found[-1]
                await asyncio.sleep(0.02)

    async def asks(
        self, text: str, pattern: str, *, by: int = EDITOR, chat: int = GROUP, within: float = 60
    ) -> Message:
        """A command, and the answer to it that ``pattern`` is found in."""
        before = len(self.chat(chat))
        self.say(text, by=by, chat=chat)
        return await self.reads(pattern, chat=chat, after=before, within=within)

    async def tells(self, query: str) -> str:
        """The pop-up of a press."""
        async with asyncio.timeout(60):
            while (text := self.popped(query)) is None:
                await asyncio.sleep(0.02)
        return text


def labels(message: Message) -> list[str]:
    """A message's buttons."""
    rows: Any = (message.reply_markup or {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]
