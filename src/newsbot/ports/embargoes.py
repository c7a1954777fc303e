"""What the ledger keeps of embargoes: until when nothing of an article goes out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsbot.model import Post
from newsbot.ports.planning import Replanned

__all__ = ["Embargoing", "Lifted"]


@dataclass(frozen=True, slots=True)
class Lifted:
    """``done``: it is over; else ``first_by`` would lift it, and a second person has to."""

    first_by: str
    embargo_until: datetime
    done: bool = False


class Embargoing(Protocol):
    """The Ledger port's part for embargoes. One holds for the article wherever it came from."""

    def embargo(self, article_id: str) -> datetime | None:
        """Until when, past or not; None where there is none.

        Raises:
            UsageError: there is no such article.
        """
        ...

    def embargo_at(self, url: str) -> datetime | None:
        """Of the article with that address."""
        ...

    def unsent(self, article_id: str) -> list[Post]:
        """The article's posts that are held, scheduled or retrying, by due time."""
        ...

    def set_embargo(
        self, article_id: str, until: datetime, times: Sequence[Replanned], *, by: str, now: datetime
    ) -> list[Post]:
        """Nothing of it goes before ``until``; its unsent posts, as they are now.

        What is not in ``times`` is put off to the embargo's end where it was due before.

        Raises:
            UsageError: an embargo that lasts longer holds.
            SlotTaken: as `Planning.replan`.
        """
        ...

    def lift_embargo(
        self,
        article_id: str,
        times: Sequence[Replanned],
        *,
        by: str,
        now: datetime,
        person: Callable[[str], str] = str,
    ) -> Lifted:
        """The first person's wish is noted; a second one's ends it, and ``times`` are the posts' new ones.

        ``person`` maps each name of a person to one.

        Raises:
            UsageError: there is none, or it is over.
            SlotTaken: as `Planning.replan`.
        """
        ...
