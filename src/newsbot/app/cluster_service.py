"""The service's handlers for the engine `cluster`, which shares the work between processes by jobs."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

from newsbot.app.container import App
from newsbot.app.service import Service
from newsbot.app.supervisor import ClockMonitor
from newsbot.errors import LedgerError
from newsbot.ports import DueWork, Engine, Job, ServiceRole

__all__ = ["ClusterService"]

T = TypeVar("T")

# A job to send a channel's next post is stored this long before the post is due.
_JOB_AHEAD = timedelta(milliseconds=300)
_FAILURES = 3  # After this many unexpected failures in a row of one of its handlers, the service ends.


class ClusterService(Service):
    """The handlers that the engine `cluster` calls; the class implements the port ``ClusterHandlers``."""

    # A source is polled when it is due, whichever process polled it last.
    _polls_at_start = False

    def __init__(self, app: App, engine: Engine, watch: ClockMonitor, roles: Collection[ServiceRole]) -> None:
        super().__init__(app, engine, watch, roles)
        # The names of the sources whose articles this process processes now.
        self._processed: set[str] = set()
        # The number of unexpected failures in a row, by the part of the service.
        self._in_a_row: Counter[str] = Counter()

    async def process_waiting(self, source: str) -> None:
        """Process the waiting articles and changes of a source, unless this process does that already."""
        if source in self._processed:
            return
        self._processed.add(source)
        try:
            # If the database fails here, the next start of this process composes those articles again on
            # which a template failed.
            with suppress(LedgerError):
                await self._recompose_once()
            self._unfinished.add(source)
            await self.process(source)
        finally:
            self._processed.discard(source)

    async def send(self, channel: str, due: datetime | None) -> None:
        """Start to send the channel's due posts, of which the first may be due only at ``due``."""
        try:
            await self.sender.send_channel(channel, due)
        # The channel's post stays due, so the engine's timer stores another job to send it.
        except LedgerError as error:
            self._reports.waits("sending", error)

    async def tend(self) -> None:
        """Do all due work that concerns the ledger as a whole: edits, checks of paused channels, digests of
        articles, expiry of posts.
        """
        await self._guard("looking for what is due", self._tend)

    async def _tend(self) -> None:
        await self._prepare_posts()
        await self._tidy()
        await self.amender.drain()
        await self.prober.drain()

    async def find_due_work(self) -> DueWork:
        """Return the jobs for everything that is due by the ledger; none if the database fails."""
        found = await self._guard("planning work", lambda: self._app.on_ledger(_find_due_work, self._app))
        return found or DueWork(())

    async def hold_lease(self, name: str, length: timedelta) -> bool:
        """Take or prolong the lease ``name``, a right that only one process has; return whether this process
        has it.
        """
        hold = self._app.ledger.leases.hold
        return bool(await self._guard("taking turns", lambda: self._app.on_ledger(hold, name, length)))

    async def release_lease(self, name: str) -> None:
        """Give up the lease ``name``, a right that only one process has; if the database fails, it ends by
        itself.
        """
        with suppress(LedgerError):
            await self._app.on_ledger(self._app.ledger.leases.release, name)

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


def _find_due_work(app: App) -> DueWork:
    """Return the jobs for all polls, articles and channels that are due, and when more may be due.

    The job of a channel is stored a moment before its post is due, because some time passes until a worker
    has it.
    """
    now, names = app.clock.now(), list(app.config.sources)
    polls, next_poll = app.ledger.sources.list_due_sources(names, now=now)
    finds = app.ledger.sources.list_unfinished_sources(names)
    due = app.ledger.delivery.list_due_channels(now=now)
    times = app.ledger.delivery.list_next_due_times(after=now)
    soon = {name: at for name, at in times.items() if at <= now + _JOB_AHEAD and name not in due}
    jobs = (
        *(Job("poll", name, due=at) for name, at in polls.items()),
        *(Job("work", name) for name in finds),
        *(Job("drain", name) for name in due),
        *(Job("drain", name, due=at) for name, at in soon.items()),
    )
    later = [at - _JOB_AHEAD for name, at in times.items() if name not in soon and at > now + _JOB_AHEAD]
    return DueWork(jobs, min([*later, *([next_poll] if next_poll else [])], default=None))
