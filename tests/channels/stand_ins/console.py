"""Standard output, as the conformance suite sees it."""

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["View"]


class View(PlatformView):
    calls = {}  # noqa: RUF012
    keys = {}  # noqa: RUF012

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str] | None = None) -> None:  # noqa: ARG002
        assert printed
        self._printed = printed
        self._out = ""

    def messages(self) -> list[ShownMessage]:
        self._out += self._printed.readouterr().out
        return [ShownMessage(text, "") for text in self._out.split("\n\n")[:-1]]
