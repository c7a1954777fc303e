"""The last check of rate limits just before a call to a platform, as delays could make several calls arrive
at once.

The ledger reserves evenly spaced times for calls beforehand. But a short delay of the machine or the network
can make several calls arrive together, and the platform counts the calls when they arrive. So each call waits
here until its rate limit allows one more call. The exact arrival of a call is unknown, but not its latest
possible arrival: the delay of a call is at most its duration minus that of the fastest call.

This process knows its own calls; the ledger reports the calls of other newsbot services on the same ledger.
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
# The number of calls that must have ended before newsbot relies on the duration of the fastest call, because
# the first calls have to connect and are slow.
_PROVEN = 60
# A rate limit that allows more than this many calls in its period is not checked just before a call, because
# a delay of milliseconds can't break it.
_COUNTED = 1000


@dataclass(eq=False, repr=False)
class TimedCall:
    """A call that newsbot began to make to a platform at the time ``left``.

    ``ended`` is the time when the call ended, None while the call is in progress. ``rates`` are the rate
    limits that count the call. The times are the event loop's, in seconds.
    """

    rates: tuple[Rate, ...]
    left: float
    ended: float | None = None


class RateGate:
    """The gate that delays calls to a platform, so that rate limits hold when the calls arrive at the
    platform.

    All times are the event loop's, in seconds.
    """

    def __init__(self) -> None:
        self._calls: dict[Rate, list[TimedCall]] = defaultdict(list)
        self._lines: dict[Rate, list[tuple[datetime, int]]] = defaultdict(list)
        self._tickets = count()
        self._fastest = float("inf")
        self._ended = 0

    @property
    def quickest(self) -> float:
        """Return the duration of the fastest call to a platform so far, in seconds.

        Returns 0 until sixty calls have ended; until then newsbot assumes that each call arrives as late as
        it ends.
        """
        return self._fastest if self._ended >= _PROVEN else 0.0

    @contextmanager
    def line(self, rates: Iterable[Rate], slot: datetime) -> Iterator[Callable[[], dict[Rate, int]]]:
        """Keep a call in the queue of the calls that wait for the same rate limits, until the ``with`` block
        ends.

        The queue is in the order of ``slot``, the time that the ledger reserved for each call. Yields a
        function that returns, for each rate limit, how many calls are before this call in the queue.
        """
        lines = {rate: self._lines[rate] for rate in list_precise_rates(rates)}
        ticket = (slot, next(self._tickets))
        for line in lines.values():
            insort(line, ticket)
        try:
            yield lambda: {rate: line.index(ticket) for rate, line in lines.items()}
        finally:
            for line in lines.values():
                line.remove(ticket)

    def delay(self, rates: Iterable[Rate], now: float, ahead: Mapping[Rate, int] = _NONE) -> float:
        """Return the seconds for which a call to a platform has to wait under the rate limits ``rates``; 0
        for no wait.

        ``ahead`` is the number of waiting calls that are made before this call, by rate limit.
        """
        delays = [0.0]
        for rate in list_precise_rates(rates):
            arrivals = [self._find_latest_arrival(call, now) for call in self._calls[rate]]
            delays.append(rate.compute_wait(arrivals, now, ahead=ahead.get(rate, 0)))
        return max(delays)

    def leave(self, rates: Iterable[Rate], now: float) -> TimedCall:
        """Record that a call to a platform, counted by the rate limits ``rates``, begins now; return the
        recorded call.

        When the call has ended, `end` has to be called with the object returned here.
        """
        call = TimedCall(list_precise_rates(rates), now)
        for rate in call.rates:
            near = now - 2 * rate.seconds
            calls = [old for old in self._calls[rate] if self._find_latest_arrival(old, now) > near]
            self._calls[rate] = [*calls, call]
        return call

    def end(self, call: TimedCall, now: float) -> None:
        """Record that a call to the platform has ended, whatever its outcome."""
        call.ended = now
        self._fastest = min(self._fastest, now - call.left)
        self._ended += 1

    def _find_latest_arrival(self, call: TimedCall, now: float) -> float:
        """Return the latest time at which a call that began earlier can have reached the platform."""
        ended = now if call.ended is None else call.ended
        return max(call.left, ended - self.quickest)


def list_precise_rates(rates: Iterable[Rate]) -> tuple[Rate, ...]:
    """Return those of the rate limits ``rates`` that a delay of a call by milliseconds can break."""
    return tuple(rate for rate in rates if rate.precise and rate.count <= _COUNTED)
