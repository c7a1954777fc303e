"""The service's handlers for the engine `cluster`, which shares the work between processes by jobs."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from newsbot.app.container import App
from newsbot.app.service import Service
from newsbot.app.supervisor import ClockMonitor
from newsbot.errors import LedgerError
from newsbot.ports import DueWork, Engine, Job, ServiceRole

__all__ = ["ClusterService"]

T = TypeVar("T")

# The time before a post is due at which the job to send the channel's next post is stored.
_JOB_AHEAD = timedelta(seconds=1)
# The most polls of sources for which the timer stores jobs at a time.
_MOST_POLLS = 500
# The timer (the process that stores jobs) searches the ledger for due work for which no transaction stored a
# job. The numbers are the least seconds between two such searches, and between two searches for sources whose
# polls wait too long because the clock was set back.
_SEARCH_EVERY, _CHECK_CLOCK_EVERY = 1.0, 30.0
# The tasks of the jobs that are found only by the timer's search for due work for which no transaction stored
# a job.
_SEARCHED = frozenset({"work", "amend", "reconcile"})
_FAILURES = 3  # After this many unexpected failures in a row of one of its handlers, the service ends.


class ClusterService(Service):
    """The handlers that the engine `cluster` calls; the class implements the port ``ClusterHandlers``."""

    # A process that starts does not poll every source once, because other processes may have polled the
    # sources just now.
    _polls_at_start = False

    def __init__(self, app: App, engine: Engine, watch: ClockMonitor, roles: Collection[ServiceRole]) -> None:
        super().__init__(app, engine, watch, roles)
        # The names of the sources that, as far as this process knows, may never have been polled.
        self._unpolled = set(app.config.sources)
        # The names of sources that are in the ledger, but not in config.yaml, so that their polls are left
        # out.
        self._strangers: set[str] = set()
        # The monotonic times of the timer's next two searches: for due work without a job, and for sources
        # whose polls wait too long because the clock was set back.
        self._search_at = self._check_clock_at = 0.0
        # The number of unexpected failures in a row, by the part of the service.
        self._in_a_row: Counter[str] = Counter()

    def start_delivery(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the coroutine of the sender (the component that sends posts). The reconciler, which searches
        platforms for posts of unknown outcome, needs none, because its searches run as jobs.
        """
        return {"the sender": self.sender.watch()}

    async def stop(self, within: float, *, status: int = 0) -> None:
        """Cancel the searches on platforms; wait for the calls that are in progress."""
        await self.reconciler.stop()
        await super().stop(within, status=status)

    async def process_some(self, source: str) -> None:
        """Process the changes of the source's articles that wait, and the next few articles that wait."""
        part, is_done = f"taking in {source}", False
        try:
            await self._recompose_once()
            if await self._app.changes.process_changes(source):
                self._engine.wake()
            await self._intake.process_next_items(source)
            self._reports.report_success(part)
            is_done = True
        except Exception as error:  # noqa: BLE001  The articles stay in the ledger, so that another job comes.
            await asyncio.sleep(self._record_error(part, error).total_seconds())
        finally:
            if not is_done:
                self._interrupted.add(source)

    async def maintain_process(self) -> None:
        """Fetch the photos of coming posts, and release what this process claimed but could not finish."""
        if ServiceRole.SEND in self._roles:
            await self._guard("fetching photos", self.sender.prefetch_photos)
        if self._interrupted or self._detector.unstored:
            with suppress(LedgerError):
                await self._app.on_ledger(self._release_claims)

    def _release_claims(self) -> None:
        """Release the polls and articles that this process claimed but could not finish because the database
        failed.
        """
        ledger, now = self._app.ledger, self._app.clock.now()
        for source in tuple(self._interrupted):
            ledger.articles.release_source(source, now=now)
            self._interrupted.discard(source)
        polled = tuple(self._detector.unstored)
        ledger.sources.release_polls(polled)
        self._detector.unstored.difference_update(polled)

    async def send(self, channel: str, due: datetime | None) -> None:
        """Start to send the channel's due posts, of which the first may be due only at ``due``."""
        try:
            await self.sender.send_channel(channel, due)
        # Nothing has to be done again here, because the channel's post stays due, and the engine's timer
        # stores another job to send it.
        except LedgerError as error:
            self._reports.waits("sending", error)

    async def amend(self, channel: str) -> None:
        """Start to make the due edits and deletions of messages on the channel."""
        self.amender.start(channel)

    async def reconcile(self, channel: str) -> None:
        """Start the due searches on the channel's platform for posts of unknown outcome."""
        await self._guard("looking for unknowns", lambda: self.reconciler.start_search(channel))

    async def maintain_ledger(self) -> None:
        """Do all due work that concerns the ledger as a whole: checks of paused channels, digests of
        articles, expiry of posts.
        """
        await self._guard("looking for what is due", self._tend)

    async def _tend(self) -> None:
        await self._prepare_posts()
        await self._tidy()
        await self.amender.settle()
        await self.prober.drain()

    async def find_due_work(self) -> DueWork:
        """Return the jobs for everything that the ledger says is due; none if the database fails."""
        return await self._guard("planning work", self._plan) or DueWork(())

    async def _plan(self) -> DueWork:
        """Return the jobs for due polls and posts and, about once a second, for all other due work too.

        The other work is searched for seldom, because the ledger's transactions store its jobs, except those
        for repetitions and for work that a process left when it ended.
        """
        if is_search := monotonic() >= self._search_at:
            self._search_at = monotonic() + _SEARCH_EVERY
        due = await self._app.on_ledger(self._find_due_work, is_search=is_search)
        if not is_search:
            return due
        looks = [Job("reconcile", name) for name in await self.reconciler.list_due_channels()]
        return DueWork((*due.jobs, *looks), due.next_at)

    async def hold_lease(self, name: str, length: timedelta) -> bool:
        """Request the lease ``name``, a right that one process has at a time; return whether this process has
        the lease now.
        """
        return self._app.ledger.instances.hold(name, length)

    async def release_lease(self, name: str) -> None:
        """Give up the lease ``name``; if the database fails, the lease ends by itself."""
        self._app.ledger.instances.release(name)

    async def _guard(self, part: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """Await ``work`` and return its result; if it fails, report the failure of ``part`` and return None.

        The third unexpected failure of one part in a row is raised.
        """
        try:
            result = await work()
        except Exception as error:
            self._in_a_row[part] += not isinstance(error, LedgerError)
            if self._in_a_row[part] >= _FAILURES:
                raise
            self._record_error(part, error)
            return None
        self._in_a_row[part] = 0
        self._reports.report_success(part)
        return result

    def _find_due_work(self, *, is_search: bool) -> DueWork:
        """Return the jobs for what is due, and when more may be due.

        A channel's job is stored a moment before its post is due, because it takes a worker time to get it.
        """
        ledger, now = self._app.ledger, self._app.clock.now()
        polls, next_poll = self._find_due_polls(now, is_search=is_search)
        due = ledger.delivery.list_due_channels(now=now)
        times = ledger.delivery.list_next_due_times(after=now)
        soon = {name: at for name, at in times.items() if at <= now + _JOB_AHEAD and name not in due}
        breaking = ledger.due_work.list_breaking_channels(until=now + _JOB_AHEAD) if due or soon else ()
        jobs = [
            *(Job("poll", name, due=at) for name, at in polls.items()),
            *(Job("drain", name, priority=int(name in breaking)) for name in due),
            *(Job("drain", name, priority=int(name in breaking), due=at) for name, at in soon.items()),
        ]
        if is_search:
            waiting = ledger.due_work.list_waiting_sources(now=now)
            jobs += [Job("work", name) for name in waiting if name in self._app.config.sources]
            jobs += [Job("amend", name) for name in ledger.actions.list_amendable_channels(now=now)]
        later = [at - _JOB_AHEAD for name, at in times.items() if name not in soon and at > now + _JOB_AHEAD]
        following = min([*later, *([next_poll] if next_poll else [])], default=None)
        return DueWork(tuple(jobs), following, frozenset() if is_search else _SEARCHED)

    def _find_due_polls(
        self, now: datetime, *, is_search: bool
    ) -> tuple[dict[str, datetime | None], datetime | None]:
        """Return the due times of the sources that are due to be polled, and when the next one is due."""
        due_work, names = self._app.ledger.due_work, self._app.config.sources
        if self._unpolled:
            self._unpolled = due_work.filter_unpolled_sources(self._unpolled)
        ahead = list[str]()
        if monotonic() >= self._check_clock_at:
            self._check_clock_at = monotonic() + _CHECK_CLOCK_EVERY
            ahead = due_work.list_sources_polled_ahead(now=now)
        while True:
            due, following = due_work.list_due_sources(
                now=now, most=_MOST_POLLS, without=self._strangers, held=is_search
            )
            if not (strangers := due.keys() - names.keys()):
                break
            self._strangers |= strangers
        first: dict[str, datetime | None] = dict.fromkeys(sorted(self._unpolled)[:_MOST_POLLS])
        return first | due | {name: None for name in ahead if name in names}, following
