"""A run: newsroom, platform and service made from a seed, then days of articles, faults and restarts."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from newsbot.channels.settings import ChannelSettings, ScheduleSettings
from newsbot.config.models import Config
from newsbot.delivery import reconciler
from newsbot.model import WAITING, PostState
from newsbot.ports import Channel, Rate, Source
from newsbot.scheduling.rules import parse_quiet
from newsbot.sources.settings import SourceSettings
from newsbot.summarizers import summarizer_class
from tests.simulation import oracle
from tests.simulation.editor import Editor
from tests.simulation.platform import BudgetSettings, Platform, SimulatedChannel, SimulatedSettings
from tests.simulation.service import Incarnation, Killed
from tests.simulation.site import SimulatedSettings as SiteSettings
from tests.simulation.site import Site, Story, publishing
from tests.simulation.time import VirtualClock, VirtualLoop

__all__ = ["Outcome", "Plan", "simulate"]

START = datetime(2026, 9, 20, tzinfo=UTC)
_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe")
"""Clocks change in all of them in the 90 days from then: two go back, two forward, one by half an hour."""

_QUIET = ("01:30-02:30", "23:00-06:30", None, "12:00-13:15", None)
"""In each zone, one channel after the other; the first is the time of night at which clocks change."""

_TEMPLATES = {
    "one.txt.j2": "1/ {{ title }}\n\n{{ summary | fit }}\n",
    "thread.txt.j2": "1/ {{ title }}\n---\n2/ {{ title }}\n\n{{ summary | fit }}\n---\n3/ {{ title }}\n",
}
_HOUR, _DAY = 3600.0, 86400.0
_CALM = 10 * _HOUR


@dataclass(frozen=True)
class Plan:
    """What a seed is run over. ``stories`` a day and site."""

    seed: int
    days: float = 2
    channels: int = 4
    sites: int = 2
    stories: float = 8.0


@dataclass
class Outcome:
    """``wrong`` is what the oracle found, empty for a run that kept the promise."""

    plan: Plan
    wrong: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


def simulate(plan: Plan) -> Outcome:
    """Run a plan to its end. The same plan gives the same run."""
    random.seed(plan.seed)  # the service's own back-off is jittered
    with (
        TemporaryDirectory() as folder,
        _heard() as errors,
        _unhurried(),
        asyncio.Runner(loop_factory=VirtualLoop) as run,
    ):
        loop = run.get_loop()
        loop.set_exception_handler(_hear(errors))
        return run.run(World(plan, Path(folder), errors).run())


def _hear(errors: list[str]) -> Any:
    def heard(_loop: object, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Killed):
            errors.append(f"the event loop heard: {context}")

    return heard


@contextmanager
def _unhurried() -> Iterator[None]:
    """The reconciler looks for what a dead service left every three seconds: most of a simulated day."""
    nap = reconciler._NAP
    reconciler._NAP = 1800.0
    try:
        yield
    finally:
        reconciler._NAP = nap


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What the service logs of errors that nobody foresaw."""
    errors: list[str] = []

    def note(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if event.get("exc_info"):
            errors.append(structlog.processors.format_exc_info(_logger, _method, event)["exception"])
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[note], wrapper_class=structlog.make_filtering_bound_logger(40))
    try:
        yield errors
    finally:
        structlog.configure(**before)


class World:
    """``chance`` is split by purpose, so that a change in one place leaves the others' luck alone."""

    def __init__(self, plan: Plan, folder: Path, errors: list[str]) -> None:
        self.plan = plan
        self.errors = errors
        self._folder = folder

    def _chance(self, what: str) -> Random:
        return Random(f"{self.plan.seed} {what}")

    async def run(self) -> Outcome:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.clock = VirtualClock(loop, START)
        self._make()
        luck = self._chance("conductor")
        try:
            await self._live(luck)
            await self._come_to_rest()
            return self._judge()
        finally:
            self.platform.close()

    def _make(self) -> None:
        plan = self.plan
        (self._folder / "templates").mkdir()
        for name, text in _TEMPLATES.items():
            (self._folder / "templates" / name).write_text(text)
        self.stories: dict[str, list[Story]] = {
            f"site{n}": publishing(self._chance(f"site{n}"), f"site{n}", plan.days, plan.stories)
            for n in range(plan.sites)
        }
        self.config = self._config()
        self.platform = Platform(str(plan.seed), self.clock, self._folder / "ledger.db")
        self.editor = Editor(self.platform, self._chance("editor"))
        self.polled: dict[str, float] = {}
        self.lives = 0
        self.figures: Counter[str] = Counter()

    def _config(self) -> Config:
        luck = self._chance("config")
        channels = {f"channel{n:02}": _channel(luck, n) for n in range(self.plan.channels)}
        names = list(channels)
        sources: dict[str, SourceSettings] = {
            name: SiteSettings(
                every=timedelta(minutes=luck.choice([30, 90, 180])),
                backfill=luck.choice([0, 3]),
                channels=tuple(sorted(luck.sample(names, max(1, len(names) * 2 // 5)))),
            )
            for name in self.stories
        }
        return Config(
            database=f"sqlite:///{self._folder}/ledger.db",
            timezone=ZoneInfo("Europe/Berlin"),
            language="en",
            sources=sources,
            channels=channels,
            summarizer=summarizer_class("extract").Settings(kind="extract"),
            folder=self._folder,
        )

    def _begin(self) -> None:
        self.lives += 1
        luck = self._chance(f"life {self.lives}")
        sources: dict[str, Source] = {
            name: Site(name, stories, self.clock, luck, self.polled) for name, stories in self.stories.items()
        }
        channels: dict[str, Channel] = {
            name: SimulatedChannel(name, settings, self.platform)  # type: ignore[arg-type]  # made by _channel
            for name, settings in self.config.channels.items()
        }
        self.service: Incarnation | None = Incarnation(self.config, self.clock, sources, channels, luck)
        self.service.start()
        self.calm_since = asyncio.get_running_loop().time()

    # ---- what happens

    async def _live(self, luck: Random) -> None:
        self._begin()
        for at, what in self._events(luck):
            await self._until(at, luck)
            self.figures[what] += 1
            await self._happen(what, luck)
        await self._until(self.plan.days * _DAY, luck)

    def _events(self, luck: Random) -> list[tuple[float, str]]:
        """In order of time; a clock that jumped is set right again some hours later."""
        end, events = self.plan.days * _DAY, []
        events += [(at, "visit") for at in _every(luck, _HOUR / 2, end) if 6 < (at / _HOUR) % 24 < 23]
        events += [(at, "kill") for at in _every(luck, _DAY, end)]
        events += [(at, "fuse") for at in _every(luck, _DAY / 2, end)]
        events += [(at, "stop") for at in _every(luck, 2 * _DAY, end)]
        for at in itertools.islice(itertools.count(luck.uniform(0.2, 0.6), 6), 100):
            jump = luck.choice(["+1h", "-1h", "+1d", "-1d"])
            back = {"+": "-", "-": "+"}[jump[0]] + jump[1:]
            again = at + luck.uniform(0.01, 2)
            events += [(at * _DAY, jump), (again * _DAY, back)] if again * _DAY < end else []
        return sorted(events)

    async def _until(self, at: float, luck: Random) -> None:
        """Let the time pass; a life that ends by its fuse meanwhile is followed by the next."""
        loop = asyncio.get_running_loop()
        while self.service and (left := at - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self.service.on_ledger.dead.wait()
            except TimeoutError:
                return
            await self._after_a_kill(luck)
        await asyncio.sleep(max(0.0, at - loop.time()))

    async def _happen(self, what: str, luck: Random) -> None:
        assert self.service
        match what:
            case "visit":
                self._look_for_stalls()
                self.editor.visit(self.service.app)
                self.service.engine.wake()
            case "kill":
                await self._after_a_kill(luck)
            case "fuse":
                self.service.on_ledger.fuse = luck.randint(1, 80)
            case "stop":
                await self._stopped()
                await self._down(luck)
            case _:
                self.calm_since = asyncio.get_running_loop().time()
                size = {"h": timedelta(hours=1), "d": timedelta(days=1)}[what[2]]
                self.clock.offset += size if what[0] == "+" else -size
                asyncio.get_running_loop().call_later(
                    luck.uniform(0, 2), self.service.engine.handle_clock_jump
                )

    def _look_for_stalls(self) -> None:
        """Undisturbed for ten hours, a service polls every site and calls wherever something is overdue."""
        assert self.service
        now = asyncio.get_running_loop().time()
        if now - self.calm_since < _CALM:
            return
        for name in self.stories:
            if now - max(self.polled.get(name, 0.0), self.calm_since) > _CALM:
                self.errors.append(f"{self.clock.now()}: {name} is not polled any more")
        for name in self.config.channels:
            self.errors += [f"{self.clock.now()}: {stuck}" for stuck in self._stuck(name, now)]

    def _stuck(self, name: str, now: float) -> list[str]:
        assert self.service
        ledger, wall = self.service.ledger, self.clock.now()
        ready = (PostState.SCHEDULED, PostState.RETRYING)
        waiting = ledger.posts.list_posts(states=ready, channel=name, limit=1, oldest_first=True)
        lately = any(call.channel == name for call in self.platform.since(now - _CALM))
        touched = now - self.editor.touched.get(name, 0.0) < _CALM
        if not waiting or lately or touched or ledger.channels.get_channel(name).state == "paused":
            return []
        overdue = waiting[0].due_at < wall - timedelta(seconds=_CALM)
        budget = getattr(self.config.channels[name], "budget", None)
        spent = ledger.channels.get_spending(name, now=wall)
        poor = budget and spent + (waiting[0].cost_usd or 0) > budget.month_usd
        return [f"{waiting[0]} is overdue, and nothing is tried"] if overdue and not poor else []

    async def _stopped(self) -> None:
        service, self.service = self.service, None
        assert service
        before = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_HOUR):
                await service.stop()
        except (Killed, TimeoutError):
            service.ledger.close()
        if asyncio.get_running_loop().time() - before > 30:
            self.errors.append("a stop took over 30 s")

    async def _after_a_kill(self, luck: Random) -> None:
        service, self.service = self.service, None
        assert service
        me = asyncio.current_task()
        assert me
        self.figures["killed"] += 1
        await service.kill({me})
        await self._down(luck)

    async def _down(self, luck: Random) -> None:
        """A restart: mostly by systemd, seldom by somebody who comes back from a long weekend."""
        await asyncio.sleep(luck.choices([1, 60, 1800, 6 * _HOUR, 2.2 * _DAY], [40, 30, 20, 9, 1])[0])
        self._begin()

    async def _come_to_rest(self) -> None:
        """Everything works again and the editor answers everything: what still waits then is stuck."""
        self.clock.offset = timedelta(0)
        self.platform.fates = {"taken": 1}
        assert self.service
        self.service.on_ledger.fuse = None
        for _ in range(8 * 4):
            await asyncio.sleep(_HOUR * 3)
            self.editor.visit(self.service.app, all_of_it=True)
            self.service.engine.wake()
            if not self.service.ledger.posts.list_posts(states=WAITING, limit=1):
                break
        await self._stopped()

    # ---- the end

    def _judge(self) -> Outcome:
        wrong = [*self.errors, *self.platform.wrong]
        figures = self.figures + Counter({f"editor {k}": n for k, n in self.editor.did.items()})
        figures += Counter({f"call {k}": n for k, n in self.platform.endings.items()})
        found = oracle.judge(self)
        return Outcome(self.plan, wrong + found.wrong, figures + found.figures)


def _every(luck: Random, mean: float, end: float) -> Iterator[float]:
    at = 0.0
    while (at := at + luck.expovariate(1 / mean)) < end:
        yield at


def _channel(luck: Random, number: int) -> ChannelSettings:
    """Every fifth has a budget, most have quiet hours and a pace of their own."""
    name = f"channel{number:02}"
    quiet = _QUIET[number // len(_ZONES) % len(_QUIET)]
    schedule = ScheduleSettings(
        gap=timedelta(minutes=luck.choice([0, 0, 10, 45])),
        quiet=parse_quiet(quiet) if quiet else None,
        expire=timedelta(hours=luck.choice([3, 24, 24, 60])),
        timezone=ZoneInfo(_ZONES[number % len(_ZONES)]),
    )
    pace = (
        Rate("bot", 30, 1.0, precise=True),
        Rate(name, 1, 1.0, precise=True),
        Rate(f"{name}:window", luck.choice([5, 20]), 900.0, precise=False),
        Rate(f"{name}:day", 100, 86400.0, precise=False),
    )
    budget = BudgetSettings(month_usd=Decimal("3.00"), post_usd=Decimal("0.05")) if number % 5 == 4 else None
    return SimulatedSettings(
        template=luck.choice(["one.txt.j2", "one.txt.j2", "thread.txt.j2"]),
        approval="one" if number % 7 == 3 else "none",
        schedule=schedule,
        pace=pace,
        budget=budget,
        readable=number % 2 == 0,
    )
