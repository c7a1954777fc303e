"""The article's own address, as pages and feeds give it."""

from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from newsbot.fetching.addresses import find_link_refusal
from newsbot.fetching.urls import escape_address
from newsbot.identity.addresses import is_tracking
from newsbot.reading.clean import clean_line

__all__ = ["clean_url", "find_canonical_url"]

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


def find_canonical_url(tree: Any, url: str | None) -> str | None:
    """Return the address that the page declares, if it is plausible: same site, http(s), not the front page.

    A page that was read at an internal address may declare its public one on another site.
    """
    links = tree.xpath(_CANONICAL) + tree.xpath("//meta[@property='og:url']/@content")
    return next((found for link in links if (found := _check_canonical_address(str(link), url))), None)


def _check_canonical_address(link: str, url: str | None) -> str | None:
    try:
        address = urljoin(url or "", escape_address(link))
        parts, known = urlsplit(address), urlsplit(url or "")
        same = not url or _registrable_domain(parts.hostname or "") == _registrable_domain(
            known.hostname or ""
        )
        same = same or bool(
            find_link_refusal(url or "", allow_loopback=True) and not find_link_refusal(address)
        )
    except ValueError:
        return None
    front = parts.path in {"", "/"} and not parts.query and known.path not in {"", "/"}
    return clean_url(address) if same and not front else None


def clean_url(url: str) -> str | None:
    """Remove password, fragment and tracking parameters from an address; None if it is not http(s)."""
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


def _registrable_domain(host: str) -> str:
    """Return a host's registrable domain, approximately: two labels, or three under ``co.uk`` and similar."""
    labels = host.lower().rstrip(".").split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:  # noqa: PLR2004  country codes
        return ".".join(labels[-3:])
    return ".".join(labels[-2:])
