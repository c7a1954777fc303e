"""Limits of waiting, pauses before repetitions, and the cancelling of asyncio tasks that are not needed any
more.
"""

import asyncio
from collections.abc import Awaitable, Generator, Iterable
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any, TypeVar

__all__ = ["cancel_tasks", "compute_pause", "limit_wait", "run_unless_stopped", "wait_for_event"]

T = TypeVar("T")
PauseT = TypeVar("PauseT", float, timedelta)

_DOUBLINGS = 10


async def wait_for_event(event: asyncio.Event, seconds: float) -> None:
    """Wait until ``event`` is set, for at most ``seconds``.

    This does not use `asyncio.wait_for`: before Python 3.12 it loses a cancellation that coincides with the
    event, and then the code that stops the waiting task waits for ever.
    """
    if seconds > 0 and not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


async def cancel_tasks(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel asyncio tasks, and wait until they have ended, whether with a result or with an error."""
    some = tuple(tasks)
    for task in some:
        task.cancel()
    await asyncio.gather(*some, return_exceptions=True)


def compute_pause(first: PauseT, longest: PauseT, failures: int) -> PauseT:
    """Return the pause before an action that failed is repeated; it had failed ``failures`` times before.

    The pause is ``first`` if ``failures`` is 0 and doubles with each further failure in a row, up to
    ``longest``.
    """
    return min(first * (1 << min(max(failures, 0), _DOUBLINGS)), longest)


async def run_unless_stopped(stop: asyncio.Event, work: Awaitable[object]) -> bool:
    """Wait for the task ``work``, but cancel it if the event ``stop`` is set first; return whether ``work``
    ended by itself.
    """
    task, stopped = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    await task
    return True


def limit_wait(gen: Generator[Any, Any, T], seconds: float) -> Generator[Any, Any, T]:
    """Run psycopg's generator ``gen``, which waits for an answer of the PostgreSQL server, for at most
    ``seconds``.

    The generator yields what it waits for. psycopg sends a true value into the generator when the
    connection's socket is ready, and before that a false value ten times a second, so that the time can be
    checked.

    Raises:
        TimeoutError: the answer did not come in time.
    """
    ends = monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and monotonic() > ends:
                raise TimeoutError(f"no answer within {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result
