"""Watch the clock of a running service, and the thread on which the service's calls of the ledger run."""

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

_LOOK = 1.0  # Seconds between two checks whether the machine's clock has jumped.
# If the clock and the machine's monotonic clock differ by this many seconds more than at the last check, the
# clock has jumped; NTP corrects a clock far more slowly.
_JUMP = 3.0
_SHOWN = 120.0  # For this many seconds after a jump of the clock, the health pages report the jump.
_REFRESH = 30.0  # Seconds between two times at which newsbot reads the time from the database.
# If this machine's clock differs from the database's clock by more than this time, newsbot logs a warning.
_APART = timedelta(seconds=5)

log = structlog.get_logger(__name__)


async def synchronize(clock: Clock, ledger: "Ledger", on_ledger: LedgerRunner) -> None:
    """Set a clock that several machines share to the database's time;
    leave any other kind of clock unchanged.

    Raises:
        LedgerError: the database does not answer.
    """
    if isinstance(clock, SharedClock) and (told := await on_ledger(ledger.get_time)):
        clock.set_time(*told)


class ClockMonitor:
    """The monitor of a service's clock; it calls the function ``handle_clock_jump`` when the clock jumps."""

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
        # The seconds by which the clock last jumped, and the monotonic time at which newsbot noticed that
        # jump.
        self._jump: tuple[float, float] | None = None
        self._beat = monotonic()

    async def run(self) -> None:
        """Check every second, until cancelled, whether the clock jumped, and set it to the database's time
        every 30 seconds.
        """
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
        """Check whether the clock has jumped since the last check,
        compared with the machine's monotonic clock.
        """
        before, self._apart = self._apart, self._measure_difference()
        step = self._apart - before
        if abs(step) > _JUMP:
            self._jump = (step, self._monotonic())
            log.warning("the clock jumped", seconds=round(step, 1))
            self._jumped()

    def beat(self) -> None:
        """Record that the thread of the ledger's calls has answered just now."""
        self._beat = self._monotonic()

    @property
    def silent(self) -> float:
        """Return the seconds since the thread of the ledger's calls last answered."""
        return self._monotonic() - self._beat

    @property
    def trouble(self) -> str | None:
        """Return a message about a jump of the clock in the last two minutes; None if the clock did not jump
        then.
        """
        if self._jump is None or self._monotonic() - self._jump[1] > _SHOWN:
            return None
        step = self._jump[0]
        way = "forward" if step > 0 else "back"
        return f"the clock jumped {way} by {abs(step):.0f} s: look whether it is right now"

    def _measure_difference(self) -> float:
        return self._clock.now().timestamp() - self._monotonic()


def log_clock_difference(clock: Clock) -> None:
    """Log a warning if this machine's clock differs by over five seconds from the database's clock.

    newsbot uses the database's time if several machines share the database.
    """
    if isinstance(clock, SharedClock) and abs(clock.offset) > _APART:
        log.warning(
            "this machine's clock is not the database's, whose time counts",
            seconds=round(-clock.offset.total_seconds(), 1),
        )
