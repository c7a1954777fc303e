"""The pauses before everything that newsbot tries again, which double after each failure in a row."""

from datetime import timedelta
from typing import TypeVar

__all__ = ["compute_pause"]

PauseT = TypeVar("PauseT", float, timedelta)

_DOUBLINGS = 10


def compute_pause(first: PauseT, longest: PauseT, failures: int) -> PauseT:
    """Return the pause after a failure that followed ``failures`` others without a success in between.

    The pause is ``first`` after the first failure, twice as long after each further failure, and at most
    ``longest``.
    """
    return min(first * (1 << min(max(failures, 0), _DOUBLINGS)), longest)
