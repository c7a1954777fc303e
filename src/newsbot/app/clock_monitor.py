"""The monitor of a service's clock and of the thread on which the service's ledger calls run."""

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

_LOOK = 1.0  # Seconds between two checks of the clock.
# Seconds by which the clock and the monotonic clock may drift apart between two checks; NTP corrects a clock
# far more slowly.
_JUMP = 3.0
_SHOWN = 120.0  # Seconds for which a jump of the clock is reported.
_REFRESH = 30.0  # Seconds between two readings of the database's time.
# A larger difference between this machine's clock and the database's is logged.
_APART = timedelta(seconds=5)

log = structlog.get_logger(__name__)


async def synchronize(clock: Clock, ledger: "Ledger", on_ledger: LedgerRunner) -> None:
    """Set a clock that is shared with other machines to the database's time; leave any other clock alone.

    Raises:
        LedgerError: the database does not answer.
    """
    if isinstance(clock, SharedClock) and (told := await on_ledger(ledger.get_time)):
        clock.set_time(*told)


class ClockMonitor:
    """Watches the clock of a service, and calls ``handle_clock_jump`` when the clock jumps."""

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
        # The last jump of the clock in seconds, and the monotonic time at which it was noticed.
        self._jump: tuple[float, float] | None = None
        self._beat = monotonic()

    async def run(self) -> None:
        """Check the clock every second, and read the database's time every 30 s, until cancelled."""
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
        """Record that the ledger's thread has answered just now."""
        self._beat = self._monotonic()

    @property
    def silent(self) -> float:
        """Return the seconds since the ledger's thread last answered."""
        return self._monotonic() - self._beat

    @property
    def trouble(self) -> str | None:
        """Return a message about a jump of the clock in the last two minutes; None if there was no jump."""
        if self._jump is None or self._monotonic() - self._jump[1] > _SHOWN:
            return None
        step = self._jump[0]
        way = "forward" if step > 0 else "back"
        return f"the clock jumped {way} by {abs(step):.0f} s: look whether it is right now"

    def _measure_difference(self) -> float:
        return self._clock.now().timestamp() - self._monotonic()


def log_clock_difference(clock: Clock) -> None:
    """Log a warning if this machine's clock differs from the database's clock, which newsbot uses."""
    if isinstance(clock, SharedClock) and abs(clock.offset) > _APART:
        log.warning(
            "this machine's clock is not the database's, whose time counts",
            seconds=round(-clock.offset.total_seconds(), 1),
        )
