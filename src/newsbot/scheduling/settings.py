"""The types of settings that several parts of config.yaml share: strict models, durations, time zones."""

from datetime import timedelta, tzinfo
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema

from newsbot.scheduling.rules import format_duration, parse_duration, parse_zone

__all__ = ["AnyDuration", "Duration", "StrictModel", "Zone", "limit_duration"]

AnyDuration = Annotated[
    timedelta,
    BeforeValidator(lambda v: v if isinstance(v, timedelta) else parse_duration(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(s|min|m|h|d)\s*$"}),
]
"""A duration of any length, which stands in config.yaml as a text like ``5m``."""


_LONGEST = timedelta(days=3650)


def limit_duration(least: timedelta = timedelta(0)) -> AfterValidator:
    """Return the check that a duration in config.yaml is at least ``least``, and at most ten years."""

    def check(length: timedelta) -> timedelta:
        if not least <= length <= _LONGEST:
            raise ValueError(f"must be from {format_duration(least)} to {format_duration(_LONGEST)}")
        return length

    return AfterValidator(check)


Duration = Annotated[AnyDuration, limit_duration()]
"""A duration of at most ten years, which stands in config.yaml as a text like ``5m``."""

Zone = Annotated[
    tzinfo,
    PlainValidator(lambda v: v if isinstance(v, tzinfo) else parse_zone(str(v))),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Asia/Karachi"]}),
]


class StrictModel(BaseModel):
    """A settings model whose instances can't be changed, and that rejects unknown keys as mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
