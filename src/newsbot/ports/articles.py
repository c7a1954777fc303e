"""The ledger's records of sources and their articles, and the values that polls exchange with the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from newsbot.model import Article, Failure, Item, Part, Summary
from newsbot.reasons import Reason

__all__ = [
    "SILENCE_PRECISION",
    "ArticleChange",
    "FoundItem",
    "ItemComparison",
    "PollAnswers",
    "PollClaim",
    "PollRequest",
    "PollResult",
    "RecordedPoll",
    "SentPost",
    "ShownArticle",
    "SimilarArticle",
    "SourceState",
    "StageCall",
    "StageInput",
    "StoredArticle",
]


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of a source in the ledger: new, ok, failing or blocked.

    ``first_poll_at`` is None if the source was never polled. ``read_at`` is the time of the last poll that
    did not fail. ``error`` says why the last poll failed; it is None if the poll did not fail.
    """

    name: str
    state: Literal["new", "ok", "failing", "blocked"] = "new"
    cursor: dict[str, Any] = field(default_factory=dict)
    first_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    error: Failure | None = None
    # The mean number of new items in those polls of the source that found new items; newsbot detects floods
    # of items by it.
    usual_new: float = 0.0
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """The results of a poll, which the ledger stores in one transaction.

    If they were stored in several transactions, a later answer of the site that nothing changed could hide an
    item that was lost between them. ``take`` are new items to be read and posted, oldest first. ``record``
    are items that are only remembered and never posted, because the source was just added (``first_sight``).
    ``hold`` says why the posts of ``take`` are held (too many at once); None if they are not held. ``error``
    is set if the poll failed; then the stored cursor stays as it was. ``changed`` are items that the source
    changed. ``gone`` are guids of items that are not published any more, and ``protected`` of those for which
    the source asks readers for a password now. ``past`` are guids of items from
    before the first poll, of which only the guid is remembered. ``soon`` says that the source is polled again
    at once, as in `Poll`. ``same_host`` are other sources on a host that asked for a pause: they are not
    polled before ``next_poll_at`` either.
    """

    next_poll_at: datetime
    cursor: dict[str, Any] = field(default_factory=dict)
    take: tuple[Item, ...] = ()
    record: tuple[Item, ...] = ()
    hold: Reason | None = None
    first_sight: bool = False
    error: Failure | None = None
    changed: tuple[Item, ...] = ()
    gone: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    past: frozenset[str] = frozenset()
    soon: bool = False
    same_host: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """The comparison of a poll's items with the ledger: the guids of new and of changed items."""

    new: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """A change that a source made to an article that newsbot has read: ``edited``, ``gone``, ``protected``
    (the source asks readers for a password) or ``back``.

    ``item`` is the article as the source has it now, None if it is gone or protected; ``article`` is its text
    as newsbot read it last. ``same_as`` is the id of the article that this article duplicates and that has
    the posts; None if the article is no duplicate.
    """

    article_id: str
    source: str
    what: Literal["edited", "gone", "protected", "back"]
    item: Item | None
    article: Article
    found_at: datetime
    tries: int
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item in the ledger whose article waits to be read.

    ``first_sight`` says that the first poll of the source listed the item. ``hold`` says why the posts of the
    item's article are to be held; None if they are not.
    """

    article_id: str
    source: str
    item: Item
    found_at: datetime
    tries: int
    first_sight: bool
    hold: Reason | None


@dataclass(frozen=True, slots=True)
class SimilarArticle:
    """An article that another article duplicates (``same``) or resembles.

    ``article_id`` is the id of the first of its duplicates, which has the posts; ``out_at`` is when the last
    of these posts was sent, None if none was sent. ``recorded`` says that the article was only remembered at
    the first poll of its source, and nothing of it was posted.
    """

    article_id: str
    source: str
    title: str | None
    out_at: datetime | None
    same: bool
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class SentPost:
    """A post that was sent at ``sent_at``: its id and its parts (messages)."""

    id: str
    parts: tuple[Part, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An article's sentences that its posts show, and the length of the article's text in characters."""

    article_id: str
    sentences: frozenset[str]
    length: int


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the ledger stores it; ``state`` is one of found, leased, ready, recorded, failed, gone.

    ``error`` says why the article could not be read or, if it is ready, could not be composed for a channel.
    ``note`` says why the article has no post, if it has none. ``article`` is None until the article is read.
    ``hold`` says why its posts are held.
    """

    id: str
    source: str
    state: str
    found_at: datetime
    title: str | None
    url: str | None
    error: Failure | None
    note: Reason | None
    article: Article | None
    first_sight: bool
    hold: Reason | None


@dataclass(frozen=True, slots=True)
class PollRequest:
    """A request to poll ``source``, which is granted if the source is due and no other process polls it.

    With ``least``, the source is due as soon as its last poll is that old, whatever its interval is. With
    ``eager``, a source whose last poll failed is due at once. ``resumed`` says that this process was granted
    an earlier poll, which has ended, but could not store its result.
    """

    source: str
    least: timedelta | None = None
    eager: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PollClaim:
    """The ledger's answer to a `PollRequest`: the source's state, and whether this process may poll it.

    If this process may not poll it (``granted`` is false), ``unfinished`` says that an article or change of
    the source waits to be processed.
    """

    granted: bool
    state: SourceState
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """The ledger's answer about a poll that it has stored; ``taken`` are the ids of the articles to be read.

    ``unfinished`` says that an article or change of the source waits to be processed, from this poll or an
    earlier one.
    """

    taken: tuple[str, ...]
    unfinished: bool


@dataclass(frozen=True, slots=True)
class PollAnswers:
    """The ledger's answers to a batch of questions about polls, each list in the order of its questions."""

    claims: Sequence[PollClaim] = ()
    compared: Sequence[ItemComparison] = ()
    recorded: Sequence[RecordedPoll] = ()


@dataclass(frozen=True, slots=True)
class StageInput:
    """The input of one of three steps in processing an article: reading it, summarizing it, or checking its
    page.

    ``key`` is the fingerprint of everything on which the step's result depends. ``guid`` and ``url`` are
    those of the article; by these, the ledger finds the stored result when the article is removed from all
    channels.
    """

    stage: Literal["read", "summarize", "check"]
    key: str
    guid: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class StageCall:
    """The state of a call to a summarizer for a `StageInput`.

    If all fields are None, the ledger has stored that the call begins, and the caller has to make the call
    now. ``result`` is the summary that the call returned, and ``failure`` says why there is none. ``until``
    is set if another process is making the call: after that time, the call counts as interrupted.
    """

    result: Summary | None = None
    failure: Failure | None = None
    until: datetime | None = None


SILENCE_PRECISION = timedelta(hours=4)
"""The longest gap between a source's items that doesn't count as silence.

`SourcesStore.list_found_times` may leave out times within such a gap.
"""
