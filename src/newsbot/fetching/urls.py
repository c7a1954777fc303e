"""URLs as they are shown, and as a redirect may change them."""

import re
from urllib.parse import urlsplit, urlunsplit

from yarl import URL

from newsbot.errors import FetchError, ForbiddenAddress

__all__ = ["http_url", "next_hop", "shown"]

_SECRET_PARAMETER = re.compile(
    r"([?&;][^=&;#]*(?:token|key|secret|auth|pass|sig)[^=&;#]*=)[^&;#]+",
    re.IGNORECASE,
)
_RAW_BYTE = re.compile("[\udc80-\udcff]")  # what a header's bytes that are no UTF-8 are decoded to
_LONGEST_SHOWN = 200


def shown(url: object) -> str:
    """The URL as errors and logs may show it: no user, password or secret-looking parameter; one line."""
    text = "".join(character for character in str(url) if character.isprintable())
    try:
        parts = urlsplit(text)
        text = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:  # not a URL at all, so nothing can be told apart
        text = text.rpartition("@")[2]
    text = _SECRET_PARAMETER.sub(r"\1***", text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def http_url(url: str) -> URL:
    """``url`` checked and split.

    Raises:
        ForbiddenAddress: not http or https.
        FetchError: not a URL.
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


def next_hop(here: URL, location: str) -> URL:
    """Where a redirect leads, checked like any URL, without user, password or fragment of its own.

    Raises:
        FetchError, ForbiddenAddress: as ``http_url``; the message names both ends.
    """
    try:
        escaped = _RAW_BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", location)
        target = here.with_user(None).join(URL(escaped.strip()))
        return http_url(str(target)).with_user(None).with_fragment(None)
    except (FetchError, ValueError) as error:
        kind = ForbiddenAddress if isinstance(error, ForbiddenAddress) else FetchError
        raise kind(
            f"{shown(here)} redirects to {shown(location)}, which can't be followed: it is no http(s) URL"
        ) from None
