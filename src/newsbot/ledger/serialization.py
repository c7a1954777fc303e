"""Conversion of newsbot's values (articles, posts, drafts) to JSON and database rows, and back."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from hashlib import blake2b
from html import unescape
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, select

from newsbot.errors import UsageError
from newsbot.identity.addresses import is_front_page, normalize_address
from newsbot.identity.texts import ENOUGH, count_words, split_words, text_key
from newsbot.ledger import ids
from newsbot.ledger.dialects import in_list
from newsbot.ledger.schema import article, post, receipt
from newsbot.model import (
    Article,
    Draft,
    Image,
    Item,
    Part,
    Post,
    PostState,
    PostWarning,
    Receipt,
    Sentence,
    Summary,
)
from newsbot.reasons import UsageCode, from_json, to_json

__all__ = [
    "address_key",
    "build_from_row",
    "compute_version",
    "decode_article",
    "decode_item",
    "decode_part",
    "decode_summary_result",
    "decode_warning",
    "encode_article",
    "encode_draft",
    "encode_item",
    "encode_part",
    "encode_summary_result",
    "encode_warning",
    "find_post",
    "fingerprint",
    "get_post",
    "item_text_key",
    "legacy_address_key",
    "own_address_key",
    "select_posts",
    "to_posts",
]

T = TypeVar("T")

_TIME_FIELDS = ("published_at", "updated_at", "embargo_until")
_ITEM_FIELDS = tuple(each.name for each in fields(Item))
_TAG = re.compile(r"<[^<>]*>")
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def fingerprint(text: str) -> str:
    """Return a hash of 128 bits of a guid or URL in hexadecimal, as a short key for a text of any length."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def address_key(url: str) -> str:
    """Return the key by which the ledger finds an address; different spellings of one address have the same
    key.
    """
    return fingerprint(normalize_address(url))


def own_address_key(url: str | None) -> str | None:
    """Return the look-up key of an article's address; None if it is missing or is a site's front page."""
    return address_key(url) if url and not is_front_page(url) else None


def legacy_address_key(url: str) -> str:
    """Return the key that newsbot computed of an address before schema 0009; old blocks of removed articles
    have it.
    """
    return fingerprint(_SCHEME.sub("", url, count=1).rstrip("/"))


def item_text_key(item: Item) -> str | None:
    """Return the key of an item's text as its source gave it, by which articles with the same text are found.

    Returns None if the text is too short to identify an article.
    """
    words = split_words(unescape(_TAG.sub(" ", item.html or item.text or item.summary or "")))
    return text_key(words) if count_words(words) >= ENOUGH else None


def compute_version(item: Item) -> str | None:
    """Return a text that changes whenever the posts of the item's article may read differently.

    Returns None if only the item's guid is known. The summary counts besides the text, because a post begins
    with it. Markup, times and the parameters in a picture's address don't count: on some sites they
    change with every answer.
    """
    body = item.html or item.text or item.summary
    if not (body or item.title):
        return None
    words = _TAG.sub(" ", f"{item.title}\n{item.summary or ''}\n{body}").split()
    image = (item.image.url.partition("?")[0], item.image.alt) if item.image else None
    embargo = (item.embargo_until.timestamp(),) if item.embargo_until else ()
    return fingerprint(repr((words, item.url, image, sorted(item.tags), *embargo)))


def encode_item(item: Item) -> dict[str, Any]:
    """Encode an Item (an entry of a source) as JSON data for `decode_item`."""
    # `dataclasses.asdict` is not used here, because it copies every value deeply.
    data = {name: getattr(item, name) for name in _ITEM_FIELDS}
    return _to_json_values(data | {"image": asdict(item.image) if item.image else None})


def decode_item(data: dict[str, Any]) -> Item:
    """Decode the Item (an entry of a source) that `encode_item` encoded."""
    return Item(**_from_json_values(data))


def encode_article(article: Article) -> dict[str, Any]:
    """Encode an Article as JSON data for `decode_article`."""
    return _to_json_values(asdict(article) | {"warnings": list(map(encode_warning, article.warnings))})


def decode_article(data: dict[str, Any]) -> Article:
    """Decode the Article that `encode_article` encoded; older versions of newsbot stored fewer fields."""
    live, warnings = tuple(data.get("live", ())), tuple(map(decode_warning, data.get("warnings", ())))
    return Article(**_from_json_values(data) | {"live": live, "warnings": warnings})


def encode_part(part: Part) -> dict[str, Any]:
    """Encode a Part (one message of a post) as JSON data for `decode_part`."""
    data = asdict(part)
    # The key `redacted` is stored only for the few parts whose text was removed, to keep the stored posts
    # short.
    if not part.redacted:
        del data["redacted"]
    return data


def decode_part(data: dict[str, Any]) -> Part:
    """Decode the Part (one message of a post) that `encode_part` encoded."""
    return Part(**{**data, "media": tuple(Image(**image) for image in data["media"])})


def encode_draft(draft: Draft) -> dict[str, Any]:
    """Encode the parts, warnings, sentences and cost of a composed draft as values of the columns of its
    post.

    Each sentence is stored with the sentence of the article that it is based on.
    """
    return {
        "parts": [encode_part(part) for part in draft.parts],
        "warnings": list(map(encode_warning, draft.warnings)),
        "summary": [[sentence.text, sentence.source] for sentence in draft.summary],
        "cost_usd": draft.cost_usd,
    }


def encode_summary_result(summary: Summary) -> dict[str, Any]:
    """Encode a whole Summary as JSON data for `decode_summary_result`."""
    # `dataclasses.asdict` would copy the parameters of reasons into the JSON data as they are.
    plain = asdict(replace(summary, warnings=(), notes=()))
    warnings, notes = map(encode_warning, summary.warnings), map(to_json, summary.notes)
    return plain | {"warnings": list(warnings), "notes": list(notes)}


def decode_summary_result(data: dict[str, Any]) -> Summary:
    """Decode the Summary that `encode_summary_result` encoded."""
    stories = data["stories"]
    values = data | {
        "sentences": _decode_sentences(data["sentences"]),
        "stories": None if stories is None else tuple(map(_decode_sentences, stories)),
        "warnings": tuple(map(decode_warning, data["warnings"])),
        # A summary that an older version of newsbot stored has no notes.
        "notes": tuple(map(from_json, data.get("notes", ()))),
    }
    return Summary(**values)


def _decode_sentences(data: list[dict[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(Sentence(**each) for each in data)


def encode_warning(warning: PostWarning) -> list[Any]:
    """Encode a PostWarning (a warning for editors) as JSON data for `decode_warning`."""
    return [warning.code, to_json(warning.reason)]


def decode_warning(data: list[Any]) -> PostWarning:
    """Decode the PostWarning that `encode_warning` encoded.

    Older versions of newsbot stored a warning's reason as an English text, which is accepted too.
    """
    code, reason = data
    return PostWarning(code, from_json(reason))


def _to_json_values(data: dict[str, Any]) -> dict[str, Any]:
    times = {name: data[name].isoformat() for name in _TIME_FIELDS if data[name] is not None}
    return {**data, **times}


def _from_json_values(data: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(data[name]) for name in _TIME_FIELDS if data.get(name) is not None}
    image = Image(**data["image"]) if data["image"] else None
    names = {key: tuple(data.get(key, ())) for key in ("tags", "categories")}
    return {**data, **times, "image": image, **names}


# The number of posts whose receipts (the platform's confirmations) one query loads.
_IDS_PER_STATEMENT = 500
_SELECT_RECEIPTS = (
    select(receipt)
    .where(in_list(receipt.c.post_id, "numbers"))
    # The receipts (the platform's confirmations of messages) come in the order of their table's primary key,
    # so the database need not sort them.
    .order_by(receipt.c.post_id, receipt.c.part)
)
_STATES = {str(state): state for state in PostState}
# The column with the sentences that a post shows is not selected, because only a post's history needs it.
_POST_COLUMNS = tuple(column for column in post.c if column.name != "summary")


def select_posts() -> Select[Any]:
    """Build the SELECT of posts, with their articles' title and URL, which `to_posts` needs."""
    return select(*_POST_COLUMNS, article.c.title, article.c.url).join(
        article, article.c.id == post.c.article_id
    )


def to_posts(tx: Connection, rows: Iterable[Row[Any]]) -> list[Post]:
    """Build posts, with the platform's receipts (confirmations), from the rows of `select_posts`, in the
    order of ``rows``.
    """
    found = list(rows)
    # Receipts (the platform's confirmations) are loaded only for posts that newsbot has tried to send,
    # because other posts have none.
    receipts = _load_receipts(tx, [row.id for row in found if row.attempts])
    return [_build_post(row, tuple(receipts.get(row.id, ()))) for row in found]


def get_post(tx: Connection, number: int) -> Post:
    """Return the post with the row number ``number``, which must exist."""
    return to_posts(tx, tx.execute(select_posts().where(post.c.id == number)))[0]


def find_post(tx: Connection, post_id: str, *, lock: bool = False) -> Post:
    """Return the post with this id; if ``lock``, lock the post's row until the transaction ends.

    Raises:
        UsageError: there is no such post.
    """
    found = select_posts().where(post.c.id == ids.post_number(post_id))
    posts = to_posts(tx, tx.execute(found.with_for_update(of=post) if lock else found))
    if not posts:
        raise UsageError(UsageCode.NO_POST(ref=repr(post_id)))
    return posts[0]


def _load_receipts(tx: Connection, numbers: Sequence[int]) -> dict[int, list[Receipt]]:
    receipts: dict[int, list[Receipt]] = {}
    for start in range(0, len(numbers), _IDS_PER_STATEMENT):
        some = numbers[start : start + _IDS_PER_STATEMENT]
        for row in tx.execute(_SELECT_RECEIPTS, {"numbers": some}):
            receipts.setdefault(row.post_id, []).append(Receipt(row.part, row.remote_id, row.url, row.note))
    return receipts


def _build_post(row: Row[Any], receipts: tuple[Receipt, ...]) -> Post:
    return build_from_row(
        Post,
        row,
        id=ids.post_id(row.id),
        article_id=ids.article_id(row.article_id),
        article_title=row.title,
        article_url=row.url,
        state=_STATES[row.state],
        parts=tuple(map(decode_part, row.parts)),
        receipts=receipts,
        warnings=tuple(map(decode_warning, row.warnings)),
        answers=ids.post_id(row.answers) if row.answers is not None else None,
    )


def build_from_row(kind: type[T], row: Row[Any], **others: Any) -> T:
    """Build a dataclass of the type ``kind`` from a row.

    A field gets its value from ``others`` or else from the row's column of the same name.
    """
    row_kind: type[Any] = kind
    # A dictionary is made of the row, because looking up columns by name in the row itself takes longer.
    has = row._asdict()
    same = {each.name: has[each.name] for each in fields(row_kind) if each.name in has}
    return kind(**same | others)
