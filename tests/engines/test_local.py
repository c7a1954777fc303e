"""The local engine on the machine's own clock: every source polled, every wake-up heard, nothing kept."""

import asyncio
from datetime import UTC, datetime, timedelta

from newsbot.engines.local import LocalEngine


class Handlers:
    """Counts what it is called for."""

    def __init__(self) -> None:
        self.polls: list[str] = []
        self.drains: list[datetime] = []
        self.due: datetime | None = None
        self.committed = False

    async def poll(self, source: str) -> datetime:
        self.polls.append(source)
        if source == "slow":
            await asyncio.sleep(30)
        return datetime.now(UTC) + timedelta(seconds=1)

    async def drain(self) -> datetime | None:
        self.drains.append(datetime.now(UTC))
        due, self.due = self.due, None
        return due

    def commit(self) -> None:
        self.committed = True

    async def changed(self) -> bool:
        changed, self.committed = self.committed, False
        return changed


async def run_for(handlers: Handlers, seconds: float, sources: tuple[str, ...] = ()) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    async with asyncio.timeout(seconds + 2):
        await LocalEngine().run(sources, handlers, stop)


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


async def test_the_wake_up_comes_when_the_next_post_is_due() -> None:
    handlers = Handlers()
    due = handlers.due = datetime.now(UTC) + timedelta(seconds=0.7)
    await run_for(handlers, 1.5)
    assert len(handlers.drains) == 2
    assert timedelta(0) <= handlers.drains[1] - due < timedelta(seconds=0.25)


async def test_a_due_time_that_is_past_already_is_a_wake_up_all_the_same() -> None:
    """APScheduler's own default would drop a job that is over a second late."""
    handlers = Handlers()
    handlers.due = datetime.now(UTC) - timedelta(hours=1)
    await run_for(handlers, 0.5)
    assert len(handlers.drains) == 2


async def test_what_another_process_committed_is_noticed_within_a_second() -> None:
    handlers = Handlers()
    asyncio.get_running_loop().call_later(0.3, handlers.commit)
    await run_for(handlers, 1.3)
    assert len(handlers.drains) == 2
