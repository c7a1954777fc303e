"""Waiting for an event for a limited time, and ending of asyncio tasks that are not needed any more."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

__all__ = ["cancel_tasks", "wait_for_event"]


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
