"""What calls the service's handlers at the right times, and what it calls."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

__all__ = ["Engine", "Handlers"]


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
