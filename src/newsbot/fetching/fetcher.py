"""The HTTP client for everything that newsbot fetches from outside.

The client makes fetches safe. It checks the IP address when it creates the socket, so that no spelling of a
URL, DNS answer or redirect evades the check. It follows redirects itself and checks each one. It limits the
body's size both as received and as inflated. One deadline covers name look-up, connections, redirects and
every byte.

Some servers name compressions that do not exist (``utf-8``, ``none``, ``aws-chunked``), send gzip without
naming it, or call plain text gzip. So the body's first bytes show its compression, and the header
Content-Encoding counts only if the bytes do not show it.
"""

import asyncio
import os
import socket
import zlib
from base64 import b64encode
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.client_exceptions import ClientConnectorCertificateError, ClientConnectorDNSError
from yarl import URL

from newsbot import __version__
from newsbot.errors import FetchError, ForbiddenAddress
from newsbot.fetching.addresses import find_address_refusal, parse_http_url, redact_url, resolve_redirect
from newsbot.fetching.decoding import parse_http_date
from newsbot.fetching.workers import Workers
from newsbot.reasons import Reason, SourceCode

__all__ = ["BodyTooLarge", "BrokenBody", "Fetcher", "HttpResponse", "ParsedPageFetcher", "read_body"]

_GZIP = b"\x1f\x8b"
# Data that zlib compressed begins with one of these pairs of bytes, by which a compressed body is recognized;
# no text begins so.
_ZLIB = (b"\x78\x9c", b"\x78\xda", b"\x78\x01")
# The compressions that newsbot can't inflate, from https://www.iana.org/assignments/http-parameters.
_UNREADABLE = frozenset(
    "br zstd compress x-compress bzip2 x-bzip2 xz lzma dcb dcz exi pack200-gzip".split()  # noqa: SIM905
)
# One step of inflating takes at most 4096 bytes of compressed data and returns at most 262 144 bytes, so that
# the step keeps the event loop busy for only 1 ms.
_SLICE, _INFLATED = 4096, 262_144


class BodyTooLarge(Exception):  # noqa: N818  The name says what happened; the class `Fetcher` raises a FetchError instead.
    """The error that a response's body is larger than the limit."""


class BrokenBody(Exception):  # noqa: N818
    """The error that a response's body can't be inflated, for the reason ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


async def read_body(chunks: AsyncIterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Read a response's whole body, and inflate the body if it is compressed by gzip or deflate.

    ``encoding`` is the value of the response's Content-Encoding.

    Raises:
        BodyTooLarge: The body is over ``max_bytes``, before or after inflation. No more than ``max_bytes``
            were held in memory.
        BrokenBody: The gzip is damaged, or the compression is one that the request did not offer.
    """
    named = [coding.strip().lower() for coding in encoding.split(",")]
    if unreadable := next((coding for coding in named if coding in _UNREADABLE), None):
        raise BrokenBody(SourceCode.UNREADABLE_ENCODING(words=repr(unreadable)))
    body = await _inflate_layer(await _read_raw_body(chunks, max_bytes), named, max_bytes)
    try:
        # The body is inflated a second time, because some servers compress a file that is compressed already.
        return await _inflate_layer(body, named, max_bytes)
    except BrokenBody:
        # If inflating the body a second time fails, it is no compressed file, but begins with gzip's first
        # bytes by chance; so it is returned as it is.
        return body


async def _inflate_layer(body: bytes, named: list[str], max_bytes: int) -> bytes:
    if body.startswith(_GZIP):
        return await _inflate_members(body, max_bytes)
    if body.startswith(_ZLIB) or "deflate" in named:
        return await _inflate_deflate(body, max_bytes)
    return body


async def _read_raw_body(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


async def _inflate_members(data: bytes, max_bytes: int) -> bytes:
    """Return inflated gzip data, which may have several gzip members and other bytes after them."""
    body, start = bytearray(), 0
    while data.startswith(_GZIP, start):
        try:
            start = await _inflate(data, start, body, max_bytes, zlib.MAX_WBITS | 16)
        except zlib.error:
            raise BrokenBody(SourceCode.DAMAGED_GZIP()) from None
    return bytes(body)


async def _inflate_deflate(data: bytes, max_bytes: int) -> bytes:
    """Inflate a body of Content-Encoding ``deflate``, with or without zlib's header.

    Return the body unchanged if it is in neither format.
    """
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        body = bytearray()
        try:
            await _inflate(data, 0, body, max_bytes, wbits)
        except (zlib.error, BrokenBody):
            continue
        return bytes(body)
    return data


async def _inflate(data: bytes, start: int, body: bytearray, max_bytes: int, wbits: int) -> int:
    """Inflate the compressed stream at ``start`` of ``data`` into ``body``; return the stream's end.

    ``wbits`` gives zlib the stream's format.

    Raises:
        zlib.error: The data is not in this format, or is damaged.
        BodyTooLarge: The inflated body is over ``max_bytes``.
        BrokenBody: The stream ends too early.
    """
    inflater = zlib.decompressobj(wbits)
    while not inflater.eof:
        piece = inflater.unconsumed_tail or data[start : start + _SLICE]
        start += 0 if inflater.unconsumed_tail else len(piece)
        inflated = inflater.decompress(piece, min(_INFLATED, max_bytes + 1 - len(body)))
        body += inflated
        if len(body) > max_bytes:
            raise BodyTooLarge
        if not piece and not inflated:
            raise BrokenBody(SourceCode.PACKED_ANSWER_ENDS_EARLY())
        await asyncio.sleep(0)
    return start - len(inflater.unused_data)


MB = 1_000_000
_REDIRECTS = 5
_HTTP_PORT = 80
_REDIRECTING = {301, 302, 303, 307, 308}
_SENSITIVE = {"authorization", "cookie", "proxy-authorization"}
# The most connections of the client at one time: more than newsbot makes polls at one time, so that no poll
# waits for a connection.
_CONNECTIONS = 700
# The most bytes that a header of a response may have; some sites' headers exceed aiohttp's own limit of 8190.
_HEADER_LINE = 32_768
_USER_AGENT = f"newsbot/{__version__} (a newsroom's feed reader)"
_MENDS = {
    401: SourceCode.LOGIN_NEEDED,
    403: SourceCode.NOT_LET_IN,
    410: SourceCode.GONE_FOR_GOOD,
    429: SourceCode.FEWER_REQUESTS,
}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response: with status 2xx and a body, or with status 304 and none.

    ``url`` is the address after redirects, without user and password. ``headers`` have lower-case names; of
    several headers of a name the last counts, but ``link`` has all values. ``content_type`` is in lower case,
    without parameters.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    content_type: str | None = None
    charset: str | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class Fetcher:
    """The HTTP client that fetches feeds, pages and pictures.

    The client keeps idle connections for a few seconds, and cookies only while it follows redirects. It
    ignores proxies that the environment names, because a proxy would connect to addresses that newsbot can't
    check.

    ``deadline`` is the number of seconds that a whole fetch may take. ``resolver`` replaces the system's DNS
    resolver. ``beyond`` is the stricter client that follows redirects to another origin: an operator trusts
    the address in config.yaml, but not the sites to which that address redirects.
    """

    allow_private: bool = False
    deadline: float = 20.0
    max_bytes: int = 10 * MB
    resolver: AbstractResolver | None = None
    beyond: "Fetcher | None" = None
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        deadline: float | None = None,
    ) -> HttpResponse:
        """Send a GET request, follow up to 5 redirects, and return the response.

        Raises:
            ForbiddenAddress: newsbot may not fetch the URL or the target of a redirect.
            FetchError: The fetch failed, or the status is neither 2xx nor 304.
        """
        seconds = self.deadline if deadline is None else deadline
        cap = self.max_bytes if max_bytes is None else max_bytes
        start = parse_http_url(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._follow_redirects(
                    start, dict(headers or {}), cap, aiohttp.CookieJar(unsafe=True)
                )
        except TimeoutError:
            raise FetchError(SourceCode.ANSWER_TOO_SLOW(url=redact_url(url), n=seconds)) from None

    async def close(self) -> None:
        """Close all HTTP connections of this client."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow_redirects(
        self, url: URL, headers: dict[str, str], cap: int, cookies: aiohttp.CookieJar
    ) -> HttpResponse:
        """Request ``url`` and follow redirects, sending the cookies that the redirects set.

        Some sites redirect to the same address until a request has their cookie.
        """
        hop, login = url, f"{url.user or ''}:{url.password or ''}"
        auth = f"Basic {b64encode(login.encode()).decode('ascii')}" if url.user else None
        for _ in range(_REDIRECTS + 1):
            answer = await self._request_once(hop, headers, auth, cap, cookies)
            if isinstance(answer, HttpResponse):
                return answer
            if answer.origin() != hop.origin():
                headers = {name: value for name, value in headers.items() if name.lower() not in _SENSITIVE}
                auth = None
            if self.beyond and not _is_same_site(hop, answer):
                # After a redirect to another site, the stricter client `beyond` goes on. It is an object of
                # the same class, so its private method may be called.
                return await self.beyond._follow_redirects(answer, headers, cap, cookies)  # noqa: SLF001
            hop = answer
        raise FetchError(SourceCode.TOO_MANY_REDIRECTS(url=redact_url(url), n=_REDIRECTS))

    async def _request_once(
        self, url: URL, headers: dict[str, str], auth: str | None, cap: int, cookies: aiohttp.CookieJar
    ) -> HttpResponse | URL:
        """Send one GET request; return the response, or the URL to which the response redirects."""
        send = {**headers, **({"Authorization": auth} if auth else {})}
        bare = url.with_user(None)
        try:
            async with self._open_session().get(
                bare, headers=send, cookies=cookies.filter_cookies(bare) or None, allow_redirects=False
            ) as response:
                if response.status in _REDIRECTING:
                    cookies.update_cookies(response.cookies, bare)
                    if location := response.headers.get("Location"):
                        return resolve_redirect(url, location)
                    raise FetchError(SourceCode.REDIRECT_TO_NOWHERE(url=redact_url(url)))
                _raise_for_status(url, response)
                return await _read_response(url, response, cap)
        except (aiohttp.ClientError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            raise _make_fetch_error(url, error) from error
        except BodyTooLarge:
            raise FetchError(SourceCode.ANSWER_TOO_LARGE(url=redact_url(url), n=cap / MB)) from None
        except BrokenBody as error:
            raise FetchError(SourceCode.BROKEN_ANSWER(url=redact_url(url), why=error.reason)) from None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._create_checked_socket, resolver=self.resolver, limit=_CONNECTIONS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                # The method `get` has a deadline for the whole fetch, so aiohttp needs no timeouts.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"},
                auto_decompress=False,
                max_line_size=_HEADER_LINE,
                max_field_size=_HEADER_LINE,
            )
        return self._session

    def _create_checked_socket(self, address: "aiohttp.AddrInfoType") -> socket.socket:
        """Create the socket for a connection, if newsbot may connect to the IP address.

        aiohttp calls this method after it has resolved the host's name, just before it connects.

        Raises:
            _AddressRefused: newsbot may not connect to the address.
        """
        family, kind, protocol, _, sockaddr = address
        reason = find_address_refusal(str(sockaddr[0]), allow_private=self.allow_private)
        if reason:
            raise _AddressRefused(reason)
        return socket.socket(family, kind, protocol)


class _AddressRefused(OSError):  # noqa: N818  The name says what happened.
    """The error that newsbot may not connect to an IP address.

    The error is an OSError, so that aiohttp still tries the host's other addresses. Its text is always the
    same: if all addresses of a host fail with the same text, aiohttp raises the first error unchanged.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__("refused")
        self.reason = reason


def _is_same_site(here: URL, there: URL) -> bool:
    """Return whether two URLs have the same origin; a change from http to https counts as the same."""
    secured = here.origin().with_scheme("https").with_port(None)
    upgraded = here.scheme == "http" and here.port == _HTTP_PORT and there.origin() == secured
    return there.origin() == here.origin() or upgraded


def _raise_for_status(url: URL, response: aiohttp.ClientResponse) -> None:
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.NOT_MODIFIED:
        return
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    usual = status < HTTPStatus.INTERNAL_SERVER_ERROR
    mend = _MENDS.get(status, SourceCode.CHECK_ADDRESS if usual else SourceCode.SITE_IN_TROUBLE)
    raise FetchError(
        SourceCode.HTTP_STATUS(url=redact_url(url), status=f"{status} {phrase}".strip(), why=mend()),
        status=status,
        retry_after=_retry_after(response.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds newsbot has to wait according to a response's header Retry-After; None without
    this header.

    If the header is a date, the seconds are counted from the response's own Date header.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until, now = parse_http_date(value), parse_http_date(headers.get("Date"))
    return max(0.0, (until - now).total_seconds()) if until and now else None


async def _read_response(url: URL, response: aiohttp.ClientResponse, cap: int) -> HttpResponse:
    if (response.content_length or 0) > cap:
        raise BodyTooLarge
    encoding = ",".join(response.headers.getall("Content-Encoding", ()))
    body = await read_body(response.content.iter_chunked(65_536), encoding, cap)
    typed = "Content-Type" in response.headers
    links = {"link": ", ".join(told)} if (told := response.headers.getall("Link", ())) else {}
    return HttpResponse(
        url=str(url.with_user(None)),
        status=response.status,
        headers={name.lower(): value for name, value in response.headers.items()} | links,
        body=body,
        content_type=response.content_type.lower() if typed else None,
        charset=response.charset,
    )


def _make_fetch_error(url: URL, error: Exception) -> FetchError:
    """Return a FetchError without the text of aiohttp's error, which may have the URL's password."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, _AddressRefused):
        # If the address is private, the error names the setting allow_private, with which newsbot would
        # connect to the address.
        private = cause.reason.code is SourceCode.PRIVATE_ADDRESS
        why = SourceCode.PRIVATE_ADDRESS_ALLOWABLE() if private else cause.reason
        return ForbiddenAddress(SourceCode.FORBIDDEN_ADDRESS(url=redact_url(url), host=url.host, why=why))
    lasting = isinstance(error, ClientConnectorCertificateError | aiohttp.ClientSSLError | ValueError)
    why = _explain_error(str(url.host), error, cause)
    return FetchError(SourceCode.LOCATED(url=redact_url(url), why=why), temporary=not lasting)


def _explain_error(host: str, error: Exception, cause: object) -> Reason:
    why = SourceCode.CONNECTION_ENDED()
    match error:
        case ClientConnectorDNSError():
            why = SourceCode.NAME_NOT_FOUND(host=host)
        case ClientConnectorCertificateError():
            words = getattr(error.certificate_error, "verify_message", "")
            invalid = SourceCode.INVALID_CERTIFICATE(host=host, words=words)
            why = invalid if words else SourceCode.CERTIFICATE_NOT_VERIFIED(host=host)
        case aiohttp.ClientSSLError():
            why = SourceCode.NO_TLS(host=host)
        case aiohttp.ClientConnectorError():
            known = isinstance(cause, OSError) and cause.errno
            why = (
                SourceCode.NO_CONNECTION(host=host, words=os.strerror(known))
                if known
                else (SourceCode.NO_CONNECTION_UNEXPLAINED(host=host))
            )
        case aiohttp.ClientResponseError():
            why = SourceCode.NO_HTTP(host=host)
        case ValueError():
            why = SourceCode.URL_NOT_REQUESTABLE()
    return why


T = TypeVar("T")

_SECONDS = 15.0
_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class ParsedPageFetcher:
    """The object that fetches pages and parses them in a worker process (the port `PageFetcher`).

    The client ``guarded`` refuses private addresses; the client ``named`` is for addresses that an operator
    wrote in config.yaml.
    """

    guarded: Fetcher
    named: Fetcher
    workers: Workers

    async def __call__(
        self, url: str, parse: Callable[[bytes], T], *, guarded: bool
    ) -> tuple[T, datetime | None]:
        """Fetch and parse a page; return the result of ``parse`` and the time in the page's Date header."""
        fetcher = self.guarded if guarded else self.named
        page = await fetcher.get(url, deadline=_SECONDS, max_bytes=_BYTES)
        found = await self.workers.run(
            parse, page.body, what=SourceCode.PAGE(url=redact_url(parse_http_url(url)))
        )
        return found, parse_http_date(page.headers.get("date"))
