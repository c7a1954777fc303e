"""Actions on published posts: edits, deletes, and blocks against publishing an article again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from newsbot.model import Article, Draft, Failure, Part, Post, Receipt
from newsbot.ports.channels import AmendmentCall, Rate
from newsbot.reasons import Reason

__all__ = [
    "Action",
    "ActionKind",
    "Amendment",
    "AmendmentResult",
    "AmendmentState",
    "AmendmentTerms",
    "AmendmentWait",
    "ArticlePart",
    "Blocked",
    "FixedSentence",
    "NewAction",
    "NewAmendment",
    "TakedownBlock",
]

ArticlePart = Literal["title", "summary", "text", "alt"]
ActionKind = Literal["fix", "correct", "withdraw", "takedown", "edit"]
AmendmentState = Literal["due", "calling", "done", "failed", "manual", "over"]


@dataclass(frozen=True, slots=True)
class FixedSentence:
    """A sentence of an article that a fix changed, with its neighbours; empty at the text's ends.

    White space is collapsed. If the fix reaches over a full stop, the paragraph stands for the sentence.
    """

    part: ArticlePart
    before: str
    after: str
    previous: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What a person (or, for ``edit``, the article's source) did to an article as a whole.

    ``fixed`` are the sentences that a ``fix`` changed; None where an earlier version did not store them.
    """

    id: int
    what: ActionKind
    article_id: str
    by: str
    at: datetime
    detail: Reason | None
    fixed: tuple[FixedSentence, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewAmendment:
    """The change wanted for one part of a post that is out, or may be.

    ``edit`` changes it to ``after``; ``delete`` deletes it or, where that is no longer possible, edits it to
    ``after`` (None where that kind of channel edits nothing); ``repost`` deletes it, and a new post has the
    ``after`` of all parts; ``reply`` leaves it, and a new post that replies to it has them. A part that only
    the new post has comes without ``before``. In a post that turns out to wait still, the part itself becomes
    ``after``.
    """

    post_id: str
    part: int
    what: Literal["edit", "delete", "repost", "reply"]
    before: Part | None
    after: Part | None = None


@dataclass(frozen=True, slots=True)
class NewAction:
    """Everything that one command does, in one transaction.

    ``seen`` are the posts as they were when the action was prepared: if one has changed, nothing is done.
    Unless ``alone``, they are all the posts of the article. ``articles`` maps articles to their new text,
    ``recompose`` maps waiting posts to their new draft, which voids approvals. A post that is in a call or
    unknown keeps its amendments until it is known whether it is out. ``block``: nothing of the article's
    addresses is posted any more. ``redact``: its text is removed from the ledger. ``fixed`` are the sentences
    of the articles that a fix changes. ``settled`` are posts that agree with their articles afterwards, so
    their open flags are closed.
    """

    what: ActionKind
    article_id: str
    by: str
    detail: Reason | None = None
    seen: Sequence[Post] = ()
    alone: bool = False
    articles: Mapping[str, Article] = field(default_factory=dict)
    amendments: Sequence[NewAmendment] = ()
    recompose: Mapping[str, Draft] = field(default_factory=dict)
    block: bool = False
    redact: bool = False
    fixed: Sequence[FixedSentence] = ()
    settled: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Amendment:
    """One edit or delete of one part. ``error`` is why it is not done yet, or never will be.

    ``since`` is when it was requested. ``receipt`` is the part's evidence; None while nobody knows whether it
    is out.
    """

    id: int
    action_id: int
    post_id: str
    channel: str
    part: int
    what: Literal["edit", "delete", "repost", "reply"]
    state: AmendmentState
    since: datetime
    due_at: datetime
    before: Part | None = None
    after: Part | None = None
    attempts: int = 0
    error: Failure | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    receipt: Receipt | None = None
    action: ActionKind = "edit"

    @property
    def is_removal(self) -> bool:
        """Whether it takes away what is published, be it by an edit that replaces the text by a notice."""
        return self.what == "delete" or self.action in {"withdraw", "takedown"}


@dataclass(frozen=True, slots=True)
class AmendmentTerms:
    """The rate limits and prices of edits and deletes on a channel; ``target`` is where it posts to."""

    rates: Mapping[AmendmentCall, tuple[Rate, ...]] = field(default_factory=dict)
    price: Mapping[AmendmentCall, Decimal | None] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class AmendmentWait:
    """The time before which no call may be made on the channel."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AmendmentResult:
    """The result of a call for an amendment.

    ``done``, or the ``failure``: then it is retried at ``due_at``; without ``due_at`` it ends as ``failed``,
    or as ``manual`` where ``by_hand``. ``notice``: it can't be deleted, so it is edited to its notice from
    now on. ``rate_key`` is the rate limit that the platform asked to wait on. ``free``: the call surely did
    nothing, and cost nothing.
    """

    done: bool = False
    failure: Failure | None = None
    due_at: datetime | None = None
    by_hand: bool = False
    notice: bool = False
    rate_key: str | None = None
    free: bool = False


@dataclass(frozen=True, slots=True)
class TakedownBlock:
    """A takedown's block on an address or article, with who set it and when: nothing of it is posted."""

    article_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Blocked:
    """The result of blocking a source: the waiting posts that were cancelled, and the posts that are out."""

    source: str
    cancelled: tuple[Post, ...] = ()
    out: tuple[Post, ...] = ()
