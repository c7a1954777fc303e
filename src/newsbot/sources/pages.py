"""A web page: which feeds it names, and whether it is an article or a list of them. Runs in a worker."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from lxml import html as lxml_html
from lxml.etree import ParserError

from newsbot.fetching.links import web_address

__all__ = ["feeds_of", "is_article", "tree_of"]

_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/rss",
    "application/atom",
}
_COMMENTS = re.compile(r"comment|replies", re.IGNORECASE)
_ARTICLES = re.compile(
    r"(?:News|Reportage|Opinion|Analysis|Review|Tech|Blog|Scholarly|Live)*(?:Article|BlogPosting)"
)


def tree_of(html: str) -> Any:
    """The page's tree, whatever it holds."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except ParserError:
        return lxml_html.document_fromstring("<html></html>")


def feeds_of(tree: Any, url: str) -> tuple[str, ...]:
    """Absolute addresses in the page's order, those of comments last."""
    base = web_address(next(iter(tree.xpath("//base/@href")), ""), url) or url
    found: dict[str, bool] = {}
    for link in tree.iter("link"):
        address = web_address(link.get("href"), base)
        if address and _names_feed(link):
            found.setdefault(address, bool(_COMMENTS.search(f"{link.get('title')} {address}")))
    return tuple(sorted(found, key=lambda address: found[address]))


def _names_feed(link: Any) -> bool:
    rel = (link.get("rel") or "").lower().split()
    kind = (link.get("type") or "").partition(";")[0].strip().lower()
    return ("alternate" in rel and kind in _FEED_TYPES) or "feed" in rel


def is_article(tree: Any, url: str) -> bool:
    """By what the page says of itself; a page that says nothing is one unless it is a site's front page."""
    kind = next(iter(tree.xpath('//meta[@property="og:type"]/@content')), "").strip().lower()
    if kind == "article" or any(_ARTICLES.fullmatch(name) for name in _schema_types(tree)):
        return True
    return kind != "website" and bool(urlsplit(url).path.strip("/"))


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
