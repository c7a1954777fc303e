"""How the bot gets its updates: by polling, or by a webhook."""

import re
from typing import Any
from urllib.parse import urlsplit

from newsbot.sandbox.telegram.parameters import Upload
from newsbot.sandbox.telegram.polling import Polling
from newsbot.sandbox.telegram.posting import Method, bad
from newsbot.sandbox.telegram.state import TelegramState, Webhook
from newsbot.sandbox.telegram.webhook import LOOPBACK

__all__ = ["Updates"]

Json = dict[str, Any]

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CONNECTIONS = range(1, 101)


class Updates:
    def __init__(self, state: TelegramState) -> None:
        self.state = state
        self.polling = Polling(state)

    def methods(self) -> dict[str, Method]:
        return {
            "getUpdates": self.get_updates,
            "setWebhook": self.set_webhook,
            "deleteWebhook": self.delete_webhook,
            "getWebhookInfo": self.get_webhook_info,
        }

    async def get_updates(self, params: Json, _files: dict[str, Upload]) -> list[Json]:
        return await self.polling.get_updates(params)

    async def set_webhook(self, params: Json, _files: dict[str, Upload]) -> bool:
        """HTTPS; to this machine plain HTTP and any port too, as a local Bot API server allows."""
        url, secret = params["url"], params.get("secret_token", "")
        _check_address(url)
        if secret and not _SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters", violation=True)
        hook = Webhook(url, secret, params.get("certificate", b""), retry=self.state.hook.retry)
        if params.get("max_connections") in _CONNECTIONS:
            hook.connections = params["max_connections"]
        self.state.hook = hook
        self.state.allowed = params.get("allowed_updates", self.state.allowed)
        return self._drop(params)

    async def delete_webhook(self, params: Json, _files: dict[str, Upload]) -> bool:
        self.state.hook = Webhook(retry=self.state.hook.retry)
        return self._drop(params)

    async def get_webhook_info(self, _params: Json, _files: dict[str, Upload]) -> Json:
        hook = self.state.hook
        info: Json = {"url": hook.url, "has_custom_certificate": bool(hook.certificate)}
        info["pending_update_count"] = len(self.state.updates)
        if hook.url:
            info["max_connections"] = hook.connections
        if hook.error:
            info |= {"last_error_date": hook.error_at, "last_error_message": hook.error}
        return info | ({"allowed_updates": self.state.allowed} if self.state.allowed else {})

    def _drop(self, params: Json) -> bool:
        if params.get("drop_pending_updates"):
            self.state.confirm([each["update_id"] for each in self.state.updates])
        return True


def _check_address(url: str) -> None:
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
