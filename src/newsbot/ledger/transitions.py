"""Functions that change a post's state, each with an event in the post's history.

The UPDATE of a change has an effect only if the post still has its former state. The functions run in the
caller's transaction. Besides this module, only `claims` and `outcomes` change states, of many posts in one
statement.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from newsbot.errors import InvalidTransition
from newsbot.ledger import budget, ids, rate_limits
from newsbot.ledger.database import request_job
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.schema import approval, attempt, event, notice, post, receipt
from newsbot.ledger.serialization import get_post
from newsbot.model import (
    READY,
    RESCUER,
    SYSTEM,
    Approval,
    Failure,
    Post,
    PostEvent,
    PostState,
    Receipt,
    TimelineEvent,
    target,
)
from newsbot.ports import Job
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "STAGES",
    "cause",
    "end_attempt",
    "end_reminders",
    "forget",
    "keep_receipts",
    "list_receipt_values",
    "load_votes",
    "note",
    "note_summary",
    "recover_post",
    "refusal",
    "reminder_key",
    "set_event_cause",
    "shift",
    "update_post",
    "void_approval",
]

_EVENT_REFUSALS = {
    PostEvent.APPROVE: UsageCode.CANNOT_APPROVE(),
    # The command `retry` holds a failed post that needs an approval. So if a post can't be held, the message
    # to the person says that it can't be retried.
    PostEvent.HOLD: UsageCode.CANNOT_RETRY(),
    PostEvent.CANCEL: UsageCode.CANNOT_CANCEL(),
    PostEvent.CLAIM: UsageCode.CANNOT_SEND(),
    PostEvent.SKIP: UsageCode.CANNOT_SKIP(),
    PostEvent.FIND: UsageCode.CANNOT_RESOLVE(),
    PostEvent.MISS: UsageCode.CANNOT_RESOLVE(),
    PostEvent.RETRY: UsageCode.CANNOT_RETRY(),
    PostEvent.WITHDRAW: UsageCode.CANNOT_WITHDRAW(),
}
"""By event, the reason that a person reads if the state of a post does not allow the event.

Events that no person asks for, only the component that sends posts, are missing.
"""

_STATE_CODES = {
    PostState.HELD: UsageCode.HELD_POST,
    PostState.SCHEDULED: UsageCode.SCHEDULED_POST,
    PostState.RETRYING: UsageCode.RETRYING_POST,
    PostState.SENDING: UsageCode.SENDING_POST,
    PostState.UNKNOWN: UsageCode.UNKNOWN_POST,
    PostState.FAILED: UsageCode.FAILED_POST,
    PostState.CANCELLED: UsageCode.CANCELLED_POST,
    PostState.WITHDRAWN: UsageCode.WITHDRAWN_POST,
}


def refusal(found: Post, asked: PostEvent | Reason) -> InvalidTransition:
    """Build the error that says that a post's state does not allow the event or action that was asked for.

    ``asked`` is an event, or a reason like "can't be moved".
    """
    what = asked if isinstance(asked, Reason) else _EVENT_REFUSALS.get(asked)
    what, why = what or UsageCode.CANNOT_BECOME(event=asked), _explain_state(found)
    return InvalidTransition(
        UsageCode.POST_IN_STATE(ref=found.id, state=str(found.state), what=what, why=why)
    )


def _explain_state(found: Post) -> Reason:
    if found.state is PostState.SENT:
        link = next((receipt.url for receipt in found.receipts if receipt.url), None)
        return UsageCode.SENT_POST_AT(link=link) if link else UsageCode.SENT_POST()
    code = _STATE_CODES[found.state]
    return code(**dict.fromkeys(code.parameters, found.id))


STAGES = ("soon", "due", "dying")
"""The stages at which people are reminded of a held post (which waits for their approval): soon due, due, and
about to expire.
"""


def load_votes(tx: Connection, number: int, content: str) -> list[Approval]:
    """Return the approvals of a post whose content had the hash ``content``, earliest first."""
    column = approval.c
    of_it = select(column.by, column.at, column.content)
    of_it = of_it.where(column.post_id == number, column.content == content).order_by(column.id)
    return [Approval(*row) for row in tx.execute(of_it)]


def forget(tx: Connection, number: int) -> bool:
    """Delete all approvals of a post; return whether there were any.

    So the approvals do not count again even if the post gets its former content back.
    """
    return bool(tx.execute(delete(approval).where(approval.c.post_id == number)).rowcount)


def reminder_key(post_id: str, stage: str) -> str:
    """Return the key of the notice that reminds people of a held post (which waits for their approval).

    ``stage`` is one of `STAGES`: the post is due soon, is due, or is about to expire.
    """
    return f"remind:{post_id}:{stage}"


def end_reminders(tx: Connection, number: int, *, now: datetime) -> None:
    """Mark the reminders of a held post (which waits for an approval) as over, so that people may be reminded
    of it again.
    """
    keys = [reminder_key(ids.post_id(number), stage) for stage in STAGES]
    open_ones = update(notice).where(notice.c.key.in_(keys), notice.c.over_at.is_(None))
    tx.execute(open_ones.values(over_at=now))


_CAUSE: ContextVar[str | None] = ContextVar("cause", default=None)

_MONEY_RELEASING_EVENTS = frozenset({PostEvent.NOT_SENT, PostEvent.REFUSE, PostEvent.MISS})
"""The events that prove that the platform published nothing, so that the reserved money is released."""


def shift(
    tx: Connection,
    was: Post,
    by_event: PostEvent,
    *,
    by: str,
    now: datetime,
    detail: Reason | None = None,
    **values: Any,
) -> Post:
    """Change a post's state by the event ``by_event``, add the event to its history, and return the post.

    ``was`` is the post as it was read in this transaction. ``values`` are new values of further columns of
    the post.

    Raises:
        InvalidTransition: the post's state does not allow the event, or has changed since the post was read.
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
        raise refusal(get_post(tx, number), by_event)
    note(tx, number, by_event, by=by, now=now, detail=detail)
    if end is PostState.HELD:
        forget(tx, number)
    if was.state is PostState.HELD:
        end_reminders(tx, number, now=now)
    if by_event in _MONEY_RELEASING_EVENTS:
        budget.release(tx, number)
    has = get_post(tx, number)
    if end in READY and has.due_at <= now:
        request_job(tx, Job("drain", has.channel, priority=int(has.breaking)))
    # The post waited for an editor when the ledger was restored from a backup, so it waits again.
    if by_event is PostEvent.MISS and has.held_for:
        why = has.held_for
        return shift(tx, has, PostEvent.HOLD, by=SYSTEM, now=now, detail=why, held_for=why)
    return has


def update_post(tx: Connection, number: int, **values: Any) -> None:
    """Set columns of a post that the caller has locked; only `shift` changes the state."""
    tx.execute(update(post).where(post.c.id == number).values(**values))


def note(
    tx: Connection,
    number: int,
    what: PostEvent | TimelineEvent,
    *,
    by: str,
    now: datetime,
    detail: Reason | None = None,
) -> None:
    """Add one event to the history of a post."""
    values = {"post_id": number, "at": now, "event": str(what), "by": by, "detail": detail}
    tx.execute(insert(event).values(**values, cause=_CAUSE.get()))


def note_summary(tx: Connection, number: int, notes: Iterable[Reason], now: datetime) -> None:
    """Add to the history of a post which model wrote its summary, and why other summarizers gave none."""
    for each in notes:
        note(tx, number, TimelineEvent.SUMMARY, by=SYSTEM, now=now, detail=each)


@contextmanager
def set_event_cause(cause: str) -> Iterator[None]:
    """Store ``cause``, the name of a desk command, in all events that the ``with`` block writes.

    Events that other threads or tasks write at the same time do not get this cause.
    """
    before = _CAUSE.set(cause)
    try:
        yield
    finally:
        _CAUSE.reset(before)


def cause() -> str | None:
    """Return the name of the desk command that this thread or task is executing; None if there is none."""
    return _CAUSE.get()


def end_attempt(tx: Connection, number: int, outcome: str, *, now: datetime) -> int:
    """Mark the post's calls that have not ended as ended with ``outcome``; return how many there were."""
    still_open = update(attempt).where(attempt.c.post_id == number, attempt.c.ended_at.is_(None))
    closed = still_open.values(ended_at=now, outcome=outcome).returning(attempt.c.id)
    ended = tx.execute(closed).scalars().all()
    for one_of in ended:
        rate_limits.record_arrival(tx, one_of, now)
    return len(ended)


def keep_receipts(tx: Connection, number: int, receipts: Iterable[Receipt], *, now: datetime) -> None:
    """Store the receipts (the platform's answers) of a post's parts.

    If a part has a receipt already, that receipt stays, because a second receipt stands for no other message.
    """
    for one_of in receipts:
        ensure_row(tx, receipt, post_id=number, at=now, **list_receipt_values(one_of))


def list_receipt_values(receipt: Receipt) -> dict[str, Any]:
    """Return the values of a receipt (the platform's confirmation) by the columns of its table.

    `dataclasses.asdict` is not used, because it would also convert the receipt's note, which is a dataclass.
    """
    return {field.name: getattr(receipt, field.name) for field in fields(receipt)}


_LOST_FAILURE = Failure("unknown", UsageCode.SENDER_ENDED())
_NOT_SENT_FAILURE = Failure("not-sent", UsageCode.SENDER_ENDED_BEFORE_CALL())


def recover_post(tx: Connection, was: Post, *, now: datetime, by: str = RESCUER) -> Post:
    """Recover a post whose state is `sending`, but whose sending process was lost, and return the post.

    The post becomes `unknown` if a call was made that has not ended, and `retrying` if not.
    """
    in_flight = end_attempt(tx, ids.post_number(was.id), str(PostEvent.LOSE), now=now)
    event, failure = (PostEvent.LOSE, _LOST_FAILURE) if in_flight else (PostEvent.NOT_SENT, _NOT_SENT_FAILURE)
    # A post of unknown outcome keeps the id of the process that made the call, because that process may only
    # be suspended, and may continue the call.
    values = {"holder": post.c.holder} if in_flight else {"due_at": now}
    return shift(tx, was, event, by=by, now=now, detail=failure.reason, error=failure, **values)


def void_approval(tx: Connection, was: Post, why: Reason, *, by: str, now: datetime) -> Post:
    """Void the approvals of a post if its content has changed, and return the post.

    Call this in every transaction that changes a post's text, media, channel or set time. ``was`` is the post
    before the change. If its content differs now, its approvals do not count any more, and an approved post
    is held again.
    """
    number = ids.post_number(was.id)
    has = get_post(tx, number)
    end_reminders(tx, number, now=now)
    if has.content == was.content:
        return has
    had = forget(tx, number)
    if has.state in READY and (has.approval or has.approved):
        detail = Code.TITLED(what=Code.APPROVAL_VOID(), why=why)
        return shift(tx, has, PostEvent.HOLD, by=by, now=now, detail=detail, held_for=detail)
    if had:
        note(tx, number, TimelineEvent.APPROVAL_VOID, by=by, now=now, detail=why)
    return has
