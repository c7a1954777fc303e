"""Responses as bytes on a socket, whole or damaged in one of the ways of `faults`."""

import asyncio
import json
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from newsbot.sandbox.faults import InjectedFault
from newsbot.sandbox.journal import PlatformResponse

__all__ = ["abort", "build_json_response", "build_web_response", "send_faulty"]

_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x28"  # A TLS alert (handshake_failure) in place of HTTP.
_MAX_HANG_SECONDS = 3600.0


def build_web_response(answer: PlatformResponse) -> web.Response:
    """Return the undamaged response."""
    headers = dict(answer.headers)
    if answer.status != HTTPStatus.NO_CONTENT:
        headers["Content-Type"] = answer.content_type
    return web.Response(status=answer.status, body=answer.body or None, headers=headers)


def abort(request: web.BaseRequest) -> None:
    """Reset the connection."""
    if request.transport is not None:
        sock = request.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()


async def send_faulty(
    request: web.BaseRequest, fault: InjectedFault, answer: PlatformResponse
) -> web.Response:
    """Send ``answer`` damaged by a fault; the returned response is sent only if the client is connected."""
    kind = fault.kind
    if kind in {"not_json", "empty"}:
        return build_web_response(
            _replace_body(answer, b"" if kind == "empty" else b"<html>It works!</html>")
        )
    if kind.startswith("hang"):
        await _wait_for_client(request)
    elif kind.startswith("reset"):
        abort(request)
    else:
        await _send_damaged(request, fault, answer)
    return build_web_response(answer)


def _replace_body(answer: PlatformResponse, body: bytes) -> PlatformResponse:
    return PlatformResponse(answer.status, body, answer.content_type, answer.headers)


async def _wait_for_client(request: web.BaseRequest) -> None:
    """Wait until the client has disconnected or the sandbox stops."""
    for _ in range(int(_MAX_HANG_SECONDS / 0.05)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(0.05)


async def _send_damaged(request: web.BaseRequest, fault: InjectedFault, answer: PlatformResponse) -> None:
    body = answer.body or b"{}"
    pause = fault.seconds or 0.5
    if fault.kind == "garbage":
        await _send_bytes(request, _GARBAGE)
    elif fault.kind == "slow_headers":
        await _send_slowly(request, _build_head(answer, len(body)), pause)
        await _send_bytes(request, body)
    elif fault.kind == "dripping_body":
        await _send_bytes(request, _build_head(answer, len(body)))
        await _send_slowly(request, body, pause)
    elif fault.kind == "cut_body":
        await _send_bytes(request, _build_head(answer, len(body)) + body[: _cut_length(body, fault.at)])
    else:  # wrong_length
        await _send_bytes(request, _build_head(answer, _cut_length(body, fault.at)) + body)
    if request.transport is not None:
        request.transport.close()


def _cut_length(body: bytes, at: float) -> int:
    """Return the share ``at`` of the length of ``body``, but never exactly all of it."""
    share = round(len(body) * at)
    return share if share != len(body) else share - 1


def _build_head(answer: PlatformResponse, length: int) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _send_bytes(request: web.BaseRequest, data: bytes) -> None:
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write(data)
        await asyncio.sleep(0)


async def _send_slowly(request: web.BaseRequest, data: bytes, pause: float) -> None:
    for at in range(len(data)):
        if request.transport is None or request.transport.is_closing():
            return
        await _send_bytes(request, data[at : at + 1])
        await asyncio.sleep(pause)


def build_json_response(
    status: int, value: object, headers: dict[str, str] | None = None
) -> PlatformResponse:
    """Build a JSON response as both platforms write it."""
    return PlatformResponse(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers or {})
