"""The editors' desk: its keys in config.yaml."""

from typing import Literal

from pydantic import Field

from newsbot.channels.settings import Strict

__all__ = ["BreakingSettings"]


class BreakingSettings(Strict):
    """What the breaking lane passes, and how it sends; never embargo, holds, pace or budget."""

    skips: tuple[Literal["gap", "slots", "quiet", "per_day"], ...] = Field(
        default=("gap", "slots", "quiet", "per_day"),
        description="Which of its channel's rules a breaking post passes.",
    )
    approval: Literal["none", "one", "two"] = Field(
        default="one", description="How many approve a breaking post; never more than its channel asks."
    )
    silent: bool = Field(default=True, description="Breaking posts make no sound in quiet hours.")
