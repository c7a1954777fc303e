"""The nouns, and the one table of what may happen to a post.

Plain frozen values: no I/O, no vendor. Times are aware and in UTC. Money is US dollars in ``Decimal``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Literal, NamedTuple

__all__ = [
    "TRANSITIONS",
    "WAITING",
    "Approval",
    "Article",
    "Attempt",
    "Draft",
    "Event",
    "Failure",
    "Image",
    "Item",
    "Limits",
    "Part",
    "Post",
    "PostEvent",
    "PostState",
    "PostWarning",
    "Receipt",
    "Reservation",
    "Sentence",
    "Summary",
    "Transition",
    "content_hash",
    "target",
]


# ---------------------------------------------------------------- what comes in


@dataclass(frozen=True, slots=True)
class Image:
    """``url`` is absolute http(s); ``alt`` the words for who can't see it; ``width`` in pixels, where known.

    Two are equal if their address and words are: a width only helps to choose.
    """

    url: str
    alt: str | None = None
    width: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """What a source saw, before anything was read out of it: raw, possibly hostile.

    ``guid`` is unique within its source and stable over time. The body is ``html`` or ``text``, or neither
    where the source has only a link; ``summary`` may hold HTML too. Strings are as the source gave them.
    ``tags`` has the ``categories`` too, which are empty where the source doesn't tell them from tags.
    """

    guid: str
    url: str | None = None
    title: str | None = None
    html: str | None = None
    text: str | None = None
    summary: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: str | None = None
    language: str | None = None
    image: Image | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    embargo_until: datetime | None = None


class PostWarning(NamedTuple):
    """Something an editor should know of an article, or of a post that goes out all the same."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Article:
    """An item that was read: plain text only, in NFC, without control or bidi-override characters.

    ``text`` has its paragraphs separated by one blank line and carries no furniture. ``title`` is None where
    the article has none: none is ever invented. ``language`` is an ISO 639-1 code. ``url`` is canonical.
    ``live`` are the tags, mentions and addresses in it that a person of the newsroom typed: posts carry them
    as such, and break all others (`composing.safety.defuse`).
    ``warnings`` are what an editor should know of how it was read. ``text`` is "" where only its headline is
    known. ``aside`` are its lists, tables and quoted blocks, which rules read and posts don't.
    ``language_sure``: the text itself leaves no doubt about its language. Two are equal without it, as it is
    not known of articles that older versions stored.
    """

    guid: str
    text: str
    url: str | None = None
    title: str | None = None
    summary: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    author: str | None = None
    language: str | None = None
    image: Image | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    embargo_until: datetime | None = None
    live: tuple[str, ...] = ()
    warnings: tuple[PostWarning, ...] = ()
    aside: str = ""
    language_sure: bool = field(default=False, compare=False)


# ---------------------------------------------------------------- what is made of it


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that a summary may show.

    ``text`` is what is shown (runs of white space collapsed); ``source`` the sentence of the article that it
    rests on (the same, for an extract). ``index`` counts the article's sentences from 0; ``rank`` is 0 for
    the most telling one. ``needs_previous``: it would dangle (a pronoun, a connective, a quote's second half)
    unless the sentence before it in the article stands right before it; ``needs_next`` likewise.
    """

    text: str
    source: str
    index: int
    rank: int
    needs_previous: bool = False
    needs_next: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """Every sentence that may be shown, in article order; fitting takes the best that have room.

    An ``abstract`` (an LLM's) is written as one text, so it is shown from its start without gaps. ``stories``
    are what a post without a budget of its own shows: the first of them whose first sentence has room, from
    its start on; () where nothing may be shown below the headline, None where the summarizer tells none. A
    ``standfirst`` in one has the index -1.
    ``speakers`` says who speaks, by the headline or the sentence (its source) that has direct speech in it;
    "" where that is not clear.
    """

    sentences: Sequence[Sentence]
    abstract: bool = False
    stories: tuple[tuple[Sentence, ...], ...] | None = None
    standfirst: str | None = None
    lead: str | None = None
    warnings: tuple["PostWarning", ...] = ()
    speakers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform takes, as data on the channel's kind.

    ``measure`` names how length is counted (``telegram``: UTF-16 units after entity parsing; ``x``: weighted
    by twitter-text's config v3; ``plain``: characters). ``text`` and ``caption`` are in those units;
    ``caption`` (where a text with a photo may be shorter) is None where there is no such difference.
    ``format`` names the escaping: ``html`` or ``text``. ``edits``: a post that is out may be edited;
    ``deletes`` is for how long after it went out it may be deleted (``timedelta.max``: ever).
    """

    measure: Literal["telegram", "x", "plain"]
    text: int
    caption: int | None = None
    format: Literal["html", "text"] = "text"
    media: int = 0
    summary: int | None = None  # what `fit` gives a summary unless the template asks; None: all that is left
    sentences: int | None = None  # of a summary without a budget of its own; None: as many as have room
    enough: int | None = (
        None  # length from which such a summary gets no further sentence; None: there is none
    )
    edits: bool = False
    deletes: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a post (a thread has several). ``text`` is exactly what goes over the wire.

    ``length`` and ``limit`` are in the platform's own measure. ``link_preview`` is the URL whose card the
    platform shall show, None for no card.
    """

    text: str
    length: int
    limit: int
    parse_mode: Literal["HTML"] | None = None
    media: tuple[Image, ...] = ()
    link_preview: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An article composed for one channel, not yet in the ledger."""

    channel: str
    kind: str
    parts: tuple[Part, ...]
    cost_usd: Decimal | None = None
    language: str | None = None
    warnings: tuple[PostWarning, ...] = ()
    summary: tuple[Sentence, ...] = ()  # the sentences shown
    template: str | None = None
    standfirst: str | None = None  # the article's, shown or not
    target: str | None = None  # the place that it is for, as the channel's settings name it


# ---------------------------------------------------------------- what becomes of it


class Failure(NamedTuple):
    """``{code, message}`` of the JSON interface: a short word, one clear line."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Evidence that one part is out. ``part`` counts from 0; ``url`` is the permalink where there is one.

    ``note`` says what was left out on the way (a photo that the platform would not take).
    """

    part: int
    remote_id: str
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call for one part, written before the call leaves. ``ended_at`` is None while nothing is known."""

    part: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to exact content: void as soon as ``content`` is not the post's hash any more."""

    by: str
    at: datetime
    content: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside in a channel's month (``2026-11``) before the call that spends it."""

    channel: str
    month: str
    amount_usd: Decimal


class Event(NamedTuple):
    """One line of a post's story.

    ``by`` is ``system``, ``clock``, ``sender``, ``rescuer``, ``reconciler``, ``fence`` or a person.
    """

    at: datetime
    event: str
    by: str
    detail: str


class PostState(StrEnum):
    HELD = "held"  # an editor's approval moves it on
    SCHEDULED = "scheduled"  # the sender moves it on when it is due
    SENDING = "sending"  # the answer of the platform does; nothing but evidence
    RETRYING = "retrying"  # surely not sent yet; the sender tries again when it is due
    SENT = "sent"  # out; only a withdrawal moves it
    UNKNOWN = "unknown"  # nothing proves either; evidence or an editor's word moves it, never a timer
    FAILED = "failed"  # refused or expired; an editor may retry
    CANCELLED = "cancelled"  # over, not sent
    WITHDRAWN = "withdrawn"  # over, was out


WAITING = frozenset(
    {PostState.HELD, PostState.SCHEDULED, PostState.SENDING, PostState.RETRYING, PostState.UNKNOWN}
)
"""What `queue` lists: everything that is not over."""


class PostEvent(StrEnum):
    """What can happen to a post; each is also the word in its timeline."""

    APPROVE = "approved"
    HOLD = "held"
    CANCEL = "cancelled"
    EXPIRE = "expired"
    CLAIM = "sending"
    ACCEPT = "sent"
    NOT_SENT = "not sent"
    REFUSE = "refused"
    LOSE = "unknown"
    FIND = "found"
    MISS = "surely absent"
    SKIP = "skipped"
    RETRY = "retried"
    WITHDRAW = "withdrawn"
    FENCE = "restored"  # the ledger was: what it says of this post may be older than the post


class Transition(NamedTuple):
    """One edge; ``by`` says who may cause it, for the docs."""

    start: PostState
    event: PostEvent
    end: PostState
    by: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition(PostState.HELD, PostEvent.APPROVE, PostState.SCHEDULED, "editor"),
    Transition(PostState.SCHEDULED, PostEvent.HOLD, PostState.HELD, "system"),
    Transition(PostState.RETRYING, PostEvent.HOLD, PostState.HELD, "system"),
    Transition(PostState.HELD, PostEvent.CANCEL, PostState.CANCELLED, "editor"),
    Transition(PostState.SCHEDULED, PostEvent.CANCEL, PostState.CANCELLED, "editor"),
    Transition(PostState.RETRYING, PostEvent.CANCEL, PostState.CANCELLED, "editor"),
    Transition(PostState.HELD, PostEvent.EXPIRE, PostState.CANCELLED, "clock"),
    Transition(PostState.SCHEDULED, PostEvent.EXPIRE, PostState.CANCELLED, "clock"),
    Transition(PostState.RETRYING, PostEvent.EXPIRE, PostState.FAILED, "clock"),
    Transition(PostState.HELD, PostEvent.FENCE, PostState.UNKNOWN, "fence"),
    Transition(PostState.SCHEDULED, PostEvent.FENCE, PostState.UNKNOWN, "fence"),
    Transition(PostState.RETRYING, PostEvent.FENCE, PostState.UNKNOWN, "fence"),
    Transition(PostState.SCHEDULED, PostEvent.CLAIM, PostState.SENDING, "sender"),
    Transition(PostState.RETRYING, PostEvent.CLAIM, PostState.SENDING, "sender"),
    Transition(PostState.SENDING, PostEvent.ACCEPT, PostState.SENT, "sender"),
    Transition(PostState.SENDING, PostEvent.NOT_SENT, PostState.RETRYING, "sender"),
    Transition(PostState.SENDING, PostEvent.REFUSE, PostState.FAILED, "sender"),
    Transition(PostState.SENDING, PostEvent.LOSE, PostState.UNKNOWN, "sender, rescuer"),
    Transition(PostState.UNKNOWN, PostEvent.FIND, PostState.SENT, "reconciler, sender, editor"),
    Transition(PostState.UNKNOWN, PostEvent.MISS, PostState.RETRYING, "reconciler, sender, editor"),
    Transition(PostState.UNKNOWN, PostEvent.SKIP, PostState.CANCELLED, "editor"),
    Transition(PostState.FAILED, PostEvent.HOLD, PostState.HELD, "editor, where approval is asked"),
    Transition(PostState.FAILED, PostEvent.RETRY, PostState.SCHEDULED, "editor"),
    Transition(PostState.SENT, PostEvent.WITHDRAW, PostState.WITHDRAWN, "editor"),
    Transition(PostState.FAILED, PostEvent.WITHDRAW, PostState.WITHDRAWN, "editor, with receipts"),
)

_EDGES = {(edge.start, edge.event): edge.end for edge in TRANSITIONS}


def target(start: PostState, event: PostEvent) -> PostState | None:
    """Where ``event`` takes a post that is in ``start``; None where there is no such edge."""
    return _EDGES.get((start, event))


@dataclass(frozen=True, slots=True)
class Post:
    """One article on one channel, as the ledger has it.

    ``due_at`` is when it may go; ``reason`` why then, in words. ``expires_at`` ends its waiting.
    ``attempts`` counts calls. ``held_for`` says what a held post waits for. ``approval`` is how many people
    must approve (0, 1 or 2); ``approved`` the `content_hash` that they did.

    ``role`` says what it is to its article: ``post``, a ``repeat`` of one, a ``correction`` of one (then
    ``answers`` may name the post that it replies to), or a ``digest``. ``set_at`` is the time that a person
    set, ``asked_at`` when one asked for it to go at once, ``slot_at`` the channel's slot that it has taken,
    ``embargo_until`` its article's. ``breaking`` posts pass what the desk's breaking lane passes; ``silent``
    ones make no sound (breaking ones: in quiet hours). ``edited_by`` is the person
    whose words these are, None where they were composed. ``target`` is the place that its channel posted to
    when it was composed: messages that are out are there, whatever the channel is pointed at since. None in
    what an older version queued.
    """

    id: str
    article_id: str
    article_title: str | None
    article_url: str | None
    channel: str
    kind: str
    revision: int
    state: PostState
    parts: tuple[Part, ...]
    due_at: datetime
    expires_at: datetime | None
    created_at: datetime
    approval: int = 0
    held_for: str | None = None
    reason: str = ""
    cost_usd: Decimal | None = None
    sent_at: datetime | None = None
    attempts: int = 0
    receipts: tuple[Receipt, ...] = ()
    error: Failure | None = None
    warnings: tuple[PostWarning, ...] = field(default=())
    role: Literal["post", "repeat", "correction", "digest"] = "post"
    language: str | None = None
    set_at: datetime | None = None
    slot_at: datetime | None = None
    embargo_until: datetime | None = None
    breaking: bool = False
    silent: bool = False
    edited_by: str | None = None
    approved: str | None = None
    answers: str | None = None
    template: str | None = None
    asked_at: datetime | None = None
    target: str | None = None

    @property
    def content(self) -> str:
        """What an approval of it is bound to."""
        return content_hash(self.channel, self.parts, self.set_at)

    @property
    def came_too_old(self) -> bool:
        """Whether its time was over when it was made, because of its article's date."""
        return self.expires_at is not None and self.expires_at <= self.created_at

    @property
    def next_part(self) -> int:
        """The first part without a receipt; ``len(parts)`` when all are out."""
        done = {receipt.part for receipt in self.receipts}
        return next((n for n in range(len(self.parts)) if n not in done), len(self.parts))


def content_hash(channel: str, parts: tuple[Part, ...], set_at: datetime | None = None) -> str:
    """What an approval is bound to: text, media, channel and the time that a person set.

    Hexadecimal SHA-256.
    """
    digest = sha256(repr((channel, set_at and set_at.timestamp())).encode())
    for part in parts:
        media = [(image.url, image.alt) for image in part.media]
        digest.update(repr((part.text, part.parse_mode, media, part.link_preview)).encode())
    return digest.hexdigest()
