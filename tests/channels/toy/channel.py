"""The channel that posts to a wall: a server that keeps posts in a file, and takes them over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any, ClassVar, Literal

import aiohttp
from pydantic import Field, SecretStr

from newsbot.channels.read_back import find_reply_target
from newsbot.channels.redaction import format_one_line
from newsbot.channels.settings import ApiUrl, CorrectionSettings, PaceText
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_graphemes
from newsbot.errors import (
    ChannelRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.model import Part, Receipt
from newsbot.ports import Capabilities, Channel, FetchImage, Identity, Rate

__all__ = ["ToyChannel", "ToySettings"]

WAIT = 30.0
"""Seconds to wait after a 429 that does not say how long."""


class ToySettings(CorrectionSettings):
    example: ClassVar = {"api": "https://wall.example", "token": "0:nobody"}

    api: ApiUrl = Field(description="Where the wall is.")
    token: SecretStr = Field(description="The key of the wall.")
    pace: PaceText = Field(default="10/s", validate_default=True, description="The wall's calls.")
    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="edit", description="What a correction does to a post that is out."
    )

    @property
    def target(self) -> str:
        return f"toy:{self.api}"


class ToyChannel(Channel):
    """A channel that posts to one wall."""

    kind = "toy"
    capabilities = Capabilities(
        measure=count_graphemes,
        markup=PLAIN,
        text=500,
        edits=True,
        deletes_within=timedelta.max,
        threads=True,
        idempotency_key=True,
    )
    template = "toy.txt.j2"
    Settings = ToySettings

    def __init__(self, name: str, settings: ToySettings, fetch_image: FetchImage) -> None:  # noqa: ARG002
        self.name = name
        self.settings = settings
        self._rate = Rate(f"toy:{settings.api}", *settings.pace, precise=True)

    def rates(self) -> tuple[Rate, ...]:
        return (self._rate,)

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,  # noqa: ARG002  the wall has no replies
        silent: bool = False,  # noqa: ARG002  and no sounds
        key: str = "",
    ) -> Receipt:
        answer = await self._call("POST", "/posts", {"text": part.text, "key": key})
        return Receipt(0, str(answer["id"]))

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        await self._call("PATCH", f"/posts/{_find_number(receipt)}", {"text": part.text})
        return receipt

    async def delete(self, receipt: Receipt) -> None:
        try:
            await self._call("POST", f"/posts/{_find_number(receipt)}/removal")
        except MessageGone:
            return

    async def identify(self) -> Identity:
        answer = await self._call("GET", "/me")
        return Identity(str(answer["name"]), self.settings.api)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the wall's answer; raise what the end of the call proves, without the library's error."""
        try:
            outcome = await asyncio.wait_for(self._request(method, path, body), self.deadline)
        except aiohttp.ClientConnectorError as error:
            secrets = (self.settings.token.get_secret_value(),)
            outcome = NotSent(f"the wall can't be reached: {format_one_line(error, secrets)}")
        except Exception as error:  # noqa: BLE001  an unexpected error proves nothing about the call
            outcome = OutcomeUnknown(f"no whole answer of the wall ({type(error).__name__})")
        if isinstance(outcome, SendError):
            raise outcome
        return outcome

    async def _request(self, method: str, path: str, body: Any) -> Any:
        url, token = self.settings.api + path, self.settings.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url, json=body, allow_redirects=False) as answer,
        ):
            if not 200 <= answer.status < 300:
                return self._classify(answer.status, answer.headers.get("Retry-After"))
            found = await answer.json()
            int(found["id"])  # What has none is no answer of the wall.
            return found

    def _classify(self, status: int, retry_after: str | None) -> SendError:
        said = f"the wall answered HTTP {status}"
        if status == 429:
            wait = float(retry_after) if retry_after and retry_after.isdecimal() else WAIT
            return RateLimited(said, retry_after=wait, key=self._rate.key)
        if status in {401, 403}:
            return ChannelRefused(f"{said}: check token")
        if status == 404:
            return MessageGone(said)
        return Refused(said) if status in {400, 413, 422} else OutcomeUnknown(said)


def _find_number(receipt: Receipt) -> str:
    number, _ = find_reply_target(receipt)
    if number is None:
        raise Refused("its id is not known")
    return number
