"""When a channel that its platform made pause is looked at again."""

import random
from datetime import timedelta

from newsbot.errors import OutOfCredits

__all__ = ["until_probe"]

_FIRST = timedelta(minutes=1)
_FIRST_OUT_OF_CREDITS = timedelta(minutes=15)  # buying some takes a person, and the look itself costs money
_LONGEST = timedelta(hours=1)
_JITTER = 0.1  # either way, so that channels of one platform don't come back in the same second


def until_probe(code: str | None, probes: int) -> timedelta:
    """1 min, 2 min, 4 min ... up to 1 h, give or take a tenth; ``probes`` counts those that were made.

    ``code`` is the failure's that paused the channel: out of credits begins at 15 min.
    """
    first = _FIRST_OUT_OF_CREDITS if code == OutOfCredits.code else _FIRST
    plain = min(first * (1 << min(probes, 10)), _LONGEST)
    return plain * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  spreads load, guards nothing
