"""The stand-ins' time: another clock's, moved ahead as a driver asks."""

from datetime import datetime, timedelta

from newsbot.ports import Clock

__all__ = ["MovedClock"]


class MovedClock:
    """The Clock port over another one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self.ahead
