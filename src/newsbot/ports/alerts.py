"""What the ledger knows of that needs a person, without the texts that it is about."""

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
"""The failure code of a post that may be out by a ledger that was lost."""


@dataclass(frozen=True, slots=True)
class DetectedRestore:
    """A restore that was noticed.

    What happened between ``since`` and ``until`` is not in the ledger; ``why`` says how that was noticed.
    ``waiting`` counts the posts that may be out and wait for evidence or a person. ``handled`` is False as
    long as no service has run on the ledger since: then nothing is held yet, and the times are not known.
    """

    why: str
    waiting: int = 0
    since: datetime | None = None
    until: datetime | None = None
    handled: bool = True


class RestoresPort(Protocol):
    """The ledger's part for restores."""

    def restored(self) -> DetectedRestore | None:
        """The last restore, as long as something of it waits; only looks."""
        ...


ChannelTargets = Mapping[str, str | None]
"""The place that each channel of config.yaml posts to; None where it is not known, which strands nothing."""


def is_other_target(then: str | None, now: str | None, *, out: bool = False) -> bool:
    """Compare two places, as far as both are known. What is ``out`` may be in another part of its place."""
    if then is None or now is None:
        return False
    return then.partition("#")[0] != now.partition("#")[0] if out else then != now


class StrandedPostsPort(Protocol):
    """The ledger's part for them."""

    def hold_stranded_posts(self, targets: ChannelTargets, *, now: datetime) -> list[Post]:
        """Hold the posts that wait for another place than their channel posts to; returns them.

        What an older version queued gets its channel's place when this is first called.
        """
        ...

    def end_stranded_amendments(self, targets: ChannelTargets, *, now: datetime) -> list[Amendment]:
        """End the edits and deletes that are due, of messages in a place that no channel posts to.

        A deletion is a person's to do, an edit failed. Returns them.
        """
        ...

    def count_stranded_articles(self, sources: Collection[str]) -> dict[str, int]:
        """How many articles wait to be read of each source that is not among ``sources``."""
        ...

    def move_channel(self, post_id: str, new: NewPost, *, by: str, now: datetime) -> Post:
        """Cancel a post that waits and queue ``new`` in its place, with a line in both stories.

        Raises:
            AlreadyPosted: the article is out or waiting on that channel.
            InvalidTransition: the post does not wait, or a part of it is out.
            SlotTaken: as `Planning.replan`.
        """
        ...


class PostOutline(NamedTuple):
    """A post without its words and receipts.

    ``told_at`` is when the last line of its story was written, of one that is unknown; else None.
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
    """An edit or delete that is not done, without its words.

    ``target`` is the place that its post was composed for. ``is_out``: the part has a receipt, of which
    ``link`` is the address; ``error`` is why it is not done.
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
"""The line of a post's story that says that its article is not published at its source any more."""


class FlaggedPost(NamedTuple):
    """A post that is out, and the latest line of its story that says what its source did since."""

    post_id: str
    channel: str
    told: Event
    article_id: str


class AlertsPort(Protocol):
    """The Ledger port's part for alerts."""

    def pressing(self, targets: ChannelTargets) -> list[PostOutline]:
        """Posts that are unknown, or held for anything but an approval; and those that wait, are in a call or
        unknown and whose channel is gone or posts elsewhere. By due time.
        """
        ...

    def list_recent_failures(self, *, since: datetime, limit: int) -> tuple[list[PostOutline], int]:
        """Return the ``limit`` posts that failed last since then, and how many failed in all."""
        ...

    def unsettled(self, *, failed_since: datetime | None = None) -> list[UnsettledAmendment]:
        """Edits and deletes that are due, in a call or a person's to make; by number.

        With ``failed_since`` also those that failed, and were due then or later.
        """
        ...

    def get_last_restore(self) -> DetectedRestore | None:
        """As `RestoresPort.restored`, of a restore that a service has noticed; without its ``waiting``."""
        ...
