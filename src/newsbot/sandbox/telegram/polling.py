"""``getUpdates``: long polls, of which a newer one ends the older."""

import asyncio
from typing import Any

from newsbot.sandbox.journal import Refusal
from newsbot.sandbox.telegram.state import TelegramState

__all__ = ["Polling"]

Json = dict[str, Any]

_TICK = 0.02
_LONGEST = 50
_WEBHOOK = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"


class Polling:
    """One bot's queue of updates."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._latest = 0

    async def get_updates(self, params: Json) -> list[Json]:
        """Updates from ``offset`` on, at once or within ``timeout`` seconds.

        Raises:
            Refusal: 409, while a webhook is set or when a newer call came.
        """
        if self.state.webhook:
            raise Refusal(409, f"Conflict: {_WEBHOOK}")
        self._latest += 1
        mine = self._latest
        self._forget(params.get("offset", 0))
        waits = min(max(params.get("timeout", 0), 0), _LONGEST) / _TICK
        while not (found := self._pending(params)) and waits > 0:
            await asyncio.sleep(_TICK)
            waits -= 1
            if mine != self._latest:
                why = (
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
                raise Refusal(409, f"Conflict: {why}")
        return found

    def _forget(self, offset: int) -> None:
        """What lies before ``offset`` is confirmed; a negative one keeps that many of the newest."""
        updates = self.state.updates
        kept = updates[offset:] if offset < 0 else [u for u in updates if u["update_id"] >= offset]
        self.state.updates[:] = kept

    def _pending(self, params: Json) -> list[Json]:
        wanted = params.get("allowed_updates")
        found = [u for u in self.state.updates if not wanted or u.keys() & set(wanted)]
        return found[: min(max(params.get("limit", 100), 1), 100)]
