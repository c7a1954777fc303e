"""Worker processes that a whole run of tests shares: to start one that reads a page takes 0.9 s of CPU."""

import asyncio
import atexit
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from newsbot.fetching.workers import Workers
from newsbot.reasons import Reason

__all__ = ["SharedWorkers"]

T = TypeVar("T")


class SharedWorkers(Workers):
    """Hands its calls to workers on an event loop of their own, and leaves them running when it is closed."""

    async def run(
        self, function: Callable[..., T], *args: Any, deadline: float = 10.0, what: Reason | None = None
    ) -> T:
        loop, workers = _lasting()
        call = workers.run(function, *args, deadline=deadline, what=what)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, loop))

    async def close(self) -> None:
        """Leave them to the next test."""


@cache
def _lasting() -> tuple[asyncio.AbstractEventLoop, Workers]:
    loop, workers = asyncio.new_event_loop(), Workers(count=2)
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def end() -> None:
        asyncio.run_coroutine_threadsafe(_let_end(workers), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)

    atexit.register(end)
    return loop, workers


async def _let_end(workers: Workers) -> None:
    """Close their standard input, at whose end they end: a process that is killed stores no coverage."""
    processes = [process for worker in workers._resting if (process := worker._process)]
    for process in processes:
        assert process.stdin
        process.stdin.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), 20)
    await workers.close()
