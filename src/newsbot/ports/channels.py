"""The port of channels: what a kind of channel declares, what a channel does, and the values of its calls.

A kind of channel declares its `Capabilities` as data. The composer, the newsroom, the conformance tests and
the documentation read this declaration; only a kind's own module knows its platform.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol, TypeVar

from newsbot.errors import TooLate
from newsbot.model import Part, Receipt
from newsbot.reasons import PlatformCode

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
# The factor by which `Rate.room` lengthens a rate limit's period, as a margin. It is smaller than the margin
# with which newsbot reserves times for calls, because `Rate.room` already counts from the latest possible
# arrival of each call.
_ROOM = 1.002

Measure = Callable[[str], int]
"""A function that returns the length of a shown text, without markup, as a platform counts it.

`composing.measures` has such functions.
"""

FetchImage = Callable[[str], Awaitable[bytes]]
"""A function that fetches the image at a URL and returns its bytes; it may raise any error."""

AmendmentCall = Literal["edit", "delete"]
"""The names of the calls that change a published message."""

PricedCall = Literal["edit", "delete", "read"]
"""The names of the calls that may cost money, besides those that publish a post."""


# --------------------------------------------------------- what a kind of channel, such as telegram, declares


class MarkupFault(NamedTuple):
    """A fault in a text's markup; ``tag`` is the faulty text, which can be found in the post's template.

    ``tag`` is empty if the faulty text is unknown.
    """

    message: str
    tag: str = ""


class Markup(Protocol):
    """A markup language of a platform's texts, like Telegram's HTML; `composing.markup` implements some.

    ``suffix`` is the end of the names of the templates in this language. ``parse_mode`` is the parse mode of
    parts with texts in this language, None for plain text.
    """

    @property
    def suffix(self) -> str: ...

    @property
    def parse_mode(self) -> Literal["HTML"] | None: ...

    def escape(self, text: str) -> str:
        """Return the plain text ``text`` escaped for this markup language."""
        ...

    def show(self, text: str) -> str:
        """Return the text that readers see for the marked-up ``text``; the platform limits its length."""
        ...

    def find_fault(self, text: str) -> MarkupFault | None:
        """Return the first fault for which the platform would refuse the text's markup; None if there is no
        fault.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the posts of a kind of channel may contain, and what its platform allows newsbot to do with them.

    ``measure`` counts length; ``text`` and ``caption`` are limits in its units. ``caption`` is the lower
    limit of a text with a photo, None if it is the same as ``text``. A text is written in ``markup``.
    ``readable_links``: the platform links an address with letters of any script, so that the address need not
    be percent-encoded. ``link_preview``: a part may name the address whose preview card is shown.

    ``photos`` is the most photos of a post (above 1: an album), ``alt_text`` the most characters of a photo's
    text for readers who can't see the photo; 0 means that there is no such text. ``edits`` says whether a
    published text can be edited, and ``edits_within`` for how long after publication; ``deletes_within`` says
    for how long a post can be deleted (``timedelta.max``: without end; 0: never). ``replies``: a post can
    reply to another. ``threads``: a post may have several parts. ``silent``: a post can come without a
    notification sound. ``idempotency_key``: two calls with the same key publish one post. ``account``: the
    platform can be asked which account newsbot has there, and whether it may post (`Channel.identify`).

    The other fields are how newsbot writes summaries for the kind. ``summary`` is the length of a summary
    unless the template sets one; None means all the space that is left. ``sentences`` is the most sentences
    of a summary whose length the template doesn't set; None means all that fit. ``enough`` is the length from
    which such a summary gets no further sentence; None means that there is no such length.
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
    edits_within: timedelta = timedelta.max
    deletes_within: timedelta = timedelta(0)
    replies: bool = False
    threads: bool = False
    silent: bool = False
    idempotency_key: bool = False
    account: bool = False
    summary: int | None = None
    sentences: int | None = None
    enough: int | None = None

    @property
    def caption_limit(self) -> int:
        """Return the greatest length of a text with a photo, in the units of ``measure``."""
        return self.text if self.caption is None else self.caption


class MessageLink(NamedTuple):
    """The published message to which an address leads.

    ``place`` is the chat or account of the message, because messages elsewhere may have the same id.
    """

    remote_id: str
    place: str = ""


# ------------------------------------------------- arguments and results of a channel's calls to its platform


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit of a platform: at most ``count`` calls in any ``seconds``.

    Each call counts for all rate limits with the same ``key``. ``precise`` is for a platform that counts by
    the second: all reserved times near now are examined, so that a free time before times reserved far ahead
    is used, and a late call makes the next calls wait. Without ``precise`` (for a platform that counts by
    minutes), only the ``count``-th latest reserved time is examined.
    """

    key: str
    count: int
    seconds: float
    precise: bool

    def compute_wait(self, arrivals: Iterable[float], now: float, *, ahead: int = 0) -> float:
        """Return how many seconds have to pass until one more call under this rate limit may be made.

        ``arrivals`` are the latest times at which the previous calls may have arrived at the platform.
        ``ahead`` is the number of waiting calls that go before this call under the same limit.
        """
        latest = sorted(arrivals)
        over = len(latest) + ahead - self.count
        if over < 0 or not latest:
            return 0.0
        return max(latest[min(over, len(latest) - 1)] + self.seconds * _ROOM - now, 0.0)


@dataclass(frozen=True, slots=True)
class Identity:
    """The account that newsbot uses on a platform (``name``), and the target of its posts (``place``).

    ``remarks`` are lines for the output of `check --online`.
    """

    name: str
    place: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SoughtPart:
    """A part (message) of a post that may be published and is searched for on the platform.

    ``after`` is the receipt (the platform's confirmation) of the message before it in its thread; None if it
    is the first part.
    """

    part: Part
    after: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message found on the platform whose text is that of a searched part of a post; ``at`` is when it was
    posted. The ``part`` of its receipt is 0; the caller of the search sets the part's number.
    """

    receipt: Receipt
    at: datetime


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search on a platform for parts that may be published.

    ``seen[n]`` are the messages that match the n-th part searched for, oldest first. ``at`` is the platform's
    own time, None if it gives none; the times in ``seen`` are by that clock. ``whole`` says that the search
    saw all messages since the requested time or message, so that a part that was not found is not published.
    ``near[n]`` are messages that might still be the n-th part, if the platform changed its text in an
    unforeseen way: they prove neither that the part is published nor that it is not. ``near`` is empty if
    searches of the platform are never ``whole``.
    """

    seen: tuple[tuple[Sighting, ...], ...]
    at: datetime | None
    whole: bool = False
    near: tuple[tuple[Sighting, ...], ...] = ()


@dataclass(slots=True)
class ReadAllowance:
    """The number of messages that one search on a platform may read, for which money is reserved.

    ``most`` is that number. ``read`` is how many messages the search may have read so far; ``ids`` are those
    of their ids that are known.
    """

    most: int
    read: int = 0
    ids: list[str] = field(default_factory=list)

    def take(self, wanted: int) -> int:
        """Take up to ``wanted`` messages from the number that newsbot's search for a post on a platform may
        still read; return how many were taken.
        """
        taken = min(wanted, self.most - self.read)
        self.read += taken
        return taken

    def give_back(self, count: int) -> None:
        """Add ``count`` messages, which do not exist or surely were not read, to those that the search of the
        platform may still read.
        """
        self.read -= count


class PageFetcher(Protocol):
    """The port that fetches public web pages within size and time limits, and parses them in a worker
    process.
    """

    async def __call__(
        self, url: str, parse: Callable[[bytes], T], *, guarded: bool
    ) -> tuple[T, datetime | None]:
        """Fetch the page at ``url``; return the result of ``parse`` on its bytes, and the site's own time.

        The time is None if the site doesn't send it. ``parse`` is a module-level function. ``guarded``
        refuses private addresses; it is false only for a URL that the operator configured.

        Raises:
            SourceError: the page could not be fetched or parsed.
        """
        ...


# ---------------------------------------------------- the methods of a channel (a chat or account to post to)


class Channel(Protocol):
    """A chat or account to which posts are sent; there is one instance per entry under ``channels``.

    A derived class needs to implement only `send`: the other methods here suit a platform that is free, has
    no rate limits, can't change published posts, can't be searched and can't be asked about its account.
    """

    kind: str
    capabilities: Capabilities
    deadline: float = 25.0
    """Seconds within which each call on the channel returns or raises, whatever the platform does.

    This is less than the 30 s within which a stopping service ends the calls in progress.
    """

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        """Return what the platform charges for publishing ``parts``, in US dollars; None if it is free."""
        return None

    def rates(self) -> tuple[Rate, ...]:
        """Return every rate limit of the platform against which a call to publish one message counts."""
        return ()

    async def open(self) -> None:
        """Prepare what the first call to the platform needs (imports, certificates, ids), within seconds.

        The method posts nothing and raises nothing. It runs before the ledger reserves a time for a call, so
        that this time does not pass during the preparation.
        """
        # This statement is needed, because without it mypy takes the method for an abstract one.
        return

    def get_call_price(self, what: PricedCall) -> Decimal | None:
        """Return the price in US dollars of one edit, one delete or one message read; None if it is free."""
        return None

    def get_call_rates(self, what: AmendmentCall) -> tuple[Rate, ...]:
        """Return every rate limit of the platform against which one edit or delete of a message counts.

        By default these are the limits of publishing (`rates`).
        """
        return self.rates()

    @abstractmethod
    async def send(
        self, part: Part, *, after: Receipt | None, silent: bool = False, key: str = ""
    ) -> Receipt:
        """Publish one part (message) of a post on the platform, by one call that is never repeated here.

        ``after`` is the receipt of the part before it in the thread, or of the post to which this post
        replies. ``silent`` publishes the part without a notification sound. ``key`` lets the platform
        recognize the part if it is sent again, on platforms that support that. The returned receipt's
        ``part`` is 0; the caller sets the number of the part.

        Raises:
            RateLimited, MediaRefused, ChannelRefused, NotSent: the part is surely not published.
            Refused: the platform will never accept this part.
            OutcomeUnknown: nothing proves whether the part is out; every unexpected error counts as this.
        """
        ...

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        """Edit the published message of ``receipt`` so that its text is that of ``part``; its media stay.

        The call is idempotent: it does nothing if the message has this text already. Returns the receipt that
        is valid after the edit: on some platforms the edited message has a new id.

        Raises:
            RateLimited, ChannelRefused, NotSent: the message is surely not edited.
            MessageGone: the message does not exist any more.
            TooLate, Refused: the platform will never accept this edit.
            OutcomeUnknown: nothing proves whether the message is edited; the call may be repeated.
        """
        raise TooLate(PlatformCode.KIND_NOT_EDITABLE(name=self.kind))

    async def delete(self, receipt: Receipt) -> None:
        """Delete the published message of ``receipt``; do nothing if the message is gone already.

        Raises:
            RateLimited, ChannelRefused, NotSent: the message is surely not deleted.
            TooLate, Refused: the platform will never delete the message.
            OutcomeUnknown: nothing proves whether the message is deleted; the call may be repeated.
        """
        raise TooLate(PlatformCode.KIND_NOT_DELETABLE(name=self.kind))

    async def search(
        self,
        sought: Sequence[SoughtPart],
        *,
        since: datetime,
        mark: str | None,
        pages: PageFetcher,
        allowance: ReadAllowance,
    ) -> SearchResult | None:
        """Search the platform for parts sent at ``since`` or later with unknown outcome; publish nothing.

        ``mark`` is the remote id of the channel's last message before these calls, None if there is no such
        message. If reading costs money, the search reads no more messages than ``allowance`` has, and records
        there how many messages it read or may have read. Returns None if this platform or this configuration
        allows no search.

        Raises:
            SendError, SourceError: the platform could not be read this time, which proves nothing.
        """
        return None

    def permalink(self, remote_id: str) -> str | None:
        """Return the public URL of the channel's message with this id, or None if it has no URL.

        Never raises an error.
        """
        return None

    @staticmethod
    def read_link(link: str) -> MessageLink | None:
        """Return the message of this kind of channel to which an address leads; None if there is none."""
        return None

    async def identify(self) -> Identity:
        """Return the channel's account and target, and check that newsbot may post there; publish nothing.

        `check --online` uses this, and so does the prober of paused channels. A platform without an
        ``account`` in `capabilities` can't be asked: the identity is a constant, and says so in its remarks.

        Raises:
            SendError: newsbot may not post there; the message says what to do about that.
        """
        return Identity("newsbot", self.kind, (str(PlatformCode.NOTHING_TO_ASK()),))

    async def close(self) -> None:
        """Close the channel's connections to its platform."""
        # This statement is needed, because without it mypy takes the method for an abstract one.
        return
