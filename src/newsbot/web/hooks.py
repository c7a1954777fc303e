"""Webhooks that other services call, each with a path and a secret, which is compared in constant time.

A call with the right secret is answered with 200 as soon as its object is stored, or can never be used: a
caller such as Telegram repeats a call with any other answer without end, and sends nothing after it. A body
that is no JSON object does not come from such a caller and is answered with 400.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

__all__ = ["Hook", "build_handler"]

LARGEST = 1024 * 1024
"""The largest body of a call in bytes."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook. ``take`` stores the object before it returns; where it raises, the caller gets 503."""

    path: str
    header: str
    secret: str
    take: Callable[[dict[str, Any]], Awaitable[None]]


def build_handler(hook: Hook) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of one webhook's POST requests."""

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
    """Return whether exactly one header holds the secret. Bytes are compared: HTTP allows any bytes there."""
    shown = request.headers.getall(hook.header, [])
    wanted = hook.secret.encode()
    given = shown[0].encode(errors="surrogateescape") if len(shown) == 1 else b""
    return hmac.compare_digest(wanted, given) and bool(wanted)


class _UnusableUpdateError(Exception):
    """A complete body that stays unusable if it is sent again. The error's text quotes nothing of it."""


async def _read_object(request: web.Request) -> dict[str, Any]:
    """Return the body, a JSON object in any Unicode encoding. Raises ValueError where it is none."""
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
