"""The keys that every kind of source has in config.yaml."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from newsbot.scheduling.review import Rule
from newsbot.scheduling.settings import Duration, StrictModel

__all__ = ["PositiveDuration", "SourceSettings"]

PositiveDuration = Annotated[Duration, Field(ge=timedelta(seconds=1))]
"""A duration from a second to ten years, which config.yaml has as a text like ``5m``."""


class SourceSettings(StrictModel):
    """The keys that every kind of source has in config.yaml; empty ``channels`` means all channels."""

    back_off: ClassVar[timedelta] = timedelta(hours=1)
    """The longest time between two polls of a source after failures; each kind of source has its own."""

    kind: str = Field(description="What kind of source it is.")
    every: PositiveDuration = Field(
        default=timedelta(minutes=5), description="The shortest time between two polls."
    )
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
