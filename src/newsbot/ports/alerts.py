"""The ledger's records of problems that need a person, without the texts of the posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from newsbot.model import Event, Failure, PostState, TimelineEvent
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "ARTICLE_GONE",
    "MAYBE_CORRECTED",
    "RESTORED_CODE",
    "AccountSpending",
    "ChannelTargets",
    "DetectedRestore",
    "FlaggedPost",
    "Notice",
    "PostOutline",
    "RunningService",
    "UnsettledAmendment",
    "explain_other_place",
    "find_new_name",
    "get_account",
    "is_other_target",
]

MAYBE_CORRECTED = Code.MAYBE_CORRECTED()
"""The reason why newsbot does not edit a sent post itself after the ledger was restored from a backup: the
post may have been corrected already, by a command of which the restored ledger has no record.

The desk asks a person instead.
"""

RESTORED_CODE = "restored"
"""The failure code of a post that may have been sent after the backup that the ledger was restored from."""


@dataclass(frozen=True, slots=True)
class DetectedRestore:
    """A restore of the ledger from a backup, which newsbot detected.

    The ledger has no records of the time between ``since`` and ``until``. ``why`` says how the restore was
    detected. ``waiting`` counts the posts that may have been published in that time and wait for evidence or
    a person. ``handled`` is False as long as no service has run on the ledger since the restore: then no post
    is held back yet, and the times are not known.
    """

    why: Reason
    waiting: int = 0
    since: datetime | None = None
    until: datetime | None = None
    handled: bool = True


ChannelTargets = Mapping[str, str | None]
"""The chat or account to which each channel of config.yaml posts.

None means that it is unknown: then the channel counts as posting where it always did.
"""


def is_other_target(then: str | None, now: str | None, *, out: bool = False) -> bool:
    """Return whether a channel's targets (chats or accounts) at two times differ.

    The result is False if one of the targets is unknown (None). For a message that is published (``out``),
    targets that only differ after ``#`` (the topic of a chat) count as the same.
    """
    if then is None or now is None:
        return False
    return then.partition("#")[0] != now.partition("#")[0] if out else then != now


def find_new_name(name: str, target: str | None, targets: ChannelTargets) -> str | None:
    """Return the name of the channel that now posts to ``target``, as the removed channel ``name`` did.

    Returns None if ``name`` still exists, or if not exactly one channel posts to that target (chat or
    account).
    """
    if name in targets or target is None:
        return None
    names = [other for other, place in targets.items() if place == target]
    return names[0] if len(names) == 1 else None


def explain_other_place(
    name: str, then: str | None, targets: ChannelTargets, *, out: bool = False
) -> Reason | None:
    """Return why newsbot can't act on a post that was composed for another target than its channel has now.

    The channel ``name`` had the target (chat or account) ``then``. Returns None if it still posts there.
    ``out`` says that the post is published; then the topic of a chat does not count. Every command gives this
    reason for a post or message on which it can't act.
    """
    if name in targets:
        now = targets[name]
        moved = UsageCode.POSTS_ELSEWHERE(name=name, then=then, place=now)
        return moved if is_other_target(then, now, out=out) else None
    if new := find_new_name(name, then, targets):
        return UsageCode.CHANNEL_HAS_NEW_NAME(name=name, place=new)
    return UsageCode.CHANNEL_GONE(name=name)


def get_account(name: str, target: str | None) -> str:
    """Return the account to which the costs of the channel ``name`` are charged.

    This is the chat or account to which the channel posts, or the channel's name if that is unknown.
    """
    return name if target is None else target.partition("#")[0]


class AccountSpending(NamedTuple):
    """An account, and the US dollars that it has spent or reserved in a month."""

    account: str
    usd: Decimal = Decimal(0)


class PostOutline(NamedTuple):
    """A post without its text and receipts, as lists of problems show it.

    If the post's outcome is unknown, ``told_at`` is the time of the last event in the post's history; for
    other posts it is None.
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
    """An edit or delete of a part of a post that is not done, without its text.

    ``target`` is the chat or account for which the post was composed. ``is_out`` says that the part is
    published; ``link`` is the published message's address. ``error`` says why the edit or delete is not done.
    """

    post_id: str
    channel: str
    target: str | None
    action_id: int
    state: Literal["due", "calling", "failed", "manual"]
    error: Failure | None
    is_out: bool
    link: str | None


ARTICLE_GONE = TimelineEvent.ARTICLE_GONE
"""The name of the event that a post's article is not published at its source any more."""


class FlaggedPost(NamedTuple):
    """A published post whose article was changed by its source after the publication.

    ``told`` is the latest event of the post's history that records such a change.
    """

    post_id: str
    channel: str
    told: Event
    article_id: str


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service (process) of newsbot that runs now.

    ``failed`` are the tasks of the service that do not work now, such as the poll of a source. Each is a JSON
    object with the task's ``name``, its ``error`` as text, the same error as the JSON of a ``reason``, and
    the time of its first failure (``since``). ``version`` is the version of newsbot, and ``roles`` are the
    names of the service's roles; None and empty for a version that did not store them.
    """

    host: str
    pid: int
    failed: tuple[dict[str, Any], ...] = ()
    version: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem of which people were notified and that is not solved yet.

    ``key`` is ``KIND:WHAT``, like ``budget:x-main:80``; ``at`` is when people were notified.
    """

    key: str
    at: datetime
    detail: str
