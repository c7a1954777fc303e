"""The channel that posts to a wall: a server that keeps posts in a file, and takes them over HTTP."""

from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr

from newsbot.channels.http_api import ApiCall, HttpApi
from newsbot.channels.read_back import find_reply_target
from newsbot.channels.settings import ApiUrl, CorrectionSettings, PaceText
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_graphemes
from newsbot.errors import MessageGone, Refused
from newsbot.model import Part, Receipt
from newsbot.ports import Capabilities, Channel, FetchImage, Identity, Rate
from newsbot.reasons import PlatformCode

__all__ = ["ToyChannel", "ToySettings"]


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
        account=True,
    )
    template = "toy.txt.j2"
    Settings = ToySettings

    def __init__(self, name: str, settings: ToySettings, fetch_image: FetchImage) -> None:  # noqa: ARG002
        self.name = name
        self.settings = settings
        self._rate = Rate(f"toy:{settings.api}", *settings.pace, precise=True)
        token = settings.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}"}
        self._api = HttpApi("the wall", settings.api, headers=headers, secrets=(token,))

    def rates(self) -> tuple[Rate, ...]:
        return (self._rate,)

    async def open(self) -> None:
        await self._api.open()

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,  # noqa: ARG002  the wall has no replies
        silent: bool = False,  # noqa: ARG002  and no sounds
        key: str = "",
    ) -> Receipt:
        number = await self._api.call(
            "POST",
            "/posts",
            ApiCall(rate=self._rate.key, place="the wall"),
            content={"text": part.text, "key": key},
            parse=_parse_number,
            within=self.deadline,
        )
        return Receipt(0, number)

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        await self._change("PUT", receipt, {"text": part.text})
        return receipt

    async def delete(self, receipt: Receipt) -> None:
        try:
            await self._change("DELETE", receipt)
        except MessageGone:
            return

    async def identify(self) -> Identity:
        name = await self._api.call(
            "GET",
            "/me",
            ApiCall(rate=self._rate.key),
            parse=lambda answer: str(answer["name"]),
            within=self.deadline,
        )
        return Identity(name, self.settings.api)

    async def close(self) -> None:
        await self._api.close()

    async def _change(self, method: str, receipt: Receipt, content: Any = None) -> None:
        number, _ = find_reply_target(receipt)
        if number is None:
            raise Refused(PlatformCode.ID_NOT_KNOWN())
        await self._api.call(
            method,
            f"/posts/{number}",
            ApiCall(rate=self._rate.key, message=True),
            content=content,
            parse=lambda answer: answer,
            within=self.deadline,
        )


def _parse_number(answer: Any) -> str:
    """Return the post's number; raise an error if the answer has none."""
    return str(int(answer["id"]))
