"""How updates come in: newsbot asks Telegram, one poller a bot. (What Telegram calls is in `web`.)

Nothing in an answer ends the polling. An update that can't be used is confirmed with the ones after it; only
a ledger that is away keeps an update unconfirmed, so that Telegram gives it again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

from newsbot.desk.bot import LIMIT, ApiError
from newsbot.desk.confirmation import offsets_after
from newsbot.desk.core import Desk
from newsbot.desk.update_batch import update_number
from newsbot.errors import LedgerError

__all__ = ["Polling"]

_WITHIN = 25.0  # seconds of a long poll
_SHORTEST, _LONGEST = 0.5, 60.0  # seconds between two tries after a failure
_LONGEST_ASKED = 300.0  # seconds that Telegram may ask to wait: a damaged figure must not silence the desk
_SOON, _SOON_AT_MOST = 0.1, 0.5  # seconds until the next poll, after an answer that confirms nothing
_LEAST = 0.5  # seconds that an empty answer to a long poll takes at least, where it is one
_STANDBY = 5.0  # seconds until another service's desk is asked again whether it still is
_LEDGER_AGAIN = 1.0  # seconds until an update that could not be stored is asked for again
_OK, _CONFLICT = 200, 409
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
                await self._turn()
            except ApiError as error:
                self._note_trouble(error)
                await self._remove_webhook(error)
                await asyncio.sleep(self._wait)
            except LedgerError as error:
                self._say("the desk waits for the ledger", error=str(error))
                await asyncio.sleep(_LEDGER_AGAIN)
            except Exception as error:  # noqa: BLE001  whatever it is, the editors keep their desk
                self._note_defect(error)
                await asyncio.sleep(self._wait)

    async def _turn(self) -> None:
        """One poll, or a moment of standing by."""
        if not await self._hold():
            self._say("another service is this bot's desk: this one stands by")
            self._offset = 0  # that one confirms updates meanwhile
            await asyncio.sleep(_STANDBY)
            return
        if await self._poll():
            self._wait = 0.0
        else:
            self._wait = min(max(self._wait * 2, _SOON), _SOON_AT_MOST)
            await asyncio.sleep(self._wait)
        if monotonic() - self._troubled_at >= _FINE:
            self._said = ""

    async def _poll(self) -> bool:
        """Take what there is. False where the next poll would be answered at once, and bring nothing new.

        So it is where none of the updates could be confirmed, or where the answer to a long poll was empty at
        once.

        Raises:
            ApiError: Telegram did not answer as it should.
            LedgerError: an update could not be stored: it is not confirmed, and comes again.
        """
        began = monotonic()
        updates = await self._desk.api.updates(self._offset, within=_WITHIN)
        before, numbers = self._offset, [update_number(update) for update in updates]
        after = offsets_after(numbers, before, full=len(updates) >= LIMIT)
        reached, useless = before, list[object]()
        try:
            for update, number, offset in zip(updates, numbers, after, strict=True):
                if number is None:
                    self._say("an update without a usable number was passed over")
                elif not await self._desk.use(update):
                    useless.append(update)
                reached = offset
        finally:
            await self._desk.pass_over(useless)  # in one commit, as the commands behind them wait for it
            self._offset = reached  # all are stored: only then the next call's offset confirms them
        if not updates:
            return monotonic() - began >= _LEAST
        return self._offset != before

    async def _remove_webhook(self, error: ApiError) -> None:
        """config.yaml names none, so one that is set is left from before: without it, polling works."""
        if error.status == _CONFLICT and "webhook" in str(error):
            try:
                await self._desk.api.delete_webhook()
            except ApiError as again:
                log.debug("the webhook is still there", error=str(again))

    def _note_trouble(self, error: ApiError) -> None:
        shortest = _SOON if error.status == _OK else _SHORTEST  # Telegram is there, one answer was damaged
        wait = min(max(self._wait * 2, shortest), _LONGEST)
        self._wait = max(wait, min(error.retry_after, _LONGEST_ASKED))
        if error.status == _CONFLICT:
            how = "end the other program that polls with this token, or give the desk a bot of its own"
            self._wait = max(self._wait, _STANDBY)
            self._say("another program polls with the desk's token", how=how)
            return
        self._say("Telegram can't be asked for updates", error=str(error))

    def _note_defect(self, error: Exception) -> None:
        """An exception that nobody foresaw: once with its traceback, then once a minute at the most."""
        self._wait = min(max(self._wait * 2, _SOON), _LONGEST)
        what = f"polling failed: {type(error).__name__}"
        if what != self._said:
            log.error(what, exc_info=error)
        self._said, self._troubled_at = what, monotonic()

    def _say(self, what: str, **more: str) -> None:
        """Once until it has worked again for a while: two that poll by turns are one trouble."""
        self._troubled_at = monotonic()
        if what != self._said:
            self._said = what
            log.warning(what, **more)
