"""The keys that every kind of source has in config.yaml."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from newsbot.scheduling.review import Rule
from newsbot.scheduling.settings import AnyDuration, StrictModel, limit_duration

__all__ = ["PositiveDuration", "SourceSettings"]

PositiveDuration = Annotated[AnyDuration, limit_duration(timedelta(seconds=1))]
"""A duration from a second to ten years, which stands in config.yaml as a text like ``5m``."""


class SourceSettings(StrictModel):
    """The keys that every kind of source has in config.yaml; empty ``channels`` means all channels."""

    back_off: ClassVar[timedelta] = timedelta(hours=1)
    """The longest time between two polls of a source after failures; each kind of source has its own."""

    kind: str = Field(description="The kind of source.")
    every: PositiveDuration = Field(
        default=timedelta(minutes=5), description="The shortest time between two polls."
    )
    backfill: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="How many of the first poll's articles are posted; the older ones are only recorded.",
    )
    channels: tuple[str, ...] = Field(
        default=(), description="The channels to which its articles are posted. Default: all."
    )
    rules: tuple[Rule, ...] = Field(
        default=(),
        description="Which of its articles are kept, dropped, held for a person or tagged, in order.",
    )

    @property
    def host(self) -> str | None:
        """Return the web host, with its port, that a source's polls ask; None if the source is no website."""
        address = urlsplit(str(getattr(self, "url", "")))
        return address.netloc.rpartition("@")[2].lower() if address.scheme in {"http", "https"} else None

    def list_mistakes(self, *, allow_private: bool) -> Iterable[tuple[str, str, str]]:
        """Return the mistakes in a source's settings that can be found without network access.

        Each mistake is a tuple: the key, what is wrong, and how to correct it.
        """
        del allow_private
        return ()
