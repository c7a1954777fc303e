"""What the newsroom asks of the ledger about posts: due times, votes, edits, embargoes, events."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from newsbot.model import Approval, Attempt, Part, Post

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
    """What is taken on a channel: ``times`` at which posts go or went, ascending; ``slots`` that have one."""

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class NewDueTime:
    """A post's new time by the rules; ``expires_at`` None leaves that as it is."""

    post_id: str
    due_at: datetime
    reason: str
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LatePost:
    """A post that is past its slot. ``goes``: it may go now all the same, as the first of its channel."""

    post: Post
    goes: bool


class DueTimesPort(Protocol):
    """The Ledger port's part for due times."""

    def calendar(
        self, channel: str, *, since: datetime, without: Collection[str] = (), slots: bool = True
    ) -> ChannelCalendar:
        """What is taken on a channel since then: by what waits, may be out or is; but for ``without``.

        A post that is held counts where it has a slot. Without ``slots`` they are not asked for.
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
        """Another time for a post that is held, scheduled or retrying, by a person; it gives its slot back.

        ``set_at`` is the time that was set, ``asked_at`` when it was asked for at once. Never before the
        post's embargo ends. Where its approval was for another time, it is held again.

        Raises:
            InvalidTransition: it is in another state.
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
        """Into the breaking lane, by a person; it gives its slot and a set time back.

        ``approval`` is how many people the lane asks at most: whoever has approved it counts. What a rule
        holds stays held, and nothing goes before the post's embargo ends.

        Raises:
            InvalidTransition: it is neither held nor scheduled nor retrying.
        """
        ...

    def replan(self, times: Sequence[NewDueTime], *, by: str, now: datetime) -> list[Post]:
        """Other times by the rules, in one transaction; what does not wait any more is left out.

        Raises:
            SlotTaken: another post has one of the slots meanwhile; nothing is changed.
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
        """A person lets a channel send again: what it was paused for is forgotten.

        What is in ``drop`` is cancelled, what is in ``times`` gets another time, all in one transaction.
        Returns how many posts these were.

        Raises:
            SlotTaken: as `replan`.
        """
        ...

    def late(self, channels: Mapping[str, datetime], *, now: datetime) -> list[LatePost]:
        """What is past its slot on these channels, where they are active; by time.

        With each channel is given when its last slot was: from then until the next one, one post goes.
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
        """Note one vote for the post as it is; with the last that it needs it is scheduled.

        ``content`` is the `Post.content` that the voter saw; ``person`` maps each name of a person to one.

        Raises:
            VoteRefused: it is approved already; it is not ``content`` any more; where two are asked, the
                person's own edit, or a second vote.
            SlotTaken: as `DueTimesPort.replan`.
            InvalidTransition: it is not held.
        """
        ...

    def votes(self, post_id: str) -> list[Approval]:
        """For the post as it is now, the earliest first."""
        ...

    def refuse(self, post_id: str, *, by: str, why: str, now: datetime) -> Post:
        """A person's no: cancelled, with the reason.

        Raises:
            InvalidTransition: it does not wait.
        """
        ...

    def list_held_posts_due(self, before: datetime) -> list[Post]:
        """Held posts that are due, or give up, before then, by due time."""
        ...


class PostEditsPort(Protocol):
    """The ledger's part for posts whose words a person writes."""

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
    ) -> Post:
        """Other words, by a person: no approval of the former counts, and no recompose overwrites them.

        ``content`` is the `Post.content` that they were written over.

        Raises:
            InvalidTransition: it does not wait, is out in part, or is not ``content`` any more.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbargoLift:
    """``done``: it is over; else ``first_by`` would lift it, and a second person has to."""

    first_by: str
    embargo_until: datetime
    done: bool = False


class EmbargoesPort(Protocol):
    """The Ledger port's part for embargoes. One holds for the article wherever it came from."""

    def embargo(self, article_id: str) -> datetime | None:
        """Until when, past or not; None where there is none.

        Raises:
            UsageError: there is no such article.
        """
        ...

    def get_embargo_of_url(self, url: str) -> datetime | None:
        """Of the article with that address."""
        ...

    def unsent(self, article_id: str) -> list[Post]:
        """The article's posts that are held, scheduled or retrying, by due time."""
        ...

    def set_embargo(
        self, article_id: str, until: datetime, times: Sequence[NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Nothing of it goes before ``until``; its unsent posts, as they are now.

        What is not in ``times`` is put off to the embargo's end where it was due before.

        Raises:
            UsageError: an embargo that lasts longer holds.
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
        """The first person's wish is noted; a second one's ends it, and ``times`` are the posts' new ones.

        ``person`` maps each name of a person to one.

        Raises:
            UsageError: there is none, or it is over.
            SlotTaken: as `DueTimesPort.replan`.
        """
        ...


SILENCE_PRECISION = timedelta(hours=4)
"""No silence of a source: `PostBatchesPort.list_found_times` may leave out what lies so close together."""


class PostBatchesPort(Protocol):
    """The Ledger port's part for what is asked once about many posts."""

    def release(
        self, post_ids: Sequence[str], times: Mapping[str, NewDueTime], *, by: str, now: datetime
    ) -> list[Post]:
        """Held posts go on, all or none: to the approval that they need, or at their ``times``, by post id.

        What is not held any more is passed over.
        """
        ...

    def cancel_all(self, post_ids: Sequence[str], *, by: str, now: datetime, detail: str) -> list[Post]:
        """Cancel those that still wait, all or none; returns them."""
        ...

    def list_found_times(self, source: str, *, since: datetime) -> list[datetime]:
        """When articles of a source were found since then, but for those of its first sight; earliest first.

        Of many that were found within `SILENCE_PRECISION` of each other only some are given, and always the
        newest: each silence that is longer than that is seen between two of the times.
        """
        ...


class PostHistoryPort(Protocol):
    """The Ledger port's part for whoever asks why."""

    def calls(self, post_id: str) -> list[Attempt]:
        """Every call for the post, earliest first."""
        ...

    def sentences(self, post_id: str) -> list[tuple[str, str]]:
        """The sentences that the post shows, each with the one of the article that it rests on."""
        ...

    def list_sent_posts(self, channels: Collection[str], *, since: datetime) -> list[Post]:
        """What went out on these channels since then, earliest first."""
        ...

    def find_posts_by_remote_id(self, remote_ids: Sequence[str]) -> list[Post]:
        """The posts of which a part has one of these ids on its platform, newest first."""
        ...
