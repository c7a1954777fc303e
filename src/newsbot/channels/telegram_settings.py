"""The settings of a Telegram channel in config.yaml."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr

from newsbot.channels.settings import ApiUrl, CorrectionSettings, PaceText, StrictModel, parse_api

__all__ = ["BotToken", "TelegramPace", "TelegramSettings"]


def _check_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise ValueError("is no bot token: write it as @BotFather gives it, like 123456789:AAE...")
    return token


BotToken = Annotated[SecretStr, AfterValidator(_check_token)]


def _parse_chat(value: object) -> object:
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"-?\d+", text):
            return int(text)
        if not re.fullmatch(r"@[A-Za-z]\w{2,31}", text, re.ASCII):
            raise ValueError(f"{text!r} is no chat: write it like @example or -1001234567890")
        return text
    return value


def _check_read_back(value: str) -> str:
    word = value.strip().lower()
    return word if word in {"auto", "off"} else parse_api(value)


class TelegramPace(StrictModel):
    """The limits for a bot's messages; Telegram's own limits are in https://core.telegram.org/bots/faq."""

    overall: PaceText = Field(
        default="30/s", validate_default=True, description="The bot's messages, over all its chats."
    )
    per_chat: PaceText = Field(default="1/s", validate_default=True, description="Messages in one chat.")
    per_group: PaceText = Field(default="20/min", validate_default=True, description="Messages in one group.")


class TelegramSettings(CorrectionSettings):
    model_config = ConfigDict(hide_input_in_errors=True)
    example: ClassVar = {"token": "0:nobody", "chat": "@preview"}

    api: ApiUrl = Field(
        default="https://api.telegram.org",
        description="Where the Bot API is: Telegram's, a local Bot API server's or the sandbox's.",
    )
    token: BotToken = Field(description="The bot's token, as @BotFather gives it.")
    chat: Annotated[int | str, BeforeValidator(_parse_chat)] = Field(
        description="Where posts go, like @example or -1001234567890."
    )
    topic: Annotated[int, Field(ge=1)] | None = Field(default=None, description="A forum's topic.")
    pace: TelegramPace = Field(
        default_factory=TelegramPace, description="How fast; paid broadcasts allow more."
    )
    read_back: Annotated[str, AfterValidator(_check_read_back)] = Field(
        default="auto",
        description="Where a post is looked for whose outcome is unknown: auto (t.me/s/NAME), a URL, or off.",
    )
    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="edit", description="What a correction does to a post that is out."
    )

    @property
    def target(self) -> str:
        """Return the place that posts go to: the chat and its topic, like ``telegram:@example#7``."""
        topic = f"#{self.topic}" if self.topic else ""
        return f"telegram:{str(self.chat).lower()}{topic}"
