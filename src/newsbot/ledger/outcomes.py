"""Functions that store how calls to platforms ended, for many calls in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from newsbot.errors import RateLimited, UsageError
from newsbot.ledger import ids, rate_limits
from newsbot.ledger import schema as tables
from newsbot.ledger.channels import pause_refused_channel
from newsbot.ledger.dialects import in_list, insert_all
from newsbot.ledger.serialization import encode_part, get_post, select_posts, to_posts
from newsbot.ledger.transitions import (
    end_attempt,
    keep_receipts,
    list_receipt_values,
    note,
    shift,
    update_post,
)
from newsbot.model import IN_FLIGHT, SENDER, Post, PostEvent, PostState, Receipt, TimelineEvent
from newsbot.ports import CallEnding, CallFailure
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "EndedCall",
    "complete_post",
    "load_ended_calls",
    "settle_failed_call",
    "store_completed",
    "store_receipt",
]

_POST, _ATTEMPT = tables.post.c, tables.attempt.c
_NUMBERED = in_list(_POST.id, "numbers")
_LOCKED = select(_POST.id, _POST.state, _POST.attempts).where(_NUMBERED).order_by(_POST.id).with_for_update()
_WHOLE = select_posts().where(_NUMBERED)
_CLOSE_ATTEMPTS = (
    update(tables.attempt)
    .where(in_list(_ATTEMPT.post_id, "numbers"), _ATTEMPT.ended_at.is_(None))
    .values(ended_at=bindparam("now", type_=_ATTEMPT.ended_at.type), outcome=str(PostEvent.ACCEPT))
)
_UPDATE_SENT = (
    update(tables.post)
    .where(_NUMBERED, tables.SENDING)
    .values(
        state=str(PostState.SENT),
        sent_at=bindparam("now", type_=_POST.sent_at.type),
        error=None,
        lease_until=None,
        holder=None,
    )
)


class EndedCall(NamedTuple):
    """A call to a platform that ended: its result, and the post as it was before the result is stored.

    ``number`` is the number of the post's row, which is locked until the transaction ends.
    """

    number: int
    was: Post
    ending: CallEnding

    @property
    def completes(self) -> bool:
        """Return whether the platform accepted the call, and the call sent the last part (message) of its
        post.

        Return False if the post's state is not `sending` any more.
        """
        end, was = self.ending.end, self.was
        last = isinstance(end, Receipt) and end.part == was.next_part == len(was.parts) - 1
        return last and was.state is PostState.SENDING


def load_ended_calls(tx: Connection, endings: Sequence[CallEnding]) -> list[EndedCall]:
    """Lock and load the posts whose calls ended; return them in the order of ``endings``.

    Raises:
        UsageError: one of the posts does not exist.
    """
    if not endings:
        return []
    numbers = [ids.post_number(ending.post_id) for ending in endings]
    rows = {row.id: row for row in tx.execute(_LOCKED, {"numbers": numbers})}
    posts: dict[int, Post] = {}
    for number, ending in zip(numbers, endings, strict=True):
        if number not in rows:
            raise UsageError(UsageCode.NO_POST(ref=repr(ending.post_id)))
        # A claim (the right to make one call) reserves the post for sending and adds one to the number of its
        # attempts. Nothing else changes a post while its state is `sending`, so then the post need not be
        # read again.
        claimed, sending = ending.claim and ending.claim.post, rows[number].state == PostState.SENDING
        if claimed and sending and rows[number].attempts == claimed.attempts:
            posts[number] = claimed
    if others := [number for number in numbers if number not in posts]:
        found = tx.execute(_WHOLE, {"numbers": others}).all()
        posts |= {row.id: post for row, post in zip(found, to_posts(tx, found), strict=True)}
    return [EndedCall(number, posts[number], ending) for number, ending in zip(numbers, endings, strict=True)]


def store_completed(tx: Connection, completed: Sequence[EndedCall], *, now: datetime) -> list[Post]:
    """Store the receipts of the last parts of posts, mark these posts as sent, and return the posts.

    A receipt is the platform's answer to the call that sent a part; it has the published message's id.
    """
    if not completed:
        return []
    posts, rows = [], []
    for number, was, ending in completed:
        assert isinstance(ending.end, Receipt)  # noqa: S101  The caller passes only calls to which the platform returned a receipt (confirmation).
        rows.append({"post_id": number, **list_receipt_values(ending.end)})
        receipts = (*was.receipts, ending.end)
        posts.append(replace(was, state=PostState.SENT, sent_at=now, error=None, receipts=receipts))
    numbers = [one_of.number for one_of in completed]
    these = {"numbers": numbers, "now": now}
    insert_all(tx, tables.receipt, rows, at=now)
    quickest = min(one_of.ending.quickest for one_of in completed)
    rate_limits.record_arrivals(tx, numbers, now - timedelta(seconds=quickest))
    tx.execute(_CLOSE_ATTEMPTS, these)
    tx.execute(_UPDATE_SENT, these)
    lines = [{"post_id": n, "detail": _list_links(post)} for n, post in zip(numbers, posts, strict=True)]
    insert_all(tx, tables.event, lines, at=now, event=str(PostEvent.ACCEPT), by=SENDER)
    return posts


def store_receipt(tx: Connection, ended: EndedCall, *, now: datetime) -> tuple[Post, bool]:
    """Store the receipt (the platform's answer) of one part (message) of a post.

    Returns the post, and whether the caller has to send the next part of the post now.
    """
    number, was, ending = ended
    receipt = ending.end
    assert isinstance(receipt, Receipt)  # noqa: S101  The caller passes only calls to which the platform returned a receipt (confirmation).
    if any(kept.part == receipt.part for kept in was.receipts):
        # The ledger has the platform's confirmation of this message already, so the caller sends no next
        # part: if a call of the post runs now, it sends a later message of the thread.
        return was, False
    keep_receipts(tx, number, (receipt,), now=now)
    end_attempt(tx, number, str(PostEvent.ACCEPT), now=now)
    has = get_post(tx, number)
    if has.next_part == len(has.parts):
        return complete_post(tx, has, now=now), False
    part = Code.PART(n=receipt.part + 1, count=len(has.parts))
    which = Code.TITLED(what=part, why=Code.TEXT(words=receipt.url or receipt.remote_id))
    note(tx, number, TimelineEvent.PART_SENT, by=SENDER, now=now, detail=which)
    if was.state is PostState.UNKNOWN:
        late = Code.LATE_ANSWER()
        return shift(tx, has, PostEvent.MISS, by=SENDER, now=now, detail=late, due_at=now, error=None), False
    # A person's action on the post waits until the post's call has ended, so the next part is not sent yet.
    pending = select(_POST.pending_action).where(_POST.id == number)
    if was.state is PostState.SENDING and tx.execute(pending).scalar() is not None:
        why = Code.STOPPED_BETWEEN_PARTS()
        return shift(tx, has, PostEvent.NOT_SENT, by=SENDER, now=now, detail=why, due_at=now), False
    return has, was.state is PostState.SENDING


def settle_failed_call(tx: Connection, ended: EndedCall, *, now: datetime) -> Post:
    """Store the result of a call to which the platform returned no receipt (confirmation); return the
    post.
    """
    number, was, ending = ended
    outcome = ending.end
    assert isinstance(outcome, CallFailure)  # noqa: S101  The caller passes only calls to which the platform returned no receipt (confirmation).
    # If another process or a person has decided the outcome of the call already, or if a later call of the
    # post is running now, the late result only gets a line in the post's history.
    claimed = ending.claim and ending.claim.post
    if claimed and (was.state not in IN_FLIGHT or was.attempts != claimed.attempts):
        note(tx, number, TimelineEvent.LATE_ANSWER, by=SENDER, now=now, detail=outcome.failure.reason)
        return was
    end_attempt(tx, number, str(outcome.event), now=now)
    if outcome.drop_media and was.next_part < len(was.parts):
        parts = [encode_part(part) for part in was.parts]
        parts[was.next_part]["media"] = ()
        update_post(tx, number, parts=parts)
        was = get_post(tx, number)
    moved = _settle_call(tx, was, outcome, now=now)
    if outcome.pause:
        pause_refused_channel(tx, was.channel, outcome.failure, now=now)
    if outcome.due_at and (outcome.rate_key is not None or outcome.failure.code == RateLimited.code):
        # If the platform asked to wait (HTTP status 429) and named a rate limit, only calls under that rate
        # limit are postponed; if it named none, all calls of the channel are postponed.
        key = outcome.rate_key or rate_limits.channel_key(was.channel)
        rate_limits.postpone_key(tx, key, outcome.due_at, now=now)
    return moved


def complete_post(tx: Connection, has: Post, *, now: datetime) -> Post:
    """Mark a post whose messages were all confirmed by the platform as sent, if its state allows that; return
    the post.

    If its state does not allow it, the post's history gets an event that names the published messages.
    """
    links = _list_links(has)
    if has.state in IN_FLIGHT:
        event = PostEvent.ACCEPT if has.state is PostState.SENDING else PostEvent.FIND
        return shift(tx, has, event, by=SENDER, now=now, detail=links, sent_at=now, error=None)
    if has.state is not PostState.SENT:
        number = ids.post_number(has.id)
        note(tx, number, TimelineEvent.LATE_ANSWER, by=SENDER, now=now, detail=Code.IS_OUT(link=links))
    return has


def _settle_call(tx: Connection, was: Post, outcome: CallFailure, *, now: datetime) -> Post:
    """Change the state of a post by the result of a call that the platform did not confirm; return the post.

    If the post is `unknown` because the process that sent the post was lost, a result which proves that
    nothing was published makes the post `retrying`.
    """
    event, late = outcome.event, was.state is PostState.UNKNOWN
    if late and event is PostEvent.LOSE:
        return was
    edge = PostEvent.MISS if late and event in {PostEvent.NOT_SENT, PostEvent.REFUSE} else event
    values: dict[str, Any] = {"error": outcome.failure}
    # If the result of the call to the platform pauses the channel, or if no call was made, the post keeps its
    # due time, and so its position in the queue.
    keeps = outcome.pause or (outcome.due_at is None and not late)
    if edge in {PostEvent.NOT_SENT, PostEvent.MISS} and not keeps:
        values["due_at"] = outcome.due_at or now
    return shift(tx, was, edge, by=SENDER, now=now, detail=outcome.failure.reason, **values)


def _list_links(post: Post) -> Reason:
    return Code.TEXT(words=", ".join(receipt.url or receipt.remote_id for receipt in post.receipts))
