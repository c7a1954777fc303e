"""Bytes into items: what a worker process runs. Parsers are given text only, never an address to fetch.

Vendors are imported inside the functions, for the service imports this module too, only to name them.
"""

import re
from dataclasses import dataclass

from newsbot.errors import ParseError
from newsbot.fetching.decoding import decode
from newsbot.model import Item
from newsbot.sources.json_feed import parse_json
from newsbot.sources.mapping import items_of

__all__ = ["Looked", "look"]

_HEAD = 8192
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_FEED = re.compile(rb"<(?:[\w-]+:)?(rss|feed|rdf|entry(?=\s[^<>]*atom))[\s>]", re.IGNORECASE)
_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]{0,40})")
_LONGEST_TTL = 60  # publishers leave it at a day or a week, and mean nothing by it


@dataclass(frozen=True, slots=True)
class Looked:
    """What the bytes hold. A feed: ``items``, newest first, and its ``ttl`` in minutes. A page: ``page``,
    the addresses of the feeds that it names, and its ``html`` where it is an article, not a list of them.
    """

    items: tuple[Item, ...] = ()
    ttl: int | None = None
    page: bool = False
    feeds: tuple[str, ...] = ()
    html: str | None = None


def look(data: bytes, url: str, charset: str | None = None) -> Looked:
    """``url`` is where the bytes came from, ``charset`` what HTTP said of them.

    Raises:
        ParseError: neither a feed nor a page; the message goes on from the address.
    """
    head = _COMMENT.sub(b"", data[:_HEAD].replace(b"\0", b""))  # without NUL, UTF-16 reads like ASCII
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _json(decode(data, charset), url)
    feed, page = _FEED.search(head), _PAGE.search(head)
    if feed and not (page and page.start() < feed.start()):
        return _feed(decode(data, charset), url, is_atom=feed[1].lower() in {b"feed", b"entry"})
    if page:
        return _page(data, url, charset)
    raise ParseError(_neither(data, head))


def _page(data: bytes, url: str, charset: str | None) -> Looked:
    from newsbot.sources.pages import feeds_of, is_article, tree_of  # noqa: PLC0415  lxml

    html = decode(data, charset)
    tree = tree_of(html)
    return Looked(page=True, feeds=feeds_of(tree, url), html=html if is_article(tree, url) else None)


def _neither(data: bytes, head: bytes) -> str:
    if not data.strip():
        return "it is empty: give the address of an RSS, Atom or JSON feed"
    root = _ROOT.search(head)
    what = f"an XML document <{root[1].decode('ascii')}>" if root else "neither XML nor JSON"
    return f"it is no feed but {what}: give the address of an RSS, Atom or JSON feed"


def _feed(text: str, url: str, *, is_atom: bool) -> Looked:
    from newsbot.sources.xml_feed import parse_xml  # noqa: PLC0415  heavy

    found = parse_xml(text)
    if not found.entries and not found.known:
        raise ParseError("it is broken beyond reading: ask its publisher to put it through a feed validator")
    items = items_of(found.entries, url, found.feed.get("language"), is_atom=is_atom)
    return Looked(items, _minutes(found.feed.get("ttl")))


def _json(text: str, url: str) -> Looked:
    feed, entries = parse_json(text)
    return Looked(items_of(entries, url, feed.get("language"), is_atom=False))


def _minutes(text: str | None) -> int | None:
    digits = (text or "").strip()[:9]
    return min(int(digits), _LONGEST_TTL) if digits.isascii() and digits.isdigit() else None
