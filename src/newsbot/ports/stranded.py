"""Posts whose channel config.yaml no longer names, or points at another place than they were composed for."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from newsbot.model import Post
from newsbot.ports.amending import Amendment
from newsbot.ports.sending import NewPost

__all__ = ["Stranding", "Targets", "is_elsewhere"]

Targets = Mapping[str, str | None]
"""The place that each channel of config.yaml posts to; None where it is not known, which strands nothing."""


def is_elsewhere(then: str | None, now: str | None, *, out: bool = False) -> bool:
    """Compare two places, as far as both are known. What is ``out`` may be in another part of its place."""
    if then is None or now is None:
        return False
    return then.partition("#")[0] != now.partition("#")[0] if out else then != now


class Stranding(Protocol):
    """The ledger's part for them."""

    def hold_stranded(self, targets: Targets, *, now: datetime) -> list[Post]:
        """Hold the posts that wait for another place than their channel posts to; returns them.

        What an older version queued gets its channel's place when this is first called.
        """
        ...

    def give_up_amendments(self, targets: Targets, *, now: datetime) -> list[Amendment]:
        """End the edits and deletes that are due, of messages in a place that no channel posts to.

        A deletion is a person's to do, an edit failed. Returns them.
        """
        ...

    def stranded_articles(self, sources: Collection[str]) -> dict[str, int]:
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
