"""What a post's story asks of the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from newsbot.model import Attempt, Post

__all__ = ["Stories"]


class Stories(Protocol):
    """The Ledger port's part for whoever asks why."""

    def calls(self, post_id: str) -> list[Attempt]:
        """Every call for the post, earliest first."""
        ...

    def sentences(self, post_id: str) -> list[tuple[str, str]]:
        """The sentences that the post shows, each with the one of the article that it rests on."""
        ...

    def sent_since(self, channels: Collection[str], *, since: datetime) -> list[Post]:
        """What went out on these channels since then, earliest first."""
        ...

    def with_remote_id(self, remote_ids: Sequence[str]) -> list[Post]:
        """The posts of which a part has one of these ids on its platform, newest first."""
        ...
