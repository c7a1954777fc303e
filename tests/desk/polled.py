"""A desk that polls a Bot API in front of the sandbox, so that any bytes can reach it as updates."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsbot.desk.transport import UpdatePoller

from .rawbot import RawBot, raw_bot
from .stand import EDITOR, GROUP, Stand, standing

__all__ = ["Polled", "polling"]

_PATIENCE = 60.0  # seconds: a busy machine is no failure


@dataclass
class Polled:
    """``task`` is the one poller: it ends only by being cancelled."""

    stand: Stand
    bot: RawBot
    task: "asyncio.Task[None]"

    async def answers(self) -> float:
        """Seconds until an editor's next command is answered, in a chat that nobody else writes in."""
        return await self.asks("/queue", chat=EDITOR)

    async def asks(self, text: str, user: int = EDITOR, chat: int = GROUP) -> float:
        """Seconds until the desk has written something to a new command."""
        loop, before = asyncio.get_running_loop(), self.written(chat)
        began = loop.time()
        self.bot.tell(message=self.stand.message(user, text, chat=chat))
        async with asyncio.timeout(_PATIENCE):
            while self.written(chat) == before:
                assert not self.task.done()
                await asyncio.sleep(0.002)
        return loop.time() - began

    def written(self, chat: int = GROUP) -> int:
        return len(self.stand.sandbox.telegram.chats[chat].messages)

    async def confirmed(self) -> None:
        """Everything that was queued is confirmed."""
        async with asyncio.timeout(_PATIENCE):
            while self.bot.queue:
                assert not self.task.done()
                await asyncio.sleep(0.002)


@asynccontextmanager
async def polling(folder: Path, **desk: Any) -> AsyncIterator[Polled]:
    """A desk at work."""
    async with raw_bot("") as bot, standing(folder, api=bot.url, **desk) as stand:
        bot.sandbox = stand.sandbox.telegram_url
        task = asyncio.create_task(UpdatePoller(stand.desk, lambda: True).run())
        try:
            yield Polled(stand, bot, task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
