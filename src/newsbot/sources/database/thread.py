"""One blocking call at a time, in a thread of its own: a driver that hangs holds nobody else.

The thread is a daemon, so that a database that never answers can't keep a stopped newsbot from ending.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from newsbot.errors import SourceError

__all__ = ["OneAtATime"]

T = TypeVar("T")


class OneAtATime:
    """Runs a call after the one before it has ended, and no other."""

    def __init__(self) -> None:
        self.busy = False

    async def __call__(self, call: Callable[[], T], *, within: float) -> T:
        """What ``call`` gives or raises; it is left alone where it takes longer.

        Raises:
            SourceError: it took over ``within`` seconds, or the one before it is still at it.
        """
        if self.busy:
            raise SourceError(
                "its database has not answered the last poll yet; newsbot goes on waiting for it"
            )
        self.busy = True
        ending: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        Thread(target=self._work, args=(call, ending), name="newsbot-database", daemon=True).start()
        try:
            async with asyncio.timeout(within):  # not wait_for, which may forget that it is cancelled
                return await ending
        except TimeoutError:
            raise SourceError(
                f"its database did not answer within {within:.0f} s; is it overloaded?"
            ) from None

    def _work(self, call: Callable[[], T], ending: "asyncio.Future[T]") -> None:
        result: T | None = None
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001  it belongs to whoever waits
            failure = error
        self.busy = False
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            ending.get_loop().call_soon_threadsafe(_settle, ending, result, failure)


def _settle(ending: "asyncio.Future[T]", result: T | None, failure: Exception | None) -> None:
    if ending.done():
        return
    if failure:
        ending.set_exception(failure)
    else:
        ending.set_result(result)  # type: ignore[arg-type]  # without a failure it is the call's
