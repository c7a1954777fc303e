"""The keys that every kind of source has in config.yaml."""

from collections.abc import Iterable
from datetime import timedelta, tzinfo
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from newsbot.scheduling.review import Rule
from newsbot.scheduling.rules import parse_duration, parse_zone

__all__ = ["SourceSettings", "Zone"]

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda v: v if isinstance(v, timedelta) else parse_duration(str(v))),
    Field(ge=timedelta(seconds=1), le=timedelta(days=3650)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(s|min|m|h|d)\s*$"}),
]

Zone = Annotated[
    tzinfo,
    PlainValidator(lambda v: v if isinstance(v, tzinfo) else parse_zone(str(v))),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Asia/Karachi"]}),
]


class SourceSettings(BaseModel):
    """The keys that every kind of source has in config.yaml; empty ``channels`` means all channels."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    back_off: ClassVar[timedelta] = timedelta(hours=1)
    """The longest time between two polls of a source after failures; each kind of source has its own."""

    kind: str = Field(description="What kind of source it is.")
    every: Duration = Field(default=timedelta(minutes=5), description="The shortest time between two polls.")
    backfill: Annotated[int, Field(ge=0)] = Field(
        default=0, description="At first sight the newest this many are posted, the rest only recorded."
    )
    channels: tuple[str, ...] = Field(default=(), description="The channels that its articles go to; all.")
    rules: tuple[Rule, ...] = Field(
        default=(), description="Which of its articles are kept, dropped, held or tagged; in order."
    )

    def trouble(self, *, allow_private: bool) -> Iterable[tuple[str, str, str]]:
        """Return the mistakes in a source's settings that can be found without network access.

        Each mistake is a tuple: the key, what is wrong, and how to correct it.
        """
        del allow_private
        return ()
