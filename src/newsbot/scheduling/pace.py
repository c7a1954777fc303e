"""Rate limits of platforms: pure functions that find when a call is allowed by all rate limits that count the
call.

A platform counts the calls that arrive in a sliding window of time, and calls that leave evenly do not arrive
evenly. So newsbot makes each window a little longer than the platform's. The window of a precise rate limit
(one that counts by the second) is longer by the fraction `_PRECISE`, since the rate gate (the check just
before a call) also waits for earlier calls that may have arrived late. Any other window is 2 % longer, at
most half a second: 0.5 s at 20/min.
"""

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbot.errors import OutOfCredits
from newsbot.ports import Rate
from newsbot.tasks import compute_pause

__all__ = ["RateUsage", "find_first_slot", "find_latest_slot", "find_probe_delay", "find_reach", "window"]

_PRECISE = 0.003
_MARGIN = 0.02
# The most seconds by which a rate limit's window is made longer than the platform's.
_MOST = 0.5
# If a precise rate limit (one that counts by the second) allows more calls per window than this, newsbot
# spaces the calls evenly over the window, which costs nothing at that speed.
_COUNTED = 1000
# The fraction of a rate limit's window (one eighth) within which newsbot may start all calls that the window
# allows. The calls are not started all at once, because they would delay each other.
_APART = 8
# The reserved time of a call to a platform may be later than one rate limit's window by at most this time,
# because the call has to obey its other rate limits too. A still later time shows that the clock jumped.
_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RateUsage:
    """The present usage of one rate limit, from which the next free time for a call is computed.

    ``slots`` (only of a precise rate limit, one that counts by the second) are the reserved times of calls
    that still restrict a new call, in ascending order. ``oldest`` (of any other rate limit) is the reserved
    time of the ``rate.count``-th latest call; None if there are fewer calls. ``not_before`` is the time until
    which the platform asked newsbot to wait (HTTP status 429). ``even`` says that the calls have to be spread
    over the whole window.
    """

    rate: Rate
    slots: Sequence[datetime] = ()
    oldest: datetime | None = None
    not_before: datetime | None = None
    even: bool = False


def window(rate: Rate) -> timedelta:
    """Return the length of the window in which a rate limit counts calls, plus a margin for calls that arrive
    late.
    """
    margin = _PRECISE if rate.precise else _MARGIN
    return timedelta(seconds=rate.seconds + min(rate.seconds * margin, _MOST))


def find_latest_slot(rate: Rate, now: datetime) -> datetime:
    """Return the latest time that newsbot can reserve for a call when the time is ``now``.

    A reserved time that is later than the result shows that the clock jumped.
    """
    return now + window(rate) + _AHEAD


def find_reach(rate: Rate) -> timedelta:
    """Return for how long after its reserved time a call restricts the calls that follow under a precise rate
    limit (one that counts by the second).
    """
    return window(rate) if rate.count <= _COUNTED else window(rate) / rate.count


def find_first_slot(taken: Iterable[RateUsage], at: datetime) -> datetime:
    """Return the first time from ``at`` on at which a call exceeds none of the rate limits in ``taken``.

    One rate limit may move the call to a time that another forbids, so all rate limits are asked until none
    moves the call. The call only moves to later times, and each reserved time can move it once, so this ends.
    """
    limits = tuple(taken)
    while (later := max((_find_allowed(limit, at) for limit in limits), default=at)) > at:
        at = later
    return at


def _find_allowed(taken: RateUsage, at: datetime) -> datetime:
    at = max(at, taken.not_before or at)
    if taken.rate.precise:
        return _find_precise_slot(taken, at)
    # If the rate limit does not count by the second, another call is allowed once the ``count``-th latest
    # call has left the limit's window.
    return at if taken.oldest is None else max(at, taken.oldest + window(taken.rate))


def _find_precise_slot(taken: RateUsage, at: datetime) -> datetime:
    """Return the first time from ``at`` on at which the rate limit's window isn't full and no other call's
    reserved time is too near.
    """
    count, whole = taken.rate.count, find_reach(taken.rate)
    if count > _COUNTED:
        return _skip_full_windows(taken.slots, 1, whole, at)
    apart = whole / (count if taken.even else count * _APART)
    return _skip_full_windows(taken.slots, 1, apart, _skip_full_windows(taken.slots, count, whole, at))


def _skip_full_windows(slots: Sequence[datetime], count: int, whole: timedelta, at: datetime) -> datetime:
    """Return the first time from ``at`` on at which one more call leaves every window with at most ``count``
    calls.

    ``slots`` are the reserved times of calls, ascending, and ``whole`` is the window's length. Any ``count``
    consecutive slots within one window forbid the times less than a window after their first slot and less
    than a window before their last slot. Both limits move forward from one such group to the next, so one
    pass finds the time. Slots reserved far ahead leave the time before them free. The search begins at the
    first slot that still forbids anything.
    """
    start = bisect_right(slots, at - whole)
    for first, last in zip(slots[start:], slots[start + count - 1 :], strict=False):
        if at <= last - whole:
            break
        at = max(at, first + whole)
    return at


_FIRST = timedelta(minutes=1)
# The delay before the first probe (question to the platform) for a paused channel whose account has no
# credits left. The delay is long because a person has to buy credits, and each probe costs money.
_FIRST_OUT_OF_CREDITS = timedelta(minutes=15)
_LONGEST = timedelta(hours=1)
# The delay before a probe (a question to a paused channel's platform) is made longer or shorter at random by
# up to this fraction, so that newsbot does not probe all channels of one platform in the same second.
_JITTER = 0.1


def find_probe_delay(code: str | None, probes: int) -> timedelta:
    """Return how long to wait before newsbot asks again whether a paused channel accepts posts (a probe).

    The delay is 1 min, 2 min, 4 min ... up to 1 h, plus or minus a tenth. ``probes`` is the number of probes
    made since the pause began. ``code`` is the code of the failure that paused the channel: if the account is
    out of credits, the delay begins at 15 min.
    """
    first = _FIRST_OUT_OF_CREDITS if code == OutOfCredits.code else _FIRST
    plain = compute_pause(first, _LONGEST, probes)
    return plain * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  The random number only spreads calls over time and is no secret.
