"""The HTTP server of a service: the read-only pages /healthz, /readyz and /metrics, and webhooks.

Other services call webhooks, each with a path and a secret, which is compared in constant time. A call with
the right secret is answered with 200 as soon as its JSON object is stored, or can never be used: a caller
such as Telegram repeats a call with any other answer without end, and sends nothing after it. A body that is
no JSON object does not come from such a caller and is answered with 400.
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

# ---------------------------------------------------------------- webhooks

LARGEST = 1024 * 1024
"""The largest body of a request in bytes."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that another service calls with JSON objects.

    ``take`` stores the JSON object; if it raises an error, the caller gets 503.
    """

    path: str
    header: str
    secret: str
    take: Callable[[dict[str, Any]], Awaitable[None]]


def build_handler(hook: Hook) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of POST requests to one webhook."""

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
        except Exception as error:  # noqa: BLE001  after any failure the caller calls again
            log.warning("a call could not be taken, it has to come again", path=hook.path, error=repr(error))
            return web.Response(status=503)
        return web.Response()

    return answer


def _is_known(request: web.Request, hook: Hook) -> bool:
    """Return whether exactly one header has the webhook's secret; bytes are compared, as HTTP allows any."""
    shown = request.headers.getall(hook.header, [])
    wanted = hook.secret.encode()
    given = shown[0].encode(errors="surrogateescape") if len(shown) == 1 else b""
    return hmac.compare_digest(wanted, given) and bool(wanted)


class _UnusableUpdateError(Exception):
    """The error that a request's body is complete but can never be used; its text does not quote the body."""


async def _read_object(request: web.Request) -> dict[str, Any]:
    """Return a request's body as a JSON object, in any Unicode encoding.

    Raises:
        ValueError: The body is no JSON object.
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
        raise ValueError("JSON that is no object")  # noqa: TRY004  the body is wrong, not a Python argument
    return given


# ---------------------------------------------------------------- pages

_STOP_WITHIN = 1.0  # Seconds that open requests get to end when the service stops.

_INDEX = """\
newsbot
/healthz  does the process work?
/readyz   can it do all of its work now, and if not, why?
/metrics  figures for Prometheus
"""


class Server:
    """The HTTP server of one service. ``clean`` removes secrets from the texts that a page shows."""

    def __init__(
        self, health: Health, metrics: Metrics, *, clean: Callable[[str], str], hooks: Sequence[Hook] = ()
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._clean = clean
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/", self._serve_index, expect_handler=expect)
        # With each GET handler, aiohttp serves HEAD requests too.
        app.router.add_get("/healthz", self._serve_healthz, expect_handler=expect)
        app.router.add_get("/readyz", self._serve_readyz, expect_handler=expect)
        app.router.add_get("/metrics", self._serve_metrics, expect_handler=expect)
        for hook in hooks:
            app.router.add_post(hook.path, build_handler(hook), expect_handler=expect)
        self._runner = build_runner(app)

    async def start(self, host: str, port: int) -> str:
        """Start to listen; return the URL, which has the port that the system chose if ``port`` is 0.

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
        """Whether the server accepts requests now."""
        return bool(self._runner.addresses)

    async def stop(self) -> None:
        """Stop listening, and end open requests."""
        await self._runner.cleanup()

    async def _serve_index(self, _: web.Request) -> web.Response:
        return web.Response(text=_INDEX)

    async def _serve_healthz(self, _: web.Request) -> web.Response:
        return self._respond(self._health.live())

    async def _serve_readyz(self, _: web.Request) -> web.Response:
        return self._respond(self._health.live() or await self._health.ready())

    async def _serve_metrics(self, _: web.Request) -> web.Response:
        await self._health.tell(self._metrics)
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    def _respond(self, reasons: list[str]) -> web.Response:
        """Return the response ``{ok, reasons}``: status 200 if there are no reasons, else 503."""
        said = {"ok": not reasons, "reasons": [self._clean(reason) for reason in reasons]}
        headers = {"Cache-Control": "no-store"}
        return web.json_response(said, status=503 if reasons else 200, headers=headers)


def build_runner(app: web.Application) -> web.AppRunner:
    """Return the aiohttp runner of an application; it does not unpack compressed bodies, as that can fail."""
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
    """Answer a request's ``Expect`` header; aiohttp's own handler fails if the header is no text."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        return web.Response(status=HTTPStatus.EXPECTATION_FAILED)
    if request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return None


def _shorten_bad_request(record: logging.LogRecord) -> bool:
    """Shorten the log of a malformed request to one line, as aiohttp's traceback may quote secrets."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, (HttpProcessingError, web.RequestPayloadError, OSError)):
        record.msg, record.args, record.exc_info = "a request that is no HTTP was refused", (), None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _describe_error(error: OSError) -> str:
    """Return the operating system's text of a listening error, because asyncio's repeats the address."""
    # The error number is negative if the look-up of the address failed (getaddrinfo).
    number = error.errno or 0
    return (os.strerror(number) if number > 0 else str(error.strerror)).lower()
