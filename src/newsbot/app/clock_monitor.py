"""The monitor of a service's clock and of its ledger thread."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from newsbot.errors import LedgerError
from newsbot.ports import Clock, LedgerRunner
from newsbot.scheduling.clock import SharedClock

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["ClockMonitor", "log_clock_difference", "synchronize"]

_LOOK = 1.0  # seconds between two checks of the clock
_JUMP = 3.0  # seconds that the clocks may drift apart between two checks; NTP slews far less
_SHOWN = 120.0  # seconds for which a jump is shown
_REFRESH = 30.0  # seconds between two readings of the database's time
_APART = timedelta(seconds=5)  # A larger difference from the database's clock is logged.

log = structlog.get_logger(__name__)


async def synchronize(clock: Clock, ledger: "Ledger", on_ledger: LedgerRunner) -> None:
    """Set a shared clock to the database's time; leave any other clock alone.

    Raises:
        LedgerError: the database does not answer.
    """
    if isinstance(clock, SharedClock) and (told := await on_ledger(ledger.get_time)):
        clock.set_time(*told)


class ClockMonitor:
    """A monitor that calls ``handle_clock_jump`` when the clock jumps."""

    def __init__(
        self,
        clock: Clock,
        ledger: "Ledger",
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
        self._jump: tuple[float, float] | None = None  # the jump in seconds, and its monotonic time
        self._beat = monotonic()

    async def run(self) -> None:
        """Check the clock every second until cancelled."""
        refreshed = self._monotonic()
        while True:
            await asyncio.sleep(_LOOK)
            if self._monotonic() - refreshed >= _REFRESH:
                refreshed = self._monotonic()
                try:
                    await synchronize(self._clock, self._ledger, self._on_ledger)
                except LedgerError as error:
                    log.debug("the database's time can't be asked", error=str(error))
            self.look()

    def look(self) -> None:
        """Check whether the clock has jumped against the monotonic clock since the last check."""
        before, self._apart = self._apart, self._measure_difference()
        step = self._apart - before
        if abs(step) > _JUMP:
            self._jump = (step, self._monotonic())
            log.warning("the clock jumped", seconds=round(step, 1))
            self._jumped()

    def beat(self) -> None:
        """Record that the ledger's thread has answered."""
        self._beat = self._monotonic()

    @property
    def silent(self) -> float:
        """The seconds since the ledger's thread last answered."""
        return self._monotonic() - self._beat

    @property
    def trouble(self) -> str | None:
        """The message about a jump of the clock in the last two minutes; None without one."""
        if self._jump is None or self._monotonic() - self._jump[1] > _SHOWN:
            return None
        step = self._jump[0]
        way = "forward" if step > 0 else "back"
        return f"the clock jumped {way} by {abs(step):.0f} s: look whether it is right now"

    def _measure_difference(self) -> float:
        return self._clock.now().timestamp() - self._monotonic()


def log_clock_difference(clock: Clock) -> None:
    """Warn at the start if this machine's clock differs from the database's, whose time counts."""
    if isinstance(clock, SharedClock) and abs(clock.offset) > _APART:
        log.warning(
            "this machine's clock is not the database's, whose time counts",
            seconds=round(-clock.offset.total_seconds(), 1),
        )
