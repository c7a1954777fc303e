"""What editing asks of the ledger."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from newsbot.model import Part, Post

__all__ = ["Editing"]


class Editing(Protocol):
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
