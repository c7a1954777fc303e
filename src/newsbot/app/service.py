"""Run newsbot's service (`newsbot run`), with the handlers that the engine calls."""

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from newsbot.app.container import App
from newsbot.app.desk import Desks
from newsbot.app.health_server import HealthServer
from newsbot.app.supervisor import (
    ClockMonitor,
    PartEnded,
    Supervisor,
    end_in_time,
    log_clock_difference,
    report_failed_parts,
    run_critical,
    stop_signal,
    synchronize,
)
from newsbot.errors import ComposeError, LedgerError, LedgerGone, ParseError
from newsbot.model import Post, PostState
from newsbot.newsroom.polling import Visit
from newsbot.newsroom.status import describe_restore
from newsbot.newsroom.stranded import find_stranded, say_stranded, say_stranded_sources
from newsbot.ports import ALL_ROLES, Amendment, Claim, Engine, PollRequest, ServiceRole
from newsbot.reasons import LedgerCode
from newsbot.tasks import compute_pause

__all__ = [
    "STOP_WITHIN",
    "expire_posts",
    "make_digests",
    "open_ledger",
    "recover_posts",
    "run",
    "settle_channels",
    "settle_late_posts",
    "tidy_ledger",
]

# Seconds that calls to platforms in progress get to end when the service stops. This is longer than the
# deadline of a channel's call, and within the 30 seconds that a stop of the service may take.
STOP_WITHIN = 27.0
# The time since the last poll of a source within which a service that starts does not poll it again.
_AT_START = timedelta(seconds=5)
_TIDY_EVERY = timedelta(seconds=1)
_LEDGER_AGAIN = timedelta(seconds=5)
# Seconds that calls to platforms in progress get to end after a component of the service has failed.
_FAILED_WITHIN = 20.0
# Seconds that calls to platforms in progress get to end if the database can no longer store their outcomes.
_GONE_WITHIN = 3.0
# The longest pause before a source is polled again after an unexpected failure.
_LONGEST_PAUSE = timedelta(minutes=5)
_FAILURES = 3  # The unexpected failures of `Service.drain` in a row after which the service ends.
_GONE_FOR = 10.0  # The seconds without a readable SQLite file after which the service ends.
# The seconds after which a call of the ledger counts as hanging; no call that works takes so long.
_HANGS_AFTER = 60.0
_CLOSED_WITHIN = 4.0  # Seconds until newsbot ends its process if the database can store nothing more.
_LOOK = 1.0  # Seconds between two checks of a condition about which no event informs newsbot.

log = structlog.get_logger(__name__)


class Service:
    """The handlers that the engine calls when it is time to poll sources, process articles or send posts.

    The class implements the port ``Handlers``.
    """

    # True if the process polls every source once at its start, even a source that is not due.
    _polls_at_start = True

    def __init__(
        self, app: App, engine: Engine, watch: ClockMonitor, roles: Collection[ServiceRole] = ALL_ROLES
    ) -> None:
        self._app = app
        self._roles = frozenset(roles)
        self._detector = app.detector
        self._intake = app.intake(engine.wake)
        self.sender = app.sender(settled=self._on_settled, leaving=self._record_lag)
        self.amender = app.amender(ended=self._on_amended)
        self.prober = app.prober(engine.wake)
        self.reconciler = app.reconciler(settled=self._on_settled)
        self._engine = engine
        self._watch = watch
        self._seen: set[str] = set()
        self._tidied: datetime | None = None
        self._reports = app.reports
        # The names of sources that have articles or changes of articles to be processed.
        self._unfinished: set[str] = set()
        # The names of sources whose articles could not be processed because the database failed.
        self._interrupted: set[str] = set()
        self._failures = 0  # How often in a row `drain`, which sends due posts, failed unexpectedly.
        self._warming: asyncio.Task[None] | None = None
        self._composing: asyncio.Task[None] | None = None

    async def poll(self, source: str) -> datetime:
        """Poll a source and store the articles that it has; return when to poll the source next."""
        part = f"polling {source}"
        try:
            visit = await self._visit_source(source)
        except Exception as error:  # noqa: BLE001  The failure of one source must not stop the polls of the others.
            return self._app.clock.now() + self._record_error(part, error)
        self._reports.report_success(part)
        if visit.unfinished:
            self._unfinished.add(source)
        return visit.next_poll_at

    async def process(self, source: str) -> None:
        """Update posts whose articles changed at the source, and queue posts of its new articles.

        If that fails, try again after a pause until it succeeds.
        """
        part = f"taking in {source}"
        while source in self._unfinished:
            try:
                await self._process(source)
            except Exception as error:  # noqa: BLE001  The failure of one source must not stop the others.
                if isinstance(error, LedgerError):
                    self._interrupted.add(source)
                self._unfinished.add(source)
                await asyncio.sleep(self._record_error(part, error).total_seconds())
            else:
                self._reports.report_success(part)

    async def _process(self, source: str) -> None:
        if source in self._interrupted:
            release = self._app.ledger.articles.release_source
            await self._app.on_ledger(release, source, now=self._app.clock.now())
            self._interrupted.discard(source)
            # The engine is woken here, because an earlier, failed call of this method may have queued posts
            # without waking it.
            self._engine.wake()
        self._unfinished.discard(source)
        if await self._app.changes.process_changes(source):
            self._engine.wake()
        await self._intake.process_items(source)

    async def _visit_source(self, source: str) -> Visit:
        """Poll a source and return the result of the poll.

        Before the first poll of any source since the start of the service, compose again all articles on
        which a template failed earlier.
        """
        first = self._polls_at_start and source not in self._seen
        if first and ServiceRole.WORK in self._roles:
            await self._recompose_once()
        request = PollRequest(source, _AT_START if first else None, eager=first)
        visit = await self._detector.visit(request)
        self._seen.add(source)
        if visit.result and visit.result.soon and ServiceRole.WORK in self._roles:
            self._warm_workers()
        if visit.result and self._app.metrics:
            self._app.metrics.count_poll(source, ok=visit.result.error is None)
        return visit

    async def find_work(self) -> Collection[str]:
        """Return the sources of which articles or changes wait to be processed; [] if the database fails."""
        part = "looking for articles to process"
        try:
            await self._recompose_once()
            names = await self._app.on_ledger(
                self._app.ledger.sources.list_unfinished_sources, list(self._app.config.sources)
            )
        except Exception as error:  # noqa: BLE001  The engine asks again after a pause.
            self._record_error(part, error)
            return []
        self._reports.report_success(part)
        self._unfinished.update(names)
        return names

    async def _recompose_once(self) -> None:
        """Compose again all articles on which a template failed, once in the life of this process."""
        if self._composing is None or (self._composing.done() and self._composing.exception()):
            recompose = self._intake.recompose_failed(self._app.config.sources)
            self._composing = asyncio.create_task(recompose)
        await asyncio.shield(self._composing)

    def _record_error(self, part: str, error: Exception) -> timedelta:
        """Record that ``part`` failed, and return the pause before it is tried again.

        The pause doubles with each failure in a row, except while the database can't be used.
        """
        if isinstance(error, LedgerError):
            self._reports.waits(part, error)
            return _LEDGER_AGAIN
        self._reports.report_failure(part, error)
        times = next(each.times for each in self._reports.failed_parts if each.name == part)
        return compute_pause(_LEDGER_AGAIN, _LONGEST_PAUSE, times - 1)

    def _warm_workers(self) -> None:
        """Start the worker processes in the background, so that reading a coming article takes less time."""

        async def warm_reader() -> None:
            # The error of a worker process that can't start is ignored here, because it is raised again when
            # an article is read.
            with suppress(ParseError):
                await self._app.article_reader.start_worker()

        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(warm_reader())

    def start_delivery(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return the coroutines, by the parts' names, without which this service can't send posts."""
        return {"the sender": self.sender.watch(), "the reconciler": self.reconciler.run()}

    async def drain(self) -> datetime | None:
        """Send the due posts and do all other due work; return when to do more, or None for never.

        The third unexpected failure in a row is raised. After any other failure, the returned time is five
        seconds from now.
        """
        part = "looking for what is due"
        try:
            following = await self._drain()
        except Exception as error:
            self._failures += not isinstance(error, LedgerError)
            if self._failures >= _FAILURES:
                raise
            self._record_error(part, error)
            return self._app.clock.now() + _LEDGER_AGAIN
        self._failures = 0
        self._reports.report_success(part)
        return following

    async def _drain(self) -> datetime | None:
        now = self._app.clock.now()
        # At most once a second, posts that waited too long are expired, posts that a dead process was sending
        # are recovered (become unknown, or wait to be sent again), and late posts and digests are planned.
        is_tidy = self._tidied is not None and abs(now - self._tidied) < _TIDY_EVERY
        if not is_tidy:
            self._tidied = now
            await self._prepare_posts()
        # Due posts are sent before other posts are expired or recovered from a dead process, so that they
        # need not wait for that.
        due = await self.sender.drain()
        if not is_tidy and await self._tidy():
            # A post that was recovered from a dead process no longer blocks its channel, so the engine has to
            # look for due posts again.
            self._engine.wake()
        amended, probed = await self.amender.drain(), await self.prober.drain()
        tidied = self._tidied + _TIDY_EVERY if self._tidied and is_tidy else None
        times = (due, tidied, amended, probed, self._app.regulars.get_next_due_time())
        return min((at for at in times if at), default=None)

    async def _prepare_posts(self) -> None:
        """Give new times to the posts that missed their time slot, and make the due digests (lists of
        articles).
        """
        await settle_late_posts(self._app)
        await make_digests(self._app)

    async def _tidy(self) -> list[Post]:
        """Expire posts that waited too long, and return those that a dead process was sending, with their new
        states.
        """
        return await tidy_ledger(self._app)

    def _on_settled(self, post: Post) -> None:
        """Wake the engine if the post will be retried, or the reconciler (which searches the platform for the
        post) if the post's outcome is unknown.
        """
        if self._app.metrics:
            self._app.metrics.count_ended_call(post.channel, post.state)
        if post.state is PostState.RETRYING:
            self._engine.wake()
        elif post.state is PostState.UNKNOWN:
            self.reconciler.wake()

    def _on_amended(self, amendment: Amendment) -> None:
        """Wake the engine if the edit or deletion ``amendment`` will be tried again, because the last call of
        `drain` did not know of it.
        """
        if amendment.state == "due":
            self._engine.wake()

    def _record_lag(self, claim: Claim) -> None:
        """Record in the metrics how many seconds late the first message of a post is sent."""
        if self._app.metrics and claim.part == 0:
            lag = self._app.clock.now() - claim.post.due_at
            self._app.metrics.record_lag(lag.total_seconds())

    async def has_changed(self) -> bool:
        """Return whether another process has changed the database since the last call of this method.

        Raises:
            LedgerGone: the database's file has been missing for ten seconds, or is damaged.
        """
        if gone := self._reports.find_gone(_GONE_FOR):
            raise gone
        try:
            changed = await self._app.on_ledger(self._app.ledger.has_changed)
        except LedgerError as error:
            self._reports.waits("listening to the database", error)
        else:
            self._reports.report_success("listening to the database")
            return changed
        finally:
            self._watch.record_answer()
        return False

    async def stop(self, within: float, *, status: int = 0) -> None:
        """Wait up to ``within`` seconds for the calls to platforms in progress, and store their outcomes.

        Meanwhile the desk (the editors' chat) and the web pages run on. If the database can't be used, give
        up and let the process end.
        """
        await self.prober.stop()
        stops = asyncio.gather(self.sender.stop(within), self.amender.stop(within))
        began = asyncio.get_running_loop().time()
        while not stops.done():
            await asyncio.wait([stops], timeout=_LOOK)
            passed = asyncio.get_running_loop().time() - began
            is_late = passed > min(within, _FAILED_WITHIN) and not stops.done()
            if is_late and self._reports.seconds_away:
                log.warning("what was in flight can't be stored now: the next start settles it")
                end_in_time(status, within=_CLOSED_WITHIN)
                stops.cancel()
                await asyncio.gather(stops, return_exceptions=True)
                break
        else:
            await stops


async def run(app: App, roles: Collection[ServiceRole] = ALL_ROLES) -> None:
    """Run the service until SIGTERM or SIGINT; then wait for the calls that are sending posts, and store the
    outcomes of these posts.

    This process does only the work of ``roles``. Other processes on the same ledger may do the other work.

    Raises:
        PartEnded: a component failed without which the service can't work; the outcomes of the posts
            that were being sent are stored all the same.
    """
    ledger = app.ledger
    await open_ledger(app, roles)
    log_clock_difference(app.clock)
    for line in describe_restore(ledger.alerts, app.clock.now(), app.config.timezone):
        log.error(line)
    # Posts that a dead process was sending are recovered before the channels are checked, because newsbot
    # then moves these posts to a renamed channel's new name too.
    await app.on_ledger(recover_posts, app)
    for line in await app.on_ledger(settle_channels, app):
        log.warning("stranded", what=line)
    stop = stop_signal()
    engine = app.engine(roles)
    watch = ClockMonitor(app.clock, ledger, app.on_ledger, handle_clock_jump=engine.handle_clock_jump)
    desks = Desks(app, woken=engine.wake)
    pages = HealthServer(app, watch, desks.hooks())
    if ServiceRole.WEB in roles:
        await pages.open()
    kind: type[Service] = Service
    if app.config.engine == "cluster":
        from newsbot.app.cluster_service import ClusterService

        kind = ClusterService
    service = kind(app, engine, watch, roles)
    supervisor = Supervisor(app.reports)
    supervisor.start("the watch over the clock", watch.run)
    supervisor.start(
        "telling what does not work",
        lambda: report_failed_parts(app.reports, app.ledger, app.on_ledger, app.clock),
    )
    if ServiceRole.WORK in roles:
        supervisor.start("the checks of pages", app.preflight.run)
    if app.config.web and ServiceRole.WEB in roles:
        supervisor.start("the web pages", pages.run)
    if desks.is_wanted and ServiceRole.DESK in roles:
        supervisor.start("the desk", desks.run)
    part = {} if set(roles) == ALL_ROLES else {"roles": sorted(roles)}
    log.info("ready", sources=list(app.config.sources), channels=list(app.config.channels), **part)
    critical: dict[str, Coroutine[Any, Any, None]] = {
        "the database": _watch_thread(app),
        "the engine": engine.run(app.config.sources, service, stop),
    }
    if ServiceRole.SEND in roles:
        critical |= service.start_delivery()
    try:
        await run_critical(critical, stop, app.reports, failed=lambda: end_in_time(1))
        log.info("stopping: no new work")
        await service.stop(STOP_WITHIN)
    except PartEnded as ended:
        is_gone = isinstance(ended.__cause__, LedgerGone)
        await service.stop(_GONE_WITHIN if is_gone else _FAILED_WITHIN, status=1)
        raise
    finally:
        await supervisor.end()
    log.info("stopped")


async def open_ledger(app: App, roles: Collection[ServiceRole] = ALL_ROLES) -> None:
    """Upgrade the ledger's schema, set the clock to the database's time, and lock the service's instance."""
    app.ledger.prepare(upgrade=True)
    app.prepare_engine()
    await synchronize(app.clock, app.ledger, app.on_ledger)
    app.ledger.acquire_instance_lock(now=app.clock.now(), roles=roles)


async def _watch_thread(app: App) -> None:
    """Watch the thread on which the ledger's calls run, and raise an error if a call hangs, for example on a
    disk that does not answer.

    Raises:
        LedgerError: a call has taken a minute.
    """
    while app.on_ledger.busy < _HANGS_AFTER or app.ledger.is_marking_posts:  # noqa: ASYNC110  No event tells that a call hangs.
        await asyncio.sleep(_LOOK)
    raise LedgerError(LedgerCode.CALL_HANGS(name=app.printable_database_url, n=_HANGS_AFTER))


def settle_channels(app: App) -> list[str]:
    """Move posts to renamed channels, and let posts wait for an editor if no channel posts to their chat or
    account any more.

    Return lines about the posts that can't be sent and the articles that can't be read.
    """
    for each in app.ledger.channels.follow_renames(app.targets, now=app.clock.now()):
        log.warning("channel renamed", old=each.old, new=each.new, posts=[post.id for post in each.posts])
    app.ledger.channels.hold_stranded_posts(app.targets, now=app.clock.now())
    found = find_stranded(app.ledger.alerts, app.targets)
    return [*map(say_stranded, found), *say_stranded_sources(app.ledger.sources, app.config.sources)]


async def tidy_ledger(app: App) -> list[Post]:
    """Expire posts that waited too long, and recover the posts that a dead process was sending; return the
    recovered posts.
    """
    rescued = await app.on_ledger(recover_posts, app)
    await expire_posts(app)
    return rescued


def recover_posts(app: App) -> list[Post]:
    """Recover the posts whose process died during a call to a platform: a post that may have been sent
    becomes unknown, any other is sent again. Log these posts and return them.
    """
    rescued = app.ledger.delivery.recover_posts(now=app.clock.now())
    for post in rescued:
        log.warning("left in mid-call", post=post.id, channel=post.channel, state=str(post.state))
    return rescued


async def settle_late_posts(app: App) -> None:
    """Give new times to the posts that missed their slot (time to post), and log each of these posts."""
    if any(settings.schedule.slots for settings in app.config.channels.values()):
        for post in await app.on_ledger(app.composition.planner.replan_missed):
            why = str(post.reason)
            log.warning("past its slot", post=post.id, channel=post.channel, due=post.due_at, why=why)


async def make_digests(app: App) -> list[str]:
    """Make the digests (lists of articles) and repeats that are due; return [], or an error for people."""
    if not any(settings.digest or settings.evergreen for settings in app.config.channels.values()):
        return []
    try:
        for post in await app.on_ledger(app.regulars.make):
            log.info(post.role, post=post.id, channel=post.channel, due=post.due_at, why=str(post.reason))
    except ComposeError as error:
        # The error is logged without a traceback, because it is a mistake in a template.
        log.error("not composed", error=str(error))  # noqa: TRY400
        return [str(error)]
    return []


async def expire_posts(app: App) -> None:
    """Expire the posts that waited longer than their channel allows, and count and log them."""
    expired = await app.on_ledger(app.ledger.posts.expire_posts, now=app.clock.now())
    if app.metrics:
        for post in expired:
            app.metrics.count_ended_call(post.channel, post.state)
    if expired:
        log.warning("too old to send", posts=len(expired), ids=[post.id for post in expired[:20]])
