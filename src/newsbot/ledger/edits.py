"""Edits on their way: stored as changes that wait, on the article whose posts are to follow."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from newsbot.ledger import schema as tables
from newsbot.ledger.codec import article_from, item_json
from newsbot.ledger.database import Database
from newsbot.model import Article, Item

__all__ = ["follow_edit", "follow_root", "put_change", "stays_under_another_name"]


def put_change(
    database: Database, tx: Connection, number: int, what: str, item: Item | None, now: datetime
) -> None:
    """Let a change of an article wait to be followed.

    The latest change stands for those before it; one that was never reported is none.
    """
    values: dict[str, Any] = {
        "what": what,
        "item": item_json(item) if item else None,
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
    """Let the root's posts follow, where its own source brings it under another name and edited.

    Another source's version of it is no edit. An address that only is another form of the root's is not new.
    """
    column = tables.article.c
    own = select(column.source, column.state, column.article, column.url, column.url_key, column.redacted_at)
    old, new = (tx.execute(own.where(column.id == each)).one() for each in (root, number))
    if old.source != new.source or old.state != "ready" or not old.article or old.redacted_at:
        return
    before = article_from(old.article)
    if (before.title, before.text) == (article.title, article.text):
        return
    url = old.url if old.url_key == new.url_key else item.url
    put_change(database, tx, root, "edited", replace(item, guid=before.guid, url=url), now)


def follow_edit(
    database: Database, tx: Connection, row: Row[Any], what: str, item: Item, now: datetime
) -> None:
    """What a source edits under a second name is an edit of its article, whose posts follow."""
    root = _own_root(tx, row) if what == "edited" else None
    if root is None or root.article is None:
        put_change(database, tx, row.id, what, item, now)
        return
    url = root.url if root.url_key == row.url_key else item.url
    put_change(database, tx, root.id, what, replace(item, guid=article_from(root.article).guid, url=url), now)


def _own_root(tx: Connection, row: Row[Any]) -> Any:
    """The article that this one is the same as, where it is of the same source and was read."""
    column = tables.article.c
    root = select(column.id, column.article, column.url, column.url_key)
    mine = root.where(column.id == row.same_as, column.source == row.source, column.state == "ready")
    return tx.execute(mine).one_or_none() if row.same_as else None


def stays_under_another_name(tx: Connection, row: Row[Any]) -> bool:
    """The source has the same article under another guid still: nothing is gone but a copy."""
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
