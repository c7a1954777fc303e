"""The values that all packages share (articles, summaries, posts), and the transitions of posts' states.

The values are immutable. Times have a time zone and are in UTC. Money is in US dollars, as a ``Decimal``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Literal, NamedTuple

from newsbot.reasons import N_, Code, Reason

__all__ = [
    "CLOCK",
    "FENCE",
    "FINAL",
    "IN_FLIGHT",
    "OF_ONE_CHANNEL",
    "PENDING",
    "PROBER",
    "READY",
    "RECONCILER",
    "RESCUER",
    "SENDER",
    "SYSTEM",
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
    "Part",
    "Post",
    "PostEvent",
    "PostState",
    "PostWarning",
    "Receipt",
    "Sentence",
    "Summary",
    "TimelineEvent",
    "Transition",
    "content_hash",
    "list_start_states",
    "target",
]


# ----------------------------------------------------- the classes of items (entries of sources) and articles


@dataclass(frozen=True, slots=True)
class Image:
    """An image of an article.

    ``url`` is an absolute http(s) address, and ``alt`` the text for readers who can't see the image.
    ``width`` is in pixels, None if it is not known. The width does not count for equality: it only helps to
    choose between images.
    """

    url: str
    alt: str | None = None
    width: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a source as the source returned it, before newsbot reads its text; it may be hostile.

    ``guid`` is unique within its source and stable over time. The body is ``html`` or ``text``, or neither if
    the source has only a link; ``summary`` may hold HTML too. Strings are as the source gave them. ``tags``
    includes the ``categories``, which are empty if the source doesn't distinguish categories from tags.
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
    """A warning for editors about an article or a post, which does not stop the post."""

    code: str
    reason: Reason

    @property
    def message(self) -> str:
        """Return the warning's text in English, for ``{code, message}`` in the JSON interface."""
        return str(self.reason)


_INCOMPLETE = frozenset({"wall", "page_status"})
"""The codes of warnings that an article's text is only what its feed has."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article extracted from an `Item`: plain text in NFC, without control or bidi-override characters.

    ``text`` has its paragraphs separated by one blank line and contains no boilerplate; it is "" if only the
    headline is known. ``title`` is None if the article has none: newsbot never invents a title. ``language``
    is an ISO 639-1 code. ``url`` is canonical. ``live`` are the hashtags, mentions and addresses that a
    person of the newsroom typed: they stay active in posts, while `composing.safety.defuse` defuses all
    others. ``warnings`` tell editors of problems in extracting the text. ``aside`` holds the article's lists,
    tables and quoted blocks, which rules search but posts don't use. ``language_sure``: the text leaves no
    doubt about its language; it does not count for equality, because older versions did not store it.
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

    @property
    def is_incomplete(self) -> bool:
        """Return whether the article lacks text, because its page could not be read."""
        return any(warning.code in _INCOMPLETE for warning in self.warnings)


# ------------------------------------------------------- the classes of summaries and drafts (composed posts)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that a post's summary may show.

    ``text`` is the text shown (runs of white space are collapsed); ``source`` is the sentence of the article
    that it is based on, and the same sentence if the summary only quotes. ``index`` counts the article's
    sentences from 0; ``rank`` is 0 for the most important sentence. ``needs_previous`` says that the sentence
    makes no sense unless the article's preceding sentence is shown right before it (it has a pronoun, a
    connective, a quote's second half); ``needs_next`` says the same of the following sentence.
    """

    text: str
    source: str
    index: int
    rank: int
    needs_previous: bool = False
    needs_next: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary of an article: sentences, in the article's order, of which a post shows those that fit.

    ``abstract`` is True for an LLM's summary: it was written as one text, so posts show it from its start
    without gaps. ``stories`` are candidates for a post without a summary length of its own: the post shows
    the first story whose first sentence has room, from the story's start. ``stories`` is () if nothing may be
    shown below the headline, and None if the summarizer makes no stories. A ``standfirst`` (the article's own
    introductory line) in a story has the index -1. ``speakers`` maps a headline, or the source of a sentence,
    with direct speech to the speaker's name, "" if the speaker is not clear. ``notes`` are for the timeline:
    which model wrote the summary, and why others gave none.
    """

    sentences: Sequence[Sentence]
    abstract: bool = False
    stories: tuple[Sequence[Sentence], ...] | None = None
    standfirst: str | None = None
    lead: str | None = None
    warnings: tuple["PostWarning", ...] = ()
    speakers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a post (a thread has several); ``text`` is exactly the text that is sent.

    ``length`` and ``limit`` are in the platform's measure. ``link_preview`` is the URL whose card is shown,
    None for no card. ``redacted``: the ledger has deleted the text, and ``text`` is a placeholder.
    """

    text: str
    length: int
    limit: int
    parse_mode: Literal["HTML"] | None = None
    media: tuple[Image, ...] = ()
    link_preview: str | None = None
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An article composed as a post for one channel, not yet stored in the ledger.

    ``summary`` are the summary's sentences that the draft shows. ``standfirst`` is the article's own line,
    shown or not. ``target`` is the channel's chat or account. ``notes`` are those of the summary.
    """

    channel: str
    kind: str
    parts: tuple[Part, ...]
    cost_usd: Decimal | None = None
    language: str | None = None
    warnings: tuple[PostWarning, ...] = ()
    summary: tuple[Sentence, ...] = ()
    template: str | None = None
    standfirst: str | None = None
    target: str | None = None
    notes: tuple[Reason, ...] = ()


# ---------------------------------------------------------------- the classes of posts and their states


@dataclass(frozen=True, slots=True)
class Failure:
    """The cause of a failed post or poll: ``code`` is for programs; ``reason`` tells people what to do."""

    code: str
    reason: Reason

    @property
    def message(self) -> str:
        """Return the failure's text in English, for ``{code, message}`` in the JSON interface."""
        return str(self.reason)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's confirmation that it published one part of a post.

    ``part`` is the part's index from 0, ``remote_id`` the published message's id on the platform, and ``url``
    its permalink, None if it has no permalink. ``note`` says what was left out (a photo that the platform did
    not accept).
    """

    part: int
    remote_id: str
    url: str | None = None
    note: Reason | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a platform to publish one part (message) of a post, stored before the call is made.

    ``part`` is the part's index from 0. ``ended_at`` and ``outcome`` are None until the call has ended.
    """

    part: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's approval of a post whose hash was ``content``; it is void once the post's hash differs."""

    by: str
    at: datetime
    content: str


class Event(NamedTuple):
    """One event in the history of a post, which editors see as a line of the post's timeline.

    ``by`` is who caused the event: a component of newsbot, such as `SENDER` (which sends posts), or a person.
    """

    at: datetime
    event: str
    by: str
    detail: Reason | None


class PostState(StrEnum):
    """The state of a post. The comment at each state says what ends the state."""

    HELD = N_("held")  # The post waits until an editor approves it.
    SCHEDULED = N_("scheduled")  # The post waits until its due time, when newsbot begins to send it.
    # newsbot's call to publish the post is running; only evidence, as the platform's answer, ends this state.
    SENDING = N_("sending")
    RETRYING = N_("retrying")  # The post is surely not sent yet; newsbot tries again at its due time.
    SENT = N_("sent")  # The post is published; only its deletion by a person's order ends this state.
    # Nobody knows whether the post is published; only evidence or an editor's decision ends this state.
    UNKNOWN = N_("unknown")
    # The platform refused the post, or the post expired after a try to send it; an editor may send it again.
    FAILED = N_("failed")
    CANCELLED = N_("cancelled")  # This state is final: the post was not sent and never will be.
    WITHDRAWN = N_("withdrawn")  # This state is final: the post was published and then removed again.


READY = frozenset({PostState.SCHEDULED, PostState.RETRYING})
"""The states of the posts that the sender sends once they are due."""

PENDING = READY | {PostState.HELD}
"""The states in which a post may be edited, moved and cancelled: no call to the platform runs for it."""

IN_FLIGHT = frozenset({PostState.SENDING, PostState.UNKNOWN})
"""The states of the posts whose call is running or has an unknown outcome, so that they may be published."""

WAITING = PENDING | IN_FLIGHT
"""The states of the posts that the command `queue` lists: all posts whose delivery is not finished."""

FINAL = frozenset({PostState.CANCELLED, PostState.WITHDRAWN})
"""The final states of posts, which no event ends."""


class PostEvent(StrEnum):
    """An event that moves a post to another state; its value is the event's word in the post's timeline."""

    APPROVE = N_("approved")
    HOLD = N_("held")
    CANCEL = N_("cancelled")
    EXPIRE = N_("expired")
    CLAIM = N_("sending")
    ACCEPT = N_("sent")
    NOT_SENT = N_("not sent")
    REFUSE = N_("refused")
    LOSE = N_("unknown")
    FIND = N_("found")
    MISS = N_("surely absent")
    SKIP = N_("skipped")
    RETRY = N_("retried")
    WITHDRAW = N_("withdrawn")
    FENCE = N_(
        "restored"
    )  # The ledger was restored from a backup, so its record of the post may be outdated.


class TimelineEvent(StrEnum):
    """An event in a post's timeline that leaves its state as it is; the value is the event's word there."""

    # The ledger does not store the following three events; they are added when a post's history is shown.
    NOTICED = N_("noticed")  # The post's article was found at its source.
    WRITTEN = N_("written")  # newsbot composed the post's text from the article.
    CALL = N_("call")  # newsbot made a call to the platform to publish the post.

    # The following events happen to a post while it waits to be sent.
    COMPOSED = N_("composed")
    RULE = N_("rule")
    SUMMARY = N_("summary")  # The event says which model wrote the summary, or why a model gave none.
    APPROVAL = N_("approval")
    APPROVAL_VOID = N_("approval void")
    EDITED = N_("edited")  # The event EDITED also means that a published message of the post was edited.
    RESCHEDULED = N_("rescheduled")
    BREAKING = N_("breaking")  # The post got the priority of breaking news.
    RELEASED = N_("released")
    RESUMED = N_("resumed")
    MOVED = N_("moved")
    CHANNEL_RENAMED = N_("channel renamed")
    EMBARGO = N_("embargo")
    WAITS = N_("waits")
    CHECKED = N_("checked")  # A check of the article's page or of the post's text changed the warnings.

    # The following events happen to a post while newsbot sends it.
    PART_SENT = N_("part sent")
    LATE_ANSWER = N_("late answer")
    GIVEN_UP = N_("given up")
    IN_DOUBT_AGAIN = N_("in doubt again")

    # The following events say that a source changed or removed a post's article, and what was done about
    # that.
    ARTICLE_EDITED = N_("article edited")
    # The article was edited at its source while the post was not sent yet.
    EDITED_AT_SOURCE = N_("edited at its source")
    ARTICLE_GONE = N_("article gone")
    ARTICLE_BACK = N_("article back")
    LEFT_AS_IT_IS = N_("left as it is")
    MATCHES_ARTICLE = N_("matches its article")

    # The following events say that a person changed or removed a published post.
    FIX = N_("fix")
    CORRECT = N_("correct")
    EDIT = N_("edit")
    WITHDRAW = N_("withdraw")
    TAKEDOWN = N_("takedown")
    FIX_ASKED = N_("fix asked")
    CORRECT_ASKED = N_("correct asked")
    EDIT_ASKED = N_("edit asked")
    WITHDRAW_ASKED = N_("withdraw asked")
    TAKEDOWN_ASKED = N_("takedown asked")
    ANSWERED = N_("answered")
    DELETED = N_("deleted")
    DELETED_BY_HAND = N_("deleted by hand")
    NOT_CORRECTED = N_("not corrected")
    NOT_EDITED = N_("not edited")
    NOT_DELETED = N_("not deleted")
    CANNOT_BE_DELETED = N_("can't be deleted")


SYSTEM = "system"
CLOCK = "clock"
SENDER = "sender"
RESCUER = "rescuer"
RECONCILER = "reconciler"
PROBER = "prober"
FENCE = "fence"
PARTS_OF_NEWSBOT = frozenset({SYSTEM, CLOCK, SENDER, RESCUER, RECONCILER, PROBER, FENCE})
"""The names under which the ledger stores the parts of newsbot that cause events; people read ``newsbot``
instead.
"""

OF_ONE_CHANNEL = frozenset({N_("digest"), N_("correction")})
"""The roles of posts that are made for one channel and never moved to another."""


class Transition(NamedTuple):
    """One transition of a post's state: the ``event`` takes a post from the state ``start`` to ``end``.

    ``by`` says who may cause the event; only the documentation uses ``by``.
    """

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
    """Return the state to which ``event`` takes a post in the state ``start``; None if it can't happen."""
    return _EDGES.get((start, event))


def list_start_states(event: PostEvent) -> tuple[PostState, ...]:
    """Return the states in which ``event`` can happen to a post."""
    return tuple(edge.start for edge in TRANSITIONS if edge.event is event)


@dataclass(frozen=True, slots=True)
class Post:
    """One article on one channel, as the ledger stores it.

    ``due_at`` is the time from which the post may be sent; ``reason`` explains that time to editors. At
    ``expires_at`` an unsent post is given up. ``attempts`` counts the calls made to publish the post.
    ``held_for`` says why a held post waits for an editor. ``approval`` is how many people must approve the
    post (0, 1 or 2); ``approved`` is the `content_hash` that they approved.

    ``role`` is ``post``, ``repeat`` (of a post), ``correction`` (of a post; ``answers`` may then name the
    post to which it replies) or ``digest``. ``set_at`` is a time that a person set, ``asked_at`` the time at
    which a person asked to send the post at once, ``slot_at`` the slot (a time at which the channel may post)
    that the post takes, ``embargo_until`` the end of its article's embargo. A ``breaking`` post skips the
    scheduling rules that config.yaml lets breaking news skip. A ``silent`` post notifies readers without a
    sound (a breaking post only in quiet hours). ``edited_by`` is the person who wrote this text, None if
    newsbot composed it. ``target`` is the chat or account to which the channel posted when the post was
    composed: the post's published messages stay there even if the channel's target changes. ``target`` is
    None for posts that an older version queued.
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
    held_for: Reason | None = None
    reason: Reason | None = None
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
        """Return the hash of what readers would get, to which people's approvals of the post are bound."""
        return content_hash(self.channel, self.parts, self.set_at)

    @property
    def waits(self) -> bool:
        """Return whether the post is waiting, is being sent, or has an unknown outcome."""
        return self.state in WAITING

    @property
    def is_pending(self) -> bool:
        """Return whether the post may be moved and cancelled; parts of it may be published already."""
        return self.state in PENDING

    @property
    def may_be_changed(self) -> bool:
        """Return whether the text may be edited without a call to the platform, as no part is published."""
        return self.is_pending and not self.receipts

    @property
    def is_out(self) -> bool:
        """Return whether the post is or may be published, as a whole or in part."""
        if self.state is PostState.SENT or self.state in IN_FLIGHT:
            return True
        return self.state is not PostState.WITHDRAWN and bool(self.receipts)

    @property
    def may_be_withdrawn(self) -> bool:
        """Return whether the post is published, as a whole or in part, so that it may be deleted."""
        return self.state is PostState.SENT or (self.state is PostState.FAILED and bool(self.receipts))

    @property
    def was_created_expired(self) -> bool:
        """Return whether the post was created after it had expired, because its article was too old."""
        return self.expires_at is not None and self.expires_at <= self.created_at

    @property
    def is_time_uncertain(self) -> bool:
        """Return whether ``sent_at`` is only the earliest time at which the post may have been published.

        This is so if the ledger was restored from a backup and the post was published after that backup.
        """
        return self.reason is not None and self.reason.code is Code.OUT_IN_LOST_TIME

    @property
    def next_part(self) -> int:
        """Return the index of the first part not known to be published; ``len(parts)`` if all are."""
        done = {receipt.part for receipt in self.receipts}
        return next((n for n in range(len(self.parts)) if n not in done), len(self.parts))


def content_hash(channel: str, parts: tuple[Part, ...], set_at: datetime | None = None) -> str:
    """Compute the hash of a post's content that approvals are bound to: a changed post needs a new one.

    It is the hexadecimal SHA-256 of the post's text, media, channel and the time that a person set.
    """
    digest = sha256(repr((channel, set_at and set_at.timestamp())).encode())
    for part in parts:
        media = [(image.url, image.alt) for image in part.media]
        digest.update(repr((part.text, part.parse_mode, media, part.link_preview)).encode())
    return digest.hexdigest()
