"""Addresses that pages and feeds give: the article's own, and its photo's."""

import re
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from newsbot.fetching.addresses import link_refusal
from newsbot.fetching.links import escape_address
from newsbot.identity.addresses import is_tracking
from newsbot.reading.clean import clean_line

__all__ = ["canonical_url", "clean_url", "usable_image"]

_CANONICAL = "//link[contains(concat(' ', translate(@rel, 'CANOIL', 'canoil'), ' '), ' canonical ')]/@href"
_SECOND_LEVEL = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "gob",
        "gov",
        "gouv",
        "govt",
        "ltd",
        "me",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "sch",
        "go",
    }
)
_NO_PHOTO = re.compile(  # by file name: folders are called "default" or "pixel" for other reasons
    r"(?:.*[-_.])?(?:logo|favicon|placeholder|spacer|sprite|avatar|gravatar|no[-_]?(?:image|photo|thumb\w*))(?:[-_.@\d].*)?"
    r"|(?:default|blank|pixel|transparent|empty|dummy|loading|1x1)(?:[-_]?(?:image|img|share|og|social|\d+x?\d*))*"
    r"|(?:default|share|social|og|fb|facebook|twitter)[-_](?:default|share|image|img|card|logo)(?:[-_].*)?",
    re.IGNORECASE,
)
_NO_PHOTO_TYPES = (".svg", ".ico", ".gif")


def canonical_url(tree: Any, url: str | None) -> str | None:
    """What the page says its address is, where that can be true: same site, http(s), not the front page.

    A page that was read at an internal address may name its public one on another site.
    """
    links = tree.xpath(_CANONICAL) + tree.xpath("//meta[@property='og:url']/@content")
    return next((found for link in links if (found := _own_address(str(link), url))), None)


def _own_address(link: str, url: str | None) -> str | None:
    try:
        address = urljoin(url or "", escape_address(link))
        parts, known = urlsplit(address), urlsplit(url or "")
        same = not url or _site(parts.hostname or "") == _site(known.hostname or "")
        same = same or bool(link_refusal(url or "", allow_loopback=True) and not link_refusal(address))
    except ValueError:
        return None
    front = parts.path in {"", "/"} and not parts.query and known.path not in {"", "/"}
    return clean_url(address) if same and not front else None


def clean_url(url: str) -> str | None:
    """Without password, fragment and tracking parameters; None where it is not http(s)."""
    try:
        parts = urlsplit(clean_line(escape_address(url)))
        if parts.scheme not in {"http", "https"} or not parts.hostname or " " in parts.netloc:
            return None
    except ValueError:
        return None
    query = parts.query
    if any(is_tracking(name, value) for name, value in parse_qsl(query, keep_blank_values=True)):
        query = "&".join(pair for pair in query.split("&") if not is_tracking(*pair.partition("=")[::2]))
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", query, ""))


def _site(host: str) -> str:
    """The registrable domain, near enough: the last two labels, three under ``co.uk`` and its like."""
    labels = host.lower().rstrip(".").split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:  # noqa: PLR2004  country codes
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])


def usable_image(url: str | None, base: str | None) -> str | None:
    """The absolute address of what may be a photo; None for logos, placeholders, pixels and drawings."""
    try:
        address = clean_line(urljoin(base or "", escape_address(url or "")))
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not parts.path.strip("/"):
        return None
    name, dot, suffix = parts.path.lower().rsplit("/", 1)[-1].rpartition(".")
    drawn = dot + suffix in _NO_PHOTO_TYPES or _NO_PHOTO.fullmatch(name or suffix)
    return None if drawn else address
