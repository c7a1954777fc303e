"""The Engine port in virtual time: a task per source, and one wake-up at the next due post."""

import asyncio
from collections.abc import Collection
from contextlib import suppress

from newsbot.ports import Clock, Handlers

__all__ = ["VirtualEngine"]


class VirtualEngine:
    """Like the local engine it waits by the monotonic clock, and at most for ``longest`` seconds."""

    def __init__(self, clock: Clock, longest: float) -> None:
        self._clock = clock
        self._longest = longest
        self._due = asyncio.Event()
        self._jump = asyncio.Event()

    def wake(self) -> None:
        self._due.set()

    def handle_clock_jump(self) -> None:
        """Set every timer again, because the clock jumped."""
        self._jump.set()
        self._jump = asyncio.Event()
        self.wake()

    async def run(self, sources: Collection[str], handlers: Handlers, stop: asyncio.Event) -> None:
        brought = {name: asyncio.Event() for name in sources}
        work = [self._polls(name, handlers, event) for name, event in brought.items()]
        work += [self._processes(name, handlers, event) for name, event in brought.items()]
        tasks = [asyncio.create_task(each) for each in (*work, self._drains(handlers))]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopped):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _processes(self, name: str, handlers: Handlers, brought: asyncio.Event) -> None:
        while True:
            await brought.wait()
            brought.clear()
            await handlers.process(name)

    async def _polls(self, name: str, handlers: Handlers, brought: asyncio.Event) -> None:
        while True:
            again = await handlers.poll(name)
            brought.set()
            await _either(self._jump, max(1.0, (again - self._clock.now()).total_seconds()))

    async def _drains(self, handlers: Handlers) -> None:
        while True:
            self._due.clear()
            following = await handlers.drain()
            wait = (following - self._clock.now()).total_seconds() if following else self._longest
            await _either(self._due, min(max(wait, 0.0), self._longest))


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Until the event or the time has come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
