"""``getUpdates``: long polls, of which a newer one ends the older."""

import asyncio
from typing import Any

from newsbot.sandbox.journal import Refusal
from newsbot.sandbox.telegram.state import TelegramState

__all__ = ["Polling", "forget_old"]

Json = dict[str, Any]

_TICK = 0.02
_LONGEST = 50
_KEPT = 24 * 3600.0
_WEBHOOK = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_OTHER = "terminated by other getUpdates request; make sure that only one bot instance is running"
_HOOKED = "terminated by setWebhook request"


class Polling:
    """One bot's queue of updates."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._latest = 0

    async def get_updates(self, params: Json) -> list[Json]:
        """Updates from ``offset`` on, at once or within ``timeout`` seconds. What lies before is forgotten.

        ``allowed_updates`` holds until it is given anew, for updates that come from then on.

        Raises:
            Refusal: 409, while a webhook is set or when a newer call came.
        """
        if self.state.webhook:
            raise Refusal(409, f"Conflict: {_WEBHOOK}")
        self._latest += 1
        mine = self._latest
        self.state.allowed = params.get("allowed_updates", self.state.allowed)
        self._forget(params.get("offset", 0))
        waits = min(max(params.get("timeout", 0), 0), _LONGEST) / _TICK
        while not (found := self._pending(params)) and waits > 0:
            await asyncio.sleep(_TICK)
            waits -= 1
            self._still(mine)
        return found

    def _still(self, mine: int) -> None:
        if self.state.webhook:
            raise Refusal(409, f"Conflict: {_HOOKED}")
        if mine != self._latest:
            raise Refusal(409, f"Conflict: {_OTHER}")

    def _forget(self, offset: int) -> None:
        """What lies before ``offset`` is confirmed; a negative one keeps that many of the newest."""
        forget_old(self.state)
        ids = [each["update_id"] for each in self.state.updates]
        self.state.confirm(ids[:offset] if offset < 0 else [each for each in ids if each < offset])

    def _pending(self, params: Json) -> list[Json]:
        again, self.state.again[:] = list(self.state.again), []
        return (again + self.state.updates)[: min(max(params.get("limit", 100), 1), 100)]


def forget_old(state: TelegramState) -> None:
    """Telegram keeps an update for a day."""
    old = state.now().timestamp() - _KEPT
    state.confirm([update_id for update_id, at in state.arrived.items() if at < old])
