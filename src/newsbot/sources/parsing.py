"""Parsing of bytes into items, in a worker process. Parsers get text only, never an address to fetch.

Libraries are imported inside the functions, as the service also imports this module, only for the names.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from newsbot.errors import ParseError
from newsbot.fetching.decoding import decode, remove_comments
from newsbot.model import Item
from newsbot.sources.item_mapping import FeedContext, map_entries
from newsbot.sources.json_feed import parse_json

__all__ = ["ParsedAnswer", "parse_bytes"]

_HEAD = 8192  # characters, without comments, in which a document's type must appear
_FRONT = 262_144  # the same with comments: caches write long ones in front
_FEED = re.compile(r"<(?:[\w-]+:)?(rss|feed|rdf|entry(?=\s[^<>]*atom))[\s>]", re.IGNORECASE)
_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z][\w:.-]{0,40})")
_LEADING = re.compile(r"(?:[\s\ufeff\0]|<!--(?s:.*?)-->)*+")
_LONGEST_TTL = 60  # minutes; many publishers leave ttl at a day or a week without meaning it


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """The content of a response, a feed or a page.

    A feed has ``items``, newest first, and its ``ttl`` in minutes. A page has ``page`` set, the addresses of
    the feeds that it names, and its ``html`` if it is an article and not a list of articles.
    """

    items: tuple[Item, ...] = ()
    ttl: int | None = None
    page: bool = False
    feeds: tuple[str, ...] = ()
    html: str | None = None


def parse_bytes(
    data: bytes,
    url: str,
    charset: str | None = None,
    zone: tzinfo | None = None,
    now: datetime | None = None,
) -> ParsedAnswer:
    """Parse bytes as a feed or a page.

    ``url`` is where the bytes came from, ``charset`` the encoding from the HTTP header. ``zone`` and ``now``
    are as in `FeedContext`.

    Raises:
        ParseError: They are neither a feed nor a page. The message is to be written after the address.
    """
    text = decode(data, charset)
    text = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]  # It always matches.
    head = remove_comments(text[:_FRONT])[:_HEAD]
    context = FeedContext(url, zone=zone, now=now)
    if head.startswith("{"):
        return _parse_json_feed(text, context)
    feed, page = _FEED.search(head), _PAGE.search(head)
    if feed and not (page and page.start() < feed.start()):
        is_atom = feed[1].lower() in {"feed", "entry"}
        return _parse_feed(text, replace(context, is_atom=is_atom))
    if page:
        return _parse_page(text, url)
    raise ParseError(_describe_unknown(head))


def _parse_page(html: str, url: str) -> ParsedAnswer:
    from newsbot.sources.feed_links import find_feeds, is_article, parse_tree  # noqa: PLC0415  lxml

    tree = parse_tree(html)
    return ParsedAnswer(page=True, feeds=find_feeds(tree, url), html=html if is_article(tree, url) else None)


def _describe_unknown(head: str) -> str:
    if not head:
        return "it is empty: give the address of an RSS, Atom or JSON feed"
    root = _ROOT.search(head)
    what = f"an XML document <{root[1]}>" if root else "neither XML nor JSON"
    return f"it is no feed but {what}: give the address of an RSS, Atom or JSON feed"


def _parse_feed(text: str, context: FeedContext) -> ParsedAnswer:
    from newsbot.sources.feed_formats import parse_xml  # noqa: PLC0415  Its import is slow.

    found = parse_xml(text)
    if not found.entries and not found.known:
        raise ParseError("it is broken beyond reading: ask its publisher to put it through a feed validator")
    items = map_entries(found.entries, replace(context, language=found.feed.get("language")))
    return ParsedAnswer(items, _parse_minutes(found.feed.get("ttl")))


def _parse_json_feed(text: str, context: FeedContext) -> ParsedAnswer:
    feed, entries = parse_json(text)
    return ParsedAnswer(map_entries(entries, replace(context, language=feed.get("language"))))


def _parse_minutes(text: str | None) -> int | None:
    digits = (text or "").strip()[:9]
    return min(int(digits), _LONGEST_TTL) if digits.isascii() and digits.isdigit() else None
