"""Bytes into items: what a worker process runs. Parsers are given bytes only, never an address to fetch.

fastfeedparser reads what is well-formed, feedparser the rest and what the first reads wrong (RDF, xml:base,
XHTML inside the feed, entities of the feed's own). Vendors are imported inside the functions, for the service
imports this module too, only to name them.
"""

import re
from dataclasses import dataclass
from typing import Any

from newsbot.errors import ParseError
from newsbot.fetching.decoding import decode
from newsbot.model import Item
from newsbot.sources.mapping import items_of

__all__ = ["Looked", "look"]

_HEAD = 8192
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_FEED = re.compile(rb"<(?:[\w-]+:)?(rss|feed|rdf)[\s>]", re.IGNORECASE)
_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]|<(?:head|body)[\s>]", re.IGNORECASE)
_ROOT = re.compile(rb"<([A-Za-z][\w:.-]{0,40})")
_FOR_FEEDPARSER = (b"xml:base", b"xhtml", b"<!entity")
_YEAR = re.compile(r"\d{4}")
_DATES = {"pubdate", "date", "published", "updated", "issued", "modified", "created"}
_LANGUAGES = (
    "channel/language",
    "channel/{http://purl.org/dc/elements/1.1/}language",
)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
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
        return _json(data, url)
    feed, page = _FEED.search(head), _PAGE.search(head)
    if feed and not (page and page.start() < feed.start()):
        return _feed(data, url, charset, feed[1].decode("ascii").lower())
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


def _feed(data: bytes, url: str, charset: str | None, name: str) -> Looked:
    lowered = data.lower()
    is_atom, odd = name == "feed", name == "rdf" or any(word in lowered for word in _FOR_FEEDPARSER)
    root = None if odd else _well_formed(data, charset)
    if root is None or not all(map(_dated, root.iter("item"))):
        return _tolerant(data, url, charset, is_atom=is_atom)
    import fastfeedparser  # noqa: PLC0415  heavy

    try:
        entries = fastfeedparser.parse(data).entries
    except ValueError:  # its own idea of what a feed looks like
        return _tolerant(data, url, charset, is_atom=is_atom)
    language = next((found for path in _LANGUAGES if (found := root.findtext(path))), root.get(_XML_LANG))
    return Looked(items_of(entries, url, language, is_atom=is_atom), _minutes(root.findtext("channel/ttl")))


def _dated(item: Any) -> bool:
    """Has it a date? Without one fastfeedparser takes its guid for it: 2024 becomes a day in 2024."""
    return any(
        isinstance(child.tag, str)  # a comment's is a function
        and child.tag.rpartition("}")[2].lower() in _DATES
        and _YEAR.search(child.text or "")
        for child in item
    )


def _well_formed(data: bytes, charset: str | None) -> Any:
    """The root; None where lxml finds a fault, or where only HTTP tells the encoding."""
    from lxml import etree  # noqa: PLC0415  heavy

    declared = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"encoding" in data[:200]
    if charset and charset.lower() not in {"utf-8", "utf8"} and not declared:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        return None


def _tolerant(data: bytes, url: str, charset: str | None, *, is_atom: bool) -> Looked:
    import feedparser  # noqa: PLC0415  heavy

    kind = f"application/xml; charset={charset}" if charset else "application/xml"
    found = feedparser.parse(
        data,
        sanitize_html=False,  # cleaning is the reader's, the same for all sources
        resolve_relative_uris=False,
        response_headers={"content-type": kind},
    )
    if not found.entries and not found.version:
        raise ParseError("it is broken beyond reading: ask its publisher to put it through a feed validator")
    items = items_of(map(dict, found.entries), url, found.feed.get("language"), is_atom=is_atom)
    return Looked(items, _minutes(found.feed.get("ttl")))


def _json(data: bytes, url: str) -> Looked:
    import fastfeedparser  # noqa: PLC0415  heavy

    try:
        found = fastfeedparser.parse(data)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ParseError("it is JSON, but no JSON Feed: give the address of a feed") from error
    return Looked(items_of(found.entries, url, found.feed.get("language"), is_atom=False))


def _minutes(text: str | None) -> int | None:
    digits = (text or "").strip()[:9]
    return min(int(digits), _LONGEST_TTL) if digits.isascii() and digits.isdigit() else None
