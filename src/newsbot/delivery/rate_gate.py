"""What has really been sent: calls that were late must not meet the next ones at the platform.

Slots are reserved in the ledger beforehand, evenly. A machine or a network that is slow for a moment lets
several calls arrive together, and the platform counts when they arrive. So each call waits here until its
rate's window holds no more than it may. When a call arrived is not known, but how late it can have been: by
as much as it took longer than the quickest one.

What this process has sent it knows by itself; what others on the same ledger have, the ledger says.
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from types import MappingProxyType

from newsbot.ports import Rate

__all__ = ["RateGate", "TimedCall", "list_precise_rates"]

_NONE: Mapping[Rate, int] = MappingProxyType({})
_PROVEN = 60  # calls: the first ones make connections and hold each other up, so that all of them are slow
_COUNTED = 1000  # a rate above this is not limited by a few milliseconds


@dataclass(eq=False)
class TimedCall:
    """One that has left, at ``left``; ``ended`` is None while it is in flight."""

    rates: tuple[Rate, ...]
    left: float
    ended: float | None = None


class RateGate:
    """Times are the event loop's, in seconds."""

    def __init__(self) -> None:
        self._calls: dict[Rate, list[TimedCall]] = defaultdict(list)
        self._lines: dict[Rate, list[tuple[datetime, int]]] = defaultdict(list)
        self._tickets = count()
        self._fastest = float("inf")
        self._ended = 0

    @property
    def quickest(self) -> float:
        """Seconds that the fastest call took.

        It is 0 until enough calls have ended, so that each counts from its end.
        """
        return self._fastest if self._ended >= _PROVEN else 0.0

    @contextmanager
    def line(self, rates: Iterable[Rate], slot: datetime) -> Iterator[Callable[[], dict[Rate, int]]]:
        """Wait with those that are late, by slot; gives how many go before this one at each rate now."""
        lines, ticket = (
            {rate: self._lines[rate] for rate in list_precise_rates(rates)},
            (slot, next(self._tickets)),
        )
        for line in lines.values():
            insort(line, ticket)
        try:
            yield lambda: {rate: line.index(ticket) for rate, line in lines.items()}
        finally:
            for line in lines.values():
                line.remove(ticket)

    def delay(self, rates: Iterable[Rate], now: float, ahead: Mapping[Rate, int] = _NONE) -> float:
        """Seconds until a call may leave, with so many ``ahead`` of it; 0 where it may now."""
        return max(
            (self._find_delay(rate, now, ahead.get(rate, 0)) for rate in list_precise_rates(rates)),
            default=0.0,
        )

    def leave(self, rates: Iterable[Rate], now: float) -> TimedCall:
        """A call leaves; `end` is told of it."""
        call = TimedCall(list_precise_rates(rates), now)
        for rate in call.rates:
            calls = self._calls[rate] = [old for old in self._calls[rate] if self._is_near(old, rate, now)]
            calls.append(call)
        return call

    def end(self, call: TimedCall, now: float) -> None:
        """It is over, however it ended."""
        call.ended = now
        self._fastest = min(self._fastest, now - call.left)
        self._ended += 1

    def _find_delay(self, rate: Rate, now: float, ahead: int) -> float:
        return rate.room(
            [self._find_latest_arrival(call, now) for call in self._calls[rate]], now, ahead=ahead
        )

    def _find_latest_arrival(self, call: TimedCall, now: float) -> float:
        """The latest at which it can have."""
        ended = now if call.ended is None else call.ended
        return max(call.left, ended - self.quickest)

    def _is_near(self, call: TimedCall, rate: Rate, now: float) -> bool:
        return self._find_latest_arrival(call, now) > now - 2 * rate.seconds


def list_precise_rates(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Those that a moment's delay can break."""
    return tuple(rate for rate in rates if rate.precise and rate.count <= _COUNTED)
