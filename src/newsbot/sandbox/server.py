"""The sandbox as a server on this machine: one address per platform, and one for the admin interface.

A platform's address can stop listening and listen again at the same port, to simulate a platform that is
down.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from newsbot.errors import ListenError
from newsbot.ports import Clock
from newsbot.reasons import UsageCode
from newsbot.sandbox.admin import create_admin_app
from newsbot.sandbox.calls import (
    KINDS_BEFORE_PROCESSING,
    FaultInjector,
    InjectedFault,
    Journal,
    PlatformResponse,
    RecordedCall,
    Violation,
    build_web_response,
    send_faulty,
)
from newsbot.sandbox.model import ModelApi
from newsbot.sandbox.telegram.api import TelegramApi, TelegramMethods
from newsbot.sandbox.telegram.state import SandboxBot, SandboxChat, TelegramState, build_default_chats
from newsbot.sandbox.telegram.updates import WebhookSender
from newsbot.sandbox.x.api import XApi
from newsbot.sandbox.x.state import Credentials, XState
from newsbot.scheduling.clock import SystemClock

__all__ = ["Listener", "OffsetClock", "Sandbox", "StandIn"]

# ---------------------------------------------------------------- the HTTP server at one address

_BACKLOG = 128
_GRACE_SECONDS = 0.1  # The seconds for which requests in progress may go on when the sandbox stops.


class Listener:
    """An HTTP server at one port, which can stop listening and listen again.

    A second socket is bound to the port but never listens, so that no other program can take the port.
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
        """Return the server's URL; raise RuntimeError before the server has started."""
        if self._reserved_socket is None:
            raise RuntimeError("the sandbox has not been started")
        return f"http://127.0.0.1:{self._reserved_socket.getsockname()[1]}"

    async def start(self, port: int) -> None:
        """Bind the port, and listen; raise OSError if the port is taken."""
        await self._runner.setup()
        self._reserved_socket = _bind_socket(port)
        self.listen()

    def listen(self) -> None:
        """Listen for connections; do nothing if the server already listens.

        The operating system accepts connections at once, even before the server is ready to answer.
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
            # If the method `refuse` closed the listening socket before this task began, there is nothing to
            # serve.
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._create_protocol, sock=sock, start_serving=False)
        await self._server.start_serving()

    def _create_protocol(self) -> asyncio.Protocol:
        if self._runner.server is None:
            raise RuntimeError("the sandbox has not been started")
        return self._runner.server()

    def refuse(self) -> None:
        """Refuse new connections from now on, and close idle connections."""
        if self._server is not None:
            self._server.close()
        elif self._listening_socket is not None:
            self._listening_socket.close()
        self._server = self._listening_socket = None
        self._close_idle()

    def _close_idle(self) -> None:
        """Close idle connections, so that their clients notice; requests in progress continue."""
        for connection in self._runner.server.connections if self._runner.server else ():
            if connection not in self._busy and connection.transport is not None:
                # The error is ignored, because a client may have closed its connection already.
                with contextlib.suppress(OSError):
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
        """Stop listening, cancel requests that hang, and release the port."""
        self.refuse()
        for task in list(self._tasks):
            await task
        await self._cancel_requests()
        await self._runner.cleanup()
        if self._reserved_socket is not None:
            self._reserved_socket.close()
            self._reserved_socket = None

    async def _cancel_requests(self) -> None:
        """Cancel requests that hang.

        aiohttp's own cancellation fails if a response is sent at that moment.
        """
        if self._request_tasks:
            await asyncio.wait(self._request_tasks, timeout=_GRACE_SECONDS)
        for task in self._request_tasks:
            task.cancel()
        await asyncio.gather(*self._request_tasks, return_exceptions=True)


def _bind_socket(port: int) -> socket.socket:
    """Return a socket that is bound to a port of this machine and does not listen.

    The sandbox binds two sockets to one port, of which only one listens. Linux lets two sockets share a port
    by SO_REUSEADDR until one of them listens. BSD and macOS require SO_REUSEPORT for that. On Linux that flag
    would let a second sandbox listen at the same port.
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


# ---------------------------------------------------------------- the sandbox with all its servers


class OffsetClock:
    """A clock that is ahead of another clock by an adjustable offset, so that tests need not wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the time of the other clock plus the offset."""
        return self._clock.now() + self.ahead


class StandIn(Protocol):
    """The interface of a simulated platform's HTTP API, which enforces the platform's documented limits."""

    platform: str

    def method(self, request: web.BaseRequest) -> str:
        """Return the name of the API method that a request calls; injected faults select calls by that
        name.
        """
        ...

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        """Return the platform's response for an error of its own servers (5xx) or for a refusal (4xx).

        ``retry_after`` is the number of seconds to wait that a 429 names, None if it names none.
        """
        ...

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        """Execute a request, add its parameters to ``call``, and return the platform's response."""
        ...


class Sandbox:
    """A simulated Telegram Bot API, X API v2 and model that enforce the rules of the real ones.

    Without arguments: token ``123456:TEST-sandbox``, the chats of `build_default_chats`, the OAuth strings of
    `Credentials`, user ``sandbox``. With ``open_``, the sandbox accepts any token and any keys. ``telegram``
    and ``x`` are the states, which tests may read and change. ``admin`` accepts more routes until the start
    (the page's, for example). ``stand_ins`` are further platforms, each at the `url` of its name.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        chats: Iterable[SandboxChat] | None = None,
        credentials: Credentials | None = None,
        username: str = "sandbox",
        open_: bool = False,
        clock: Clock | None = None,
        stand_ins: Iterable[StandIn] = (),
    ) -> None:
        self.clock = OffsetClock(clock or SystemClock())
        self.telegram = TelegramState(SandboxBot(token) if token else SandboxBot(), now=self.clock.now)
        self.telegram.add(build_default_chats() if chats is None else chats)
        self.x = XState(credentials or Credentials(), username=username)
        self.journal = Journal()
        telegram = TelegramApi(TelegramMethods(self.telegram, self.clock), self.journal, open_=open_)
        x = XApi(self.x, self.clock, self.journal, open_=open_)
        self.model = ModelApi(self.journal, open_=open_)
        self.stand_ins = {api.platform: api for api in stand_ins}
        apis: list[StandIn] = [telegram, x, self.model, *self.stand_ins.values()]
        self._listeners = {api.platform: Listener(self._create_platform_app(api)) for api in apis}
        self.faults = FaultInjector(frozenset(self._listeners), on_change=self._listen_or_refuse)
        self.admin = create_admin_app(self)
        self._admin = Listener(self.admin)
        self._deliveries = WebhookSender(self.telegram)

    @property
    def calls(self) -> list[RecordedCall]:
        """Return the recorded requests to all simulated platforms, oldest first."""
        return self.journal.calls

    @property
    def violations(self) -> list[Violation]:
        """Return the recorded requests that a well-built client would not make."""
        return self.journal.violations

    @property
    def telegram_url(self) -> str:
        """Return the base URL of the simulated Bot API."""
        return self.url("telegram")

    @property
    def x_url(self) -> str:
        """Return the base URL of the simulated X API."""
        return self.url("x")

    @property
    def model_url(self) -> str:
        """Return the base URL of the simulated model's API, as `summarizer.base_url` names it."""
        return f"{self.url('model')}/v1"

    def url(self, platform: str) -> str:
        """Return the base URL of a simulated platform's API."""
        return self._listeners[platform].url

    @property
    def admin_url(self) -> str:
        """Return the URL of the admin interface."""
        return f"{self._admin.url}/_sandbox"

    async def start(self, port: int = 0) -> None:
        """Start the servers on 127.0.0.1: the admin interface at ``port``, the platforms at the next ports.

        If ``port`` is 0, any free ports are used.

        Raises:
            ListenError: A port is taken. Then nothing listens.
        """
        listeners = (self._admin, *self._listeners.values())
        try:
            for n, listener in enumerate(listeners):
                await listener.start(port and port + n)
        except OSError as error:
            await self.stop()
            last = port + len(listeners) - 1
            raise ListenError(UsageCode.PORTS_TAKEN(n=port, most=last, words=error.strerror)) from None
        self._deliveries.start()

    async def stop(self) -> None:
        """Stop all servers and the sending of updates, and cancel requests that hang."""
        await self._deliveries.stop()
        for listener in (*self._listeners.values(), self._admin):
            await listener.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    def reset(self) -> None:
        """Delete recorded calls, violations, faults, messages and posts; keep chats, keys and rate limits."""
        self.faults.clear()
        self.journal.clear()
        for chat in self.telegram.chats.values():
            chat.messages.clear()
            chat.deleted.clear()
            chat.pinned.clear()
        self.telegram.clear_events()
        self.model.paid.clear()
        for gone in (self.x.tweets, self.x.deleted, self.x.media, self.x.spent, self.x.windows):
            gone.clear()

    def _listen_or_refuse(self) -> None:
        for platform, listener in self._listeners.items():
            fault = self.faults.find_outage(platform)
            listener.refuse() if fault else listener.listen()
            if fault and fault.seconds:
                loop = asyncio.get_running_loop()
                loop.call_later(fault.seconds, self.faults.remove, fault)
                fault.seconds = 0.0

    def _create_platform_app(self, api: StandIn) -> web.Application:
        """Create a platform's web application: it records each request, and answers it or applies a fault."""

        async def handle(request: web.Request) -> web.StreamResponse:
            call = RecordedCall(self.clock.now(), api.platform, api.method(request))
            self.journal.calls.append(call)
            fault = self.faults.take(api.platform, call.method, request.path)
            response = await self._answer_with_fault(api, request, call, fault)
            if self.faults.find_outage(api.platform):
                response.force_close()
                self._listen_or_refuse()
            return response

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", handle)
        return app

    async def _answer_with_fault(
        self, api: StandIn, request: web.Request, call: RecordedCall, fault: InjectedFault | None
    ) -> web.StreamResponse:
        if fault is None or fault.kind == "none":
            return build_web_response(await _answer_call(api, request, call))
        call.fault = fault.kind
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            return build_web_response(await _answer_call(api, request, call))
        if fault.kind in KINDS_BEFORE_PROCESSING:
            return await _answer_with_failure(api, request, fault)
        answer = await _answer_call(api, request, call)
        if fault.kind.endswith("_after_processing") and fault.kind[0].isdigit():
            return build_web_response(api.build_failure(int(fault.kind[:3]), None))
        return await send_faulty(request, fault, answer)


async def _answer_call(api: StandIn, request: web.Request, call: RecordedCall) -> PlatformResponse:
    answer = await api.answer(request, call)
    call.status = answer.status
    return answer


async def _answer_with_failure(
    api: StandIn, request: web.Request, fault: InjectedFault
) -> web.StreamResponse:
    if not fault.kind[0].isdigit():
        return await send_faulty(request, fault, PlatformResponse(200))
    await request.read()
    retry_after = fault.retry_after if fault.kind == "429" else None
    return build_web_response(api.build_failure(int(fault.kind[:3]), retry_after))
