"""What troubles, and the answers to questions about many posts, ask of the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from newsbot.model import Post
from newsbot.ports.planning import Replanned

__all__ = ["NEAR", "Questions"]

NEAR = timedelta(hours=4)
"""No silence of a source: `Questions.found_times` may leave out what lies so close together."""


class Questions(Protocol):
    """The Ledger port's part for what is asked once about many posts."""

    def release(
        self, post_ids: Sequence[str], times: Mapping[str, Replanned], *, by: str, now: datetime
    ) -> list[Post]:
        """Held posts go on, all or none: to the approval that they need, or at their ``times``, by post id.

        What is not held any more is passed over.
        """
        ...

    def cancel_all(self, post_ids: Sequence[str], *, by: str, now: datetime, detail: str) -> list[Post]:
        """Cancel those that still wait, all or none; returns them."""
        ...

    def found_times(self, source: str, *, since: datetime) -> list[datetime]:
        """When articles of a source were found since then, but for those of its first sight; earliest first.

        Of many that were found within `NEAR` of each other only some are given, and always the newest: each
        silence that is longer than that is seen between two of the times.
        """
        ...
