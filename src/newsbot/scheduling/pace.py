"""Pace: the first moment at which every rate of a call allows it. Pure functions over slots already taken.

Platforms count in sliding windows by arrival, and what was sent evenly doesn't arrive evenly. So each window
is taken a little longer than the platform's: by 2 %, at most half a second. That absorbs a difference of
20 ms between two deliveries at 1/s (1.2 s, capped to 0.5 s, at 20/min) and leaves 98 % of the rate.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbot.ports import Rate

__all__ = ["Taken", "farthest", "first_slot", "interval", "window"]

_MARGIN = 0.02
_MOST = 0.5  # seconds
_AHEAD = timedelta(minutes=2)  # as far ahead as another rate of the same call puts its slot


@dataclass(frozen=True, slots=True)
class Taken:
    """What limits one rate now.

    ``slots``, of a spread rate: those in the future or less than one `interval` past, ascending.
    ``oldest``, of a counted rate: the ``rate.count``-th latest slot, None where there are fewer.
    ``not_before``: what the platform asked for with a 429.
    """

    rate: Rate
    slots: Sequence[datetime] = ()
    oldest: datetime | None = None
    not_before: datetime | None = None


def window(rate: Rate) -> timedelta:
    """The platform's window with the margin."""
    return timedelta(seconds=rate.seconds + min(rate.seconds * _MARGIN, _MOST))


def farthest(rate: Rate, now: datetime) -> datetime:
    """The latest slot that can have been taken by now; a later one is of a clock that has jumped back."""
    return now + window(rate) + _AHEAD


def interval(rate: Rate) -> timedelta:
    """The least time between two calls of a spread rate: the window's share of one call."""
    return window(rate) / rate.count


def first_slot(taken: Iterable[Taken], at: datetime) -> datetime:
    """The first time from ``at`` on that all of ``taken`` allow.

    A rate may push the slot into another's way, so they are asked until none objects. It only moves forward
    and each slot taken can push it once, so this ends.
    """
    limits = tuple(taken)
    while (later := max((_allowed(limit, at) for limit in limits), default=at)) > at:
        at = later
    return at


def _allowed(taken: Taken, at: datetime) -> datetime:
    at = max(at, taken.not_before or at)
    return _between(taken, at) if taken.rate.spread else _counted(taken, at)


def _between(taken: Taken, at: datetime) -> datetime:
    """The first gap that is wide enough: slots reserved far ahead leave the time before them free."""
    apart = interval(taken.rate)
    for slot in taken.slots[bisect_right(taken.slots, at - apart) :]:
        if slot - at >= apart:
            break
        at = slot + apart
    return at


def _counted(taken: Taken, at: datetime) -> datetime:
    """Once the count-th latest slot has left the window, at most count - 1 others share one with ``at``."""
    return at if taken.oldest is None else max(at, taken.oldest + window(taken.rate))
