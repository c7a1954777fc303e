"""Posts whose words a person writes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import update

from newsbot.errors import InvalidTransition
from newsbot.ledger import ids
from newsbot.ledger.approvals import void
from newsbot.ledger.base import Store
from newsbot.ledger.codec import part_json
from newsbot.ledger.moves import note
from newsbot.ledger.refusals import refusal
from newsbot.ledger.rows import locked
from newsbot.ledger.schema import post
from newsbot.model import Part, Post, PostState

__all__ = ["EDITABLE", "Editing"]

EDITABLE = frozenset({PostState.HELD, PostState.SCHEDULED, PostState.RETRYING})
"""Nothing of it is out, unless it has receipts."""

_CANT = "can't be edited"


class Editing(Store):
    """The Ledger port's part for editing."""

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
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            _check(was, content)
            words = {"parts": [part_json(part) for part in parts], "warnings": [], "summary": []}
            mine = update(post).where(post.c.id == number)
            tx.execute(mine.values(**words, cost_usd=cost_usd, edited_by=by))
            note(tx, number, "edited", by=by, now=now, detail=detail)
            return void(tx, was, "its words were edited", by=by, now=now)


def _check(was: Post, content: str) -> None:
    if was.state not in EDITABLE:
        raise refusal(was, _CANT)
    if was.receipts:
        raise InvalidTransition(f"post {was.id} is out in part and {_CANT}: newsbot fix changes what is out")
    if was.content != content:
        raise InvalidTransition(f"post {was.id} was changed since: look at it again")
