"""Threads that run blocking calls, so that the event loop never waits for a disk, a network or long work.

The threads are daemon threads: a call that hangs, on a failing disk for example, must not keep a stopped
newsbot from exiting.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, ParamSpec, TypeVar

__all__ = ["SerialThread", "run_in_thread", "run_inline"]

P = ParamSpec("P")
T = TypeVar("T")

_CLOSE_WITHIN = 2.0  # The seconds for which closing a `SerialThread` waits for its pending calls.


async def run_inline(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` at once in the event loop's own thread, and return its result; ``call`` must be short.

    The function can replace a `SerialThread`: both implement the port `ThreadRunner`.
    """
    return call(*args, **kwargs)


class _Call(NamedTuple):
    """A call that waits to be run in a thread, and the future that gets the call's result."""

    make: Callable[[], Any]
    answer: "asyncio.Future[Any]"


async def run_in_thread(call: Callable[[], T], *, name: str = "newsbot-call") -> T:
    """Run ``call`` in a new thread, and return its result or raise its error.

    The event loop's own threads are few, and name look-ups that hang (30 s each) can occupy all of them, so
    ``call`` gets a new thread of its own. If the waiting task is cancelled, the thread goes on.
    """
    waiting = _Call(call, asyncio.get_running_loop().create_future())
    Thread(target=_make_call, args=(waiting,), name=name, daemon=True).start()
    return await waiting.answer  # type: ignore[no-any-return]


class SerialThread:
    """A thread that runs calls one after another, in the order in which they were made."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._closed = False
        self._began: float | None = None

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise RuntimeError(f"the thread of {self._name} is closed")
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(partial(call, *args, **kwargs), answer))
        if self._thread is None:
            self._thread = Thread(target=self._run_calls, name=self._name, daemon=True)
            self._thread.start()
        return await answer

    @property
    def busy(self) -> float:
        """Return for how many seconds this thread's present call has been running; 0.0 if none is running."""
        began = self._began
        return 0.0 if began is None else monotonic() - began

    def close(self, within: float = _CLOSE_WITHIN) -> bool:
        """Refuse new calls on this thread, and wait at most ``within`` seconds for the pending calls.

        Return whether all calls have ended in this time.
        """
        self._closed = True
        self._calls.put(None)
        if self._thread is None:
            return True
        self._thread.join(within)
        return not self._thread.is_alive()

    def _run_calls(self) -> None:
        while call := self._calls.get():
            if not call.answer.cancelled():
                self._began = monotonic()
                _make_call(call)
                self._began = None


def _make_call(call: _Call) -> None:
    result: Any = None
    failure: BaseException | None = None
    try:
        result = call.make()
    except BaseException as error:  # noqa: BLE001  The error is raised in the task that waits for the call's result.
        failure = error
    # If the event loop is closed, no task waits for the result of the thread's call, so the result is
    # dropped.
    with suppress(RuntimeError):
        call.answer.get_loop().call_soon_threadsafe(_resolve_future, call.answer, result, failure)


def _resolve_future(answer: "asyncio.Future[Any]", result: Any, failure: BaseException | None) -> None:
    if answer.done():
        return
    if failure is not None:
        answer.set_exception(failure)
    else:
        answer.set_result(result)
