"""The order in which the desk processes updates: one at a time in each chat, and only a few at once for
strangers.

An update is a message or button press; a stranger is somebody whom the desk does not know. People and chats
without waiting updates take no memory.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import structlog

__all__ = ["ChatLocks", "LogLimiter", "StrangerQueue"]

_AT_ONCE = 2
_WAITING = 50
# The first number is the seconds between the starts of two strangers' tasks. The second number says how many
# tasks may start without this delay.
_EVERY, _BURST = 0.1, 30
_MINUTE = 60.0
_LINES = 10  # The most log lines of one kind that newsbot writes per minute.

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _ChatLock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class ChatLocks:
    """Locks that let only one task at a time work for the same chat, in the order in which the tasks asked.

    A chat's lock is deleted when no task uses it.
    """

    def __init__(self) -> None:
        self._locks: dict[int, _ChatLock] = {}

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def turn(self, key: int) -> AsyncIterator[None]:
        """Wait until no other ``async with`` block with the same ``key`` (a chat's id) runs; then run this
        block.
        """
        lane = self._locks.setdefault(key, _ChatLock())
        lane.users += 1
        try:
            async with lane.lock:
                yield
        finally:
            lane.users -= 1
            if not lane.users:
                del self._locks[key]


class StrangerQueue:
    """A queue of tasks for messages and button presses of people whom the desk does not know.

    The queue starts tasks slowly, runs two at once, and drops new tasks while 50 tasks wait or run, so that
    many messages of strangers do not slow the desk.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._next_at = 0.0
        self._overflow_count = 0
        self._sparing = LogLimiter(1, now)

    @property
    def tasks(self) -> list["asyncio.Task[None]"]:
        """Return the tasks of this queue that run or wait."""
        return list(self._tasks.values())

    def admit(self, key: int, work: Callable[[], Awaitable[None]]) -> None:
        """Add a task that runs ``work`` to the queue; drop ``work`` if the queue is full or has a task with
        the same ``key``.
        """
        if key in self._tasks or len(self._tasks) >= _WAITING:
            self._log_overflow()
            return
        task = asyncio.create_task(self._run(work))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        async with self._at_once:
            self._next_at = max(self._next_at, self._now()) + _EVERY
            await asyncio.sleep(max(self._next_at - self._now() - _BURST * _EVERY, 0))
            try:
                await work()
            # A failed task of a stranger must not stop the queue, so its failure is only logged.
            except Exception as error:  # noqa: BLE001
                log.warning("a stranger could not be answered", error=type(error).__name__)

    def _log_overflow(self) -> None:
        self._overflow_count += 1
        if self._sparing.allow_line():
            log.warning("strangers write more than the desk answers", passed_over=self._overflow_count)
            self._overflow_count = 0


class LogLimiter:
    """A counter that limits how many log lines of one kind newsbot writes per minute, for lines that
    strangers can cause.
    """

    def __init__(self, lines: int = _LINES, now: Callable[[], float] = monotonic) -> None:
        self._lines = lines
        self._now = now
        self._since = -_MINUTE
        self._said = 0

    def allow_line(self) -> bool:
        """Count another log line, and return whether the limit for this minute allows newsbot to write it."""
        if self._now() - self._since >= _MINUTE:
            self._since, self._said = self._now(), 0
        self._said += 1
        return self._said <= self._lines
