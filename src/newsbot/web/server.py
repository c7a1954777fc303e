"""Run the HTTP server of a service: the read-only pages /healthz, /readyz and /metrics, and webhooks.

Other services, such as Telegram, call webhooks. Each webhook has a path and a secret, which is compared in
constant time. The server answers a call with the right secret by 200 as soon as the call's JSON object is
stored, or if it can never be used: after any other answer, Telegram repeats the call without end, and sends
nothing after it. A body that is no JSON object does not come from such a caller, so the answer is 400.
"""

import hmac
import json
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from newsbot.errors import ListenError
from newsbot.reasons import UsageCode
from newsbot.web.health import CONTENT_TYPE, Health, Metrics

__all__ = ["Hook", "Server", "build_handler", "build_runner", "expect"]


LARGEST = 1024 * 1024
"""The most bytes of a request's body that the server accepts."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook: an address of newsbot's web server that another service calls with JSON objects.

    ``header`` is the HTTP header in which the other service sends the ``secret``. ``take`` is the function
    that stores the JSON object of a call; if ``take`` raises an error, the other service gets the response
    503.
    """

    path: str
    header: str
    secret: str
    take: Callable[[dict[str, Any]], Awaitable[None]]


def build_handler(hook: Hook) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the function that answers POST requests to the webhook ``hook``."""

    async def answer(request: web.Request) -> web.Response:
        if not _is_known(request, hook):
            log.warning("a call without the right secret was refused", path=hook.path, caller=request.remote)
            return web.Response(status=403)
        try:
            given = await _read_object(request)
        except _UnusableUpdateError as error:
            log.warning("a call that makes no sense was passed over", path=hook.path, why=str(error))
            return web.Response()
        except (ValueError, web.RequestPayloadError):
            log.warning("a call without a JSON object was refused", path=hook.path)
            return web.Response(status=400)
        try:
            await hook.take(given)
        except Exception as error:  # noqa: BLE001  After any failure the caller has to call again.
            log.warning("a call could not be taken, it has to come again", path=hook.path, error=repr(error))
            return web.Response(status=503)
        return web.Response()

    return answer


def _is_known(request: web.Request, hook: Hook) -> bool:
    """Return whether a request has exactly one header with the webhook's secret.

    The header and the secret are compared as bytes, because HTTP allows any bytes in a header.
    """
    shown = request.headers.getall(hook.header, [])
    wanted = hook.secret.encode()
    given = shown[0].encode(errors="surrogateescape") if len(shown) == 1 else b""
    return hmac.compare_digest(wanted, given) and bool(wanted)


class _UnusableUpdateError(Exception):
    """The error that the body of a webhook's call arrived completely but can never be used.

    The text of the error does not quote the body.
    """


async def _read_object(request: web.Request) -> dict[str, Any]:
    """Return the JSON object in the body of a request; the body may be in any encoding of Unicode.

    Raises:
        ValueError: The body is no JSON object.
        _UnusableUpdateError: The body is too large, or has JSON that can't be read.
    """
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _UnusableUpdateError(f"a body of more than {LARGEST} bytes") from None
    try:
        given = json.loads(body.decode(json.detect_encoding(body), errors="replace"))
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _UnusableUpdateError("JSON that is nested too deeply") from None
    except ValueError:
        raise _UnusableUpdateError("a number that is too long") from None
    if not isinstance(given, dict):
        # The error is a ValueError and not a TypeError, because the body of the request is wrong and not an
        # argument.
        raise ValueError("JSON that is no object")  # noqa: TRY004
    return given


_STOP_WITHIN = 1.0  # Seconds that open HTTP requests get to end when the service stops.

_INDEX = """\
newsbot
/healthz  does the process work?
/readyz   can it do all of its work now, and if not, why?
/metrics  figures for Prometheus
"""


class Server:
    """The HTTP server of one service. It calls the function ``clean`` to remove secrets from the texts that a
    page shows.
    """

    def __init__(
        self, health: Health, metrics: Metrics, *, clean: Callable[[str], str], hooks: Sequence[Hook] = ()
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._clean = clean
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/", self._serve_index, expect_handler=expect)
        # HEAD requests need no registration, because aiohttp answers them by the functions for GET requests.
        app.router.add_get("/healthz", self._serve_healthz, expect_handler=expect)
        app.router.add_get("/readyz", self._serve_readyz, expect_handler=expect)
        app.router.add_get("/metrics", self._serve_metrics, expect_handler=expect)
        for hook in hooks:
            app.router.add_post(hook.path, build_handler(hook), expect_handler=expect)
        self._runner = build_runner(app)

    async def start(self, host: str, port: int) -> str:
        """Start this HTTP server, which then listens for requests; return its URL.

        If ``port`` is 0, the operating system chooses the port in the URL.

        Raises:
            ListenError: the address is in use, or is not one of this machine.
        """
        await self._runner.setup()
        shown = f"[{host}]" if ":" in host else host
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            why = UsageCode.NOT_LISTENING(place=f"{shown}:{port}", words=_describe_error(error))
            raise ListenError(why) from None
        return f"http://{shown}:{self._runner.addresses[0][1]}"

    @property
    def is_listening(self) -> bool:
        """Return whether this HTTP server accepts requests now."""
        return bool(self._runner.addresses)

    async def stop(self) -> None:
        """Stop this HTTP server from listening for requests, and end the requests that are open."""
        await self._runner.cleanup()

    async def _serve_index(self, _: web.Request) -> web.Response:
        return web.Response(text=_INDEX)

    async def _serve_healthz(self, _: web.Request) -> web.Response:
        return self._respond(self._health.list_process_problems())

    async def _serve_readyz(self, _: web.Request) -> web.Response:
        return self._respond(self._health.list_process_problems() or await self._health.list_problems())

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        await self._health.update_metrics(self._metrics)
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    def _respond(self, reasons: list[str]) -> web.Response:
        """Return the JSON response ``{ok, reasons}``: with status 200 if ``reasons`` is empty, else with
        status 503.
        """
        said = {"ok": not reasons, "reasons": [self._clean(reason) for reason in reasons]}
        headers = {"Cache-Control": "no-store"}
        return web.json_response(said, status=503 if reasons else 200, headers=headers)


def build_runner(app: web.Application) -> web.AppRunner:
    """Return the aiohttp runner (which serves requests) of a web application.

    The runner does not unpack compressed bodies, because unpacking can fail before the application's handler
    runs.
    """
    logger = logging.getLogger(__name__)
    if _shorten_bad_request not in logger.filters:
        logger.addFilter(_shorten_bad_request)
    return web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=_STOP_WITHIN,
        handle_signals=False,
        auto_decompress=False,
        logger=logger,
    )


async def expect(request: web.Request) -> web.Response | None:
    """Answer the ``Expect`` header of an HTTP request; return None if the request may continue.

    newsbot does not use aiohttp's own function for this, because it fails if the header's bytes are no text.
    """
    if request.headers.get("Expect", "").lower() != "100-continue":
        return web.Response(status=HTTPStatus.EXPECTATION_FAILED)
    if request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return None


def _shorten_bad_request(record: logging.LogRecord) -> bool:
    """Replace the log record of a malformed request by one line, because aiohttp's traceback may quote
    secrets.

    Return True, so that Python's logging keeps the record.
    """
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (HttpProcessingError, web.RequestPayloadError, OSError)):
        record.msg, record.args, record.exc_info = "a request that is no HTTP was refused", (), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _describe_error(error: OSError) -> str:
    """Return the operating system's text about why the server can't listen on an address.

    asyncio's own text is not used, because it repeats the address.
    """
    # `os.strerror` has no text for a negative error number, which means that the operating system could not
    # look up the address to listen on.
    number = error.errno or 0
    return (os.strerror(number) if number > 0 else str(error.strerror)).lower()
