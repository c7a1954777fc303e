"""The sandbox's X, as the conformance suite sees it."""

import pytest

from newsbot.sandbox import Sandbox
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["KEYS", "View"]

KEYS = {
    "consumer_key": "ck-0123456789",
    "consumer_secret": "cs-secret-0123456789",
    "access_token": "42-at-0123456789",
    "access_token_secret": "ats-secret-0123456789",
}


class View(PlatformView):
    calls = {  # noqa: RUF012
        "send": "POST /2/tweets",
        "edit": "POST /2/tweets",
        "delete": "DELETE /2/tweets/:id",
    }
    keys = KEYS | {"on_correct": "edit"}

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str] | None = None) -> None:  # noqa: ARG002
        self._sandbox = sandbox
        sandbox.x.premium = True

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
