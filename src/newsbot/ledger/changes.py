"""The store of the changes that sources make to their articles, and of the flags of published posts.

A flag is an event in the history of a published post. It says that the post's article was edited or removed
at its source after the post was sent. The flag is open until a person or newsbot answers it by another event.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, or_, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import find_known_articles, refresh_article, store_change
from newsbot.ledger.database import request_job
from newsbot.ledger.post_creation import add_posts, list_posts_of
from newsbot.ledger.schedule import follow_embargo
from newsbot.ledger.serialization import (
    build_from_row,
    compute_version,
    decode_article,
    decode_item,
    encode_draft,
    encode_item,
    find_post,
    fingerprint,
    get_post,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import find_blocked
from newsbot.ledger.transitions import forget, note, note_summary, shift, update_post, void_approval
from newsbot.model import (
    READY,
    SYSTEM,
    Article,
    Draft,
    Event,
    Failure,
    Item,
    Post,
    PostEvent,
    PostState,
    TimelineEvent,
)
from newsbot.ports import ARTICLE_GONE, ArticleChange, FlaggedPost, Job, NewPost, PollResult
from newsbot.reasons import Code, Reason, UsageCode

__all__ = [
    "ChangesStore",
    "carry_flag",
    "raise_flags",
    "record_changes",
    "repeat_flag",
    "settle_flags",
    "withdraw_gone_flags",
]

_UNREAD_STATES = {"found", "leased", "gone"}
_REMOVALS = {"gone": Code.GONE_AT_SOURCE(), "protected": Code.PROTECTED_AT_SOURCE()}
"""The reasons why a source's article is not posted any more, by the kind of the source's change."""
_EVENT, _ARTICLE = tables.event.c, tables.article.c
_ANSWERS = (str(TimelineEvent.LEFT_AS_IT_IS), str(TimelineEvent.MATCHES_ARTICLE))
_LATER = tables.event.alias("later")
_ANSWERED = exists().where(
    _LATER.c.post_id == _EVENT.post_id,
    _LATER.c.id > _EVENT.id,
    _LATER.c.event.in_((*_ANSWERS, str(TimelineEvent.ARTICLE_BACK))),
)
_LINE = (_EVENT.at, _EVENT.event, _EVENT.by, _EVENT.detail)


class ChangesStore(LedgerStore):
    """The ledger's store of sources' changes to their articles, and of the flags of published posts.

    A flag is an event that says that the article of a published post has changed since.
    """

    def claim_changes(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[ArticleChange]:
        """Claim changes of a source's articles that wait to be processed, one per article, for this service.

        No other service gets these changes until ``lease`` has passed.
        """
        column = tables.change.c
        with self._database.write(notify=False) as tx:
            left = and_(column.holder.is_not(None), self._instances.is_dead(tx, column.holder))
            free = or_(column.wake_at <= now, left)
            # The query looks up the source of each waiting change instead of joining the source's articles
            # with the changes. Few changes wait, but SQLite, if it has no statistics, would begin a join with
            # all articles that the source ever had.
            its = select(_ARTICLE.source).where(_ARTICLE.id == column.article_id, _ARTICLE.state == "ready")
            waits = select(column.article_id).where(its.scalar_subquery() == source, free)
            waits = waits.order_by(column.found_at, column.article_id).limit(limit)
            numbers = list(tx.execute(waits.with_for_update(of=tables.change, skip_locked=True)).scalars())
            if not numbers:
                return []
            mine = column.article_id.in_(numbers)
            both = select(tables.change, _ARTICLE.source, _ARTICLE.article, _ARTICLE.same_as)
            both = both.join(tables.article, _ARTICLE.id == column.article_id).where(mine)
            found = tx.execute(both.order_by(column.found_at, column.article_id)).all()
            claim = {"wake_at": now + lease, "holder": self._instances.me, "tries": column.tries + 1}
            tx.execute(update(tables.change).where(mine).values(**claim))
        return [_build_change(row) for row in found]

    def postpone_change(self, change: ArticleChange, *, retry_at: datetime | None) -> None:
        """Record that processing a source's change of an article failed, and when newsbot retries it.

        The time of the retry is ``retry_at``. If that is None, the change is deleted, so there is no retry.
        """
        with self._database.write(notify=False) as tx:
            if retry_at is None:
                tx.execute(delete(tables.change).where(*_is_same_change(change)))
            else:
                later = update(tables.change).where(*_is_same_change(change))
                tx.execute(later.values(wake_at=retry_at, holder=None))

    def list_posts_for_change(self, change: ArticleChange) -> list[Post]:
        """Return the posts of a changed article, oldest first.

        If the article was removed at its source, or is published there again, the posts of the article that
        it duplicates are included.
        """
        with self._database.read() as tx:
            return _list_concerned_posts(tx, change)

    def settle_edit(
        self,
        change: ArticleChange,
        article: Article,
        drafts: Mapping[str, Draft | Failure],
        flags: Mapping[str, Reason],
        *,
        now: datetime,
        holds: Mapping[str, Reason] | None = None,
        settled: Collection[str] = (),
        returned: Collection[str] = (),
    ) -> list[Post]:
        """Store an edited article, and update those of its posts that still wait; return these posts.

        ``drafts`` maps the id of each post to its new draft, or to the failure that kept the draft from being
        composed; such a post is held. ``holds`` gives the reasons why some posts are held now. A post that
        was approved is held for a new approval. A post that a person wrote keeps its text and is held. A post
        that was sent in the meantime, and every post in ``flags``, only gets an event in its history. Posts
        in ``settled`` agree with the article again, so their open flags are answered. The article of the
        posts in ``returned`` was gone and is published again, so their flags about that are answered. If
        another caller has processed this change, or the article changed again, nothing happens and no post is
        returned.
        """
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            number = ids.article_number(change.article_id)
            follow_embargo(tx, number, article, now=now)
            refresh_article(tx, number, article, now=now)
            for name, draft in drafts.items():
                _recompose_post(tx, name, draft, flags.get(name), now)
            for name, why in (holds or {}).items():
                _hold_by_rule(tx, name, why, now)
            out = {name: said for name, said in flags.items() if name not in drafts}
            withdraw_gone_flags(tx, returned, now=now)
            raise_flags(tx, out, TimelineEvent.ARTICLE_EDITED, now)
            settle_flags(tx, settled, by=SYSTEM, now=now)
            return [get_post(tx, ids.post_number(name)) for name in dict.fromkeys((*drafts, *(holds or {})))]

    def settle_gone(self, change: ArticleChange, flags: Mapping[str, Reason], *, now: datetime) -> list[Post]:
        """Cancel the waiting posts of an article that its source removed, and return the cancelled posts.

        ``flags`` maps the ids of other posts (published or being sent) to the reason that an event in their
        history gives.
        """
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            waiting = [post.id for post in _list_concerned_posts(tx, change) if post.may_be_changed]
            locked = [find_post(tx, post_id, lock=True) for post_id in waiting]
            unsent = {was.id: was for was in locked if was.may_be_changed}
            out = {name: said for name, said in flags.items() if name not in unsent}
            raise_flags(tx, out, ARTICLE_GONE, now)
            why = _REMOVALS[change.what]
            return [
                shift(tx, was, PostEvent.CANCEL, by=SYSTEM, now=now, detail=why, error=Failure("gone", why))
                for was in unsent.values()
            ]

    def settle_back(
        self,
        change: ArticleChange,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        returned: Collection[str] = (),
    ) -> list[Post]:
        """Queue ``posts`` for an article that its source published again, and return the queued posts.

        A channel gets its post only if the article's last post there was cancelled because the article was
        gone. For the posts in ``returned``, the open question to an editor whether they may stay, because the
        article was gone, is closed.
        """
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            withdraw_gone_flags(tx, returned, now=now)
            number = ids.article_number(change.article_id)
            refresh_article(tx, number, article, now=now)
            last = {post.channel: post for post in _list_concerned_posts(tx, change)}
            cancelled = {
                name: post for name, post in last.items() if post.error and post.error.code == "gone"
            }
            return [
                post
                for new in posts
                if (was := cancelled.get(new.draft.channel))
                for post in add_posts(tx, ids.article_number(was.article_id), [new], now=now)
            ]

    def list_flagged_posts(self, channels: Collection[str], *, since: datetime) -> list[FlaggedPost]:
        """Return the posts that were sent since ``since`` and whose article changed afterwards.

        The article was edited or removed at its source. The newest post comes first. Posts whose flag (the
        event about the change) was answered, by a person or because the post agrees with its article again,
        are left out.
        """
        sent = tables.post.c
        found = select(_EVENT.post_id, sent.article_id, sent.channel, *_LINE)
        found = found.join(tables.post, sent.id == _EVENT.post_id)
        found = found.where(sent.channel.in_(channels), sent.sent_at >= since, sent.state == "sent")
        found = found.where(_EVENT.at >= since, tables.FLAGGED, ~_ANSWERED).order_by(_EVENT.id.desc())
        with self._database.read() as tx:
            latest = {number: rest for number, *rest in reversed(tx.execute(found).all())}
        return [
            FlaggedPost(ids.post_id(number), channel, Event(*line), ids.article_id(article))
            for number, (article, channel, *line) in sorted(latest.items(), reverse=True)
        ]

    def get_open_flag(self, post_id: str) -> Event | None:
        """Return the latest unanswered event that says that the source changed the post's article.

        Returns None if there is no such event.
        """
        with self._database.read() as tx:
            return _open_flag(tx, ids.post_number(post_id))

    def dismiss_flag(self, post_id: str, *, by: str, now: datetime) -> bool:
        """Record that a person leaves a published post as it is although its article changed.

        Returns False, and records nothing, if no open event asks a person about a change of the article.
        """
        number = ids.post_number(post_id)
        with self._database.write() as tx:
            was = find_post(tx, post_id, lock=True)
            asks = was.state is PostState.SENT and _open_flag(tx, number) is not None
            if asks:
                note(tx, number, TimelineEvent.LEFT_AS_IT_IS, by=by, now=now)
        return asks


def record_changes(tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime) -> None:
    """Store the edits and removals of known articles that polls of sources found.

    All are stored in the transaction ``tx``, in which the caller stores the polls. A known article is one
    that the ledger has.
    """
    changed = [(name, item.guid, item) for name, result in results for item in result.changed]
    known = _load_known_articles(tx, [(name, guid) for name, guid, _ in changed])
    edits = [(known[name, guid], item) for name, guid, item in changed if (name, guid) in known]
    blocked = find_blocked(tx, [row.id for row, _ in edits]) if edits else set()
    _record_edits(tx, [(row, item) for row, item in edits if row.id not in blocked], now)
    gone = {(name, guid): "gone" for name, result in results for guid in result.gone}
    gone |= {(name, guid): "protected" for name, result in results for guid in result.protected}
    for pair, row in _load_known_articles(tx, list(gone)).items():
        if row.gone_at is None:
            _record_removal(tx, row, gone[pair], now)


def _load_known_articles(
    tx: Connection, articles: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Row[Any]]:
    """Load the rows of those ``articles`` that the ledger has.

    An article is named by a pair of its source's name and its guid, in ``articles`` and in the result.
    """
    keys = {(name, guid): (name, fingerprint(guid)) for name, guid in articles}
    rows = find_known_articles(tx, list(keys.values()))
    return {pair: rows[key] for pair, key in keys.items() if key in rows}


def _record_edits(tx: Connection, edits: Sequence[tuple[Row[Any], Item]], now: datetime) -> None:
    """Store the edits that sources made to their articles.

    For an article that was read, a change is stored, by which its posts are updated later. An unread or
    failed article gets the edited item and will then be read (again).
    """
    seen, unread = [], []
    for row, item in edits:
        request_job(tx, Job("work", row.source))
        values: dict[str, Any] = {"number": row.id, "version": compute_version(item), "gone_at": None}
        if row.state in {"found", "failed", "gone"}:
            again = {"state": "found", "item": encode_item(item), "wake_at": now, "tries": 0, "error": None}
            unread.append(values | again)
            continue
        seen.append(values)
        if row.state in {"leased", "ready"}:
            _follow_edit(tx, row, "edited" if row.gone_at is None else "back", item, now)
    mine = update(tables.article).where(_ARTICLE.id == bindparam("number"))
    for rows in filter(None, (seen, unread)):
        tx.execute(mine, rows)


def _record_removal(tx: Connection, row: Row[Any], what: str, now: datetime) -> None:
    """Record that an article is gone at its source, or that the source asks readers for a password now.

    ``what`` is a key of `_REMOVALS`.

    A change is stored as well if the article was read, so that its posts can be updated, unless the source
    still has the article under another guid.
    """
    values: dict[str, Any] = {"gone_at": now}
    if row.state in _UNREAD_STATES:
        values |= {"state": "gone", "item": None, "holder": None, "note": _REMOVALS[what]}
    elif row.state == "ready":
        if not _has_other_name(tx, row):
            request_job(tx, Job("work", row.source))
            store_change(tx, row.id, what, None, now)
    else:
        return
    tx.execute(update(tables.article).where(_ARTICLE.id == row.id).values(**values))


def _follow_edit(tx: Connection, row: Row[Any], what: str, item: Item, now: datetime) -> None:
    """Store a source's change (``what``) of the article in ``row``.

    If the article is a duplicate of an earlier article of the same source, an edit is stored for that earlier
    article, because it has the posts.
    """
    root = _find_own_root(tx, row) if what == "edited" else None
    if root is None or root.article is None:
        store_change(tx, row.id, what, item, now)
        return
    url = root.url if root.url_key == row.url_key else item.url
    store_change(tx, root.id, what, replace(item, guid=decode_article(root.article).guid, url=url), now)


def _find_own_root(tx: Connection, row: Row[Any]) -> Any:
    """Return the row of the article that the article in ``row`` duplicates.

    Returns None if ``row`` is no duplicate, or if the other article is not ready or from another source.
    """
    root = select(_ARTICLE.id, _ARTICLE.article, _ARTICLE.url, _ARTICLE.url_key)
    mine = root.where(_ARTICLE.id == row.same_as, _ARTICLE.source == row.source, _ARTICLE.state == "ready")
    return tx.execute(mine).one_or_none() if row.same_as else None


def _has_other_name(tx: Connection, row: Row[Any]) -> bool:
    """Return whether the source still has the article of ``row`` under another guid.

    If it has, then only a copy of the article is gone from the source.
    """
    root = row.same_as or row.id
    mine = (
        _ARTICLE.source == row.source,
        _ARTICLE.id != row.id,
        _ARTICLE.state == "ready",
        _ARTICLE.gone_at.is_(None),
    )
    for same in (_ARTICLE.id == root, _ARTICLE.same_as == root):
        if tx.execute(select(_ARTICLE.id).where(same, *mine).limit(1)).first():
            return True
    return False


def _is_same_change(change: ArticleChange) -> tuple[Any, ...]:
    """Build the SQL conditions that select the stored row of a source's change of an article.

    They select no row if a later change of the article has replaced the change.
    """
    column = tables.change.c
    return (column.article_id == ids.article_number(change.article_id), column.found_at == change.found_at)


def _end_change(tx: Connection, change: ArticleChange) -> bool:
    """Delete the stored row of a source's change of an article.

    Returns False, with nothing deleted, if another process has deleted the row or a later change of the
    article has replaced it.
    """
    return bool(tx.execute(delete(tables.change).where(*_is_same_change(change))).rowcount)


def _list_concerned_posts(tx: Connection, change: ArticleChange) -> list[Post]:
    """Return the posts of a changed article and, if it is gone or back, of the article it duplicates."""
    other = change.same_as if change.what != "edited" else None
    numbers = sorted(ids.article_number(name) for name in (change.article_id, other) if name)
    return [post for number in numbers for post in list_posts_of(tx, number)]


def _recompose_post(
    tx: Connection, post_id: str, draft: Draft | Failure, said: Reason | None, now: datetime
) -> Post:
    """Replace the text of a waiting post by the text of ``draft``, and void the post's approval.

    A post whose text a person wrote keeps its text and is held, so that a person decides. If ``draft`` is a
    failure, the post is held for that reason. A post that does not wait any more only gets an event in its
    history.
    """
    was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
    if not was.may_be_changed:
        note(tx, number, TimelineEvent.ARTICLE_EDITED, by=SYSTEM, now=now, detail=said)
        return was
    # This kind of event does not ask editors whether the post may stay as it is, because the post gets the
    # article's new text, or is held until a person decides about it.
    note(tx, number, TimelineEvent.EDITED_AT_SOURCE, by=SYSTEM, now=now, detail=said)
    if was.edited_by:
        return _hold_post(tx, was, Code.EDITED_AFTER_PERSON(by=was.edited_by), now)
    if isinstance(draft, Failure):
        return _hold_post(tx, was, draft.reason, now)
    update_post(tx, number, **encode_draft(draft))
    note_summary(tx, number, draft.notes, now)
    return void_approval(tx, was, Code.ARTICLE_EDITED(), by=SYSTEM, now=now)


def _hold_post(tx: Connection, was: Post, why: Reason, now: datetime) -> Post:
    """Hold a waiting post of any state, for the reason ``why``, until a person decides about the post."""
    if was.state in READY:
        return shift(tx, was, PostEvent.HOLD, by=SYSTEM, now=now, detail=why, held_for=why)
    number = ids.post_number(was.id)
    forget(tx, number)
    update_post(tx, number, held_for=why)
    return get_post(tx, number)


def _hold_by_rule(tx: Connection, post_id: str, why: Reason, now: datetime) -> None:
    """Hold a post because a rule of config.yaml demands it, even on a channel that needs no approvals."""
    was, number = find_post(tx, post_id, lock=True), ids.post_number(post_id)
    if not was.may_be_changed:
        return
    note(tx, number, TimelineEvent.RULE, by=SYSTEM, now=now, detail=why)
    update_post(tx, number, approval=max(1, was.approval))
    _hold_post(tx, was, why, now)


def _build_change(row: Row[Any]) -> ArticleChange:
    if row.article is None:
        raise UsageError(UsageCode.NEVER_READ(ref=ids.article_id(row.article_id)))
    return build_from_row(
        ArticleChange,
        row,
        article_id=ids.article_id(row.article_id),
        item=decode_item(row.item) if row.item else None,
        article=decode_article(row.article),
        same_as=ids.article_id(row.same_as) if row.same_as else None,
    )


def raise_flags(tx: Connection, flags: Mapping[str, Reason], event: TimelineEvent, now: datetime) -> None:
    """Add an event to the history of each post in ``flags``, which says that the post's article has changed.

    ``flags`` maps the ids of posts to the reasons that the events show.
    """
    for post_id, said in flags.items():
        note(tx, ids.post_number(post_id), event, by=SYSTEM, now=now, detail=said)


def settle_flags(tx: Connection, post_ids: Iterable[str], *, by: str, now: datetime) -> None:
    """Answer the open flags of the posts by an event, because the posts match their articles again.

    A flag is an event that says that the article of a published post has changed.
    """
    for number in map(ids.post_number, post_ids):
        if _open_flag(tx, number):
            note(tx, number, TimelineEvent.MATCHES_ARTICLE, by=by, now=now)


def withdraw_gone_flags(tx: Connection, post_ids: Iterable[str], *, now: datetime) -> None:
    """Record for posts whose article was gone that its source publishes the article again. An open question
    to an editor about an earlier edit stays open: the event that asks it is repeated.
    """
    for number in map(ids.post_number, post_ids):
        flags = _list_open_flags(tx, number)
        if flags and flags[0].event == ARTICLE_GONE:
            note(tx, number, TimelineEvent.ARTICLE_BACK, by=SYSTEM, now=now)
            if edit := next((flag for flag in flags if flag.event != ARTICLE_GONE), None):
                note(tx, number, TimelineEvent(edit.event), by=SYSTEM, now=now, detail=edit.detail)


def carry_flag(tx: Connection, number: int, to: int, now: datetime) -> None:
    """Copy the open flag of the post ``number`` to the post ``to``, which replaces that post.

    A flag is an event that says that the article of a published post has changed. If the replaced post has no
    open flag, nothing happens.
    """
    if flag := _open_flag(tx, number):
        note(tx, to, TimelineEvent(flag.event), by=SYSTEM, now=now, detail=flag.detail)


def repeat_flag(tx: Connection, number: int, now: datetime) -> None:
    """Repeat the flag of a post (the event that its article changed) after the post's correction failed.

    The flag had been answered by that correction.
    """
    told = select(*_LINE).where(_EVENT.post_id == number).order_by(_EVENT.id.desc())
    flag = tx.execute(told.where(tables.FLAGGED).limit(1)).one_or_none()
    answer = tx.execute(told.where(_EVENT.event.in_(_ANSWERS)).limit(1)).one_or_none()
    if flag and answer and answer.event == TimelineEvent.MATCHES_ARTICLE and not _open_flag(tx, number):
        note(tx, number, TimelineEvent(flag.event), by=SYSTEM, now=now, detail=flag.detail)


def _open_flag(tx: Connection, number: int) -> Event | None:
    """Return the latest unanswered event in a post's history that says that the post's article has changed.

    Returns None if there is no unanswered event of this kind.
    """
    return next(iter(_list_open_flags(tx, number)), None)


def _list_open_flags(tx: Connection, number: int) -> list[Event]:
    """Return a post's unanswered events that say that its article has changed, the latest event first."""
    told = select(*_LINE).where(_EVENT.post_id == number, tables.FLAGGED, ~_ANSWERED)
    return [Event(*row) for row in tx.execute(told.order_by(_EVENT.id.desc()))]
