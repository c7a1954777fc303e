"""The ports for posts before they are sent: due times, votes, edits, embargoes, and their history."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from newsbot.model import Approval, Attempt, Part, Post, PostWarning

__all__ = [
    "SILENCE_PRECISION",
    "ApprovalsPort",
    "ChannelCalendar",
    "DueTimesPort",
    "EmbargoLift",
    "EmbargoesPort",
    "LatePost",
    "NewDueTime",
    "PostBatchesPort",
    "PostEditsPort",
    "PostHistoryPort",
]


@dataclass(frozen=True, slots=True)
class ChannelCalendar:
    """The taken times of a channel.

    ``times`` are when posts go or went, ascending; ``slots`` are the slots that have a post.
    """

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class NewDueTime:
    """A post's new due time by the rules. With ``expires_at`` None the expiry time stays as it is."""

    post_id: str
    due_at: datetime
    reason: str
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that is past its slot.

    ``goes``: it may be sent now nevertheless, as the first of its channel.
    """

    post: Post
    goes: bool


class DueTimesPort(Protocol):
    """The Ledger port's part for due times."""

    def calendar(
        self, channel: str, *, since: datetime, without: Collection[str] = (), slots: bool = True
    ) -> ChannelCalendar:
        """Return the taken times of a channel since ``since``, without those of the posts ``without``.

        Posts that wait, may be out or are out count; a held post counts if it has a slot. Without ``slots``
        the slots are not read.
        """
        ...

    def reschedule(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: str,
        by: str,
        now: datetime,
        set_at: datetime | None = None,
        asked_at: datetime | None = None,
    ) -> Post:
        """Set another time, chosen by a person, for a post that is held, scheduled or retrying.

        The post loses its slot. ``set_at`` is the time that the person set, ``asked_at`` when they asked to
        send it at once. It never goes before its embargo ends. If its approval was for another time, it is
        held again.

        Raises:
            InvalidTransition: the post is in another state.
        """
        ...

    def move_to_breaking_lane(
        self,
        post_id: str,
        *,
        due_at: datetime,
        expires_at: datetime | None,
        reason: str,
        approval: int,
        silent: bool,
        by: str,
        now: datetime,
    ) -> Post:
        """Move a post into the breaking lane, for a person; it loses its slot and any time that was set.

        ``approval`` is how many approvals the lane asks at most; approvals that the post has already count. A
        post that a rule holds stays held, and nothing goes before the post's embargo ends.

        Raises:
            InvalidTransition: the post is neither held nor scheduled nor retrying.
        """
        ...

    def replan(self, times: Sequence[NewDueTime], *, by: str, now: datetime) -> list[Post]:
        """Set new due times by the rules, in one transaction; posts that no longer wait are skipped.

        Raises:
            SlotTaken: another post took one of the slots in the meantime; nothing is changed.
        """
        ...

    def resume(
        self,
        name: str,
        *,
        by: str,
        now: datetime,
        times: Sequence[NewDueTime] = (),
        drop: Collection[str] = (),
    ) -> int:
        """Resume a channel for a person, and forget why it was paused.

        The posts in ``drop`` are cancelled and the posts in ``times`` get another time, all in one
        transaction. Returns how many posts these were.

        Raises:
            SlotTaken: as `replan`.
        """
        ...

    def list_late_posts(self, channels: Mapping[str, datetime], *, now: datetime) -> list[LatePost]:
        """Return the posts that are past their slot on these channels, where they are active; by time.

        ``channels`` maps each channel to the time of its last slot: from then until the next slot, one post
        goes.
        """
        ...


class ApprovalsPort(Protocol):
    """The ledger's part for approvals. A person may be known by several names (``cli:ana``, ``tg:111``)."""

    def approve(
        self,
        post_id: str,
        *,
        by: str,
        now: datetime,
        due_at: datetime,
        reason: str,
        slot_at: datetime | None = None,
        content: str | None = None,
        person: Callable[[str], str] = str,
    ) -> Post:
        """Record one vote for the current content of a post; the last vote that it needs schedules it.

        ``content`` is the `Post.content` that the voter saw. ``person`` maps each name to one name per
        person.

        Raises:
            VoteRefused: the post is approved already; it is not ``content`` any more; or, where two votes are
                required, the vote is from the person who edited it or a second one from the same person.
            SlotTaken: as `DueTimesPort.replan`.
            InvalidTransition: the post is not held.
        """
        ...

    def list_votes(self, post_id: str) -> list[Approval]:
        """Return the votes for the current content of the post, the earliest first."""
        ...

    def refuse(self, post_id: str, *, by: str, why: str, now: datetime) -> Post:
        """Cancel a post that a person rejected, with the reason.

        Raises:
            InvalidTransition: the post does not wait.
        """
        ...

    def list_held_posts_due(self, before: datetime) -> list[Post]:
        """Return the held posts that are due, or expire, before then, by due time."""
        ...


class PostEditsPort(Protocol):
    """The ledger's part for posts whose text a person edits."""

    def edit(
        self,
        post_id: str,
        parts: Sequence[Part],
        *,
        cost_usd: Decimal | None,
        content: str,
        by: str,
        now: datetime,
        detail: str,
        warnings: Sequence[PostWarning] = (),
    ) -> Post:
        """Replace the text of a post with what a person wrote, and its warnings.

        Earlier approvals are void, and no automatic update overwrites the text. ``content`` is the
        `Post.content` that the person edited.

        Raises:
            InvalidTransition: the post does not wait, is out in part, or is not ``content`` any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbargoLift:
    """The result of a request to lift an embargo.

    ``done``: the embargo is over. Otherwise ``first_by`` asked to lift it, and a second person has to agree.
    """

    first_by: str
    embargo_until: datetime
    done: bool = False


class EmbargoesPort(Protocol):
    """The Ledger port's part for embargoes. An embargo holds for an article from whatever source it came."""

    def embargo(self, article_id: str) -> datetime | None:
        """Return the end of the article's embargo, past or not; None where there is none.

        Raises:
            UsageError: there is no such article.
        """
        ...

    def get_embargo_of_url(self, url: str) -> datetime | None:
        """Return the end of the embargo of the article with that address; None where there is none."""
        ...

    def list_unsent_posts(self, article_id: str) -> list[Post]:
        """Return the article's posts that are held, scheduled or retrying, by due time."""
        ...

    def set_embargo(
        self, article_id: str, until: datetime, times: Sequence[NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Embargo an article until ``until``, and return its unsent posts as they are now.

        Posts that are not in ``times`` and were due earlier are postponed to the embargo's end.

        Raises:
            UsageError: the article has an embargo that lasts longer.
            SlotTaken: as `DueTimesPort.replan`.
        """
        ...

    def lift_embargo(
        self,
        article_id: str,
        times: Sequence[NewDueTime],
        *,
        by: str,
        now: datetime,
        person: Callable[[str], str] = str,
    ) -> EmbargoLift:
        """Record a person's request to lift an embargo; the second person's request ends it.

        ``times`` are the posts' new due times then. ``person`` maps each name to one name per person.

        Raises:
            UsageError: there is no embargo, or it is over.
            SlotTaken: as `DueTimesPort.replan`.
        """
        ...


SILENCE_PRECISION = timedelta(hours=4)
"""The longest gap that is no silence: `PostBatchesPort.list_found_times` may leave out times within it."""


class PostBatchesPort(Protocol):
    """The Ledger port's part for commands and questions about many posts."""

    def release(
        self, post_ids: Sequence[str], times: Mapping[str, NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Release held posts, all or none: to the approval that they need, or to their ``times``, by post id.

        Posts that are not held any more are skipped.
        """
        ...

    def cancel_all(self, post_ids: Sequence[str], *, by: str, now: datetime, detail: str) -> list[Post]:
        """Cancel the posts that still wait, all or none, and return them."""
        ...

    def list_found_times(self, source: str, *, since: datetime) -> list[datetime]:
        """Return when articles of a source were found since ``since``, earliest first.

        Articles of the source's first sight are left out. Of many that were found within `SILENCE_PRECISION`
        of each other only some are returned, and always the newest: each silence that is longer than that
        shows between two of the times.
        """
        ...


class PostHistoryPort(Protocol):
    """The Ledger port's part for questions about what happened to a post."""

    def list_calls(self, post_id: str) -> list[Attempt]:
        """Return every call for the post, earliest first."""
        ...

    def list_sentences(self, post_id: str) -> list[tuple[str, str]]:
        """Return the sentences that the post shows, each with the sentence of the article it is based on."""
        ...

    def list_sent_posts(self, channels: Collection[str], *, since: datetime) -> list[Post]:
        """Return the posts sent on these channels since then, earliest first."""
        ...

    def find_posts_by_remote_id(self, remote_ids: Sequence[str]) -> list[Post]:
        """Return the posts of which a part has one of these ids on its platform, newest first."""
        ...
