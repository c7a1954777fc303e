"""What every engine does, whether one process does the work or many."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from newsbot.ports import ALL_ROLES, ServiceRole

from .conftest import MakeEngine
from .handlers import EVERY, MemoryHandlers

SOON = 20.0
# Sooner than by the look that is made in any case, each half a minute, however busy this machine is. How many
# milliseconds it takes on a quiet one is measured by `make bench ARGS="--only sending"`.
PROMPTLY = timedelta(seconds=10)
POLL, WORK, SEND, DESK, WEB = ServiceRole


async def run_until(engine: Any, handlers: MemoryHandlers, seen: Callable[[], Any]) -> None:
    """Run the engine until ``seen`` is true, and stop it."""
    stop = asyncio.Event()
    running = asyncio.create_task(engine.run(handlers.sources, handlers, stop))
    async with asyncio.timeout(SOON):
        while not seen() and not running.done():
            await asyncio.sleep(0.02)
        stop.set()
        await running


async def run_for(engine: Any, handlers: MemoryHandlers, seconds: float) -> None:
    ends = monotonic() + seconds
    await run_until(engine, handlers, lambda: monotonic() > ends)


async def test_every_source_is_polled_at_once_and_again_when_it_asked(make_engine: MakeEngine) -> None:
    handlers, began = MemoryHandlers(("a", "b")), monotonic()
    await run_until(make_engine(), handlers, lambda: len(handlers.polls) >= 6)
    assert set(handlers.polls[:2]) == {"a", "b"}
    assert len(handlers.polls) <= 2 * (1 + (monotonic() - began) / EVERY.total_seconds())


async def test_a_slow_source_delays_no_other_and_no_stop(make_engine: MakeEngine) -> None:
    handlers = MemoryHandlers(("slow", "quick"), slow={"slow"})
    began = monotonic()
    await run_until(make_engine(), handlers, lambda: handlers.polls.count("quick") >= 3)
    assert monotonic() - began < 15


async def test_what_a_poll_finds_is_processed(make_engine: MakeEngine) -> None:
    handlers = MemoryHandlers(("a",), finds=1)
    await run_until(make_engine(), handlers, lambda: len(handlers.processed) >= 2)
    assert set(handlers.processed) == {"a"}


async def test_a_post_is_sent_when_it_is_due(make_engine: MakeEngine) -> None:
    due = datetime.now(UTC) + timedelta(seconds=2)
    handlers = MemoryHandlers(due={"tg": due})
    await run_until(make_engine(), handlers, lambda: handlers.sent)
    assert timedelta(0) <= handlers.sent["tg"] - due < PROMPTLY


async def test_a_post_that_was_due_long_ago_is_sent(make_engine: MakeEngine) -> None:
    handlers = MemoryHandlers(due={"tg": datetime.now(UTC) - timedelta(days=1)})
    await run_until(make_engine(), handlers, lambda: handlers.sent)


@pytest.mark.parametrize("how", ["wake", "commit"])
async def test_a_post_that_is_queued_meanwhile_is_sent_at_once(make_engine: MakeEngine, how: str) -> None:
    handlers, engine = MemoryHandlers(), make_engine()
    queued = list[datetime]()

    def queue() -> None:
        queued.append(datetime.now(UTC))
        handlers.due["tg"] = queued[0]
        if how == "wake":
            engine.wake()
        else:
            handlers.committed = True

    asyncio.get_running_loop().call_later(2.0, queue)
    await run_until(engine, handlers, lambda: handlers.sent)
    assert handlers.sent["tg"] - queued[0] < PROMPTLY


@pytest.mark.parametrize("role", [POLL, WORK, SEND])
async def test_without_a_role_its_handlers_are_not_called(make_engine: MakeEngine, role: ServiceRole) -> None:
    handlers = MemoryHandlers(("a",), finds=1, due={"tg": datetime.now(UTC)})
    handlers.found["a"] = 1
    await run_for(make_engine(ALL_ROLES - {role}), handlers, 2.0)
    assert bool(handlers.polls) == (role != POLL)
    assert bool(handlers.processed) == (role != WORK)
    assert bool(handlers.sent) == (role != SEND)


async def test_articles_that_another_process_found_are_processed(make_engine: MakeEngine) -> None:
    handlers = MemoryHandlers(("a",))
    handlers.found["a"] = 1
    await run_until(make_engine({WORK}), handlers, lambda: handlers.processed)
    assert handlers.polls == []


@pytest.mark.parametrize("which", ["poll", "process", "send", "has_changed"])
async def test_what_a_handler_raises_ends_the_engine_with_it(make_engine: MakeEngine, which: str) -> None:
    handlers = MemoryHandlers(("a",), finds=1, due={"tg": datetime.now(UTC)}, broken=which)
    with pytest.raises(ZeroDivisionError):
        await run_until(make_engine(), handlers, lambda: False)


async def test_after_a_jump_of_the_clock_everything_is_looked_at(make_engine: MakeEngine) -> None:
    handlers, engine = MemoryHandlers(), make_engine()

    def jump() -> None:
        handlers.due["tg"] = datetime.now(UTC)
        engine.handle_clock_jump()

    asyncio.get_running_loop().call_later(1.5, jump)
    await run_until(engine, handlers, lambda: handlers.sent)
