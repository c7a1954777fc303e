"""The engine for many processes on one PostgreSQL database: Procrastinate carries the work to them as jobs.

A job says only that there may be something to do for a source or a channel; the ledger decides what is done,
because it gives each piece of work to one process. So a job that is lost or runs twice changes nothing. Jobs
come from two places: the ledger stores a job in the transaction that queues a due post or stores a found
article, and one process at a time, the timer, stores a job for everything that the ledger says is due.

What is known of Procrastinate 3.10, and how this module avoids it:

- A queueing lock allows one job that no worker has begun and many that workers have begun. That is wanted: a
  job that is stored while another is being done is done after it.
- A lock (which newsbot does not use) of a job whose worker died would block all later jobs with that lock.
- Jobs of dead workers stay. The timer deletes them within seconds, and the ledger's due times bring new ones.
- Millions of finished jobs make a worker's start take minutes, so that each finished job is deleted.
- A notification that arrives while a worker looks for jobs is lost, so that workers also look several times a
  second.
"""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from newsbot.engines.job_queue import INSERT_JOBS, build_rows
from newsbot.engines.postgres import make_pool
from newsbot.ports import ALL_ROLES, Clock, ClusterHandlers, DueWork, Job, ServiceRole
from newsbot.tasks import compute_pause, wait_for_event

__all__ = ["ClusterEngine"]

# How many jobs of each role a process does at the same time. A job of the role `work` has up to four
# articles. A job to send only waits until its post is due, and then starts the task that sends the channel's
# posts.
_CONCURRENCY = {ServiceRole.POLL: 64, ServiceRole.WORK: 8, ServiceRole.SEND: 256}
_LOOK = 0.25  # The seconds between two checks whether another process has committed to the database.
# The seconds between two searches of a worker (the part that does jobs) for jobs, if no notification comes.
_LOOK_FOR_JOBS = 0.2
# The lease (a right that one process has at a time) by which a process is the timer, which stores jobs for
# what is due: its name, the seconds that it lasts, and the seconds until the process asks for it again.
_TIMER, _LEASE, _RENEW = "timer", 5.0, 1.0
# The least number of seconds between two times at which the timer (the process that stores jobs) reads from
# the ledger what is due, however many notices of commits arrive. The timer stores a post's job longer than
# that before the post is due, so the post is not late.
_LEAST = 0.1
# The seconds between two calls of the handler `maintain_process`, by which each process fetches photos early
# and gives up its claims on articles that it failed to process.
_KEEP_UP_EVERY = 1.0
# The seconds between two jobs for the work that concerns the ledger as a whole, such as the expiry of posts.
_TEND_EVERY = 1.0
# The seconds between two deletions of the jobs (notes that there is work) that workers had begun before they
# died.
_SWEEP_EVERY = 2.0
# The seconds between two heartbeats of a worker (the part that does jobs), and the seconds without a
# heartbeat after which a worker counts as dead.
_HEARTBEAT, _DEAD_AFTER = 2.0, 8.0
# A job (a note that there is work) for something that stays due is stored again after the first number of
# seconds, then after twice as long each time, up to the second number.
_REPEAT, _LONGEST_REPEAT = 2.0, 30.0
# The seconds after a failure until a worker (which does jobs) starts again, and until the timer (which stores
# jobs) continues.
_AGAIN = 1.0
# The seconds that running jobs (calls of the service's functions) get to end when the engine cancels them.
_STOP_WITHIN = 5.0
# The most connections to PostgreSQL by which the engine handles jobs (notes that there is work), besides one
# for each worker's notifications.
_POOL = 6
# This statement deletes the jobs (notes that there is work) that a dead worker had begun, that somebody
# cancelled, or that ended with an error.
_DELETE_DEAD_JOBS = """
    DELETE FROM procrastinate_jobs AS job
    WHERE job.status NOT IN ('todo', 'doing')
       OR job.status = 'doing' AND NOT EXISTS (
            SELECT 1 FROM procrastinate_workers AS worker
            WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - make_interval(secs => %s)
          )
"""
_DELETE_DEAD_WORKERS = (
    "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => %s)"
)

# The messages of the libraries are switched off, because they log each failed attempt to reach the database
# with a traceback; the engine itself logs one line about it.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
logging.getLogger("psycopg").setLevel(logging.CRITICAL)
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)

log = structlog.get_logger(__name__)


class ClusterEngine:
    """The engine that shares the work of one service between processes; it implements the port ``Engine``.

    This process does the jobs of ``roles``. ``database`` is the URL of the PostgreSQL database.
    """

    def __init__(self, database: str, clock: Clock, roles: Collection[ServiceRole] = ALL_ROLES) -> None:
        self._database = database
        self._clock = clock
        self._roles = [role for role in _CONCURRENCY if role in roles]
        self._due = asyncio.Event()
        self._is_timer = False
        # The times, by the monotonic clock, at which this process next asks to be the timer, stores the job
        # that expires posts and the like, and deletes jobs of dead workers.
        self._renew_at = self._tend_at = self._sweep_at = 0.0
        self._repeats = _Repeats()
        self._broken: asyncio.Future[None] | None = None
        self._is_stopping = False

    def wake(self) -> None:
        """Look for due work now, if this process is the timer (which stores jobs for what is due)."""
        self._due.set()

    def handle_clock_jump(self) -> None:
        """Store jobs (notes for the workers that there is work) for all due work now, because the clock
        jumped.
        """
        self._repeats.clear()
        self.wake()

    async def run(self, sources: Collection[str], handlers: ClusterHandlers, stop: asyncio.Event) -> None:  # noqa: ARG002  The port `Engine` has this parameter; here the timer asks the ledger which sources are due.
        """Do the jobs (notes that there is work) of this process's roles until ``stop`` is set; raise an
        error of the service's functions that do the work.

        Jobs that run then are cancelled: once this process has ended, other processes may do their work.
        """
        self._is_stopping = False
        broken = self._broken = asyncio.get_running_loop().create_future()
        pool = make_pool(self._database, _POOL)
        await pool.open()
        work = [self._watch_changes(handlers), self._run_timer(handlers, pool)]
        if self._roles:
            work += [self._run_workers(handlers, pool), self._keep_up(handlers)]
        tasks = [asyncio.create_task(each) for each in work]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*tasks, stopped, broken], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._is_stopping = True
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.wait(tasks, timeout=_STOP_WITHIN)
            if self._is_timer:
                await handlers.release_lease(_TIMER)
            with suppress(TimeoutError):
                await pool.close(timeout=1.0)
        ends = [task.exception() for task in tasks if task.done() and not task.cancelled()]
        if broken.done():
            ends.insert(0, broken.exception())
        for end in ends:
            if end is not None:
                raise end

    async def _watch_changes(self, handlers: ClusterHandlers) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if await handlers.has_changed():
                self.wake()

    async def _keep_up(self, handlers: ClusterHandlers) -> None:
        while True:
            await handlers.maintain_process()
            await asyncio.sleep(_KEEP_UP_EVERY)

    async def _run_workers(self, handlers: ClusterHandlers, pool: "AsyncConnectionPool[Any]") -> None:
        """Run the workers, and start them again whenever they fail, as they do if the database can't be
        reached.
        """
        failures = 0
        # The loop that restarts failed workers also checks whether the engine is stopping, because a
        # cancellation of this method may be lost: a task group that is cancelled while one of its tasks fails
        # raises only the task's error.
        while not self._is_stopping:
            began = monotonic()
            try:
                app = self._build_app(handlers)
                await app.open_async(pool)
                async with asyncio.TaskGroup() as group:
                    for role in self._roles:
                        group.create_task(_run_worker(app, role), name=f"worker {role}")
            except* (ConnectorException, psycopg.Error, PoolTimeout, _WorkerEnded) as failed:
                failures = failures + 1 if monotonic() - began < _LONGEST_REPEAT else 1
                _log_outage(failed.exceptions[0], is_news=failures == 1)
            await asyncio.sleep(compute_pause(_AGAIN, _DEAD_AFTER, failures - 1))

    def _build_app(self, handlers: ClusterHandlers) -> "procrastinate.App":
        app = procrastinate.App(connector=procrastinate.PsycopgConnector())
        app.job_manager = _JobManager(app.connector)

        @app.task(name="poll")
        async def poll(key: str, due: str | None = None) -> None:  # noqa: ARG001  The job has this value, but the ledger decides whether the source is due.
            await self._call(handlers.poll(key))

        @app.task(name="work")
        async def work(key: str) -> None:
            await self._call(handlers.process_some(key))

        @app.task(name="drain")
        async def drain(key: str, due: str | None = None) -> None:
            await self._call(handlers.send(key, datetime.fromisoformat(due) if due else None))

        @app.task(name="amend")
        async def amend(key: str) -> None:
            await self._call(handlers.amend(key))

        @app.task(name="reconcile")
        async def reconcile(key: str) -> None:
            await self._call(handlers.reconcile(key))

        @app.task(name="tend")
        async def maintain_ledger(key: str) -> None:  # noqa: ARG001  The key is always the same, because there is only one ledger.
            await self._call(handlers.maintain_ledger())

        return app

    async def _call(self, handler: Coroutine[Any, Any, Any]) -> None:
        """Call a function of the service that does the work of a job; let `run` raise the function's error.

        The error ends the engine, because a retry of the job could not help.
        """
        try:
            await handler
        except Exception as error:  # noqa: BLE001  The method `run` raises the error.
            if self._broken and not self._broken.done():
                self._broken.set_exception(error)

    async def _run_timer(self, handlers: ClusterHandlers, pool: "AsyncConnectionPool[Any]") -> None:
        """Store a job (a note for the workers that there is work) for everything that is due, and delete the
        jobs of dead workers, as long as no other process does so (is the timer).
        """
        is_away = False
        while True:
            self._due.clear()
            try:
                wait = await self._tick(handlers, pool)
                is_away = False
            except (psycopg.Error, PoolTimeout) as error:
                _log_outage(error, is_news=not is_away)
                is_away, wait = True, _AGAIN
            await asyncio.sleep(_LEAST)
            await wait_for_event(self._due, wait)

    async def _tick(self, handlers: ClusterHandlers, pool: "AsyncConnectionPool[Any]") -> float:
        """Store jobs (notes for the workers that there is work) for what is due now, if this process is the
        timer.

        Returns the seconds until this method has to be called again.
        """
        if monotonic() >= self._renew_at:
            self._renew_at = monotonic() + _RENEW
            self._is_timer = await handlers.hold_lease(_TIMER, timedelta(seconds=_LEASE))
        if not self._is_timer:
            return self._renew_at - monotonic()
        plan = await handlers.find_due_work()
        await _defer(pool, [*self._repeats.choose(plan), *self._list_regular_jobs()])
        if monotonic() >= self._sweep_at:
            self._sweep_at = monotonic() + _SWEEP_EVERY
            await _delete_dead_jobs(pool)
        wait = min(self._renew_at, self._tend_at) - monotonic()
        if plan.next_at is not None:
            wait = min(wait, (plan.next_at - self._clock.now()).total_seconds())
        return wait

    def _list_regular_jobs(self) -> list[Job]:
        if monotonic() < self._tend_at:
            return []
        self._tend_at = monotonic() + _TEND_EVERY
        return [Job("tend", "ledger")]


class _JobManager(JobManager):
    """The store of jobs of the library Procrastinate, changed so that the failed deletion of a finished job
    raises no error.

    The timer, which stores jobs for what is due, deletes that job later.
    """

    async def finish_job(self, *args: Any, **kwargs: Any) -> None:
        """Delete a job (a note that there is work) that is done; if the database fails, the timer deletes the
        job once its worker has ended.
        """
        try:
            await super().finish_job(*args, **kwargs)
        except ConnectorException as error:
            log.debug("a job that is done stays", error=str(error))


class _WorkerEnded(Exception):  # noqa: N818  The name says what happened, so it does not end in "Error".
    """The error that a worker (the part that does jobs) ended by itself, as it does if its PostgreSQL session
    for notifications fails.
    """


def _log_outage(error: BaseException, *, is_news: bool) -> None:
    """Log in one line why the engine can't handle its jobs, because of the database; the first line of an
    outage is a warning.
    """
    # The errors of the library Procrastinate say nothing more than that the database failed, so the text of
    # their cause is logged.
    words = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
    level = log.warning if is_news else log.debug
    level("the jobs wait for the database", error=words[0])


async def _run_worker(app: "procrastinate.App", role: ServiceRole) -> None:
    await app.run_worker_async(
        queues=[str(role)],
        name=f"newsbot-{role}",
        concurrency=_CONCURRENCY[role],
        delete_jobs="always",
        fetch_job_polling_interval=_LOOK_FOR_JOBS,
        install_signal_handlers=False,
        shutdown_graceful_timeout=0,
        update_heartbeat_interval=_HEARTBEAT,
        stalled_worker_timeout=_DEAD_AFTER,
    )
    raise _WorkerEnded("a worker has ended")


async def _defer(pool: "AsyncConnectionPool[Any]", jobs: Collection[Job]) -> None:
    if jobs:
        async with pool.connection() as connection:
            await connection.execute(INSERT_JOBS, build_rows(jobs))


async def _delete_dead_jobs(pool: "AsyncConnectionPool[Any]") -> None:
    """Delete the jobs (notes that there is work) that workers had begun before they died.

    No other worker gets them, because a waiting job may have the same lock. If their work is still due, the
    timer stores new jobs.
    """
    async with pool.connection() as connection:
        await connection.execute(_DELETE_DEAD_JOBS, (_DEAD_AFTER,))
        await connection.execute(_DELETE_DEAD_WORKERS, (_DEAD_AFTER,))


class _Repeats:
    """The record of the stored jobs, each with the time after which it is stored again if its work is still
    due.

    A job is stored again because a stored job may be lost, and because a channel may be due for hours without
    being allowed to send.
    """

    def __init__(self) -> None:
        # For each stored job, by the text that identifies its work (the job's lock): the due time, the
        # monotonic time at which to store the job again, and the pause after that.
        self._stored: dict[str, tuple[datetime | None, float, float]] = {}

    def choose(self, plan: DueWork) -> list[Job]:
        """Return those jobs (notes that there is work) for due work that have to be stored now, because they
        were not stored before or too long ago.
        """
        now, before = monotonic(), self._stored
        self._stored = {
            lock: stored for lock, stored in before.items() if lock.partition(":")[0] in plan.skipped
        }
        chosen = []
        for job in plan.jobs:
            due, at, pause = before.get(job.lock, (job.due, now, _REPEAT))
            if job.due is not None and job.due != due:
                due, at, pause = job.due, now, _REPEAT
            if at <= now:
                chosen.append(job)
                at, pause = now + pause, min(pause * 2, _LONGEST_REPEAT)
            self._stored[job.lock] = (due, at, pause)
        return chosen

    def clear(self) -> None:
        self._stored.clear()
