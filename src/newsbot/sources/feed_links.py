"""Which links lead to a feed: of a page's head, of its text, of an answer's ``Link`` headers."""

import re
from urllib.parse import urlsplit

from newsbot.fetching.links import web_address

__all__ = ["header_feeds", "is_for_comments", "is_typed_feed", "looks_like_feed"]

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


def is_typed_feed(rel: str, kind: str) -> bool:
    """Whether a link with this ``rel`` and ``type`` names a feed; an Atom entry is only its page in Atom."""
    words, essence = rel.lower().split(), kind.partition(";")[0].strip().lower()
    entry = "type=entry" in kind.lower().replace(" ", "").replace('"', "")
    return ("alternate" in words and essence in _TYPES and not entry) or "feed" in words


def looks_like_feed(rel: str | None, kind: str, address: str, page: str) -> bool:
    """Whether a link that doesn't say so leads to a feed all the same: ``rel`` is None for one in the text.

    Only addresses of the page's own site count, and of hosts for feeds; a reader's "subscribe" is neither.
    """
    essence = kind.partition(";")[0].strip().lower()
    if rel is not None:
        untyped = not essence and _is_feed_address(address)
        return "alternate" in rel.lower().split() and (essence in _XML or untyped)
    own, host = _site(page), _site(address)
    near = host == own or host.endswith(f".{own}") or own.endswith(f".{host}") or bool(_FEED_HOST.match(host))
    return near and (essence in _TYPES or _is_feed_address(address))


def is_for_comments(words: str) -> bool:
    """Whether a feed of this title and address is one of comments."""
    return bool(_COMMENTS.search(words))


def header_feeds(header: str, url: str) -> list[str]:
    """The feeds of a ``Link`` header (RFC 8288), absolute by the answer's ``url``."""
    found = []
    for match in _HEADER.finditer(header[:20_000]):
        told = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2])}
        address = web_address(match[1], url)
        if address and is_typed_feed(told.get("rel", ""), told.get("type", "")):
            found.append(address)
    return found


def _is_feed_address(address: str) -> bool:
    parts = urlsplit(address)
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def _site(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")
