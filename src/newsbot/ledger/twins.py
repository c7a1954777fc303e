"""What a source's latest posts show, by which a redesign of its site is noticed."""

from sqlalchemy import select

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ports import Shown

__all__ = ["Twins"]

_LATEST = 200  # articles of a source, among which those with a post are looked for


class Twins(Store):
    """The Ledger port's part for what was shown lately."""

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
