"""The watch over the clock, with a clock that the test moves; over the ledger's time, with a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from newsbot.app.supervisor import ClockMonitor, synchronize
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.scheduling.clock import SharedClock, SystemClock
from newsbot.threads import SerialThread


class Clocks:
    """A wall clock and a monotonic one."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.monotonic = 1000.0

    def now(self) -> datetime:
        return self.wall

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.monotonic += seconds


@pytest.fixture
def ledger() -> Ledger:
    return open_ledger("sqlite:///never-opened.db")


@pytest.mark.parametrize(("step", "word"), [(3600, "forward"), (-3600, "back"), (-86400, "back")])
def test_a_jump_is_noticed_once_told_to_the_engine_and_shown_for_a_while(
    ledger: Ledger, step: int, word: str
) -> None:
    clocks = Clocks()
    told: list[int] = []
    watch = ClockMonitor(
        clocks,
        ledger,
        SerialThread("ledger"),
        handle_clock_jump=lambda: told.append(1),
        monotonic=lambda: clocks.monotonic,
    )
    clocks.pass_(1)
    watch.check_clock()
    assert told == []
    clocks.wall += timedelta(seconds=step)
    for _ in range(3):
        clocks.pass_(1)
        watch.check_clock()
    assert len(told) == 1
    assert f"{word} by {abs(step)} s" in (watch.trouble or "")
    clocks.pass_(600)
    watch.check_clock()
    assert watch.trouble is None


def test_a_clock_that_is_slewed_has_not_jumped(ledger: Ledger) -> None:
    clocks = Clocks()
    told: list[int] = []
    watch = ClockMonitor(
        clocks,
        ledger,
        SerialThread("ledger"),
        handle_clock_jump=lambda: told.append(1),
        monotonic=lambda: clocks.monotonic,
    )
    for _ in range(100):
        clocks.pass_(1)
        clocks.wall += timedelta(seconds=0.5)
        watch.check_clock()
    assert told == []


@pytest.fixture
def server(postgres: str) -> Iterator[Ledger]:
    ledger = open_ledger(postgres)
    yield ledger
    ledger.close()


async def test_on_a_server_the_database_says_what_time_it_is(server: Ledger) -> None:
    on_ledger, clock = SerialThread("ledger"), SharedClock()
    clock.set_time(datetime(2001, 1, 1, tzinfo=UTC), 0.0)
    await synchronize(clock, server, on_ledger)
    told = server.get_time()
    assert told
    assert abs(clock.now() - told[0]) < timedelta(seconds=5)
    on_ledger.close()


async def test_a_machines_own_clock_is_left_alone(server: Ledger) -> None:
    on_ledger = SerialThread("ledger")
    await synchronize(SystemClock(), server, on_ledger)
    on_ledger.close()
