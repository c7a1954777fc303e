"""Updates sent to a webhook: on this machine only, again and again until it takes them.

After telegram-bot-api's WebhookActor: what concerns one chat stays in its order; a second after the first
failure, then twice as long each time, to a minute; ``Retry-After`` is heeded.
"""

import asyncio
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from newsbot.sandbox.telegram.polling import forget_old
from newsbot.sandbox.telegram.state import TelegramState, Webhook

__all__ = ["LOOPBACK", "Deliveries", "queue_of"]

Json = dict[str, Any]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TICK = 0.02
_TIMEOUT = aiohttp.ClientTimeout(total=60)
_LONGEST_WAIT = 60.0
_NAMED = ("message", "chat", "from")


class Deliveries:
    """A task that sends what waits, as long as a webhook is set."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._failed: dict[int, int] = {}
        self._rest: dict[int, float] = {}  # by queue: when its first may be tried again
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        tasks = [task for task in (self._task, *self._busy.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._busy.clear()

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                if self.state.webhook:
                    forget_old(self.state)
                    self._begin(session)
                await asyncio.sleep(_TICK)

    def _begin(self, session: aiohttp.ClientSession) -> None:
        """Start the first update of each chat that is not being served."""
        now, seen = asyncio.get_running_loop().time(), set(self._busy)
        again, self.state.again[:] = list(self.state.again), []
        for update in again:
            self.state.updates.insert(0, update)
        for update in list(self.state.updates):
            queue = queue_of(update)
            if queue not in seen and now >= self._rest.get(queue, 0) and len(seen) < self._connections:
                self._busy[queue] = asyncio.create_task(self._send(session, queue, update))
            seen.add(queue)

    @property
    def _connections(self) -> int:
        return self.state.hook.connections

    async def _send(self, session: aiohttp.ClientSession, queue: int, update: Json) -> None:
        hook, id_ = self.state.hook, update["update_id"]
        try:
            wait = await self._try(session, hook, update)
            if hook is not self.state.hook:
                return  # another one was set meanwhile: it gets the update
            if wait is None:
                self.state.confirm([id_])
                self._failed.pop(id_, None)
            else:
                self._rest[queue] = asyncio.get_running_loop().time() + (wait or self._delay(hook, id_))
        finally:
            self._busy.pop(queue, None)

    def _delay(self, hook: Webhook, update_id: int) -> float:
        failed = self._failed[update_id] = self._failed.get(update_id, 0) + 1
        return float(min(hook.retry * 2 ** (failed - 1), _LONGEST_WAIT))

    async def _try(self, session: aiohttp.ClientSession, hook: Webhook, update: Json) -> float | None:
        """None where it was taken, else the seconds that its answer asks for (0: none asked for)."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            if urlsplit(hook.url).hostname not in LOOPBACK:
                self._note(hook, "Failed to resolve host: nothing leaves this machine")
                return _LONGEST_WAIT
            async with session.post(hook.url, json=update, headers=headers, ssl=_tls(hook)) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError) as error:
            self._note(hook, f"Connection failed: {error or type(error).__name__}")
            return 0.0
        if answer.ok and answer.status < 300:  # noqa: PLR2004  HTTP's line
            return None
        self._note(hook, f"Wrong response from the webhook: {answer.status} {answer.reason}")
        with suppress(ValueError):
            return float(answer.headers.get("Retry-After", "0"))
        return 0.0

    def _note(self, hook: Webhook, error: str) -> None:
        hook.error, hook.error_at = error, int(self.state.now().timestamp())


def _tls(hook: Webhook) -> ssl.SSLContext | bool:
    """A certificate that came with setWebhook is the one trusted. Raises SSLError for what is none."""
    if not hook.certificate:
        return True
    return ssl.create_default_context(cadata=hook.certificate.decode("ascii", errors="replace"))


def queue_of(update: Json) -> int:
    """The id of the chat or person that an update concerns."""
    (value,) = (value for name, value in update.items() if name != "update_id")
    for name in _NAMED:
        if isinstance(inner := value.get(name), dict):
            return int(inner["chat"]["id"] if name == "message" else inner["id"])
    return 0
