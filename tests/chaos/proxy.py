"""A TCP proxy on loopback between newsbot and its database, which fails as networks do.

It has a thread and a loop of its own, so that a test may block on what goes through it.
"""

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from sqlalchemy import make_url

__all__ = ["Mode", "Proxy"]

T = TypeVar("T")
Mode = Literal["forward", "half-open", "refuse"]
_CHUNK = 65_536


class _Link:
    """One connection through the proxy."""

    def __init__(self, *, flows: bool) -> None:
        self.flowing = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        if flows:
            self.flowing.set()

    def cut(self) -> None:
        """By RST, on both sides."""
        for writer in self.writers:
            raw: socket.socket | None = writer.get_extra_info("socket")
            with suppress(OSError):
                if raw is not None:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Forwards to ``url``'s server. ``new`` is what happens to connections that come from now on."""

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self._delay = 0.0
        self.new: Mode = "forward"
        self.port = 0

    @property
    def url(self) -> str:
        """The database's URL by way of the proxy."""
        by_proxy = self._target.set(host="127.0.0.1", port=self.port)
        return by_proxy.render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def cut(self, *, new: Mode = "forward") -> None:
        """End every connection by RST."""
        self.new = new
        self._do(self._cut())

    def half_open(self, *, new: Mode = "half-open") -> None:
        """Stop forwarding, both ways and without closing: bytes are taken and go nowhere."""
        self.new = new
        self._do(self._flow(on=False))

    def resume(self) -> None:
        """Forward all, what has waited in a half-open connection too."""
        self.new, self._delay = "forward", 0.0
        self._do(self._flow(on=True))

    def slow(self, seconds: float) -> None:
        """Hold each piece for so long, both ways."""
        self._delay = seconds

    # ---- on the proxy's thread

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self) -> None:
        for link in tuple(self._links):
            link.cut()

    async def _flow(self, *, on: bool) -> None:
        for link in self._links:
            (link.flowing.set if on else link.flowing.clear)()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(flows=self.new == "forward")
        link.writers.append(writer)
        self._links.add(link)
        try:
            if self.new == "refuse":
                link.cut()
                return
            await link.flowing.wait()
            there, back = await asyncio.open_connection(self._target.host, self._target.port or 5432)
            link.writers.append(back)
            await asyncio.gather(self._pump(reader, back, link), self._pump(there, writer, link))
        except OSError:
            link.cut()
        except asyncio.CancelledError:
            return  # the proxy closes; the task is nobody's, and its cancellation would be logged
        finally:
            self._links.discard(link)
            for one in link.writers:
                one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, link: _Link) -> None:
        while data := await reader.read(_CHUNK):
            await link.flowing.wait()
            if self._delay:
                await asyncio.sleep(self._delay)
            writer.write(data)
            await writer.drain()
        await link.flowing.wait()
        writer.close()
