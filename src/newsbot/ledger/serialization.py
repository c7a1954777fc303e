"""The model's objects as JSON and as rows, and back."""

import re
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from hashlib import blake2b
from html import unescape
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from newsbot.errors import UsageError
from newsbot.identity.addresses import is_front_page, normalize_address
from newsbot.identity.texts import ENOUGH, count_words, split_words, text_key
from newsbot.ledger import ids
from newsbot.ledger.bulk_statements import among
from newsbot.ledger.schema import article, post, receipt
from newsbot.model import Article, Draft, Failure, Image, Item, Part, Post, PostState, Receipt, Warning_

__all__ = [
    "address_key",
    "article_from",
    "article_json",
    "failure_from",
    "fingerprint",
    "item_from",
    "item_json",
    "item_text_key",
    "legacy_address_key",
    "locked",
    "one",
    "own_address_key",
    "part_from",
    "part_json",
    "select_posts",
    "summary_json",
    "to_posts",
    "version_of",
    "warning_from",
]

_TIMES = ("published_at", "updated_at", "embargo_until")
_ITEM = tuple(each.name for each in fields(Item))
_TAG = re.compile(r"<[^<>]*>")
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def fingerprint(text: str) -> str:
    """128 bits of a guid or URL: indexable at any length and whatever characters a feed puts in it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def address_key(url: str) -> str:
    """Return the fingerprint of an address, the same for all addresses of one article."""
    return fingerprint(normalize_address(url))


def own_address_key(url: str | None) -> str | None:
    """Return `address_key` where the address is an article's own, and not only its site's."""
    return address_key(url) if url and not is_front_page(url) else None


def legacy_address_key(url: str) -> str:
    """Return what `address_key` was before schema 0009, by which old blocks are known."""
    return fingerprint(_SCHEME.sub("", url, count=1).rstrip("/"))


def item_text_key(item: Item) -> str | None:
    """Return the key of an item's words as its source gave them; None where these are too few to tell."""
    words = split_words(unescape(_TAG.sub(" ", item.html or item.text or item.summary or "")))
    return text_key(words) if count_words(words) >= ENOUGH else None


def version_of(item: Item) -> str | None:
    """Return another one whenever its posts may read differently; None where only the guid is known.

    Its summary counts beside its text, as a post begins with it. Markup, times and a picture's parameters
    change with every answer of some sites: they don't count.
    """
    body = item.html or item.text or item.summary
    if not (body or item.title):
        return None
    words = _TAG.sub(" ", f"{item.title}\n{item.summary or ''}\n{body}").split()
    image = (item.image.url.partition("?")[0], item.image.alt) if item.image else None
    embargo = (item.embargo_until.timestamp(),) if item.embargo_until else ()
    return fingerprint(repr((words, item.url, image, sorted(item.tags), *embargo)))


def item_json(item: Item) -> dict[str, Any]:
    """What `item_from` reads."""
    data = {name: getattr(item, name) for name in _ITEM}  # `asdict` would copy each value deeply
    return _plain(data | {"image": asdict(item.image) if item.image else None})


def item_from(data: dict[str, Any]) -> Item:
    """An Item as it was stored."""
    return Item(**_noun(data))


def article_json(article: Article) -> dict[str, Any]:
    """What `article_from` reads."""
    return _plain(asdict(article))


def article_from(data: dict[str, Any]) -> Article:
    """An Article as it was stored; older versions of newsbot did not store all of it."""
    live, warnings = tuple(data.get("live", ())), tuple(map(warning_from, data.get("warnings", ())))
    return Article(**_noun(data) | {"live": live, "warnings": warnings})


def part_json(part: Part) -> dict[str, Any]:
    """What `part_from` reads."""
    return asdict(part)


def part_from(data: dict[str, Any]) -> Part:
    """A Part as it was stored."""
    return Part(**{**data, "media": tuple(Image(**image) for image in data["media"])})


def summary_json(draft: Draft) -> list[list[str]]:
    """The sentences that a draft shows, each with what it rests on."""
    return [[sentence.text, sentence.source] for sentence in draft.summary]


def warning_from(data: list[str]) -> Warning_:
    """A Warning_ as it was stored."""
    return Warning_(*data)


def failure_from(data: list[str] | None) -> Failure | None:
    """A Failure as it was stored; None for none."""
    return Failure(*data) if data else None


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    times = {name: data[name].isoformat() for name in _TIMES if data[name] is not None}
    return {**data, **times}


def _noun(data: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(data[name]) for name in _TIMES if data.get(name) is not None}
    image = Image(**data["image"]) if data["image"] else None
    names = {key: tuple(data.get(key, ())) for key in ("tags", "categories")}
    return {**data, **times, "image": image, **names}


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
