"""The search for articles that are the same; every look-up ends at the root article, which has the posts.

If two articles are the same, the later one has the row number of the earlier one, its root, in ``same_as``,
never the number of a third article. Its posts have that number in ``root``, and an index allows one set of
posts per root and channel. Each look-up reads a bounded number of rows, however many articles there are
(tests/ledger/test_plans.py).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, bindparam, delete, func, or_, select, text

from newsbot.errors import UsageError
from newsbot.identity.texts import (
    ENOUGH,
    MARKS,
    ArticleTraits,
    Candidate,
    count_words,
    judge,
    list_text_marks,
    mark,
    sketch,
    split_words,
    text_key,
)
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import in_list, insert_new
from newsbot.ledger.serialization import fingerprint, own_address_key
from newsbot.model import Article
from newsbot.ports import SimilarArticle
from newsbot.reasons import UsageCode

__all__ = [
    "add_marks",
    "build_text_columns",
    "find_likeness",
    "find_same_articles",
    "get_root",
    "get_same_root",
    "lock_article_intake",
    "root_column",
]

root_column: ColumnElement[int] = func.coalesce(tables.post.c.root, tables.post.c.article_id)
"""The number of a post's root article. The unique index of posts uses the same expression."""

# The key of PostgreSQL's advisory lock under which an article is stored and compared with the others; the
# number is arbitrary, but the same in every version.
_LOCK_KEY = 7_203_941
# The stored keys of an article, by which newsbot notices that a new article is similar, are kept at least
# this long after newsbot found the article.
_MARKED_FOR = timedelta(days=30)
# For each new article, the look-up keys of at most two old articles are deleted, so that old keys do not pile
# up.
_MARKS_DELETED_PER_ARTICLE = 2
# A guid that contains one of these texts is unique everywhere; a guid like ``1234`` means another article in
# each source.
_UNIQUE_GUID = ("://", "tag:", "urn:")
_TITLE_WORDS = 4
_ARTICLE, _MARK, _POST = tables.article.c, tables.article_mark.c, tables.post.c
_COLUMN_NAMES = "id source state same_as title guid_key url_key text_key sketch found_at published_at"
_COLUMNS = tuple(_ARTICLE[name] for name in _COLUMN_NAMES.split())


def _build_candidates_statement() -> TextClause:
    """Build one query for the articles that have any sign of being the same as a new article.

    For each sign, the query finds a limited number of articles, because the address of a live blog may have
    thousands of articles. Two texts that are 80 % alike share at least two of their eight look-up keys.
    """
    articles = "SELECT id FROM article WHERE {} = :{} ORDER BY id DESC LIMIT {}"
    marks = "SELECT article_id AS id FROM article_mark WHERE mark = :{} ORDER BY article_id DESC LIMIT {}"
    each = "SELECT id FROM ({}) AS {}"
    every = " UNION ALL ".join(each.format(marks.format(f"m{n}", 10), f"m{n}") for n in range(MARKS))
    alike = "SELECT id FROM ({}) AS every GROUP BY id HAVING count(*) >= 2 ORDER BY id DESC LIMIT 8"
    signs = {
        "text": articles.format("text_key", "text", 8),
        "item": articles.format("text_key", "item", 8),
        "address": articles.format("url_key", "address", 8),
        "guid": marks.format("guid", 8),
        "title": marks.format("title", 8),
        "once": marks.format("once", 8),
        "alike": alike.format(every),
    }
    named = "SELECT '{0}' AS sign, id FROM ({1}) AS by_{0}"
    return text(" UNION ALL ".join(named.format(sign, found) for sign, found in signs.items()))


_SELECT_CANDIDATES = _build_candidates_statement()
_SELECT_ROWS = select(*_COLUMNS).where(in_list(_ARTICLE.id, "numbers")).order_by(_ARTICLE.id)
_SELECT_ROOTS = select(_ARTICLE.id, _ARTICLE.source, _ARTICLE.state).where(in_list(_ARTICLE.id, "roots"))
_SELECT_ROOTS_OF_SOURCE = (
    select(_ARTICLE.same_as)
    .where(
        in_list(_ARTICLE.same_as, "roots"),
        _ARTICLE.source == bindparam("source"),
        _ARTICLE.id != bindparam("number"),
    )
    .distinct()
)


def lock_article_intake(tx: Connection) -> None:
    """Wait until no other transaction compares and stores an article.

    Two transactions that do so at the same time would not see each other's article, which may be the same.
    SQLite allows only one write transaction at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_KEY})


def find_same_articles(tx: Connection, number: int) -> list[int]:
    """Return the row numbers of an article, first, and of all articles with the same address or root.

    The root is the earlier article that an article duplicates.

    Raises:
        UsageError: there is no such article.
    """
    known: dict[int, None] = {}
    found = [number]
    while found:
        known |= dict.fromkeys(found)
        found = [each for each in _find_adjacent_articles(tx, found) if each not in known]
    if tx.execute(select(_ARTICLE.id).where(_ARTICLE.id == number)).scalar() is None:
        raise UsageError(UsageCode.NO_ARTICLE(ref=ids.article_id(number)))
    return list(known)


def _find_adjacent_articles(tx: Connection, numbers: Collection[int]) -> list[int]:
    mine = tx.execute(select(_ARTICLE.url_key, _ARTICLE.same_as).where(_ARTICLE.id.in_(numbers))).all()
    keys = {row.url_key for row in mine if row.url_key}
    others = {row.same_as for row in mine if row.same_as}
    same = or_(_ARTICLE.url_key.in_(keys), _ARTICLE.same_as.in_(numbers), _ARTICLE.id.in_(others))
    return list(tx.execute(select(_ARTICLE.id).where(same).order_by(_ARTICLE.id)).scalars())


def get_root(tx: Connection, number: int) -> int:
    """Return the row number of the article's root (the first of its duplicates), which has the posts.

    An article without an earlier duplicate is its own root.
    """
    found = select(func.coalesce(_ARTICLE.same_as, _ARTICLE.id)).where(_ARTICLE.id == number)
    return int(tx.execute(found).scalar_one_or_none() or number)


def get_same_root(likeness: SimilarArticle | None) -> int | None:
    """Return the row number of the earlier article (root) if ``likeness`` says that an article is the same as
    it; else None.
    """
    return ids.article_number(likeness.article_id) if likeness and likeness.same else None


def find_likeness(
    tx: Connection,
    article: Article,
    *,
    source: str,
    found_at: datetime,
    number: int = 0,
    item_text: str | None = None,
) -> SimilarArticle | None:
    """Return the stored article that ``article`` is the same as, or only resembles; None if there is none.

    ``number`` is the row number of ``article`` if it is stored already. ``item_text`` is the key of the text
    that the source itself gave for the article. It is needed because this is the only key of the text that
    the ledger has of an article which the first poll of its source recorded without reading it.
    """
    new = _build_traits(article, source, found_at)
    guid = fingerprint(article.guid) if _is_globally_unique(article.guid) else None
    signs = _find_candidates(tx, new, article, item_text)
    numbers = sorted(set().union(*signs.values()) - {number})
    found = tx.execute(_SELECT_ROWS, {"numbers": numbers}) if numbers else ()
    rows = [row for row in found if row.state == "ready" or _has_only_marks(row, source, item_text)]
    if not rows:
        return None
    own, recorded = _load_source_roots(tx, source, {_get_root(row) for row in rows}, number)
    # The stored articles that once had exactly the new article's text: before an edit, or in the source's
    # item, before newsbot read the page of the stored article.
    had = signs.get("once", set()) | signs.get("item", set())
    candidates = [_build_candidate(row, new, own, guid, had, recorded) for row in rows]
    verdict = judge(new, candidates, enough=ENOUGH)
    if verdict is None:
        return None
    row = next(row for row in rows if row.id == verdict.candidate.number)
    return _build_likeness(tx, row, same=verdict.what == "same")


def build_text_columns(article: Article) -> dict[str, Any]:
    """Return the values of an article's columns by which `find_likeness` compares texts."""
    words = split_words(article.text)
    return {"text_key": text_key(words), "sketch": sketch(words), "published_at": article.published_at}


def add_marks(tx: Connection, number: int, article: Article, *, now: datetime) -> None:
    """Store look-up keys of an article's text, headline and guid, by which it is found for 30 days.

    Some old keys are deleted. The keys of the article's earlier version stay, because another source may
    still publish that version.
    """
    row = tx.execute(select(*_COLUMNS).where(_ARTICLE.id == number)).one()
    marks = set(_compute_marks(article, row.source, row.sketch))
    if row.text_key:
        marks.add(mark("text", row.text_key))
    rows = [{"mark": each, "article_id": number} for each in sorted(marks)]
    insert_new(tx, tables.article_mark, rows, _MARK.mark)
    _delete_old_marks(tx, now)


def _delete_old_marks(tx: Connection, now: datetime) -> None:
    oldest = select(_MARK.article_id).order_by(_MARK.article_id).limit(1)
    for _ in range(_MARKS_DELETED_PER_ARTICLE):
        found = select(_ARTICLE.id, _ARTICLE.found_at).where(_ARTICLE.id == oldest.scalar_subquery())
        row = tx.execute(found).one_or_none()
        if row is None or row.found_at > now - _MARKED_FOR:
            return
        tx.execute(delete(tables.article_mark).where(_MARK.article_id == row.id))


def _find_candidates(
    tx: Connection, new: ArticleTraits, article: Article, item_text: str | None
) -> dict[str, set[int]]:
    """Return the row numbers of stored articles that share a sign with the new article, by the sign's name.

    A sign is for example the address or the title. For each sign only the newest few articles are returned,
    so that a long history costs no time.
    """
    title, guid = _compute_title_mark(article, new.source), _compute_guid_mark(article)
    marks = list_text_marks(new.sketch)
    values: dict[str, Any] = {f"m{n}": marks[n] if n < len(marks) else None for n in range(MARKS)}
    once = mark("text", new.text) if new.text else None
    values |= {"text": new.text, "item": item_text, "address": new.address}
    values |= {"title": title, "guid": guid, "once": once}
    found: dict[str, set[int]] = {}
    for sign, number in tx.execute(_SELECT_CANDIDATES, values):
        found.setdefault(sign, set()).add(number)
    return found


def _load_source_roots(
    tx: Connection, source: str, roots: set[int], number: int
) -> tuple[set[int], set[int]]:
    """Return two subsets of ``roots``: the articles that ``source`` has listed before, and the recorded ones.

    A duplicate of an article counts as the article here, also if it was listed under another guid.
    A recorded article was listed by the first poll of its source, so it was not posted.
    """
    values = {"roots": sorted(roots), "source": source, "number": number}
    rows = tx.execute(_SELECT_ROOTS, values).all()
    own = set(tx.execute(_SELECT_ROOTS_OF_SOURCE, values).scalars())
    own |= {row.id for row in rows if row.source == source and row.id != number}
    return own, {row.id for row in rows if row.state == "recorded"}


def _build_candidate(
    row: Row[Any], new: ArticleTraits, own: set[int], guid: str | None, had: set[int], recorded: set[int]
) -> Candidate:
    traits = ArticleTraits(
        source=row.source,
        address=row.url_key,
        title=tuple(split_words(row.title or "")),
        text=new.text if row.id in had else row.text_key,
        words=0,
        sketch=row.sketch,
        found_at=row.found_at,
        published_at=row.published_at,
    )
    return Candidate(
        row.id,
        _get_root(row),
        traits,
        own=_get_root(row) in own,
        same_guid=guid is not None and row.guid_key == guid and row.source != new.source,
        recorded=_get_root(row) in recorded,
    )


def _has_only_marks(row: Row[Any], source: str, item_text: str | None) -> bool:
    """Return whether ``row`` is an article with the new article's text that the first poll of ``source`` only
    recorded.

    ``item_text`` is the key of the new article's text. Of a recorded article, the ledger stores only the
    title, the address and the text's key.
    """
    remembered = row.state == "recorded" and row.source == source
    return remembered and item_text is not None and row.text_key == item_text


def _get_root(row: Row[Any]) -> int:
    return int(row.same_as or row.id)


def _build_likeness(tx: Connection, row: Row[Any], *, same: bool) -> SimilarArticle:
    """Build the `SimilarArticle` that describes the root article of the stored article in ``row``.

    ``same`` says that a new article is the same as the stored one, and not only similar. The result has the
    root's title and the time at which the root's last post was sent.
    """
    number = _get_root(row)
    root = tx.execute(select(*_COLUMNS).where(_ARTICLE.id == number)).one()
    last = select(func.max(_POST.sent_at, type_=_POST.sent_at.type)).where(root_column == number)
    out_at, title, recorded = tx.execute(last).scalar(), root.title or row.title, root.state == "recorded"
    return SimilarArticle(ids.article_id(number), root.source, title, out_at, same=same, recorded=recorded)


def _build_traits(article: Article, source: str, found_at: datetime) -> ArticleTraits:
    words = split_words(article.text)
    return ArticleTraits(
        source=source,
        address=own_address_key(article.url),
        title=tuple(split_words(article.title or "")),
        text=text_key(words),
        words=count_words(words),
        sketch=sketch(words),
        found_at=found_at,
        published_at=article.published_at,
    )


def _is_globally_unique(guid: str) -> bool:
    return any(each in guid for each in _UNIQUE_GUID)


def _compute_marks(article: Article, source: str, sketched: str | None) -> list[int]:
    """Return an article's look-up keys: of its text, its headline and its guid.

    ``sketched`` is the text's sketch, a short form by which similar texts are found. Only a guid that is
    globally unique has a key.
    """
    others = (_compute_guid_mark(article), _compute_title_mark(article, source))
    return [*list_text_marks(sketched), *(each for each in others if each is not None)]


def _compute_guid_mark(article: Article) -> int | None:
    return mark("guid", article.guid) if _is_globally_unique(article.guid) else None


def _compute_title_mark(article: Article, source: str) -> int | None:
    title = split_words(article.title or "")
    return mark("title", source, *title) if len(title) >= _TITLE_WORDS else None
