"""What happened to a post: its calls, its sentences, and whose a message is."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from newsbot.ledger import ids
from newsbot.ledger import schema as tables
from newsbot.ledger.base import Store
from newsbot.ledger.rows import select_posts, to_posts
from newsbot.model import Attempt, Post

__all__ = ["Stories"]


class Stories(Store):
    """The Ledger port's part for whoever asks why."""

    def calls(self, post_id: str) -> list[Attempt]:
        column = tables.attempt.c
        made = select(column.part, column.started_at, column.ended_at, column.outcome)
        made = made.where(column.post_id == ids.post_number(post_id)).order_by(column.id)
        with self._database.read() as tx:
            return [Attempt(*row) for row in tx.execute(made)]

    def sentences(self, post_id: str) -> list[tuple[str, str]]:
        column = tables.post.c
        shown = select(column.summary).where(column.id == ids.post_number(post_id))
        with self._database.read() as tx:
            return [(text, source) for text, source in tx.execute(shown).scalar() or ()]

    def sent_since(self, channels: Collection[str], *, since: datetime) -> list[Post]:
        column = tables.post.c
        found = select_posts().where(column.channel.in_(channels), column.sent_at.is_not(None))
        found = found.where(column.sent_at >= since).order_by(column.sent_at, column.id)
        with self._database.read() as tx:
            return to_posts(tx, tx.execute(found))

    def with_remote_id(self, remote_ids: Sequence[str]) -> list[Post]:
        receipt, post = tables.receipt.c, tables.post.c
        known = select(receipt.post_id).where(receipt.remote_id.in_(remote_ids))
        with self._database.read() as tx:
            found = select_posts().where(post.id.in_(known)).order_by(post.id.desc())
            return to_posts(tx, tx.execute(found))
