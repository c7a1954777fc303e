"""The connection that python-telegram-bot (PTB) sends through: aiohttp in place of its own httpx.

PTB raises `NetworkError` for almost every failure. This connection raises an error whose class says whether
the request may have arrived, and PTB keeps that error as the ``__cause__`` of its own. Besides, a call takes
half the processor time or less, and all channels share one set of certificates (docs/adr/0006).
"""

import asyncio
import json
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from telegram.request import BaseRequest, RequestData

from newsbot.channels.redaction import describe_os_error
from newsbot.channels.settings import is_loopback
from newsbot.reasons import Code, PlatformCode, Reason
from newsbot.threads import run_in_thread

__all__ = ["ConnectionNotMadeError", "ErrorResponse", "ResponseLostError", "TelegramConnection", "find_route"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_IDLE = 5.0
"""Seconds that an idle connection stays open for the next call. The other side may close an older connection
just as the call is sent, and then it is not known whether the call arrived.
"""


class _LostCallError(Exception):
    """A call to the Bot API that got no whole answer; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectionNotMadeError(_LostCallError):
    """A call for which no connection was made, so nothing was sent."""


class ResponseLostError(_LostCallError):
    """A call whose connection was made but which got no whole answer, so it is not known whether it
    arrived.
    """


class ErrorResponse(Exception):  # noqa: N818  the name says what came
    """A whole answer without a status of success. PTB's own errors keep neither the status nor
    retry_after.
    """

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an API: the certificates that are trusted, and the proxy or None."""

    tls: ssl.SSLContext | bool = True
    proxy: str | None = None


def find_route(api: str) -> Route:
    """Return the route to an API by the environment's proxies and certificates. It reads files: run in a
    thread.
    """
    proxy = None if is_loopback(api) else select_proxy(api, get_environ_proxies(api))
    if not api.startswith("https:"):
        return Route(proxy=proxy)
    return Route(_load_certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")), proxy)


@cache
def _load_certificates(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Load the system's certificates, or the bundled ones if it has none. All channels share them: it takes
    20 ms.
    """
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class _ApiCall:
    """One call's record. ``stood``: it had a connection, so that something may have been sent."""

    stood = False


class TelegramConnection(BaseRequest):
    """The connection of one Telegram channel, as PTB's class for requests; made in the event loop that uses
    it.

    It follows no redirects, because they would send the post again.
    """

    def __init__(self, way: Route) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(_note_connection)
        trace.on_connection_reuseconn.append(_note_connection)
        self._proxy = way.proxy
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=way.tls, resolver=Resolver(), keepalive_timeout=_IDLE),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            trace_configs=[trace],
        )

    @property
    def read_timeout(self) -> float | None:
        """None, because the caller's deadline covers the whole call."""
        return None

    async def initialize(self) -> None:
        """Do nothing: the constructor has made the session."""

    async def shutdown(self) -> None:
        """Close all connections to the API."""
        await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002  the caller's deadline covers the whole call
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,
        pool_timeout: Any = None,  # noqa: ARG002  one channel never reaches the connector's limit
    ) -> tuple[int, bytes]:
        """Send a request for PTB; return the answer's status and body.

        ``connect_timeout`` (seconds) bounds everything before the request: name look-up, TCP, proxy and TLS.

        Raises:
            ConnectionNotMadeError: Nothing was sent.
            ResponseLostError: The request may have arrived, but no whole answer came.
            ErrorResponse: The answer's status is not one of success.
        """
        return await self._exchange_request(
            url, method, connect_timeout, _form_body(request_data) if request_data else {}
        )

    async def ask(self, url: str, fields: Mapping[str, object], connect_timeout: float) -> Any:
        """Call the API at ``url`` and return the result from its answer, as plain JSON.

        PTB's own classes demand fields that an older Bot API server does not send.

        Raises:
            ConnectionNotMadeError: Nothing was sent.
            ResponseLostError: The request may have arrived, but no whole answer came.
            ErrorResponse: The answer's status is not one of success.
            ValueError: The answer is not one of the Bot API.
        """
        form = {"data": urlencode(fields), "headers": _FORM}
        _, body = await self._exchange_request(url, "POST", connect_timeout, form)
        return self.parse_json_payload(body)["result"]

    async def _exchange_request(
        self, url: str, method: str, connect_timeout: Any, options: dict[str, Any]
    ) -> tuple[int, bytes]:
        await _poll_sockets()
        call = _ApiCall()
        bounds = aiohttp.ClientTimeout(total=None, connect=connect_timeout)
        options = options | {"timeout": bounds, "proxy": self._proxy, "trace_request_ctx": call}
        try:
            async with self._session.request(method, url, allow_redirects=False, **options) as answer:
                body = await answer.read()
        except Exception as error:
            raise (ResponseLostError if call.stood else ConnectionNotMadeError)(
                _describe_error(error)
            ) from error
        if not 200 <= answer.status < 300:  # noqa: PLR2004  the class of success in RFC 9110
            raise ErrorResponse(answer.status, body)
        return answer.status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return an answer's JSON object; raise ValueError if it is not an answer of the Bot API.

        PTB's own method accepts any JSON, and logs what is none.
        """
        answer = json.loads(payload)
        if not isinstance(answer, dict) or answer.get("ok") is not True or "result" not in answer:
            raise ValueError("the answer is none of the Bot API's")
        return answer


async def _poll_sockets() -> None:
    """Let the event loop look at its sockets, so that no call is sent on a connection that is already
    closed.
    """
    for _ in range(2):  # The loop sees a closed connection in one round, and removes it in the next.
        await asyncio.sleep(0)


async def _note_connection(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
    context.trace_request_ctx.stood = True


def _form_body(data: RequestData) -> dict[str, Any]:
    """Return a request's body as aiohttp's arguments: a plain form, or one with files."""
    files = data.multipart_data
    if not files:
        return {"data": urlencode(data.json_parameters), "headers": _FORM}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}


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
    """Return what went wrong in a call, without the address, because that contains the token."""
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
        """Do nothing: the resolver holds no resources."""
