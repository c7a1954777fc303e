"""An address on loopback that can stop listening and listen again at the same port."""

import asyncio
import contextlib
import socket
import sys

from aiohttp import web
from aiohttp.typedefs import Handler

__all__ = ["Listener"]

_BACKLOG = 128
_GRACE_SECONDS = 0.1  # seconds that a stop leaves to requests in progress


class Listener:
    """A listener that can stop and restart at its port.

    A second socket is bound to the port but never listens, so that no other program takes the port meanwhile.
    """

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
        """The listener's address."""
        if self._reserved_socket is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http://127.0.0.1:{self._reserved_socket.getsockname()[1]}"

    async def start(self, port: int) -> None:
        """Bind the port, and listen. Raises OSError if the port is taken."""
        await self._runner.setup()
        self._reserved_socket = _bind_socket(port)
        self.listen()

    def listen(self) -> None:
        """Listen for connections; no-op if it already listens.

        The kernel accepts connections even before the server is ready for them.
        """
        if self._reserved_socket is None or self._listening_socket is not None:
            return
        self._listening_socket = _bind_socket(self._reserved_socket.getsockname()[1])
        self._listening_socket.listen(_BACKLOG)
        task = asyncio.get_running_loop().create_task(self._serve(self._listening_socket))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket) -> None:
        if sock is not self._listening_socket:
            return  # The socket was closed before this task began.
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._create_protocol, sock=sock, start_serving=False)
        await self._server.start_serving()

    def _create_protocol(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("the sandbox has not been started")
        return self._runner.server()

    def refuse(self) -> None:
        """Refuse connections from now on, and close idle ones."""
        if self._server is not None:
            self._server.close()
        elif self._listening_socket is not None:
            self._listening_socket.close()
        self._server = self._listening_socket = None
        self._close_idle()

    def _close_idle(self) -> None:
        """Close idle kept-alive connections, so that their clients notice; requests in progress continue."""
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection not in self._busy and connection.transport is not None:
                with contextlib.suppress(OSError):  # The client has already closed the connection.
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
        """Stop listening, cancel hanging requests, and release the port."""
        self.refuse()
        for task in list(self._tasks):
            await task
        await self._cancel_requests()
        await self._runner.cleanup()
        if self._reserved_socket is not None:
            self._reserved_socket.close()
            self._reserved_socket = None

    async def _cancel_requests(self) -> None:
        """Cancel requests that hang; aiohttp's own cancellation fails if a response comes at that moment."""
        if self._request_tasks:
            await asyncio.wait(self._request_tasks, timeout=_GRACE_SECONDS)
        for task in self._request_tasks:
            task.cancel()
        await asyncio.gather(*self._request_tasks, return_exceptions=True)


def _bind_socket(port: int) -> socket.socket:
    """Bind a socket at a port beside our own silent socket, but not beside one that listens.

    Linux lets two sockets share a port by SO_REUSEADDR until one of them listens. BSD and macOS require
    SO_REUSEPORT for that. On Linux that flag would let a second sandbox listen at the same port.
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
    sock.setblocking(False)  # noqa: FBT003  The module's signature takes no keyword.
    return sock
