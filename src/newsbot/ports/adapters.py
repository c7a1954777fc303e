"""The ports of the adapters: clock, sources and summarizers; those of channels are in `ports.channels`."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from newsbot.model import Article, Item, Summary

__all__ = ["Clock", "LocalSummarizer", "Poll", "SearchableSource", "Source", "Summarizer"]


class Clock(Protocol):
    """The time, so that tests can move it. Nothing else in newsbot reads the clock."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...


# ---------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True)
class Poll:
    """The result of one poll of a source.

    ``items`` are all items that the source lists now, newest first; it is empty where they are the same as in
    the poll that returned ``cursor``, and then ``unchanged`` is true where the site said so. ``cursor`` is
    the source's own state (JSON values only), stored with the items and handed to the next poll. ``wait`` is
    the least interval that the site asks for (cache rules), None where it says nothing. ``gone`` are guids
    that are not published any more, whether a poll gave them before or not; items that only dropped off a
    feed are not among them. ``past`` are guids, among ``items`` or not, that were published before the first
    poll of the source; with ``anew`` (the source is configured to read something else now) all items are.
    ``soon``: an item was published a moment ago and is incomplete, so the source is polled again at once.
    """

    items: tuple[Item, ...]
    cursor: dict[str, Any] = field(default_factory=dict)
    unchanged: bool = False
    wait: timedelta | None = None
    gone: tuple[str, ...] = ()
    past: frozenset[str] = frozenset()
    anew: bool = False
    soon: bool = False


class Source(Protocol):
    """A place that articles come from. There is one instance per entry under ``sources``.

    A source that keeps something open has ``async close()``. A source with diagnostics for `check --online`
    has ``async examine()``, which returns lines about what is fine and what needs fixing and raises
    SourceError. A source that can be asked for a single article is a `SearchableSource` too.
    """

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Poll the source once. ``cursor`` is what the last recorded poll returned, ``{}`` at first sight.

        Raises:
            SourceError: nothing usable this time; the message is one line for `status`.
        """
        ...


@runtime_checkable
class SearchableSource(Protocol):
    """A source that finds the article with a given address and returns it as a poll would."""

    def serves(self, url: str) -> bool:
        """Return whether an article with that address may come from this source; makes no request."""
        ...

    async def find(self, url: str) -> Item | None:
        """Return the article published at that address, or at the same path on the source's own site.

        The URL may name another host than the site does, so the caller compares the returned item's address
        with it.

        Raises:
            SourceError: nothing usable this time.
        """
        ...


# ---------------------------------------------------------------- summarizers


@runtime_checkable
class Summarizer(Protocol):
    """Writes or chooses the sentences that summarize an article, by a call that may cost time and money.

    ``name`` says what made an answer: the kind, its model and all settings that change its answers. A stored
    answer is used again for the same name and the same text.
    """

    name: str
    deadline: float
    """The seconds after which an answer comes too late; then the next summarizer in the line is asked."""

    async def summarize(self, article: Article) -> Summary:
        """Return all sentences that may be shown, ranked.

        Raises:
            SummarizerError: there is no answer; every unexpected error counts as this.
        """
        ...


class LocalSummarizer(Protocol):
    """Chooses the sentences that summarize an article, at once, for free, and asking nobody."""

    def summarize(self, article: Article) -> Summary:
        """Return all sentences that may be shown, ranked; empty where the article has none. Never raises."""
        ...
