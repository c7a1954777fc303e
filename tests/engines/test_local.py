"""The local engine on the machine's own clock: every source polled, every wake-up heard, nothing kept."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from newsbot.engines.local import LocalEngine


class Handlers:
    """Counts what it is called for."""

    def __init__(self) -> None:
        self.polls: list[str] = []
        self.processed: list[str] = []
        self.drains: list[datetime] = []
        self.due: datetime | None = None
        self.committed = False

    async def poll(self, source: str) -> datetime:
        self.polls.append(source)
        if source == "slow":
            await asyncio.sleep(30)
        return datetime.now(UTC) + timedelta(seconds=1)

    async def process(self, source: str) -> None:
        self.processed.append(source)

    async def find_work(self) -> list[str]:
        return []

    async def drain(self) -> datetime | None:
        self.drains.append(datetime.now(UTC))
        due, self.due = self.due, None
        return due

    def commit(self) -> None:
        self.committed = True

    async def has_changed(self) -> bool:
        changed, self.committed = self.committed, False
        return changed


async def run_for(
    handlers: Handlers, seconds: float, sources: tuple[str, ...] = (), engine: LocalEngine | None = None
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    async with asyncio.timeout(seconds + 2):
        await (engine or LocalEngine()).run(sources, handlers, stop)


async def run_until(handlers: Handlers, drains: int) -> None:
    """Until so many drains: sooner than by the one that comes each half a minute in any case."""
    stop = asyncio.Event()
    async with asyncio.timeout(20):
        running = asyncio.create_task(LocalEngine().run((), handlers, stop))
        while len(handlers.drains) < drains and not running.done():
            await asyncio.sleep(0.02)
        stop.set()
        await running


async def test_every_source_is_polled_at_once_and_again_when_it_asked() -> None:
    handlers = Handlers()
    await run_for(handlers, 2.5, ("a", "b"))
    assert handlers.polls[:2] == ["a", "b"]
    assert 4 <= len(handlers.polls) <= 6


async def test_a_slow_source_delays_no_other_and_no_stop() -> None:
    handlers = Handlers()
    await run_for(handlers, 2.5, ("slow", "quick"))
    assert handlers.polls.count("slow") == 1
    assert handlers.polls.count("quick") >= 2


class Processing(Handlers):
    """Takes longer to process what a poll brought than the source waits between its polls."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = self.most_at_once = 0

    async def process(self, source: str) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(1.5)
        self.at_once -= 1
        await super().process(source)


async def test_a_source_is_polled_while_its_articles_are_processed_and_processed_once_at_a_time() -> None:
    handlers = Processing()
    await run_for(handlers, 4.2, ("a",))
    assert len(handlers.polls) >= 4
    assert handlers.processed == ["a", "a"]
    assert handlers.most_at_once == 1


async def test_the_wake_up_comes_when_the_next_post_is_due() -> None:
    handlers = Handlers()
    due = handlers.due = datetime.now(UTC) + timedelta(seconds=0.7)
    await run_until(handlers, 2)
    assert handlers.drains[1] >= due


async def test_a_due_time_that_is_past_already_is_a_wake_up_all_the_same() -> None:
    """APScheduler's own default would drop a job that is over a second late."""
    handlers = Handlers()
    handlers.due = datetime.now(UTC) - timedelta(hours=1)
    await run_until(handlers, 2)


async def test_what_another_process_committed_is_noticed_soon() -> None:
    handlers = Handlers()
    asyncio.get_running_loop().call_later(0.3, handlers.commit)
    await run_until(handlers, 2)


async def test_any_number_of_sources_has_one_wake_up() -> None:
    """APScheduler walks through its jobs: one for each source would make each poll dearer."""
    handlers, engine = Handlers(), LocalEngine()
    jobs: list[int] = []

    async def watch() -> None:
        while True:
            jobs.append(len(engine._scheduler.get_jobs()))
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    names = tuple(f"s{n}" for n in range(300))
    await run_for(handlers, 2.5, names, engine)
    watching.cancel()
    assert set(handlers.polls) == set(names)
    assert max(jobs) <= 2  # the polls, and the posts


async def test_sources_that_come_due_together_leave_the_loop_its_turns() -> None:
    handlers, turns = Handlers(), list[int]()

    async def other() -> None:
        while True:
            turns.append(len(handlers.polls))
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await run_for(handlers, 1, tuple(f"s{n}" for n in range(1000)))
    beside.cancel()
    assert max(after - before for before, after in pairwise(turns)) <= 200


class Other:
    """A clock that is not this machine's: ``ahead`` of it."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)])
async def test_times_are_the_clocks_though_the_machine_has_another(ahead: timedelta) -> None:
    handlers, clock = Handlers(), Other(ahead)
    handlers.due = clock.now() + timedelta(seconds=0.7)
    await run_for(handlers, 4, engine=LocalEngine(clock))
    assert len(handlers.drains) == 2
    assert handlers.drains[1] - handlers.drains[0] > timedelta(seconds=0.5)


class Hourly(Handlers):
    """Wants to be polled in an hour, by a clock that may jump meanwhile."""

    def __init__(self, clock: Other) -> None:
        super().__init__()
        self.clock = clock

    async def poll(self, source: str) -> datetime:
        self.polls.append(source)
        return self.clock.now() + timedelta(hours=1)


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
async def test_after_a_jump_of_the_clock_everything_is_looked_at_and_set_again(jump: timedelta) -> None:
    clock = Other(timedelta(0))
    handlers, engine = Hourly(clock), LocalEngine(clock)

    def leap() -> None:
        clock.ahead = jump
        engine.handle_clock_jump()

    asyncio.get_running_loop().call_later(1, leap)
    await run_for(handlers, 4, ("a", "b"), engine)
    assert sorted(handlers.polls) == ["a", "a", "b", "b"]
    assert len(handlers.drains) == 2


async def test_the_alarm_rings_on_the_event_loop_itself() -> None:
    """Another thread may not set its events: the wake-up could come late."""
    threads: set[int] = set()
    engine = LocalEngine()
    wake = engine._due.set

    def heard() -> None:
        threads.add(threading.get_ident())
        wake()

    engine._due.set = heard  # type: ignore[method-assign]  # to see who calls it
    handlers, stop = Handlers(), asyncio.Event()
    handlers.due = datetime.now(UTC) + timedelta(seconds=0.1)
    asyncio.get_running_loop().call_later(1.0, stop.set)
    async with asyncio.timeout(30):
        await engine.run((), handlers, stop)
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("which", ["poll", "process", "drain", "has_changed"])
async def test_what_a_handler_raises_ends_the_engine_with_it(which: str) -> None:
    """It never goes on without one of them, and never ends as if it had been asked to."""

    async def fails(*_: object) -> None:
        raise ZeroDivisionError

    handlers = Handlers()
    setattr(handlers, which, fails)
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(10):
            await LocalEngine().run(("a",), handlers, asyncio.Event())
