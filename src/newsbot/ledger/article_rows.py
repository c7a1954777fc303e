"""The rows of articles in the ledger: storing and finding the sources' items and later changes to them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from newsbot.ledger import schema as tables
from newsbot.ledger.same_article import (
    add_marks,
    build_text_columns,
)
from newsbot.ledger.serialization import (
    address_key,
    compute_version,
    decode_article,
    encode_article,
    encode_item,
    fingerprint,
    item_text_key,
)
from newsbot.ledger.statements import build_insert, insert_new
from newsbot.model import Article, Item
from newsbot.ports import PollResult

__all__ = [
    "build_article_columns",
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


def store_change(tx: Connection, number: int, what: str, item: Item | None, now: datetime) -> None:
    """Store a source's change of the article with the row ``number``, so that its posts can be updated later.

    The change replaces an earlier one of the article that was not processed yet. If that was a removal and
    the article is back, the change is stored as an edit.
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
        tx.execute(build_insert(tx, tables.change).values(article_id=number, **values))
        return
    if what == "back" and before in {"gone", "protected"}:
        values["what"] = "edited"
    elif what == "edited" and before == "back":
        values["what"] = "back"
    tx.execute(update(tables.change).where(tables.change.c.article_id == number).values(**values))


def follow_root(
    tx: Connection,
    number: int,
    root: int,
    item: Item,
    article: Article,
    *,
    now: datetime,
) -> None:
    """Store an edit of an article that its source delivers a second time, edited, under another guid.

    ``root`` is the row of the article under its first guid, which has the posts; ``number`` is the row under
    the second guid. A version from another source is no edit, so nothing is stored. The first article's URL
    is kept if the new URL is only another spelling of it.
    """
    own = select(
        _ARTICLE.source,
        _ARTICLE.state,
        _ARTICLE.article,
        _ARTICLE.url,
        _ARTICLE.url_key,
        _ARTICLE.redacted_at,
    )
    old, new = (tx.execute(own.where(_ARTICLE.id == each)).one() for each in (root, number))
    if old.source != new.source or old.state != "ready" or not old.article or old.redacted_at:
        return
    before = decode_article(old.article)
    if (before.title, before.text) == (article.title, article.text):
        return
    url = old.url if old.url_key == new.url_key else item.url
    store_change(tx, root, "edited", replace(item, guid=before.guid, url=url), now)


def follow_edit(tx: Connection, row: Row[Any], what: str, item: Item, now: datetime) -> None:
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


def has_other_name(tx: Connection, row: Row[Any]) -> bool:
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


_ARTICLE = tables.article.c
_ROWS_PER_STATEMENT = 500


# The query joins the articles with the wanted pairs of a source and a guid's fingerprint. Two separate lists
# would also match one pair's source with another pair's fingerprint.
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
        insert_new(tx, tables.article, rows[start : start + _ROWS_PER_STATEMENT], tables.article.c.id)


def find_known_articles(tx: Connection, keys: Sequence[tuple[str, str]]) -> dict[str, dict[str, Row[Any]]]:
    """Return the stored rows of articles, by the source's name and then by the guid's fingerprint.

    ``keys`` are the wanted pairs of a source's name and a guid's fingerprint.
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


def build_article_columns(article: Article) -> dict[str, Any]:
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
    tx.execute(
        update(tables.article).where(tables.article.c.id == number).values(**build_article_columns(article))
    )
    add_marks(tx, number, article, now=now)
