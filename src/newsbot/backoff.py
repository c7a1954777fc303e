"""A function that computes the pause before newsbot repeats an action that failed."""

from datetime import timedelta
from typing import TypeVar

__all__ = ["compute_pause"]

PauseT = TypeVar("PauseT", float, timedelta)

_DOUBLINGS = 10


def compute_pause(first: PauseT, longest: PauseT, failures: int) -> PauseT:
    """Return the pause before an action that failed is repeated; it had failed ``failures`` times before.

    The pause is ``first`` if ``failures`` is 0 and doubles with each further failure in a row, up to
    ``longest``.
    """
    return min(first * (1 << min(max(failures, 0), _DOUBLINGS)), longest)
