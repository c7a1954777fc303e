"""The engine for one machine: APScheduler holds one job that wakes the engine for the next poll of a source,
and one for the next due post.

The engine has no job per source or post, and stores no job: the due times in the ledger decide what is done,
so a job that is lost or runs twice changes nothing. By default APScheduler drops a job that is a second late,
hence ``misfire_grace_time=None`` (observed with APScheduler 3.11).

APScheduler uses this machine's time, which may jump and may differ from the time of newsbot's clock. So a
job's time is computed from the remaining seconds, and computed again after the clock jumped.
"""

import asyncio
from collections.abc import Collection, Coroutine
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from newsbot.ports import ALL_ROLES, Clock, Handlers, ServiceRole
from newsbot.scheduling.clock import SystemClock
from newsbot.tasks import wait_for_event

__all__ = ["LocalEngine"]

# The seconds between two moments at which the engine starts polls of sources; polls that become due in
# between start together.
_TICK = 0.05
# The number of polls that the engine starts before it lets the other tasks of asyncio's event loop run.
_AT_A_TIME = 50
_LOOK = 0.25  # The seconds between two checks whether another process has committed to the database.
_SOONEST_POLL = timedelta(seconds=0.25)
# The longest time until the engine calls the service's handler `drain` again. Besides sending due posts,
# `drain` expires posts, recovers lost calls and notices clock jumps.
_LONGEST = timedelta(seconds=30)
# The seconds between two searches for articles that other processes found, unless a notice of a commit comes
# earlier.
_FIND_WORK_EVERY = 5.0


class LocalEngine:
    """The engine on this machine: it calls the service's handlers when polls and posts are due.

    It calls only the handlers that do the work of ``roles``.
    """

    def __init__(self, clock: Clock | None = None, roles: Collection[ServiceRole] = ALL_ROLES) -> None:
        self._clock = clock or SystemClock()
        self._roles = frozenset(roles)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._due = asyncio.Event()
        self._poll_now = asyncio.Event()
        # This event wakes the task that processes found articles. It is set when another process has
        # committed to the database, because that process may have found articles.
        self._found = asyncio.Event()
        # A heap (priority queue) of pairs: the event loop's time at which to poll a source, and the source's
        # name.
        self._times: list[tuple[float, str]] = []
        self._polls: set[asyncio.Task[None]] = set()
        # The names of the sources whose new articles are being processed now.
        self._processed: set[str] = set()
        # The names of the sources that were polled again while their articles were being processed.
        self._polled: set[str] = set()
        # A future for the error of the first poll that failed; the method `run` raises the error.
        self._broken: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Make the task that calls the handler `drain`, which sends due posts, run as soon as possible."""
        self._due.set()

    def handle_clock_jump(self) -> None:
        """Poll all sources and send due posts now, because the clock jumped and their planned times may be
        wrong.
        """
        self._times = [(0.0, name) for _, name in self._times]
        self._poll_now.set()
        self.wake()

    async def run(self, sources: Collection[str], handlers: Handlers, stop: asyncio.Event) -> None:
        """Call the service's functions (handlers) that poll ``sources`` and send posts until ``stop`` is set;
        raise their errors.
        """
        broken = self._broken = asyncio.get_running_loop().create_future()
        self._scheduler.start()
        self._times = [(0.0, name) for name in sources]
        work = [self._watch_changes(handlers)]
        if ServiceRole.SEND in self._roles:
            work.append(self._run_drains(handlers))
        if ServiceRole.POLL in self._roles:
            work.append(self._begin_polls(handlers))
        elif ServiceRole.WORK in self._roles:
            work.append(self._process_others_finds(handlers))
        tasks = [asyncio.create_task(each) for each in work]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*tasks, stopped, broken], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._scheduler.shutdown(wait=False)
            for task in (*tasks, *self._polls, stopped):
                task.cancel()
            ends = await asyncio.gather(*tasks, *self._polls, return_exceptions=True)
        if broken.done():
            ends.append(broken.exception())
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _begin_polls(self, handlers: Handlers) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._poll_now.clear()
            await self._begin_due_polls(handlers)
            await asyncio.sleep(_TICK)
            if self._times:
                self._set_later(self._poll_now, timedelta(seconds=max(self._times[0][0] - loop.time(), 0.0)))
            await self._poll_now.wait()

    async def _begin_due_polls(self, handlers: Handlers) -> None:
        loop, begun = asyncio.get_running_loop(), 0
        while self._times and self._times[0][0] <= loop.time():
            _, name = heappop(self._times)
            self._start(self._poll(name, handlers), f"poll {name}")
            begun += 1
            if begun % _AT_A_TIME == 0:
                await asyncio.sleep(0)

    async def _process_others_finds(self, handlers: Handlers) -> None:
        """Process the articles that polls of other processes found, without end."""
        while True:
            self._found.clear()
            for name in await handlers.find_work():
                self._start(self._process(name, handlers), f"process {name}")
            await wait_for_event(self._found, _FIND_WORK_EVERY)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start a task for a poll, or for the articles of a source; `run` raises the error of the task."""
        task = asyncio.get_running_loop().create_task(self._run_or_break(work), name=name)
        self._polls.add(task)
        task.add_done_callback(self._polls.discard)

    async def _poll(self, name: str, handlers: Handlers) -> None:
        self._schedule_poll(name, await handlers.poll(name))
        if ServiceRole.WORK in self._roles:
            await self._process(name, handlers)

    async def _run_or_break(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  The method `run` raises the error.
            if self._broken and not self._broken.done():
                self._broken.set_exception(error)

    async def _process(self, name: str, handlers: Handlers) -> None:
        """Process the new articles of the source ``name``; if that is going on already, process them once
        more afterwards.
        """
        self._polled.add(name)
        if name in self._processed:
            return
        self._processed.add(name)
        try:
            while name in self._polled:
                self._polled.discard(name)
                await handlers.process(name)
        finally:
            self._processed.discard(name)

    def _schedule_poll(self, name: str, again: datetime) -> None:
        wait = max(again - self._clock.now(), _SOONEST_POLL)
        at = asyncio.get_running_loop().time() + wait.total_seconds()
        if not self._times or at < self._times[0][0]:
            self._poll_now.set()
        heappush(self._times, (at, name))

    async def _run_drains(self, handlers: Handlers) -> None:
        while True:
            self._due.clear()
            following = await handlers.drain()
            wait = min(following - self._clock.now(), _LONGEST) if following else _LONGEST
            self._set_later(self._due, wait)
            await self._due.wait()

    def _set_later(self, event: asyncio.Event, wait: timedelta) -> None:
        """Let APScheduler set ``event``, which wakes the engine, after the time ``wait``; an earlier job of
        APScheduler for the event is replaced.
        """
        at, job = datetime.now(UTC) + wait, str(id(event))
        self._scheduler.add_job(_set, "date", args=(event,), run_date=at, id=job, replace_existing=True)

    async def _watch_changes(self, handlers: Handlers) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if await handlers.has_changed():
                self._found.set()
                self.wake()


async def _set(event: asyncio.Event) -> None:
    """Set ``event``, as a coroutine that APScheduler runs on the thread of the event loop.

    APScheduler would run a plain function on another thread, where an asyncio.Event must not be set.
    """
    event.set()
