"""The search for the feeds that a web page names, and for signs that the page is an article.

The functions run in a worker process.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from newsbot.fetching.addresses import make_web_address
from newsbot.imports import IMPORT_LOCK

__all__ = ["find_feeds", "find_header_feeds", "is_article", "parse_tree"]

_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/rss",
    "application/atom",
}
_XML = {"text/xml", "application/xml"}
_COMMENTS = re.compile(r"comment|replies", re.IGNORECASE)
_HEADER = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]*\"|[^\s,;\"]*))?)*)")
_PARAMETER = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s,;\"]*))")
_FEED_PATH = re.compile(
    r"/(?:feeds?|rss\d?|atom|rdf|(?:[\w-]*[-_.])?(?:feed|rss|atom|news)|index)\.(?:xml|rss|rdf|atom|json)$"
    r"|/(?:feeds?|rss\d?|atom|rdf)(?:/(?:rss\d?|atom|rdf|posts(?:/default)?|news|all|index)?)?$|\.(?:rss|rdf|atom)$",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed|format|type|output|view|alt)=(?:feed|rss\d?|atom|rdf)(?:&|$)", re.IGNORECASE
)
_FEED_HOST = re.compile(r"(?:feeds?\d?|rss|feedproxy)\.", re.IGNORECASE)


def _is_typed_feed(rel: str, kind: str) -> bool:
    """Return whether a link's ``rel`` and type ``kind`` declare that the link leads to a feed.

    A link to a single Atom entry does not lead to a feed.
    """
    words, essence = rel.lower().split(), kind.partition(";")[0].strip().lower()
    entry = "type=entry" in kind.lower().replace(" ", "").replace('"', "")
    return ("alternate" in words and essence in _TYPES and not entry) or "feed" in words


def find_header_feeds(header: str, url: str) -> list[str]:
    """Return the addresses of the feeds in an HTTP ``Link`` header (RFC 8288), resolved against ``url``."""
    found = []
    for match in _HEADER.finditer(header[:20_000]):
        told = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2])}
        address = make_web_address(match[1], url)
        if address and _is_typed_feed(told.get("rel", ""), told.get("type", "")):
            found.append(address)
    return found


def _is_feed_address(address: str) -> bool:
    parts = urlsplit(address)
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def _site_address(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")


_ARTICLES = re.compile(
    r"(?:News|Reportage|Opinion|Analysis|Review|Tech|Blog|Scholarly|Live)*(?:Article|BlogPosting)"
)
_ID = re.compile(r"p|(?:page|post|article|story|news|item|node)?_?id|[an]id", re.IGNORECASE)


def parse_tree(html: str) -> Any:
    """Parse a page's HTML into an lxml tree; return the tree of an empty document if the HTML can't be
    parsed.
    """
    with IMPORT_LOCK:
        from lxml import html as lxml_html  # noqa: PLC0415  A service imports this module too, and parses nothing.
        from lxml.etree import ParserError  # noqa: PLC0415

    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except ParserError:
        return lxml_html.document_fromstring("<html></html>")


def find_feeds(tree: Any, url: str) -> tuple[str, ...]:
    """Return the addresses of a page's feeds: the most certain first, feeds of comments last."""
    base = make_web_address(next(iter(tree.xpath("//base/@href")), ""), url) or url
    found: dict[str, tuple[bool, int]] = {}
    for link in tree.iter("link", "a"):
        address = make_web_address(link.get("href"), base)
        if address and (rank := _feed_rank(link, address, url)) is not None:
            comments = bool(_COMMENTS.search(f"{link.get('title')} {address}"))
            found[address] = min((comments, rank), found.get(address, (comments, rank)))
    return tuple(sorted(found, key=lambda address: found[address]))


def _feed_rank(link: Any, address: str, page: str) -> int | None:
    """Return 0 if a link declares that it leads to a feed, 1 or 2 if it probably does so, else None.

    A link in the page's text (<a>) counts only if it leads to the page's own site or to a host for feeds: a
    feed reader's "subscribe" link does not count.
    """
    rel, kind = link.get("rel") or "", link.get("type") or ""
    essence = kind.partition(";")[0].strip().lower()
    if link.tag == "link":
        untyped = not essence and _is_feed_address(address)
        probable = "alternate" in rel.lower().split() and (essence in _XML or untyped)
        return 0 if _is_typed_feed(rel, kind) else 1 if probable else None
    own, host = _site_address(page), _site_address(address)
    near = host == own or host.endswith(f".{own}") or own.endswith(f".{host}") or bool(_FEED_HOST.match(host))
    return 2 if near and (essence in _TYPES or _is_feed_address(address)) else None


def is_article(tree: Any, url: str) -> bool:
    """Return whether a page is an article, by the page's own metadata.

    A page without metadata counts as an article unless it is a site's front page.
    """
    kind = next(iter(tree.xpath('//meta[@property="og:type"]/@content')), "").strip().lower()
    if kind == "article" or any(_ARTICLES.fullmatch(name) for name in _schema_types(tree)):
        return True
    return kind != "website" and _names_article(tree, url)


def _names_article(tree: Any, url: str) -> bool:
    """Return whether a page's address, or its canonical address, has a path or an id; a front page has none.

    ``/?p=77`` is an article as well, ``/?lang=ur`` is not.
    """
    canonical = next(iter(tree.xpath("//link[@rel='canonical']/@href")), "").strip()
    query = parse_qsl(urlsplit(url).query)
    named = any(_ID.fullmatch(name) and value.isdecimal() for name, value in query)
    return named or any(
        urlsplit(each).path.strip("/") for each in (url, make_web_address(canonical, url) or url)
    )


def _schema_types(tree: Any) -> Iterator[str]:
    for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
        try:
            yield from _types_of(json.loads(script))
        except (ValueError, RecursionError):
            continue


def _types_of(value: Any) -> Iterator[str]:
    """Yield the ``@type`` values in a page's JSON-LD value that may say what the page is about.

    The types of the top object, of a list's members and of a @graph's members are yielded, but not those of
    nested objects.
    """
    if isinstance(value, list):
        for member in value:
            yield from _types_of(member)
    elif isinstance(value, dict):
        kind = value.get("@type")
        yield from (name for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str))
        yield from _types_of(value.get("@graph"))
