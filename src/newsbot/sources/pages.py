"""A web page: which feeds it names, and whether it is an article or a list of them. Runs in a worker."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml import html as lxml_html
from lxml.etree import ParserError

from newsbot.fetching.links import web_address
from newsbot.sources.feed_links import is_for_comments, is_typed_feed, looks_like_feed

__all__ = ["feeds_of", "is_article", "tree_of"]

_ARTICLES = re.compile(
    r"(?:News|Reportage|Opinion|Analysis|Review|Tech|Blog|Scholarly|Live)*(?:Article|BlogPosting)"
)
_ID = re.compile(r"p|(?:page|post|article|story|news|item|node)?_?id|[an]id", re.IGNORECASE)


def tree_of(html: str) -> Any:
    """The page's tree, whatever it holds."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except ParserError:
        return lxml_html.document_fromstring("<html></html>")


def feeds_of(tree: Any, url: str) -> tuple[str, ...]:
    """Absolute addresses of feeds: the surest first, those of comments last, else in the page's order."""
    base = web_address(next(iter(tree.xpath("//base/@href")), ""), url) or url
    found: dict[str, tuple[bool, int]] = {}
    for link in tree.iter("link", "a"):
        address = web_address(link.get("href"), base)
        if address and (rank := _feed_rank(link, address, url)) is not None:
            comments = is_for_comments(f"{link.get('title')} {address}")
            found[address] = min((comments, rank), found.get(address, (comments, rank)))
    return tuple(sorted(found, key=lambda address: found[address]))


def _feed_rank(link: Any, address: str, url: str) -> int | None:
    """How sure it is that a link leads to a feed, 0 for one that says so; None for any other link."""
    rel, kind = link.get("rel") or "", link.get("type") or ""
    if link.tag == "link" and is_typed_feed(rel, kind):
        return 0
    if looks_like_feed(rel if link.tag == "link" else None, kind, address, url):
        return 1 if link.tag == "link" else 2
    return None


def is_article(tree: Any, url: str) -> bool:
    """By what the page says of itself; a page that says nothing is one unless it is a site's front page."""
    kind = next(iter(tree.xpath('//meta[@property="og:type"]/@content')), "").strip().lower()
    if kind == "article" or any(_ARTICLES.fullmatch(name) for name in _schema_types(tree)):
        return True
    return kind != "website" and _names_article(tree, url)


def _names_article(tree: Any, url: str) -> bool:
    """By the address, or by the one that the page says is its own: of a site's front page neither has a path.

    ``/?p=77`` is an article as well, ``/?lang=ur`` is not.
    """
    canonical = next(iter(tree.xpath("//link[@rel='canonical']/@href")), "").strip()
    query = parse_qsl(urlsplit(url).query)
    named = any(_ID.fullmatch(name) and value.isdecimal() for name, value in query)
    return named or any(urlsplit(each).path.strip("/") for each in (url, web_address(canonical, url) or url))


def _schema_types(tree: Any) -> Iterator[str]:
    for script in tree.xpath('//script[@type="application/ld+json"]/text()'):
        try:
            yield from _types(json.loads(script))
        except (ValueError, RecursionError):
            continue


def _types(value: Any) -> Iterator[str]:
    """The @type of what the page is about: the top, a list's members, a @graph's; not what these refer to."""
    if isinstance(value, list):
        for member in value:
            yield from _types(member)
    elif isinstance(value, dict):
        kind = value.get("@type")
        yield from (name for name in (kind if isinstance(kind, list) else [kind]) if isinstance(name, str))
        yield from _types(value.get("@graph"))
