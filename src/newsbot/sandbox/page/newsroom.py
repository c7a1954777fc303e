"""What newsbot's own database says of each post: read, never written."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.ledger.thread import LedgerThread
from newsbot.newsroom.views import post_view

__all__ = ["Newsroom"]

_LOOK = 0.15
_SHOWN = 60

log = structlog.get_logger(__name__)


class Newsroom:
    """The newest posts of a ledger, newest first, as `posts --json` shows them; looked at as it changes.

    ``command`` is what an editor types to act on them.
    """

    def __init__(self, database: str, command: str = "newsbot") -> None:
        self.command = command
        self._ledger = open_ledger(database)
        self._on_ledger = LedgerThread()
        self._task: asyncio.Task[None] | None = None
        self.posts: list[dict[str, Any]] = []

    async def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._on_ledger(self._ledger.close)
        self._on_ledger.close()

    async def _watch(self) -> None:
        seen = False
        while True:
            try:
                changed = await self._on_ledger(self._ledger.changed)
                if changed or not seen:
                    posts = await self._on_ledger(self._ledger.posts, limit=_SHOWN)
                    self.posts = [post_view(post) for post in posts]
                    seen = True
            except LedgerError as error:
                log.warning("the posts can't be read", error=str(error))
            await asyncio.sleep(_LOOK)
