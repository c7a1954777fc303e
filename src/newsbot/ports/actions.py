"""What is done to posts that are out: edited, deleted, and blocked from coming again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from newsbot.model import Article, Draft, Failure, Part, Post, Receipt
from newsbot.ports.adapters import AmendmentCall, Rate

__all__ = [
    "Action",
    "ActionKind",
    "Amendment",
    "AmendmentResult",
    "AmendmentState",
    "AmendmentTerms",
    "AmendmentWait",
    "AmendmentsPort",
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
    """A sentence of an article that a fix changed, and the ones around it; empty at the text's ends.

    White space is collapsed. Where the fix reaches over a full stop, the paragraph stands for the sentence.
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
    detail: str
    fixed: tuple[FixedSentence, ...] | None = None


@dataclass(frozen=True, slots=True)
class NewAmendment:
    """What shall become of one part of a post that is out, or may be.

    ``edit`` it to ``after``; ``delete`` it, and where that can't be any more, edit it to ``after`` (None
    where the kind edits nothing); ``repost`` deletes it, and a new post has the ``after`` of all; ``reply``
    leaves it, and a new post that answers has them. A part that the new post has more than the old one has
    no ``before``. In a post that turns out to wait still, the part itself becomes ``after``.
    """

    post_id: str
    part: int
    what: Literal["edit", "delete", "repost", "reply"]
    before: Part | None
    after: Part | None = None


@dataclass(frozen=True, slots=True)
class NewAction:
    """All that one command does, in one transaction.

    ``seen`` are the posts as they were when it was worked out: where one is otherwise by now, nothing is
    done; unless ``alone``, they are all that the article has. ``articles`` maps articles to their new text,
    ``recompose`` posts that wait to their new words, which voids approvals. A post that is in a call or
    unknown keeps its amendments until it is known whether it is out. ``block``: nothing of the article's
    addresses is posted any more. ``redact``: its words are taken out of the ledger. ``fixed`` are the
    sentences of the articles that a fix changes. ``settled`` are posts that say what their articles say once
    it is done, so that what their source did to these is no question any more.
    """

    what: ActionKind
    article_id: str
    by: str
    detail: str = ""
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

    ``since`` is when it was asked for. ``receipt`` is the part's evidence; None while nobody knows whether it
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


@dataclass(frozen=True, slots=True)
class AmendmentTerms:
    """What edits and deletes on a channel count against, and cost; ``target`` is where it posts to."""

    rates: Mapping[AmendmentCall, tuple[Rate, ...]] = field(default_factory=dict)
    price: Mapping[AmendmentCall, Decimal | None] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class AmendmentWait:
    """Nothing is to be called on the channel before ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AmendmentResult:
    """How a call for an amendment ended.

    ``done``, or why not: then again at ``due_at``; without one it ends as ``failed``, or as ``manual`` where
    ``by_hand``. ``notice``: it can't be deleted, so that it is edited to its notice from now on.
    ``rate_key`` is the pace key that the platform asked to wait on. ``free``: the call surely did nothing,
    and cost nothing.
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
    """Nothing of an address or article is posted any more: by whom, since when."""

    article_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Blocked:
    """A source that is blocked now: what waited from it and was cancelled, and what of it is out."""

    source: str
    cancelled: tuple[Post, ...] = ()
    out: tuple[Post, ...] = ()


class AmendmentsPort(Protocol):
    """The ledger's part for what happens after a post is out."""

    def act(self, new: NewAction, *, now: datetime) -> Action:
        """All of ``new``, or nothing of it.

        Raises:
            InvalidTransition: a post is otherwise than in ``seen``, or there is another: work it out anew.
            UsageError: there is no such article.
        """
        ...

    def act_all(self, every: Sequence[NewAction], *, now: datetime) -> list[Action]:
        """Several, in their order: all of them, or none. Raises as `act`."""
        ...

    def twins(self, article_id: str) -> list[str]:
        """The article and all that are the same: by address, or as another source's. Its own id first."""
        ...

    def action(self, action_id: int) -> Action: ...

    def actions(self, article_id: str) -> list[Action]:
        """Everything that was done to an article, oldest first."""
        ...

    def amendments(
        self,
        *,
        action_id: int | None = None,
        post_id: str | None = None,
    ) -> list[Amendment]:
        """By number."""
        ...

    def settle_pending(self, *, now: datetime) -> list[Post]:
        """Posts that an action waits for, and of which it is known by now whether they are out."""
        ...

    def has_amendments_to_make(self) -> bool:
        """Is there anything to edit or delete, or a post that an action waits for?"""
        ...

    def next_amendment(self, *, after: datetime) -> datetime | None:
        """When to look again, later than that; None while there is nothing."""
        ...

    def list_amendable_channels(self, *, now: datetime) -> list[str]:
        """Channels with an amendment that is due."""
        ...

    def claim_amendment(
        self, channel: str, terms: AmendmentTerms, *, now: datetime, lease: timedelta
    ) -> tuple[Amendment, datetime] | AmendmentWait | None:
        """The channel's next due one, and when its call may leave: its pace and money are reserved."""
        ...

    def settle_amendment(self, amendment: Amendment, end: AmendmentResult, *, now: datetime) -> Amendment:
        """Store how its call ended. Nothing changes where it was settled otherwise meanwhile."""
        ...

    def release_amendments(self, calling: Mapping[int, int]) -> None:
        """Give back those of this service whose claim or end was lost with the database's answer.

        ``calling`` are those that are being made, as their number and how many tries they have had.
        """
        ...

    def record_manual_removal(self, post_id: str, *, by: str, now: datetime) -> list[Amendment]:
        """A person took a post's parts away: those that were not done yet.

        Raises:
            UsageError: there are none.
        """
        ...

    def list_receipt_times(self, post_id: str) -> dict[int, datetime]:
        """When each part's receipt came."""
        ...

    def is_blocked(self, *, url: str | None = None, article_id: str | None = None) -> TakedownBlock | None:
        """Was the article, or one of this address, taken down?"""
        ...

    def digests(self, article_ids: Sequence[str]) -> list[Post]:
        """Posts of digests that have one of these articles in them."""
        ...

    def gathered(self, digest_id: str) -> list[str]:
        """The articles that a digest was made of, by number."""
        ...

    def block_source(self, source: str, *, by: str, now: datetime) -> Blocked:
        """No more polls; what waits from it is cancelled. Raises UsageError where it was never polled."""
        ...

    def unblock_source(self, source: str, *, by: str, now: datetime) -> bool:
        """Polls go on; False where it was not blocked."""
        ...
