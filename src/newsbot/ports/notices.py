"""What is told once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Notice", "Notices"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What was told, and is not mended yet. ``key`` is ``KIND:WHAT``, like ``budget:x-main:80``."""

    key: str
    at: datetime
    detail: str


class Notices(Protocol):
    """The ledger's part for what people are told once, and anew after it was mended and is back."""

    def told(self, key: str, now: datetime, detail: str = "") -> bool:
        """Is it news? True the first time, and the first time since it was mended; told from now on.

        Who can't tell it after all calls `mended`, and it is news again.
        """
        ...

    def told_all(self, details: Mapping[str, str], now: datetime) -> list[str]:
        """`told` for many keys at once, each with its detail, in one transaction; returns the news."""
        ...

    def mended(self, key: str, now: datetime) -> bool:
        """It is over; returns whether it was told and not mended yet."""
        ...

    def untold(self, keys: Collection[str]) -> list[str]:
        """Those of ``keys`` that `told` would call news, in their order. Only looks."""
        ...

    def notices(self, kind: str = "") -> list[Notice]:
        """What was told and is not mended, of this kind or all, oldest first."""
        ...
