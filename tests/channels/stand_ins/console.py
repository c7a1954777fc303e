"""Standard output, as the conformance suite sees it."""

from typing import Any

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["View"]


class View(PlatformView):
    calls = {}  # noqa: RUF012

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str]) -> None:  # noqa: ARG002
        self._printed = printed
        self._out = ""

    def settings(self) -> dict[str, Any]:
        return {}

    def messages(self) -> list[ShownMessage]:
        self._out += self._printed.readouterr().out
        return [ShownMessage(text, "") for text in self._out.split("\n\n")[:-1]]
