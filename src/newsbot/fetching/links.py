"""Addresses as feeds and pages write them, into addresses that can be asked for and shown."""

import re
from urllib.parse import quote, urljoin

__all__ = ["escape_address", "web_address"]

_AUTHORITY = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#\\]*|[a-zA-Z][a-zA-Z0-9+.-]*:\\\\[^/?#\\]*")
_EDGES = re.compile(r"\A[\x00-\x20\s\ufeff]+|[\x00-\x20\s\ufeff]+\Z")
_LINE_END = re.compile(r"[ \t]*[\r\n][ \t\r\n]*|\t")
_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+")
_PATH = re.compile(r"[^?#]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\s\"<>\\^`{|}]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NO_HOST = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)


def web_address(url: object, base: str) -> str | None:
    """Make ``url`` absolute against ``base``; None unless that is http or https."""
    address = escape_address(str(url or ""))
    try:
        absolute = urljoin(base, address)
    except ValueError:
        return None
    lost = not address or _NO_HOST.match(address) or not _WEB.match(absolute)
    return None if lost else absolute


def escape_address(address: str) -> str:
    """Read an address as browsers do, https://url.spec.whatwg.org/#url-parsing, and leave its words readable.

    White space at its ends goes, and so does a line end inside with what indents the next line. What no
    address can hold is percent-encoded, a space as ``%20``; letters of all scripts stay. An ampersand that
    was escaped once too often is one.
    """
    address = _AMPERSAND.sub("&", _LINE_END.sub("", _EDGES.sub("", address)))
    match = _AUTHORITY.match(address)
    end = match.end() if match else 0
    authority = "".join(address[:end].split()).replace("\\", "/")
    rest = _PATH.sub(lambda path: path[0].replace("\\", "/"), address[end:], count=1)
    return authority + _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="replace"), rest)
