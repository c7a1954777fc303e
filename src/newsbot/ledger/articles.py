"""The store of articles: an article is found at a source, claimed by one service for reading (leased), then
ready with its posts.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, or_, select, text, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.database import request_job
from newsbot.ledger.dialects import build_insert, in_list, insert_new
from newsbot.ledger.post_creation import add_first_posts, list_posts_of, list_posts_of_root
from newsbot.ledger.same_article import (
    add_marks,
    build_text_columns,
    find_likeness,
    get_root,
    get_same_root,
    lock_article_intake,
)
from newsbot.ledger.schedule import follow_embargo
from newsbot.ledger.serialization import (
    address_key,
    build_from_row,
    compute_version,
    decode_article,
    decode_item,
    decode_part,
    encode_article,
    encode_item,
    fingerprint,
    item_text_key,
)
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import describe_block, find_block
from newsbot.model import Article, Failure, Item, Post
from newsbot.ports import (
    FoundItem,
    Job,
    NewPost,
    PollResult,
    SentPost,
    ShownArticle,
    SimilarArticle,
    StoredArticle,
)
from newsbot.reasons import Reason, UsageCode, join_sentences

__all__ = [
    "ArticlesStore",
    "find_known_articles",
    "insert_article",
    "insert_articles",
    "insert_past_articles",
    "refresh_article",
    "store_change",
]

_ARTICLE = tables.article.c
_ROWS_PER_STATEMENT = 500
# This part of a query joins the articles with the wanted pairs of a source and a guid's fingerprint, because
# a query with two separate lists would also find the source of one pair with the fingerprint of another.
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
# The number of a source's newest articles among which `list_recently_shown` looks for articles with posts.
_LATEST_COUNT = 200
_SHOWN_COUNT = 20  # The most articles with posts that `list_recently_shown` returns.
_NEWEST = (
    select(_ARTICLE.id)
    .where(tables.READY_ARTICLE, _ARTICLE.source == bindparam("source"))
    .order_by(_ARTICLE.id.desc())
    .limit(_LATEST_COUNT)
    .subquery()
)
_SELECT_NEWEST_WITH_POSTS = (
    select(_ARTICLE.id, _ARTICLE.article)
    .join(_NEWEST, _NEWEST.c.id == _ARTICLE.id)
    .where(select(tables.post.c.id).where(tables.post.c.article_id == _NEWEST.c.id).exists())
    .order_by(_NEWEST.c.id.desc())
    .limit(_SHOWN_COUNT)
)
_SELECT_SUMMARIES = select(tables.post.c.article_id, tables.post.c.summary).where(
    in_list(tables.post.c.article_id, "articles")
)
# The most sent posts that `list_recently_sent` returns.
_SENT_COUNT = 40
# This statement selects the sent posts of articles without sorting them, because for a sort by id a database
# would read all posts.
_SELECT_SENT = select(tables.post.c.id, tables.post.c.parts, tables.post.c.sent_at).where(
    in_list(tables.post.c.article_id, "articles"), tables.post.c.sent_at.is_not(None)
)


class ArticlesStore(LedgerStore):
    """The ledger's store of articles, from the poll that finds an item to the posts queued for the item."""

    def claim_found(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[FoundItem]:
        """Claim up to ``limit`` items of a source that wait to be read, oldest first, for this service.

        No other service gets these items until ``lease`` has passed. If more items wait and the engine works
        by jobs, a job for the source is stored, so that another service claims them at once.
        """
        with self._database.write(notify=False) as tx:
            left = and_(_ARTICLE.state == "leased", self._instances.is_dead(tx, _ARTICLE.holder))
            waits = select(_ARTICLE.id).where(tables.UNREAD, _ARTICLE.source == source)
            waits = waits.where(or_(_ARTICLE.wake_at <= now, left)).order_by(_ARTICLE.id)
            numbers = list(tx.execute(waits.limit(limit).with_for_update(skip_locked=True)).scalars())
            if not numbers:
                return []
            if tx.execute(waits.where(_ARTICLE.id > numbers[-1]).limit(1)).first():
                request_job(tx, Job("work", source))
            mine = _ARTICLE.id.in_(numbers)
            found = tx.execute(select(tables.article).where(mine).order_by(_ARTICLE.id)).all()
            claim = {"state": "leased", "wake_at": now + lease, "holder": self._instances.me}
            tx.execute(update(tables.article).where(mine).values(**claim, tries=_ARTICLE.tries + 1))
        # The rows are those from before this service claimed their articles, so that the number of tries in
        # the result does not count the try that begins now.
        return [
            build_from_row(FoundItem, row, article_id=ids.article_id(row.id), item=decode_item(row.item))
            for row in found
        ]

    def has_earlier_claim(self, source: str, article_id: str, *, until: datetime) -> bool:
        """Return whether an item that ``source`` delivered before the article ``article_id`` is still being
        read.

        The item is being read if a service's claim on it (the sole right to read it) is valid after
        ``until``. Callers wait for such items, so that the articles of a source are queued in their order.
        """
        number = ids.article_number(article_id)
        earlier = select(_ARTICLE.id).where(tables.UNREAD, _ARTICLE.source == source, _ARTICLE.id < number)
        earlier = earlier.where(_ARTICLE.state == "leased", _ARTICLE.wake_at > until).limit(1)
        with self._database.read_for_one_select() as tx:
            return tx.execute(earlier).first() is not None

    def release_source(self, source: str, *, now: datetime) -> None:
        """Give up this service's claims on (sole rights to) unread articles and unprocessed changes of
        ``source``.

        Another service, or this one, may then claim them at once.
        """
        me, change = self._instances.me, tables.change.c
        if me is None:
            return
        unread = (tables.UNREAD, _ARTICLE.source == source, _ARTICLE.holder == me)
        its = select(_ARTICLE.source).where(_ARTICLE.id == change.article_id).scalar_subquery()
        free = {"wake_at": now, "holder": None}
        with self._database.write(notify=False) as tx:
            tx.execute(update(tables.article).where(*unread).values(**free))
            tx.execute(update(tables.change).where(change.holder == me, its == source).values(**free))

    def postpone_article(
        self, article_id: str, failure: Failure, *, retry_at: datetime | None, title: str | None = None
    ) -> None:
        """Record that reading an article failed; newsbot reads the article again at ``retry_at``.

        If ``retry_at`` is None, the article's state becomes failed, with the reason, and the article keeps
        the ``title`` that its source gave it.
        """
        values: dict[str, Any] = {"state": "failed", "item": None, "title": title}
        if retry_at is not None:
            values = {"state": "found", "wake_at": retry_at}
        mine = (_ARTICLE.id == ids.article_number(article_id), _ARTICLE.state == "leased")
        self._write(update(tables.article).where(*mine).values(**values, holder=None, error=failure))

    def find_same_article(self, article_id: str, article: Article) -> str | None:
        """Return the id of the earliest stored article of which the article ``article_id`` is a duplicate.

        ``article`` is the text of the article ``article_id`` as it was just read. Returns None if the article
        duplicates no other.
        """
        number = ids.article_number(article_id)
        with self._database.read() as tx:
            root = get_same_root(_find_likeness(tx, number, article))
        return ids.article_id(root) if root else None

    def store_read_article(
        self,
        article_id: str,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        note: Reason | None = None,
        failure: Failure | None = None,
        asks: Callable[[SimilarArticle], Reason] | None = None,
    ) -> list[Post]:
        """Store an article's text, which was just read, and queue the article's posts, in one transaction.

        Returns the queued posts. ``note`` says why the article has no posts, ``failure`` why some posts could
        not be composed. If the article is the same as an earlier one, from any source and under any guid, it
        gets no post on the channels where the earlier one has a post. If the article only resembles an
        earlier one, its posts are held for an editor; the function ``asks`` builds the reason from that
        earlier article.
        """
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
            told = join_sentences((_describe_same(there), note))
            if not _mark_ready(tx, number, article, note=told, failure=failure):
                # If the article could not be marked as ready, this service's right to it had expired and
                # another service stored it first. Then the posts that the other service queued are returned.
                return list_posts_of(tx, number)
            add_marks(tx, number, article, now=now)
            if root and item:
                _follow_root(tx, number, root, item, article, now=now)
            if there and there.recorded:
                # The article is the same as one that was only recorded at the first poll of its source, so it
                # is no news and gets no posts.
                return []
            if there and not there.same and asks:
                posts = [replace(new, held_for=asks(there)) for new in posts]
            return self._add_missing_posts(tx, number, posts, now=now)

    def add_posts(
        self, article_id: str, posts: Sequence[NewPost], *, now: datetime, failure: Failure | None
    ) -> list[Post]:
        """Queue posts that could not be composed before, on channels where the article has no post yet.

        Returns the new posts. ``failure`` says which posts still can't be composed and why; None means that
        all are composed.
        """
        number = ids.article_number(article_id)
        mine = update(tables.article).where(_ARTICLE.id == number)
        with self._database.write() as tx:
            # Storing the failure also locks the article's row, so that no other process adds posts to the
            # article before the transaction ends.
            tx.execute(mine.values(error=failure or None))
            return self._add_missing_posts(tx, number, posts, now=now)

    def get_article(self, article_id: str) -> StoredArticle:
        """Return the article with this id as the ledger stores it."""
        mine = select(tables.article).where(_ARTICLE.id == ids.article_number(article_id))
        row = self._fetch_first(mine)
        if row is None:
            raise UsageError(UsageCode.NO_ARTICLE(ref=article_id))
        return _build_stored_article(row)

    def list_failed_articles(self, *, since: datetime) -> list[StoredArticle]:
        """Return the articles found since ``since`` that could not be read, or not composed for some channel.

        The newest article comes first.
        """
        found = select(tables.article).where(tables.TROUBLED, _ARTICLE.found_at >= since)
        found = found.order_by(_ARTICLE.found_at.desc(), _ARTICLE.id.desc())
        return [_build_stored_article(row) for row in self._fetch(found)]

    def add_article(self, source: str, article: Article, *, now: datetime) -> str:
        """Store an article that a person submitted, and return the article's id.

        If the ledger knows the article's guid in this source, or its URL, that article gets the new text and
        its id is returned.

        Raises:
            UsageError: a person has removed the article from all channels for good.
        """
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
                number = _insert_read_article(tx, source, article, root=root, note=note, now=now)
            else:
                follow_embargo(tx, number, article, now=now)
                # An article that waits to be read keeps that state, so that newsbot still reads it. Any other
                # article is ready now, because the person submitted its text.
                state = case((tables.UNREAD, _ARTICLE.state), else_="ready")
                mine = update(tables.article).where(_ARTICLE.id == number)
                tx.execute(mine.values(state=state, **_build_article_columns(article)))
            add_marks(tx, number, article, now=now)
        return ids.article_id(number)

    def find_article(self, *, url: str) -> tuple[str, Article] | None:
        """Return the newest article that was read and has the address ``url``, as a pair with its id.

        Returns None if there is no such article.
        """
        read = select(_ARTICLE.id, _ARTICLE.article).where(_ARTICLE.article.is_not(None))
        read = read.where(_ARTICLE.url_key == address_key(url))
        row = self._fetch_first(read.order_by(_ARTICLE.id.desc()).limit(1))
        return (ids.article_id(row.id), decode_article(row.article)) if row else None

    def list_recently_sent(self, source: str) -> list[SentPost]:
        """Return the sent posts of a source's newest 20 articles that have posts, the newest post first."""
        with self._database.read() as tx:
            articles = [row.id for row in tx.execute(_SELECT_NEWEST_WITH_POSTS, {"source": source})]
            rows = tx.execute(_SELECT_SENT, {"articles": articles}).all() if articles else []
        newest = sorted(rows, key=attrgetter("id"), reverse=True)[:_SENT_COUNT]
        return [
            SentPost(ids.post_id(row.id), tuple(map(decode_part, row.parts)), row.sent_at) for row in newest
        ]

    def list_recently_shown(self, source: str) -> list[ShownArticle]:
        """Return a source's newest 20 articles that have posts, with the sentences that these posts show."""
        with self._database.read() as tx:
            rows = tx.execute(_SELECT_NEWEST_WITH_POSTS, {"source": source}).all()
            shown: dict[int, set[str]] = {row.id: set() for row in rows}
            for number, summary in tx.execute(_SELECT_SUMMARIES, {"articles": list(shown)}):
                shown[number].update(text for text, _ in summary or ())
        return [
            ShownArticle(ids.article_id(row.id), frozenset(shown[row.id]), len(row.article["text"]))
            for row in rows
        ]

    def _add_missing_posts(
        self, tx: Connection, number: int, posts: Sequence[NewPost], *, now: datetime
    ) -> list[Post]:
        """Queue the given posts of an article, except on channels where the article has a post already.

        A post of a duplicate of the article, from any source, counts as well. Returns the queued posts.
        """
        taken = {post.channel for post in list_posts_of_root(tx, get_root(tx, number))}
        free = [new for new in posts if new.draft.channel not in taken]
        return add_first_posts(tx, number, free, now=now)


def _find_likeness(tx: Connection, number: int, article: Article) -> SimilarArticle | None:
    columns = (_ARTICLE.source, _ARTICLE.found_at, _ARTICLE.item, _ARTICLE.hold)
    row = tx.execute(select(*columns).where(_ARTICLE.id == number)).one_or_none()
    if row is None:
        raise UsageError(UsageCode.NO_ARTICLE(ref=ids.article_id(number)))
    # If the article came in a flood of items, the text that its source gave is not compared with other
    # articles. The comparison would show whether the first poll recorded the article under another guid, and
    # all posts of a flood are held for an editor anyway.
    item_text = item_text_key(decode_item(row.item)) if row.item and not row.hold else None
    return find_likeness(
        tx, article, source=row.source, found_at=row.found_at, number=number, item_text=item_text
    )


def _link_to_root(tx: Connection, number: int, root: int | None) -> Item | None:
    """Store which article (the root) an unread article duplicates, and return the unread article's item.

    Returns None if the article was read already.
    """
    mine = (_ARTICLE.id == number, tables.UNREAD)
    tx.execute(update(tables.article).where(*mine).values(same_as=root))
    item = tx.execute(select(_ARTICLE.item).where(*mine)).scalar()
    return decode_item(item) if item else None


def _describe_same(there: SimilarArticle | None) -> Reason | None:
    return UsageCode.SAME_ARTICLE(id=there.article_id) if there and there.same else None


def _end_as_unread(tx: Connection, number: int, why: Reason) -> None:
    """Make an unread article `recorded`, a state in which newsbot never reads it, for the reason ``why``.

    Its title and its item are deleted.
    """
    waits = update(tables.article).where(_ARTICLE.id == number, tables.UNREAD)
    tx.execute(waits.values(state="recorded", item=None, title=None, holder=None, note=why))


def _mark_ready(
    tx: Connection, number: int, article: Article, *, note: Reason | None, failure: Failure | None
) -> bool:
    """Mark an article as ready and store its text; return False if the article did not wait to be read."""
    waits = update(tables.article).where(_ARTICLE.id == number, tables.UNREAD)
    ready: dict[str, Any] = {"item": None, "holder": None, "note": note, "error": failure}
    if tx.execute(waits.values(state="ready", **ready, **_build_article_columns(article))).rowcount:
        return True
    if tx.execute(select(_ARTICLE.id).where(_ARTICLE.id == number)).scalar() is None:
        raise UsageError(UsageCode.NO_ARTICLE(ref=ids.article_id(number)))
    return False


def _find_known_article(tx: Connection, source: str, article: Article) -> int | None:
    """Return the row number of the newest stored article with the guid or the URL of ``article``.

    The guid is looked up among the articles of ``source``, the URL among those of all sources. Returns None
    if there is no article with either.
    """
    same = and_(_ARTICLE.source == source, _ARTICLE.guid_key == fingerprint(article.guid))
    if article.url:
        same = or_(same, _ARTICLE.url_key == address_key(article.url))
    found = select(_ARTICLE.id).where(same).order_by(_ARTICLE.id.desc()).limit(1)
    return tx.execute(found).scalar()


def _insert_read_article(
    tx: Connection, source: str, article: Article, *, root: int | None, note: Reason | None, now: datetime
) -> int:
    values = _build_article_columns(article) | {"same_as": root, "note": note}
    values["embargo_until"] = article.embargo_until
    number = insert_article(tx, source=source, guid=article.guid, now=now, **values)
    return number if number is not None else _find_known_article(tx, source, article) or 0


def _build_stored_article(row: Row[Any]) -> StoredArticle:
    article = decode_article(row.article) if row.article else None
    return build_from_row(StoredArticle, row, id=ids.article_id(row.id), article=article)


def store_change(tx: Connection, number: int, what: str, item: Item | None, now: datetime) -> None:
    """Store a source's change of the article with the row ``number``, so that its posts can be updated later.

    The change replaces an earlier one of the article that was not processed yet. If that was a removal and
    the article is back, the change is stored as an edit.
    """
    values: dict[str, Any] = {"what": what, "item": encode_item(item) if item else None}
    values |= {"found_at": now, "wake_at": now, "holder": None, "tries": 0}
    waiting = select(tables.change.c.what).where(tables.change.c.article_id == number)
    before = tx.execute(waiting).scalar()
    if before is None:
        tx.execute(build_insert(tx, tables.change).values(article_id=number, **values))
        return
    if what == "back" and before in {"gone", "protected"}:
        values["what"] = "edited"
    elif what == "edited" and before == "back":
        values["what"] = "back"
    tx.execute(update(tables.change).where(tables.change.c.article_id == number).values(**values))


def _follow_root(
    tx: Connection, number: int, root: int, item: Item, article: Article, *, now: datetime
) -> None:
    """Store an edit of an article that its source delivers a second time, edited, under another guid.

    ``root`` is the row of the article under its first guid, which has the posts; ``number`` is the row under
    the second guid. A version from another source is no edit, so nothing is stored. The first article's URL
    is kept if the new URL is only another spelling of it.
    """
    columns = ("source", "state", "article", "url", "url_key", "redacted_at")
    own = select(*(_ARTICLE[name] for name in columns))
    old, new = (tx.execute(own.where(_ARTICLE.id == each)).one() for each in (root, number))
    if old.source != new.source or old.state != "ready" or not old.article or old.redacted_at:
        return
    before = decode_article(old.article)
    if (before.title, before.text) == (article.title, article.text):
        return
    url = old.url if old.url_key == new.url_key else item.url
    store_change(tx, root, "edited", replace(item, guid=before.guid, url=url), now)


def insert_article(tx: Connection, *, source: str, guid: str, now: datetime, **values: Any) -> int | None:
    """Insert an article that was read already; return its row number.

    Returns None if the source already has an article with that guid.
    """
    values |= {"state": "ready", "first_sight": False, "tries": 0, "found_at": now, "wake_at": now}
    row = build_insert(tx, tables.article).values(source=source, guid_key=fingerprint(guid), **values)
    return tx.execute(row.on_conflict_do_nothing().returning(_ARTICLE.id)).scalar()


def insert_articles(
    tx: Connection, results: Sequence[tuple[str, PollResult]], *, now: datetime
) -> dict[str, list[int]]:
    """Insert the items that polls of sources found, in one statement; skip items that a source already had.

    Returns, by the name of the source, the row numbers of the articles that newsbot has to read, in ascending
    order. An item that is only recorded, and never read, is stored without its content.
    """
    rows = [
        _build_item_row(name, item, result, state, now)
        for name, result in results
        for state, items in (("recorded", result.record), ("found", result.take))
        for item in items
    ]
    taken: dict[str, list[int]] = {name: [] for name, _ in results}
    for row in insert_new(tx, tables.article, rows, _ARTICLE.id, _ARTICLE.source, _ARTICLE.state):
        if row.state == "found":
            taken[row.source].append(row.id)
            request_job(tx, Job("work", row.source))
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
    """Insert the articles that a source published before its first poll, of which only the guid is known.

    The rows are inserted in several statements, because a source may have very many such articles.
    """
    same = {"source": source, "state": "recorded", "first_sight": True, "tries": 0}
    times = {"found_at": now, "wake_at": now}
    rows = [{"guid_key": fingerprint(guid), **same, **times} for guid in sorted(guids)]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        insert_new(tx, tables.article, rows[start : start + _ROWS_PER_STATEMENT], _ARTICLE.id)


def find_known_articles(tx: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row[Any]]:
    """Return the stored rows of articles by ``keys``, pairs of a source's name and a guid's fingerprint."""
    if not keys:
        return {}
    values: dict[str, Any] = {"pairs": json.dumps(keys)}
    if tx.dialect.name != "sqlite":
        values = {"names": [name for name, _ in keys], "keys": [key for _, key in keys]}
    rows = tx.execute(_SELECT_KNOWN[tx.dialect.name], values)
    return {(row.source, row.guid_key): row for row in rows}


def _build_url_columns(url: str | None) -> dict[str, Any]:
    return {"url": url, "url_key": address_key(url) if url else None}


def _build_article_columns(article: Article) -> dict[str, Any]:
    """Build the values of the columns that hold an article's text and the keys that identify the article."""
    return {
        "title": article.title,
        **_build_url_columns(article.url),
        **build_text_columns(article),
        "article": encode_article(article),
    }


def refresh_article(tx: Connection, number: int, article: Article, *, now: datetime) -> None:
    """Store the new text of an article that its source or a person has changed."""
    # The look-up keys of the previous text are stored before those of the new text, because a slow source may
    # still deliver the previous text, which must not count as a new article.
    add_marks(tx, number, article, now=now)
    tx.execute(update(tables.article).where(_ARTICLE.id == number).values(**_build_article_columns(article)))
    add_marks(tx, number, article, now=now)
