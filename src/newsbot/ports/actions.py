"""The values that the ledger and other layers exchange about actions on published posts: edits, deletes, and
blocks of articles.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from newsbot.model import Article, Draft, Failure, Part, Post, Receipt
from newsbot.ports.channels import AmendmentCall, Rate
from newsbot.reasons import Reason

__all__ = [
    "REMOVALS",
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
REMOVALS: frozenset[ActionKind] = frozenset({"withdraw", "takedown"})
"""The kinds of action that remove everything that is published of an article's text."""

AmendmentState = Literal["due", "calling", "done", "failed", "manual", "over"]


@dataclass(frozen=True, slots=True)
class FixedSentence:
    """A sentence that a fix (a small correction of an article) changed, with its neighbours in the article.

    At the ends of the text, a neighbour is "". White space is collapsed. If the fix spans a full stop,
    ``before`` and ``after`` are the whole paragraph before and after the fix.
    """

    part: ArticlePart
    before: str
    after: str
    previous: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """The action of a person on an article and all its published posts, as the ledger stores it.

    ``what`` is the kind of action; the kind ``edit`` means that the article's source edited the article.
    ``fixed`` are the sentences that a ``fix`` changed; None if an earlier version of newsbot did not store
    them.
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
    """The change that a person or source wants for one part (message) of a post that may be published.

    ``edit`` changes the part to ``after``. ``delete`` deletes the part or, if the platform no longer allows
    that, edits it to ``after`` (None if that kind of channel can't edit). ``repost`` deletes the part, and a
    new post has the ``after`` of all parts. ``reply`` leaves the part, and a new post that replies to it has
    the ``after`` of all parts. ``before`` is None for a part that only the new post has. If the post turns
    out to be unpublished, the part is simply replaced by ``after``.
    """

    post_id: str
    part: int
    what: Literal["edit", "delete", "repost", "reply"]
    before: Part | None
    after: Part | None = None


@dataclass(frozen=True, slots=True)
class NewAction:
    """Everything that one command on a published article changes, applied in one transaction.

    ``seen`` are the posts as they were when the action was prepared: if one of them has changed since,
    nothing is done. Unless ``alone`` is true, ``seen`` are all the posts of the article. ``articles`` maps
    article ids to their new text. ``recompose`` maps ids of waiting posts to their new draft, which makes
    approvals void. If a post is being sent or of unknown outcome, its ``amendments`` (edits and deletes of
    parts) wait until it is known whether the post is published. With ``block``, nothing with the article's
    addresses is posted any more; with ``redact``, the article's text is removed from the ledger. ``fixed``
    are the sentences of the articles that a fix changes. ``settled`` are the ids of posts that agree with
    their articles afterwards, so that editors are no longer asked about them.
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
    """One edit or delete of one part (message) of a post, as the ledger stores it and the service executes
    it.

    ``error`` says why the edit or delete is not done yet, or never will be. ``since`` is when it was
    requested. ``receipt`` is the platform's confirmation of the part; None while nobody knows whether the
    part is published.
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
        """Return whether the amendment (an edit or delete) removes published text, by a deletion or by an
        edit to a notice.
        """
        return self.what == "delete" or self.action in REMOVALS


@dataclass(frozen=True, slots=True)
class AmendmentTerms:
    """The rate limits and prices (in USD) of the calls that edit or delete a channel's published messages.

    ``target`` is the chat or account to which the channel posts.
    """

    rates: Mapping[AmendmentCall, tuple[Rate, ...]] = field(default_factory=dict)
    price: Mapping[AmendmentCall, Decimal | None] = field(default_factory=dict)
    target: str | None = None


@dataclass(frozen=True, slots=True)
class AmendmentWait:
    """The ledger's answer that no message of the channel may be edited or deleted before ``until``."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AmendmentResult:
    """The result of a call to the platform for an amendment (an edit or delete of one part).

    The amendment is ``done``, or has a ``failure``. After a failure it is retried at ``due_at``. Without
    ``due_at`` it ends as ``failed`` or, with ``by_hand``, as ``manual``, which means that a person has to do
    it. ``notice`` says that the part can't be deleted, so it is edited to a notice instead. ``rate_key``
    names the rate limit that the platform asked to wait for. ``free`` says that the call surely did nothing
    and cost nothing. ``receipt`` is the part's receipt after an edit that is done.
    """

    done: bool = False
    receipt: Receipt | None = None
    failure: Failure | None = None
    due_at: datetime | None = None
    by_hand: bool = False
    notice: bool = False
    rate_key: str | None = None
    free: bool = False


@dataclass(frozen=True, slots=True)
class TakedownBlock:
    """The block that a takedown (the removal of an article) put on an address or article: nothing of it is
    posted any more.

    ``by`` is the person who asked for the takedown, and ``at`` its time.
    """

    article_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Blocked:
    """The result of blocking a source: its waiting posts (now ``cancelled``) and sent posts (``out``)."""

    source: str
    cancelled: tuple[Post, ...] = ()
    out: tuple[Post, ...] = ()
