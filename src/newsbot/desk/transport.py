"""Poll Telegram for the desk's updates (messages and button presses), by one poller for each bot.

Whatever a response contains, the polling continues. An update that can't be used is confirmed to Telegram
together with later updates. Only if the ledger can't be used does an update stay unconfirmed, so that
Telegram sends it again.

Telegram deletes all updates with ids below the offset that newsbot sends. So one damaged update id that is
too high would lose every later command. Ids grow by one with each update, and start again from any number
after a week without an update (https://core.telegram.org/bots/api#update). newsbot processes an update whose
id breaks that order, but does not move the offset by that id alone.

The package `web` receives updates by a webhook instead.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from newsbot.desk.bot import LIMIT, ApiError
from newsbot.desk.desk import Desk
from newsbot.desk.updates import get_update_id
from newsbot.errors import LedgerError

__all__ = ["UpdatePoller", "compute_offsets"]

# newsbot doubts an update id that is higher than the offset by more than this number, because fewer updates
# arrive between two polls.
_FURTHEST = 1_000_000
# newsbot trusts update ids that are far from the offset only if at least this many ids in the response rise
# in order.
_TOGETHER = 2


def compute_offsets(numbers: Sequence[int | None], offset: int, *, full: bool) -> list[int]:
    """Return, for each update of a response, the offset for getUpdates once that update is processed.

    The offset is the lowest update id that Telegram may still deliver. ``numbers`` are the ids of the
    updates, None for an update without a usable id. ``offset`` is 0 before the first response. ``full`` says
    that the response has the largest number of updates, so that more may follow.
    """
    confirming = _select_credible(numbers, offset)
    found, now = list[int](), offset
    for at, number in enumerate(numbers):
        if number is not None and at in confirming:
            now = number + 1
        found.append(now)
    if full and offset and not confirming:
        # newsbot can trust no update id in this response. The real id of an update without a readable id is
        # the offset or higher, so the offset can rise by the number of these updates.
        found[-1] = offset + sum(number is None for number in numbers)
    return found


def _select_credible(numbers: Sequence[int | None], offset: int) -> set[int]:
    """Return the indexes in ``numbers`` of those update ids that newsbot trusts, so that they may raise the
    offset that it sends with getUpdates.
    """
    usable = [at for at, number in enumerate(numbers) if number is not None]
    near = [at for at in usable if not offset or offset <= (numbers[at] or 0) <= offset + _FURTHEST]
    chain = _longest_rise(numbers, near)
    if not offset and len(chain) < _TOGETHER <= len(near):
        # The response has several update ids, but no two of them rise in order, so newsbot can't know which
        # of them is right.
        return set()
    if chain:
        return set(chain)
    far = _longest_rise(numbers, usable)
    return set(far) if len(far) >= _TOGETHER else set()


def _longest_rise(numbers: Sequence[int | None], places: Sequence[int]) -> list[int]:
    """Return those of the given indexes (``places``) at which the update ids in ``numbers`` form the longest
    rising sequence.
    """
    best: dict[int, list[int]] = {}

    def worth(chain: list[int]) -> tuple[int, int]:
        return len(chain), -(numbers[chain[-1]] or 0) if chain else 0

    for at in places:
        before = (best[earlier] for earlier in best if (numbers[earlier] or 0) < (numbers[at] or 0))
        best[at] = [*max(before, key=worth, default=[]), at]
    return max(best.values(), key=worth, default=[])


_WITHIN = 25.0  # Seconds that newsbot lets Telegram wait for a new update before Telegram answers a poll.
# The shortest and the longest delay, in seconds, between a failed poll and the next poll.
_SHORTEST, _LONGEST = 0.5, 60.0
# The most seconds that newsbot waits because of the field ``retry_after`` in a response from Telegram. The
# limit keeps a damaged value from stopping the desk for days.
_LONGEST_ASKED = 300.0
# The first and the longest delay, in seconds, until the next poll after a poll by which no update could be
# confirmed to Telegram.
_SOON, _SOON_AT_MOST = 0.1, 0.5
# If an empty response arrives within this many seconds after a poll, Telegram did not wait for updates as
# newsbot requested, so newsbot waits before the next poll.
_LEAST = 0.5
_STANDBY = 1.0  # Seconds between two checks whether another process still serves the desk of this bot.
# Seconds until the next poll if another program polls with the desk's token.
_AFTER_CONFLICT = 5.0
_LEDGER_AGAIN = 1.0  # Seconds until newsbot requests those updates again that the ledger could not store.
_OK, _CONFLICT = 200, 409
# newsbot logs the same failure again only if polling has worked for this many seconds in between.
_FINE = 60.0

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class UpdatePoller:
    """The task that polls Telegram for the desk's updates, and continues after every failure.

    ``hold`` is a function that returns whether this process is the one that serves the editors' chat of the
    bot.
    """

    desk: Desk
    hold: Callable[[], bool]
    _offset: int = 0
    _wait: float = 0.0
    _said: str = ""
    _troubled_at: float = -_FINE

    async def run(self) -> None:
        """Poll Telegram for updates until cancelled."""
        while True:
            try:
                await self._run_turn()
            except ApiError as error:
                self._note_trouble(error)
                await self._remove_webhook(error)
                await asyncio.sleep(self._wait)
            except LedgerError as error:
                self._log_once("the desk waits for the ledger", error=str(error))
                await asyncio.sleep(_LEDGER_AGAIN)
            except Exception as error:  # noqa: BLE001  No failure may end the polling.
                self._note_defect(error)
                await asyncio.sleep(self._wait)

    async def _run_turn(self) -> None:
        """Request the bot's updates from Telegram once, or wait a second if another process may serve this
        bot's desk.
        """
        if not self.hold():
            self._log_once("another service may be this bot's desk: this one stands by")
            # The offset of this process is forgotten, because another process confirms updates to Telegram
            # now.
            self._offset = 0
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
        """Poll Telegram once and process the updates; return False if newsbot should wait a moment before the
        next poll.

        The next poll should wait if no update could be confirmed, or if Telegram answered at once without
        updates, because the same response would follow at once.

        Raises:
            ApiError: The call failed, or its response can't be read.
            LedgerError: An update could not be stored. It is not confirmed, so Telegram sends it again.
        """
        began = monotonic()
        updates = await self.desk.api.updates(self._offset, within=_WITHIN)
        before, numbers = self._offset, [get_update_id(update) for update in updates]
        after = compute_offsets(numbers, before, full=len(updates) >= LIMIT)
        reached, useless = before, list[object]()
        try:
            for update, number, offset in zip(updates, numbers, after, strict=True):
                if number is None:
                    self._log_once("an update without a usable number was passed over")
                elif not await self.desk.use(update):
                    useless.append(update)
                reached = offset
        finally:
            # newsbot stores all updates of the response that can't be used in one transaction, because later
            # commands wait until they are stored.
            await self.desk.skip_updates(useless)
            # All updates with ids below this offset are stored,
            # so the next call of getUpdates may confirm them to Telegram.
            self._offset = reached
        if not updates:
            return monotonic() - began >= _LEAST
        return self._offset != before

    async def _remove_webhook(self, error: ApiError) -> None:
        """Delete the bot's webhook at Telegram if the webhook is the reason why a poll failed.

        config.yaml names no webhook, so the webhook at Telegram was set by earlier settings.
        """
        if error.status == _CONFLICT and "webhook" in str(error):
            try:
                await self.desk.api.delete_webhook()
            except ApiError as again:
                log.debug("the webhook is still there", error=str(again))

    def _note_trouble(self, error: ApiError) -> None:
        # After a failed poll whose response has the HTTP status 200, newsbot polls again after a short delay,
        # because only the response's content was damaged.
        shortest = _SOON if error.status == _OK else _SHORTEST
        wait = min(max(self._wait * 2, shortest), _LONGEST)
        self._wait = max(wait, min(error.retry_after, _LONGEST_ASKED))
        if error.status == _CONFLICT:
            how = "end the other program that polls with this token, or give the desk a bot of its own"
            self._wait = max(self._wait, _AFTER_CONFLICT)
            self._log_once("another program polls with the desk's token", how=how)
            return
        self._log_once("Telegram can't be asked for updates", error=str(error))

    def _note_defect(self, error: Exception) -> None:
        """Log an unforeseen exception with its traceback, unless the last failure, less than a minute ago,
        was an exception of the same type.
        """
        self._wait = min(max(self._wait * 2, _SOON), _LONGEST)
        what = f"polling failed: {type(error).__name__}"
        if what != self._said:
            log.error(what, exc_info=error)
        self._said, self._troubled_at = what, monotonic()

    def _log_once(self, what: str, **more: str) -> None:
        """Log a failure of polling, but not the same failure again before polling has worked for a minute.

        So two programs that poll in turns with the same token cause only one line in the log.
        """
        self._troubled_at = monotonic()
        if what != self._said:
            self._said = what
            log.warning(what, **more)
