"""One machine: APScheduler keeps one wake-up at the next poll and one at the next due post.

Never a job per source or post and never a stored job: the ledger's due times are the truth, so a job that is
lost or comes twice changes nothing. APScheduler's own default drops a job that is a second late, hence
``misfire_grace_time=None`` (PLATFORMS: APScheduler 3.11, seen).

APScheduler has this machine's time, which may jump and need not be the Clock's: jobs are set by how far away
they are, and set anew after a jump.
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
_TICK = 0.05  # seconds from one wake-up for polls to the next: what comes due meanwhile goes together
_AT_A_TIME = 50  # polls begun before the loop has its turn
_LOOK = 0.25  # seconds between two looks for what another process committed
_SOONEST_POLL = timedelta(seconds=0.25)
_LONGEST = timedelta(seconds=30)  # a wake-up at the least this often: expiry, rescue, a clock that jumped


class LocalEngine:
    """The Engine port on this machine's clock; it serves SQLite and PostgreSQL."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._due = asyncio.Event()
        self._poll_now = asyncio.Event()
        self._times: list[tuple[float, str]] = []  # a heap of when, by the loop's clock, to poll which source
        self._polls: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] | None = None  # what a poll raised

    def wake(self) -> None:
        self._due.set()

    def handle_clock_jump(self) -> None:
        """The clock did: what was set by it is looked at now, and set anew."""
        self._times = [(0.0, name) for _, name in self._times]
        self._poll_now.set()
        self.wake()

    async def run(self, sources: Collection[str], handlers: Handlers, stop: asyncio.Event) -> None:
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
            again = await handlers.poll(name)
        except Exception as error:  # noqa: BLE001  `run` raises it
            if self._broken and not self._broken.done():
                self._broken.set_exception(error)
            return
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
        """A coroutine, as `_wake_drains`."""
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
        """A coroutine, as APScheduler would run anything else on a thread, where an Event must not be set."""
        self.wake()

    async def _watch_changes(self, handlers: Handlers) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if await handlers.changed():
                self.wake()
