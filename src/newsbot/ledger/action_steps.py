"""Store a person's action on an article, and apply the action to the article's posts.

The actions are fixes, corrections, withdrawals and takedowns. Each function works inside the database
transaction that its caller has opened. The posts of the article may be published, waiting or being sent.
"""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from newsbot.errors import InvalidTransition
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.article_rows import refresh_article
from newsbot.ledger.changes import carry_flag, settle_flags
from newsbot.ledger.post_creation import add_posts
from newsbot.ledger.redaction import redact, redact_post
from newsbot.ledger.restored_posts import window
from newsbot.ledger.same_article import lock_article_intake
from newsbot.ledger.serialization import (
    decode_part,
    encode_draft,
    encode_part,
    get_post,
    select_posts,
    to_posts,
)
from newsbot.ledger.takedown_blocks import block, find_same_articles
from newsbot.ledger.transitions import cause, note, shift, update_post, void_approval
from newsbot.model import FENCE, IN_FLIGHT, Draft, Failure, Part, Post, PostEvent, PostState, TimelineEvent
from newsbot.ports import REMOVALS, Action, NewAction, NewAmendment, NewPost
from newsbot.ports.alerts import MAYBE_CORRECTED, RESTORED_CODE
from newsbot.reasons import Code, Reason, UsageCode, join_reasons

__all__ = ["act", "start_action", "update_amendments"]

_ASKED = {
    "fix": TimelineEvent.FIX_ASKED,
    "correct": TimelineEvent.CORRECT_ASKED,
    "edit": TimelineEvent.EDIT_ASKED,
    "withdraw": TimelineEvent.WITHDRAW_ASKED,
    "takedown": TimelineEvent.TAKEDOWN_ASKED,
}
"""The event that an action is asked for while it is unknown whether the post is published."""
_LIFETIME = timedelta(hours=24)
_AMENDMENT, _ACTION = tables.amendment.c, tables.action.c
_POST, _ARTICLE = tables.post.c, tables.article.c
_UNKNOWN_FAILURE = Failure("unknown", UsageCode.NOBODY_KNOWS())


def act(tx: Connection, new: NewAction, *, now: datetime) -> Action:
    """Apply the action ``new`` to its article and the article's posts, and return the stored action.

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
    _insert_amendments(tx, new.amendments, action, posts, now)
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
    action = _load_pending_action(tx, number)
    update_post(tx, number, pending_action=None)
    rows = _load_open_amendments(tx, number, action.id)
    if action.what in REMOVALS:
        _remove_post(tx, was, action, rows, now)
    else:
        _amend_post(tx, was, action, rows, now)
    redact_post(tx, number)
    return get_post(tx, number)


# ---------------------------------------------------------------- storing an action


def _lock_seen_posts(tx: Connection, numbers: Sequence[int], new: NewAction) -> dict[str, Post]:
    found = select_posts().where(_POST.article_id.in_(numbers)).order_by(_POST.id)
    posts = {post.id: post for post in to_posts(tx, tx.execute(found.with_for_update(of=tables.post)))}
    seen = {post.id: post for post in new.seen}
    same = all(each.id in posts and _is_unchanged(each, posts[each.id]) for each in new.seen)
    if not same or (posts.keys() != seen.keys() and not new.alone):
        raise InvalidTransition(UsageCode.ARTICLE_CHANGED(ref=new.article_id))
    return posts


def _is_unchanged(one_of: Post, other: Post) -> bool:
    same_receipts = len(one_of.receipts) == len(other.receipts)
    return one_of.state is other.state and one_of.parts == other.parts and same_receipts


def _insert_action(tx: Connection, new: NewAction, article: int, now: datetime) -> Action:
    values: dict[str, Any] = {"what": new.what, "article_id": article, "by": new.by, "at": now}
    values |= {"detail": new.detail, "fixed": [list(astuple(one_of)) for one_of in new.fixed]}
    row = insert(tables.action).values(**values, cause=cause()).returning(_ACTION.id)
    number = tx.execute(row).scalar_one()
    return Action(number, new.what, new.article_id, new.by, now, new.detail, tuple(new.fixed))


def _insert_amendments(
    tx: Connection, amendments: Sequence[NewAmendment], action: Action, posts: dict[str, Post], now: datetime
) -> None:
    """Store the edits and deletes of published messages (amendments) that a person's action demands.

    Earlier edits and deletes of the same posts that are not finished are ended, because the new ones replace
    them.
    """
    for post_id in {each.post_id for each in amendments}:
        waits = (_AMENDMENT.post_id == ids.post_number(posts[post_id].id), tables.OPEN_AMENDMENT)
        tx.execute(update(tables.amendment).where(*waits).values(state="over", holder=None))
    for each in amendments:
        tx.execute(
            insert(tables.amendment).values(
                action_id=action.id,
                post_id=ids.post_number(each.post_id),
                part=each.part,
                what=each.what,
                state="due",
                before=encode_part(each.before) if each.before else None,
                after=encode_part(each.after) if each.after else None,
                due_at=now,
                attempts=0,
            )
        )


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
    """Delete the stored changes of articles that a takedown blocks, and give up reading the unread ones.

    An article that was not read yet becomes ``recorded``, a state in which newsbot never reads it.
    """
    tx.execute(delete(tables.change).where(tables.change.c.article_id.in_(numbers)))
    unread = (_ARTICLE.id.in_(numbers), tables.UNREAD)
    values = {"state": "recorded", "item": None, "holder": None, "note": "taken down"}
    tx.execute(update(tables.article).where(*unread).values(**values))


def _load_pending_action(tx: Connection, number: int) -> Action:
    asked = select(tables.action).join(tables.post, _POST.pending_action == _ACTION.id)
    row = tx.execute(asked.where(_POST.id == number)).one()
    return Action(row.id, row.what, ids.article_id(row.article_id), row.by, row.at, row.detail)


def _load_open_amendments(tx: Connection, number: int, action: int) -> list[Row[Any]]:
    mine = (_AMENDMENT.post_id == number, _AMENDMENT.action_id == action, tables.OPEN_AMENDMENT)
    return list(tx.execute(select(tables.amendment).where(*mine).order_by(_AMENDMENT.part)))


def update_amendments(tx: Connection, rows: Sequence[Row[*tuple[Any, ...]]], **values: Any) -> None:
    """Set columns of the amendments in ``rows`` (edits or deletes of a post's part) to ``values``."""
    numbers = [row.id for row in rows]
    tx.execute(update(tables.amendment).where(_AMENDMENT.id.in_(numbers)).values(**values))


# ---------------------------------------------------------------- withdrawals and takedowns


def _remove_post(tx: Connection, was: Post, action: Action, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Withdraw a post: cancel a post that still waits, or mark a published post as withdrawn.

    The person's action is a withdrawal or a takedown. The deletes that were stored for parts of the post that
    are not published are ended, because there is no message to delete.
    """
    out = {receipt.part for receipt in was.receipts}
    absent = [row for row in rows if row.part not in out]
    if was.state is PostState.CANCELLED and was.error and was.error.code == "unknown":
        update_amendments(tx, absent[:1], state="manual", error=_UNKNOWN_FAILURE)
        absent = absent[1:]
    update_amendments(tx, absent, state="over")
    told: dict[str, Any] = {"by": action.by, "now": now, "detail": _describe_removal(action)}
    if was.is_pending and not out:
        shift(tx, was, PostEvent.CANCEL, **told, error=Failure("taken-down", _describe_removal(action)))
        return
    # If a post still waits here, it is a thread (a post of several messages) of which some parts are
    # published.
    if was.is_pending:
        was = shift(tx, was, PostEvent.EXPIRE, **told)
    if was.state is PostState.SENT or (was.state is PostState.FAILED and out):
        shift(tx, was, PostEvent.WITHDRAW, **told)


def _describe_removal(action: Action) -> Reason:
    return Code.TAKEN_DOWN() if action.what == "takedown" else Code.WITHDRAWN()


# ---------------------------------------------------------------- corrections


def _amend_post(tx: Connection, was: Post, action: Action, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Apply a correction to a post: edit its published parts, and replace the text of the other parts.

    If the action asks for a new post instead, the published parts are deleted or answered (`_replace_post`).
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
            update_amendments(tx, rows, state="failed", error=Failure(RESTORED_CODE, MAYBE_CORRECTED))
            told: dict[str, Any] = {"by": FENCE, "now": now, "detail": MAYBE_CORRECTED}
            note(tx, ids.post_number(was.id), TimelineEvent.NOT_CORRECTED, **told)
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
    answers = None if reposts else was.id
    terms: dict[str, Any] = {"by": action.by, "set_at": now, "role": "correction", "answers": answers}
    new = NewPost(draft, now, now + _LIFETIME, Code.CORRECTION(), **terms)
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
    values: dict[str, Any] = {}
    if isinstance(new, Draft):
        values = encode_draft(new)
        if not new.summary:
            del values["summary"]
    else:
        values["parts"] = [encode_part(part) for part in new]
    update_post(tx, number, **values)
    note(tx, number, TimelineEvent(action.what), by=action.by, now=now, detail=action.detail)
    void_approval(tx, was, Code.WORDS_CHANGED_BY(action=action.what), by=action.by, now=now)
