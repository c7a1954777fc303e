"""The ledger's records of sources and their articles, and the port for polls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from newsbot.model import Article, Failure, Item, Summary
from newsbot.reasons import Reason

__all__ = [
    "ArticleChange",
    "FoundItem",
    "ItemComparison",
    "PollAnswers",
    "PollClaim",
    "PollRequest",
    "PollResult",
    "RecordedPoll",
    "ShownArticle",
    "SimilarArticle",
    "SourceState",
    "StageCall",
    "StageInput",
    "StoredArticle",
]


@dataclass(frozen=True, slots=True)
class SourceState:
    """The state of a source: new, ok, failing or blocked. ``first_poll_at`` None means: never polled.

    ``read_at`` is the time of the last poll that did not fail.
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
    usual_new: float = 0.0  # The running mean of new items per poll that had any, for the flood brake.
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollResult:
    """The results of a poll that the ledger stores, all in one transaction (or a 304 would hide a lost item).

    ``take`` are new items to be read and posted, oldest first; ``record`` are items that are only remembered
    and never posted (first sight). ``hold`` is why the posts of ``take`` are held (the flood brake), else
    None. ``error`` is set where the poll failed; then the cursor stays as it was. ``changed`` are items that
    the source changed; ``gone`` and ``past`` are guids: of items that are not published any more, and of
    items from before first sight, of which only the guid is remembered. ``soon`` is as in `Poll`.
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
    past: frozenset[str] = frozenset()
    soon: bool = False


@dataclass(frozen=True, slots=True)
class ItemComparison:
    """The guids of a poll's new items, and of the items that the source changed."""

    new: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """A source's change to an article that was taken in: ``edited``, ``gone`` or ``back``.

    ``item`` is the article as the source has it now, None where it is gone; ``article`` is how it was read
    last. ``same_as`` is the root: the article that it is the same as, and that has the posts.
    """

    article_id: str
    source: str
    what: Literal["edited", "gone", "back"]
    item: Item | None
    article: Article
    found_at: datetime
    tries: int
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item in the ledger that waits to be read. ``first_sight``: it is from its source's backfill."""

    article_id: str
    source: str
    item: Item
    found_at: datetime
    tries: int
    first_sight: bool
    hold: Reason | None


@dataclass(frozen=True, slots=True)
class SimilarArticle:
    """An article that another one is the same as (``same``) or resembles.

    ``article_id`` is the root's, which has the posts; ``out_at`` is when the last of them was sent, None
    where none was. ``recorded``: it was only remembered at first sight, and nothing of it was posted.
    """

    article_id: str
    source: str
    title: str | None
    out_at: datetime | None
    same: bool
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """The sentences of an article that its posts show, and the length of its text in characters."""

    article_id: str
    sentences: frozenset[str]
    length: int


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the ledger has it. ``state`` is one of found, leased, ready, recorded, failed.

    ``error`` says why it could not be read, or (ready) composed for a channel; ``note`` why it has no post
    where it has none. ``article`` is None until it is read.
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
    """A request to poll ``source``, granted if it is due and nobody else polls it.

    With ``least`` it is due as soon as its last poll is that old, whatever its interval is. ``eager``: a
    source that failed is due at once. ``resumed``: this process still has the claim of an earlier poll whose
    result could not be stored, and that poll is over.
    """

    source: str
    least: timedelta | None = None
    eager: bool = False
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PollClaim:
    """The answer to a `PollRequest`. If it is not ``granted``, ``unfinished`` is as in `RecordedPoll`."""

    granted: bool
    state: SourceState
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class RecordedPoll:
    """A poll that is stored. ``taken`` are the ids of the articles that are to be read.

    ``unfinished``: an article or change of the source waits to be processed, from this poll or an earlier
    one.
    """

    taken: tuple[str, ...]
    unfinished: bool


@dataclass(frozen=True, slots=True)
class PollAnswers:
    """The answers to an exchange of polls, each in the order of its questions."""

    claims: Sequence[PollClaim] = ()
    compared: Sequence[ItemComparison] = ()
    recorded: Sequence[RecordedPoll] = ()


@dataclass(frozen=True, slots=True)
class StageInput:
    """What a stage of the pipeline is given: ``key`` is the fingerprint of all that its result depends on.

    ``guid`` and ``url`` are the article's, by which the result is found when the article is taken down.
    """

    stage: Literal["read", "summarize"]
    key: str
    guid: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class StageCall:
    """How a call for a `StageInput` stands. Where all is None, it is stored as begun and has to be made now.

    ``result`` is its answer, ``failure`` why there is none; ``until`` means that another process is making
    the call, and that it is given up after that time.
    """

    result: Summary | None = None
    failure: Failure | None = None
    until: datetime | None = None
