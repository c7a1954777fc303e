"""Web addresses: the parsing of addresses in feeds and pages, and the check whether newsbot may use them.

The ranges of network addresses to which newsbot may not connect come from the IANA special-purpose registries
(RFC 6890 and its successors) and from the addresses where clouds serve their machines' secrets. Before a
fetch, newsbot checks the IP address to which the socket connects, never a host's name. A link in a post is
followed by a reader's browser, so newsbot reads the link's host as browsers do.
"""

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from yarl import URL

from newsbot.errors import FetchError, ForbiddenAddress
from newsbot.reasons import Reason, SourceCode

__all__ = [
    "escape_address",
    "find_address_refusal",
    "find_host_refusal",
    "find_link_refusal",
    "make_web_address",
    "parse_http_url",
    "redact_url",
    "resolve_redirect",
]

# The following functions parse web addresses.

_AUTHORITY = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#\\]*|[a-zA-Z][a-zA-Z0-9+.-]*:\\\\[^/?#\\]*")
_EDGES = re.compile(r"\A[\x00-\x20\s\ufeff]+|[\x00-\x20\s\ufeff]+\Z")
_LINE_END = re.compile(r"[ \t]*[\r\n][ \t\r\n]*|\t")
_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+")
_PATH = re.compile(r"[^?#]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0\s\"<>\\^`{|}]")
_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NO_HOST = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)


def make_web_address(url: object, base: str) -> str | None:
    """Return ``url`` as an absolute address, resolved against ``base``; None if it is not http or https."""
    address = escape_address(str(url or ""))
    try:
        absolute = urljoin(base, address)
    except ValueError:
        return None
    lost = not address or _NO_HOST.match(address) or not _WEB.match(absolute)
    return None if lost else absolute


def escape_address(address: str) -> str:
    """Return an address escaped as browsers do it (https://url.spec.whatwg.org/#url-parsing).

    White space at the address's ends is removed, and so is a line end in the address with the indentation of
    the next line. Characters that no address may have are percent-encoded, a space as ``%20``; letters of all
    scripts stay. An ampersand that was escaped once too often becomes a plain one.
    """
    address = _AMPERSAND.sub("&", _LINE_END.sub("", _EDGES.sub("", address)))
    match = _AUTHORITY.match(address)
    end = match.end() if match else 0
    authority = "".join(address[:end].split()).replace("\\", "/")
    rest = _PATH.sub(lambda path: path[0].replace("\\", "/"), address[end:], count=1)
    return authority + _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="replace"), rest)


_SECRET_PARAMETER = re.compile(
    r"([?&;][^=&;#]*(?:token|key|secret|auth|pass|sig)[^=&;#]*=)[^&;#]+", re.IGNORECASE
)
# This pattern matches the characters to which Python decodes those bytes of an HTTP header that are not
# UTF-8.
_RAW_BYTE = re.compile("[\udc80-\udcff]")
_LONGEST_SHOWN = 200


def redact_url(url: object) -> str:
    """Return a URL for errors and logs: on one line, without user, password and secret-looking parameters."""
    text = "".join(character for character in str(url) if character.isprintable())
    try:
        parts = urlsplit(text)
        text = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    # If the text is no URL, for which urlsplit raises a ValueError, everything before the last @ is removed,
    # because it may be a password.
    except ValueError:
        text = text.rpartition("@")[2]
    text = _SECRET_PARAMETER.sub(r"\1***", text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def parse_http_url(url: str) -> URL:
    """Return a parsed URL after checking that newsbot may fetch it.

    Raises:
        ForbiddenAddress: The URL is not http or https.
        FetchError: The URL is malformed.
    """
    try:
        parsed = URL(url.strip())
        scheme, host = parsed.scheme, parsed.host
        _ = parsed.port
    except (ValueError, TypeError):
        raise FetchError(SourceCode.NOT_A_URL(url=redact_url(url))) from None
    if scheme not in {"http", "https"}:
        raise ForbiddenAddress(SourceCode.UNSUPPORTED_SCHEME(url=redact_url(url)))
    if not host:
        raise FetchError(SourceCode.URL_WITHOUT_HOST(url=redact_url(url)))
    return parsed


def resolve_redirect(here: URL, location: str) -> URL:
    """Return the target of a redirect, checked like any URL, without user, password and fragment.

    Raises:
        ForbiddenAddress: The target is not http or https; the message names both URLs.
        FetchError: The target is malformed; the message names both URLs.
    """
    try:
        escaped = _RAW_BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", location)
        target = here.with_user(None).join(URL(escaped.strip()))
        return parse_http_url(str(target)).with_user(None).with_fragment(None)
    except (FetchError, ValueError) as error:
        kind = ForbiddenAddress if isinstance(error, ForbiddenAddress) else FetchError
        raise kind(SourceCode.BAD_REDIRECT(url=redact_url(here), link=redact_url(location))) from None


# The following functions decide which addresses newsbot may fetch, and which addresses a post may show.

_NAT64 = ip_network("64:ff9b::/96")
_ISATAP = (0x5EFE, 0x02005EFE)

_METADATA = (
    # newsbot refuses link-local addresses, where most clouds serve their machines' credentials.
    "169.254.0.0/16",
    "168.63.129.16/32",  # newsbot refuses 168.63.129.16, where Azure serves its machines' credentials.
    "100.100.100.200/32",  # newsbot refuses 100.100.100.200, where Alibaba serves its machines' credentials.
    "192.0.0.192/32",  # newsbot refuses 192.0.0.192, where Oracle serves its machines' credentials.
    "fe80::/10",
    "fd00:ec2::/32",  # newsbot refuses fd00:ec2::/32, where AWS serves its machines' credentials over IPv6.
    # newsbot refuses fd20:ce::254, where Google serves its machines' credentials over IPv6.
    "fd20:ce::254/128",
    # newsbot refuses fd00:42::42, where Scaleway serves its machines' credentials over IPv6.
    "fd00:42::42/128",
)
_PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    # newsbot treats 100.64.0.0/10 as private, because Internet providers use it in their own networks.
    "100.64.0.0/10",
    "::1/128",
    "fc00::/7",
    "fec0::/10",  # newsbot treats the old site-local IPv6 addresses fec0::/10 as private, like fc00::/7.
    # newsbot refuses 64:ff9b:1::/48, which a network may translate to private IPv4 addresses (NAT64).
    "64:ff9b:1::/48",
)
_SPECIAL = (
    "0.0.0.0/8",  # newsbot refuses 0.0.0.0/8 ("this host"), because Linux connects to itself there.
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",  # newsbot refuses ::/96, which has the unspecified and the old IPv4-compatible addresses.
    "100::/64",
    "2001::/23",  # newsbot refuses addresses of Teredo and other tunnels, which can lead to any IPv4 address.
    "2001:db8::/32",
    "2002::/16",  # newsbot refuses addresses of 6to4 tunnels, which can lead to any IPv4 address.
    "3fff::/20",
    "5f00::/16",
    "ff00::/8",
)
# These ranges are in the order in which they are searched: the first range that contains an IP address gives
# the reason why the address is refused. ::1 is also in ::/96, and AWS's addresses are also in fc00::/7.
_RANGES = tuple(
    (code, ip_network(text))
    for code, texts in (
        (SourceCode.METADATA_ADDRESS, _METADATA),
        (SourceCode.PRIVATE_ADDRESS, _PRIVATE),
        (SourceCode.SPECIAL_ADDRESS, _SPECIAL),
    )
    for text in texts
)
# Hosts with these names, or with names that end in these, are in local networks. The names are from RFC 6761,
# RFC 6762, RFC 8375, ICANN's .internal, and from practice in offices.
_LOCAL_NAMES = frozenset(
    "localhost localdomain local internal intranet lan home corp private home.arpa".split()  # noqa: SIM905  This form is easier to read.
)
_WILDCARD_NAMES = re.compile(r"(?:nip|sslip|xip)\.io|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com")
_INNER_IPV4 = re.compile(r"(?<!\d)(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?!\d)")
_TRASHED = re.compile(r"__trashed(?:-\d+)?/?$")
_UNUSABLE = re.compile(r"[\s\\<>\"^`{|}\x00-\x20\x7f]")
_IPV4_BITS = 32


def find_address_refusal(address: str, *, allow_private: bool = False) -> Reason | None:
    """Return why newsbot may not connect to an IP address, like ``a private or loopback address``.

    Return None if newsbot may connect. ``address`` is a numeric address, as a socket has it. With
    ``allow_private``, newsbot may connect to private and loopback addresses, but not to other forbidden
    addresses. An IPv6 address that contains an IPv4 address (mapped, NAT64, ISATAP) is judged by the IPv4
    address.
    """
    judged = _embedded_ipv4(ip_address(address.partition("%")[0]))
    code = next((code for code, network in _RANGES if judged in network), None)
    if code is None or (code is SourceCode.PRIVATE_ADDRESS and allow_private):
        return None
    return code()


def find_host_refusal(url: str, *, allow_private: bool = False) -> Reason | None:
    """Return why newsbot may not connect to a URL's host; None if newsbot may connect, or if the host is a
    name and not an IP address.

    A name is judged only after DNS has resolved it to an IP address.
    """
    try:
        host = (urlsplit(url).hostname or "").lower()
        local = host == "localhost" or host.endswith(".localhost")
        return find_address_refusal("127.0.0.1" if local else host, allow_private=allow_private)
    except ValueError:
        return None


# The refusals of recent links are cached, because all posts of an article have the same link.
@lru_cache(maxsize=64)
def find_link_refusal(url: str, *, allow_loopback: bool = False) -> Reason | None:
    """Return why a post may not link to ``url``, like ``10.0.0.1 is a private or loopback address``.

    Return None if a post may have the link. With ``allow_loopback``, the link may lead to this machine's own
    addresses, which the demo and the sandbox use. The host is read as browsers do
    (https://url.spec.whatwg.org/#host-parsing).
    """
    try:
        parts = urlsplit(url.strip())
        netloc, host = parts.netloc, parts.hostname or ""
        _ = parts.port
    except ValueError:
        return SourceCode.NO_WEB_ADDRESS()
    if parts.scheme not in {"http", "https"} or not host or _UNUSABLE.search(netloc):
        return SourceCode.NO_HTTP_ADDRESS()
    if "@" in netloc:
        return SourceCode.LOGIN_IN_ADDRESS()
    if _TRASHED.search(parts.path):
        return SourceCode.ADDRESS_IN_TRASH()
    return _find_link_host_refusal(_normalize_host(host), allow_loopback=allow_loopback)


def _normalize_host(host: str) -> str:
    """Return a URL's host as browsers read it: decode percent-encoding and full-width characters, remove
    invisible characters and a last dot, and change capitals to small letters.
    """
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".")
    return "".join(char for char in text if unicodedata.category(char) != "Cf").lower().removesuffix(".")


def _find_link_host_refusal(host: str, *, allow_loopback: bool) -> Reason | None:
    # A host with a "%" is refused, because the name of a network interface follows it, as in fe80::1%eth0.
    if not host or _UNUSABLE.search(host) or "%" in host:
        return SourceCode.NO_HOST(host=repr(host))
    labels = host.split(".")
    if "" in labels:
        return SourceCode.NO_HOST(host=host)
    address = (
        host
        if ":" in host
        else _normalize_ipv4(labels)
        if _is_number(labels[-1])
        else _address_in_name(labels)
    )
    if address is None:
        local = len(labels) == 1 or not _LOCAL_NAMES.isdisjoint({labels[-1], ".".join(labels[-2:])})
        return SourceCode.PRIVATE_NAME(host=host) if local else None
    try:
        judged = _embedded_ipv4(ip_address(address))
    except ValueError:
        return SourceCode.NO_HOST(host=host)
    why = None if allow_loopback and judged.is_loopback else find_address_refusal(address)
    return SourceCode.HOST_AT(host=host, what=why) if why else None


def _address_in_name(labels: list[str]) -> str | None:
    """Return the IP address to which a name like ``localhost`` or ``10.0.0.1.nip.io`` leads; None if the name
    shows no IP address.
    """
    if labels[-1] == "localhost":
        return "127.0.0.1"
    if not _WILDCARD_NAMES.fullmatch(".".join(labels[-2:])):
        return None
    inner = _INNER_IPV4.search(".".join(labels[:-2]))
    return ".".join(inner.groups()) if inner else "127.0.0.1"


def _is_number(label: str) -> bool:
    return bool(re.fullmatch(r"\d+|0x[0-9a-f]*", label, re.ASCII))


def _normalize_ipv4(labels: list[str]) -> str:
    """Return an IPv4 address in its usual form for a host like ``127.1``, ``0x7f000001`` or ``0177.0.0.1``.

    ``labels`` are the parts of the host between its dots. A host that browsers don't read as an IPv4 address
    is returned unchanged.
    """
    as_written = ".".join(labels)
    if len(labels) > 4:  # noqa: PLR2004  An IPv4 address has at most four parts.
        return as_written
    try:
        *numbers, last = map(_parse_ipv4_number, labels)
    except ValueError:
        return as_written
    # In a host that is an IPv4 address written as numbers, each number but the last is one byte of the
    # address, and the last number has all remaining bytes.
    if any(number > 255 for number in numbers) or last >> (_IPV4_BITS - 8 * len(numbers)):  # noqa: PLR2004
        return as_written
    return str(IPv4Address(last + sum(number << 24 - 8 * n for n, number in enumerate(numbers))))


def _parse_ipv4_number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if len(label) > 1 and label.startswith("0") else 10)


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
