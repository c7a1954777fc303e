"""Connections to platforms' HTTP APIs through aiohttp, whose errors say whether a request may have arrived.

Each call is made once and follows no redirect, because a repeated request could send the post again.
Importing this module takes long: import it in a thread, under `IMPORT_LOCK`.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from yarl import URL

from newsbot.channels.http_api import ConnectionNotMadeError, ErrorResponse, ResponseLostError
from newsbot.channels.redaction import describe_os_error
from newsbot.channels.settings import is_loopback
from newsbot.reasons import Code, PlatformCode, Reason
from newsbot.threads import run_in_thread

__all__ = ["HttpAnswer", "HttpConnection", "Route", "find_route"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FormFile = tuple[str, bytes | IO[bytes], str]
"""A file that a request's form contains: its name, content and media type."""

_IDLE = 5.0
"""The seconds that an idle connection stays open for the next call.

The platform may close an older connection just as the call is sent, and then it is not known whether the call
arrived.
"""


@dataclass(frozen=True, slots=True)
class Route:
    """The certificates that are trusted for connections to an API, and the address of the proxy or None."""

    tls: ssl.SSLContext | bool = True
    proxy: str | None = None


def find_route(api: str) -> Route:
    """Return the proxy and certificates for connections to an API, as environment variables name them.

    The function reads files, so call it in a thread.
    """
    proxy = None if is_loopback(api) else select_proxy(api, get_environ_proxies(api))
    if not api.startswith("https:"):
        return Route(proxy=proxy)
    return Route(_load_certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")), proxy)


@cache
def _load_certificates(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Load the system's certificates, or bundled ones if the system has none.

    All channels share the certificates, because loading them takes 20 ms.
    """
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class HttpAnswer(NamedTuple):
    """The answer of a platform to one call; the names in ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _ConnectionRecord:
    """The record of one call; ``stood`` says that a connection was made, so the call may have arrived."""

    stood = False


class HttpConnection:
    """The connections of one client to a platform's API, bound to the event loop that made them.

    Without ``reuse``, each call has a connection of its own.
    """

    def __init__(self, route: Route, *, headers: Mapping[str, str], reuse: bool = True) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_start.append(_forbid_repetition)
        trace.on_connection_create_end.append(_note_connection)
        trace.on_connection_reuseconn.append(_forbid_repetition)
        trace.on_connection_reuseconn.append(_note_connection)
        self._proxy = route.proxy
        idle: dict[str, Any] = {"keepalive_timeout": _IDLE} if reuse else {"force_close": True}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=route.tls, resolver=Resolver(), **idle),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            trace_configs=[trace],
        )

    async def exchange(
        self,
        method: str,
        url: str | URL,
        *,
        connect_seconds: float | None,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
        form: Mapping[str, Any] | None = None,
        files: Mapping[str, FormFile] | None = None,
    ) -> HttpAnswer:
        """Send a request, and return the answer.

        ``connect_seconds`` limits everything before the request: name look-up, TCP, proxy and TLS. The caller
        limits the time of the whole call. The body is the ``form``, perhaps with ``files`` by the names of
        their fields; without a form, it is ``content`` as JSON.

        Raises:
            ConnectionNotMadeError: No connection was made, so nothing was sent.
            ResponseLostError: The request may have arrived, but no whole answer came.
            ErrorResponse: The answer's status is not 2xx.
        """
        await _poll_sockets()
        call = _ConnectionRecord()
        bounds = aiohttp.ClientTimeout(total=None, connect=connect_seconds)
        is_form = form is not None or files
        options = {"headers": headers} | (_build_form(form or {}, files) if is_form else {"json": content})
        options |= {"timeout": bounds, "proxy": self._proxy, "trace_request_ctx": call}
        try:
            async with self._session.request(method, url, allow_redirects=False, **options) as answer:
                body = await answer.read()
        except Exception as error:
            raise (ResponseLostError if call.stood else ConnectionNotMadeError)(
                _describe_error(error)
            ) from error
        found = HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, body)
        if not 200 <= found.status < 300:  # noqa: PLR2004  The class of success in RFC 9110 is 2.
            raise ErrorResponse(*found)
        return found

    async def close(self) -> None:
        """Close all connections to the platform's API."""
        await self._session.close()


def _build_form(fields: Mapping[str, Any], files: Mapping[str, FormFile] | None) -> dict[str, Any]:
    """Return aiohttp's options for a request whose body is a form, perhaps with files."""
    if not files:
        return {"data": urlencode(fields), "headers": _FORM}
    form = aiohttp.FormData(fields)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}


async def _poll_sockets() -> None:
    """Let the event loop read its sockets, so that no call is sent on a connection that was closed."""
    # The event loop runs two iterations: asyncio notices a closed connection in one, and removes it in the
    # next.
    for _ in range(2):
        await asyncio.sleep(0)


async def _forbid_repetition(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
    """Raise ServerDisconnectedError if the call already had a connection, so that its request is sent once.

    aiohttp by itself would send a PUT or DELETE again on a new connection if the first connection broke.
    """
    if context.trace_request_ctx.stood:
        raise aiohttp.ServerDisconnectedError


async def _note_connection(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
    context.trace_request_ctx.stood = True


_REASONS: tuple[tuple[type[Exception], Callable[[Any], Reason]], ...] = (
    (
        aiohttp.ClientConnectorDNSError,
        lambda error: PlatformCode.NO_ADDRESS_OF_HOST(words=describe_os_error(error.os_error)),
    ),
    (aiohttp.ClientConnectorCertificateError, lambda error: Code.TEXT(words=error.certificate_error)),
    (aiohttp.ClientHttpProxyError, lambda error: PlatformCode.PROXY_ANSWERED(n=error.status)),
    (aiohttp.ClientConnectorError, lambda error: Code.TEXT(words=describe_os_error(error.os_error))),
    (aiohttp.ConnectionTimeoutError, lambda _: PlatformCode.NOT_CONNECTED_IN_TIME()),
    (aiohttp.ServerDisconnectedError, lambda _: PlatformCode.CLOSED_WITHOUT_ANSWER()),
    (aiohttp.ClientPayloadError, lambda _: PlatformCode.ANSWER_CUT_SHORT()),
    (aiohttp.ClientResponseError, lambda _: PlatformCode.ANSWER_NOT_HTTP()),
    (OSError, lambda error: Code.TEXT(words=describe_os_error(error) or type(error).__name__)),
)


def _describe_error(error: Exception) -> Reason:
    """Return the reason of a call's failure without the call's URL, because the URL may contain a token."""
    found = next((make for kind, make in _REASONS if isinstance(error, kind)), None)
    return found(error) if found else Code.TEXT(words=type(error).__name__)


class Resolver(AbstractResolver):
    """A resolver that runs the system's name look-up in threads of its own."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the network addresses of ``host``."""
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=found,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found, _, protocol, _, address in await run_in_thread(ask)
        ]

    async def close(self) -> None:
        """Do nothing, because the resolver has no connections or files to close."""
