"""A service whose database fails at one call of its ledger: at each of them in turn, before it or after it.

After: the call is stored, and its answer is lost. That is the worst that a connection can do.
"""

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Literal, ParamSpec, TypeVar
from unittest.mock import patch

from newsbot.app import service
from newsbot.app.supervisor import PartEnded
from newsbot.app.wiring import App
from newsbot.config.loading import load
from newsbot.errors import LedgerError
from newsbot.ledger.thread import LedgerThread
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import Stage

__all__ = ["When", "each_call"]

P = ParamSpec("P")
T = TypeVar("T")
When = Literal["before", "after"]
WITHIN = 30.0  # seconds


class FailingThread(LedgerThread):
    """Fails at the ``number``-th call that is made on it, and only there."""

    def __init__(self, number: int, when: When) -> None:
        super().__init__()
        self._left = number
        self._when = when
        self.struck = ""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if getattr(call, "__name__", "") == "changed":  # four times a second, and of no consequence
            return await super().__call__(call, *args, **kwargs)
        self._left -= 1
        if self._left != 0:
            return await super().__call__(call, *args, **kwargs)
        self.struck = getattr(call, "__name__", repr(call))
        if self._when == "after":
            await super().__call__(call, *args, **kwargs)
        raise LedgerError("the connection to the database was lost")


async def each_call(kind: str, numbers: Collection[int], whens: Collection[When]) -> list[Row]:
    """One life of a service for each, with an article and a queued post to send in each."""
    struck, slow, ended, longest = set[str](), list[str](), 0, 0.0
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url, channels=("tg", "threads")) as stage:
            for number in numbers:
                for when in whens:
                    stage.publish(1)
                    stage.queue(1)
                    failing = FailingThread(number, when)
                    took, has_ended = await _life(stage, failing)
                    struck.add(failing.struck)
                    ended += has_ended
                    longest = max(longest, took)
                    if took > WITHIN:
                        slow.append(f"{when} call {number}, {failing.struck}")
            await stage.finish()
            verdict = await audit(stage)
    struck.discard("")
    return [
        Row(
            f"{kind}: calls of the ledger that failed, kinds of call",
            f"{len(numbers) * len(whens)}, {len(struck)}",
        ),
        Row("the longest until all was out", f"{longest:.1f} s", f"<= {WITHIN:g} s", not slow),
        *(Row(f"  slow: {one}", "", "", met=False) for one in slow[:5]),
        Row("services that ended for their supervisor", str(ended)),
        Row("unknowns", str(len(verdict.unknown)), "0", not verdict.unknown),
        *verdict.rows(),
    ]


async def _life(stage: Stage, failing: FailingThread) -> tuple[float, bool]:
    """Seconds until nothing was under way, and whether the service ended by itself."""
    app = App(load(stage.folder / "config.yaml", environ={}, secrets=True, places=False))
    app.on_ledger = failing
    stop, began, ended = asyncio.Event(), monotonic(), False
    with patch.object(service, "stop_signal", lambda: stop), patch.object(service, "end_in_time"):
        running = asyncio.create_task(service.run(app))
        while (
            not running.done() and monotonic() - began < WITHIN + 1 and not (stage._done() and failing.struck)
        ):
            if stage._done() and monotonic() - began > WITHIN / 3:
                break  # so many calls are not made
            await asyncio.sleep(0.05)
        took = monotonic() - began
        stop.set()
        try:
            await running
        except (PartEnded, LedgerError):
            ended = True
        finally:
            await app.close()
    return took, ended
