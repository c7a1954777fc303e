"""The stand-ins as a server on loopback: one socket per platform, one for those who drive them."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, Self

from aiohttp import web

from newsbot.errors import ListenError
from newsbot.ports import Clock
from newsbot.sandbox.admin import admin_app
from newsbot.sandbox.faults import BEFORE, Fault, Faults
from newsbot.sandbox.journal import Answer, Call, Journal, Violation
from newsbot.sandbox.listener import Listener
from newsbot.sandbox.telegram.api import Methods, TelegramApi
from newsbot.sandbox.telegram.state import Bot, Chat, TelegramState, default_chats
from newsbot.sandbox.telegram.updates import Deliveries
from newsbot.sandbox.wire import respond, spoil
from newsbot.sandbox.x.api import XApi
from newsbot.sandbox.x.state import Credentials, XState
from newsbot.scheduling.clock import SystemClock

__all__ = ["MovedClock", "Sandbox"]


class MovedClock:
    """The Clock port over another one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self.ahead


class _Api(Protocol):
    platform: str

    def method(self, request: web.BaseRequest) -> str: ...
    def failure(self, status: int, retry_after: int | None) -> Answer: ...
    async def answer(self, request: web.BaseRequest, call: Call) -> Answer: ...


class Sandbox:
    """A Telegram Bot API and an X API v2 that keep the platforms' rules.

    Without arguments: token ``123456:TEST-sandbox``, the chats of `default_chats`, the four strings of
    `Credentials`, user ``sandbox``. ``open_`` takes any token and any keys instead. ``telegram`` and ``x``
    are the states: look into them, change them. ``admin`` takes more routes until it starts (the page's).
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        chats: Iterable[Chat] | None = None,
        credentials: Credentials | None = None,
        username: str = "sandbox",
        open_: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.clock = MovedClock(clock or SystemClock())
        self.telegram = TelegramState(Bot(token) if token else Bot(), now=self.clock.now)
        self.telegram.add(default_chats() if chats is None else chats)
        self.x = XState(credentials or Credentials(), username=username)
        self.journal = Journal()
        self.faults = Faults(on_change=self._listen_or_refuse)
        telegram = TelegramApi(Methods(self.telegram, self.clock), self.journal, open_=open_)
        x = XApi(self.x, self.clock, self.journal, open_=open_)
        self._listeners = {"telegram": Listener(self._front(telegram)), "x": Listener(self._front(x))}
        self.admin = admin_app(self)
        self._admin = Listener(self.admin)
        self._deliveries = Deliveries(self.telegram)

    @property
    def calls(self) -> list[Call]:
        return self.journal.calls

    @property
    def violations(self) -> list[Violation]:
        return self.journal.violations

    @property
    def telegram_url(self) -> str:
        return self._listeners["telegram"].url

    @property
    def x_url(self) -> str:
        return self._listeners["x"].url

    @property
    def admin_url(self) -> str:
        return f"{self._admin.url}/_sandbox"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1: the admin interface at ``port``, Telegram and X right after it; 0: any.

        Raises:
            ListenError: a port is taken. Then nothing listens.
        """
        listeners = (self._admin, self._listeners["telegram"], self._listeners["x"])
        try:
            for n, listener in enumerate(listeners):
                await listener.start(port and port + n)
        except OSError as error:
            await self.stop()
            raise ListenError(
                f"can't listen on the ports {port} to {port + 2} of 127.0.0.1 ({error.strerror}): "
                "end what runs there (another sandbox?), or take another --port"
            ) from None
        self._deliveries.start()

    async def stop(self) -> None:
        """Close everything; calls that hang are cut."""
        await self._deliveries.stop()
        for listener in (*self._listeners.values(), self._admin):
            await listener.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    def reset(self) -> None:
        """Forget calls, violations, faults, messages, posts and arrivals; keep chats, keys and rates."""
        self.faults.clear()
        self.journal.clear()
        for chat in self.telegram.chats.values():
            chat.messages.clear()
            chat.deleted.clear()
            chat.pinned.clear()
        self.telegram.forget()
        for gone in (self.x.tweets, self.x.deleted, self.x.media, self.x.spent, self.x.windows):
            gone.clear()

    def _listen_or_refuse(self) -> None:
        for platform, listener in self._listeners.items():
            fault = self.faults.refusing(platform)
            listener.refuse() if fault else listener.listen()
            if fault and fault.seconds:
                loop = asyncio.get_running_loop()
                loop.call_later(fault.seconds, self.faults.remove, fault)
                fault.seconds = 0.0

    def _front(self, api: _Api) -> web.Application:
        """Every request of a platform: noted, spoiled where a fault says so, else answered."""

        async def handle(request: web.Request) -> web.StreamResponse:
            call = Call(self.clock.now(), api.platform, api.method(request))
            self.journal.calls.append(call)
            fault = self.faults.take(api.platform, call.method, request.path)
            response = await self._handled(api, request, call, fault)
            if self.faults.refusing(api.platform):
                response.force_close()
                self._listen_or_refuse()
            return response

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", handle)
        return app

    async def _handled(
        self, api: _Api, request: web.Request, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        if fault is None or fault.kind == "none":
            return respond(await _answered(api, request, call))
        call.fault = fault.kind
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            return respond(await _answered(api, request, call))
        if fault.kind in BEFORE:
            return await _fail(api, request, fault)
        answer = await _answered(api, request, call)
        if fault.kind.endswith("_after_processing") and fault.kind[0].isdigit():
            return respond(api.failure(int(fault.kind[:3]), None))
        return await spoil(request, fault, answer)


async def _answered(api: _Api, request: web.Request, call: Call) -> Answer:
    answer = await api.answer(request, call)
    call.status = answer.status
    return answer


async def _fail(api: _Api, request: web.Request, fault: Fault) -> web.StreamResponse:
    if not fault.kind[0].isdigit():
        return await spoil(request, fault, Answer(200))
    await request.read()
    retry_after = fault.retry_after if fault.kind == "429" else None
    return respond(api.failure(int(fault.kind[:3]), retry_after))
