"""The sandbox's X, as the conformance suite sees it."""

from typing import Any

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.servers import KEYS
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["View"]


class View(PlatformView):
    calls = {"send": "POST /2/tweets", "delete": "DELETE /2/tweets/:id"}  # noqa: RUF012

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str]) -> None:  # noqa: ARG002
        self._sandbox = sandbox

    def settings(self) -> dict[str, Any]:
        return {"api": self._sandbox.x_url, **KEYS}

    def messages(self) -> list[ShownMessage]:
        return [
            ShownMessage(
                tweet.text,
                tweet.id,
                tweet.reply_to,
                photos=tuple((media.data, media.alt) for media in tweet.media),
                links=tuple(tweet.links),
            )
            for tweet in self._sandbox.x.tweets
        ]
