"""Posts, the sender's side: claim, the receipt of a part, the end of a call, rescue."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from newsbot.errors import RateLimited
from newsbot.ledger import budget, ids, paces
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.channels import refused
from newsbot.ledger.codec import part_json
from newsbot.ledger.moves import end_attempt, keep_receipts, note, shift
from newsbot.ledger.rows import locked, one, select_posts, to_posts
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt, Reservation
from newsbot.ports import Claim, Terms, Wait

__all__ = ["Sending"]

_LOST = Failure(
    "unknown", "its sender ended before the platform answered: look there, then `newsbot resolve` it"
)
_NEVER_LEFT = Failure("not-sent", "its sender ended before the call left")
_BUDGET = "budget"


class _Ahead(NamedTuple):
    """The channel's next post, and when its call may leave."""

    post: Post
    send_at: datetime


class Sending(Store):
    """The Ledger port's part for senders."""

    def next_due(self, *, after: datetime | None = None) -> datetime | None:
        column, active = tables.post.c, tables.channel.c.state == "active"
        first = select(func.min(column.due_at)).where(tables.READY, column.channel == tables.channel.c.name)
        if after is not None:
            first = first.where(column.due_at > after)
        # A look-up in the index per channel: one over all posts would walk through a paused channel's.
        earliest = first.correlate(tables.channel).scalar_subquery()
        with self._database.read() as tx:
            found = tx.execute(select(earliest).select_from(tables.channel).where(active)).scalars().all()
        return min((due for due in found if due is not None), default=None)

    def due_channels(self, *, now: datetime) -> list[str]:
        column, here = tables.post.c, tables.post.c.channel == tables.channel.c.name
        due = select(column.id).where(tables.READY, here, column.due_at <= now)
        sending = select(column.id).where(tables.SENDING, here)
        found = select(tables.channel.c.name).where(
            tables.channel.c.state == "active",
            due.correlate(tables.channel).exists(),
            ~sending.correlate(tables.channel).exists(),
        )
        with self._database.read() as tx:
            return list(tx.execute(found.order_by(tables.channel.c.name)).scalars())

    def claim(self, channel: str, terms: Terms, *, now: datetime, lease: timedelta) -> Claim | Wait | None:
        with self._database.write(notify=False) as tx:
            state = tx.execute(
                select(tables.channel).where(tables.channel.c.name == channel).with_for_update()
            ).one_or_none()
            ahead = self._ahead(tx, state, terms, now, lease) if state else None
            if not isinstance(ahead, _Ahead):
                return ahead
            part = ahead.post.next_part
            values = self._call(tx, ahead.post, part, ahead.send_at, terms, now=now, lease_until=now + lease)
            shown = f"part {part + 1} of {len(ahead.post.parts)}" if len(ahead.post.parts) > 1 else ""
            claimed = shift(
                tx, ahead.post, PostEvent.CLAIM, by="sender", now=now, detail=shown, error=None, **values
            )
            return Claim(claimed, part, ahead.send_at, now + lease)

    def next_part(
        self, post_id: str, receipt: Receipt, terms: Terms, *, now: datetime, lease: timedelta
    ) -> Claim | None:
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            keep_receipts(self._database, tx, number, (receipt,), now=now)
            end_attempt(tx, number, str(PostEvent.ACCEPT), now=now)
            has = one(tx, number)
            if has.next_part == len(has.parts):
                _complete(tx, has, now=now)
                return None
            note(tx, number, "part sent", by="sender", now=now, detail=_which(has, receipt))
            if was.state is PostState.SENDING:
                return self._go_on(tx, has, terms, now=now, lease=lease)
            if was.state is PostState.UNKNOWN:
                shift(
                    tx,
                    has,
                    PostEvent.MISS,
                    by="sender",
                    now=now,
                    detail="a late answer",
                    due_at=now,
                    error=None,
                )
            return None

    def settle(
        self,
        post_id: str,
        event: PostEvent,
        failure: Failure,
        *,
        now: datetime,
        due_at: datetime | None = None,
        drop_media: bool = False,
        pause: bool = False,
        rate_key: str | None = None,
    ) -> Post:
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            end_attempt(tx, number, str(event), now=now)
            if drop_media and was.next_part < len(was.parts):
                was = _without_media(tx, was)
            moved = _settled(tx, was, event, failure, now=now, due_at=due_at or now)
            if pause:
                refused(self._database, tx, was.channel, failure, now=now)
            if due_at and (rate_key is not None or failure.code == RateLimited.code):
                self._hold_back(tx, was.channel, rate_key, due_at)
            return moved

    def rescue(self, *, now: datetime) -> list[Post]:
        with self._database.read() as tx:  # most often there are none, and nobody has to be told
            if tx.execute(self._lost(tx, now).limit(1)).first() is None:
                return []
        with self._database.write() as tx:
            lost = self._lost(tx, now).with_for_update(of=tables.post, skip_locked=True)
            return [_rescued(tx, was, now) for was in to_posts(tx, tx.execute(lost))]

    def _lost(self, tx: Connection, now: datetime) -> Select[Any]:
        column = tables.post.c
        over = or_(column.lease_until <= now, self._presence.dead(tx, column.holder))
        return select_posts().where(tables.SENDING, over).order_by(column.lease_until)

    # -- within a claim

    def _ahead(
        self, tx: Connection, state: Row[Any], terms: Terms, now: datetime, lease: timedelta
    ) -> _Ahead | Wait | None:
        """Every guard of a claim, in turn; the money is reserved last."""
        head = self._head(tx, state.name, now)
        if head is None:
            return None
        waits = (wait for wait in _holds(tx, state, terms, now) if wait)
        if wait := next(waits, None):
            return wait
        slot = paces.find(self._database, tx, terms.rates, now)
        if slot.at - now > lease / 4:
            return Wait(slot.at, "the platform asked to wait" if slot.asked else "pace", pace=True)
        return self._reserve(tx, head, terms, now) or _Ahead(head, slot.at)

    def _head(self, tx: Connection, channel: str, now: datetime) -> Post | None:
        """The earliest that is due. One whose parts are all out by now (a late answer) is only completed."""
        column = tables.post.c
        due = select_posts().where(tables.READY, column.channel == channel, column.due_at <= now)
        due = due.where(or_(column.expires_at.is_(None), column.expires_at > now))
        due = due.order_by(column.due_at, column.id).limit(1)
        due = due.with_for_update(of=tables.post, skip_locked=True)
        while found := to_posts(tx, tx.execute(due)):
            if found[0].next_part < len(found[0].parts):
                return found[0]
            claimed = shift(
                tx, found[0], PostEvent.CLAIM, by="sender", now=now, detail="nothing is left to send"
            )
            _complete(tx, claimed, now=now)
        return None

    def _reserve(self, tx: Connection, head: Post, terms: Terms, now: datetime) -> Wait | None:
        cost = head.cost_usd or Decimal(0)
        wanted = Reservation(head.channel, budget.month_of(now), cost)
        number = ids.post_number(head.id)
        if budget.reserve(self._database, tx, number, wanted, terms.limit_usd):
            return None
        spent = budget.spent(tx, head.channel, now=now)
        why = f"budget: ${spent} of ${terms.limit_usd} are spent in {wanted.month}, and this costs ${cost}"
        if head.error is None or head.error.code != _BUDGET:
            values = {"error": [_BUDGET, why]}
            tx.execute(update(tables.post).where(tables.post.c.id == number).values(**values))
            note(tx, number, "waits", by="sender", now=now, detail=why)
        return Wait(None, why)

    def _call(
        self,
        tx: Connection,
        was: Post,
        part: int,
        send_at: datetime,
        terms: Terms,
        *,
        now: datetime,
        lease_until: datetime,
    ) -> dict[str, Any]:
        """Write the attempt and take its slot; returns the post's columns that go with it."""
        row = insert(tables.attempt).values(post_id=ids.post_number(was.id), part=part, started_at=send_at)
        attempt = tx.execute(row.returning(tables.attempt.c.id)).scalar_one()
        paces.take(tx, terms.rates, send_at, now=now, attempt=attempt)
        return {"attempts": was.attempts + 1, "lease_until": lease_until, "holder": self._presence.me}

    def _go_on(self, tx: Connection, has: Post, terms: Terms, *, now: datetime, lease: timedelta) -> Claim:
        """Claim the thread's next part; it is not left half told, so its slot may be far."""
        part, number = has.next_part, ids.post_number(has.id)
        send_at = paces.find(self._database, tx, terms.rates, now).at
        values = self._call(tx, has, part, send_at, terms, now=now, lease_until=send_at + lease)
        tx.execute(update(tables.post).where(tables.post.c.id == number).values(**values))
        return Claim(one(tx, number), part, send_at, send_at + lease)

    # -- within a settlement

    def _hold_back(self, tx: Connection, channel: str, key: str | None, until: datetime) -> None:
        """A 429 about a pace key moves that key and no other; one about none, the channel."""
        if key is not None:
            paces.hold_back(self._database, tx, key, until)
            return
        earlier = or_(tables.channel.c.not_before.is_(None), tables.channel.c.not_before < until)
        here = update(tables.channel).where(tables.channel.c.name == channel, earlier)
        tx.execute(here.values(not_before=until))


def _holds(tx: Connection, state: Row[Any], terms: Terms, now: datetime) -> Iterator[Wait | None]:
    column = tables.post.c
    if state.state != "active":
        yield Wait(None, f"paused: {state.reason}")
    sending = select(column.lease_until).where(tables.SENDING, column.channel == state.name)
    if busy := tx.execute(sending).one_or_none():
        yield Wait(busy.lease_until, "another post of the channel is in flight", pace=True)
    if state.not_before and state.not_before > now:
        yield Wait(state.not_before, "the platform asked to wait", pace=True)
    if terms.gap:
        out = select(func.max(column.sent_at)).where(
            column.sent_at.is_not(None), column.channel == state.name
        )
        last = tx.execute(out).scalar()
        if last and last + terms.gap > now:
            yield Wait(last + terms.gap, f"gap of {terms.gap}")


def _complete(tx: Connection, has: Post, *, now: datetime) -> Post:
    """All parts have receipts: it is sent, where its state lets it be; else the receipts say so."""
    links = ", ".join(receipt.url or receipt.remote_id for receipt in has.receipts)
    events = {PostState.SENDING: PostEvent.ACCEPT, PostState.UNKNOWN: PostEvent.FIND}
    if has.state in events:
        return shift(tx, has, events[has.state], by="sender", now=now, detail=links, sent_at=now, error=None)
    if has.state is not PostState.SENT:
        number = ids.post_number(has.id)
        note(tx, number, "late answer", by="sender", now=now, detail=f"it is out: {links}")
    return has


def _settled(
    tx: Connection, was: Post, event: PostEvent, failure: Failure, *, now: datetime, due_at: datetime
) -> Post:
    """Where the call's end takes the post; a rescued one takes a late proof as evidence of absence."""
    late = was.state is PostState.UNKNOWN
    if late and event is PostEvent.LOSE:
        return was
    edge = PostEvent.MISS if late and event in {PostEvent.NOT_SENT, PostEvent.REFUSE} else event
    values: dict[str, Any] = {"error": list(failure)}
    if edge in {PostEvent.NOT_SENT, PostEvent.MISS}:
        values["due_at"] = due_at
    return shift(tx, was, edge, by="sender", now=now, detail=failure.message, **values)


def _without_media(tx: Connection, was: Post) -> Post:
    number, at = ids.post_number(was.id), was.next_part
    parts = [
        {**part_json(part), "media": ()} if n == at else part_json(part) for n, part in enumerate(was.parts)
    ]
    tx.execute(update(tables.post).where(tables.post.c.id == number).values(parts=parts))
    return one(tx, number)


def _rescued(tx: Connection, was: Post, now: datetime) -> Post:
    in_flight = end_attempt(tx, ids.post_number(was.id), str(PostEvent.LOSE), now=now)
    event, failure = (PostEvent.LOSE, _LOST) if in_flight else (PostEvent.NOT_SENT, _NEVER_LEFT)
    values: dict[str, Any] = {"error": list(failure)} | ({} if in_flight else {"due_at": now})
    return shift(tx, was, event, by="rescuer", now=now, detail=failure.message, **values)


def _which(has: Post, receipt: Receipt) -> str:
    return f"part {receipt.part + 1} of {len(has.parts)}: {receipt.url or receipt.remote_id}"
