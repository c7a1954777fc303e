"""When a page says that its article was published and changed, in a form that is made for machines.

A date out of prose, a footer, an archive's link or an address is never taken: it may be of anything, and a
post that is too old by a wrong date is news that nobody sees.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from newsbot.timestamps import parse_timestamp

__all__ = ["published_time", "updated_time"]

_NAMES = (
    "date",
    "pubdate",
    "publishdate",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "parsely-pub-date",
    "sailthru.date",
)
_CLASS = "contains(concat(' ', normalize-space(@class), ' '), ' {} ')"
# schema.org's microdata, HTML's `pubdate`, and the classes of the microformats hAtom and h-entry.
_PUBLISHED = (
    "//*[@itemprop='datePublished']",
    "//time[@pubdate]",
    f"//time[{_CLASS.format('published')} or {_CLASS.format('dt-published')}]",
)
_UPDATED = ("//*[@itemprop='dateModified']", f"//time[{_CLASS.format('dt-updated')}]")
_OWNERS = "ancestor::*[self::article or @itemscope]"
_OWNER = f"{_OWNERS}[1]"


def published_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was published, in UTC; None where the page doesn't say so for machines.

    ``meta`` are the page's named values by lower-case name, ``data`` is its article's JSON-LD.
    """
    return _first_time(
        meta.get("article:published_time"),
        data.get("datePublished"),
        *_marked_times(tree, _PUBLISHED),
        *map(meta.get, _NAMES),
    )


def updated_time(tree: Any, meta: Mapping[str, str], data: Mapping[str, Any]) -> datetime | None:
    """Return when the article was last changed, in UTC; None where the page doesn't say so for machines."""
    return _first_time(
        meta.get("article:modified_time"),
        data.get("dateModified"),
        meta.get("og:updated_time"),
        *_marked_times(tree, _UPDATED),
        meta.get("lastmod"),
    )


def _marked_times(tree: Any, paths: tuple[str, ...]) -> list[str]:
    """Return the times that elements of the page's one article are marked with.

    Cards of other articles carry such marks too: a mark counts that is in no article, or in one that holds
    the page's heading. Where the heading is in none, all marks have to be in the same.
    """
    found = [element for path in paths for element in tree.xpath(path)]
    owners = [next(iter(element.xpath(_OWNER)), None) for element in found]
    heading = next(iter(tree.xpath("//h1")), None)
    mine = [] if heading is None else heading.xpath(_OWNERS)
    if not mine and len({id(owner) for owner in owners if owner is not None}) == 1:
        mine = [owner for owner in owners if owner is not None]
    right = [element for element, owner in zip(found, owners, strict=True) if owner is None or owner in mine]
    return [value for element in right if (value := element.get("datetime") or element.get("content"))]


def _first_time(*values: Any) -> datetime | None:
    return next((time for value in values if (time := parse_timestamp(value))), None)
