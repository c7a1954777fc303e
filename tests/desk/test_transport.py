"""Which number confirms updates: none that came in order is asked for again, and none unseen is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsbot.desk.transport import compute_offsets

BIG = 2**31 - 1


@pytest.mark.parametrize(
    ("numbers", "offset", "after"),
    [
        ([5, 6, 7], 5, [6, 7, 8]),
        ([5, 9], 5, [6, 10]),
        ([None, 6], 5, [5, 7]),
        ([5, 900_005, 6], 5, [6, 6, 7]),
        ([5, BIG, 6], 5, [6, 6, 7]),
        ([BIG], 5, [5]),
        ([4], 5, [5]),
        ([4, 5], 5, [5, 6]),
        ([7], 700_000_000, [700_000_000]),
        ([7, 8], 700_000_000, [8, 9]),
        ([BIG - 1, BIG], 5, [BIG, BIG + 1]),
        ([5001], 0, [5002]),
        ([5001, 7], 0, [0, 0]),
        ([5001, 7, 5002], 0, [0, 8, 5003]),
        ([None], 0, [0]),
    ],
)
def test_an_answer_confirms(numbers: list[int | None], offset: int, after: list[int]) -> None:
    assert compute_offsets(numbers, offset, full=False) == after


def test_a_full_answer_of_numberless_updates_is_passed_without_passing_another() -> None:
    assert compute_offsets([None] * 100, 5, full=True)[-1] == 105
    assert compute_offsets([None] * 100, 0, full=True)[-1] == 0
    assert compute_offsets([None] * 99, 5, full=False)[-1] == 5


@given(some.integers(1, 10**9), some.integers(1, 100), some.sets(some.integers(0, 99)))
def test_numbers_in_order_are_confirmed_whatever_is_missing_among_them(
    first: int, length: int, damaged: set[int]
) -> None:
    numbers = [None if at in damaged else first + at for at in range(length)]
    right = [number for number in numbers if number is not None]
    after = compute_offsets(numbers, first, full=False)
    assert after == sorted(after)
    assert after[-1] == (right[-1] + 1 if right else first)


@given(some.integers(10**6, 10**9), some.lists(some.integers(1, BIG), max_size=3), some.integers(4, 90))
def test_a_few_wrong_numbers_confirm_nothing_that_did_not_come(
    first: int, wrong: list[int], length: int
) -> None:
    numbers: list[int | None] = [first + at for at in range(length)]
    for at, number in enumerate(wrong):
        numbers.insert(1 + at, number)
    assert compute_offsets(numbers, first, full=False)[-1] <= first + length
