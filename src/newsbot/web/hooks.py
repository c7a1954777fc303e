"""What others call: each path with the secret that a call has to show, compared in constant time.

Who shows the secret is answered with 200 as soon as the object that they sent is stored, or can never be
used: a caller such as Telegram repeats anything else without end, and nothing behind it arrives. What is no
JSON object is no such caller's: that is a 400.
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
"""Bytes of a call's body."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hook:
    """``take`` has stored what it was given when it returns; what it raises is a 503: call again."""

    path: str
    header: str
    secret: str
    take: Callable[[dict[str, Any]], Awaitable[None]]


def build_handler(hook: Hook) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of one hook's POSTs."""

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
        except Exception as error:  # noqa: BLE001  whatever it was: the caller calls again
            log.warning("a call could not be taken, it has to come again", path=hook.path, error=repr(error))
            return web.Response(status=503)
        return web.Response()

    return answer


def _is_known(request: web.Request, hook: Hook) -> bool:
    """Exactly one header with the secret, byte by byte: HTTP allows any bytes there."""
    shown = request.headers.getall(hook.header, [])
    wanted = hook.secret.encode()
    given = shown[0].encode(errors="surrogateescape") if len(shown) == 1 else b""
    return hmac.compare_digest(wanted, given) and bool(wanted)


class _UnusableUpdateError(Exception):
    """An object that came whole, and that no repetition makes usable; the text holds nothing of it."""


async def _read_object(request: web.Request) -> dict[str, Any]:
    """The body, a JSON object in any of Unicode's encodings. Raises ValueError where it is none."""
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
        raise ValueError("JSON that is no object")  # noqa: TRY004  it is about the body, not about a caller
    return given
