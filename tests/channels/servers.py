"""A loopback server that answers byte for byte what a test says; stand-ins, and channels of every kind."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from newsbot.channels import channel_class
from newsbot.model import Image, Part
from newsbot.sandbox import Credentials, Sandbox
from tests.channels.stand_ins import KINDS, REMOTE_KINDS, view_class
from tests.channels.stand_ins.x import KEYS


def photograph(form: str = "png", width: int = 640, height: int = 480) -> bytes:
    """The bytes of an image as far as platforms look at them before they decode it."""
    if form == "png":
        header = struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + header + bytes(4) + b"\0\0\0\0IDAT" + bytes(4)
    if form == "gif":
        return b"GIF89a" + struct.pack("<HH", width, height) + bytes(20)
    if form == "webp":
        bits = struct.pack("<I", width - 1 | height - 1 << 14)
        return b"RIFF" + bytes(4) + b"WEBPVP8L" + bytes(4) + b"\x2f" + bits + bytes(20)
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + bytes(14)
    frame = b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)
    return b"\xff\xd8" + app0 + frame + b"\xff\xd9"


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Behaviour = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Answers by ``behaviour``; ``requests`` are those that came whole."""

    url: str
    behaviour: Behaviour
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


def answer(body: object = None, status: str = "200 OK", headers: dict[str, str] | None = None) -> Behaviour:
    """A whole answer; ``body`` is JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + data)


def raw(data: bytes, *, pause: float = 0.0) -> Behaviour:
    """These bytes, at once or one by one; then the end of the connection."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        for piece in [data] if not pause else [data[i : i + 1] for i in range(len(data))]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def reset(_: Request, writer: asyncio.StreamWriter) -> None:
    """The request was read whole; then the connection is reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(_: Request, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()
    await asyncio.sleep(3600)


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[Server]:
    tasks: set[asyncio.Task[Any]] = set()
    server = Server("", behaviour)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        server.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            server.requests.append(await _read(reader))
            await server.behaviour(server.requests[-1], writer)
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
    return Request(line, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def picture(_: str) -> bytes:
    return photograph()


def make(kind: str, api: str, fetch_image: Any = picture, **more: Any) -> Any:
    """A channel of this kind with credentials, its calls limited to ten seconds."""
    own, view = channel_class(KINDS[kind]), view_class(kind)
    keys = {"api": api} if view.calls else {}
    settings = own.Settings.model_validate({"kind": kind, **keys, **view.keys, **more})
    channel = own("main", settings, fetch_image)
    channel.deadline = 10.0
    return channel


def start_sandbox(**options: Any) -> Sandbox:
    """The stand-ins of all platforms, which take the credentials of `make`."""
    sandbox = Sandbox(
        token=view_class("telegram").keys["token"],
        credentials=Credentials(**KEYS),
        stand_ins=[api() for kind in REMOTE_KINDS if (api := view_class(kind).api)],
        **options,
    )
    sandbox.telegram.pace.per_chat = None
    return sandbox


def relay(url: str) -> Behaviour:
    """What the stand-in at ``url`` answers to the request, byte for byte."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        method, target, _ = request.line.split()
        headers = request.headers | {"connection": "close"}
        lines = [f"{method} {urlsplit(target)._replace(scheme='', netloc='').geturl()} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        reader, upstream = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        upstream.write("\r\n".join([*lines, "", ""]).encode() + request.body)
        writer.write(await reader.read())
        await writer.drain()
        upstream.close()

    return behave


def part(text: str = "A headline", *, photo: bool = False, alt: str | None = None, **more: Any) -> Part:
    media = (Image("https://example.org/photo.png", alt),) if photo else ()
    return Part(text, len(text), 4096, media=media, **more)


def accepted(kind: str, number: int = 77) -> Behaviour:
    """The platform's yes."""
    if kind == "x":
        return answer({"data": {"id": str(number), "text": "A headline"}}, "201 Created")
    return answer({"ok": True, "result": message(number)})


def message(number: int = 77, **chat: Any) -> dict[str, Any]:
    channel = {"id": -1001234567890, "type": "channel", "title": "Example", "username": "example"}
    return {"message_id": number, "date": 1_790_000_000, "chat": channel | chat, "text": "A headline"}


@cache
def list_secrets() -> list[str]:
    """The secrets of every kind's channel by `make`; of one with a colon in it, also what is after that."""
    settings = [make(kind, "http://127.0.0.1:1").settings for kind in KINDS]
    values = [value for each in settings for _, value in each if isinstance(value, SecretStr)]
    whole = [value.get_secret_value() for value in values]
    return whole + [secret.partition(":")[2] for secret in whole if ":" in secret]


def assert_no_secret(text: str) -> None:
    assert len(list_secrets()) > len(REMOTE_KINDS)
    assert [secret for secret in list_secrets() if secret in text] == []
    assert not re.search(r"bot\d+:", text)
