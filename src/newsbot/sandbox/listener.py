"""One address on loopback that can stop listening and listen again, at the same port."""

import asyncio
import contextlib
import socket
import sys

from aiohttp import web
from aiohttp.typedefs import Handler

__all__ = ["Listener"]

_BACKLOG = 128
_GRACE_SECONDS = 0.1  # seconds that a stop leaves to what is being answered


class Listener:
    """A second socket is bound to the port but never listens, so that nobody else gets it meanwhile."""

    def __init__(self, app: web.Application) -> None:
        app.middlewares.append(self._mark_busy)
        self._busy: set[web.RequestHandler] = set()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)
        self._request_tasks: set[asyncio.Task[object]] = set()
        self._reserved_socket: socket.socket | None = None
        self._listening_socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        if self._reserved_socket is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http://127.0.0.1:{self._reserved_socket.getsockname()[1]}"

    async def start(self, port: int) -> None:
        """Raises OSError where the port is taken."""
        await self._runner.setup()
        self._reserved_socket = _bind_socket(port)
        self.listen()

    def listen(self) -> None:
        """From now on; nothing if it does already. The kernel takes connections before we serve them."""
        if self._reserved_socket is None or self._listening_socket is not None:
            return
        self._listening_socket = _bind_socket(self._reserved_socket.getsockname()[1])
        self._listening_socket.listen(_BACKLOG)
        task = asyncio.get_running_loop().create_task(self._serve(self._listening_socket))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket) -> None:
        if sock is not self._listening_socket:
            return  # closed before this began
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._create_protocol, sock=sock, start_serving=False)
        await self._server.start_serving()

    def _create_protocol(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("the sandbox has not been started")
        return self._runner.server()

    def refuse(self) -> None:
        """Connections are refused from now on, and idle ones closed."""
        if self._server is not None:
            self._server.close()
        elif self._listening_socket is not None:
            self._listening_socket.close()
        self._server = self._listening_socket = None
        self._close_idle()

    def _close_idle(self) -> None:
        """Whoever kept a connection alive must notice too; what is being answered still is."""
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection not in self._busy and connection.transport is not None:
                with contextlib.suppress(OSError):  # the client was quicker
                    connection.transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                connection.force_close()

    @web.middleware
    async def _mark_busy(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        task = asyncio.current_task()
        self._busy.add(request.protocol)
        self._request_tasks.update({task} if task else ())
        try:
            return await handler(request)
        finally:
            self._busy.discard(request.protocol)
            self._request_tasks.difference_update({task} if task else ())

    async def stop(self) -> None:
        self.refuse()
        for task in list(self._tasks):
            await task
        await self._cancel_requests()
        await self._runner.cleanup()
        if self._reserved_socket is not None:
            self._reserved_socket.close()
            self._reserved_socket = None

    async def _cancel_requests(self) -> None:
        """End what hangs. aiohttp's own end of it fails where an answer comes in the same moment."""
        if self._request_tasks:
            await asyncio.wait(self._request_tasks, timeout=_GRACE_SECONDS)
        for task in self._request_tasks:
            task.cancel()
        await asyncio.gather(*self._request_tasks, return_exceptions=True)


def _bind_socket(port: int) -> socket.socket:
    """A socket at the port beside our own one that never listens; not beside anyone's that does.

    Linux lets two sockets share a port by SO_REUSEADDR until one of them listens. BSD and macOS want
    SO_REUSEPORT for it. On Linux that flag would let a second sandbox listen at the same port.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sys.platform != "linux":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)  # noqa: FBT003  the module's own signature
    return sock
