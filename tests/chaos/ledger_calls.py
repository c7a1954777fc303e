"""A service whose database fails at each of its ledger calls in turn: once before it, once after it.

After: the call is stored, and its answer is lost. That is the worst that a connection can do. What counts as
one call is a way to it through newsbot's own code, so that each `await` on the ledger meets both.
"""

import ast
import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from types import FrameType
from typing import Any, Literal, ParamSpec, TypeVar
from unittest.mock import patch

import newsbot
from newsbot.app import service
from newsbot.app.supervisor import PartEnded
from newsbot.app.wiring import App
from newsbot.config.loading import load
from newsbot.errors import LedgerError
from newsbot.ledger.thread import LedgerThread
from newsbot.model import PostState
from newsbot.sandbox.telegram.people import say
from newsbot.sandbox.telegram.state import Chat
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import TOKEN, Stage, until

__all__ = ["When", "each_call"]

P = ParamSpec("P")
T = TypeVar("T")
When = Literal["before", "after"]
WITHIN = 30.0  # seconds from a call that fails until all is out and the desk has answered
AT_ONCE = 3  # calls that fail in one round of work
IDLE = 12  # rounds without a fault, after which a service has met all that it will meet
EDITOR, GROUP, ASKED = 222, -1002000000100, -1002000000101
_SOURCE = Path(newsbot.__file__).parent
_PARTS = ("app", "delivery", "desk", "newsroom", "web")  # of a service; the rest is of commands
_NAMES = {"on_ledger", "_on_ledger"}
_COMMANDS = {"run_once", "_poll_once", "_send_once", "_amend_once", "finish", "main", "demo.py"}
_SAID = ("/queue", "/status", "/help", "/pause quiet", "/show 22222", "/resume quiet")


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
        if len(met) == 2 or not (self.armed > 0 or self.starting) or self.count >= self.most:
            return None
        when: When = "after" if met else "before"
        met.add(when)
        self.armed, self.at, self.count = self.armed - 1, monotonic(), self.count + 1
        self.last = f"{when} {way[-1]}, {way[0]}"
        return when

    def awaits(self, times: int) -> set[str]:
        """The places in the source whose call has failed so often."""
        return {way[0] for way, met in self.met.items() if len(met) >= times}


def _way() -> tuple[str, ...]:
    """The places in newsbot's own code that led here, the nearest first, each as ``file:line``."""
    frame: FrameType | None = sys._getframe(2)
    places = list[str]()
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_SOURCE) and path.name != "thread.py":
            places.append(f"{path.relative_to(_SOURCE)}:{frame.f_lineno}")
        frame = frame.f_back
    return tuple(places) or ("a task of its own",)


@contextmanager
def failing(faults: Faults) -> Iterator[None]:
    """Every ledger thread of this process fails as ``faults`` chooses."""
    make = LedgerThread.__call__

    async def call(thread: LedgerThread, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        when = faults.choose(call)
        if when == "before":
            raise LedgerError("the connection to the database was lost")
        result: T = await make(thread, call, *args, **kwargs)
        if when == "after":
            raise LedgerError("the connection to the database was lost")
        return result

    with patch.object(LedgerThread, "__call__", call):
        yield


def awaits() -> set[str]:
    """Every place of a service's source that awaits the ledger, as ``file:line``."""
    found = set[str]()
    for part in _PARTS:
        for path in (_SOURCE / part).rglob("*.py"):
            name = str(path.relative_to(_SOURCE))
            for function in ast.walk(ast.parse(path.read_text())):
                if isinstance(function, ast.AsyncFunctionDef) and not {function.name, path.name} & _COMMANDS:
                    found |= {f"{name}:{line}" for line in _lines(function)}
    return found


def _lines(function: ast.AsyncFunctionDef) -> Iterator[int]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _NAMES:
                yield node.lineno


async def each_call(kind: str, *, most: int = 10_000, seconds: float = 480.0) -> list[Row]:
    """Services with articles, posts, edits, doubts and a desk, until each call has failed both ways.

    ``most`` bounds how many fail, ``seconds`` how long that is tried.
    """
    faults, known, ends = Faults(most), awaits(), monotonic() + seconds
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url, channels=("tg", "threads", "x")) as stage:
            work = _Work(stage, faults)
            work.configure()
            with failing(faults):
                before = -1
                while monotonic() < ends and before < faults.count < most:
                    before = faults.count
                    await work.live(ends)
            stage.queue(1)
            last = await work.finish()
            verdict = await audit(stage)
            twice = work.approved_twice()
    once, both = faults.awaits(1), faults.awaits(2)
    longest, slow = max(work.took), [each for each in work.slow if each]
    return [
        Row(f"{kind}: calls that failed, ways to them", f"{faults.count}, {len(faults.met)}"),
        Row("awaits of the ledger, failed before, and after", _counts(known, known & once, known & both)),
        *(Row(f"  not reached: {place}", "") for place in sorted(known - once)),
        Row("the longest until all was out", f"{longest:.1f} s", f"<= {WITHIN:g} s", not slow),
        *(Row(f"  slow: {each}", "", "", met=False) for each in slow[:5]),
        Row("services that ended for their supervisor", str(work.ended)),
        Row("exit status of the last", str(last), "0", last == 0),
        Row("approved at the desk and out twice", str(twice), "0", not twice),
        Row("unknowns", str(len(verdict.unknown)), "0", not verdict.unknown),
        *verdict.rows(),
    ]  # fmt: skip


def _counts(*each: set[str]) -> str:
    return ", ".join(str(len(some)) for some in each)


class _Work:
    """What a newsroom does all the time, so that each part of a service has something to ask the ledger."""

    def __init__(self, stage: Stage, faults: Faults) -> None:
        self.stage = stage
        self.took = [0.0]
        self.slow = list[str]()
        self.ended = 0
        self._faults = faults
        self._rounds = 0

    def configure(self) -> None:
        """A channel that gets nothing, with slots and repeats; one that asks the desk; pages."""
        stage, telegram = self.stage, self.stage.sandbox.telegram
        channels = {name: stage._channel(name, stage.folder / "templates") for name in stage.channels}
        channels["quiet"] = {
            **channels["tg"], "languages": ["ja"], "schedule": {"slots": ["08:00"]}, "evergreen": {},
        }  # fmt: skip
        few = [{"drop": {"title": "/[1-9] gets/"}}]  # each makes a card, of which a group takes 20 a minute
        channels["asked"] = {**channels["tg"], "chat": ASKED, "approval": "one", "rules": few}
        telegram.add([Chat(ASKED, "channel", "Asked"), Chat(EDITOR, "private", "Bo", bot="member")])
        telegram.add([Chat(GROUP, "supergroup", "Desk", bot="member")])
        for chat in (GROUP, EDITOR):
            telegram.chats[chat].members[EDITOR] = {"id": EDITOR, "is_bot": False, "first_name": "Bo"}
        desk = {"api": stage.sandbox.telegram_url, "token": TOKEN, "chats": [GROUP]}
        people = {str(EDITOR): "editor"}
        stage.configure(channels=channels, desk={**desk, "people": people}, web={"listen": "127.0.0.1:0"})

    async def live(self, ends: float) -> None:
        """One life of a service, until it ends by itself or meets nothing new."""
        app = App(load(self.stage.folder / "config.yaml", environ={}, secrets=True, places=False))
        stop, idle = asyncio.Event(), 0
        with patch.object(service, "stop_signal", lambda: stop), patch.object(service, "end_in_time"):
            self._faults.starting = True
            running = asyncio.create_task(service.run(app))
            while not running.done() and idle < IDLE and monotonic() < ends:
                idle = 0 if await self._round(running) else idle + 1
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
        last = await stage.start()
        await until(lambda: self._is_done() and not stage.posts(PostState.UNKNOWN), 240, 0.2)
        last.signal(signal.SIGTERM)
        return await last.ended()

    async def _round(self, running: "asyncio.Task[None]") -> bool:
        """Work for each part, until it is done; did a call fail meanwhile?"""
        self._rounds, before, began = self._rounds + 1, self._faults.count, monotonic()
        answered, is_done = self._begin(), False

        def is_over() -> bool:
            nonlocal is_done
            is_done = running.done() or (answered() and self._is_done())
            return is_done or monotonic() - max(began, self._faults.at) > WITHIN

        await until(is_over, 10 * WITHIN, 0.05)
        failed = self._faults.count > before
        if not is_done:
            self.slow.append(f"{self._faults.last}: {self._missing(answered)}")
        elif failed and not running.done():
            self.took.append(monotonic() - self._faults.at)
        self._faults.armed, self._faults.starting = AT_ONCE, False
        return failed

    def _is_done(self) -> bool:
        return self.stage._done() and not self.stage.ledger.to_amend()

    def _missing(self, answered: Callable[[], bool]) -> str:
        waiting, stage = self.stage.waiting(), self.stage
        return (
            f"{waiting} posts wait, {'' if stage._taken_in() else 'not all taken in, '}"
            f"{'an amendment waits, ' if stage.ledger.to_amend() else ''}"
            f"the desk has {'' if answered() else 'not '}answered"
        )

    def _begin(self) -> Callable[[], bool]:
        """Returns what says whether the desk has answered."""
        stage = self.stage
        said = _SAID[self._rounds % len(_SAID)]
        stage.publish(1)
        stage.queue(1)
        if self._rounds % 7 == 0:
            old = stage.site.stories[-2:][0]
            old.html = old.html.replace("voted", "decided")
        if self._rounds % 10 == 0:
            self._lose_an_answer()
        if self._rounds % 6 == 0:
            self._withdraw()
        held = [post for post in stage.posts(PostState.HELD) if post.channel == "asked"]
        if held and self._rounds % 2:
            said = f"/approve {held[0].id}" if self._rounds % 4 == 1 else f"/cancel {held[0].id}"
        telegram = stage.sandbox.telegram
        wanted = len(telegram.chats[EDITOR].messages) + 2
        say(telegram, EDITOR, EDITOR, said, at=datetime.now(UTC))
        return lambda: len(telegram.chats[EDITOR].messages) >= wanted

    def _lose_an_answer(self) -> None:
        """X does the next post, or does not, and never says so."""
        faults = self.stage.sandbox.faults
        faults.clear()
        faults.add("x", "POST /2/tweets", "reset_after_processing")
        for platform in ("telegram", "x"):
            faults.add(platform, "*", "latency", times=10**9, seconds=self.stage.latency)

    def _withdraw(self) -> None:
        """Something that is out on Telegram, by a person at the command line."""
        out = [post for post in self.stage.posts(PostState.SENT) if post.channel == "tg"]
        if out:
            app = App(load(self.stage.folder / "config.yaml", environ={}, secrets=True, places=False))
            app.withdrawals.withdraw(out[-1].id, "cli:bo")
            app.ledger.close()

    def approved_twice(self) -> int:
        """How many messages of the channel that asks are out again."""
        texts = Counter(message.text for message in self.stage.sandbox.telegram.chats[ASKED].messages)
        return sum(count - 1 for count in texts.values())
