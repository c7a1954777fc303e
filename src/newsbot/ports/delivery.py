"""What the newsroom, the senders and the ledger exchange about posts and channels."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from newsbot.model import Article, Draft, Failure, Post, PostEvent, Receipt
from newsbot.ports.channels import Rate
from newsbot.reasons import Reason

__all__ = [
    "CallEnding",
    "CallFailure",
    "ChannelState",
    "Claim",
    "ClaimRequest",
    "ClaimTerms",
    "ClaimWait",
    "IllustratedPost",
    "NewPost",
    "SentArticle",
    "UnknownPost",
]


@dataclass(frozen=True, slots=True)
class NewPost:
    """A draft with everything that the ledger needs to queue it. With ``held_for`` set it is held.

    The fields from ``set_at`` on are as in `model.Post`. ``said`` are the rules that applied, for its events.
    """

    draft: Draft
    due_at: datetime
    expires_at: datetime | None
    reason: Reason | None
    approval: int = 0
    held_for: Reason | None = None
    by: str = "system"
    set_at: datetime | None = None
    slot_at: datetime | None = None
    embargo_until: datetime | None = None
    breaking: bool = False
    silent: bool = False
    role: Literal["post", "repeat", "correction", "digest"] = "post"
    answers: str | None = None
    said: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The state of a channel.

    ``reason`` says why it is paused, ``code`` which failure paused it, if one did. ``probe_at`` is the next
    probe of a channel that was paused by its platform; ``probes`` counts the probes for this reason: above 0,
    people were notified already.
    """

    name: str
    state: Literal["active", "paused"] = "active"
    reason: Reason | None = None
    paused_by: str | None = None
    paused_at: datetime | None = None
    code: str | None = None
    probes: int = 0
    probe_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """The conditions for a claim on a channel.

    ``gap`` is the least time between two posts of the channel; ``limit_usd`` is the month's hard limit (UTC
    month), None for none; ``quiet`` is the start and end of the quiet hours that apply now: in them only
    posts go whose time a person set within them, as rules never do. ``day`` is today's start and end and its
    most posts; ``slot`` is the time from the channel's last slot until its next, in which one post with a
    slot goes. ``passed`` names the limits that breaking posts ignore: any of gap, slots, quiet, per_day.
    ``target`` is where the channel posts to: a post that was composed for another place is held.
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
    of the post that this one replies to.
    """

    post: Post
    part: int
    send_at: datetime
    lease_until: datetime
    doubted: bool = False
    answers: Receipt | None = None


@dataclass(frozen=True, slots=True)
class ClaimWait:
    """The reason why nothing may be sent on this channel before ``until``.

    ``why`` names it (pace, gap, budget, retry-after). ``until`` None: nothing can be sent until a person acts
    (budget spent, channel paused). ``pace`` is true for rate limits and retry-after, which `run --once` waits
    for, and false for the rest.
    """

    until: datetime | None
    why: str
    pace: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A channel that could make a call now, with its terms and the duration of a claim.

    ``at`` is the due time of a post that is due in a moment: it is claimed before that, and leaves then.
    ``late`` are the ids of posts whose photos are still being fetched: the posts after them go first.
    """

    channel: str
    terms: ClaimTerms
    lease: timedelta
    at: datetime | None = None
    late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IllustratedPost:
    """A post with photos that is due soon. ``urls`` are its photos, one per part."""

    id: str
    channel: str
    due_at: datetime
    breaking: bool
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallFailure:
    """The result of a call that ended without a receipt: NOT_SENT, REFUSE or LOSE, with the reason.

    ``due_at`` is when to try again. The money is released unless the outcome is unknown. ``drop_media``
    removes the photo from the part in flight. ``pause`` pauses the channel with the failure as reason, and
    the post keeps its place in the queue. ``rate_key`` (with ``due_at``) postpones that rate limit and no
    other.
    """

    event: PostEvent
    failure: Failure
    due_at: datetime | None = None
    drop_media: bool = False
    pause: bool = False
    rate_key: str | None = None


@dataclass(frozen=True, slots=True)
class CallEnding:
    """The result of the call for a post; ``terms`` and ``lease`` are for the next part of its thread.

    ``claim`` is the call's claim: with it the ledger need not read the post again, and recognizes a result
    that comes after another call for the post began. ``quickest`` is the duration in seconds of the fastest
    call of this process: a call arrived at least that long before its end, give or take what every call needs
    to arrive.
    """

    post_id: str
    end: Receipt | CallFailure
    terms: ClaimTerms = field(default_factory=ClaimTerms)
    lease: timedelta = timedelta(0)
    claim: Claim | None = None
    quickest: float = 0.0


@dataclass(frozen=True, slots=True)
class UnknownPost:
    """An unknown post, and the progress of the search for its part in doubt.

    ``attempt`` names the call; ``began`` is when each call for the part whose outcome is unknown was to
    leave, earliest first, and ``ended_at`` when the last of them was given up. ``looks`` counts the searches;
    the next is at ``look_at`` (None: none was made yet). ``absent_since`` is the platform's time of the first
    complete search that did not find it. ``mark`` is the remote id of the channel's message before all that;
    only claims set it. ``until`` set: a ledger that was lost may have made unrecorded calls until then.
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
    """An article that was sent on a channel, and when its last post there was."""

    article_id: str
    article: Article
    at: datetime
