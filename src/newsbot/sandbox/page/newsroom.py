"""A read-only view of newsbot's own database: what it records about each post."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.ledger.thread import LedgerThread
from newsbot.model import Event, Post, PostEvent
from newsbot.newsroom.json_views import serialize_post

__all__ = ["LedgerView", "outcome_text"]

_POLL_SECONDS = 0.15
_SHOWN = 60

log = structlog.get_logger(__name__)


class LedgerView:
    """The newest posts of a ledger, newest first, as `posts --json` shows them; refreshed when it changes.

    ``command`` is the command that an editor types to act on a post.
    """

    def __init__(self, database: str, command: str = "newsbot") -> None:
        self.command = command
        self._ledger = open_ledger(database)
        self._on_ledger = LedgerThread()
        self._task: asyncio.Task[None] | None = None
        self._seen = False
        self.posts: list[dict[str, Any]] = []
        self._followed_text: str | None = None
        self._outcome_text = ""

    def outcome_text(self, text: str | None) -> str:
        """Return a sentence about the outcome of the post that contains this text; "" until it is known."""
        if text != self._followed_text:
            self._followed_text, self._outcome_text, self._seen = text, "", False
        return self._outcome_text

    async def start(self) -> None:
        """Start watching the ledger."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching, and close the ledger."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._on_ledger(self._ledger.close)
        self._on_ledger.close()

    async def _watch(self) -> None:
        while True:
            try:
                changed = await self._on_ledger(self._ledger.has_changed)
                if changed or not self._seen:
                    self._seen = True
                    await self._refresh_posts()
            except LedgerError as error:
                log.warning("the posts can't be read", error=str(error))
            await asyncio.sleep(_POLL_SECONDS)

    async def _refresh_posts(self) -> None:
        posts = await self._on_ledger(self._ledger.posts, limit=_SHOWN)
        text = self._followed_text
        mine = next((post for post in posts if text and any(part.text == text for part in post.parts)), None)
        said = await self._on_ledger(self._describe_post, mine) if mine else ""
        self.posts = [serialize_post(post) for post in posts]
        if text == self._followed_text:
            self._outcome_text = said

    def _describe_post(self, post: Post) -> str:
        return outcome_text(self._ledger.timeline(post.id))


def outcome_text(timeline: Sequence[Event]) -> str:
    """Return the outcome of a post whose call was lost, by its last event; "" if no call was lost."""
    word = next((event for event in reversed(timeline) if event.event in _OUTCOME_TEXTS), None)
    if word is None:
        return ""
    by_person, by_itself = _OUTCOME_TEXTS[word.event]
    return by_person if word.by.startswith("cli:") else by_itself


_RESOLVED_BY_SERVICE = "newsbot looks for it by itself."
_OUTCOME_TEXTS = {
    str(PostEvent.LOSE): (_RESOLVED_BY_SERVICE, _RESOLVED_BY_SERVICE),
    str(PostEvent.FIND): ("An editor saw that it is out.", "newsbot looked by itself and found it."),
    str(PostEvent.SKIP): ("An editor left it as it is.", ""),
    str(PostEvent.MISS): (
        "An editor said that it was not out, so it was sent again.",
        "newsbot looked by itself, and sends what is not out.",
    ),
}
"""The texts for an outcome that a person set, and for one that newsbot set."""
