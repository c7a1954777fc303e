"""What calls the service's handlers at the right times, and what it calls."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

__all__ = ["Engine", "Handlers"]


class Engine(Protocol):
    """Calls the handlers at the right times. It holds no truth: a lost or doubled call is harmless."""

    async def run(self, sources: Collection[str], handlers: "Handlers", stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; every source is polled first at once."""
        ...

    def wake(self) -> None:
        """Something was queued by this process: drain now."""
        ...


class Handlers(Protocol):
    """What an engine calls. None of them raises."""

    async def poll(self, source: str) -> datetime:
        """Look at one source, if it is its time; returns when to look again."""
        ...

    async def drain(self) -> datetime | None:
        """Start sending what is due; returns when more will be (None: nothing waits)."""
        ...

    async def changed(self) -> bool:
        """Has another process committed something since the last call?"""
        ...
