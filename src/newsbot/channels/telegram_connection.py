"""What python-telegram-bot sends through: aiohttp in place of its own httpx, for evidence and for speed.

PTB makes one `NetworkError` of almost everything. Here each end of a call is typed by what it proves, which
PTB keeps as the ``__cause__`` of its error; and a call costs half the processor time or less, a channel no
certificates of its own (docs/adr/0006).
"""

import asyncio
import json
import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import aiohttp
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy
from telegram.request import BaseRequest, RequestData

from newsbot.channels.offload import Resolver
from newsbot.channels.settings import is_loopback

__all__ = ["ConnectionNotMadeError", "ErrorResponse", "ResponseLostError", "TelegramConnection", "find_route"]

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_IDLE = 5.0
"""Seconds that a connection is kept for the next call: one kept longer may be closed by the other side in the
moment in which the call leaves, and then nothing tells whether that arrived."""


class ConnectionNotMadeError(Exception):
    """No connection stood: nothing was sent."""


class ResponseLostError(Exception):
    """A connection stood, and no whole answer came over it: nothing is proven."""


class ErrorResponse(Exception):  # noqa: N818  says what came
    """Any whole answer but 2xx: PTB's own errors keep neither the status nor a plain retry_after."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Route:
    """How an API is reached: what is trusted, and through which proxy."""

    tls: ssl.SSLContext | bool = True
    proxy: str | None = None


def find_route(api: str) -> Route:
    """By the environment, as X's requests do; reads files, so for a thread."""
    proxy = None if is_loopback(api) else select_proxy(api, get_environ_proxies(api))
    if not api.startswith("https:"):
        return Route(proxy=proxy)
    return Route(_load_certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")), proxy)


@cache
def _load_certificates(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The system's certificates, or where it has none the bundled ones; one for all channels (20 ms each)."""
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class _ApiCall:
    """One call; ``stood`` is whether it had a connection, so that something may have been sent."""

    stood = False


class TelegramConnection(BaseRequest):
    """PTB's port for requests. Made in the loop that uses it. No redirects: they would repeat the post."""

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
        return None

    async def initialize(self) -> None:
        """It is, once made."""

    async def shutdown(self) -> None:
        await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002  the caller's deadline covers the whole call
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,
        pool_timeout: Any = None,  # noqa: ARG002  the connector has no limit that one channel reaches
    ) -> tuple[int, bytes]:
        """``connect_timeout`` bounds all that comes before the request: name, TCP, proxy and TLS.

        Raises:
            UnreachedError, LostError, AnswerError: by what the end of the call proves.
        """
        return await self._exchange_request(
            url, method, connect_timeout, _form_body(request_data) if request_data else {}
        )

    async def ask(self, url: str, fields: Mapping[str, object], connect_timeout: float) -> Any:
        """The result as it came: PTB's nouns demand fields that an older Bot API server does not send.

        Raises:
            UnreachedError, LostError, AnswerError: by what the end of the call proves.
            ValueError: the answer is none of the Bot API's.
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
        if not 200 <= answer.status < 300:  # noqa: PLR2004  RFC 9110's class
            raise ErrorResponse(answer.status, body)
        return answer.status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """In place of PTB's, which takes any JSON, and logs what is none. Raises ValueError."""
        answer = json.loads(payload)
        if not isinstance(answer, dict) or answer.get("ok") is not True or "result" not in answer:
            raise ValueError("the answer is none of the Bot API's")
        return answer


async def _poll_sockets() -> None:
    """The loop looks at its sockets, so that no call leaves on a connection that is closed already."""
    for _ in range(2):  # it sees the end in one round, and drops the connection in the next
        await asyncio.sleep(0)


async def _note_connection(_session: aiohttp.ClientSession, context: Any, _params: Any) -> None:
    context.trace_request_ctx.stood = True


def _form_body(data: RequestData) -> dict[str, Any]:
    """A plain form, or one with files."""
    files = data.multipart_data
    if not files:
        return {"data": urlencode(data.json_parameters), "headers": _FORM}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}


_WORDS: tuple[tuple[type[Exception], Callable[[Any], str]], ...] = (
    (aiohttp.ClientConnectorDNSError, lambda error: f"its name has no address ({error.os_error})"),
    (aiohttp.ClientConnectorCertificateError, lambda error: f"{error.certificate_error}"),
    (aiohttp.ClientHttpProxyError, lambda error: f"the proxy answered HTTP {error.status}"),
    (aiohttp.ClientConnectorError, lambda error: f"{error.os_error}"),
    (aiohttp.ConnectionTimeoutError, lambda _: "no connection in time"),
    (aiohttp.ServerDisconnectedError, lambda _: "the connection was closed without an answer"),
    (aiohttp.ClientPayloadError, lambda _: "the answer ended too early"),
    (aiohttp.ClientResponseError, lambda _: "the answer was no HTTP"),
    (OSError, lambda error: error.strerror or type(error).__name__),
)


def _describe_error(error: Exception) -> str:
    """What happened, in words that never hold the address, which has the token in it."""
    found = next((words for kind, words in _WORDS if isinstance(error, kind)), None)
    return found(error) if found else type(error).__name__
