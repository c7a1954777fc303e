"""The same article from another source: by its guid, its address, or (as reading says) its text."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.codec import address_key, fingerprint
from newsbot.model import Article
from newsbot.ports import Likeness, Shown

__all__ = ["Twins", "find_twin", "one_at_a_time"]

_LATEST = 200  # articles of a source, among which those with a post are looked for
_MOST = 500  # articles whose texts are compared
_LOCK = 7_203_941  # of PostgreSQL's advisory locks: any number, the same in every version


class Twins(Store):
    """The Ledger port's part for articles that come from several sources."""

    def likenesses(self, article_id: str, *, since: datetime) -> list[Likeness]:
        number, column = ids.article_number(article_id), tables.article.c
        out = select(func.max(tables.post.c.sent_at, type_=tables.post.c.sent_at.type))
        out = out.where(tables.post.c.article_id == column.id).correlate(tables.article)
        given = (column.id, column.source, column.title, column.sketch, column.found_at)
        others = select(*given, out.scalar_subquery().label("out_at"))
        others = others.where(column.id != number, column.found_at >= since, column.state == "ready")
        with self._database.read() as tx:
            found = tx.execute(others.order_by(column.id.desc()).limit(_MOST)).all()
        return [
            Likeness(ids.article_id(row.id), row.source, row.title, row.sketch, row.found_at, row.out_at)
            for row in found
        ]

    def shown_lately(self, source: str, *, limit: int = 20) -> list[Shown]:
        column, post = tables.article.c, tables.post.c
        latest = select(column.id).where(tables.READY_ARTICLE, column.source == source)
        few = latest.order_by(column.id.desc()).limit(_LATEST).subquery()
        found = select(column.id, column.article).join(few, few.c.id == column.id)
        found = found.where(select(post.id).where(post.article_id == few.c.id).exists())
        summaries = select(post.article_id, post.summary)
        with self._database.read() as tx:
            rows = tx.execute(found.order_by(few.c.id.desc()).limit(limit)).all()
            shown: dict[int, set[str]] = {row.id: set() for row in rows}
            for number, summary in tx.execute(summaries.where(post.article_id.in_(list(shown)))):
                shown[number].update(text for text, _ in summary or ())
        return [
            Shown(ids.article_id(row.id), frozenset(shown[row.id]), len(row.article["text"])) for row in rows
        ]


def one_at_a_time(tx: Connection) -> None:
    """Until the end of the transaction no other takes an article in: two could not see each other's.

    SQLite lets one write at a time anyway.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def find_twin(tx: Connection, number: int, article: Article) -> int | None:
    """The earliest article of another source with the same address, or the same guid where that is global."""
    column = tables.article.c
    source = tx.execute(select(column.source).where(column.id == number)).scalar()
    same = [*_same_guid(tx, article.guid), *_same_address(article.url)]
    if not same:
        return None
    ready = and_(column.id != number, column.source != source, column.state == "ready")
    found = select(column.id, column.same_as).where(ready, or_(*same)).order_by(column.id).limit(1)
    row = tx.execute(found).one_or_none()
    return (row.same_as or row.id) if row else None


def _same_guid(tx: Connection, guid: str) -> list[ColumnElement[bool]]:
    """``1234`` is another article in each source. The index begins with the source, so all are named."""
    if not any(mark in guid for mark in ("://", "tag:", "urn:")):
        return []
    sources = list(tx.execute(select(tables.source.c.name)).scalars())
    column: Any = tables.article.c
    return [and_(column.source.in_(sources), column.guid_key == fingerprint(guid))]


def _same_address(url: str | None) -> list[ColumnElement[bool]]:
    return [tables.article.c.url_key == address_key(url)] if url else []
