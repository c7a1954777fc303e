"""Changes of known articles at their source (edited, gone, back), and the updates of their posts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, or_, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.approvals import void_approval
from newsbot.ledger.articles import (
    find_known_articles,
    follow_edit,
    has_other_name,
    refresh_article,
    store_change,
)
from newsbot.ledger.database import Database
from newsbot.ledger.embargoes import follow_embargo
from newsbot.ledger.flags import raise_flags, settle_flags, withdraw_gone_flags
from newsbot.ledger.post_creation import add_posts, list_posts_of
from newsbot.ledger.serialization import (
    compute_version,
    decode_article,
    decode_item,
    encode_item,
    encode_part,
    encode_summary,
    fingerprint,
    locked,
    one,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import find_blocked
from newsbot.ledger.transitions import forget, note, shift
from newsbot.model import Article, Draft, Failure, Item, Post, PostEvent, PostState
from newsbot.ports import ARTICLE_GONE, ArticleChange, NewPost, PollResult

__all__ = ["ChangesStore", "record_changes"]

_UNREAD_STATES = {"found", "leased", "gone"}
_SCHEDULED_STATES = {PostState.SCHEDULED, PostState.RETRYING}
_UNSENT_STATES = _SCHEDULED_STATES | {PostState.HELD}
_GONE_FAILURE = Failure("gone", "its article is not published at its source any more")
_BY = "system"
_EDITED = "article edited"


class ChangesStore(LedgerStore):
    """The methods of the Ledger port for articles that change after they were read."""

    def claim_changes(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[ArticleChange]:
        column, article = tables.change.c, tables.article.c
        with self._database.write(notify=False) as tx:
            free = or_(
                column.wake_at <= now,
                and_(column.holder.is_not(None), self._presence.dead(tx, column.holder)),
            )
            # This is no join: few changes wait, and without statistics SQLite would start a join with all
            # articles that the source ever had.
            its = select(article.source).where(article.id == column.article_id, article.state == "ready")
            waits = select(column.article_id).where(its.scalar_subquery() == source, free)
            waits = waits.order_by(column.found_at, column.article_id).limit(limit)
            numbers = list(tx.execute(waits.with_for_update(of=tables.change, skip_locked=True)).scalars())
            if not numbers:
                return []
            mine = column.article_id.in_(numbers)
            both = select(tables.change, article.source, article.article, article.same_as)
            both = both.join(tables.article, article.id == column.article_id).where(mine)
            found = tx.execute(both.order_by(column.found_at, column.article_id)).all()
            claim = {"wake_at": now + lease, "holder": self._presence.me, "tries": column.tries + 1}
            tx.execute(update(tables.change).where(mine).values(**claim))
        return [_build_change(row) for row in found]

    def postpone_change(self, change: ArticleChange, *, retry_at: datetime | None) -> None:
        with self._database.write(notify=False) as tx:
            if retry_at is None:
                tx.execute(delete(tables.change).where(*_is_same_change(change)))
            else:
                later = update(tables.change).where(*_is_same_change(change))
                tx.execute(later.values(wake_at=retry_at, holder=None))

    def list_posts_for_change(self, change: ArticleChange) -> list[Post]:
        with self._database.read() as tx:
            return [post for number in _find_concerned_articles(change) for post in list_posts_of(tx, number)]

    def settle_edit(
        self,
        change: ArticleChange,
        article: Article,
        drafts: Mapping[str, Draft | Failure],
        flags: Mapping[str, str],
        *,
        now: datetime,
        holds: Mapping[str, str] | None = None,
        settled: Collection[str] = (),
        returned: Collection[str] = (),
    ) -> list[Post]:
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            follow_embargo(tx, ids.article_number(change.article_id), article, now=now)
            number = ids.article_number(change.article_id)
            refresh_article(self._database, tx, number, article, now=now)
            for name, draft in drafts.items():
                _recompose_post(tx, name, draft, flags.get(name, ""), now)
            for name, why in (holds or {}).items():
                _hold_by_rule(tx, name, why, now)
            out = {name: said for name, said in flags.items() if name not in drafts}
            withdraw_gone_flags(tx, returned, now=now)
            raise_flags(tx, out, _EDITED, now)
            settle_flags(tx, settled, by=_BY, now=now)
            return [one(tx, ids.post_number(name)) for name in dict.fromkeys((*drafts, *(holds or {})))]

    def settle_gone(self, change: ArticleChange, flags: Mapping[str, str], *, now: datetime) -> list[Post]:
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            posts = [
                post for number in _find_concerned_articles(change) for post in list_posts_of(tx, number)
            ]
            unsent = [post for post in posts if post.state in _UNSENT_STATES and not post.receipts]
            waiting = {post.id for post in unsent}
            out = {name: said for name, said in flags.items() if name not in waiting}
            raise_flags(tx, out, ARTICLE_GONE, now)
            return [_cancel_post(tx, post.id, now) for post in unsent]

    def settle_back(
        self,
        change: ArticleChange,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        returned: Collection[str] = (),
    ) -> list[Post]:
        with self._database.write() as tx:
            if not _end_change(tx, change):
                return []
            withdraw_gone_flags(tx, returned, now=now)
            number = ids.article_number(change.article_id)
            refresh_article(self._database, tx, number, article, now=now)
            before = [
                post
                for concerned in sorted(_find_concerned_articles(change))
                for post in list_posts_of(tx, concerned)
            ]
            cancelled = {
                name: last
                for name, last in _find_latest_by_channel(before).items()
                if last.error == _GONE_FAILURE
            }
            return [
                post
                for new in posts
                if (last := cancelled.get(new.draft.channel))
                for post in add_posts(self._database, tx, ids.article_number(last.article_id), [new], now=now)
            ]


def record_changes(
    database: Database, tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
) -> None:
    """Store the changes of known articles that polls found, in the polls' transaction."""
    changed = [(name, item.guid, item) for name, result in results for item in result.changed]
    known = _load_known_articles(tx, [(name, guid) for name, guid, _ in changed])
    edits = [(known[name, guid], item) for name, guid, item in changed if (name, guid) in known]
    blocked = find_blocked(tx, [row.id for row, _ in edits]) if edits else set()
    _record_edits(database, tx, [(row, item) for row, item in edits if row.id not in blocked], now)
    gone = [(name, guid) for name, result in results for guid in result.gone]
    for row in _load_known_articles(tx, gone).values():
        if row.gone_at is None:
            _record_removal(database, tx, row, now)


def _load_known_articles(
    tx: Connection, articles: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Row[Any]]:
    """Load the known articles by source and guid, in the order in which they are given."""
    keys = {(name, guid): (name, fingerprint(guid)) for name, guid in articles}
    rows = find_known_articles(tx, list(keys.values()))
    found = {pair: rows.get(name, {}).get(key) for pair, (name, key) in keys.items()}
    return {pair: row for pair, row in found.items() if row is not None}


def _record_edits(
    database: Database, tx: Connection, edits: Sequence[tuple[Row[Any], Item]], now: datetime
) -> None:
    """Give unread and failed articles their edited items; store a change for the other articles."""
    seen, unread = [], []
    for row, item in edits:
        values: dict[str, Any] = {"number": row.id, "version": compute_version(item), "gone_at": None}
        if row.state in {"found", "failed", "gone"}:
            again = {"state": "found", "item": encode_item(item), "wake_at": now, "tries": 0, "error": None}
            unread.append(values | again)
            continue
        seen.append(values)
        if row.state in {"leased", "ready"}:
            follow_edit(database, tx, row, "edited" if row.gone_at is None else "back", item, now)
    mine = update(tables.article).where(tables.article.c.id == bindparam("number"))
    for rows in filter(None, (seen, unread)):
        tx.execute(mine, rows)


def _record_removal(database: Database, tx: Connection, row: Row[Any], now: datetime) -> None:
    """Mark the article as gone at its source; store a change if posts may exist and no copy is left there."""
    values: dict[str, Any] = {"gone_at": now}
    if row.state in _UNREAD_STATES:
        values |= {"state": "gone", "item": None, "holder": None, "note": _GONE_FAILURE.message}
    elif row.state == "ready":
        if not has_other_name(tx, row):
            store_change(database, tx, row.id, "gone", None, now)
    else:
        return
    tx.execute(update(tables.article).where(tables.article.c.id == row.id).values(**values))


def _is_same_change(change: ArticleChange) -> tuple[Any, ...]:
    """Build the condition for this very change, and not a later one of the same article."""
    column = tables.change.c
    return (column.article_id == ids.article_number(change.article_id), column.found_at == change.found_at)


def _end_change(tx: Connection, change: ArticleChange) -> bool:
    """Delete the change; return False if another instance was faster or a later change has replaced it."""
    return bool(tx.execute(delete(tables.change).where(*_is_same_change(change))).rowcount)


def _find_concerned_articles(change: ArticleChange) -> list[int]:
    """Return the article's row number and, if it is gone or back, also that of the article it copies."""
    other = change.same_as if change.what in {"gone", "back"} else None
    return [ids.article_number(name) for name in (change.article_id, other) if name]


def _recompose_post(tx: Connection, post_id: str, draft: Draft | Failure, said: str, now: datetime) -> Post:
    """Replace the text of a waiting post and void its approval; other posts only get an event.

    A post whose text a person wrote keeps it and is held, so that a person decides.
    """
    was, number = locked(tx, post_id), ids.post_number(post_id)
    note(tx, number, _EDITED, by=_BY, now=now, detail=said)
    if was.state not in _UNSENT_STATES or was.receipts:
        return was
    if was.edited_by:
        return _hold_post(tx, was, f"its article was edited at its source after {was.edited_by}'s edit", now)
    if isinstance(draft, Failure):
        return _hold_post(tx, was, draft.message, now)
    values = {
        "parts": [encode_part(part) for part in draft.parts],
        "warnings": [list(warning) for warning in draft.warnings],
        "cost_usd": draft.cost_usd,
        "summary": encode_summary(draft),
    }
    tx.execute(update(tables.post).where(tables.post.c.id == number).values(**values))
    return void_approval(tx, was, "its article was edited", by=_BY, now=now)


def _hold_post(tx: Connection, was: Post, why: str, now: datetime) -> Post:
    """Hold the post for a person, whatever it waited for."""
    if was.state in _SCHEDULED_STATES:
        return shift(tx, was, PostEvent.HOLD, by=_BY, now=now, detail=why, held_for=why)
    number = ids.post_number(was.id)
    forget(tx, number)
    tx.execute(update(tables.post).where(tables.post.c.id == number).values(held_for=why))
    return one(tx, number)


def _hold_by_rule(tx: Connection, post_id: str, why: str, now: datetime) -> None:
    """Hold the post because a rule asks for a person, even on a channel without approval."""
    was, number = locked(tx, post_id), ids.post_number(post_id)
    if was.state not in _UNSENT_STATES or was.receipts:
        return
    note(tx, number, "rule", by=_BY, now=now, detail=why)
    mine = update(tables.post).where(tables.post.c.id == number)
    tx.execute(mine.values(approval=max(1, was.approval)))
    _hold_post(tx, was, why, now)


def _cancel_post(tx: Connection, post_id: str, now: datetime) -> Post:
    was = locked(tx, post_id)
    if was.state not in _UNSENT_STATES:
        return was
    return shift(
        tx, was, PostEvent.CANCEL, by=_BY, now=now, detail=_GONE_FAILURE.message, error=list(_GONE_FAILURE)
    )


def _find_latest_by_channel(posts: Sequence[Post]) -> dict[str, Post]:
    """Return the latest post of each channel."""
    return {post.channel: post for post in posts}


def _build_change(row: Row[Any]) -> ArticleChange:
    if row.article is None:
        raise UsageError(f"article {ids.article_id(row.article_id)} was never read")
    return ArticleChange(
        article_id=ids.article_id(row.article_id),
        source=row.source,
        what=row.what,
        item=decode_item(row.item) if row.item else None,
        article=decode_article(row.article),
        found_at=row.found_at,
        tries=row.tries,
        same_as=ids.article_id(row.same_as) if row.same_as else None,
    )
