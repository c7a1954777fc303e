"""Approval votes, each bound to a post's exact content, and the changes that void them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, or_

from newsbot.errors import VoteRefused
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.serialization import locked, one, select_posts, to_posts
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.transitions import end_reminders, forget, load_votes, note, refusal, shift
from newsbot.model import Approval, Post, PostEvent, PostState

__all__ = ["ApprovalsStore", "void_approval"]

_APPROVED_STATES = frozenset({PostState.SCHEDULED, PostState.RETRYING})
_TWO_VOTES = 2


class ApprovalsStore(LedgerStore):
    """The methods of the Ledger port for approvals."""

    def approve(
        self,
        post_id: str,
        *,
        by: str,
        now: datetime,
        due_at: datetime,
        reason: str,
        slot_at: datetime | None = None,
        content: str | None = None,
        person: Callable[[str], str] = str,
    ) -> Post:
        with self._database.write() as tx:
            was, number = locked(tx, post_id), ids.post_number(post_id)
            votes = load_votes(tx, number, was.content)
            _check_vote(was, votes, by, content, person)
            row = {"post_id": number, "by": by, "at": now, "content": was.content}
            tx.execute(insert(tables.approval).values(**row))
            count, needed = len({person(each.by) for each in votes} | {person(by)}), max(1, was.approval)
            which = f"{count} of {needed}"
            if count < needed:
                note(tx, number, "approval", by=by, now=now, detail=which)
                return one(tx, number)
            detail = reason if needed == 1 else f"{which}; {reason}"
            values = {"due_at": due_at, "reason": reason, "slot_at": slot_at}
            values |= {"held_for": None, "approved": was.content}
            return shift(tx, was, PostEvent.APPROVE, by=by, now=now, detail=detail, **values)

    def list_votes(self, post_id: str) -> list[Approval]:
        number = ids.post_number(post_id)
        with self._database.read() as tx:
            found = to_posts(tx, tx.execute(select_posts().where(tables.post.c.id == number)))
            return load_votes(tx, number, found[0].content) if found else []

    def refuse(self, post_id: str, *, by: str, why: str, now: datetime) -> Post:
        with self._database.write() as tx:
            was = locked(tx, post_id)
            detail = f"refused: {why}" if why else "refused"
            error = ["not-approved", detail]
            return shift(tx, was, PostEvent.CANCEL, by=by, now=now, detail=detail, error=error)

    def list_held_posts_due(self, before: datetime) -> list[Post]:
        column = tables.post.c
        held = select_posts().where(tables.WAITS, tables.in_queue(column.state, PostState.HELD))
        late = held.where(or_(column.due_at <= before, column.expires_at <= before))
        with self._database.read() as tx:
            return to_posts(tx, tx.execute(late.order_by(column.due_at, column.id)))


def void_approval(tx: Connection, was: Post, why: str, *, by: str, now: datetime) -> Post:
    """Void the approval of a post whose content has changed, and return the post as it is then.

    Call this in every transaction that changes a post's text, media, channel or set time. ``was`` is the post
    before that. If its content differs now, its votes count no more, and an approved post is held again.
    """
    number = ids.post_number(was.id)
    has = one(tx, number)
    end_reminders(tx, number, now=now)
    if has.content == was.content:
        return has
    had = forget(tx, number)
    if has.state in _APPROVED_STATES and (has.approval or has.approved):
        detail = f"approval is void: {why}"
        return shift(tx, has, PostEvent.HOLD, by=by, now=now, detail=detail, held_for=detail)
    if had:
        note(tx, number, "approval void", by=by, now=now, detail=why)
    return has


def _check_vote(
    was: Post, votes: Sequence[Approval], by: str, content: str | None, person: Callable[[str], str]
) -> None:
    """Check that a vote counts.

    Raises:
        VoteRefused: the post was changed or approved already, or this person may not approve it.
        InvalidTransition: the post is not held.
    """
    if content is not None and content != was.content:
        raise VoteRefused(f"post {was.id} was changed since: look at it again", "changed")
    if was.state is not PostState.HELD:
        if was.approved == was.content and votes:
            raise VoteRefused(f"post {was.id} is approved already", "done", *_list_voters(votes))
        raise refusal(was, PostEvent.APPROVE)
    if was.approval < _TWO_VOTES:
        return
    if was.edited_by and person(was.edited_by) == person(by):
        raise VoteRefused(f"post {was.id} is worded by who would approve it: others have to", "own edit")
    own = [each for each in votes if person(each.by) == person(by)]
    if own:
        said = f"post {was.id} has this person's approval already: another has to"
        raise VoteRefused(said, "again", *_list_voters(own))


def _list_voters(votes: Sequence[Approval]) -> tuple[tuple[str, ...], datetime]:
    return tuple(each.by for each in votes), votes[-1].at
