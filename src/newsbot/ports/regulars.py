"""What digests and repeats ask of the ledger."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsbot.model import Article, Post
from newsbot.ports.sending import NewPost

__all__ = ["Out", "Regular"]


@dataclass(frozen=True, slots=True)
class Out:
    """An article that went out on a channel, and when its last post there did."""

    article_id: str
    article: Article
    at: datetime


class Regular(Protocol):
    """The Ledger port's part for what comes of itself. What is blocked or redacted never does."""

    def out_between(self, channel: str, since: datetime, until: datetime) -> list[Out]:
        """The articles whose first post there went out after ``since``, until ``until``; the latest first."""
        ...

    def has_digest(self, guid: str) -> bool:
        """Was it made, with something in it or not?"""
        ...

    def add_digest(
        self, digest: Article, members: Collection[str], posts: Sequence[NewPost], *, now: datetime, note: str
    ) -> list[Post]:
        """A digest is an article of the source "digest". Once: what is there already gives none.

        Raises:
            SlotTaken: as `Planning.replan`.
        """
        ...

    def repeatable(self, channel: str, tags: Collection[str], *, before: datetime, limit: int) -> list[Out]:
        """Articles with one of ``tags`` that were last out there before then, and wait there with no post.

        The one that was out the longest ago first; not those that are gone at their source.
        """
        ...
