"""What this process has really sent: calls that were late must not meet the next ones at the platform.

Slots are reserved in the ledger beforehand, evenly. A machine or a network that is slow for a moment lets
several calls arrive together, and the platform counts when they arrive. So each call waits here until its
rate's window holds no more than it may. When a call arrived is not known, but how late it can have been: by
as much as it took longer than the quickest one.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from newsbot.ports import Rate

__all__ = ["Call", "Gate"]

_MARGIN = 1.002  # the latest arrival is counted from; the rest up to the ledger's margin catches up
_COUNTED = 1000  # a rate above this is not limited by a few milliseconds


@dataclass(eq=False)
class Call:
    """One that has left, at ``left``; ``ended`` is None while it is in flight."""

    rates: tuple[Rate, ...]
    left: float
    ended: float | None = None


class Gate:
    """Times are the event loop's, in seconds."""

    def __init__(self) -> None:
        self._calls: dict[Rate, list[Call]] = defaultdict(list)
        self._quickest = float("inf")

    def delay(self, rates: Iterable[Rate], now: float) -> float:
        """Seconds until a call may leave; 0 where it may now."""
        return max((self._delay(rate, now) for rate in rates if _is_kept(rate)), default=0.0)

    def leave(self, rates: Iterable[Rate], now: float) -> Call:
        """A call leaves; `end` is told of it."""
        call = Call(tuple(rate for rate in rates if _is_kept(rate)), now)
        for rate in call.rates:
            calls = self._calls[rate] = [old for old in self._calls[rate] if self._is_near(old, rate, now)]
            calls.append(call)
        return call

    def end(self, call: Call, now: float) -> None:
        """It is over, however it ended."""
        call.ended = now
        self._quickest = min(self._quickest, now - call.left)

    def _delay(self, rate: Rate, now: float) -> float:
        arrived: list[float] = []
        for call in self._calls[rate]:
            insort(arrived, self._arrived(call, now))
        if len(arrived) < rate.count:
            return 0.0
        return max(arrived[-rate.count] + rate.seconds * _MARGIN - now, 0.0)

    def _arrived(self, call: Call, now: float) -> float:
        """The latest at which it can have."""
        ended = now if call.ended is None else call.ended
        return max(call.left, ended - self._quickest)

    def _is_near(self, call: Call, rate: Rate, now: float) -> bool:
        return self._arrived(call, now) > now - rate.seconds * _MARGIN


def _is_kept(rate: Rate) -> bool:
    return rate.spread and rate.count <= _COUNTED
