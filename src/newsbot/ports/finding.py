"""What the ledger keeps of sources and their articles."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from newsbot.model import Article, Failure, Item

__all__ = [
    "Change",
    "Compared",
    "Found",
    "Kept",
    "Likeness",
    "PollResult",
    "Shown",
    "SourceState",
]


@dataclass(frozen=True, slots=True)
class SourceState:
    """``state`` is one of new, ok, failing, blocked. ``first_poll_at`` None means: not yet seen."""

    name: str
    state: Literal["new", "ok", "failing", "blocked"] = "new"
    cursor: dict[str, Any] = field(default_factory=dict)
    first_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    error: Failure | None = None
    usual_new: float = 0.0  # a running mean of new items per poll that had any: the flood brake's norm


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a poll leaves in the ledger, all in one transaction (or a 304 would hide a lost item).

    ``take`` are new items to be read and posted, oldest first; ``record`` those only remembered, never
    posted (first sight). ``hold`` is why the posts of ``take`` shall be held (the flood brake), else None.
    ``error`` is set where the poll failed; then the cursor stays as it was. ``changed`` are articles that the
    source has otherwise now; ``gone`` and ``past`` are guids: of what is not published any more, and of what
    was published before first sight, of which nothing but that is remembered. ``soon`` as in `Poll`.
    """

    next_poll_at: datetime
    cursor: dict[str, Any] = field(default_factory=dict)
    take: tuple[Item, ...] = ()
    record: tuple[Item, ...] = ()
    hold: str | None = None
    first_sight: bool = False
    error: Failure | None = None
    changed: tuple[Item, ...] = ()
    gone: tuple[str, ...] = ()
    past: frozenset[str] = frozenset()
    soon: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Guids of a poll's items: those that the source never had, and those that it had otherwise."""

    new: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """What a source did with an article that was taken in: ``edited``, ``gone`` or ``back``.

    ``item`` is the article as the source has it now, None where it is gone; ``article`` as it was read last.
    ``same_as`` is the root: the article that it is the same as, and that has the posts.
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
class Found:
    """An item in the ledger that waits to be read. ``first_sight``: from its source's backfill."""

    article_id: str
    source: str
    item: Item
    found_at: datetime
    tries: int
    first_sight: bool
    hold: str | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """An article that another one is (``same``) or looks like.

    ``article_id`` is the root's, which has the posts; ``out_at`` is when one of these went out last, None
    where none did. ``recorded``: it was only remembered at first sight, and nothing of it was posted.
    """

    article_id: str
    source: str
    title: str | None
    out_at: datetime | None
    same: bool
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What an article's posts show of it, and the length of its text in characters."""

    article_id: str
    sentences: frozenset[str]
    length: int


@dataclass(frozen=True, slots=True)
class Kept:
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
    note: str | None
    article: Article | None
    first_sight: bool
    hold: str | None
