"""The values about posts and channels that the newsroom, the senders and the ledger exchange."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from newsbot.model import SYSTEM, Article, Draft, Failure, Post, PostEvent, Receipt
from newsbot.ports.channels import Rate
from newsbot.reasons import Reason

__all__ = [
    "CallEnding",
    "CallFailure",
    "ChannelCalendar",
    "ChannelState",
    "Claim",
    "ClaimRequest",
    "ClaimTerms",
    "ClaimWait",
    "DuePost",
    "EmbargoLift",
    "IllustratedPost",
    "LatePost",
    "NewDueTime",
    "NewPost",
    "SentArticle",
    "UnknownPost",
]


@dataclass(frozen=True, slots=True)
class NewPost:
    """A draft (a composed post) with everything that the ledger needs to queue it. With ``held_for`` the post
    waits for an editor for that reason. The fields from ``set_at`` on are as in `model.Post`. ``said`` are
    the rules that applied to the article, for the post's timeline.
    """

    draft: Draft
    due_at: datetime
    expires_at: datetime | None
    reason: Reason | None
    approval: int = 0
    held_for: Reason | None = None
    by: str = SYSTEM
    set_at: datetime | None = None
    slot_at: datetime | None = None
    embargo_until: datetime | None = None
    breaking: bool = False
    silent: bool = False
    role: Literal["post", "repeat", "correction", "digest"] = "post"
    answers: str | None = None
    said: tuple[Reason, ...] = ()


class DuePost(NamedTuple):
    """The article of a post that waits for its time or for an editor, and when the post is due."""

    article_id: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The state of a channel: whether it is active or paused, and why.

    ``reason`` says why the channel is paused. ``code`` is the code of the failure that paused it, None if a
    person paused it. ``probe_at`` is the time of newsbot's next check whether a channel paused by its
    platform accepts posts again. ``probes`` counts these checks for this reason; if it is above 0, people
    were notified of the pause already.
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
    """The conditions under which the ledger lets the service's sender claim a channel's post (reserve it for
    a call).

    ``gap`` is the shortest time between two posts of the channel. ``limit_usd`` is the most that the channel
    may spend in a UTC month, None for no limit. ``quiet`` is the start and end of the quiet hours that apply
    now: within them, a post is sent only if a person set a time within them for it. ``day`` is today's start
    and end and its most posts. ``slot`` is the time from the channel's last slot until its next, in which one
    post with a slot is sent. ``passed`` names the limits that breaking posts ignore: any of gap, slots,
    quiet, per_day. ``target`` is the chat or account to which the channel posts: a post that was composed for
    another target is held.
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
    """A claim: the right of one service to make one call, which sends one part (message) of a post.

    The ledger has committed the post's state `sending` and the attempt. ``part`` is the index of the part to
    send. The call is made at ``send_at`` (the time reserved for it), and must have ended by ``lease_until``.
    ``doubted`` says that an earlier call for this part ended as unknown. ``answers`` is the receipt of the
    post to which this post replies. ``counted`` says that the rate limits of other services count the call as
    made from the claim on, so that its start need not be recorded.
    """

    post: Post
    part: int
    send_at: datetime
    lease_until: datetime
    doubted: bool = False
    answers: Receipt | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class ClaimWait:
    """The ledger's answer to a request for a claim (the right to make one call): nothing may be sent on the
    channel before ``until``.

    ``why`` names the cause (pace, gap, budget, retry-after). If ``until`` is None, nothing can be sent until
    a person acts (budget spent, channel paused). ``pace`` is true for rate limits and for a platform that
    asked to wait, for which `run --once` waits, and false for other causes.
    """

    until: datetime | None
    why: str
    pace: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A service's request for a claim: the right to make one call, now, that sends a channel's next post.

    ``lease`` is how long the claim is valid. ``at`` is the due time of a post that is due in a moment: the
    post is claimed before that time and sent at that time. ``late`` are the ids of posts whose photos are
    still being fetched: the posts that follow them in the queue are sent first.
    """

    channel: str
    terms: ClaimTerms
    lease: timedelta
    at: datetime | None = None
    late: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IllustratedPost:
    """A post with photos that is due soon; ``urls`` are the addresses of the first photo of each part with
    photos.
    """

    id: str
    channel: str
    due_at: datetime
    breaking: bool
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallFailure:
    """The result of a call to publish a part to which the platform returned no receipt (confirmation).

    ``event`` is NOT_SENT, REFUSE or LOSE, and ``failure`` has the reason. ``due_at`` is when to try again;
    without it the post keeps its position in the queue. The reserved money is released unless the outcome is
    unknown. ``drop_media`` removes the photo from the part whose call failed. ``pause`` pauses the channel
    with the failure as the reason. ``rate_key`` (with ``due_at``) postpones only that rate limit.
    """

    event: PostEvent
    failure: Failure
    due_at: datetime | None = None
    drop_media: bool = False
    pause: bool = False
    rate_key: str | None = None


@dataclass(frozen=True, slots=True)
class CallEnding:
    """The result of a call to publish one part (message) of a post, which the ledger stores.

    ``terms`` (conditions) and ``lease`` (duration) are for the claim on the next part of the post's thread.
    ``claim`` is the claim (right) by which the call was made: with it the ledger need not read the post
    again, and recognizes a result that comes after another call for the post began. ``quickest`` is the
    duration in seconds of the fastest call of this process: every call arrived at the platform about that
    long before it ended, or earlier.
    """

    post_id: str
    end: Receipt | CallFailure
    terms: ClaimTerms = field(default_factory=ClaimTerms)
    lease: timedelta = timedelta(0)
    claim: Claim | None = None
    quickest: float = 0.0


@dataclass(frozen=True, slots=True)
class UnknownPost:
    """A post of unknown outcome, and the progress of the search for the part (message) that may be published.

    ``attempt`` is the number of the last call for the part. ``began`` are the times at which the calls of
    unknown outcome for the part were to be made, earliest first; ``ended_at`` is when the last of them was
    given up. ``looks`` counts the searches; the next is at ``look_at`` (None: no search was made yet).
    ``absent_since`` is the platform's time of the first complete search that did not find the part. ``mark``
    is the remote id of the channel's last message before these calls; ``mark`` is set only when a process
    begins a search. If ``until`` is set, the ledger was restored from a backup, and calls may have been made
    until that time by the ledger that was lost.
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
    """An article that was posted on a channel, and the time of its last post there."""

    article_id: str
    article: Article
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelCalendar:
    """The times at which a channel's posts were or will be sent, ascending, and its slots that are taken.

    ``slots`` are those of the channel's time slots (times at which it may post) that have a post.
    """

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class NewDueTime:
    """The new due time of a post by its channel's rules.

    ``slot_at`` is the slot (a time at which the channel may post) that the post takes. If ``expires_at`` is
    None, the time at which the post expires does not change.
    """

    post_id: str
    due_at: datetime
    reason: Reason | None
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that was not sent in its time slot, which has passed.

    ``goes`` says that the post may be sent now nevertheless, because it is the first post of its channel that
    missed a slot.
    """

    post: Post
    goes: bool


@dataclass(frozen=True, slots=True)
class EmbargoLift:
    """The result of a person's request to lift an article's embargo.

    If ``done`` is true, the embargo is over. If it is false, ``first_by`` asked to lift the embargo, and a
    second person has to agree. ``posts`` are the article's unsent posts, with their new times if it is over.
    """

    first_by: str
    embargo_until: datetime
    done: bool = False
    posts: Sequence[Post] = ()
