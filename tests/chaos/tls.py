"""Stand-ins behind TLS that fails, in each of the ways that a test orders."""

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal

__all__ = ["TLS_KINDS", "TlsKind", "broken_tls", "make_certificates", "trusting"]

TlsKind = Literal[
    "untrusted", "other name", "closed in the handshake", "alert", "no TLS", "half a handshake",
    "closed after the handshake", "closed after processing", "cut answer",
]  # fmt: skip
TLS_KINDS: dict[TlsKind, bool] = {
    "untrusted": True,
    "other name": True,
    "closed in the handshake": True,
    "alert": True,
    "no TLS": True,
    "half a handshake": True,
    "closed after the handshake": False,
    "closed after processing": False,
    "cut answer": False,
}
"""Whether a kind proves that nothing was sent: it does until the handshake is over."""

_ALERT = b"\x15\x03\x01\x00\x02\x02\x28"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def make_certificates(folder: Path) -> None:
    """``good``, ``bad`` and ``other`` (for another name), each signed by itself, by the openssl command."""
    for name, host in (("good", "IP:127.0.0.1"), ("bad", "IP:127.0.0.1"), ("other", "DNS:example.org")):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={host}"),
                *("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")),
            ],
            check=True,
            capture_output=True,
        )
    (folder / "trusted.pem").write_text(
        (folder / "good.pem").read_text() + (folder / "other.pem").read_text()
    )


@contextmanager
def trusting(folder: Path) -> Iterator[None]:
    """Our clients trust ``good`` and ``other`` meanwhile, by the environment."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(folder / "trusted.pem")
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


@asynccontextmanager
async def broken_tls(kind: TlsKind, upstream: str, folder: Path) -> AsyncIterator[str]:
    """The address of a server in front of the stand-in at ``upstream``."""
    port = int(upstream.rpartition(":")[2])
    name = {"untrusted": "bad", "other name": "other"}.get(kind, "good")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if kind == "half a handshake":
        async with _serving(_relay(port), context) as inner, _serving(_half(inner), None) as outer:
            yield f"https://127.0.0.1:{outer}"
        return
    serve: dict[TlsKind, Serve] = {
        "closed in the handshake": _say(b""),
        "alert": _say(_ALERT),
        "no TLS": _say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        "closed after the handshake": _end,
        "closed after processing": _relay(port, answer=0),
        "cut answer": _relay(port, answer=120),
    }
    plain = kind in {"closed in the handshake", "alert", "no TLS"}
    async with _serving(serve.get(kind, _relay(port)), None if plain else context) as outer:
        yield f"https://127.0.0.1:{outer}"


@asynccontextmanager
async def _serving(serve: Serve, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _end(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """The connection ends as soon as it stands."""


def _say(data: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)  # of the client's hello
        writer.write(data)
        await writer.drain()

    return serve


def _half(port: int) -> Serve:
    """The first bytes of a real server's part of the handshake."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        to_server.write(await reader.read(65_536))
        writer.write((await from_server.read(65_536))[:200])
        await writer.drain()
        to_server.close()

    return serve


def _relay(port: int, answer: int | None = None) -> Serve:
    """One request to the stand-in, and ``answer`` bytes of what it says (None: all)."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        from_platform, to_platform = await asyncio.open_connection("127.0.0.1", port)
        to_platform.write(head + await reader.readexactly(length))
        said = await from_platform.read(65_536)
        writer.write(said if answer is None else said[:answer])
        await writer.drain()
        to_platform.close()

    return serve
