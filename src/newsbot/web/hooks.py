"""What others call: each path with the secret that a call has to show, compared in constant time."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

__all__ = ["Hook", "answering"]

LARGEST = 1024 * 1024
"""Bytes of a call's body."""


@dataclass(frozen=True, slots=True)
class Hook:
    """``take`` has stored what it was given when it returns; what it raises is a 503: call again."""

    path: str
    header: str
    secret: str
    take: Callable[[dict[str, Any]], Awaitable[None]]


def answering(hook: Hook) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler of one hook's POSTs."""

    async def answer(request: web.Request) -> web.Response:
        shown = request.headers.get(hook.header, "")
        if not hmac.compare_digest(hook.secret.encode(), shown.encode()):
            return web.Response(status=403)
        try:
            given = await request.json()
        except ValueError:
            return web.Response(status=400)
        if not isinstance(given, dict):
            return web.Response(status=400)
        try:
            await hook.take(given)
        except Exception:  # noqa: BLE001  whatever it was: the caller shall call again
            return web.Response(status=503)
        return web.Response()

    return answer
