"""The engine for one machine: APScheduler keeps one wake-up for the next poll and one for the next due post.

There is no job per source or post and no stored job: the ledger's due times decide, so a job that is lost or
runs twice changes nothing. By default APScheduler drops a job that is a second late, hence
``misfire_grace_time=None`` (PLATFORMS: APScheduler 3.11, seen).

APScheduler uses this machine's time, which may jump and may differ from the Clock's: jobs are set by the time
that remains, and set again after a jump.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from newsbot.ports import Clock, Handlers
from newsbot.scheduling.clock import SystemClock

__all__ = ["LocalEngine"]

_ALARM, _POLLS = "drain", "polls"
_TICK = 0.05  # seconds between two wake-ups for polls; polls that become due in between start together
_AT_A_TIME = 50  # polls started before the event loop gets its turn
_LOOK = 0.25  # seconds between two checks for commits of other processes
_SOONEST_POLL = timedelta(seconds=0.25)
_LONGEST = timedelta(seconds=30)  # the longest time without a wake-up, for expiry, rescue and clock jumps


class LocalEngine:
    """The Engine port on this machine's clock; it serves SQLite and PostgreSQL."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._due = asyncio.Event()
        self._poll_now = asyncio.Event()
        self._times: list[tuple[float, str]] = []  # a heap of when (in the loop's time) to poll which source
        self._polls: set[asyncio.Task[None]] = set()
        self._processed: set[str] = set()  # the sources whose articles are being processed now
        self._polled: set[str] = set()  # those of them that were polled again meanwhile
        self._broken: asyncio.Future[None] | None = None  # the error of a failed poll

    def wake(self) -> None:
        """Run the drains as soon as possible."""
        self._due.set()

    def handle_clock_jump(self) -> None:
        """Check everything now that was set by the clock, and set it again, because the clock jumped."""
        self._times = [(0.0, name) for _, name in self._times]
        self._poll_now.set()
        self.wake()

    async def run(self, sources: Collection[str], handlers: Handlers, stop: asyncio.Event) -> None:
        """Call the handlers when they are due, until ``stop`` is set; raise the first error of a handler."""
        broken = self._broken = asyncio.get_running_loop().create_future()
        self._scheduler.start()
        self._times = [(0.0, name) for name in sources]
        work = (self._run_drains(handlers), self._watch_changes(handlers), self._begin_polls(handlers))
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
                self._schedule_polls(max(self._times[0][0], loop.time()))
            await self._poll_now.wait()

    async def _begin_due_polls(self, handlers: Handlers) -> None:
        loop, begun = asyncio.get_running_loop(), 0
        while self._times and self._times[0][0] <= loop.time():
            _, name = heappop(self._times)
            task = loop.create_task(self._poll(name, handlers), name=f"poll {name}")
            self._polls.add(task)
            task.add_done_callback(self._polls.discard)
            begun += 1
            if begun % _AT_A_TIME == 0:
                await asyncio.sleep(0)

    async def _poll(self, name: str, handlers: Handlers) -> None:
        try:
            self._schedule_poll(name, await handlers.poll(name))
            await self._process(name, handlers)
        except Exception as error:  # noqa: BLE001  `run` raises it.
            if self._broken and not self._broken.done():
                self._broken.set_exception(error)

    async def _process(self, name: str, handlers: Handlers) -> None:
        """Process what the source brought; if it is being processed already, do it again after that."""
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

    def _schedule_polls(self, at: float) -> None:
        wait = timedelta(seconds=at - asyncio.get_running_loop().time())
        self._scheduler.add_job(
            self._wake_polls, "date", run_date=datetime.now(UTC) + wait, id=_POLLS, replace_existing=True
        )

    async def _wake_polls(self) -> None:
        """Wake the polls; this is a coroutine for the same reason as `_wake_drains`."""
        self._poll_now.set()

    async def _run_drains(self, handlers: Handlers) -> None:
        while True:
            self._due.clear()
            following = await handlers.drain()
            wait = min(following - self._clock.now(), _LONGEST) if following else _LONGEST
            self._scheduler.add_job(
                self._wake_drains, "date", run_date=datetime.now(UTC) + wait, id=_ALARM, replace_existing=True
            )
            await self._due.wait()

    async def _wake_drains(self) -> None:
        """Wake the drains.

        APScheduler runs a plain function on a thread, where an Event must not be set, so this is a coroutine.
        """
        self.wake()

    async def _watch_changes(self, handlers: Handlers) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if await handlers.has_changed():
                self.wake()
