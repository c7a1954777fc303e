"""One machine: APScheduler keeps a timer per source and one wake-up at the next due post.

Never a job per post and never a stored job: the ledger's due times are the truth, so a job that is lost or
comes twice changes nothing. APScheduler's own default drops a job that is a second late, hence
``misfire_grace_time=None`` (PLATFORMS: APScheduler 3.11, seen).

APScheduler has this machine's time, which may jump and need not be the Clock's: jobs are set by how far away
they are, and set anew after a jump.
"""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from newsbot.ports import Clock, Handlers
from newsbot.scheduling.clock import SystemClock

__all__ = ["LocalEngine"]

_ALARM = "drain"
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

    def wake(self) -> None:
        self._due.set()

    def jumped(self) -> None:
        """The clock did: what was set by it is looked at now, and set anew."""
        for job in self._scheduler.get_jobs():
            if job.id != _ALARM:
                job.modify(next_run_time=datetime.now(UTC))
        self.wake()

    async def run(self, sources: Collection[str], handlers: Handlers, stop: asyncio.Event) -> None:
        self._scheduler.start()
        for name in sources:
            self._poll_in(timedelta(0), name, handlers)
        tasks = [asyncio.create_task(work) for work in (self._drains(handlers), self._looks(handlers))]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._scheduler.shutdown(wait=False)
            for task in (*tasks, stopped):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _poll_in(self, wait: timedelta, name: str, handlers: Handlers) -> None:
        self._scheduler.add_job(
            self._poll,
            "date",
            run_date=datetime.now(UTC) + wait,
            args=(name, handlers),
            id=f"poll {name}",
            replace_existing=True,
        )

    async def _poll(self, name: str, handlers: Handlers) -> None:
        try:
            again = await handlers.poll(name)
        except asyncio.CancelledError:
            return  # a stop, which APScheduler would log as an error of the job
        self._poll_in(max(again - self._clock.now(), _SOONEST_POLL), name, handlers)

    async def _drains(self, handlers: Handlers) -> None:
        while True:
            self._due.clear()
            following = await handlers.drain()
            wait = min(following - self._clock.now(), _LONGEST) if following else _LONGEST
            self._scheduler.add_job(
                self._alarm, "date", run_date=datetime.now(UTC) + wait, id=_ALARM, replace_existing=True
            )
            await self._due.wait()

    async def _alarm(self) -> None:
        """A coroutine, as APScheduler would run anything else on a thread, where an Event must not be set."""
        self.wake()

    async def _looks(self, handlers: Handlers) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if await handlers.changed():
                self.wake()
