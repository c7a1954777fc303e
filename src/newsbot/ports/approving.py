"""What approvals ask of the ledger."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from newsbot.model import Approval, Post

__all__ = ["Approving"]


class Approving(Protocol):
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
            SlotTaken: as `Planning.replan`.
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

    def held_until(self, before: datetime) -> list[Post]:
        """Held posts that are due, or give up, before then, by due time."""
        ...
