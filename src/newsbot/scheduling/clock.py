"""The clocks of newsbot: this machine's, or that of a database which several machines share."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["SharedClock", "SystemClock"]


class SystemClock:
    """The clock of this machine (the Clock port)."""

    def now(self) -> datetime:
        """Return this machine's time in UTC."""
        return datetime.now(UTC)


class SharedClock:
    """A clock that is set to another's time and then follows this machine's monotonic clock (the Clock port).

    So services on one database agree on the time although their machines' clocks differ, and a jump of this
    machine's clock has no effect. Until it is set, it shows this machine's time.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the time in UTC."""
        if self._told is None:
            return SystemClock().now()
        then, at = self._told
        return then + timedelta(seconds=self._monotonic() - at)

    def set_time(self, then: datetime, at: float) -> None:
        """Set the clock: it was ``then`` when the monotonic clock read ``at`` seconds."""
        self._told = (then, at)

    @property
    def offset(self) -> timedelta:
        """The time by which this machine's clock is behind."""
        return self.now() - SystemClock().now()
