"""Revision 0009: add look-up keys by which articles are found by normalized addresses and by their words.

A new index allows only one set of posts per article. Stored articles get look-up keys too, so that no old
article looks new after the upgrade: all articles get keys of addresses, the newest also keys of words. The
migration uses today's functions; a change of these functions needs a migration that computes the keys again.
"""

from datetime import datetime, timedelta
from json import loads
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsbot.identity.texts import list_text_marks, mark, sketch, split_words, text_key
from newsbot.ledger.migrations.operations import ID, create_index, read_rows
from newsbot.ledger.serialization import address_key, legacy_address_key

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0009"
down_revision = "0008"

# The migration reads the words of this many of the newest articles, which takes a minute or two.
_NEWEST = 100_000
_MARKED_FOR = int(timedelta(days=30).total_seconds() * 1_000_000)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_article = sa.table(
    "article",
    *(sa.column(name) for name in ("source", "url", "url_key", "title", "article", "text_key", "sketch")),
    sa.column("id", ID),
    sa.column("same_as", ID),
    sa.column("found_at", sa.BigInteger()),
    sa.column("published_at", sa.BigInteger()),
)
_mark = sa.table("article_mark", sa.column("mark", sa.BigInteger()), sa.column("article_id", ID))
_post = sa.table("post", *(sa.column(name) for name in ("id", "article_id", "root", "channel", "revision")))
_blocked = sa.table("blocked", *(sa.column(name) for name in ("url_key", "article_id", "by", "at")))


def upgrade() -> None:
    """Create the table `article_mark`, and add and fill columns of look-up keys and of roots (the earliest of
    several articles that are the same).
    """
    op.add_column("article", sa.Column("text_key", sa.String(32)))
    op.add_column("article", sa.Column("published_at", sa.BigInteger()))
    op.add_column("post", sa.Column("root", ID))
    op.create_table(
        "article_mark",
        sa.Column("mark", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), autoincrement=False, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.drop_index("uq_post_revision", table_name="post")
    op.drop_index("ix_article_same", table_name="article")
    op.drop_index("ix_article_url", table_name="article")
    tx = op.get_bind()
    _fill_blocked(tx)
    _fill_addresses(tx)
    _fill_words(tx)
    _fill_roots(tx)
    _number_posts(tx)
    _indices()


def _indices() -> None:
    create_index("ix_article_url", "article", "url_key", "id", where=sa.text("url_key IS NOT NULL"))
    create_index("ix_article_text", "article", "text_key", "id", where=sa.text("text_key IS NOT NULL"))
    create_index("ix_article_same", "article", "same_as", "source", where=sa.text("same_as IS NOT NULL"))
    create_index("ix_article_mark_article", "article_mark", "article_id")
    create_index("ix_post_article", "post", "article_id")
    whose = sa.text("coalesce(root, article_id)")
    create_index("uq_post_revision", "post", whose, "channel", "revision", unique=True)


def _fill_blocked(tx: sa.Connection) -> None:
    """Store the new look-up key of each blocked address (of an article that was removed from all channels).

    The key can only be computed if the ledger still has the address itself.
    """
    found = sa.select(_blocked, _article.c.url)
    found = found.join(_article, _article.c.url_key == _blocked.c.url_key).where(_article.c.url.is_not(None))
    known = set(tx.execute(sa.select(_blocked.c.url_key)).scalars())
    for row in tx.execute(found).all():
        key = address_key(row.url)
        if key not in known and legacy_address_key(row.url) == row.url_key:
            known.add(key)
            tx.execute(
                sa.insert(_blocked).values(url_key=key, article_id=row.article_id, by=row.by, at=row.at)
            )


def _fill_addresses(tx: sa.Connection) -> None:
    """Store the new look-up keys of the addresses of articles.

    An address that was deleted from the ledger, when its article was taken down, keeps its old key.
    """
    renamed = sa.update(_article).where(_article.c.id == sa.bindparam("number"))
    renamed = renamed.values(url_key=sa.bindparam("key"))
    found = sa.select(_article.c.id, _article.c.url, _article.c.url_key)
    for rows in read_rows(tx, found.where(_article.c.url.is_not(None)), _article.c.id):
        keys = [(row.id, address_key(row.url), row.url_key) for row in rows]
        if new := [{"number": number, "key": key} for number, key, old in keys if key != old]:
            tx.execute(renamed, new)


def _fill_words(tx: sa.Connection) -> None:
    last = tx.execute(sa.select(sa.func.max(_article.c.id), sa.func.max(_article.c.found_at))).one()
    if last[0] is None:
        return
    columns = (_article.c.id, _article.c.source, _article.c.article, _article.c.title, _article.c.found_at)
    which = _article.c.article.is_not(None) & (_article.c.id > last[0] - _NEWEST)
    known = (
        sa.update(_article)
        .where(_article.c.id == sa.bindparam("number"))
        .values(
            text_key=sa.bindparam("key"), sketch=sa.bindparam("runs"), published_at=sa.bindparam("published")
        )
    )
    for rows in read_rows(tx, sa.select(*columns).where(which), _article.c.id):
        values, marks = [], list[dict[str, int]]()
        for row in rows:
            one, found = _words(row)
            values.append(one)
            if row.found_at > last[1] - _MARKED_FOR:
                marks += [{"mark": each, "article_id": row.id} for each in sorted(found)]
        tx.execute(known, values)
        if marks:
            tx.execute(sa.insert(_mark), marks)


def _words(row: Any) -> tuple[dict[str, Any], set[int]]:
    article = loads(row.article)
    redacted = article["text"].startswith("redacted ")
    words = [] if redacted else split_words(article["text"])
    runs, title = sketch(words), split_words(row.title or "")
    marks = set(list_text_marks(runs))
    if (key := text_key(words)) is not None:
        marks.add(mark("text", key))
    if any(each in article["guid"] for each in ("://", "tag:", "urn:")):
        marks.add(mark("guid", article["guid"]))
    if len(title) >= 4:  # noqa: PLR2004  The look-up of titles uses the same number of words.
        marks.add(mark("title", row.source, *title))
    published = article.get("published_at")
    at = (datetime.fromisoformat(published) - _EPOCH) // timedelta(microseconds=1) if published else None
    return {"number": row.id, "key": key, "runs": runs, "published": at}, marks


def _fill_roots(tx: sa.Connection) -> None:
    """Store for each article that duplicates another, and for its posts, the root of its chain of duplicates.

    The root is the article at the chain's end, which duplicates no other article.
    """
    links = dict(
        tx.execute(sa.select(_article.c.id, _article.c.same_as).where(_article.c.same_as.is_not(None))).all()
    )
    column = _article.c
    for number, linked in links.items():
        root = _end(links, number)
        if root != linked:
            mine = sa.update(_article).where(column.id == number)
            tx.execute(mine.values(same_as=root if root != number else None))
    root_of = sa.select(column.same_as).where(column.id == _post.c.article_id).scalar_subquery()
    tx.execute(sa.update(_post).values(root=root_of))


def _end(links: dict[int, int], number: int) -> int:
    """Return the number of the last article in the chain of duplicates that begins with ``number``.

    ``links`` maps each article to the article that it duplicates. If the chain is a circle, which should not
    exist, return the lowest number in the circle.
    """
    seen = [number]
    while (following := links.get(seen[-1])) is not None:
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]


def _number_posts(tx: sa.Connection) -> None:
    """Number an article's posts on a channel again, from 1, if two of them have the same revision."""
    whose = sa.func.coalesce(_post.c.root, _post.c.article_id)
    twice = sa.select(whose.label("root"), _post.c.channel)
    twice = twice.group_by(whose, _post.c.channel, _post.c.revision).having(sa.func.count() > 1).distinct()
    for root, channel in tx.execute(twice).all():
        mine = sa.select(_post.c.id).where(whose == root, _post.c.channel == channel)
        for place, number in enumerate(tx.execute(mine.order_by(_post.c.id)).scalars().all(), 1):
            tx.execute(sa.update(_post).where(_post.c.id == number).values(revision=place))
