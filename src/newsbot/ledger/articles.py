"""The store of articles: an article is found at a source, leased for reading, then ready with its posts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, Row, and_, bindparam, case, or_, select, update

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.article_rows import build_article_columns, follow_root, insert_article
from newsbot.ledger.post_creation import add_first_posts, list_posts_of, list_posts_of_root
from newsbot.ledger.same_article import (
    add_marks,
    find_likeness,
    get_root,
    get_same_root,
    lock_article_intake,
)
from newsbot.ledger.schedule import follow_embargo
from newsbot.ledger.serialization import (
    address_key,
    build_from_row,
    decode_article,
    decode_item,
    fingerprint,
    item_text_key,
)
from newsbot.ledger.statements import in_list
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedown_blocks import describe_block, find_block
from newsbot.model import Article, Failure, Item, Post
from newsbot.ports import FoundItem, NewPost, ShownArticle, SimilarArticle, StoredArticle
from newsbot.reasons import Reason, UsageCode, join_sentences

__all__ = ["ArticlesStore"]

_ARTICLE = tables.article.c
# The number of a source's newest articles among which `list_recently_shown` looks for articles with posts.
_LATEST_COUNT = 200
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
    .limit(bindparam("most", type_=Integer))
)
_SELECT_SUMMARIES = select(tables.post.c.article_id, tables.post.c.summary).where(
    in_list(tables.post.c.article_id, "articles")
)


class ArticlesStore(LedgerStore):
    """The ledger's store of articles, from the poll that finds an item to the posts queued for the item."""

    def claim_found(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[FoundItem]:
        """Claim up to ``limit`` items of a source that wait to be read, oldest first, for this service.

        No other service gets these items until ``lease`` has passed.
        """
        with self._database.write(notify=False) as tx:
            left = and_(_ARTICLE.state == "leased", self._instances.dead(tx, _ARTICLE.holder))
            waits = select(_ARTICLE.id).where(tables.UNREAD, _ARTICLE.source == source)
            waits = waits.where(or_(_ARTICLE.wake_at <= now, left)).order_by(_ARTICLE.id).limit(limit)
            numbers = list(tx.execute(waits.with_for_update(skip_locked=True)).scalars())
            if not numbers:
                return []
            mine = _ARTICLE.id.in_(numbers)
            found = tx.execute(select(tables.article).where(mine).order_by(_ARTICLE.id)).all()
            claim = {"state": "leased", "wake_at": now + lease, "holder": self._instances.me}
            tx.execute(update(tables.article).where(mine).values(**claim, tries=_ARTICLE.tries + 1))
        return [_build_found_item(row) for row in found]

    def release_source(self, source: str, *, now: datetime) -> None:
        """Give up this service's claims on unread articles and unprocessed changes of ``source``.

        Another service, or this one, may then claim them at once.
        """
        me, article, change = self._instances.me, tables.article.c, tables.change.c
        if me is None:
            return
        unread = (tables.UNREAD, article.source == source, article.holder == me)
        its = select(article.source).where(article.id == change.article_id).scalar_subquery()
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
        with self._database.write(notify=False) as tx:
            tx.execute(update(tables.article).where(*mine).values(**values, holder=None, error=failure))

    def find_same_article(self, article_id: str, article: Article) -> str | None:
        """Return the id of the earliest stored article of which the article ``article_id`` is a duplicate.

        ``article`` is the text of the article ``article_id`` as it was just read. Returns None if the article
        duplicates no other.
        """
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
                # If the article was not marked as ready, this service's lease ran out and another service
                # stored it first.
                return list_posts_of(tx, number)
            add_marks(tx, number, article, now=now)
            if root and item:
                follow_root(tx, number, root, item, article, now=now)
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
        mine = update(tables.article).where(tables.article.c.id == number)
        with self._database.write() as tx:
            # Storing the failure also locks the article's row, so that no other process adds posts to the
            # article before the transaction ends.
            tx.execute(mine.values(error=failure or None))
            return self._add_missing_posts(tx, number, posts, now=now)

    def get_article(self, article_id: str) -> StoredArticle:
        """Return the article with this id as the ledger stores it."""
        mine = select(tables.article).where(tables.article.c.id == ids.article_number(article_id))
        with self._database.read() as tx:
            row = tx.execute(mine).one_or_none()
        if row is None:
            raise UsageError(UsageCode.NO_ARTICLE(ref=article_id))
        return _build_stored_article(row)

    def list_failed_articles(self, *, since: datetime, source: str | None = None) -> list[StoredArticle]:
        """Return the articles found since ``since`` that could not be read, or not composed for some channel.

        The newest article comes first. With ``source``, only articles of that source are returned.
        """
        found = select(tables.article).where(tables.TROUBLED, _ARTICLE.found_at >= since)
        if source is not None:
            # The empty string that is appended to the source's name in the query keeps the database from
            # using the index of articles by source, where it would read all articles of the source.
            found = found.where(_ARTICLE.source.concat("") == source)
        with self._database.read() as tx:
            return [
                _build_stored_article(row)
                for row in tx.execute(found.order_by(_ARTICLE.found_at.desc(), _ARTICLE.id.desc()))
            ]

    def add_article(self, source: str, article: Article, *, now: datetime) -> str:
        """Store an article that a person submitted, and return the article's id.

        If the ledger knows the article's guid in this source, or its URL, that article gets the new text and
        its id is returned.

        Raises:
            UsageError: the article was taken down.
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
                _refresh_article(tx, number, article)
            add_marks(tx, number, article, now=now)
        return ids.article_id(number)

    def find_article(
        self, *, url: str | None = None, article_id: str | None = None
    ) -> tuple[str, Article] | None:
        """Return the newest article that was read and has the address ``url`` or the id ``article_id``.

        Returns a pair of the id and the article; None if there is no such article.
        """
        read = select(_ARTICLE.id, _ARTICLE.article).where(_ARTICLE.article.is_not(None))
        if article_id is not None:
            read = read.where(_ARTICLE.id == ids.article_number(article_id))
        if url is not None:
            read = read.where(_ARTICLE.url_key == address_key(url))
        with self._database.read() as tx:
            row = tx.execute(read.order_by(_ARTICLE.id.desc()).limit(1)).one_or_none()
        return (ids.article_id(row.id), decode_article(row.article)) if row else None

    def list_recently_shown(self, source: str, *, limit: int = 20) -> list[ShownArticle]:
        """Return the newest articles of a source with the sentences that their posts show.

        Articles without a post are left out.
        """
        with self._database.read() as tx:
            rows = tx.execute(_SELECT_NEWEST_WITH_POSTS, {"source": source, "most": limit}).all()
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
    # The text of the source's item is not compared with other articles if the item came in a flood of items:
    # all posts of a flood are held for an editor anyway, so newsbot need not find out whether the first poll
    # recorded the article under another guid.
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
    waits = update(tables.article).where(tables.article.c.id == number, tables.UNREAD)
    tx.execute(waits.values(state="recorded", item=None, title=None, holder=None, note=why))


def _mark_ready(
    tx: Connection, number: int, article: Article, *, note: Reason | None, failure: Failure | None
) -> bool:
    """Mark an article as ready and store its text; return False if the article did not wait to be read."""
    waits = update(tables.article).where(_ARTICLE.id == number, tables.UNREAD)
    ready: dict[str, Any] = {"state": "ready", "item": None, "holder": None, "note": note}
    ready["error"] = failure
    if tx.execute(waits.values(**ready, **build_article_columns(article))).rowcount:
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
    values = build_article_columns(article) | {"same_as": root, "note": note}
    values["embargo_until"] = article.embargo_until
    number = insert_article(tx, source=source, guid=article.guid, now=now, **values)
    return number if number is not None else _find_known_article(tx, source, article) or 0


def _refresh_article(tx: Connection, number: int, article: Article) -> None:
    """Store the text of an article that newsbot has just fetched for a person, and mark the article as ready.

    An article that waits to be read keeps its state, so that it is still read.
    """
    state = case((tables.UNREAD, _ARTICLE.state), else_="ready")
    tx.execute(
        update(tables.article)
        .where(_ARTICLE.id == number)
        .values(state=state, **build_article_columns(article))
    )


def _build_found_item(row: Row[Any]) -> FoundItem:
    """Build a `FoundItem` (an item that waits to be read) from the row of its article.

    Its ``tries`` counts the earlier attempts to read the article.
    """
    return build_from_row(FoundItem, row, article_id=ids.article_id(row.id), item=decode_item(row.item))


def _build_stored_article(row: Row[Any]) -> StoredArticle:
    return build_from_row(
        StoredArticle,
        row,
        id=ids.article_id(row.id),
        article=decode_article(row.article) if row.article else None,
    )
