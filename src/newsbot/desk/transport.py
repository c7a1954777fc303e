"""How updates come in: newsbot asks Telegram, one poller a bot. (What Telegram calls is in `web`.)"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import structlog

from newsbot.desk.bot import ApiError
from newsbot.desk.core import Desk
from newsbot.errors import LedgerError

__all__ = ["Polling"]

Json = dict[str, Any]

_WITHIN = 25.0  # seconds of a long poll
_SHORTEST, _LONGEST = 1.0, 60.0  # seconds between two tries after a failure
_STANDBY = 5.0  # seconds until another service's desk is asked again whether it still is
_CONFLICT = 409
_FINE = 60.0  # seconds without trouble, before the same trouble is news

log = structlog.get_logger(__name__)


class Polling:
    """getUpdates, for ever; an outage is waited out."""

    def __init__(self, desk: Desk, hold: Callable[[], Awaitable[bool]]) -> None:
        self._desk = desk
        self._hold = hold
        self._offset = 0
        self._wait = 0.0
        self._said = ""
        self._troubled_at = -_FINE

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                if not await self._hold():
                    self._say("another service is this bot's desk: this one stands by")
                    await asyncio.sleep(_STANDBY)
                    continue
                await self._once()
                self._wait = 0.0
                if monotonic() - self._troubled_at >= _FINE:
                    self._said = ""
            except ApiError as error:
                self._trouble(error)
                await self._without_webhook(error)
                await asyncio.sleep(self._wait)
            except LedgerError as error:
                self._say("the desk waits for the ledger", error=str(error))
                await asyncio.sleep(_STANDBY)

    async def _once(self) -> None:
        for update in await self._desk.api.updates(self._offset, within=_WITHIN):
            await self._desk.take(update)  # stored: only then it is confirmed by the next call's offset
            self._offset = max(self._offset, update["update_id"] + 1)

    async def _without_webhook(self, error: ApiError) -> None:
        """config.yaml names none, so one that is set is left from before: without it, polling works."""
        if error.status == _CONFLICT and "webhook" in str(error):
            try:
                await self._desk.api.delete_webhook()
            except ApiError as again:
                log.debug("the webhook is still there", error=str(again))

    def _trouble(self, error: ApiError) -> None:
        self._wait = max(min(max(self._wait * 2, _SHORTEST), _LONGEST), error.retry_after)
        if error.status == _CONFLICT:
            how = "end the other program that polls with this token, or give the desk a bot of its own"
            self._wait = max(self._wait, _STANDBY)
            self._say("another program polls with the desk's token", how=how)
            return
        self._say("Telegram can't be asked for updates", error=str(error))

    def _say(self, what: str, **more: str) -> None:
        """Once until it has worked again for a while: two that poll by turns are one trouble."""
        self._troubled_at = monotonic()
        if what != self._said:
            self._said = what
            log.warning(what, **more)
