"""The ports for problems that need a person, without the texts of the posts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from newsbot.model import Event, Failure, Post, PostState
from newsbot.ports.actions import Amendment
from newsbot.ports.delivery import NewPost

__all__ = [
    "ARTICLE_GONE",
    "RESTORED_CODE",
    "AlertsPort",
    "ChannelTargets",
    "DetectedRestore",
    "FlaggedPost",
    "PostOutline",
    "RestoresPort",
    "StrandedPostsPort",
    "UnsettledAmendment",
    "is_other_target",
]

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

    why: str
    waiting: int = 0
    since: datetime | None = None
    until: datetime | None = None
    handled: bool = True


class RestoresPort(Protocol):
    """The ledger's part for restores."""

    def get_pending_restore(self) -> DetectedRestore | None:
        """Return the last restore, as long as some of its posts wait; changes nothing."""
        ...


ChannelTargets = Mapping[str, str | None]
"""The place that each channel of config.yaml posts to; None where it is unknown, which strands no post."""


def is_other_target(then: str | None, now: str | None, *, out: bool = False) -> bool:
    """Return whether two places differ; False if either is unknown.

    For a message that is ``out``, two parts of one place (after ``#``) count as the same.
    """
    if then is None or now is None:
        return False
    return then.partition("#")[0] != now.partition("#")[0] if out else then != now


class StrandedPostsPort(Protocol):
    """The ledger's part for posts and articles whose channel or source config.yaml no longer has."""

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        """Hold the waiting posts that were composed for another place than their channel posts to now.

        Returns them. Posts that an older version queued get their channel's place when this is first called.
        """
        ...

    def end_stranded_amendments(self, targets: ChannelTargets, *, now: datetime) -> list[Amendment]:
        """End the due edits and deletes of messages in a place that no channel posts to any more.

        A deletion becomes a person's task, an edit fails. Returns them.
        """
        ...

    def count_stranded_articles(self, sources: Collection[str]) -> dict[str, int]:
        """Count the unread articles of each source that is not among ``sources``."""
        ...

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        """Cancel a waiting post and queue ``new`` in its place, with an event on both.

        Raises:
            AlreadyPosted: the article is out or waiting on that channel.
            InvalidTransition: the post does not wait, or a part of it is out.
            SlotTaken: as `DueTimesPort.replan`.
        """
        ...


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
    held_for: str | None
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


class AlertsPort(Protocol):
    """The Ledger port's part for alerts."""

    def list_urgent_posts(self, targets: ChannelTargets) -> list[PostOutline]:
        """Return the posts that need attention, by due time.

        These are posts that are unknown, or held for anything but an approval; and posts that wait, are in a
        call or unknown while their channel is gone or posts elsewhere.
        """
        ...

    def list_recent_failures(self, *, since: datetime, limit: int) -> tuple[list[PostOutline], int]:
        """Return the ``limit`` posts that failed last since ``since``, and how many failed in all."""
        ...

    def list_unsettled_amendments(self, *, failed_since: datetime | None = None) -> list[UnsettledAmendment]:
        """Return the edits and deletes that are due, in a call or a person's task; by number.

        With ``failed_since`` also those that failed and were due then or later.
        """
        ...

    def get_last_restore(self) -> DetectedRestore | None:
        """Return the last restore that a service has handled, without its ``waiting``.

        Otherwise it is as `RestoresPort.get_pending_restore`.
        """
        ...
