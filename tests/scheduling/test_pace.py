"""Pace in virtual time: never over a platform's window, and hardly under its rate."""

import random
from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.ports import Rate
from newsbot.scheduling.pace import RateUsage, find_first_slot, find_reach, window

START = datetime(2026, 11, 22, tzinfo=UTC)
OVERALL = Rate("bot", 30, 1.0, precise=True)
JITTER = 0.0029  # seconds that an arrival may be late: the margin at 1/s; the gate waits for what is later


class Book:
    """Slots taken, as the ledger keeps them."""

    def __init__(self) -> None:
        self.log: dict[str, list[datetime]] = defaultdict(list)

    def reserve(self, rates: Sequence[Rate], now: datetime) -> datetime:
        slot = find_first_slot([self._taken(rate, now) for rate in rates], now)
        for key in {rate.key for rate in rates}:
            insort(self.log[key], slot)
        return slot

    def _taken(self, rate: Rate, now: datetime) -> RateUsage:
        log = self.log[rate.key]
        if rate.precise:
            return RateUsage(rate, slots=[slot for slot in log if slot > now - find_reach(rate)])
        return RateUsage(rate, oldest=log[-rate.count] if len(log) >= rate.count else None)


def chat(name: str, *, group: bool = False) -> tuple[Rate, ...]:
    rates = (OVERALL, Rate(name, 1, 1.0, precise=True))
    return (*rates, Rate(f"{name}:group", 20, 60.0, precise=False)) if group else rates


def most_in(arrivals: list[datetime], seconds: float) -> int:
    """The most arrivals in any half-open window."""
    arrivals = sorted(arrivals)
    most = first = 0
    for last, at in enumerate(arrivals):
        while arrivals[first] <= at - timedelta(seconds=seconds):
            first += 1
        most = max(most, last - first + 1)
    return most


def run(chats: dict[str, tuple[Rate, ...]], calls: int, latency: float = 0.05) -> dict[str, list[datetime]]:
    """Every chat sends ``calls``, one at a time and each as soon as it may; the arrivals by pace key."""
    book, dice = Book(), random.Random(7)
    ready = [(START, name, calls) for name in chats]
    arrivals: dict[str, list[datetime]] = defaultdict(list)
    while ready:
        now, name, left = ready.pop(0)
        slot = book.reserve(chats[name], now)
        arrived = slot + timedelta(seconds=dice.uniform(0, JITTER))
        for rate in chats[name]:
            arrivals[rate.key].append(arrived)
        if left > 1:
            insort(ready, (slot + timedelta(seconds=latency), name, left - 1))
    return arrivals


def lasted(arrivals: list[datetime]) -> float:
    return (max(arrivals) - min(arrivals)).total_seconds()


def test_many_chats_never_exceed_any_window_and_reach_97_percent_of_the_overall_rate() -> None:
    chats = {f"chat{n}": chat(f"chat{n}") for n in range(60)}
    arrivals = run(chats, calls=10)
    assert most_in(arrivals["bot"], 1.0) <= 30
    assert all(most_in(arrivals[name], 1.0) == 1 for name in chats)
    assert (600 - 1) / 30 / lasted(arrivals["bot"]) >= 0.97


def test_the_first_second_of_the_overall_rate_is_used_at_once() -> None:
    arrivals = run({f"chat{n}": chat(f"chat{n}") for n in range(60)}, calls=10)["bot"]
    assert lasted(arrivals[:30]) < 0.15
    assert lasted(arrivals) <= 1.02 * (600 - 30) / 30


def test_where_services_share_a_ledger_the_calls_of_a_window_are_evenly_apart() -> None:
    slots: list[datetime] = []
    for _ in range(60):
        slots.append(find_first_slot([RateUsage(OVERALL, slots=slots, even=True)], START))
    assert most_in(slots, 1.0) <= 30
    apart = [(later - before).total_seconds() for before, later in pairwise(slots)]
    assert apart == pytest.approx([1.003 / 30] * 59, abs=2e-5)


def test_a_rate_in_the_thousands_is_evenly_spaced() -> None:
    arrivals = run({"fast": (Rate("fast", 2000, 1.0, precise=True),)}, calls=100, latency=0)["fast"]
    assert lasted(arrivals) == pytest.approx(99 / 2000, rel=0.1)


def test_one_chat_reaches_97_percent_of_its_rate() -> None:
    arrivals = run({"chat": chat("chat")}, calls=200)
    assert most_in(arrivals["chat"], 1.0) == 1
    assert 199 / lasted(arrivals["chat"]) >= 0.97


def test_a_group_never_has_more_than_20_a_minute_and_reaches_97_percent_of_it() -> None:
    arrivals = run({"group": chat("group", group=True)}, calls=400)
    assert most_in(arrivals["group:group"], 60.0) == 20
    assert most_in(arrivals["group"], 1.0) == 1
    floor = 19 * 60 + 19  # the last twenty go once nineteen windows are over, a second apart
    assert floor / lasted(arrivals["group:group"]) >= 0.97


def test_slow_groups_reserve_far_ahead_without_holding_the_others_up() -> None:
    groups = {f"group{n}": chat(f"group{n}", group=True) for n in range(10)}
    arrivals = run(groups | {f"chat{n}": chat(f"chat{n}") for n in range(40)}, calls=60)
    assert most_in(arrivals["bot"], 1.0) <= 30
    assert all(most_in(arrivals[f"{name}:group"], 60.0) <= 20 for name in groups)
    first_chats = max(max(arrivals[f"chat{n}"]) for n in range(40))
    assert (first_chats - START).total_seconds() <= 60 * 50 / 30 / 0.97


def test_fifteen_minute_windows_are_used_at_once_and_then_waited_out() -> None:
    arrivals = run({"x": (Rate("x", 100, 900.0, precise=False),)}, calls=300, latency=0.1)["x"]
    assert most_in(arrivals, 900.0) == 100
    assert lasted(arrivals[:100]) < 11
    assert 2 * 900 / lasted(arrivals) >= 0.97


def test_a_retry_after_moves_its_own_key_only() -> None:
    later = START + timedelta(seconds=7)
    held = RateUsage(chat("a")[1], not_before=later)
    assert find_first_slot([held, RateUsage(OVERALL)], START) == later
    assert find_first_slot([RateUsage(chat("b")[1]), RateUsage(OVERALL)], START) == START


def test_without_rates_it_goes_at_once() -> None:
    assert find_first_slot([], START) == START


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [
        (Rate("k", 1, 1.0, precise=True), 1.003),
        (Rate("k", 5, 10.0, precise=False), 10.2),
        (Rate("k", 20, 60.0, precise=False), 60.5),
    ],
)
def test_a_window_is_longer_than_the_platforms_by_its_margin(rate: Rate, seconds: float) -> None:
    assert window(rate) == timedelta(seconds=seconds)


@given(
    st.lists(st.tuples(st.floats(0, 3), st.booleans(), st.integers(1, 5)), min_size=1, max_size=60),
    st.integers(1, 5),
)
def test_whatever_the_order_of_calls_no_window_is_exceeded(
    calls: list[tuple[float, bool, int]], count: int
) -> None:
    book, now = Book(), START
    shared = Rate("shared", count, 1.0, precise=True)
    for wait, counted, own in calls:
        now += timedelta(seconds=wait)
        rates = (shared, Rate(f"own{own}", own, 2.0, precise=False)) if counted else (shared,)
        assert book.reserve(rates, now) >= now
    assert most_in(book.log["shared"], 1.0) <= count
    assert all(most_in(book.log[f"own{own}"], 2.0) <= own for own in range(1, 6))
