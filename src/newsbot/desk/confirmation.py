"""Which number confirms updates to Telegram: ``offset`` of the next getUpdates.

Telegram forgets everything below the offset, so one damaged number that is too high would lose every later
command. Numbers grow by one as updates come, and start again from any number after a week without an update
(https://core.telegram.org/bots/api#update): what breaks that order is taken, but confirms nothing by itself.
"""

from collections.abc import Sequence

__all__ = ["offsets_after"]

_FURTHEST = 1_000_000  # updates that may come between two polls
_TOGETHER = 2  # numbers in order that are believed although they are far from the offset


def offsets_after(numbers: Sequence[int | None], offset: int, *, full: bool) -> list[int]:
    """The offset once each update of an answer has been taken, in their order.

    ``numbers`` has None for an update without a usable number; ``offset`` is 0 before the first answer;
    ``full``: the answer holds as many updates as one can, so that others may wait behind them.
    """
    confirming = _in_order(numbers, offset)
    found, now = list[int](), offset
    for at, number in enumerate(numbers):
        if number is not None and at in confirming:
            now = number + 1
        found.append(now)
    if full and offset and not confirming:
        # Only updates that nobody can number, each at the offset or above: as many steps pass them safely.
        found[-1] = offset + sum(number is None for number in numbers)
    return found


def _in_order(numbers: Sequence[int | None], offset: int) -> set[int]:
    """Where the numbers stand that can be believed."""
    near = [at for at, number in enumerate(numbers) if number is not None and _is_near(number, offset)]
    chain = _longest_rise(numbers, near)
    if not offset and len(chain) < _TOGETHER <= len(near):
        return set()  # nothing tells which of them is right
    if chain:
        return set(chain)
    far = _longest_rise(numbers, [at for at, number in enumerate(numbers) if number is not None])
    return set(far) if len(far) >= _TOGETHER else set()


def _is_near(number: int, offset: int) -> bool:
    return not offset or offset <= number <= offset + _FURTHEST


def _longest_rise(numbers: Sequence[int | None], places: Sequence[int]) -> list[int]:
    """The longest part of ``places`` whose numbers rise; of two, the one that confirms less."""
    best: dict[int, list[int]] = {}

    def worth(chain: list[int]) -> tuple[int, int]:
        return len(chain), -(numbers[chain[-1]] or 0) if chain else 0

    for at in places:
        before = (best[earlier] for earlier in best if (numbers[earlier] or 0) < (numbers[at] or 0))
        best[at] = [*max(before, key=worth, default=[]), at]
    return max(best.values(), key=worth, default=[])
