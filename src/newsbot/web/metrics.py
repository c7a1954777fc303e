"""The service's metrics for Prometheus.

What this process does is counted as it happens; the waiting posts and the spent budget come from the ledger
before each scrape. Names and labels must not change: dashboards and alerts depend on them.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from newsbot.model import WAITING, PostState

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST

_OUTCOMES = ("sent", "retrying", "failed", "unknown", "cancelled")
_RESULTS = ("ok", "failed")
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """All metrics, in a registry of their own. Every time series exists from the start, with the value 0."""

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
        self._limit = self._make_gauge("budget_limit_usd", "What the channel may cost in a month.", "channel")
        self._paused = self._make_gauge("channel_paused", "1 where the channel is paused.", "channel")
        for channel in channels:
            for outcome in _OUTCOMES:
                self._posts.labels(channel, outcome)
        for source in sources:
            for result in _RESULTS:
                self._polls.labels(source, result)

    def _make_gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"newsbot_{name}", what, labels, registry=self._registry)

    # -- counted as it happens

    def ended(self, channel: str, state: PostState) -> None:
        """Count the end of a call for a post, or the post's expiry; ``state`` is the post's new state."""
        self._posts.labels(channel, str(state)).inc()

    def left(self, lag: float) -> None:
        """Record that a post's first call started ``lag`` seconds after the post was due."""
        self._lag.observe(max(0.0, lag))

    def polled(self, source: str, *, ok: bool) -> None:
        """Count a poll of a source; ``ok``: it gave a usable answer."""
        self._polls.labels(source, "ok" if ok else "failed").inc()

    # -- set before a scrape

    def queue(self, channels: Collection[str], counts: Mapping[tuple[str, PostState], int]) -> None:
        """Set the numbers of waiting posts by channel and state, even of channels not in config.yaml."""
        for name in {*channels, *(name for name, state in counts if state in WAITING)}:
            for state in WAITING:
                self._depth.labels(name, str(state)).set(counts.get((name, state), 0))

    def paused(self, name: str, *, paused: bool) -> None:
        """Set whether a channel is paused."""
        self._paused.labels(name).set(paused)

    def budget(self, name: str, spent: Decimal, limit: Decimal) -> None:
        """Set a channel's spending of this month and its limit, both in USD."""
        self._budget.labels(name).set(float(spent))
        self._limit.labels(name).set(float(limit))

    def page(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)
