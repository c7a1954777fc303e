"""The gate, by made-up times: no window of arrivals holds more than its rate, whatever is late."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from newsbot.delivery.rate_gate import RateGate
from newsbot.ports import Rate

BOT = Rate("bot", 3, 1.0, precise=True)
OTHER = Rate("other", 3, 1.0, precise=True)
LONG_AGO = -1000.0


def proven(quickest: float) -> RateGate:
    """A gate that has seen enough calls to know how long the fastest takes."""
    gate = RateGate()
    for _ in range(60):
        gate.end(gate.leave([], LONG_AGO), LONG_AGO + quickest)
    return gate


def test_calls_leave_at_once_until_the_window_is_full() -> None:
    gate = proven(0.04)
    for _ in range(3):
        assert gate.delay([BOT], 0.0) == 0
        gate.end(gate.leave([BOT], 0.0), 0.04)
    assert gate.delay([BOT], 0.5) == pytest.approx(0.502)
    assert gate.delay([OTHER], 0.5) == 0
    assert gate.delay([BOT], 1.01) == 0


def test_a_call_that_took_longer_counts_as_if_it_had_arrived_that_much_later() -> None:
    gate = proven(0.04)
    gate.end(gate.leave([BOT], 0.0), 0.04)
    for _ in range(3):
        gate.end(gate.leave([BOT], 2.0), 2.34)
    assert gate.delay([BOT], 3.0) == pytest.approx(0.302)


def test_until_enough_calls_have_ended_each_counts_from_its_end() -> None:
    gate = RateGate()
    for _ in range(3):
        gate.end(gate.leave([BOT], 0.0), 0.04)
    assert gate.delay([BOT], 0.5) == pytest.approx(0.542)


def test_a_call_in_flight_may_not_have_arrived_yet() -> None:
    gate = proven(0.04)
    gate.end(gate.leave([BOT], 0.0), 0.04)
    for _ in range(3):
        gate.leave([BOT], 2.0)
    assert gate.delay([BOT], 5.0) == pytest.approx(0.962)


def test_a_hanging_call_takes_one_place_of_the_rate_and_no_more() -> None:
    gate = proven(0.04)
    gate.end(gate.leave([BOT], 0.0), 0.04)
    gate.leave([BOT], 1.5)
    gate.end(gate.leave([BOT], 3.0), 3.04)
    assert gate.delay([BOT], 3.1) == 0


def test_rates_that_a_few_milliseconds_do_not_limit_are_let_through() -> None:
    gate = RateGate()
    free = (Rate("fast", 100_000, 1.0, precise=True), Rate("window", 1, 60.0, precise=False))
    for _ in range(5):
        assert gate.delay(free, 0.0) == 0
        gate.leave(free, 0.0)


def test_whatever_is_late_no_window_of_arrivals_is_exceeded() -> None:
    dice, gate, now = random.Random(5), proven(0.01), 0.0
    gate.end(gate.leave([BOT], now), 0.01)
    arrivals = [0.0]
    for _ in range(500):
        now += dice.choice((0.0, 0.1, 0.4)) + gate.delay([BOT], now)
        if gate.delay([BOT], now) > 0:
            continue
        arrived = now + dice.choice((0.0, 0.0, 0.05, 0.3))
        gate.end(gate.leave([BOT], now), arrived + 0.01)
        arrivals.append(arrived)
    arrivals.sort()
    assert all(later - first >= 1.0 for first, later in zip(arrivals, arrivals[3:], strict=False))


def test_who_is_late_leaves_in_the_order_of_the_slots() -> None:
    gate, slot = proven(0.01), datetime(2026, 11, 25, tzinfo=UTC)
    for number in range(3):
        gate.end(gate.leave([BOT], 0.1 * number), 0.1 * number + 0.01)
    with gate.line([BOT], slot + timedelta(seconds=1)) as later, gate.line([BOT], slot) as first:
        assert gate.delay([BOT], 0.5, first()) == pytest.approx(0.502)
        assert gate.delay([BOT], 0.5, later()) == pytest.approx(0.602)
        assert gate.delay([BOT], 1.05, first()) == 0
        assert gate.delay([BOT], 1.05, later()) == pytest.approx(0.052)
    with gate.line([BOT], slot + timedelta(seconds=2)) as alone:
        assert alone() == {BOT: 0}
