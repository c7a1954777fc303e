"""The ports for problems that need a person, without the texts of the posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from newsbot.model import Event, Failure, PostState
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "ARTICLE_GONE",
    "MAYBE_CORRECTED",
    "RESTORED_CODE",
    "AccountSpending",
    "ChannelTargets",
    "DetectedRestore",
    "FlaggedPost",
    "PostOutline",
    "UnsettledAmendment",
    "explain_other_place",
    "find_new_name",
    "get_account",
    "is_other_target",
]

MAYBE_CORRECTED = Code.MAYBE_CORRECTED()
"""Why newsbot does not edit a sent post. The desk asks a person about it."""

RESTORED_CODE = "restored"
"""The failure code of a post that a lost ledger may have sent."""


@dataclass(frozen=True, slots=True)
class DetectedRestore:
    """A restore of the ledger from a backup that was detected.

    What happened between ``since`` and ``until`` is not in the ledger; ``why`` says how the restore was
    detected. ``waiting`` counts the posts that may be out and wait for evidence or a person. ``handled`` is
    False as long as no service has run on the ledger since: then nothing is held yet, and the times are not
    known.
    """

    why: Reason
    waiting: int = 0
    since: datetime | None = None
    until: datetime | None = None
    handled: bool = True


ChannelTargets = Mapping[str, str | None]
"""The place that each channel of config.yaml posts to; None where it is unknown, which strands no post."""


def is_other_target(then: str | None, now: str | None, *, out: bool = False) -> bool:
    """Return whether two places differ; False if either is unknown.

    For a message that is ``out``, two parts of one place (after ``#``) count as the same.
    """
    if then is None or now is None:
        return False
    return then.partition("#")[0] != now.partition("#")[0] if out else then != now


def find_new_name(name: str, target: str | None, targets: ChannelTargets) -> str | None:
    """Return the channel that ``name`` is called now: it is gone, and one channel alone has its place."""
    if name in targets or target is None:
        return None
    names = [other for other, place in targets.items() if place == target]
    return names[0] if len(names) == 1 else None


def explain_other_place(
    name: str, then: str | None, targets: ChannelTargets, *, out: bool = False
) -> Reason | None:
    """Return why nothing can be done on channel ``name`` at place ``then``; None where it posts there.

    ``out`` is as in `is_other_target`. Every command says this of a post or message that it can't act on.
    """
    if name in targets:
        now = targets[name]
        moved = UsageCode.POSTS_ELSEWHERE(name=name, then=then, place=now)
        return moved if is_other_target(then, now, out=out) else None
    if new := find_new_name(name, then, targets):
        return UsageCode.CHANNEL_HAS_NEW_NAME(name=name, place=new)
    return UsageCode.CHANNEL_GONE(name=name)


def get_account(name: str, target: str | None) -> str:
    """Return the account that the calls of channel ``name`` are charged to.

    It is the place that the channel posts to, or the channel's name if that is unknown.
    """
    return name if target is None else target.partition("#")[0]


class AccountSpending(NamedTuple):
    """An account, and the US dollars that it has spent or reserved in a month."""

    account: str
    usd: Decimal = Decimal(0)


class PostOutline(NamedTuple):
    """A post without its text and receipts.

    ``told_at`` is the time of its last event if it is unknown; else None.
    """

    id: str
    article_id: str
    channel: str
    state: PostState
    attempts: int
    created_at: datetime
    target: str | None
    held_for: Reason | None
    error: Failure | None
    told_at: datetime | None


class UnsettledAmendment(NamedTuple):
    """An edit or delete that is not done, without its text.

    ``target`` is the place that its post was composed for. ``is_out``: the part has a receipt, and ``link``
    is its address; ``error`` is why it is not done.
    """

    post_id: str
    channel: str
    target: str | None
    action_id: int
    state: Literal["due", "calling", "failed", "manual"]
    error: Failure | None
    is_out: bool
    link: str | None


ARTICLE_GONE = "article gone"
"""The event of a post whose article is not published at its source any more."""


class FlaggedPost(NamedTuple):
    """A post that is out, and its latest event about what its source changed since."""

    post_id: str
    channel: str
    told: Event
    article_id: str
