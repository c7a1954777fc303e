"""The search on a platform for posts of unknown outcome: what the ledger knows of each, and what is found.

A post is `unknown` if nobody knows whether its last call has published a part (message) of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.restored_posts import doubt_next_part
from newsbot.ledger.serialization import find_post, select_posts, to_posts
from newsbot.ledger.transitions import shift
from newsbot.model import RECONCILER, Post, PostEvent, PostState, Receipt
from newsbot.ports import UnknownPost
from newsbot.reasons import Code

__all__ = [
    "claim_search",
    "filter_unclaimed",
    "find_previous_message",
    "has_same_text_in_flight",
    "load_unknown_posts",
    "lock_if_unsettled",
    "record_found",
    "update_look",
]

_POST, _ATTEMPT = tables.post.c, tables.attempt.c
_LOOK, _RECEIPT = tables.look.c, tables.receipt.c
# The search on a platform for a post of unknown outcome begins at the channel's previous message only if that
# was sent at most this long before the post, because to read more messages is slow and expensive.
_MARK_AGE = timedelta(days=1)


def load_unknown_posts(tx: Connection, posts: dict[int, Post]) -> Iterable[UnknownPost]:
    """Yield those posts of unknown outcome that are still searched for on their platforms, with the progress
    of each search.
    """
    calls = (
        select(tables.attempt, _LOOK.looks, _LOOK.look_at, _LOOK.absent_since)
        .outerjoin(tables.look, _LOOK.attempt_id == _ATTEMPT.id)
        .where(_ATTEMPT.post_id.in_(posts), _ATTEMPT.outcome == str(PostEvent.LOSE))
        .order_by(_ATTEMPT.post_id, _ATTEMPT.id)
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


def claim_search(tx: Connection, doubt: UnknownPost, until: datetime) -> bool:
    """Claim, for this process only, the search on the platform for a post of unknown outcome.

    Returns False if another process has claimed the search. One UPDATE with a condition makes the claim, so
    that only one process can succeed.
    """
    ensure_row(tx, tables.look, attempt_id=doubt.attempt, looks=0)
    return update_look(tx, doubt, looks=doubt.looks + 1, look_at=until)


def update_look(tx: Connection, doubt: UnknownPost, **values: Any) -> bool:
    """Store the progress of the search on the platform for a post of unknown outcome.

    Returns False, with nothing stored, if another process has claimed the search.
    """
    mine = (_LOOK.attempt_id == doubt.attempt, _LOOK.looks == doubt.looks)
    return bool(tx.execute(update(tables.look).where(*mine).values(**values)).rowcount)


def find_previous_message(tx: Connection, doubt: UnknownPost) -> str | None:
    """Return the platform's id of the channel's last message before the post's first call of unknown outcome.

    Returns None if the channel sent no message in the day before that call. The last message is the one whose
    call has the highest number in the ledger, because the times of calls depend on a clock that may be wrong.
    """
    own = (_ATTEMPT.post_id == ids.post_number(doubt.post.id), _ATTEMPT.part == doubt.post.next_part)
    first = select(_ATTEMPT.id).where(*own, _ATTEMPT.outcome == str(PostEvent.LOSE))
    first = first.order_by(_ATTEMPT.id).limit(1)
    # The term `+ 0` keeps SQLite from reading all stored calls in the order of their ids. Instead SQLite
    # reads the calls of one day by the index of the calls' times.
    number = _ATTEMPT.id + 0
    before = (
        select(_RECEIPT.remote_id)
        .join_from(tables.attempt, tables.post, _POST.id == _ATTEMPT.post_id)
        .join(tables.receipt, (_RECEIPT.post_id == _ATTEMPT.post_id) & (_RECEIPT.part == _ATTEMPT.part))
        .where(number < first.scalar_subquery(), _ATTEMPT.outcome == str(PostEvent.ACCEPT))
        .where(_ATTEMPT.started_at > doubt.began[0] - _MARK_AGE, _POST.channel == doubt.post.channel)
        .order_by(number.desc())
        .limit(1)
    )
    return tx.execute(before).scalar()


def lock_if_unsettled(tx: Connection, doubt: UnknownPost) -> Post | None:
    """Lock and return a post with a call of unknown outcome; return None if the outcome has become known."""
    was = find_post(tx, doubt.post.id, lock=True)
    newest = select(func.max(_ATTEMPT.id)).where(_ATTEMPT.post_id == ids.post_number(was.id))
    same = was.state is PostState.UNKNOWN and was.next_part == doubt.post.next_part
    return was if same and tx.execute(newest).scalar() == doubt.attempt else None


def filter_unclaimed(tx: Connection, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Return those ``receipts`` (messages found on the platform) that no post in the ledger has yet.

    A message's id only identifies it within a channel. Permalinks are compared as well, because two channels
    of config.yaml may post to the same chat or account.
    """
    taken = (
        select(_RECEIPT.remote_id, _RECEIPT.url, _POST.channel)
        .join(tables.post, _POST.id == _RECEIPT.post_id)
        .where(_RECEIPT.remote_id.in_([receipt.remote_id for receipt in receipts]))
    )
    rows = tx.execute(taken).all() if receipts else []
    here = {row.remote_id for row in rows if row.channel == channel}
    links = {row.url for row in rows if row.url}
    return [receipt for receipt in receipts if receipt.remote_id not in here and receipt.url not in links]


def has_same_text_in_flight(tx: Connection, was: Post) -> bool:
    """Return whether another post with the same text is being sent to the same kind of platform now.

    If so, a message with this text that a search found may belong to that other post.
    """
    sending = select_posts().where(tables.SENDING, _POST.kind == was.kind)
    text = was.parts[was.next_part].text
    return any(part.text == text for post in to_posts(tx, tx.execute(sending)) for part in post.parts)


def record_found(tx: Connection, has: Post, receipt: Receipt, *, sent_at: datetime, now: datetime) -> Post:
    """Mark a post as sent because its last part (message) was found on the platform.

    If the part that was found is not the last part of the post's thread, the post becomes `retrying`, so that
    the later parts are sent.
    """
    shown = Code.TEXT(words=receipt.url or receipt.remote_id)
    if has.next_part == len(has.parts):
        values: dict[str, Any] = {"sent_at": min(sent_at, now), "error": None}
        return shift(tx, has, PostEvent.FIND, by=RECONCILER, now=now, detail=shown, **values)
    part = Code.PART_OUT(n=receipt.part + 1, count=len(has.parts))
    detail = Code.TITLED(what=part, why=shown)
    # A message of the post is published, so the post does not wait for an editor any more.
    values = {"due_at": now, "error": None, "held_for": None}
    found = shift(tx, has, PostEvent.MISS, by=RECONCILER, now=now, detail=detail, **values)
    return doubt_next_part(tx, found, now=now)
