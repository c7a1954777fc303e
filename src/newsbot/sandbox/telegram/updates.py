"""Delivery of the simulated Telegram's updates to the bot, by long polls or by a webhook.

The delivery by a webhook follows the class WebhookActor of Telegram's own server telegram-bot-api. Updates of
one chat stay in order. After a failure, the next try follows a second later; this delay doubles with each
failure up to a minute. The header ``Retry-After`` of the webhook's response is respected.
"""

import asyncio
import re
import ssl
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from newsbot.sandbox.calls import PlatformError
from newsbot.sandbox.telegram.parameters import UploadedFile
from newsbot.sandbox.telegram.posting import Method, bad
from newsbot.sandbox.telegram.state import SandboxWebhook, TelegramState

__all__ = ["LOOPBACK", "UpdateMethods", "UpdateQueue", "WebhookSender", "expire_updates", "get_queue_id"]

Json = dict[str, Any]

_TICK = 0.02
_MAX_TIMEOUT = 50
_RETENTION_SECONDS = 24 * 3600.0
_WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_OTHER_POLL_STARTED = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)
_WEBHOOK_SET = "terminated by setWebhook request"


class UpdateQueue:
    """The queue of the bot's updates, which getUpdates reads."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._latest_call = 0

    async def get_updates(self, params: Json) -> list[Json]:
        """Return the bot's updates from ``offset`` on, after waiting up to ``timeout`` seconds for one.

        Delete earlier updates. A value of ``allowed_updates`` stays in force until a later value replaces it.

        Raises:
            PlatformError: A webhook is set, or a newer call has arrived: status 409.
        """
        if self.state.webhook:
            raise PlatformError(409, f"Conflict: {_WEBHOOK_ACTIVE}")
        self._latest_call += 1
        mine = self._latest_call
        self.state.allowed = params.get("allowed_updates", self.state.allowed)
        self._confirm_before(params.get("offset", 0))
        waits = min(max(params.get("timeout", 0), 0), _MAX_TIMEOUT) / _TICK
        while not (found := self._take_pending(params)) and waits > 0:
            await asyncio.sleep(_TICK)
            waits -= 1
            self._check_is_latest(mine)
        return found

    def _check_is_latest(self, mine: int) -> None:
        if self.state.webhook:
            raise PlatformError(409, f"Conflict: {_WEBHOOK_SET}")
        if mine != self._latest_call:
            raise PlatformError(409, f"Conflict: {_OTHER_POLL_STARTED}")

    def _confirm_before(self, offset: int) -> None:
        """Delete the updates before ``offset``, which the bot has confirmed; -5 keeps the five newest."""
        expire_updates(self.state)
        ids = [each["update_id"] for each in self.state.updates]
        self.state.confirm(ids[:offset] if offset < 0 else [each for each in ids if each < offset])

    def _take_pending(self, params: Json) -> list[Json]:
        replays, self.state.replays[:] = list(self.state.replays), []
        return (replays + self.state.updates)[: min(max(params.get("limit", 100), 1), 100)]


def expire_updates(state: TelegramState) -> None:
    """Delete the bot's updates that are older than a day, as Telegram does."""
    old = state.now().timestamp() - _RETENTION_SECONDS
    state.confirm([update_id for update_id, at in state.arrival_times.items() if at < old])


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = aiohttp.ClientTimeout(total=60)
_LONGEST_WAIT = 60.0
_NAMED = ("message", "chat", "from")


class WebhookSender:
    """The background task that sends the bot's updates to its webhook while a webhook is set."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._failure_counts: dict[int, int] = {}
        # For the id of each chat or person: the event loop's time of the next try to send an update about
        # that chat or person.
        self._retry_times: dict[int, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to send updates to the webhook in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Cancel the background task and all requests to the webhook."""
        tasks = [task for task in (self._task, *self._busy.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._busy.clear()

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                if self.state.webhook:
                    expire_updates(self.state)
                    self._start_sends(session)
                await asyncio.sleep(_TICK)

    def _start_sends(self, session: aiohttp.ClientSession) -> None:
        """Start to send the first update of each chat for which no update is being sent."""
        now, seen = asyncio.get_running_loop().time(), set(self._busy)
        replays, self.state.replays[:] = list(self.state.replays), []
        for update in replays:
            self.state.updates.insert(0, update)
        for update in list(self.state.updates):
            queue = get_queue_id(update)
            if queue not in seen and now >= self._retry_times.get(queue, 0) and len(seen) < self._connections:
                self._busy[queue] = asyncio.create_task(self._send(session, queue, update))
            seen.add(queue)

    @property
    def _connections(self) -> int:
        return self.state.hook.connections

    async def _send(self, session: aiohttp.ClientSession, queue: int, update: Json) -> None:
        hook, id_ = self.state.hook, update["update_id"]
        try:
            wait = await self._post_update(session, hook, update)
            if hook is not self.state.hook:
                # If another webhook was set while this request ran, the update waits for that webhook.
                return
            if wait is None:
                self.state.confirm([id_])
                self._failure_counts.pop(id_, None)
            else:
                self._retry_times[queue] = asyncio.get_running_loop().time() + (
                    wait or self._next_delay(hook, id_)
                )
        finally:
            self._busy.pop(queue, None)

    def _next_delay(self, hook: SandboxWebhook, update_id: int) -> float:
        failed = self._failure_counts[update_id] = self._failure_counts.get(update_id, 0) + 1
        return float(min(hook.retry * 2 ** (failed - 1), _LONGEST_WAIT))

    async def _post_update(
        self, session: aiohttp.ClientSession, hook: SandboxWebhook, update: Json
    ) -> float | None:
        """Send an update to the bot's webhook; return None if the webhook accepted the update.

        Otherwise return how many seconds the response says to wait, 0 if it names no delay.
        """
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        try:
            if urlsplit(hook.url).hostname not in LOOPBACK:
                self._record_error(hook, "Failed to resolve host: nothing leaves this machine")
                return _LONGEST_WAIT
            async with session.post(
                hook.url, json=update, headers=headers, ssl=_build_tls_context(hook)
            ) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError) as error:
            self._record_error(hook, f"Connection failed: {error or type(error).__name__}")
            return 0.0
        if answer.ok and answer.status < 300:  # noqa: PLR2004  From 400 on, HTTP's statuses are errors.
            return None
        self._record_error(hook, f"Wrong response from the webhook: {answer.status} {answer.reason}")
        with suppress(ValueError):
            return float(answer.headers.get("Retry-After", "0"))
        return 0.0

    def _record_error(self, hook: SandboxWebhook, error: str) -> None:
        hook.error, hook.error_at = error, int(self.state.now().timestamp())


def _build_tls_context(hook: SandboxWebhook) -> ssl.SSLContext | bool:
    """Return the TLS context for the webhook, which trusts only setWebhook's certificate if one was sent.

    Raises:
        SSLError: The certificate is invalid.
    """
    if not hook.certificate:
        return True
    return ssl.create_default_context(cadata=hook.certificate.decode("ascii", errors="replace"))


def get_queue_id(update: Json) -> int:
    """Return the id of the chat or person that an update is about; 0 if the update names neither."""
    (value,) = (value for name, value in update.items() if name != "update_id")
    for name in _NAMED:
        if isinstance(inner := value.get(name), dict):
            return int(inner["chat"]["id"] if name == "message" else inner["id"])
    return 0


_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CONNECTIONS = range(1, 101)


class UpdateMethods:
    """The simulated Bot API's methods for updates and webhooks."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self.polling = UpdateQueue(state)

    def methods(self) -> dict[str, Method]:
        """Return the functions of the Bot API's methods for updates and webhooks, by the methods' names."""
        return {
            "getUpdates": self.get_updates,
            "setWebhook": self.set_webhook,
            "deleteWebhook": self.delete_webhook,
            "getWebhookInfo": self.get_webhook_info,
        }

    async def get_updates(self, params: Json, _files: dict[str, UploadedFile]) -> list[Json]:
        """Answer the Bot API's getUpdates with the bot's updates, for which it may wait."""
        return await self.polling.get_updates(params)

    async def set_webhook(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's setWebhook: store the webhook, whose URL must be HTTPS unless it is local.

        A URL on this machine may be plain HTTP with any port, as a local Bot API server allows.
        """
        url, secret = params["url"], params.get("secret_token", "")
        _check_webhook_url(url)
        if secret and not _SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters", violation=True)
        hook = SandboxWebhook(url, secret, params.get("certificate", b""), retry=self.state.hook.retry)
        if params.get("max_connections") in _CONNECTIONS:
            hook.connections = params["max_connections"]
        self.state.hook = hook
        self.state.allowed = params.get("allowed_updates", self.state.allowed)
        return self._drop_pending(params)

    async def delete_webhook(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's deleteWebhook: delete the webhook, so that getUpdates works."""
        self.state.hook = SandboxWebhook(retry=self.state.hook.retry)
        return self._drop_pending(params)

    async def get_webhook_info(self, _params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's getWebhookInfo with the webhook's state and last error."""
        hook = self.state.hook
        info: Json = {"url": hook.url, "has_custom_certificate": bool(hook.certificate)}
        info["pending_update_count"] = len(self.state.updates)
        if hook.url:
            info["max_connections"] = hook.connections
        if hook.error:
            info |= {"last_error_date": hook.error_at, "last_error_message": hook.error}
        return info | ({"allowed_updates": self.state.allowed} if self.state.allowed else {})

    def _drop_pending(self, params: Json) -> bool:
        if params.get("drop_pending_updates"):
            self.state.confirm([each["update_id"] for each in self.state.updates])
        return True


def _check_webhook_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad("bad webhook: invalid URL") from None
    if not url or parts.hostname in LOOPBACK:
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in {None, 443, 80, 88, 8443}:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
