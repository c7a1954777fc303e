"""What the newsroom, senders and the ledger tell each other of posts and channels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from newsbot.model import Article, Draft, Failure, Post, PostEvent, Receipt
from newsbot.ports.adapters import Rate

__all__ = [
    "CallEnding",
    "CallFailure",
    "ChannelState",
    "Claim",
    "ClaimRequest",
    "ClaimTerms",
    "ClaimWait",
    "DigestsPort",
    "IllustratedPost",
    "NewPost",
    "SentArticle",
    "UnknownPost",
]


@dataclass(frozen=True, slots=True)
class NewPost:
    """A draft with everything that the ledger needs to queue it. ``held_for`` set means: held.

    From ``set_at`` on as in `model.Post`. ``said`` are the rules that applied, for its story.
    """

    draft: Draft
    due_at: datetime
    expires_at: datetime | None
    reason: str
    approval: int = 0
    held_for: str | None = None
    by: str = "system"
    set_at: datetime | None = None
    slot_at: datetime | None = None
    embargo_until: datetime | None = None
    breaking: bool = False
    silent: bool = False
    role: Literal["post", "repeat", "correction", "digest"] = "post"
    answers: str | None = None
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelState:
    """``reason`` says why a paused channel is paused, ``code`` which failure made it so, where one did.

    ``probe_at`` is when a channel that its platform made pause is looked at next; ``probes`` counts the looks
    for this reason: above 0, it was said already.
    """

    name: str
    state: Literal["active", "paused"] = "active"
    reason: str | None = None
    paused_by: str | None = None
    paused_at: datetime | None = None
    code: str | None = None
    probes: int = 0
    probe_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """What a claim on a channel is subject to.

    ``gap`` is the least time between two posts of the channel; ``limit_usd`` the month's hard stop (UTC
    month), None for none; ``quiet`` since when and until when the quiet hours that hold now last: in them
    only a post goes whose time a person set in them, as rules never do. ``day`` is today and the most posts
    of it; ``slot`` the time from the channel's last slot until its next, in which one post with a slot goes.
    ``passed`` is what breaking posts pass: of gap, slots, quiet, per_day. ``target`` is where the channel
    posts to: a post that was composed for another place is held.
    """

    rates: tuple[Rate, ...] = ()
    gap: timedelta = timedelta(0)
    limit_usd: Decimal | None = None
    quiet: tuple[datetime, datetime] | None = None
    day: tuple[datetime, datetime, int] | None = None
    slot: tuple[datetime, datetime] | None = None
    passed: frozenset[str] = frozenset()
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one call: the post is `sending`, its attempt row is written, both committed.

    ``part`` is the part to send. The call leaves at ``send_at`` (its reserved slot), and must have ended by
    ``lease_until``. ``doubted``: an earlier call for this part ended as unknown. ``answers`` is the receipt
    of the post that this one answers.
    """

    post: Post
    part: int
    send_at: datetime
    lease_until: datetime
    doubted: bool = False
    answers: Receipt | None = None


@dataclass(frozen=True, slots=True)
class ClaimWait:
    """Nothing may go on this channel before ``until``; ``why`` in words (pace, gap, budget, retry-after).

    ``until`` None: nothing can go at all until somebody acts (budget spent, channel paused). ``pace`` is
    true for pace and retry-after, which `run --once` waits out, and false for the rest.
    """

    until: datetime | None
    why: str
    pace: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A channel that could make a call now: its terms, and how long a claim on it shall hold.

    ``at`` is the due time of a post that is a moment ahead: it is claimed before that, and leaves then.
    ``late`` are the ids of posts whose photos are still on their way: the posts after them go first.
    """

    channel: str
    terms: ClaimTerms
    lease: timedelta
    at: datetime | None = None
    late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IllustratedPost:
    """A post with photos that is due soon; ``urls`` are theirs, one a part."""

    id: str
    channel: str
    due_at: datetime
    breaking: bool
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallFailure:
    """A call ended without a receipt: NOT_SENT, REFUSE or LOSE, with why.

    ``due_at`` is when to try again; money is released unless the outcome is unknown; ``drop_media`` takes the
    photo off the part in flight; ``pause`` pauses the channel with the failure as reason, and the post keeps
    its place in the queue; ``rate_key`` (with ``due_at``) moves that pace key and no other.
    """

    event: PostEvent
    failure: Failure
    due_at: datetime | None = None
    drop_media: bool = False
    pause: bool = False
    rate_key: str | None = None


@dataclass(frozen=True, slots=True)
class CallEnding:
    """How the call for a post ended; ``terms`` and ``lease`` are for a thread's next part.

    ``claim`` is the call's: it spares the ledger reading the post again, and tells an ending that comes after
    another call for the post began. ``quickest`` is how many seconds the fastest call of this process took:
    the call arrived at the latest so long before its end, give or take what every call needs to arrive.
    """

    post_id: str
    end: Receipt | CallFailure
    terms: ClaimTerms = field(default_factory=ClaimTerms)
    lease: timedelta = timedelta(0)
    claim: Claim | None = None
    quickest: float = 0.0


@dataclass(frozen=True, slots=True)
class UnknownPost:
    """An unknown post, and how far the search for its part in doubt has come.

    ``attempt`` names the call; ``began`` is when each call for the part whose outcome is unknown was to
    leave, earliest first, and ``ended_at`` when the last of them was given up. ``looks`` counts; the next is
    at ``look_at`` (None: not looked yet). ``absent_since`` is the platform's time of the first whole look
    that did not find it. ``mark`` is the remote id of the channel's message before all that, known to claims
    alone. ``until`` set: a ledger that was lost may have made calls until then, of which nothing is known.
    """

    post: Post
    attempt: int
    began: tuple[datetime, ...]
    ended_at: datetime
    looks: int = 0
    look_at: datetime | None = None
    absent_since: datetime | None = None
    mark: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentArticle:
    """An article that went out on a channel, and when its last post there did."""

    article_id: str
    article: Article
    at: datetime


class DigestsPort(Protocol):
    """The Ledger port's part for what comes of itself. What is blocked or redacted never does."""

    def list_sent_articles(self, channel: str, since: datetime, until: datetime) -> list[SentArticle]:
        """The articles whose first post there went out after ``since``, until ``until``; the latest first."""
        ...

    def has_digest(self, guid: str) -> bool:
        """Was it made, with something in it or not?"""
        ...

    def add_digest(
        self, digest: Article, members: Collection[str], posts: Sequence[NewPost], *, now: datetime, note: str
    ) -> list[Post]:
        """A digest is an article of the source "digest". Once: what is there already gives none.

        Raises:
            SlotTaken: as `Planning.replan`.
        """
        ...

    def list_repeatable_articles(
        self, channel: str, tags: Collection[str], *, before: datetime, limit: int
    ) -> list[SentArticle]:
        """Articles with one of ``tags`` that were last out there before then, and wait there with no post.

        The one that was out the longest ago first; not those that are gone at their source.
        """
        ...
