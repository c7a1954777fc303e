"""The clocks of newsbot: this machine's clock, or that of a database which several machines share."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["SharedClock", "SystemClock"]


class SystemClock:
    """The clock of this machine, as an implementation of the port Clock."""

    def now(self) -> datetime:
        """Return this machine's time in UTC."""
        return datetime.now(UTC)


class SharedClock:
    """A clock that is set to the database's time and then follows this machine's monotonic clock.

    So services on one database agree on the time although their machines' clocks differ, and a jump of this
    machine's clock has no effect. Until the database's time is known, this clock returns this machine's time.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the database's time in UTC; this machine's time if the clock was not set yet."""
        if self._told is None:
            return SystemClock().now()
        then, at = self._told
        return then + timedelta(seconds=self._monotonic() - at)

    def set_time(self, then: datetime, at: float) -> None:
        """Set this clock by the database's time, which was ``then`` when the monotonic clock read ``at``
        seconds.
        """
        self._told = (then, at)

    @property
    def offset(self) -> timedelta:
        """Return how far this machine's clock is behind the database's clock; negative if it is ahead."""
        return self.now() - SystemClock().now()
