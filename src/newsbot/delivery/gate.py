"""What has really left this process: a call that left late must not meet the next one at the platform.

Slots are reserved in the ledger beforehand, evenly. A machine that is slow for a moment lets several calls
leave together, and the platform counts when they arrive. So each waits here until its rate's window holds no
more calls than it may, by the time at which they left.
"""

from collections import deque
from collections.abc import Iterable

from newsbot.ports import Rate

__all__ = ["Gate"]

_MARGIN = 1.01  # between the platform's window and the ledger's, so that what was late is caught up with
_COUNTED = 1000  # a rate above this is not limited by a few milliseconds


class Gate:
    """Times are the event loop's, in seconds."""

    def __init__(self) -> None:
        self._left: dict[Rate, deque[float]] = {}

    def delay(self, rates: Iterable[Rate], now: float) -> float:
        """Seconds until a call may leave; 0 where it may now."""
        return max((self._delay(rate, now) for rate in rates if _is_kept(rate)), default=0.0)

    def leave(self, rates: Iterable[Rate], now: float) -> None:
        """A call leaves."""
        for rate in filter(_is_kept, rates):
            self._left.setdefault(rate, deque(maxlen=rate.count)).append(now)

    def _delay(self, rate: Rate, now: float) -> float:
        left = self._left.get(rate)
        if left is None or len(left) < rate.count:
            return 0.0
        return max(left[0] + rate.seconds * _MARGIN - now, 0.0)


def _is_kept(rate: Rate) -> bool:
    return rate.spread and rate.count <= _COUNTED
