"""What running services tell others of themselves, by way of the ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

__all__ = ["RunningService", "Services"]


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that runs now. ``failed`` are its parts that do not work, JSON objects as it told them."""

    host: str
    pid: int
    failed: tuple[dict[str, Any], ...] = ()


class Services(Protocol):
    """The ledger's part for services."""

    def tell_failed(self, failed: list[dict[str, Any]], *, now: datetime) -> None:
        """Say which parts of this service do not work now, in place of what it said before."""
        ...

    def services(self) -> list[RunningService]:
        """The services that run now, the one that began first leading."""
        ...
