"""A database is asked aside, one call at a time."""

import asyncio
import time

import pytest

from newsbot.sources.database.source import SerialThreadRunner


async def test_a_stop_in_the_moment_of_an_answer_is_heard() -> None:
    asking = asyncio.create_task(SerialThreadRunner()(lambda: 1, within=5))
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251  the answer is there before the loop looks again
    asyncio.get_running_loop().call_soon(asking.cancel)
    with pytest.raises(asyncio.CancelledError):
        await asking
