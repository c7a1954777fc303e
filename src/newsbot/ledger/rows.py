"""Posts read from their rows."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from newsbot.errors import UsageError
from newsbot.ledger import ids
from newsbot.ledger.among import among
from newsbot.ledger.codec import failure_from, part_from, warning_from
from newsbot.ledger.schema import article, post, receipt
from newsbot.model import Post, PostState, Receipt

__all__ = ["locked", "one", "select_posts", "to_posts"]

_AT_ONCE = 500  # ids per IN list
_RECEIPTS = (
    select(receipt)
    .where(among(receipt.c.post_id, "numbers"))
    .order_by(receipt.c.post_id, receipt.c.part)  # as their key has them, so that nothing is sorted
)
_STATES = {str(state): state for state in PostState}
_OWN = tuple(column for column in post.c if column.name != "summary")  # only its story asks for that


def select_posts() -> Select[Any]:
    """What `to_posts` needs."""
    return select(*_OWN, article.c.title, article.c.url).join(article, article.c.id == post.c.article_id)


def to_posts(tx: Connection, rows: Iterable[Row[Any]]) -> list[Post]:
    """With their receipts, in the order of ``rows``."""
    found = list(rows)
    receipts = _receipts(tx, [row.id for row in found if row.attempts])  # what was never tried has none
    return [_post(row, tuple(receipts.get(row.id, ()))) for row in found]


def one(tx: Connection, number: int) -> Post:
    """The post of that number, which is there."""
    return to_posts(tx, tx.execute(select_posts().where(post.c.id == number)))[0]


def locked(tx: Connection, post_id: str) -> Post:
    """The post, which nobody else moves until the end of the transaction.

    Raises:
        UsageError: there is none.
    """
    number = ids.post_number(post_id)
    found = select_posts().where(post.c.id == number).with_for_update(of=post)
    posts = to_posts(tx, tx.execute(found))
    if not posts:
        raise UsageError(f"there is no post {post_id!r}: `newsbot posts` lists them")
    return posts[0]


def _receipts(tx: Connection, numbers: list[int]) -> dict[int, list[Receipt]]:
    receipts: dict[int, list[Receipt]] = {}
    for some in _batches(numbers):
        for row in tx.execute(_RECEIPTS, {"numbers": some}):
            receipts.setdefault(row.post_id, []).append(Receipt(row.part, row.remote_id, row.url, row.note))
    return receipts


def _batches(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _post(row: Row[Any], receipts: tuple[Receipt, ...]) -> Post:
    has = row._asdict()  # as a row looks each name up for longer than the rest of this takes
    return Post(
        id=ids.post_id(has["id"]),
        article_id=ids.article_id(has["article_id"]),
        article_title=has["title"],
        article_url=has["url"],
        channel=has["channel"],
        kind=has["kind"],
        revision=has["revision"],
        state=_STATES[has["state"]],
        parts=tuple(part_from(part) for part in has["parts"]),
        due_at=has["due_at"],
        expires_at=has["expires_at"],
        created_at=has["created_at"],
        approval=has["approval"],
        held_for=has["held_for"],
        reason=has["reason"],
        cost_usd=has["cost_usd"],
        sent_at=has["sent_at"],
        attempts=has["attempts"],
        receipts=receipts,
        error=failure_from(has["error"]),
        warnings=tuple(warning_from(warning) for warning in has["warnings"]),
        role=has["role"],
        language=has["language"],
        set_at=has["set_at"],
        slot_at=has["slot_at"],
        embargo_until=has["embargo_until"],
        breaking=has["breaking"],
        silent=has["silent"],
        edited_by=has["edited_by"],
        approved=has["approved"],
        answers=ids.post_id(has["answers"]) if has["answers"] is not None else None,
        template=has["template"],
        asked_at=has["asked_at"],
        target=has["target"],
    )
