"""The port of channels: what a kind declares, what a channel does, and the values that pass between them.

A kind of channel declares its `Capabilities` as data. The composer, the newsroom, the conformance tests and
the documentation read this declaration; nothing outside of a kind's own file knows a platform.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar

from newsbot.errors import TooLate
from newsbot.model import Part, Receipt

__all__ = [
    "AmendmentCall",
    "Capabilities",
    "Channel",
    "FetchImage",
    "Identity",
    "Markup",
    "MarkupFault",
    "Measure",
    "MessageLink",
    "PageFetcher",
    "PricedCall",
    "Rate",
    "ReadAllowance",
    "SearchResult",
    "Sighting",
    "SoughtPart",
]

T = TypeVar("T")
_ROOM = 1.002  # This margin is below the slots', as `Rate.room` counts from the latest possible arrival.

Measure = Callable[[str], int]
"""Counts the length of a shown text, without markup, as a platform does (`composing.measures` has some)."""

FetchImage = Callable[[str], Awaitable[bytes]]
"""Fetches the image at an address; raises any error."""

AmendmentCall = Literal["edit", "delete"]
"""The calls that change a published message."""

PricedCall = Literal["edit", "delete", "read"]
"""The calls besides a post that may cost money."""


# ---------------------------------------------------------------- what a kind declares


class MarkupFault(NamedTuple):
    """A fault in a text's markup. ``tag`` is the text to look for in the template; empty for no place."""

    message: str
    tag: str = ""


class Markup(Protocol):
    """A way to mark up texts (`composing.markup` has some).

    ``suffix`` is the end of the names of the templates that are written in it. ``parse_mode`` is what a part
    with such a text has, None for plain text.
    """

    @property
    def suffix(self) -> str: ...

    @property
    def parse_mode(self) -> Literal["HTML"] | None: ...

    def escape(self, text: str) -> str:
        """Return plain text as it is written in this markup."""
        ...

    def show(self, text: str) -> str:
        """Return a marked-up text as the platform shows it, which is what its measure counts."""
        ...

    def find_fault(self, text: str) -> MarkupFault | None:
        """Return the first reason why the platform would refuse the text's markup; None if it would not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the posts of a kind of channel may be, and what its platform lets newsbot do with them.

    ``measure`` counts length; ``text`` and ``caption`` are in its units. ``caption`` is the lower limit of a
    text with a photo, None where it is the same. A text is written in ``markup`` or is plain.
    ``readable_links``: an address with letters of any script is a link, so that it need not be
    percent-encoded. ``link_preview``: a part may name the address whose card is shown.

    ``photos`` is the most photos of a post (above 1: an album), ``alt_text`` the most characters of a photo's
    text for readers who can't see it; 0 where there are none. ``edits`` says whether a published text can be
    edited, ``deletes_within`` for how long after publication a post can be deleted (``timedelta.max``:
    without end; 0: never). ``replies``: a post can reply to another. ``threads``: a post may have several
    parts. ``silent``: a post can come without a notification sound. ``idempotency_key``: two calls with the
    same key make one post.

    The rest is how newsbot writes summaries for the kind. ``summary`` is the length given to a summary unless
    the template sets one; None: all that is left. ``sentences`` is the most sentences of a summary without a
    budget of its own; None: all that have room. ``enough`` is the length from which such a summary gets no
    further sentence; None: no such length.
    """

    measure: Measure
    markup: Markup
    text: int
    caption: int | None = None
    readable_links: bool = False
    link_preview: bool = False
    photos: int = 0
    alt_text: int = 0
    edits: bool = False
    deletes_within: timedelta = timedelta(0)
    replies: bool = False
    threads: bool = False
    silent: bool = False
    idempotency_key: bool = False
    summary: int | None = None
    sentences: int | None = None
    enough: int | None = None

    @property
    def caption_limit(self) -> int:
        """The limit of a text with a photo."""
        return self.text if self.caption is None else self.caption


class MessageLink(NamedTuple):
    """The message that an address leads to. ``place`` tells apart messages with the same id."""

    remote_id: str
    place: str = ""


# ---------------------------------------------------------------- the values of calls


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


# ---------------------------------------------------------------- what a channel does


class Channel(Protocol):
    """A place that posts go to. There is one instance per entry under ``channels``.

    A class that derives from this need only send and identify: the other methods have the answers of a
    platform that is free, limits no rates, changes no published post and can't be searched.
    """

    kind: str
    capabilities: Capabilities
    deadline: float = 25.0
    """The seconds within which a call returns or raises, whatever the platform does.

    It is under the 30 s within which a stopping service ends the calls in progress.
    """

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        """Return what the platform charges for all parts, in USD; None where it charges nothing."""
        return None

    def rates(self) -> tuple[Rate, ...]:
        """Return every rate limit that one call counts against."""
        return ()

    async def open(self) -> None:
        """Prepare what the first call needs (imports, certificates, the id of a name), within seconds.

        It posts and raises nothing. It runs before claims, so that no reserved slot passes while it works.
        """
        return  # Without it, mypy takes the method for an abstract one

    def price_of(self, what: PricedCall) -> Decimal | None:
        """Return the price in USD of one edit, one delete or one message read; None where it is free."""
        return None

    def rates_of(self, what: AmendmentCall) -> tuple[Rate, ...]:
        """Return every rate limit that one edit or delete counts against.

        Where these calls share the limits of posts, they are those of `rates`.
        """
        return self.rates()

    @abstractmethod
    async def send(
        self, part: Part, *, after: Receipt | None, silent: bool = False, key: str = ""
    ) -> Receipt:
        """Send one part, once.

        ``after`` is the receipt of the part before it in the thread, or of the post that it replies to.
        ``silent`` sends it without a notification sound, and ``key`` lets the platform recognize the part
        if it is sent again, where it supports that. The receipt's ``part`` is 0; the caller numbers it.

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
        raise TooLate(f"posts of kind {self.kind} can't be edited")

    async def delete(self, receipt: Receipt) -> None:
        """Delete the message of ``receipt``. The call is idempotent: it is a no-op if the message is gone.

        Raises:
            RateLimited, ChannelRefused, NotSent: surely not deleted.
            TooLate, Refused: the platform will never delete it.
            OutcomeUnknown: nothing proves either; the call may be repeated.
        """
        raise TooLate(f"posts of kind {self.kind} can't be deleted")

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
        return None

    def permalink(self, remote_id: str) -> str | None:
        """Return the public URL of a message of this channel; None where there is none. Never raises."""
        return None

    @staticmethod
    def read_link(link: str) -> MessageLink | None:
        """Return the message of this kind that an address leads to, however it is spelled; else None."""
        return None

    @abstractmethod
    async def identify(self) -> Identity:
        """Return the account and the place, and check that it may post. For `check --online`; sends nothing.

        Raises:
            SendError: it may not post; the message says what to do about it.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        return  # Without it, mypy takes the method for an abstract one
