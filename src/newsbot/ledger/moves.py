"""The one way from state to state: a guarded write and an event row, in the caller's transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from newsbot.ledger import budget, ids, paces
from newsbot.ledger.database import Database
from newsbot.ledger.refusals import refusal
from newsbot.ledger.rows import one
from newsbot.ledger.schema import attempt, event, post, receipt
from newsbot.ledger.votes import forget, reminders_over
from newsbot.model import Post, PostEvent, PostState, Receipt, target

__all__ = ["because", "cause", "end_attempt", "keep_receipts", "note", "shift"]

_CAUSE: ContextVar[str | None] = ContextVar("cause", default=None)

_LEAVES_MONEY = frozenset({PostEvent.NOT_SENT, PostEvent.REFUSE, PostEvent.MISS})
"""What proves that nothing was sent, so that the money set aside is free again."""


def shift(
    tx: Connection, was: Post, by_event: PostEvent, *, by: str, now: datetime, detail: str = "", **values: Any
) -> Post:
    """Move a post that was read in this transaction; ``values`` are further columns. Returns it as it is now.

    Raises:
        InvalidTransition: its state has no such edge, or it is in another state by now.
    """
    end = target(was.state, by_event)
    if end is None:
        raise refusal(was, by_event)
    if was.state is PostState.SENDING:
        values = {"lease_until": None, "holder": None, **values}
    if end is PostState.HELD:
        values = {"approved": None, **values}
    number = ids.post_number(was.id)
    guarded = update(post).where(post.c.id == number, post.c.state == str(was.state))
    if not tx.execute(guarded.values(state=str(end), **values)).rowcount:
        raise refusal(one(tx, number), by_event)
    note(tx, number, by_event, by=by, now=now, detail=detail)
    if end is PostState.HELD:
        forget(tx, number)
    if was.state is PostState.HELD:
        reminders_over(tx, number, now=now)
    if by_event in _LEAVES_MONEY:
        budget.release(tx, number)
    has = one(tx, number)
    if by_event is PostEvent.MISS and has.held_for:  # it was held when the ledger was restored
        why = has.held_for
        return shift(tx, has, PostEvent.HOLD, by="system", now=now, detail=why, held_for=why)
    return has


def note(tx: Connection, number: int, what: str, *, by: str, now: datetime, detail: str = "") -> None:
    """One line of the post's story."""
    values = {"post_id": number, "at": now, "event": str(what), "by": by, "detail": detail}
    tx.execute(insert(event).values(**values, cause=_CAUSE.get()))


@contextmanager
def because(cause: str) -> Iterator[None]:
    """What is noted meanwhile is the work of ``cause``."""
    before = _CAUSE.set(cause)
    try:
        yield
    finally:
        _CAUSE.reset(before)


def cause() -> str | None:
    """The command that this is the work of, where it is one of the desk's."""
    return _CAUSE.get()


def end_attempt(tx: Connection, number: int, outcome: str, *, now: datetime) -> int:
    """Close the call that is in flight; returns how many were."""
    still_open = update(attempt).where(attempt.c.post_id == number, attempt.c.ended_at.is_(None))
    closed = still_open.values(ended_at=now, outcome=outcome).returning(attempt.c.id)
    ended = tx.execute(closed).scalars().all()
    for one_of in ended:
        paces.landed(tx, one_of, now)
    return len(ended)


def keep_receipts(
    database: Database, tx: Connection, number: int, receipts: Iterable[Receipt], *, now: datetime
) -> None:
    """The first receipt of a part stays: a second one for it is no other message of ours."""
    for one_of in receipts:
        database.ensure(
            tx,
            receipt,
            post_id=number,
            part=one_of.part,
            remote_id=one_of.remote_id,
            url=one_of.url,
            note=one_of.note,
            at=now,
        )
