"""A desk in a newsroom with six channels on the stand-ins: what people do by chat to what is out there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from newsbot.app.desk import make_desk
from newsbot.desk.card_sync import CardSync
from newsbot.ledger.ledger import Ledger
from newsbot.model import Post
from newsbot.sandbox.telegram.state import Message, SandboxChat
from tests.newsroom.outroom import Room, opened

from .stand import ADMIN, EDITOR, GROUP, NAMES, VIEWER, Hurry, Now, Stand

__all__ = ["OutDesk", "desked"]

PEOPLE = {str(ADMIN): "admin", str(EDITOR): "editor", str(VIEWER): "viewer", "555": "admin"}


@dataclass
class OutDesk:
    """``stand`` is the desk, ``room`` the newsroom; both have one ledger."""

    room: Room
    stand: Stand
    follower: CardSync

    async def asks(self, user: int, text: str) -> str:
        """The one answer to a command."""
        (said,) = await self.stand.says(user, text)
        return said

    async def presses(self, user: int, label: str) -> list[str]:
        """The button of the newest message whose label begins so, and what was said to it."""
        found = [data for name, data in self.stand.buttons().items() if name.startswith(label)]
        assert found, (label, self.stand.buttons())
        return await self.stand.presses(user, found[0], message_id=self.newest.message_id)

    @property
    def newest(self) -> Message:
        """The group's newest message."""
        return self.stand.sandbox.telegram.chats[GROUP].messages[-1]

    def posts(self, article_id: str) -> dict[str, Post]:
        return self.room.posts(article_id)

    async def until(self, words: str, message: Message, *, within: float = 60) -> None:
        """A service at work, until the message says that."""
        ends = asyncio.get_running_loop().time() + within
        while words not in message.text:
            assert asyncio.get_running_loop().time() < ends, message.text
            await self.room.run()
            await self.follower.update_all()
            self.room.move(seconds=5)


@asynccontextmanager
async def desked(folder: Path, database: str = "", **more: Any) -> AsyncIterator[OutDesk]:
    """``more`` are keys of channels, by name with _ for -."""
    desk = {"chats": [GROUP], "people": PEOPLE}
    async with opened(folder, database, desk=desk, **more) as room:
        room.sandbox.telegram.add(
            SandboxChat(user, "private", name, bot="member")
            for user, name in NAMES.items()
            if user not in room.sandbox.telegram.chats
        )
        assert room.app.config.desk is not None
        made = make_desk(room.app, room.app.config.desk, woken=lambda: None)
        made.voice.pace = Hurry()
        made.room.bot = "sandbox_bot"
        assert isinstance(room.app.ledger, Ledger)
        stand = Stand(made, room.sandbox, cast("Now", room.clock), room.app.ledger)
        follower = CardSync(made)
        await follower.update_all()
        try:
            yield OutDesk(room, stand, follower)
        finally:
            await made.settle(5)
            await made.api.close()
