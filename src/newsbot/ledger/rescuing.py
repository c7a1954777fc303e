"""What becomes of a post in mid-call whose sender is gone."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.moves import end_attempt, shift
from newsbot.model import Failure, Post, PostEvent

__all__ = ["rescue"]

_LOST = Failure(
    "unknown", "its sender ended before the platform answered: look there, then `newsbot resolve` it"
)
_NEVER_LEFT = Failure("not-sent", "its sender ended before the call left")


def rescue(tx: Connection, was: Post, *, now: datetime, by: str = "rescuer") -> Post:
    """Make a `sending` post `unknown` where a call was in flight, and `retrying` where none was."""
    in_flight = end_attempt(tx, ids.post_number(was.id), str(PostEvent.LOSE), now=now)
    event, failure = (PostEvent.LOSE, _LOST) if in_flight else (PostEvent.NOT_SENT, _NEVER_LEFT)
    values: dict[str, Any] = {"error": list(failure)}
    # An unknown remembers who made the call: it may only be stopped, and go on with it.
    values |= {"holder": tables.post.c.holder} if in_flight else {"due_at": now}
    return shift(tx, was, event, by=by, now=now, detail=failure.message, **values)
