"""The sandbox's Telegram, as the conformance suite sees it."""

from typing import Any

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.servers import TOKEN
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["View"]


class View(PlatformView):
    calls = {"send": "send[MP]*", "edit": "edit*", "delete": "deleteMessage*"}  # noqa: RUF012

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str]) -> None:  # noqa: ARG002
        self._sandbox = sandbox

    def settings(self) -> dict[str, Any]:
        return {"api": self._sandbox.telegram_url, "token": TOKEN, "chat": "@sandbox"}

    def messages(self) -> list[ShownMessage]:
        return [
            ShownMessage(
                message.text,
                str(message.message_id),
                str(message.reply_to) if message.reply_to else None,
                message.silent,
                ((message.photo.data, None),) if message.photo else (),
                tuple(message.links),
            )
            for message in self._sandbox.telegram.chat("@sandbox").messages
        ]
