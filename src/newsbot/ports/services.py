"""The port of the engine that runs a service, and the records that running services share in the ledger."""

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
    """A service (process) of newsbot that runs now.

    ``failed`` are the tasks of the service that do not work now, such as the poll of a source. Each is a JSON
    object with the task's ``name``, its ``error`` as text, the same error as the JSON of a ``reason``, and
    the time of its first failure (``since``).
    """

    host: str
    pid: int
    failed: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem of which people were notified and that is not solved yet.

    ``key`` is ``KIND:WHAT``, like ``budget:x-main:80``; ``at`` is when people were notified.
    """

    key: str
    at: datetime
    detail: str


class ThreadRunner(Protocol):
    """Runs calls on one other thread, in the order in which they are requested."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``call`` with the arguments on the other thread; return its result or raise its error."""
        ...


class LedgerRunner(ThreadRunner, Protocol):
    """Runs calls of the ledger on the ledger's own thread."""


class Engine(Protocol):
    """Calls the service's handlers at the right times.

    The engine keeps no state of its own: a call that it loses or makes twice is harmless.
    """

    async def run(self, sources: Collection[str], handlers: "Handlers", stop: asyncio.Event) -> None:
        """Call the handlers until ``stop`` is set; every source is polled once at the start.

        An error that a handler raises ends the engine and is raised here: then nothing is polled or sent any
        more.
        """
        ...

    def wake(self) -> None:
        """Call the handler ``drain`` now, which sends due posts, because this process has queued a post."""
        ...

    def handle_clock_jump(self) -> None:
        """Call all handlers now, because the clock jumped and their planned times may be wrong."""
        ...


class Handlers(Protocol):
    """The service's callbacks, which its engine calls at the right times.

    A handler raises only an error that ends the engine, because a retry can't help.
    """

    async def poll(self, source: str) -> datetime:
        """Poll one source if it is due, and store the items found; return when to poll the source again."""
        ...

    async def process(self, source: str) -> None:
        """Read, summarize and queue the articles that the last polls of the source found, until none is left.

        The engine calls this after each poll, but never twice at the same time for a source. The engine goes
        on polling the source meanwhile.
        """
        ...

    async def drain(self) -> datetime | None:
        """Start to send the posts that are due; return when the next post is due (None if no post waits)."""
        ...

    async def has_changed(self) -> bool:
        """Return whether another process has committed to the database since the last call of this method."""
        ...
