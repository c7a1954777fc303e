"""Blocks of articles that were taken down: newsbot posts nothing of these articles any more.

An article is blocked by its address, by its guid in the source, and by its root article (the earlier article
that it duplicates).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.serialization import address_key, fingerprint, legacy_address_key
from newsbot.ledger.statements import ensure_row
from newsbot.model import Article
from newsbot.ports import TakedownBlock
from newsbot.reasons import Reason, UsageCode

__all__ = [
    "block",
    "describe_block",
    "find_block",
    "find_blocked",
    "find_same_articles",
]

_ARTICLE = tables.article.c


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


def block(tx: Connection, numbers: Collection[int], article: int, *, by: str, now: datetime) -> None:
    """Block the articles with these row ``numbers``, so that nothing of them is posted any more.

    ``article`` is the row number of the article that was taken down.
    """
    rows = tx.execute(select(tables.article).where(_ARTICLE.id.in_(numbers))).all()
    for key in sorted({key for row in rows for key in _list_block_keys(row)}):
        ensure_row(tx, tables.blocked, url_key=key, article_id=article, by=by, at=now)


def find_block(
    tx: Connection, number: int | None, *, url: str | None = None, article: Article | None = None
) -> TakedownBlock | None:
    """Return the block of a stored article, of an address, or of an article that is about to be stored.

    Returns None if none of these is blocked.
    """
    keys = {
        key(each)
        for each in (url, article.url if article else None)
        if each
        for key in (address_key, legacy_address_key)
    }
    if number is not None:
        keys |= _load_block_keys(tx, [number]).get(number, set())
    column = tables.blocked.c
    row = tx.execute(select(tables.blocked).where(column.url_key.in_(keys)).limit(1)).one_or_none()
    return TakedownBlock(ids.article_id(row.article_id), row.by, row.at) if row else None


def find_blocked(tx: Connection, numbers: Collection[int]) -> set[int]:
    """Return those of the row ``numbers`` whose articles are blocked by a takedown.

    The number of SQL statements does not grow with the number of articles.
    """
    keys, column = _load_block_keys(tx, numbers), tables.blocked.c.url_key
    every = {key for own in keys.values() for key in own}
    blocked = set(tx.execute(select(column).where(column.in_(every))).scalars())
    return {number for number, own in keys.items() if own & blocked}


def describe_block(found: TakedownBlock) -> Reason:
    """Return the reason that tells a person why the article, which was taken down, can't be posted."""
    return UsageCode.TAKEDOWN_BLOCK(id=found.article_id, by=found.by, date=f"{found.at:%Y-%m-%d}")


def _load_block_keys(tx: Connection, numbers: Collection[int]) -> dict[int, set[str]]:
    """Return the keys by which each article, or the root article that it duplicates, may be blocked.

    The result maps the articles' row numbers to the sets of keys.
    """
    columns = (_ARTICLE.id, _ARTICLE.source, _ARTICLE.guid_key, _ARTICLE.url_key, _ARTICLE.same_as)
    rows = tx.execute(select(*columns).where(_ARTICLE.id.in_(numbers))).all()
    twins = {row.same_as for row in rows if row.same_as}
    others = tx.execute(select(*columns).where(_ARTICLE.id.in_(twins))).all() if twins else []
    every: list[Row[Any]] = [*others, *rows]  # type: ignore[list-item]  # Rows with named columns are rows too.
    own = {row.id: set(_list_block_keys(row)) for row in every}
    return {row.id: own[row.id] | own.get(row.same_as, set()) for row in rows}


def _list_block_keys(row: Row[Any]) -> Iterable[str]:
    """Yield the keys by which the article in ``row`` may be blocked: of its address, and of its guid.

    The guid is needed because addresses change, and because articles from files have no address.
    """
    if row.url_key:
        yield row.url_key
    yield fingerprint(f"{row.source}\n{row.guid_key}")
