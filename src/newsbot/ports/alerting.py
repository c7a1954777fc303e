"""What is asked each second: what needs a person, without the words that it is about."""

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from newsbot.model import Event, Failure, PostState
from newsbot.ports.fence import Restored
from newsbot.ports.stranded import Targets

__all__ = ["ARTICLE_GONE", "Alerting", "Flagged", "PostOutline", "Unsettled"]


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


class Unsettled(NamedTuple):
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


class Flagged(NamedTuple):
    """A post that is out, and the latest line of its story that says what its source did since."""

    post_id: str
    channel: str
    told: Event
    article_id: str


class Alerting(Protocol):
    """The Ledger port's part for alerts."""

    def pressing(self, targets: Targets) -> list[PostOutline]:
        """Posts that are unknown, or held for anything but an approval; and those that wait, are in a call or
        unknown and whose channel is gone or posts elsewhere. By due time.
        """
        ...

    def failed_lately(self, *, since: datetime, limit: int) -> tuple[list[PostOutline], int]:
        """Return the ``limit`` posts that failed last since then, and how many failed in all."""
        ...

    def unsettled(self, *, failed_since: datetime | None = None) -> list[Unsettled]:
        """Edits and deletes that are due, in a call or a person's to make; by number.

        With ``failed_since`` also those that failed, and were due then or later.
        """
        ...

    def last_restore(self) -> Restored | None:
        """As `Fencing.restored`, of a restore that a service has noticed; without its ``waiting``."""
        ...
