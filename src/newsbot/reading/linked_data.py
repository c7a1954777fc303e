"""Reading of a page's JSON-LD: the data of the page's own article, and the site's names."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

__all__ = ["LinkedData", "as_list", "is_of_article", "read_linked_data"]

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Review)$|^(?:WebPage|CreativeWork|VideoObject)$")
_LESSER_TYPES = frozenset({"WebPage", "CreativeWork", "VideoObject"})
_SITE_TYPES = re.compile(r"^WebSite$|Organization$")
_DEEPEST = 4  # JSON-LD is searched for articles down to this level: @graph > list > node > mainEntity.


class LinkedData(NamedTuple):
    """The values that newsbot reads from the JSON-LD of an article's page.

    ``article`` is the JSON-LD object of the page's own article, or {}. ``names`` are the names of the site.
    ``claims`` are other people's statements that the article checks.
    """

    article: dict[str, Any]
    names: tuple[str, ...]
    claims: tuple[str, ...] = ()


def read_linked_data(tree: Any, url: str | None = None) -> LinkedData:
    """Read from a page's JSON-LD the article whose address is the page's ``url``, or else the article with
    the most data.
    """
    nodes = [
        node
        for script in tree.iter("script")
        if "ld+json" in (script.get("type") or "").lower()
        for node in _iterate_nodes(_parse_json(script.text or ""), depth=0)
    ]
    articles = [node for node in nodes if any(map(_ARTICLE_TYPES.search, _node_types(node)))]
    article = max(articles, key=lambda node: _article_fitness(node, url), default={})
    publishers = [each for each in as_list(article.get("publisher")) if isinstance(each, dict)]
    sites = [node for node in nodes if any(map(_SITE_TYPES.search, _node_types(node)))]
    names = [each.get("name") for each in (*publishers, *sites)]
    claims = [node.get("claimReviewed") for node in nodes]
    return LinkedData(article, _keep_strings(names), _keep_strings(claims))


def _keep_strings(values: list[Any]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def as_list(value: Any) -> list[Any]:
    """Return a JSON-LD value as a list: a list itself, [] for None, and [value] for any other value."""
    return value if isinstance(value, list) else [] if value is None else [value]


def is_of_article(node: dict[str, Any]) -> bool:
    """Return whether a JSON-LD object describes an article and not only a page of the site."""
    return "headline" in node or not _LESSER_TYPES.issuperset(_node_types(node))


def _article_fitness(node: dict[str, Any], url: str | None) -> tuple[bool, int, bool]:
    said = sum(key in node for key in ("headline", "articleBody", "datePublished", "author"))
    return _is_at(node, url), said, not _LESSER_TYPES.issuperset(_node_types(node))


def _is_at(node: dict[str, Any], url: str | None) -> bool:
    """Return whether a JSON-LD object has a headline and the page's address ``url`` as its own address."""
    page = node.get("mainEntityOfPage")
    links = [node.get("url"), node.get("@id"), page, page.get("@id") if isinstance(page, dict) else None]
    if not url or "headline" not in node:
        return False
    return any(
        isinstance(link, str) and _address_place(urljoin(url, link)) == _address_place(url) for link in links
    )


def _address_place(address: str) -> str:
    try:
        return urlsplit(address).path.rstrip("/")
    except ValueError:
        return ""


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text.strip().rstrip(";"), strict=False)
    except (ValueError, RecursionError):
        return None


def _iterate_nodes(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for each in value:
            yield from _iterate_nodes(each, depth + 1)
    elif isinstance(value, dict):
        if _node_types(value):
            yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _iterate_nodes(value.get(key), depth + 1)


def _node_types(node: dict[str, Any]) -> list[str]:
    return [kind for kind in as_list(node.get("@type")) if isinstance(kind, str)]
