"""Many held posts at once, and how often a source brings something."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, func, select, type_coerce, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.moves import note, shift
from newsbot.ledger.rows import locked, one
from newsbot.model import Post, PostEvent, PostState
from newsbot.ports import Replanned
from newsbot.ports.questions import NEAR

__all__ = ["Questions"]

_UNSENT = frozenset({PostState.HELD, PostState.SCHEDULED, PostState.RETRYING})
_APPROVAL = "approval"
_NEWEST = 20  # times that are always given, so that it is seen how many articles there are at least


class Questions(Store):
    """The Ledger port's part for what is asked once about many posts."""

    def release(
        self, post_ids: Sequence[str], times: Mapping[str, Replanned], *, by: str, now: datetime
    ) -> list[Post]:
        with self._database.write() as tx:
            held = [post for post in _locked(tx, post_ids) if post.state is PostState.HELD]
            own = [ids.post_number(post.id) for post in held if post.id in times]
            tx.execute(update(tables.post).where(tables.post.c.id.in_(own)).values(slot_at=None))
            return [_released(tx, post, times.get(post.id), by=by, now=now) for post in held]

    def cancel_all(self, post_ids: Sequence[str], *, by: str, now: datetime, detail: str) -> list[Post]:
        with self._database.write() as tx:
            waiting = [post for post in _locked(tx, post_ids) if post.state in _UNSENT and not post.receipts]
            return [shift(tx, post, PostEvent.CANCEL, by=by, now=now, detail=detail) for post in waiting]

    def found_times(self, source: str, *, since: datetime) -> list[datetime]:
        column = tables.article.c
        found = select(column.found_at).where(column.source == source, ~column.first_sight)
        newest = found.where(column.found_at >= since).order_by(column.found_at.desc()).limit(_NEWEST)
        with self._database.read() as tx:
            times = list(tx.execute(newest).scalars())
            if len(times) == _NEWEST:
                times += set(tx.execute(_walk(source, since)).scalars()).difference(times)
        return sorted(times)


def _walk(source: str, since: datetime) -> Select[tuple[datetime]]:
    """The times of a source's articles, by steps of up to `NEAR`: to the last within it, else to the next.

    So many look-ups as the time since then has steps, however many articles came in it.
    """
    column, number = tables.article.c, BigInteger()
    at = type_coerce(column.found_at, number)
    own = (column.source == source, ~column.first_sight)
    first = select(func.min(at).label("at")).where(*own, column.found_at >= since)
    steps = first.cte("steps", recursive=True)
    last_near = select(func.max(at)).where(*own, at <= steps.c.at + NEAR // timedelta(microseconds=1))
    next_far = select(func.min(at)).where(*own, at > steps.c.at)
    following = func.coalesce(
        func.nullif(last_near.correlate(steps).scalar_subquery(), steps.c.at),
        next_far.correlate(steps).scalar_subquery(),
    )
    steps = steps.union_all(select(following).where(steps.c.at.is_not(None)))
    return select(type_coerce(steps.c.at, column.found_at.type)).where(steps.c.at.is_not(None))


def _locked(tx: Connection, post_ids: Sequence[str]) -> list[Post]:
    """By number, as everybody locks them."""
    return [locked(tx, post_id) for post_id in sorted(set(post_ids), key=ids.post_number)]


def _released(tx: Connection, was: Post, new: Replanned | None, *, by: str, now: datetime) -> Post:
    if new and not was.approval:
        values: dict[str, Any] = {"due_at": new.due_at, "reason": new.reason, "slot_at": new.slot_at}
        values |= {"expires_at": new.expires_at or was.expires_at}
        values |= {"held_for": None, "approved": was.content}
        return shift(tx, was, PostEvent.APPROVE, by=by, now=now, detail=new.reason, **values)
    number = ids.post_number(was.id)
    tx.execute(update(tables.post).where(tables.post.c.id == number).values(held_for=_APPROVAL))
    note(tx, number, "released", by=by, now=now, detail=f"was held: {was.held_for}")
    return one(tx, number)
