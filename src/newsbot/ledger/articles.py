"""The store of articles: from found, through leased for reading, to ready with their posts."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, case, or_, select, text, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.bulk_statements import insert_new
from newsbot.ledger.database import Database
from newsbot.ledger.embargoes import follow_embargo
from newsbot.ledger.post_creation import add_first_posts, list_posts_of, list_posts_of_root
from newsbot.ledger.same_article import (
    add_marks,
    build_text_columns,
    find_likeness,
    get_root,
    get_same_root,
    lock_article_intake,
)
from newsbot.ledger.serialization import (
    address_key,
    compute_version,
    decode_article,
    decode_failure,
    decode_item,
    encode_article,
    encode_item,
    fingerprint,
    item_text_key,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import describe_block, find_block
from newsbot.model import Article, Failure, Item, Post
from newsbot.ports import FoundItem, NewPost, PollResult, SimilarArticle, StoredArticle

__all__ = [
    "ArticlesStore",
    "find_known_articles",
    "follow_edit",
    "follow_root",
    "has_other_name",
    "insert_article",
    "insert_articles",
    "insert_past_articles",
    "refresh_article",
    "store_change",
]


def store_change(
    database: Database, tx: Connection, number: int, what: str, item: Item | None, now: datetime
) -> None:
    """Store a change of an article, so that its posts can follow it later.

    The latest change replaces the one that waits. A removal that nobody has followed yet is forgotten: an
    article that comes back before that counts as edited.
    """
    values: dict[str, Any] = {
        "what": what,
        "item": encode_item(item) if item else None,
        "found_at": now,
        "wake_at": now,
        "holder": None,
        "tries": 0,
    }
    waiting = select(tables.change.c.what).where(tables.change.c.article_id == number)
    before = tx.execute(waiting).scalar()
    if before is None:
        tx.execute(database.insert(tables.change).values(article_id=number, **values))
        return
    if what == "back" and before == "gone":
        values["what"] = "edited"
    elif what == "edited" and before == "back":
        values["what"] = "back"
    tx.execute(update(tables.change).where(tables.change.c.article_id == number).values(**values))


def follow_root(
    database: Database,
    tx: Connection,
    number: int,
    root: int,
    item: Item,
    article: Article,
    *,
    now: datetime,
) -> None:
    """Store an edit of the root article if its own source delivers it edited under a second guid.

    The root is the first article of those that are the same. A version from another source is no edit.
    The root's URL is kept if the new one is only another spelling of it.
    """
    column = tables.article.c
    own = select(column.source, column.state, column.article, column.url, column.url_key, column.redacted_at)
    old, new = (tx.execute(own.where(column.id == each)).one() for each in (root, number))
    if old.source != new.source or old.state != "ready" or not old.article or old.redacted_at:
        return
    before = decode_article(old.article)
    if (before.title, before.text) == (article.title, article.text):
        return
    url = old.url if old.url_key == new.url_key else item.url
    store_change(database, tx, root, "edited", replace(item, guid=before.guid, url=url), now)


def follow_edit(
    database: Database, tx: Connection, row: Row[Any], what: str, item: Item, now: datetime
) -> None:
    """Store an edit of an article; one under a second guid is stored as an edit of the root article."""
    root = _find_own_root(tx, row) if what == "edited" else None
    if root is None or root.article is None:
        store_change(database, tx, row.id, what, item, now)
        return
    url = root.url if root.url_key == row.url_key else item.url
    store_change(
        database, tx, root.id, what, replace(item, guid=decode_article(root.article).guid, url=url), now
    )


def _find_own_root(tx: Connection, row: Row[Any]) -> Any:
    """Return the root article of ``row`` if it comes from the same source and was read, else None."""
    column = tables.article.c
    root = select(column.id, column.article, column.url, column.url_key)
    mine = root.where(column.id == row.same_as, column.source == row.source, column.state == "ready")
    return tx.execute(mine).one_or_none() if row.same_as else None


def has_other_name(tx: Connection, row: Row[Any]) -> bool:
    """Return whether the source still has the same article under another guid, so only a copy is gone."""
    column = tables.article.c
    root = row.same_as or row.id
    mine = (
        column.source == row.source,
        column.id != row.id,
        column.state == "ready",
        column.gone_at.is_(None),
    )
    for same in (column.id == root, column.same_as == root):
        if tx.execute(select(column.id).where(same, *mine).limit(1)).first():
            return True
    return False


_ROWS_PER_STATEMENT = 500
# Pairs of a source and a guid's fingerprint: two lists would match each source with each fingerprint.
_PAIRS = {
    "sqlite": "json_each(:pairs) AS pair CROSS JOIN article AS a "
    "ON a.source = json_extract(pair.value, '$[0]') AND a.guid_key = json_extract(pair.value, '$[1]')",
    "postgresql": "unnest(CAST(:names AS text[]), CAST(:keys AS text[])) AS pair (source, guid_key) "
    "JOIN article AS a ON a.source = pair.source AND a.guid_key = pair.guid_key",
}
_KNOWN_COLUMNS = "a.id, a.source, a.guid_key, a.url_key, a.state, a.version, a.gone_at, a.same_as"
_SELECT_KNOWN = {
    dialect: text(f"SELECT {_KNOWN_COLUMNS} FROM {pairs}")  # noqa: S608
    for dialect, pairs in _PAIRS.items()
}


class ArticlesStore(LedgerStore):
    """The article methods of the Ledger port."""

    def claim_found(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[FoundItem]:
        column = tables.article.c
        with self._database.write(notify=False) as tx:
            left = and_(column.state == "leased", self._presence.dead(tx, column.holder))
            waits = select(column.id).where(tables.UNREAD, column.source == source)
            waits = waits.where(or_(column.wake_at <= now, left)).order_by(column.id).limit(limit)
            numbers = list(tx.execute(waits.with_for_update(skip_locked=True)).scalars())
            if not numbers:
                return []
            mine = column.id.in_(numbers)
            found = tx.execute(select(tables.article).where(mine).order_by(column.id)).all()
            claim = {"state": "leased", "wake_at": now + lease, "holder": self._presence.me}
            tx.execute(update(tables.article).where(mine).values(**claim, tries=column.tries + 1))
        return [_build_found_item(row) for row in found]

    def release_source(self, source: str, *, now: datetime) -> None:
        me, article, change = self._presence.me, tables.article.c, tables.change.c
        if me is None:
            return
        unread = (tables.UNREAD, article.source == source, article.holder == me)
        its = select(article.source).where(article.id == change.article_id).scalar_subquery()
        free = {"wake_at": now, "holder": None}
        with self._database.write(notify=False) as tx:
            tx.execute(update(tables.article).where(*unread).values(**free))
            tx.execute(update(tables.change).where(change.holder == me, its == source).values(**free))

    def postpone_article(self, article_id: str, failure: Failure, *, retry_at: datetime | None) -> None:
        values: dict[str, Any] = {"state": "failed", "item": None}
        if retry_at is not None:
            values = {"state": "found", "wake_at": retry_at}
        column = tables.article.c
        mine = (column.id == ids.article_number(article_id), column.state == "leased")
        with self._database.write(notify=False) as tx:
            tx.execute(update(tables.article).where(*mine).values(**values, holder=None, error=list(failure)))

    def find_same_article(self, article_id: str, article: Article) -> str | None:
        number = ids.article_number(article_id)
        with self._database.read() as tx:
            root = get_same_root(_find_likeness(tx, number, article))
        return ids.article_id(root) if root else None

    def take_in(
        self,
        article_id: str,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        note: str = "",
        failure: Failure | None = None,
        asks: Callable[[SimilarArticle], str] | None = None,
    ) -> list[Post]:
        number = ids.article_number(article_id)
        with self._database.write() as tx:
            lock_article_intake(tx)
            if found := find_block(tx, number, article=article):
                _end_as_unread(tx, number, describe_block(found))
                return []
            there = _find_likeness(tx, number, article)
            root = get_same_root(there)
            if root and (found := find_block(tx, root)):
                _end_as_unread(tx, number, describe_block(found))
                return []
            item = _link_to_root(tx, number, root)
            follow_embargo(tx, number, article, now=now)
            told = "; ".join(filter(None, (_describe_same(there), note)))
            if not _mark_ready(tx, number, article, note=told, failure=failure):
                return list_posts_of(tx, number)  # The lease ran out and another instance was faster.
            add_marks(self._database, tx, number, article, now=now)
            if root and item:
                follow_root(self._database, tx, number, root, item, article, now=now)
            if there and there.recorded:
                return []  # An article recorded at first sight is no news under another guid either.
            if there and not there.same and asks:
                posts = [replace(new, held_for=asks(there)) for new in posts]
            return self._add_missing_posts(tx, number, posts, now=now)

    def add_posts(
        self, article_id: str, posts: Sequence[NewPost], *, now: datetime, failure: Failure | None
    ) -> list[Post]:
        number = ids.article_number(article_id)
        mine = update(tables.article).where(tables.article.c.id == number)
        with self._database.write() as tx:
            # This write also locks the article, so that nobody else adds posts to it meanwhile.
            tx.execute(mine.values(error=list(failure) if failure else None))
            return self._add_missing_posts(tx, number, posts, now=now)

    def _add_missing_posts(
        self, tx: Connection, number: int, posts: Sequence[NewPost], *, now: datetime
    ) -> list[Post]:
        """Add the posts for channels where the article has none yet, counting its copies from all sources."""
        taken = {post.channel for post in list_posts_of_root(tx, get_root(tx, number))}
        free = [new for new in posts if new.draft.channel not in taken]
        return add_first_posts(self._database, tx, number, free, now=now)

    def get_article(self, article_id: str) -> StoredArticle:
        mine = select(tables.article).where(tables.article.c.id == ids.article_number(article_id))
        with self._database.read() as tx:
            row = tx.execute(mine).one_or_none()
        if row is None:
            raise UsageError(f"there is no article {article_id}")
        return _build_stored_article(row)

    def list_failed_articles(self, *, since: datetime, source: str | None = None) -> list[StoredArticle]:
        column = tables.article.c
        found = select(tables.article).where(tables.TROUBLED, column.found_at >= since)
        if source is not None:
            # The concatenation keeps the planner off the index by source, which holds all its articles ever.
            found = found.where(column.source.concat("") == source)
        with self._database.read() as tx:
            return [
                _build_stored_article(row)
                for row in tx.execute(found.order_by(column.found_at.desc(), column.id.desc()))
            ]

    def add_article(self, source: str, article: Article, *, now: datetime) -> str:
        with self._database.write() as tx:
            lock_article_intake(tx)
            number = _find_known_article(tx, source, article)
            if found := find_block(tx, number, article=article):
                raise UsageError(describe_block(found))
            if number is None:
                there = find_likeness(tx, article, source=source, found_at=now)
                root = get_same_root(there)
                if root and (found := find_block(tx, root)):
                    raise UsageError(describe_block(found))
                note = _describe_same(there)
                number = _insert_read_article(
                    self._database, tx, source, article, root=root, note=note, now=now
                )
            else:
                follow_embargo(tx, number, article, now=now)
                _refresh_article(tx, number, article)
            add_marks(self._database, tx, number, article, now=now)
        return ids.article_id(number)

    def find_article(
        self, *, url: str | None = None, article_id: str | None = None
    ) -> tuple[str, Article] | None:
        column = tables.article.c
        read = select(column.id, column.article).where(column.article.is_not(None))
        if article_id is not None:
            read = read.where(column.id == ids.article_number(article_id))
        if url is not None:
            read = read.where(column.url_key == address_key(url))
        with self._database.read() as tx:
            row = tx.execute(read.order_by(column.id.desc()).limit(1)).one_or_none()
        return (ids.article_id(row.id), decode_article(row.article)) if row else None


def insert_article(
    database: Database,
    tx: Connection,
    *,
    source: str,
    guid: str,
    url: str | None,
    state: str,
    now: datetime,
    first_sight: bool,
    **values: Any,
) -> int | None:
    """Insert an article and return its row number, or None if the source already had that guid."""
    row = database.insert(tables.article).values(
        source=source,
        guid_key=fingerprint(guid),
        **_build_url_columns(url),
        state=state,
        found_at=now,
        wake_at=now,
        first_sight=first_sight,
        tries=0,
        **values,
    )
    return tx.execute(row.on_conflict_do_nothing().returning(tables.article.c.id)).scalar()


def insert_articles(
    tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
) -> dict[str, list[int]]:
    """Insert the items that polls found, in one statement, skipping those that a source already had.

    Returns the row numbers of the articles to read, by source and in order. Recorded articles keep no item.
    """
    rows = [
        _build_item_row(name, item, result, state, now)
        for name, result in results
        for state, items in (("recorded", result.record), ("found", result.take))
        for item in items
    ]
    column = tables.article.c
    taken: dict[str, list[int]] = {name: [] for name, _ in results}
    for row in insert_new(tx, tables.article, rows, column.id, column.source, column.state):
        if row.state == "found":
            taken[row.source].append(row.id)
    return {name: sorted(numbers) for name, numbers in taken.items()}


def _build_item_row(source: str, item: Item, result: PollResult, state: str, now: datetime) -> dict[str, Any]:
    return {
        "source": source,
        "guid_key": fingerprint(item.guid),
        **_build_url_columns(item.url),
        "state": state,
        "title": item.title if state == "recorded" else None,
        "text_key": item_text_key(item) if state == "recorded" else None,
        "item": encode_item(item) if state == "found" else None,
        "version": compute_version(item),
        "hold": result.hold,
        "first_sight": result.first_sight,
        "found_at": now,
        "wake_at": now,
        "tries": 0,
    }


def insert_past_articles(tx: Connection, source: str, guids: Collection[str], *, now: datetime) -> None:
    """Insert past articles of which only the guid is known; there may be very many."""
    same = {"source": source, "state": "recorded", "first_sight": True, "tries": 0}
    times = {"found_at": now, "wake_at": now}
    rows = [{"guid_key": fingerprint(guid), **same, **times} for guid in sorted(guids)]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        insert_new(tx, tables.article, rows[start : start + _ROWS_PER_STATEMENT], tables.article.c.id)


def find_known_articles(tx: Connection, keys: Sequence[tuple[str, str]]) -> dict[str, dict[str, Row[Any]]]:
    """Find the stored rows of articles, by source and then by the fingerprint of the guid.

    ``keys`` are pairs of a source and a fingerprint.
    """
    known: dict[str, dict[str, Row[Any]]] = {}
    if keys:
        values: dict[str, Any] = {"pairs": json.dumps(keys)}
        if tx.dialect.name != "sqlite":
            values = {"names": [name for name, _ in keys], "keys": [key for _, key in keys]}
        for row in tx.execute(_SELECT_KNOWN[tx.dialect.name], values):
            known.setdefault(row.source, {})[row.guid_key] = row
    return known


def _build_url_columns(url: str | None) -> dict[str, Any]:
    return {"url": url, "url_key": address_key(url) if url else None}


def _build_article_columns(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        **_build_url_columns(article.url),
        **build_text_columns(article),
        "article": encode_article(article),
    }


def refresh_article(
    database: Database, tx: Connection, number: int, article: Article, *, now: datetime
) -> None:
    """Store the article as its source has it now."""
    # Marks of the old text first: a slow source may still deliver that text.
    add_marks(database, tx, number, article, now=now)
    tx.execute(
        update(tables.article).where(tables.article.c.id == number).values(**_build_article_columns(article))
    )
    add_marks(database, tx, number, article, now=now)


def _find_likeness(tx: Connection, number: int, article: Article) -> SimilarArticle | None:
    column = tables.article.c
    columns = (column.source, column.found_at, column.item, column.hold)
    row = tx.execute(select(*columns).where(column.id == number)).one_or_none()
    if row is None:
        raise UsageError(f"there is no article {ids.article_id(number)}")
    # A flood is held as a whole, including articles that the first poll recorded under other guids.
    item_text = item_text_key(decode_item(row.item)) if row.item and not row.hold else None
    return find_likeness(
        tx, article, source=row.source, found_at=row.found_at, number=number, item_text=item_text
    )


def _link_to_root(tx: Connection, number: int, root: int | None) -> Item | None:
    """Set the root of an unread article and return the item that waits to be read."""
    column = tables.article.c
    mine = (column.id == number, tables.UNREAD)
    tx.execute(update(tables.article).where(*mine).values(same_as=root))
    item = tx.execute(select(column.item).where(*mine)).scalar()
    return decode_item(item) if item else None


def _describe_same(there: SimilarArticle | None) -> str:
    return f"the same article as {there.article_id}" if there and there.same else ""


def _end_as_unread(tx: Connection, number: int, why: str) -> None:
    """Mark an unread article as recorded, with the reason, and delete its title and item."""
    waits = update(tables.article).where(tables.article.c.id == number, tables.UNREAD)
    tx.execute(waits.values(state="recorded", item=None, title=None, holder=None, note=why))


def _mark_ready(tx: Connection, number: int, article: Article, *, note: str, failure: Failure | None) -> bool:
    """Mark the article as ready; return False if it was not waiting to be read any more.

    Raises:
        UsageError: there is no such article.
    """
    column = tables.article.c
    waits = update(tables.article).where(column.id == number, tables.UNREAD)
    ready: dict[str, Any] = {"state": "ready", "item": None, "holder": None, "note": note or None}
    ready["error"] = list(failure) if failure else None
    if tx.execute(waits.values(**ready, **_build_article_columns(article))).rowcount:
        return True
    if tx.execute(select(column.id).where(column.id == number)).scalar() is None:
        raise UsageError(f"there is no article {ids.article_id(number)}")
    return False


def _find_known_article(tx: Connection, source: str, article: Article) -> int | None:
    """Find the newest article with that guid in the source, or with that URL in any source."""
    column = tables.article.c
    same = and_(column.source == source, column.guid_key == fingerprint(article.guid))
    if article.url:
        same = or_(same, column.url_key == address_key(article.url))
    found = select(column.id).where(same).order_by(column.id.desc()).limit(1)
    return tx.execute(found).scalar()


def _insert_read_article(
    database: Database,
    tx: Connection,
    source: str,
    article: Article,
    *,
    root: int | None,
    note: str,
    now: datetime,
) -> int:
    number = insert_article(
        database,
        tx,
        source=source,
        guid=article.guid,
        url=article.url,
        state="ready",
        now=now,
        first_sight=False,
        title=article.title,
        article=encode_article(article),
        embargo_until=article.embargo_until,
        same_as=root,
        note=note or None,
        **build_text_columns(article),
    )
    return number if number is not None else _find_known_article(tx, source, article) or 0


def _refresh_article(tx: Connection, number: int, article: Article) -> None:
    """Store the article as a person has just fetched it; an unread one still waits to be read."""
    column = tables.article.c
    state = case((tables.UNREAD, column.state), else_="ready")
    tx.execute(
        update(tables.article)
        .where(column.id == number)
        .values(state=state, **_build_article_columns(article))
    )


def _build_found_item(row: Row[Any]) -> FoundItem:
    """Build a found item from a row; its ``tries`` counts the earlier attempts to read it."""
    return FoundItem(
        article_id=ids.article_id(row.id),
        source=row.source,
        item=decode_item(row.item),
        found_at=row.found_at,
        tries=row.tries,
        first_sight=row.first_sight,
        hold=row.hold,
    )


def _build_stored_article(row: Row[Any]) -> StoredArticle:
    return StoredArticle(
        id=ids.article_id(row.id),
        source=row.source,
        state=row.state,
        found_at=row.found_at,
        title=row.title,
        url=row.url,
        error=decode_failure(row.error),
        note=row.note,
        article=decode_article(row.article) if row.article else None,
        first_sight=row.first_sight,
        hold=row.hold,
    )
