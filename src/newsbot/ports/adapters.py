"""What the newsroom asks of the world: the time, sources, summarizers, channels."""

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
_ROOM = 1.002  # the latest arrival is counted from; the rest up to the slots' margin catches up
AmendmentCall = Literal["edit", "delete"]
"""What may be done to a message that is out."""

PricedCall = Literal["edit", "delete", "read"]
"""What may cost besides a post."""


class Clock(Protocol):
    """The time, so that tests can move it. Nothing else in newsbot reads the clock."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


# ---------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True)
class Poll:
    """What one look at a source gave.

    ``items`` are all that is there now, newest first; empty where they are those of the poll that gave
    ``cursor``, with ``unchanged`` where the site said so.
    ``cursor`` is the source's own memory (JSON values only), stored with the items and handed to the next
    poll. ``wait`` is the least interval that the site asks for (cache rules), None where it says nothing.
    ``gone`` are guids that are not published, given before or not; not those that only left a feed.
    ``past`` are guids, among ``items`` or not, that were published before the source was first looked at;
    with ``anew`` (it is set up to read something else now) all are. ``soon``: something was published a
    moment ago and is not whole yet, so that the source shall be looked at again at once.
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
    """Where articles come from. One instance per entry under ``sources``.

    One that keeps something open has ``async close()``; one that can say more for `check --online` has
    ``async examine()``: lines of what is fine and of what should be mended; raises SourceError.
    One that can be asked for a single article is `SearchableSource` too.
    """

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Look once. ``cursor`` is what the last recorded poll returned, ``{}`` at first sight.

        Raises:
            SourceError: nothing usable this time; the message is one line for `status`.
        """
        ...


@runtime_checkable
class SearchableSource(Protocol):
    """A source that finds the article with an address, as a poll would bring it."""

    def serves(self, url: str) -> bool:
        """Whether an article with that address may be of this source; asks nobody."""
        ...

    async def find(self, url: str) -> Item | None:
        """The article that is published at that address, else the one at its place on the source's own site.

        A site may be asked by another host's name: the caller holds the item's address against its own.

        Raises:
            SourceError: nothing usable this time.
        """
        ...


# ---------------------------------------------------------------- summarizers


class Summarizer(Protocol):
    """Chooses (or writes) the sentences that stand for an article."""

    def summarize(self, article: Article) -> Summary:
        """All sentences that may be shown, ranked; empty for an article without a sentence. Never raises."""
        ...


# ---------------------------------------------------------------- channels


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` calls in any ``seconds``, shared by all that name the same ``key``.

    ``precise`` is for a platform that counts by the second: every slot near now is looked at, so that a free
    place before slots reserved far ahead is used, and a call that is late makes the next ones wait. Without
    it (a platform that counts by minutes) only the ``count``-th latest slot is looked at.
    """

    key: str
    count: int
    seconds: float
    precise: bool

    def room(self, arrivals: Iterable[float], now: float, *, ahead: int = 0) -> float:
        """Seconds until one more may leave, by the latest times at which those before it can have arrived.

        ``ahead`` calls that wait for the same go before it.
        """
        latest = sorted(arrivals)
        over = len(latest) + ahead - self.count
        if over < 0 or not latest:
            return 0.0
        return max(latest[min(over, len(latest) - 1)] + self.seconds * _ROOM - now, 0.0)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on a platform (``name``), and where we post (``place``)."""

    name: str
    place: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SoughtPart:
    """A part that may be out. ``after`` is the receipt of the part before it in its thread."""

    part: Part
    after: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message on the platform that reads as a sought part does; ``at`` is when it was posted.

    The receipt's ``part`` is 0.
    """

    receipt: Receipt
    at: datetime


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a platform showed. ``seen[n]`` are the messages that read as the n-th part sought, oldest first.

    ``at`` is the platform's own time, None where it tells none; the sightings' times are by that clock.
    ``whole``: nothing since the time or mark that was asked for is missing, so what isn't there is not out.
    ``near[n]`` are messages that might be the part all the same, were something changed in them that nobody
    foresaw: they are no find, and no absence either. Empty where ``whole`` never holds.
    """

    seen: tuple[tuple[Sighting, ...], ...]
    at: datetime | None
    whole: bool = False
    near: tuple[tuple[Sighting, ...], ...] = ()


@dataclass(slots=True)
class ReadAllowance:
    """How many messages a look may read, as their money is set aside.

    ``read`` is how many it has read, at most; ``ids`` are those of them that are known.
    """

    most: int
    read: int = 0
    ids: list[str] = field(default_factory=list)

    def take(self, wanted: int) -> int:
        """So many may be asked for now."""
        taken = min(wanted, self.most - self.read)
        self.read += taken
        return taken

    def give_back(self, count: int) -> None:
        """So many were not there, or surely not read."""
        self.read -= count


class PageFetcher(Protocol):
    """Public pages, fetched with bounds and parsed in a worker process."""

    async def __call__(
        self, url: str, parse: Callable[[bytes], T], *, guarded: bool
    ) -> tuple[T, datetime | None]:
        """What ``parse`` (a module's own function) makes of the page, and the site's own time.

        ``guarded``: private addresses are refused, as everywhere; not for one that the operator wrote.

        Raises:
            SourceError: the page could not be had or parsed.
        """
        ...


class Channel(Protocol):
    """One place that posts go to. One instance per entry under ``channels``."""

    kind: str
    limits: Limits
    deadline: float
    """Seconds after which `send` has returned or raised, whatever the platform does."""

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        """What the platform charges for all parts, in USD; None where it charges nothing."""
        ...

    def rates(self) -> tuple[Rate, ...]:
        """Every rate that one call counts against."""
        ...

    async def open(self) -> None:
        """Make ready what the first call needs (imports, certificates, a name's id), within seconds.

        It posts and raises nothing, and happens before claims, so that no reserved slot passes meanwhile.
        """
        ...

    def price_of(self, what: PricedCall) -> Decimal | None:
        """What the platform charges for one edit or delete, or for each message that a look reads, in USD;
        None where it charges nothing.
        """
        ...

    def rates_of(self, what: AmendmentCall) -> tuple[Rate, ...]:
        """Every rate that one edit or delete counts against; those of `rates` where they are shared."""
        ...

    async def send(self, part: Part, *, after: Receipt | None, silent: bool = False) -> Receipt:
        """Send one part, once. ``after`` is the receipt of the part before it in the thread, or of the
        post that it answers; ``silent``: no sound at whoever reads it, where the platform knows that.

        The receipt's ``part`` is 0; the caller numbers it.

        Raises:
            RateLimited, MediaRefused, ChannelRefused, NotSent: surely not sent.
            Refused: this part will never be taken.
            OutcomeUnknown: nothing proves either; so does every surprise.
        """
        ...

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        """Make the message of ``receipt`` read as ``part`` does; its media stay as they are.

        It asks for a state, so it may be repeated: one that reads so already is done. Returns the receipt as
        it is now.

        Raises:
            RateLimited, ChannelRefused, NotSent: surely not edited.
            MessageGone: there is no such message any more.
            TooLate, Refused: it will never be edited so.
            OutcomeUnknown: nothing proves either: it may be repeated.
        """
        ...

    async def delete(self, receipt: Receipt) -> None:
        """Take the message of ``receipt`` away. It may be repeated: one that is not there is done.

        Raises:
            RateLimited, ChannelRefused, NotSent: surely not deleted.
            TooLate, Refused: it will never be.
            OutcomeUnknown: nothing proves either: it may be repeated.
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
        """Look on the platform for parts whose calls began at ``since`` or later; sends nothing.

        ``mark`` is the remote id of the message before them, where there is one. Where reading costs, no more
        is read than ``allowance`` has, and it is told how much was, or may have been. None: it can't be
        looked for here, or not by this configuration.

        Raises:
            SendError, SourceError: it could not be read this time, which proves nothing.
        """
        ...

    def permalink(self, remote_id: str) -> str | None:
        """Where people find a message of this channel; None where there is no such link. Never raises."""
        ...

    async def identify(self) -> Identity:
        """Who are we, and may we post? For `check --online`; sends nothing.

        Raises:
            SendError: no, and what to do about it.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
