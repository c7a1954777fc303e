"""Rate limits of platforms: pure functions that find when a call is allowed by all of its rate limits.

Platforms count calls in sliding windows when they arrive, and calls that leave evenly do not arrive evenly.
So each window is made a little longer than the platform's. The window of a precise rate limit (one that
counts by the second) is longer by the fraction `_PRECISE`, since the rate gate also makes a call wait for
those that may have arrived late. Any other window is 2 % longer, at most half a second: 0.5 s at 20/min.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbot.backoff import compute_pause
from newsbot.errors import OutOfCredits
from newsbot.ports import Rate

__all__ = ["RateUsage", "find_first_slot", "find_latest_slot", "find_probe_delay", "find_reach", "window"]

_PRECISE = 0.003
_MARGIN = 0.02
# The most seconds by which a rate limit's window is made longer than the platform's.
_MOST = 0.5
# A precise rate limit with more calls per window than this spaces them evenly, which costs nothing at that
# speed.
_COUNTED = 1000
# The calls of a full window are started within this fraction (one eighth) of the window, so as not to delay
# each other.
_APART = 8
# How far another rate limit of the same call may move the call's reserved time into the future.
_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RateUsage:
    """The present usage of one rate limit, from which the next free time for a call (its slot) is computed.

    ``slots``, of a precise rate limit: the slots in the future or less than one `find_reach` past, ascending.
    ``oldest``, of any other: the ``rate.count``-th latest slot, None if there are fewer. ``not_before``: the
    time until which the platform asked to wait (HTTP status 429). ``even``: True if the slots are to be
    spread over the whole window.
    """

    rate: Rate
    slots: Sequence[datetime] = ()
    oldest: datetime | None = None
    not_before: datetime | None = None
    even: bool = False


def window(rate: Rate) -> timedelta:
    """Return the length of a rate limit's window, in which calls count, plus a margin for late arrivals."""
    margin = _PRECISE if rate.precise else _MARGIN
    return timedelta(seconds=rate.seconds + min(rate.seconds * margin, _MOST))


def find_latest_slot(rate: Rate, now: datetime) -> datetime:
    """Return the latest time that can be reserved for a call at ``now``; a later one shows a clock jump."""
    return now + window(rate) + _AHEAD


def find_reach(rate: Rate) -> timedelta:
    """Return for how long a call's reserved time under a precise rate limit restricts the calls after it."""
    return window(rate) if rate.count <= _COUNTED else window(rate) / rate.count


def find_first_slot(taken: Iterable[RateUsage], at: datetime) -> datetime:
    """Return the first time from ``at`` on at which a call exceeds none of the rate limits in ``taken``.

    One rate limit may move the time to where another forbids it, so all rate limits are asked until none
    objects. The time only moves forward and each reserved slot can move it once, so this ends.
    """
    limits = tuple(taken)
    while (later := max((_find_allowed(limit, at) for limit in limits), default=at)) > at:
        at = later
    return at


def _find_allowed(taken: RateUsage, at: datetime) -> datetime:
    at = max(at, taken.not_before or at)
    if taken.rate.precise:
        return _find_precise_slot(taken, at)
    # The ``count``-th latest call has to leave the rate limit's window before another call is allowed.
    return at if taken.oldest is None else max(at, taken.oldest + window(taken.rate))


def _find_precise_slot(taken: RateUsage, at: datetime) -> datetime:
    """Return the first time from ``at`` on when the window isn't full and no reserved time is too near."""
    count, whole = taken.rate.count, find_reach(taken.rate)
    if count > _COUNTED:
        return _skip_full_windows(taken.slots, 1, whole, at)
    apart = whole / (count if taken.even else count * _APART)
    return _skip_full_windows(taken.slots, 1, apart, _skip_full_windows(taken.slots, count, whole, at))


def _skip_full_windows(slots: Sequence[datetime], count: int, whole: timedelta, at: datetime) -> datetime:
    """Return the first time from ``at`` on when a call leaves each window with at most ``count`` calls.

    ``slots`` are the reserved times of calls, ascending, and ``whole`` is the window's length. Each run of
    ``count`` slots within one window forbids the times less than a window after its first and less than a
    window before its last. Both ends move forward from run to run, so one pass finds the time. Slots reserved
    far ahead leave the time before them free.
    """
    for first, last in zip(slots, slots[count - 1 :], strict=False):
        if at <= last - whole:
            break
        at = max(at, first + whole)
    return at


_FIRST = timedelta(minutes=1)
# The delay before the first probe of a channel whose account has no credits left. It is long because a person
# has to buy credits, and each probe costs money.
_FIRST_OUT_OF_CREDITS = timedelta(minutes=15)
_LONGEST = timedelta(hours=1)
# The fraction by which the delay before a probe varies either way, so that the channels of one platform don't
# probe in the same second.
_JITTER = 0.1


def find_probe_delay(code: str | None, probes: int) -> timedelta:
    """Return how long to wait before newsbot asks again whether a paused channel accepts posts (a probe).

    The delay is 1 min, 2 min, 4 min ... up to 1 h, plus or minus a tenth. ``probes`` is the number of probes
    made. ``code`` is the code of the failure that paused the channel: if the account is out of credits, the
    delay begins at 15 min.
    """
    first = _FIRST_OUT_OF_CREDITS if code == OutOfCredits.code else _FIRST
    plain = compute_pause(first, _LONGEST, probes)
    return plain * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  The random number only spreads probes over time and is no secret.
