"""Which guid an item goes by: its feed's, unless the same poll proves that it is none."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from newsbot.model import Item

__all__ = ["fingerprint", "with_own_guids"]

_PLACEHOLDERS = {"n/a", "nan", "nil", "none", "null", "undefined", "[object object]", "array"}
_TITLES = 3  # one address with as many titles is not an article's; with two it may have been edited


def fingerprint(title: str | None, html: str | None, published: datetime | None) -> str:
    """For an item with neither id nor address. Bodies are edited, so a title is preferred."""
    return "sha256:" + sha256(f"{title or html}\n{published}".encode("utf-8", "replace")).hexdigest()


def with_own_guids(items: Iterable[Item]) -> list[Item]:
    """Give items that share a guid without being one article their address for it, else a fingerprint."""
    found = [_without_placeholder(item) for item in items]
    for own in (lambda item: item.url or _fingerprint(item), _fingerprint):
        sharing = defaultdict(list)
        for item in found:
            sharing[item.guid].append(item)
        wrong = {guid for guid, each in sharing.items() if _are_several(each)}
        found = [replace(item, guid=own(item)) if item.guid in wrong else item for item in found]
    return found


def _without_placeholder(item: Item) -> Item:
    if item.guid.strip().casefold() not in _PLACEHOLDERS:
        return item
    return replace(item, guid=item.url or _fingerprint(item))


def _fingerprint(item: Item) -> str:
    return fingerprint(item.title, item.html, item.published_at)


def _are_several(items: list[Item]) -> bool:
    """Whether these are different articles: neither a title nor an address in common, or too many titles."""
    first, *others = items
    titles = {item.title or item.html for item in items}
    apart = any(
        (item.title or item.html) != (first.title or first.html)
        and (item.url != first.url or item.url is None)
        for item in others
    )
    return apart or len(titles) >= _TITLES
