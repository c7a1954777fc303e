"""The time: this machine's own, or that of the database which several machines share."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["SharedClock", "SystemClock"]


class SystemClock:
    """The Clock port on this machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SharedClock:
    """The Clock port on another's time: as it was told last, carried on by this machine's monotonic clock.

    So services on one database agree on now although their machines' clocks differ, and a jump of this
    machine's clock moves nothing. Until it is told a time, it is this machine's.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._told: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        if self._told is None:
            return SystemClock().now()
        then, at = self._told
        return then + timedelta(seconds=self._monotonic() - at)

    def set_time(self, then: datetime, at: float) -> None:
        """It was ``then`` when the monotonic clock read ``at``."""
        self._told = (then, at)

    @property
    def offset(self) -> timedelta:
        """How far this machine's clock is behind."""
        return self.now() - SystemClock().now()
