"""The ports of the adapters: clock, sources, summarizers and channels."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from newsbot.model import Article, Item, Limits, Part, Receipt, Summary

__all__ = [
    "AmendmentCall",
    "Channel",
    "Clock",
    "Identity",
    "LocalSummarizer",
    "PageFetcher",
    "Poll",
    "PricedCall",
    "Rate",
    "ReadAllowance",
    "SearchResult",
    "SearchableSource",
    "Sighting",
    "SoughtPart",
    "Source",
    "Summarizer",
]

T = TypeVar("T")
_ROOM = 1.002  # This margin is below the slots', as `Rate.room` counts from the latest possible arrival.
AmendmentCall = Literal["edit", "delete"]
"""The calls that change a published message."""

PricedCall = Literal["edit", "delete", "read"]
"""The calls besides a post that may cost money."""


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


# ---------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit: at most ``count`` calls in any ``seconds``, shared by all that name the same ``key``.

    ``precise`` is for a platform that counts by the second: every slot near now is looked at, so that a free
    place before slots reserved far ahead is used, and a late call makes the next ones wait. Without it (a
    platform that counts by minutes) only the ``count``-th latest slot is looked at.
    """

    key: str
    count: int
    seconds: float
    precise: bool

    def room(self, arrivals: Iterable[float], now: float, *, ahead: int = 0) -> float:
        """Return the seconds until one more call may leave.

        ``arrivals`` are the latest times at which the calls before it may have arrived. ``ahead`` is the
        number of waiting calls that go before it under the same limit.
        """
        latest = sorted(arrivals)
        over = len(latest) + ahead - self.count
        if over < 0 or not latest:
            return 0.0
        return max(latest[min(over, len(latest) - 1)] + self.seconds * _ROOM - now, 0.0)


@dataclass(frozen=True, slots=True)
class Identity:
    """The account that newsbot uses on a platform (``name``), and the place it posts to (``place``)."""

    name: str
    place: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SoughtPart:
    """A part that may be out and is searched for.

    ``after`` is the receipt of the part before it in its thread.
    """

    part: Part
    after: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message on the platform with the same text as a sought part; ``at`` is when it was posted.

    The receipt's ``part`` is 0.
    """

    receipt: Receipt
    at: datetime


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a platform showed. ``seen[n]`` are the messages that match the n-th sought part, oldest first.

    ``at`` is the platform's own time, None where it gives none; the sightings' times are by that clock.
    ``whole``: nothing since the requested time or mark is missing, so a part that is not in the result is not
    out. ``near[n]`` are messages that might still be the part, if the platform changed it in a way that
    nobody foresaw: they prove neither that it is out nor that it is not. It is empty where ``whole`` never
    holds.
    """

    seen: tuple[tuple[Sighting, ...], ...]
    at: datetime | None
    whole: bool = False
    near: tuple[tuple[Sighting, ...], ...] = ()


@dataclass(slots=True)
class ReadAllowance:
    """The number of messages that a search may read, for which money is reserved.

    ``read`` is the most that it has read; ``ids`` are the known ones among them.
    """

    most: int
    read: int = 0
    ids: list[str] = field(default_factory=list)

    def take(self, wanted: int) -> int:
        """Reserve up to ``wanted`` messages, and return how many may be requested now."""
        taken = min(wanted, self.most - self.read)
        self.read += taken
        return taken

    def give_back(self, count: int) -> None:
        """Return the allowance for messages that did not exist or surely were not read."""
        self.read -= count


class PageFetcher(Protocol):
    """Fetches public pages within size and time limits, and parses them in a worker process."""

    async def __call__(
        self, url: str, parse: Callable[[bytes], T], *, guarded: bool
    ) -> tuple[T, datetime | None]:
        """Fetch a page, and return what ``parse`` makes of it and the site's own time.

        ``parse`` is a module-level function. ``guarded`` refuses private addresses, as everywhere; it is
        false only for a URL that the operator configured.

        Raises:
            SourceError: the page could not be fetched or parsed.
        """
        ...


class Channel(Protocol):
    """A place that posts go to. There is one instance per entry under ``channels``."""

    kind: str
    limits: Limits
    deadline: float
    """The seconds within which `send` returns or raises, whatever the platform does."""

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        """Return what the platform charges for all parts, in USD; None where it charges nothing."""
        ...

    def rates(self) -> tuple[Rate, ...]:
        """Return every rate limit that one call counts against."""
        ...

    async def open(self) -> None:
        """Prepare what the first call needs (imports, certificates, the id of a name), within seconds.

        It posts and raises nothing. It runs before claims, so that no reserved slot passes while it works.
        """
        ...

    def price_of(self, what: PricedCall) -> Decimal | None:
        """Return the price in USD of one edit, one delete or one message read; None where it is free."""
        ...

    def rates_of(self, what: AmendmentCall) -> tuple[Rate, ...]:
        """Return every rate limit that one edit or delete counts against.

        Where these calls share the limits of posts, they are those of `rates`.
        """
        ...

    async def send(self, part: Part, *, after: Receipt | None, silent: bool = False) -> Receipt:
        """Send one part, once.

        ``after`` is the receipt of the part before it in the thread, or of the post that it replies to.
        ``silent`` sends it without a notification sound, where the platform supports that. The receipt's
        ``part`` is 0; the caller numbers it.

        Raises:
            RateLimited, MediaRefused, ChannelRefused, NotSent: surely not sent.
            Refused: the platform will never accept this part.
            OutcomeUnknown: nothing proves either; every unexpected error counts as this.
        """
        ...

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        """Edit the message of ``receipt`` so that it reads as ``part`` does; its media stay as they are.

        The call is idempotent: it is a no-op if the message reads so already. Returns the receipt as it is
        now.

        Raises:
            RateLimited, ChannelRefused, NotSent: surely not edited.
            MessageGone: the message does not exist any more.
            TooLate, Refused: the platform will never accept this edit.
            OutcomeUnknown: nothing proves either; the call may be repeated.
        """
        ...

    async def delete(self, receipt: Receipt) -> None:
        """Delete the message of ``receipt``. The call is idempotent: it is a no-op if the message is gone.

        Raises:
            RateLimited, ChannelRefused, NotSent: surely not deleted.
            TooLate, Refused: the platform will never delete it.
            OutcomeUnknown: nothing proves either; the call may be repeated.
        """
        ...

    async def look(
        self,
        sought: Sequence[SoughtPart],
        *,
        since: datetime,
        mark: str | None,
        pages: PageFetcher,
        allowance: ReadAllowance,
    ) -> SearchResult | None:
        """Search the platform for parts whose calls began at ``since`` or later; sends nothing.

        ``mark`` is the remote id of the channel's last message before these calls, where there is one. Where
        reading costs money, it reads no more than ``allowance`` has, and records there how much it read or
        may have read. None means that this platform or this configuration allows no search.

        Raises:
            SendError, SourceError: it could not be read this time, which proves nothing.
        """
        ...

    def permalink(self, remote_id: str) -> str | None:
        """Return the public URL of a message of this channel; None where there is none. Never raises."""
        ...

    async def identify(self) -> Identity:
        """Return the account and the place, and check that it may post. For `check --online`; sends nothing.

        Raises:
            SendError: it may not post; the message says what to do about it.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
