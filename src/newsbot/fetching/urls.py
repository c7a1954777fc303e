"""The handling of URLs: as feeds and pages write them, as errors show them, and as redirects change them."""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from yarl import URL

from newsbot.errors import FetchError, ForbiddenAddress

__all__ = ["escape_address", "make_web_address", "parse_http_url", "resolve_redirect", "shown"]

_AUTHORITY = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#\\]*|[a-zA-Z][a-zA-Z0-9+.-]*:\\\\[^/?#\\]*")
_EDGES = re.compile(r"\A[\x00-\x20\s\ufeff]+|[\x00-\x20\s\ufeff]+\Z")
_LINE_END = re.compile(r"[ \t]*[\r\n][ \t\r\n]*|\t")
_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+")
_PATH = re.compile(r"[^?#]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\s\"<>\\^`{|}]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NO_HOST = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)


def make_web_address(url: object, base: str) -> str | None:
    """Make ``url`` absolute against ``base``; return None unless the result is http or https."""
    address = escape_address(str(url or ""))
    try:
        absolute = urljoin(base, address)
    except ValueError:
        return None
    lost = not address or _NO_HOST.match(address) or not _WEB.match(absolute)
    return None if lost else absolute


def escape_address(address: str) -> str:
    """Read an address as browsers do, https://url.spec.whatwg.org/#url-parsing, and leave its words readable.

    White space at its ends is removed, and so is a line end inside it with the indentation of the next line.
    Characters that no address may have are percent-encoded, a space as ``%20``; letters of all scripts stay.
    An ampersand that was escaped once too often becomes a plain one.
    """
    address = _AMPERSAND.sub("&", _LINE_END.sub("", _EDGES.sub("", address)))
    match = _AUTHORITY.match(address)
    end = match.end() if match else 0
    authority = "".join(address[:end].split()).replace("\\", "/")
    rest = _PATH.sub(lambda path: path[0].replace("\\", "/"), address[end:], count=1)
    return authority + _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="replace"), rest)


_SECRET_PARAMETER = re.compile(
    r"([?&;][^=&;#]*(?:token|key|secret|auth|pass|sig)[^=&;#]*=)[^&;#]+",
    re.IGNORECASE,
)
_RAW_BYTE = re.compile("[\udc80-\udcff]")  # a header's byte that is not UTF-8, as Python decodes it
_LONGEST_SHOWN = 200


def shown(url: object) -> str:
    """Return the URL for errors and logs: one line without user, password and secret-looking parameters."""
    text = "".join(character for character in str(url) if character.isprintable())
    try:
        parts = urlsplit(text)
        text = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:  # This is not a URL, so it has no known parts.
        text = text.rpartition("@")[2]
    text = _SECRET_PARAMETER.sub(r"\1***", text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def parse_http_url(url: str) -> URL:
    """Parse a URL and check it.

    Raises:
        ForbiddenAddress: the URL is not http or https.
        FetchError: this is not a URL.
    """
    try:
        parsed = URL(url.strip())
        scheme, host = parsed.scheme, parsed.host
        _ = parsed.port
    except (ValueError, TypeError):
        raise FetchError(f"{shown(url)} is not a URL; write it like https://example.org/feed") from None
    if scheme not in {"http", "https"}:
        raise ForbiddenAddress(f"{shown(url)} is refused: only http:// and https:// are fetched")
    if not host:
        raise FetchError(f"{shown(url)} names no host; write it like https://example.org/feed")
    return parsed


def resolve_redirect(here: URL, location: str) -> URL:
    """Return the target of a redirect, checked like any URL, without user, password and fragment.

    Raises:
        FetchError, ForbiddenAddress: as for ``parse_http_url``; the message names both URLs.
    """
    try:
        escaped = _RAW_BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", location)
        target = here.with_user(None).join(URL(escaped.strip()))
        return parse_http_url(str(target)).with_user(None).with_fragment(None)
    except (FetchError, ValueError) as error:
        kind = ForbiddenAddress if isinstance(error, ForbiddenAddress) else FetchError
        raise kind(
            f"{shown(here)} redirects to {shown(location)}, which can't be followed: it is no http(s) URL"
        ) from None
