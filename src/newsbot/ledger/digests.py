"""The ledger's store for digests and repeats, which newsbot makes from the posts sent on a channel.

A digest is a post that lists several articles; a repeat posts an article a second time.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, func, insert, or_, select, type_coerce

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.articles import insert_article
from newsbot.ledger.post_creation import add_posts, list_posts_of
from newsbot.ledger.restored_posts import window
from newsbot.ledger.serialization import decode_article, encode_article, fingerprint
from newsbot.ledger.store import LedgerStore
from newsbot.ledger.takedowns import find_blocked
from newsbot.model import Article, Post
from newsbot.ports import NewPost, SentArticle
from newsbot.reasons import Reason

__all__ = ["DigestsStore"]

DIGEST = "digest"
_ARTICLE, _POST = tables.article.c, tables.post.c
# An article with an evergreen tag is repeated only if its last post was sent at most this long ago.
_MAX_AGE = timedelta(days=730)


class DigestsStore(LedgerStore):
    """The ledger's store for the posts that newsbot makes by itself: digests (lists of several articles) and
    repeats.
    """

    def list_sent_articles(self, channel: str, since: datetime, until: datetime) -> list[SentArticle]:
        """Return the articles whose post on a channel was sent after ``since`` and up to ``until``.

        The article that was sent last comes first. Repeats and corrections of posts, and lists of articles
        (digests), don't count.
        """
        span = (_POST.sent_at > since, _POST.sent_at <= until, _POST.role == "post")
        found, at = _select_last_out(channel, *span)
        with self._database.read() as tx:
            return _build_sent_articles(tx, tx.execute(found.order_by(at.desc(), _ARTICLE.id)))

    def has_digest(self, guid: str) -> bool:
        """Return whether a digest (list of articles) with this guid is stored, even one that lists no
        article.
        """
        there = select(_ARTICLE.id).where(_ARTICLE.source == DIGEST, _ARTICLE.guid_key == fingerprint(guid))
        return self._fetch_first(there) is not None

    def add_digest(
        self,
        digest: Article,
        members: Collection[str],
        posts: Sequence[NewPost],
        *,
        now: datetime,
        note: Reason | None,
    ) -> list[Post]:
        """Store a digest as an article of the source "digest", and queue its posts.

        ``members`` are the ids of the articles that the digest lists. ``note`` says why the digest has no
        posts. Returns the queued posts; no posts if a digest with that guid is stored already.

        Raises:
            SlotTaken: another post has taken the time slot of one of the posts.
        """
        with self._database.write() as tx:
            values = {"title": digest.title, "article": encode_article(digest), "note": note}
            number = insert_article(tx, source=DIGEST, guid=digest.guid, now=now, **values)
            if number is None:
                return []
            rows = [{"digest_id": number, "article_id": ids.article_number(one)} for one in members]
            if rows:
                tx.execute(insert(tables.gathered), rows)
            return add_posts(tx, number, posts, now=now)

    def list_repeatable_articles(
        self, channel: str, tags: Collection[str], *, before: datetime, limit: int
    ) -> list[SentArticle]:
        """Return the articles with one of ``tags`` that newsbot may post on the channel again.

        An article is returned if it was last sent there before ``before``, at most two years earlier, and has
        no waiting post there. The article that was sent the longest ago comes first. Articles that are gone
        at their source are left out.
        """
        found, at = _select_last_out(channel, _POST.sent_at >= before - _MAX_AGE, _POST.role != DIGEST)
        stored = func.lower(type_coerce(_ARTICLE.article, Text))
        tagged = or_(*(stored.contains(json.dumps(tag).lower(), autoescape=True) for tag in tags))
        with self._database.read() as tx:
            gone = window(tx)
        if gone and gone.until > before:
            # A ledger that was restored from a backup does not know which articles were repeated shortly
            # before the restore, so no article is returned if ``before`` is earlier than the restore.
            return []
        found = found.where(tagged, at <= before, _ARTICLE.gone_at.is_(None)).order_by(at, _ARTICLE.id)
        waits = select(_POST.article_id).where(tables.WAITS, _POST.channel == channel)
        with self._database.read() as tx:
            outs = _build_sent_articles(tx, tx.execute(found.where(_ARTICLE.id.not_in(waits))))
        wanted = {tag.casefold() for tag in tags}
        return [one for one in outs if wanted & {tag.casefold() for tag in one.article.tags}][:limit]

    def list_digests(self, article_ids: Sequence[str]) -> list[Post]:
        """Return the posts of those digests that list at least one of the articles ``article_ids``."""
        column = tables.gathered.c
        numbers = [ids.article_number(each) for each in article_ids]
        made = select(column.digest_id).where(column.article_id.in_(numbers)).distinct()
        with self._database.read() as tx:
            return [post for each in tx.execute(made).scalars() for post in list_posts_of(tx, each)]

    def list_digest_articles(self, digest_id: str) -> list[str]:
        """Return the ids of the articles that a digest lists, in the order of their row numbers."""
        column, number = tables.gathered.c, ids.article_number(digest_id)
        members = select(column.article_id).where(column.digest_id == number).order_by(column.article_id)
        return [ids.article_id(row.article_id) for row in self._fetch(members)]


def _select_last_out(
    channel: str, *which: ColumnElement[bool]
) -> tuple[Select[Any], ColumnElement[datetime]]:
    """Build the query for articles with sent posts on a channel, and its column of the last sending times.

    The column has the time at which the last of an article's posts on the channel was sent.
    """
    last = select(_POST.article_id, func.max(_POST.sent_at, type_=_POST.sent_at.type).label("at"))
    last = last.where(_POST.channel == channel, _POST.sent_at.is_not(None), _POST.state == "sent", *which)
    each = last.group_by(_POST.article_id).subquery()
    column = _ARTICLE
    found = select(column.id, column.article, each.c.at).join(each, each.c.article_id == column.id)
    return found.where(column.article.is_not(None), column.redacted_at.is_(None)), each.c.at


def _build_sent_articles(tx: Connection, rows: Iterable[Row[Any]]) -> list[SentArticle]:
    """Build `SentArticle` values from rows of articles; leave out articles that a person has had removed from
    all channels.
    """
    found = list(rows)
    blocked = find_blocked(tx, [row.id for row in found])
    return [
        SentArticle(ids.article_id(row.id), decode_article(row.article), row.at)
        for row in found
        if row.id not in blocked
    ]
