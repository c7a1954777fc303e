"""Store a person's action on an article, and apply the action to the article's posts.

The actions are fixes, corrections, withdrawals (the deletion of one post) and takedowns (the deletion of all
posts of an article). Each function works inside the database transaction that its caller has opened. The
posts of the article may be published, waiting or being sent.
"""

from collections.abc import Sequence
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from newsbot.errors import InvalidTransition
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import refresh_article
from newsbot.ledger.changes import carry_flag, settle_flags
from newsbot.ledger.database import request_job
from newsbot.ledger.post_creation import add_posts
from newsbot.ledger.restored_posts import window
from newsbot.ledger.same_article import find_same_articles, lock_article_intake
from newsbot.ledger.serialization import (
    build_from_row,
    decode_part,
    encode_draft,
    encode_part,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.takedowns import block, redact, redact_post
from newsbot.ledger.transitions import cause, note, note_summary, shift, update_post, void_approval
from newsbot.model import FENCE, IN_FLIGHT, Draft, Failure, Part, Post, PostEvent, PostState, TimelineEvent
from newsbot.ports import REMOVALS, Action, FixedSentence, Job, NewAction, NewAmendment, NewPost
from newsbot.ports.alerts import MAYBE_CORRECTED, RESTORED_CODE
from newsbot.reasons import Code, UsageCode, join_reasons

__all__ = ["act", "build_action", "start_action", "update_amendments"]

_ASKED = {
    "fix": TimelineEvent.FIX_ASKED,
    "correct": TimelineEvent.CORRECT_ASKED,
    "edit": TimelineEvent.EDIT_ASKED,
    "withdraw": TimelineEvent.WITHDRAW_ASKED,
    "takedown": TimelineEvent.TAKEDOWN_ASKED,
}
"""The event that a post's history gets if a person asks for an action while nobody knows whether the post is
published; by the kind of action.
"""
_LIFETIME = timedelta(hours=24)
_AMENDMENT, _ACTION = tables.amendment.c, tables.action.c
_POST, _ARTICLE = tables.post.c, tables.article.c
_UNKNOWN_FAILURE = Failure("unknown", UsageCode.NOBODY_KNOWS())


def act(tx: Connection, new: NewAction, *, now: datetime) -> Action:
    """Apply a person's action ``new``, such as a correction, to its article and the article's posts; return
    the stored action.

    Raises:
        InvalidTransition: a post of the article changed, or was added, since the caller read the posts.
    """
    article = ids.article_number(new.article_id)
    lock_article_intake(tx)
    numbers = find_same_articles(tx, article)
    tx.execute(select(_ARTICLE.id).where(_ARTICLE.id.in_(numbers)).order_by(_ARTICLE.id).with_for_update())
    posts = _lock_seen_posts(tx, numbers, new)
    action = _insert_action(tx, new, article, now)
    for article_id, text in new.articles.items():
        refresh_article(tx, ids.article_number(article_id), text, now=now)
    if new.block:
        block(tx, numbers, article, by=new.by, now=now)
        _forget_changes(tx, numbers)
    for post_id, draft in new.recompose.items():
        _recompose_post(tx, posts[post_id], draft, action, now)
    settle_flags(tx, new.settled, by=new.by, now=now)
    _insert_amendments(tx, new.amendments, action, now)
    for post_id in dict.fromkeys(each.post_id for each in new.amendments):
        _begin_action(tx, posts[post_id], action, now)
    if new.redact:
        redact(tx, numbers, now=now)
    return action


def start_action(tx: Connection, was: Post, *, now: datetime) -> Post:
    """Apply to a post the person's action that waited until it was known whether the post is published.

    Returns the post in its new state.
    """
    number = ids.post_number(was.id)
    asked = select(tables.action).join(tables.post, _POST.pending_action == _ACTION.id)
    action = build_action(tx.execute(asked.where(_POST.id == number)).one())
    update_post(tx, number, pending_action=None)
    mine = (_AMENDMENT.post_id == number, _AMENDMENT.action_id == action.id, tables.OPEN_AMENDMENT)
    rows = tx.execute(select(tables.amendment).where(*mine).order_by(_AMENDMENT.part)).all()
    request_job(tx, Job("amend", was.channel, priority=int(action.what in REMOVALS)))
    if action.what in REMOVALS:
        _remove_post(tx, was, action, rows, now)
    else:
        _amend_post(tx, was, action, rows, now)
    redact_post(tx, number)
    return get_post(tx, number)


def _lock_seen_posts(tx: Connection, numbers: Sequence[int], new: NewAction) -> dict[str, Post]:
    found = select_posts().where(_POST.article_id.in_(numbers)).order_by(_POST.id)
    posts = {post.id: post for post in to_posts(tx, tx.execute(found.with_for_update(of=tables.post)))}
    known = {post.id: (post.state, post.parts, len(post.receipts)) for post in posts.values()}
    same = all((post.state, post.parts, len(post.receipts)) == known.get(post.id) for post in new.seen)
    if not same or (len(posts) != len({post.id for post in new.seen}) and not new.alone):
        raise InvalidTransition(UsageCode.ARTICLE_CHANGED(ref=new.article_id))
    return posts


def _insert_action(tx: Connection, new: NewAction, article: int, now: datetime) -> Action:
    fixed = [list(astuple(each)) for each in new.fixed]
    values = {"what": new.what, "by": new.by, "at": now, "detail": new.detail, "fixed": fixed}
    row = insert(tables.action).values(article_id=article, cause=cause(), **values)
    return build_action(tx.execute(row.returning(tables.action)).one())


def build_action(row: Row[Any]) -> Action:
    """Build a person's action on an article from the action's row in the ledger."""
    fixed = None if row.fixed is None else tuple(FixedSentence(*fields) for fields in row.fixed)
    return build_from_row(Action, row, article_id=ids.article_id(row.article_id), fixed=fixed)


def _insert_amendments(
    tx: Connection, amendments: Sequence[NewAmendment], action: Action, now: datetime
) -> None:
    """Store the edits and deletes of published messages (amendments) that a person's action demands.

    Earlier edits and deletes of the same posts that are not finished are ended, because the new ones replace
    them.
    """
    numbers = {ids.post_number(each.post_id) for each in amendments}
    waits = (_AMENDMENT.post_id.in_(numbers), tables.OPEN_AMENDMENT)
    if numbers:
        tx.execute(update(tables.amendment).where(*waits).values(state="over", holder=None))
    for each in amendments:
        before, after = (encode_part(part) if part else None for part in (each.before, each.after))
        values = {"part": each.part, "what": each.what, "before": before, "after": after}
        values |= {"action_id": action.id, "post_id": ids.post_number(each.post_id)}
        tx.execute(insert(tables.amendment).values(state="due", due_at=now, attempts=0, **values))


def _begin_action(tx: Connection, was: Post, action: Action, now: datetime) -> None:
    """Apply a person's action to a post; if a call for the post may still run, store the action as pending.

    A pending action is applied once it is known whether the post is published.
    """
    number = ids.post_number(was.id)
    update_post(tx, number, pending_action=action.id)
    if was.state in IN_FLIGHT:
        detail = Code.ONCE_KNOWN(state=str(was.state))
        note(tx, number, _ASKED[action.what], by=action.by, now=now, detail=detail)
    else:
        start_action(tx, was, now=now)


def _forget_changes(tx: Connection, numbers: Sequence[int]) -> None:
    """Delete the sources' unprocessed changes of articles that a person has removed for good, and give up
    reading those of the articles that are unread.

    An unread article becomes ``recorded``, a state in which newsbot never reads it.
    """
    tx.execute(delete(tables.change).where(tables.change.c.article_id.in_(numbers)))
    unread = (_ARTICLE.id.in_(numbers), tables.UNREAD)
    values = {"state": "recorded", "item": None, "holder": None, "note": Code.TAKEN_DOWN()}
    tx.execute(update(tables.article).where(*unread).values(**values))


def update_amendments(tx: Connection, rows: Sequence[Row[*tuple[Any, ...]]], **values: Any) -> None:
    """Set columns of the amendments in ``rows`` (edits or deletes of published messages) to ``values``."""
    numbers = [row.id for row in rows]
    tx.execute(update(tables.amendment).where(_AMENDMENT.id.in_(numbers)).values(**values))


def _remove_post(tx: Connection, was: Post, action: Action, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Withdraw a post: cancel a post that still waits, or mark a published post as withdrawn.

    The deletes in ``rows`` whose messages are not published are ended, because there is nothing to delete.
    """
    out = {receipt.part for receipt in was.receipts}
    absent = [row for row in rows if row.part not in out]
    if was.state is PostState.CANCELLED and was.error and was.error.code == "unknown":
        update_amendments(tx, absent[:1], state="manual", error=_UNKNOWN_FAILURE)
        absent = absent[1:]
    update_amendments(tx, absent, state="over")
    why = Code.TAKEN_DOWN() if action.what == "takedown" else Code.WITHDRAWN()
    told: dict[str, Any] = {"by": action.by, "now": now, "detail": why}
    if was.is_pending and not out:
        shift(tx, was, PostEvent.CANCEL, **told, error=Failure("taken-down", why))
        return
    # A waiting post that reaches this line is a thread (a post of several messages) of which some parts are
    # published. The thread is ended here, and then marked as withdrawn if it failed.
    if was.is_pending:
        was = shift(tx, was, PostEvent.EXPIRE, **told)
    if was.state is PostState.SENT or (was.state is PostState.FAILED and out):
        shift(tx, was, PostEvent.WITHDRAW, **told)


def _amend_post(tx: Connection, was: Post, action: Action, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Apply a correction to a post: edit its published parts, and replace the text of the other parts.

    If the action asks for a new post instead, that post replaces the published parts or replies to them
    (`_replace_post`).
    """
    out = {receipt.part for receipt in was.receipts}
    waits = was.is_pending or was.state is PostState.FAILED
    if not out or was.state in {PostState.CANCELLED, PostState.WITHDRAWN}:
        update_amendments(tx, rows, state="over")
        if waits:
            _recompose_post(tx, was, _apply_to_parts(was, rows), action, now)
        return
    if any(row.what in {"repost", "reply"} for row in rows):
        gone = window(tx)
        # A service that used the ledger before it was restored from a backup may have published this
        # correction already, so newsbot publishes nothing here and a person has to decide.
        if gone is not None and action.at <= gone.until:
            number, why = ids.post_number(was.id), MAYBE_CORRECTED
            update_amendments(tx, rows, state="failed", error=Failure(RESTORED_CODE, why))
            note(tx, number, TimelineEvent.NOT_CORRECTED, by=FENCE, now=now, detail=why)
            return
        _replace_post(tx, was, action, rows, now)
        return
    later = [row for row in rows if row.part not in out]
    update_amendments(tx, later, state="over")
    if later and waits:
        _recompose_post(tx, was, _apply_to_parts(was, later), action, now)
    note(tx, ids.post_number(was.id), TimelineEvent(action.what), by=action.by, now=now, detail=action.detail)


def _apply_to_parts(was: Post, rows: Sequence[Row[Any]]) -> tuple[Part, ...]:
    parts = list(was.parts)
    for row in rows:
        if row.after and row.part < len(parts):
            parts[row.part] = decode_part(row.after)
    return tuple(parts)


def _replace_post(tx: Connection, was: Post, action: Action, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Queue a new post with the corrected text of a published post.

    If the action is a repost, the published post is deleted afterwards; else it stays, and the new post is a
    reply to it.
    """
    number, reposts = ids.post_number(was.id), rows[0].what == "repost"
    parts = tuple(decode_part(row.after) for row in rows if row.after)
    draft = Draft(was.channel, was.kind, parts, was.cost_usd, was.language, target=was.target)
    new = NewPost(draft, now, now + _LIFETIME, Code.CORRECTION(), by=action.by, set_at=now, role="correction")
    new = new if reposts else replace(new, answers=was.id)
    article = tx.execute(select(_POST.article_id).where(_POST.id == number)).scalar_one()
    queued = add_posts(tx, article, [new], now=now)
    note(tx, number, TimelineEvent(action.what), by=action.by, now=now, detail=action.detail)
    said = join_reasons([Code.CORRECTED_BY(ref=post.id) for post in queued] or [Code.CORRECTED_BY_NONE()])
    out = {receipt.part for receipt in was.receipts}
    update_amendments(tx, [row for row in rows if not reposts or row.part not in out], state="over")
    if not reposts:
        note(tx, number, TimelineEvent.ANSWERED, by=action.by, now=now, detail=said)
        return
    # The old post's messages are deleted only after the replacing post is published, which may have to wait
    # for money in the budget or for the end of a pause.
    follows = ids.post_number(queued[0].id) if queued else None
    if follows:
        carry_flag(tx, number, follows, now)
    update_amendments(
        tx, [row for row in rows if row.part in out], what="delete", after=None, follows=follows
    )
    told: dict[str, Any] = {"by": action.by, "now": now, "detail": said}
    if was.is_pending:
        was = shift(tx, was, PostEvent.EXPIRE, **told)
    if was.state in {PostState.SENT, PostState.FAILED}:
        shift(tx, was, PostEvent.WITHDRAW, **told)


def _recompose_post(
    tx: Connection, was: Post, new: Draft | Sequence[Part], action: Action, now: datetime
) -> None:
    """Replace the text of a post that waits or has failed, and void people's approvals of the old text."""
    number = ids.post_number(was.id)
    values = encode_draft(new) if isinstance(new, Draft) else {"parts": [encode_part(part) for part in new]}
    if not values.get("summary"):
        values.pop("summary", None)
    update_post(tx, number, **values)
    note(tx, number, TimelineEvent(action.what), by=action.by, now=now, detail=action.detail)
    note_summary(tx, number, new.notes if isinstance(new, Draft) else (), now)
    void_approval(tx, was, Code.WORDS_CHANGED_BY(action=action.what), by=action.by, now=now)
