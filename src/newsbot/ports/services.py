"""The engine that runs a service, and what running services share through the ledger."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar

__all__ = ["Engine", "Handlers", "LedgerRunner", "Notice", "RunningService", "ThreadRunner"]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service that runs now. ``failed`` are its broken parts, as the JSON objects that it reported."""

    host: str
    pid: int
    failed: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem that people were notified of and that is not over.

    ``key`` is ``KIND:WHAT``, like ``budget:x-main:80``.
    """

    key: str
    at: datetime
    detail: str


class ThreadRunner(Protocol):
    """Runs calls on one other thread, in the order of the calls."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the call and return its result; raise what the call raises."""
        ...


class LedgerRunner(ThreadRunner, Protocol):
    """Runs ledger calls on the ledger's own thread."""


class Engine(Protocol):
    """Calls the handlers at the right times. It keeps no state: lost or doubled calls are harmless."""

    async def run(self, sources: Collection[str], handlers: "Handlers", stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; every source is polled once at the start.

        Raises what a handler raises: then the engine has ended, and nothing is polled or sent any more.
        """
        ...

    def wake(self) -> None:
        """Call ``drain`` now, because this process queued something."""
        ...

    def handle_clock_jump(self) -> None:
        """Check everything now that was set by the clock, because the clock jumped."""
        ...


class Handlers(Protocol):
    """The callbacks of an engine. They raise only errors that a retry can't fix, which end the engine."""

    async def poll(self, source: str) -> datetime:
        """Poll one source if it is due, and store what it brings; return when to call again."""
        ...

    async def process(self, source: str) -> None:
        """Take what the last polls of the source brought through the pipeline, as far as there is any.

        It is called after each poll, for a source never twice at once; meanwhile the source is polled again.
        """
        ...

    async def drain(self) -> datetime | None:
        """Start sending what is due; return when more will be (None: nothing waits)."""
        ...

    async def has_changed(self) -> bool:
        """Return whether another process has committed since the last call."""
        ...
