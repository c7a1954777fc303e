"""How updates come in: newsbot asks Telegram, one poller a bot. (What Telegram calls is in `web`.)

Nothing in an answer ends the polling. An update that can't be used is confirmed with the ones after it; only
a ledger that is away keeps an update unconfirmed, so that Telegram gives it again.

Telegram forgets everything below the offset, so one damaged number that is too high would lose every later
command. Numbers grow by one as updates come, and start again from any number after a week without an update
(https://core.telegram.org/bots/api#update): what breaks that order is taken, but confirms nothing by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import structlog

from newsbot.desk.bot import LIMIT, ApiError
from newsbot.desk.desk import Desk
from newsbot.desk.updates import get_update_id
from newsbot.errors import LedgerError

__all__ = ["UpdatePoller", "compute_offsets"]

_FURTHEST = 1_000_000  # updates that may come between two polls
_TOGETHER = 2  # numbers in order that are believed although they are far from the offset


def compute_offsets(numbers: Sequence[int | None], offset: int, *, full: bool) -> list[int]:
    """The offset once each update of an answer has been taken, in their order.

    ``numbers`` has None for an update without a usable number; ``offset`` is 0 before the first answer;
    ``full``: the answer holds as many updates as one can, so that others may wait behind them.
    """
    confirming = _select_credible(numbers, offset)
    found, now = list[int](), offset
    for at, number in enumerate(numbers):
        if number is not None and at in confirming:
            now = number + 1
        found.append(now)
    if full and offset and not confirming:
        # Only updates that nobody can number, each at the offset or above: as many steps pass them safely.
        found[-1] = offset + sum(number is None for number in numbers)
    return found


def _select_credible(numbers: Sequence[int | None], offset: int) -> set[int]:
    """Where the numbers stand that can be believed."""
    near = [at for at, number in enumerate(numbers) if number is not None and _is_near(number, offset)]
    chain = _longest_rise(numbers, near)
    if not offset and len(chain) < _TOGETHER <= len(near):
        return set()  # nothing tells which of them is right
    if chain:
        return set(chain)
    far = _longest_rise(numbers, [at for at, number in enumerate(numbers) if number is not None])
    return set(far) if len(far) >= _TOGETHER else set()


def _is_near(number: int, offset: int) -> bool:
    return not offset or offset <= number <= offset + _FURTHEST


def _longest_rise(numbers: Sequence[int | None], places: Sequence[int]) -> list[int]:
    """The longest part of ``places`` whose numbers rise; of two, the one that confirms less."""
    best: dict[int, list[int]] = {}

    def worth(chain: list[int]) -> tuple[int, int]:
        return len(chain), -(numbers[chain[-1]] or 0) if chain else 0

    for at in places:
        before = (best[earlier] for earlier in best if (numbers[earlier] or 0) < (numbers[at] or 0))
        best[at] = [*max(before, key=worth, default=[]), at]
    return max(best.values(), key=worth, default=[])


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


class UpdatePoller:
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
                await self._run_turn()
            except ApiError as error:
                self._note_trouble(error)
                await self._remove_webhook(error)
                await asyncio.sleep(self._wait)
            except LedgerError as error:
                self._log_once("the desk waits for the ledger", error=str(error))
                await asyncio.sleep(_LEDGER_AGAIN)
            except Exception as error:  # noqa: BLE001  whatever it is, the editors keep their desk
                self._note_defect(error)
                await asyncio.sleep(self._wait)

    async def _run_turn(self) -> None:
        """One poll, or a moment of standing by."""
        if not await self._hold():
            self._log_once("another service is this bot's desk: this one stands by")
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
        before, numbers = self._offset, [get_update_id(update) for update in updates]
        after = compute_offsets(numbers, before, full=len(updates) >= LIMIT)
        reached, useless = before, list[object]()
        try:
            for update, number, offset in zip(updates, numbers, after, strict=True):
                if number is None:
                    self._log_once("an update without a usable number was passed over")
                elif not await self._desk.use(update):
                    useless.append(update)
                reached = offset
        finally:
            await self._desk.skip_updates(useless)  # in one commit, as the commands behind them wait for it
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
            self._log_once("another program polls with the desk's token", how=how)
            return
        self._log_once("Telegram can't be asked for updates", error=str(error))

    def _note_defect(self, error: Exception) -> None:
        """An exception that nobody foresaw: once with its traceback, then once a minute at the most."""
        self._wait = min(max(self._wait * 2, _SOON), _LONGEST)
        what = f"polling failed: {type(error).__name__}"
        if what != self._said:
            log.error(what, exc_info=error)
        self._said, self._troubled_at = what, monotonic()

    def _log_once(self, what: str, **more: str) -> None:
        """Once until it has worked again for a while: two that poll by turns are one trouble."""
        self._troubled_at = monotonic()
        if what != self._said:
            self._said = what
            log.warning(what, **more)
