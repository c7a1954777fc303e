"""What the service knows of itself: its clock, and whether the ledger's thread still answers."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from newsbot.errors import LedgerError
from newsbot.ports import Clock, Ledger, LedgerRunner
from newsbot.scheduling.clock import SharedClock

__all__ = ["ClockMonitor", "log_clock_difference", "synchronize"]

_LOOK = 1.0  # seconds between two looks at the clock
_JUMP = 3.0  # seconds that the two clocks may part by between two looks; a slewing NTP stays far below
_SHOWN = 120.0  # seconds that a jump is shown for
_REFRESH = 30.0  # seconds until the shared time is asked for again
_APART = timedelta(seconds=5)  # between this machine's clock and the database's, before it is said

log = structlog.get_logger(__name__)


async def synchronize(clock: Clock, ledger: Ledger, on_ledger: LedgerRunner) -> None:
    """Tell a shared clock the database's time.

    Raises:
        LedgerError: it can't be asked.
    """
    if isinstance(clock, SharedClock) and (told := await on_ledger(ledger.time)):
        clock.set_time(*told)


class ClockMonitor:
    """Notices a clock that jumps; ``handle_clock_jump`` is called then."""

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        on_ledger: LedgerRunner,
        *,
        handle_clock_jump: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._jumped = handle_clock_jump
        self._monotonic = monotonic
        self._apart = self._measure_difference()
        self._jump: tuple[float, float] | None = None  # by how much, and when
        self._beat = monotonic()

    async def run(self) -> None:
        """Until it is cancelled."""
        refreshed = self._monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            if self._monotonic() - refreshed >= _REFRESH:
                refreshed = self._monotonic()
                await self._refresh_shared_clock()
            self.look()

    def look(self) -> None:
        """Has the clock left the monotonic one since the last look?"""
        before, self._apart = self._apart, self._measure_difference()
        step = self._apart - before
        if abs(step) > _JUMP:
            self._jump = (step, self._monotonic())
            log.warning("the clock jumped", seconds=round(step, 1))
            self._jumped()

    def beat(self) -> None:
        """The ledger's thread has answered."""
        self._beat = self._monotonic()

    @property
    def silent(self) -> float:
        """Seconds since the ledger's thread answered."""
        return self._monotonic() - self._beat

    @property
    def trouble(self) -> str | None:
        """What is wrong with the clock, shown for a while."""
        if self._jump is None or self._monotonic() - self._jump[1] > _SHOWN:
            return None
        step = self._jump[0]
        way = "forward" if step > 0 else "back"
        return f"the clock jumped {way} by {abs(step):.0f} s: look whether it is right now"

    def _measure_difference(self) -> float:
        return self._clock.now().timestamp() - self._monotonic()

    async def _refresh_shared_clock(self) -> None:
        try:
            await synchronize(self._clock, self._ledger, self._on_ledger)
        except LedgerError as error:
            log.debug("the database's time can't be asked", error=str(error))


def log_clock_difference(clock: Clock) -> None:
    """Once, at the start: whose time counts where the two are apart."""
    if isinstance(clock, SharedClock) and abs(clock.offset) > _APART:
        log.warning(
            "this machine's clock is not the database's, whose time counts",
            seconds=round(-clock.offset.total_seconds(), 1),
        )
