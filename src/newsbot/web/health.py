"""Collect the data of the health and metrics pages, over a database connection of their own.

The server answers a request for a page within two seconds whatever the database does; a database that takes
longer is reported as a problem. Results of queries are cached for some seconds, so that frequent requests
don't load the database.

newsbot counts for Prometheus what this process does, as it happens. Before each scrape (request by
Prometheus), it reads the numbers of waiting posts, the spent budgets and the state of all services from the
ledger: these are the same whichever service is asked, so a sum over services would count them twice. Names
and labels must not change, because dashboards and alerts of users depend on them.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from newsbot.errors import LedgerError
from newsbot.model import SENDER, WAITING, PostState
from newsbot.newsroom.status import AccountBudget, list_account_budgets
from newsbot.ports import ChannelState, Clock, LedgerRunner
from newsbot.ports.alerts import RunningService

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["CONTENT_TYPE", "Facts", "Health", "Metrics"]


CONTENT_TYPE = CONTENT_TYPE_LATEST

_OUTCOMES = ("sent", "retrying", "failed", "unknown", "cancelled")
_RESULTS = ("ok", "failed")
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """The numbers that newsbot reads from the ledger when Prometheus requests the metrics once.

    ``posts`` are the numbers of posts by channel and state, and ``budgets`` the spending of each account.
    ``services`` are those that run, ``leases`` the holders of leases by name, and ``jobs`` the numbers of the
    engine's jobs by queue and status. ``late`` are the seconds since the oldest post of each channel was due,
    and ``late_poll`` those since the first source was due.
    """

    posts: Mapping[tuple[str, PostState], int]
    channels: tuple[ChannelState, ...]
    budgets: Sequence[AccountBudget]
    services: Sequence[RunningService]
    leases: Mapping[str, str]
    jobs: Mapping[tuple[str, str], int]
    late: Mapping[str, float]
    late_poll: float


class Metrics:
    """The Prometheus metrics of one service. Every time series exists from the service's start, with the
    value 0.
    """

    def __init__(self, sources: Collection[str], channels: Collection[str]) -> None:
        self._registry = CollectorRegistry()
        self._posts = Counter(
            "newsbot_posts",
            "Calls for posts that ended, and posts that were too old to send, by what the post is then.",
            ("channel", "outcome"),
            registry=self._registry,
        )
        self._lag = Histogram(
            "newsbot_post_lag_seconds",
            "From a post's due time to the moment its first call leaves.",
            buckets=_LAGS,
            registry=self._registry,
        )
        self._polls = Counter(
            "newsbot_polls",
            "Polls of sources, by whether they gave an answer that could be used.",
            ("source", "result"),
            registry=self._registry,
        )
        self._depth = self._make_gauge("queue_depth", "Posts that are not over.", "channel", "state")
        self._budget = self._make_gauge(
            "budget_usd", "Reserved and spent this calendar month (UTC).", "channel"
        )
        self._limit = self._make_gauge("budget_limit_usd", "What the account may cost in a month.", "channel")
        self._paused = self._make_gauge("channel_paused", "1 where the channel is paused.", "channel")
        self._instances = self._make_gauge("ledger_instances", "Running services.", "version", "role")
        self._leases = self._make_gauge("ledger_lease", "1 for the holder of a lease.", "lease", "holder")
        self._jobs = self._make_gauge("ledger_jobs", "Jobs of the engine.", "queue", "status")
        self._late = self._make_gauge(
            "ledger_post_overdue_seconds", "Since the oldest post that waits was due.", "channel"
        )
        self._late_poll = self._make_gauge("ledger_poll_overdue_seconds", "Since the first source was due.")
        for channel in channels:
            for outcome in _OUTCOMES:
                self._posts.labels(channel, outcome)
        for source in sources:
            for result in _RESULTS:
                self._polls.labels(source, result)

    def _make_gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"newsbot_{name}", what, labels, registry=self._registry)

    def count_ended_call(self, channel: str, state: PostState) -> None:
        """Count in the metrics that a call to a platform for a post ended, or that a post expired; ``state``
        is the post's new state.
        """
        self._posts.labels(channel, str(state)).inc()

    def record_lag(self, lag: float) -> None:
        """Record that newsbot began the first call for a post ``lag`` seconds after the post was due."""
        self._lag.observe(max(0.0, lag))

    def count_poll(self, source: str, *, ok: bool) -> None:
        """Count a poll of a source in the metrics; ``ok`` says whether the source gave a usable response."""
        self._polls.labels(source, "ok" if ok else "failed").inc()

    def update_from_ledger(self, channels: Collection[str], counts: LedgerCounts) -> None:
        """Set the metrics of waiting posts, paused channels and spent budgets.

        Channels that config.yaml no longer has are included if they have waiting posts.
        """
        for name in {*channels, *(name for name, state in counts.posts if state in WAITING)}:
            for state in WAITING:
                self._depth.labels(name, str(state)).set(counts.posts.get((name, state), 0))
        for one in counts.channels:
            self._paused.labels(one.name).set(one.state == "paused")
        for budget in counts.budgets:
            self._budget.labels(budget.name).set(float(budget.spent))
            self._limit.labels(budget.name).set(float(budget.limit))
        self._update_services(counts)
        for name in channels:
            self._late.labels(name).set(counts.late.get(name, 0.0))
        self._late_poll.set(counts.late_poll)

    def _update_services(self, counts: LedgerCounts) -> None:
        """Set the metrics of running services, of leases (rights that one service has at a time) and of the
        engine's jobs; delete the time series of those that are gone.
        """
        for gauge in (self._instances, self._leases, self._jobs):
            gauge.clear()
        for service in counts.services:
            for role in service.roles:
                self._instances.labels(service.version, role).inc()
        for lease, holder in counts.leases.items():
            self._leases.labels(lease, holder).set(1)
        for (queue, status), count in counts.jobs.items():
            self._jobs.labels(queue, status).set(count)

    def page(self) -> bytes:
        """Return all metrics as a text in the format of Prometheus."""
        return generate_latest(self._registry)


T = TypeVar("T")

# A query for the posts and polls that are due needs the start of a period; this start is earlier than any
# due time.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 100  # The most sources due to be polled that one query reads.
_PATIENCE = 1.5  # The most seconds that a health page waits for the result of a database query.
_FRESH = 1.0  # Seconds for which the health server caches the states of the channels.
_COUNTED = 5.0  # Seconds for which the health server caches the numbers that it read from the database.
# If the thread of the ledger's calls has not answered for this many seconds, the page /readyz reports that
# the service waits for its database.
_SILENT = 5.0
# If the thread of the ledger's calls has not answered for this many seconds, the page /healthz reports a
# problem, because even a wait for a locked database does not take as long.
_DEAD = 120.0


@dataclass(frozen=True, slots=True)
class Facts:
    """Functions that return facts about the health of the running service which are not in the ledger, for
    the health pages.

    ``clock_trouble`` returns a line about a problem of the clock, or None. ``silent`` returns the seconds
    since the thread of the ledger's calls last answered. ``failed_parts`` returns a line for each component
    of the service that fails at present.
    """

    clock_trouble: Callable[[], str | None]
    silent: Callable[[], float]
    failed_parts: Callable[[], list[str]] = list


@dataclass(eq=False, repr=False)
class Health:
    """The component of a service that collects the data of its health pages.

    ``budgets`` maps the channels that have a budget to its limit in USD a month. ``fresh`` are the seconds
    for which the states of the channels are cached, and ``counted`` the seconds for which the numbers that
    are read from the database are cached.
    """

    ledger: "Ledger"
    on_ledger: LedgerRunner
    clock: Clock
    facts: Facts
    _: KW_ONLY
    sources: Collection[str]
    channels: Collection[str]
    budgets: Mapping[str, Decimal]
    fresh: float = _FRESH
    counted: float = _COUNTED

    def __post_init__(self) -> None:
        self._database = _CachedCall(lambda: self.on_ledger(self._read_channel_states), self.fresh)
        # The names of sources that are in the ledger, but not in config.yaml, so that their polls are left
        # out.
        self._strangers: set[str] = set()
        self._counts = _CachedCall(lambda: self.on_ledger(self._read_counts), self.counted)

    def list_process_problems(self) -> list[str]:
        """Return the problems of the service's process, as lines of text, for the page /healthz; [] if the
        ledger's thread works.
        """
        silent = self.facts.silent()
        return [f"the ledger's thread has not answered for {silent:.0f} s"] if silent > _DEAD else []

    async def list_problems(self) -> list[str]:
        """Return the reasons why the service can't do all of its work now, each as a line of text; [] if it
        can.
        """
        reasons = []
        try:
            states = await self._database()
        except LedgerError as error:
            reasons.append(str(error))
        except TimeoutError:
            reasons.append("the database does not answer, or another process holds it locked")
        else:
            # A paused channel is a problem of the service only if newsbot itself has paused it, because of
            # its platform's responses. A channel that a person paused is none.
            paused = (one for one in states if one.state == "paused" and one.paused_by == SENDER)
            reasons += [f"channel {one.name} is paused: {one.reason}" for one in paused]
            if (silent := self.facts.silent()) > _SILENT:
                reasons.append(f"the service has waited for its database for {silent:.0f} s")
        if trouble := self.facts.clock_trouble():
            reasons.append(trouble)
        return reasons + self.facts.failed_parts()

    async def update_metrics(self, metrics: Metrics) -> None:
        """Set those values of ``metrics`` that come from the ledger; if the ledger does not answer, change no
        value.
        """
        try:
            counts = await self._counts()
        except (LedgerError, TimeoutError):
            return
        metrics.update_from_ledger(self.channels, counts)

    def _read_channel_states(self) -> tuple[ChannelState, ...]:
        self.ledger.check()
        return self._list_channel_states()

    def _read_counts(self) -> LedgerCounts:
        now = self.clock.now()
        with self.ledger.view():
            # The time in the future makes count_posts count only the waiting posts, because it counts the
            # sent and failed posts only since that time.
            counts = self.ledger.channels.count_posts(since=now + timedelta(days=1))
            budgets = list_account_budgets(self.ledger.channels, self.budgets, now=now)
            due = self.ledger.delivery.list_next_due_times(after=_EVER)
            return LedgerCounts(
                counts,
                self._list_channel_states(),
                budgets,
                self.ledger.list_running_services(),
                self.ledger.list_lease_holders(now=now),
                self.ledger.count_jobs(),
                {name: max(0.0, (now - at).total_seconds()) for name, at in due.items()},
                self._find_late_poll(now),
            )

    def _find_late_poll(self, now: datetime) -> float:
        """Return the seconds since the first source of config.yaml was due to be polled; 0 if none is due."""
        while True:
            due, _ = self.ledger.due_work.list_due_sources(now=now, most=_MOST, without=self._strangers)
            for name, at in due.items():
                if name in self.sources and at is not None:
                    return (now - at).total_seconds()
            if not (strangers := due.keys() - set(self.sources)):
                return 0.0
            self._strangers |= strangers

    def _list_channel_states(self) -> tuple[ChannelState, ...]:
        """Return the states of the channels in config.yaml, in the order of the file."""
        known = self.ledger.channels.list_channels()
        return tuple(known.get(name, ChannelState(name)) for name in self.channels)


@dataclass(eq=False, repr=False)
class _CachedCall(Generic[T]):
    """An asynchronous function whose result is cached for ``fresh`` seconds; callers during one run all get
    that run's result.
    """

    ask: Callable[[], Coroutine[Any, Any, T]]
    fresh: float
    _asked: "asyncio.Task[T] | None" = None
    _until: float = 0.0

    async def __call__(self) -> T:
        """Return the cached result of the function or, if it is too old, call the function again and return
        its new result; raise its errors.

        Raises:
            TimeoutError: The function takes longer than 1.5 seconds.
        """
        if self._asked is None or (self._asked.done() and time.monotonic() > self._until):
            self._asked = asyncio.create_task(self.ask())
            self._asked.add_done_callback(self._consume_error)
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.shield(self._asked)

    def _consume_error(self, asked: asyncio.Task[T]) -> None:
        self._until = time.monotonic() + self.fresh
        if not asked.cancelled():
            # The exception of the failed call is read here, because asyncio logs exceptions that nobody
            # reads.
            asked.exception()
