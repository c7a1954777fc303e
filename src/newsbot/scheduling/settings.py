"""The types of settings that several parts of config.yaml share: strict models, durations, time zones."""

from datetime import timedelta, tzinfo
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from newsbot.scheduling.rules import parse_duration, parse_zone

__all__ = ["AnyDuration", "Duration", "StrictModel", "Zone"]

AnyDuration = Annotated[
    timedelta,
    BeforeValidator(lambda v: v if isinstance(v, timedelta) else parse_duration(str(v))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(s|min|m|h|d)\s*$"}),
]
"""A duration of any length, which config.yaml has as a text like ``5m``."""

Duration = Annotated[AnyDuration, Field(ge=timedelta(0), le=timedelta(days=3650))]
"""A duration of at most ten years, which config.yaml has as a text like ``5m``."""

Zone = Annotated[
    tzinfo,
    PlainValidator(lambda v: v if isinstance(v, tzinfo) else parse_zone(str(v))),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Asia/Karachi"]}),
]


class StrictModel(BaseModel):
    """A settings model whose instances can't be changed, and that rejects unknown keys as mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
