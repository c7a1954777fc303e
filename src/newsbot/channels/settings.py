"""The keys that every kind of channel has in config.yaml."""

import re
from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    SecretStr,
    WithJsonSchema,
)

from newsbot.scheduling.review import Rule
from newsbot.scheduling.rules import (
    QuietHours,
    RateText,
    parse_quiet,
    parse_rate,
    parse_slot,
)
from newsbot.scheduling.settings import (
    AnyDuration,
    ApiUrl,
    Duration,
    Language,
    StrictModel,
    StyleSettings,
    Zone,
    is_loopback,
    limit_duration,
    parse_api,
)

__all__ = [
    "ApiUrl",
    "BotToken",
    "Budget",
    "ChannelSettings",
    "CorrectionSettings",
    "Duration",
    "Language",
    "PaceText",
    "PriceSettings",
    "ScheduleSettings",
    "StrictModel",
    "Zone",
    "is_loopback",
    "parse_api",
]


_LONGEST_WORDS = 60


def _check_bot_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:\S+", token.get_secret_value()):
        raise ValueError("is no bot token: write it as @BotFather gives it, like 123456789:AAE...")
    return token


BotToken = Annotated[SecretStr, AfterValidator(_check_bot_token)]
"""The token of a Telegram bot, of a channel or of the desk. The type is in this module because the model of
config.yaml needs it, and the channel's module takes long to import.
"""


def _check_phrases(text: str) -> str:
    said = " ".join(text.split())
    if not 0 < len(said) <= _LONGEST_WORDS:
        raise ValueError(f"is {len(said)} characters long: write 1 to {_LONGEST_WORDS}")
    if set(re.findall(r"[{}]", said.replace("{time}", ""))):
        raise ValueError("has braces: only {time} may stand in it")
    return said


PaceText = Annotated[
    RateText,
    PlainValidator(lambda v: v if isinstance(v, RateText) else parse_rate(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s*/\s*\d*\s*(s|min|m|h|day|d)\s*$"}),
]
QuietText = Annotated[
    QuietHours,
    PlainValidator(lambda v: v if isinstance(v, QuietHours) else parse_quiet(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d\d:\d\d\s*-\s*\d\d:\d\d\s*$"}),
]
SlotText = Annotated[
    time,
    PlainValidator(lambda v: v if isinstance(v, time) else parse_slot(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d\d?:\d\d\s*$"}),
]
Words = Annotated[str, AfterValidator(_check_phrases)]


class ScheduleSettings(StrictModel):
    gap: Duration = Field(
        default=timedelta(0), description="The least time between two posts of the channel."
    )
    quiet: QuietText | None = Field(
        default=None, description="The hours in which nothing is sent, like 23:00-06:30."
    )
    slots: tuple[SlotText, ...] = Field(
        default=(), description="The only times of day at which posts are sent, one post each, like 08:00."
    )
    per_day: int | None = Field(default=None, ge=1, description="The most posts that are sent in one day.")
    expire: Duration = Field(
        default=timedelta(hours=24), description="A post that waited longer is cancelled instead of sent."
    )
    timezone: Zone | None = Field(
        default=None, description="The time zone of quiet hours, slots and days. Default: the newsroom's."
    )


class DigestSettings(StrictModel):
    at: SlotText = Field(description="The time of day at which the digest is made, like 18:00.")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=(), description="The days of the week on which it is made. Default: every day."
    )
    most: int = Field(default=10, ge=1, description="The most articles in a digest, the latest ones.")
    template: str | None = Field(
        default=None,
        description="The template's file. Default: digest.html.j2, or digest.txt.j2 for plain text.",
    )


class EvergreenSettings(StrictModel):
    tags: tuple[str, ...] = Field(
        default=("evergreen",), min_length=1, description="Articles with one of these tags are repeated."
    )
    every: Annotated[AnyDuration, limit_duration(timedelta(hours=1))] = Field(
        default=timedelta(days=7), description="The least time between two posts of one article."
    )
    ahead: Duration = Field(
        default=timedelta(minutes=15), description="How long before a free slot a repeat is queued for it."
    )


class PhraseSettings(StrictModel):
    """The phrases that newsbot adds to a channel's posts; default phrases are in the language of the post."""

    withdrawn: Words | None = Field(
        default=None,
        description="The text that replaces a post which can't be deleted any more, like Withdrawn.",
    )
    corrected: Words | None = Field(
        default=None, description="The note at the end of a corrected post, like Corrected {time}."
    )


class ChannelSettings(StrictModel):
    """The keys that every kind of channel has in config.yaml.

    ``example`` has invented values for the keys that a kind of channel requires. If there is no config.yaml,
    previews of posts use these values; kinds of channel without ``example`` are not shown then.
    """

    example: ClassVar[Mapping[str, Any]] = {}

    kind: str = Field(description="The kind of channel.")
    template: str | None = Field(
        default=None,
        description="The template's file in templates/, yours or newsbot's. Default: the kind's own.",
    )
    approval: Literal["none", "one", "two"] = Field(
        default="one", description="How many people must approve each post before it is sent."
    )
    languages: tuple[Language, ...] = Field(
        default=(), description="Only articles in these languages are posted. Default: any."
    )
    rules: tuple[Rule, ...] = Field(
        default=(),
        description="Which articles the channel keeps, drops, holds for a person or tags, in order.",
    )
    schedule: ScheduleSettings = Field(default=ScheduleSettings(), description="When posts may be sent.")
    digest: DigestSettings | None = Field(
        default=None,
        description="A post that lists what was sent since the last digest, at a time of day or week.",
    )
    evergreen: EvergreenSettings | None = Field(
        default=None, description="Repeats of articles that stay true, in slots that no other post takes."
    )
    words: PhraseSettings = Field(default=PhraseSettings(), description="newsbot's own words in posts.")
    summary: StyleSettings = Field(
        default=StyleSettings(),
        description="How a model writes the channel's summaries, where that differs from summarizer.",
    )

    @property
    def target(self) -> str | None:
        """Return the chat or account that gets the posts, like ``telegram:@example``; None if unknown.

        The name contains no secret. A topic of a forum comes after a #; message ids are unique across all
        topics of a chat.
        """
        return None


class CorrectionSettings(ChannelSettings):
    """The keys of channels that edit or delete published posts; each kind of channel allows some values."""

    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="reply", description="How a correction changes a published post."
    )
    on_edit: Literal["ignore", "flag", "edit"] = Field(
        default="flag",
        description="What newsbot does with a published post when the source edits its article.",
    )


class Budget(StrictModel):
    """The most that a channel's posts may cost in a month; each kind of channel adds keys for its prices."""

    month_usd: Annotated[Decimal, Field(ge=0)] | None = Field(
        default=None, description="The limit of a month (UTC): newsbot sends nothing that would exceed it."
    )


class PriceSettings(ChannelSettings):
    """The keys in config.yaml of the kinds of channel whose platform charges for posts."""

    link: Literal["always", "never", "auto"] = Field(
        default="auto", description="Whether posts link to their article; auto: while the budget allows it."
    )
    budget: Budget | None = Field(default=None, description="The prices of posts, and the limit of a month.")
