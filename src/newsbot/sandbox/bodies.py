"""JSON in and out of the interface for those who drive the stand-ins."""

from typing import Any

from aiohttp import web

__all__ = ["bad", "body", "ok"]

Json = dict[str, Any]


async def body(request: web.Request) -> Json:
    """The JSON object; its media type is asked for, so that no web page can send it unasked."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        value = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="the body is not JSON") from None
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text="the body is not a JSON object")
    return value


def bad(error: Exception) -> web.HTTPBadRequest:
    """A 400 that says what was wrong."""
    return web.HTTPBadRequest(text=f"{type(error).__name__}: {error}")


def ok() -> web.Response:
    """The answer where there is nothing to tell."""
    return web.json_response({"ok": True})
