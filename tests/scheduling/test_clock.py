"""The time that machines share."""

from datetime import UTC, datetime, timedelta

from newsbot.scheduling.clock import SharedClock, SystemClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_two_machines_that_were_told_one_time_agree_on_it_whatever_their_own_clocks_say() -> None:
    reading = {"here": 5.0, "there": 900.0}
    here = SharedClock(monotonic=lambda: reading["here"])
    there = SharedClock(monotonic=lambda: reading["there"])
    here.set_time(NOON, 5.0)
    reading["here"] += 7
    reading["there"] += 7
    there.set_time(NOON + timedelta(seconds=7), 907.0)
    assert here.now() == there.now() == NOON + timedelta(seconds=7)


def test_until_it_is_told_a_time_it_is_this_machines() -> None:
    before = SystemClock().now()
    assert before <= SharedClock().now() <= SystemClock().now()
