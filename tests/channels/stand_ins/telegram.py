"""The sandbox's Telegram, as the conformance suite sees it."""

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["TOKEN", "View"]

TOKEN = "123456789:AAE-not_a_real_token-0123456789abcdef"


class View(PlatformView):
    calls = {"send": "send[MP]*", "edit": "edit*", "delete": "deleteMessage*"}  # noqa: RUF012
    keys = {"token": TOKEN, "chat": "@sandbox"}  # noqa: RUF012

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str] | None = None) -> None:  # noqa: ARG002
        self._sandbox = sandbox

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
