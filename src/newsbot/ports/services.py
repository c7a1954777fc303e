"""What runs a service, and what running services tell each other through the ledger."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

__all__ = ["Engine", "Handlers", "Notice", "NoticesPort", "RunningService", "ServicesPort"]


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that runs now. ``failed`` are its parts that do not work, JSON objects as it told them."""

    host: str
    pid: int
    failed: tuple[dict[str, Any], ...] = ()


class ServicesPort(Protocol):
    """The ledger's part for services."""

    def report_failed_parts(self, failed: list[dict[str, Any]], *, now: datetime) -> None:
        """Say which parts of this service do not work now, in place of what it said before."""
        ...

    def services(self) -> list[RunningService]:
        """The services that run now, the one that began first leading."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """What was told, and is not mended yet. ``key`` is ``KIND:WHAT``, like ``budget:x-main:80``."""

    key: str
    at: datetime
    detail: str


class NoticesPort(Protocol):
    """The ledger's part for what people are told once, and anew after it was mended and is back."""

    def told(self, key: str, now: datetime, detail: str = "") -> bool:
        """Is it news? True the first time, and the first time since it was mended; told from now on.

        Who can't tell it after all calls `end_notice`, and it is news again.
        """
        ...

    def record_notices(self, details: Mapping[str, str], now: datetime) -> list[str]:
        """`told` for many keys at once, each with its detail, in one transaction; returns the news."""
        ...

    def end_notice(self, key: str, now: datetime) -> bool:
        """It is over; returns whether it was told and not mended yet."""
        ...

    def filter_new_notices(self, keys: Collection[str]) -> list[str]:
        """Those of ``keys`` that `told` would call news, in their order. Only looks."""
        ...

    def notices(self, kind: str = "") -> list[Notice]:
        """What was told and is not mended, of this kind or all, oldest first."""
        ...


class Engine(Protocol):
    """Calls the handlers at the right times. It holds no truth: a lost or doubled call is harmless."""

    async def run(self, sources: Collection[str], handlers: "Handlers", stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; every source is polled first at once.

        Raises what a handler raises: then the engine has ended, and nothing is polled or sent any more.
        """
        ...

    def wake(self) -> None:
        """Something was queued by this process: drain now."""
        ...


class Handlers(Protocol):
    """What an engine calls. They raise only what trying again can't mend, which ends the engine."""

    async def poll(self, source: str) -> datetime:
        """Look at one source, if it is its time; returns when to look again."""
        ...

    async def drain(self) -> datetime | None:
        """Start sending what is due; returns when more will be (None: nothing waits)."""
        ...

    async def changed(self) -> bool:
        """Has another process committed something since the last call?"""
        ...
