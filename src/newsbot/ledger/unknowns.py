"""Unknown posts: the progress of the search for them, and the evidence that ends it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from sqlalchemy import Connection, Row, or_, select, update

from newsbot.ledger import budget, ids
from newsbot.ledger import schema as tables
from newsbot.ledger.restored_posts import doubt_next_part
from newsbot.ledger.serialization import locked, one, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import keep_receipts, note, shift
from newsbot.model import Post, PostEvent, PostState, Receipt
from newsbot.ports import ReadAllowance, UnknownPost

__all__ = ["UnknownPostsStore"]

_BY = "reconciler"
_MARK_AGE = timedelta(days=1)  # Reading from an older message on would take long, and be expensive.


class UnknownPostsStore(LedgerStore):
    """The Ledger port's part for the reconciler."""

    def list_unknown_posts(self) -> list[UnknownPost]:
        unknown = select_posts().where(tables.UNKNOWN)
        with self._database.read() as tx:
            posts = {ids.post_number(post.id): post for post in to_posts(tx, tx.execute(unknown))}
            found = list(_load_unknown_posts(tx, posts)) if posts else []
        return sorted(found, key=lambda doubt: (doubt.began[0], doubt.attempt))

    def claim_looks(self, doubts: Collection[UnknownPost], *, until: datetime) -> list[UnknownPost]:
        with self._database.write(notify=False) as tx:
            return [
                replace(doubt, looks=doubt.looks + 1, look_at=until, mark=_find_previous_message(tx, doubt))
                for doubt in sorted(doubts, key=lambda doubt: doubt.attempt)
                if self._claim_search(tx, doubt, until)
            ]

    def record_search(
        self, doubt: UnknownPost, *, look_at: datetime | None, absent_since: datetime | None, now: datetime
    ) -> None:
        mine = (tables.look.c.attempt_id == doubt.attempt, tables.look.c.looks == doubt.looks)
        values = {"look_at": look_at, "absent_since": absent_since}
        with self._database.write(notify=False) as tx:
            kept = tx.execute(update(tables.look).where(*mine).values(**values)).rowcount
            if kept and look_at is None and _lock_if_unsettled(tx, doubt):
                detail = f"{doubt.looks} looks did not settle it: a person has to (`newsbot resolve`)"
                note(tx, ids.post_number(doubt.post.id), "given up", by=_BY, now=now, detail=detail)

    def set_aside(
        self, channel: str, price: Decimal, most: int, limit: Decimal | None, *, now: datetime
    ) -> int:
        with self._database.write(notify=False) as tx:
            return budget.set_aside(self._database, tx, channel, price, most, limit, now=now)

    def settle_reads(
        self, channel: str, price: Decimal, allowance: ReadAllowance, *, began: datetime, now: datetime
    ) -> None:
        with self._database.write(notify=False) as tx:
            free = allowance.most - allowance.read
            if began.date() == now.date():  # Otherwise the day that a message counted for is unknown.
                free += budget.count_repeats(self._database, tx, channel, allowance.ids, now=now)
            budget.give_back(tx, channel, free * price, now=began)

    def filter_unclaimed_receipts(self, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
        with self._database.read() as tx:
            return _filter_unclaimed(tx, channel, receipts)

    def settle_found(
        self, doubt: UnknownPost, receipts: Sequence[Receipt], *, sent_at: datetime, now: datetime
    ) -> Post | None:
        with self._database.write() as tx:
            was = _lock_if_unsettled(tx, doubt)
            if was is None:
                return None
            # One at a time: otherwise two posts with the same text could claim the same message.
            tx.execute(select(tables.channel.c.name).order_by(tables.channel.c.name).with_for_update())
            free = _filter_unclaimed(tx, was.channel, receipts)
            if not free or _has_same_text_in_flight(tx, was):
                return None
            receipt = replace(free[0], part=was.next_part)
            number = ids.post_number(was.id)
            keep_receipts(self._database, tx, number, (receipt,), now=now)
            return _record_found(tx, one(tx, number), receipt, sent_at=sent_at, now=now)

    def settle_absent(self, doubt: UnknownPost, *, now: datetime, detail: str) -> Post | None:
        with self._database.write() as tx:
            was = _lock_if_unsettled(tx, doubt)
            if was is None or self._may_caller_be_alive(tx, was):
                return None
            values = {"due_at": max(now, was.due_at), "error": None}
            return shift(tx, was, PostEvent.MISS, by=_BY, now=now, detail=detail, **values)

    def _claim_search(self, tx: Connection, doubt: UnknownPost, until: datetime) -> bool:
        """Claim a search by one guarded write: the process that counts the look makes it."""
        self._database.ensure(tx, tables.look, attempt_id=doubt.attempt, looks=0)
        mine = (tables.look.c.attempt_id == doubt.attempt, tables.look.c.looks == doubt.looks)
        values = {"looks": doubt.looks + 1, "look_at": until}
        return bool(tx.execute(update(tables.look).where(*mine).values(**values)).rowcount)

    def _may_caller_be_alive(self, tx: Connection, was: Post) -> bool:
        """Return whether the process that made the call may still run.

        A rescued post keeps its holder: a process that is only suspended may make its call when it continues.
        """
        column = tables.post.c
        over = or_(
            column.holder.is_(None),
            column.holder == self._presence.me,
            self._presence.dead(tx, column.holder),
        )
        here = select(column.id).where(column.id == ids.post_number(was.id), over)
        return tx.execute(here).scalar() is None


def _load_unknown_posts(tx: Connection, posts: dict[int, Post]) -> Iterable[UnknownPost]:
    """Yield the unknown posts whose search was not given up."""
    column, look = tables.attempt.c, tables.look.c
    calls = (
        select(tables.attempt, look.looks, look.look_at, look.absent_since)
        .outerjoin(tables.look, look.attempt_id == column.id)
        .where(column.post_id.in_(posts), column.outcome == str(PostEvent.LOSE))
        .order_by(column.post_id, column.id)
    )
    for number, rows in groupby(tx.execute(calls), key=lambda row: row.post_id):
        post = posts[number]
        doubted = [row for row in rows if row.part == post.next_part]
        if doubted and not (doubted[-1].looks and doubted[-1].look_at is None):
            yield _build_unknown_post(post, doubted)


def _build_unknown_post(post: Post, doubted: list[Row[tuple[object, ...]]]) -> UnknownPost:
    last = doubted[-1]
    began = tuple(row.started_at for row in doubted)
    search = (last.looks or 0, last.look_at, last.absent_since)
    until = max((row.until for row in doubted if row.until), default=None)
    ended_at = last.ended_at or last.started_at
    return UnknownPost(post, last.id, tuple(sorted(began)), ended_at, *search, until=until)


def _find_previous_message(tx: Connection, doubt: UnknownPost) -> str | None:
    """Return the remote id of the channel's message before the first call in doubt; None for none.

    The order of calls decides, not a clock.
    """
    number, column, receipt = ids.post_number(doubt.post.id), tables.attempt.c, tables.receipt.c
    first = (
        select(column.id)
        .where(
            column.post_id == number,
            column.part == doubt.post.next_part,
            column.outcome == str(PostEvent.LOSE),
        )
        .order_by(column.id)
        .limit(1)
        .scalar_subquery()
    )
    before = (
        select(receipt.remote_id)
        .join_from(tables.attempt, tables.post, tables.post.c.id == column.post_id)
        .join(tables.receipt, (receipt.post_id == column.post_id) & (receipt.part == column.part))
        .where(
            column.id + 0 < first,  # `+ 0` makes it read a day's calls by time, not all by id.
            column.outcome == str(PostEvent.ACCEPT),
            column.started_at > doubt.began[0] - _MARK_AGE,
            tables.post.c.channel == doubt.post.channel,
        )
        .order_by((column.id + 0).desc())
        .limit(1)
    )
    return tx.execute(before).scalar()


def _lock_if_unsettled(tx: Connection, doubt: UnknownPost) -> Post | None:
    """Lock and return the post if it is still unknown because of this call; else None."""
    was = locked(tx, doubt.post.id)
    column = tables.attempt.c
    newest = (
        select(column.id).where(column.post_id == ids.post_number(was.id)).order_by(column.id.desc()).limit(1)
    )
    same = was.state is PostState.UNKNOWN and was.next_part == doubt.post.next_part
    return was if same and tx.execute(newest).scalar() == doubt.attempt else None


def _filter_unclaimed(tx: Connection, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Return the receipts that no post has, by permalink or by id within the channel.

    Two entries of config.yaml may post to one place, so their ids may meet.
    """
    column = tables.receipt.c
    taken = (
        select(column.remote_id, column.url, tables.post.c.channel)
        .join(tables.post, tables.post.c.id == column.post_id)
        .where(column.remote_id.in_([receipt.remote_id for receipt in receipts]))
    )
    rows = tx.execute(taken).all() if receipts else []
    here = {row.remote_id for row in rows if row.channel == channel}
    links = {row.url for row in rows if row.url}
    return [receipt for receipt in receipts if receipt.remote_id not in here and receipt.url not in links]


def _has_same_text_in_flight(tx: Connection, was: Post) -> bool:
    """Return whether a post with the same text is being sent: the message found may be that post's."""
    sending = select_posts().where(tables.SENDING, tables.post.c.kind == was.kind)
    text = was.parts[was.next_part].text
    return any(part.text == text for twin in to_posts(tx, tx.execute(sending)) for part in twin.parts)


def _record_found(tx: Connection, has: Post, receipt: Receipt, *, sent_at: datetime, now: datetime) -> Post:
    """Mark the post as sent; if only a part of it was found, continue with the rest."""
    shown = receipt.url or receipt.remote_id
    if has.next_part == len(has.parts):
        return shift(
            tx, has, PostEvent.FIND, by=_BY, now=now, detail=shown, sent_at=min(sent_at, now), error=None
        )
    detail = f"part {receipt.part + 1} of {len(has.parts)} is out: {shown}"
    values = {"due_at": now, "error": None, "held_for": None}  # A part was sent, so it is not held.
    found = shift(tx, has, PostEvent.MISS, by=_BY, now=now, detail=detail, **values)
    return doubt_next_part(tx, found, now=now)
