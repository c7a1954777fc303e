"""A service whose database fails at each of its ledger calls in turn: once before it, once after it.

After: the call is stored, and its answer is lost. That is the worst that a connection can do. What counts as
one call is a way to it through newsbot's own code, so that each `await` on the ledger meets both.
"""

import ast
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType
from typing import Any, Literal, ParamSpec, TypeVar
from unittest.mock import patch

import newsbot
from newsbot.app import service
from newsbot.app.container import App
from newsbot.app.supervisor import PartEnded
from newsbot.config.loading import load
from newsbot.delivery.reconciler import Reconciler
from newsbot.desk import messenger
from newsbot.errors import LedgerError
from newsbot.model import PostState
from newsbot.newsroom import notices
from newsbot.reasons import Code
from newsbot.threads import SerialThread
from tests.bench.rows import Row
from tests.chaos.acts import POISON, Acts
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import Stage, until
from tests.chaos.workplace import ASKED
from tests.desk.stand import Hurry

__all__ = ["When", "each_call"]

P = ParamSpec("P")
T = TypeVar("T")
When = Literal["before", "after"]
WITHIN = 30.0  # seconds from a call that fails until all is out and the desk has answered
AT_ONCE = 3  # calls that fail in one round of work
_SOURCE = Path(newsbot.__file__).parent
_PARTS = ("app", "delivery", "desk", "newsroom", "web")  # of a service; the rest is of commands
_NAMES = {"on_ledger", "_on_ledger"}
_COMMANDS = {"run_once", "_poll_once", "_send_once", "_amend_once", "finish", "main", "demo.py"}
_PACE = {"overall": "1000/s", "per_chat": "1000/s"}  # counted, and never reached
_NOT_ASKED = {  # by a service on SQLite, and why
    "synchronize": "this machine's time is the file's",
    "_find_delay": "one service has a file to itself, so that its own count of calls is the whole",
}


@dataclass
class Faults:
    """Fails each way to a ledger call once before it and once after it, as many calls as it is armed for.

    While ``starting`` every call that has not failed yet fails: those of a start come but once in a life.
    """

    most: int = 10_000
    met: dict[tuple[str, ...], set[When]] = field(default_factory=dict)
    armed: int = 0
    starting: bool = False
    count: int = 0
    at: float = 0.0
    last: str = ""

    def choose(self, call: Callable[..., Any]) -> When | None:
        """Where this call is to fail, if it is."""
        way = (*_way(), getattr(call, "__name__", "lambda"))
        met = self.met.setdefault(way, set())
        if len(met) == 2 or not (self.armed > 0 or self.starting) or self.all_made:
            return None
        when: When = "after" if met else "before"
        met.add(when)
        self.armed, self.at, self.count = self.armed - 1, monotonic(), self.count + 1
        self.last = f"{when} {way[-1]}, {way[0]}"
        return when

    @property
    def all_made(self) -> bool:
        return self.count >= self.most

    def awaits(self, times: int) -> set[str]:
        """The places in the source whose call has failed so often."""
        return {way[0] for way, met in self.met.items() if len(met) >= times}


def _way() -> tuple[str, ...]:
    """The places in newsbot's own code that led here, the nearest first, each as ``file:line``."""
    frame: FrameType | None = sys._getframe(2)
    places = list[str]()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_SOURCE):
            places.append(f"{path.relative_to(_SOURCE)}:{frame.f_lineno}")
        frame = frame.f_back
    return tuple(places) or ("a task of its own",)


@contextmanager
def failing(faults: Faults) -> Iterator[None]:
    """Every ledger thread of this process fails as ``faults`` chooses."""
    make = SerialThread.__call__

    async def call(thread: SerialThread, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        when = faults.choose(call) if thread._name == "ledger" else None
        if when == "before" or _is_poison(call, args):
            raise LedgerError(Code.TEXT(words="the connection to the database was lost"))
        result: T = await make(thread, call, *args, **kwargs)
        if when == "after":
            raise LedgerError(Code.TEXT(words="the connection to the database was lost"))
        return result

    with patch.object(SerialThread, "__call__", call):
        yield


def _is_poison(call: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    return getattr(call, "__name__", "") == "store_update" and POISON in args[0].said


def awaits() -> dict[str, str]:
    """Every place of a service's source that awaits the ledger, as ``file:line``, with its function."""
    found = dict[str, str]()
    for part in _PARTS:
        for path in (_SOURCE / part).rglob("*.py"):
            name = str(path.relative_to(_SOURCE))
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.AsyncFunctionDef) and not {function.name, path.name} & _COMMANDS:
                    found |= {f"{name}:{line}": function.name for line in _lines(function)}
    return found


def _lines(function: ast.AsyncFunctionDef) -> Iterator[int]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _NAMES:
                yield node.lineno


@contextmanager
def hurried() -> Iterator[None]:
    """What waits for minutes, or for a chat's pace, waits for a moment."""
    soon = {"delays": (timedelta(seconds=1),) * 12, "absent": timedelta(seconds=2)}
    defaults: Any = Reconciler.__init__.__kwdefaults__
    with (
        patch.dict(defaults, soon),
        patch.object(messenger, "ChatRateLimiter", Hurry),
        patch.object(notices, "_GATHER", timedelta(seconds=1)),
    ):
        yield


async def each_call(kind: str, *, most: int = 10_000, seconds: float = 600.0) -> list[Row]:
    """Services with all that a newsroom does, until each call has failed both ways.

    ``most`` bounds how many fail, ``seconds`` how long that is tried.
    """
    faults, ends = Faults(most), monotonic() + seconds
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url, channels=("tg", "threads", "x"), pace=_PACE) as stage:
            stage.sandbox.telegram.bot.reads_groups = True
            acts = Acts(stage)
            await acts.open()
            if url is not None:
                stage.ledger.acquire_instance_lock()  # so that rate limits are shared
            work = _Work(stage, faults, acts)
            with failing(faults), hurried():
                before = -1
                while monotonic() < ends and before < faults.count and not faults.all_made:
                    before = faults.count
                    await work.live(ends)
            stage.queue(1)
            last = await work.finish()
            verdict = await audit(stage)
            twice = work.approved_twice()
            await acts.close()
    return [
        *_reached(kind, faults),
        Row(
            "the longest until all was out and done",
            f"{max(work.took):.1f} s",
            f"<= {WITHIN:g} s",
            not work.slow,
        ),
        *(Row(f"  slow: {each}", "", "", met=False) for each in work.slow[:5]),
        Row("services that ended for their supervisor", str(work.ended)),
        Row("exit status of the last", str(last), "0", last == 0),
        Row("approved at the desk and out twice", str(twice), "0", not twice),
        Row("unknowns", str(len(verdict.unknown)), "0", not verdict.unknown),
        *verdict.rows(),
    ]  # fmt: skip


def _reached(kind: str, faults: Faults) -> list[Row]:
    known, once, both = awaits(), faults.awaits(1), faults.awaits(2)
    left_out = {
        place: why for place, name in known.items() if kind == "sqlite" and (why := _NOT_ASKED.get(name))
    }
    wanted = known.keys() - left_out.keys()
    return [
        Row(f"{kind}: calls that failed, ways to them", f"{faults.count}, {len(faults.met)}"),
        Row("awaits of the ledger, failed before, and after", _counts(wanted, wanted & once, wanted & both)),
        *(Row(f"  not reached: {place}", "") for place in sorted(wanted - once)),
        *(Row(f"  not asked on {kind}: {place}, as {why}", "") for place, why in sorted(left_out.items())),
    ]


def _counts(*each: Collection[str]) -> str:
    return ", ".join(str(len(some)) for some in each)


class _Work:
    """What a newsroom does all the time, so that each part of a service has something to ask the ledger."""

    def __init__(self, stage: Stage, faults: Faults, acts: Acts) -> None:
        self.stage = stage
        self.took = [0.0]
        self.slow = list[str]()
        self.ended = 0
        self._faults = faults
        self._acts = acts
        self._rounds = self._lives = 0

    async def live(self, ends: float) -> None:
        """One life of a service, in which each act is done once, unless it ends before that."""
        self._acts.write_template(works=self._lives % 2 == 1)
        self._lives += 1
        app = App(load(self.stage.folder / "config.yaml", environ={}, secrets=True, places=False))
        stop, last = asyncio.Event(), self._rounds + len(self._acts.all)
        with patch.object(service, "stop_signal", lambda: stop), patch.object(service, "end_in_time"):
            self._faults.starting = True
            running = asyncio.create_task(service.run(app))
            while not running.done() and self._rounds < last and monotonic() < ends:
                await self._round(running)
                if self._faults.all_made:
                    break
            stop.set()
            try:
                await running
            except (PartEnded, LedgerError):
                self.ended += 1
            finally:
                await app.close()

    async def finish(self) -> int | None:
        """A last service, until nothing is left; its exit status."""
        stage = self.stage
        self._acts.write_template(works=True)
        last = await stage.start()

        def is_over() -> bool:
            return not last.alive or (self._is_done() and not stage.posts(PostState.UNKNOWN))

        await until(is_over, 240, 0.2)
        last.signal(signal.SIGTERM)
        return await last.ended()

    async def _round(self, running: "asyncio.Task[None]") -> None:
        """Work for each part, until it is done."""
        before, began = self._faults.count, monotonic()
        act = self._acts.all[self._rounds % len(self._acts.all)]
        doing, is_done = asyncio.create_task(self._begin(act)), False

        def is_over() -> bool:
            nonlocal is_done
            is_done = running.done() or (doing.done() and self._is_done())
            return is_done or monotonic() - max(began, self._faults.at) > WITHIN

        await until(is_over, 10 * WITHIN, 0.05)
        failed = self._faults.count > before
        if not is_done:
            self.slow.append(f"{self._faults.last}, {act.__name__}: {self._missing(doing)}")
        elif failed and not running.done():
            self.took.append(monotonic() - self._faults.at)
        self._faults.armed, self._faults.starting = AT_ONCE, self._faults.starting and failed
        await self._end(doing)
        self._rounds += not running.done()  # else the act is for the next service

    async def _begin(self, act: Callable[[], Awaitable[None]]) -> None:
        self.stage.publish(1)
        self.stage.queue(1)
        await self._acts.ask_something(self._rounds)
        await act()

    async def _end(self, doing: "asyncio.Task[None]") -> None:
        """An act whose service has ended is left, and the next one begins."""
        doing.cancel()
        [error] = await asyncio.gather(doing, return_exceptions=True)
        if isinstance(error, Exception):
            raise error

    def _is_done(self) -> bool:
        return self.stage._done() and not self.stage.ledger.actions.has_amendments_to_make()

    def _missing(self, doing: "asyncio.Task[None]") -> str:
        waiting, stage = self.stage.waiting(), self.stage
        return (
            f"{waiting} posts wait, {'' if stage._taken_in() else 'not all taken in, '}"
            f"{'an amendment waits, ' if stage.ledger.actions.has_amendments_to_make() else ''}"
            f"it is {'' if doing.done() else 'not '}done"
        )

    def approved_twice(self) -> int:
        """How many messages of the channel that asks are out again."""
        texts = Counter(message.text for message in self.stage.sandbox.telegram.chats[ASKED].messages)
        return sum(count - 1 for count in texts.values())
