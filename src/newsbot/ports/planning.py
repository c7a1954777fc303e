"""What the ledger tells planning, and is told by it: the times that are taken on a channel, and new ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsbot.model import Post

__all__ = ["Calendar", "Late", "Planning", "Replanned"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is taken on a channel: ``times`` at which posts go or went, ascending; ``slots`` that have one."""

    times: tuple[datetime, ...] = ()
    slots: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True)
class Replanned:
    """A post's new time by the rules; ``expires_at`` None leaves that as it is."""

    post_id: str
    due_at: datetime
    reason: str
    slot_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A post that is past its slot. ``goes``: it may go now all the same, as the first of its channel."""

    post: Post
    goes: bool


class Planning(Protocol):
    """The Ledger port's part for due times."""

    def calendar(
        self, channel: str, *, since: datetime, without: Collection[str] = (), slots: bool = True
    ) -> Calendar:
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

    def hasten(
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

    def replan(self, times: Sequence[Replanned], *, by: str, now: datetime) -> list[Post]:
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
        times: Sequence[Replanned] = (),
        drop: Collection[str] = (),
    ) -> int:
        """A person lets a channel send again: what it was paused for is forgotten.

        What is in ``drop`` is cancelled, what is in ``times`` gets another time, all in one transaction.
        Returns how many posts these were.

        Raises:
            SlotTaken: as `replan`.
        """
        ...

    def late(self, channels: Mapping[str, datetime], *, now: datetime) -> list[Late]:
        """What is past its slot on these channels, where they are active; by time.

        With each channel is given when its last slot was: from then until the next one, one post goes.
        """
        ...
