"""One platform behind the Channel port. What arrives there is the truth that the ledger is held against."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import Field

from newsbot.channels.settings import Budget, PriceSettings
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_characters
from newsbot.errors import (
    ChannelRefused,
    MediaRefused,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
)
from newsbot.model import Part, PostEvent, Receipt
from newsbot.ports import (
    Capabilities,
    Channel,
    Identity,
    PageFetcher,
    Rate,
    ReadAllowance,
    SearchResult,
    Sighting,
    SoughtPart,
)
from tests.simulation.time import VirtualClock

__all__ = ["Arrival", "BudgetSettings", "Call", "Platform", "SimulatedChannel", "SimulatedSettings"]

_LATEST = 60.0  # seconds that a message may be under way
FATES = {
    "taken": 900,
    "not sent": 25,
    "rate limited": 15,
    "media refused": 10,
    "refused": 10,
    "channel refused": 1,
    "lost on the way": 10,
    "lost on the way back": 12,
    "a surprise": 4,
    "no answer": 13,
}
"""How often calls end so, in 1000."""


class BudgetSettings(Budget):
    post_usd: Decimal


class SimulatedSettings(PriceSettings):
    kind: str = "tests.simulation.platform:SimulatedChannel"
    pace: tuple[Rate, ...] = ()
    budget: BudgetSettings | None = Field(default=None)
    readable: bool = False
    link: Literal["always", "never", "auto"] = "always"


@dataclass(frozen=True)
class Call:
    """A request that left: ``at`` by the monotonic clock, ``wall`` by the service's own."""

    channel: str
    post: int
    part: int
    at: float
    wall: datetime
    offset: timedelta


@dataclass(frozen=True)
class Arrival:
    channel: str
    text: str
    call: Call
    true: datetime


@dataclass
class Platform:
    """``ledger`` is the database's file: each call is held against what is committed there."""

    seed: str
    clock: VirtualClock
    ledger: Path
    fates: dict[str, int] = field(default_factory=lambda: dict(FATES))
    calls: list[Call] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._witness = sqlite3.connect(self.ledger, isolation_level=None)

    def close(self) -> None:
        self._witness.close()

    def takes(self, channel: str, part: Part, deadline: float) -> tuple[str, Random, Call]:
        """A request that leaves now: is it covered by a claim, and how shall it end?"""
        call = self._covered(channel, part, deadline)
        self.calls.append(call)
        key = (channel, part.text)
        self.tries[key] += 1
        chance = Random(f"{self.seed} {channel} {part.text} {self.tries[key]}")
        fate = chance.choices(list(self.fates), list(self.fates.values()))[0]
        if fate == "media refused" and not part.media:
            fate = "taken"
        self.endings[fate] += 1
        return fate, chance, call

    def arrive(self, text: str, call: Call) -> None:
        self.arrivals.append(Arrival(call.channel, text, call, self.clock.true()))

    def out(self, channel: str, text: str) -> bool:
        """Has this message arrived? What an editor sees who looks."""
        return any(a.text == text and a.channel == channel for a in reversed(self.arrivals))

    def sightings(self, channel: str, text: str, since: datetime) -> Iterator[Sighting]:
        """Messages of this text, in the order in which they arrived."""
        for arrival in self.arrivals:
            if (arrival.channel, arrival.text) == (channel, text) and arrival.true >= since:
                yield Sighting(Receipt(0, f"{arrival.call.post}.{arrival.call.part}"), arrival.true)

    def paused(self) -> set[str]:
        """The channels that the ledger holds for paused."""
        return {name for (name,) in self._witness.execute("SELECT name FROM channel WHERE state = 'paused'")}

    def may_arrive(self, post: int) -> bool:
        """Did a call for this post leave so lately that its message may still be under way?"""
        return any(call.post == post for call in self.since(self.elapsed() - _LATEST))

    def since(self, at: float) -> Iterator[Call]:
        """Calls that left after ``at``, the latest first."""
        return takewhile(lambda call: call.at > at, reversed(self.calls))

    def elapsed(self) -> float:
        """Seconds of virtual time."""
        return asyncio.get_running_loop().time()

    def _covered(self, channel: str, part: Part, deadline: float) -> Call:
        """The one `sending` post of the channel, with an open attempt for just this part."""
        rows = self._witness.execute(
            "SELECT p.id, p.parts, p.due_at, p.lease_until, a.part, a.started_at, "
            "(SELECT event FROM event e WHERE e.post_id = p.id AND e.event IN ('sending', 'part sent') "
            "ORDER BY e.id DESC LIMIT 1) FROM post p "
            "LEFT JOIN attempt a ON a.post_id = p.id AND a.ended_at IS NULL "
            "WHERE p.state = 'sending' AND p.channel = ?",
            (channel,),
        ).fetchall()
        wall, elapsed = self.clock.now(), self.elapsed()
        if len(rows) != 1 or rows[0][4] is None:
            self.wrong.append(f"{wall} {channel}: a call left without its claim: {rows}")
            return Call(channel, 0, 0, elapsed, wall, self.clock.offset)
        number, parts, due, lease, at, started, said = rows[0]
        if json.loads(parts)[at]["text"] != part.text:
            self.wrong.append(f"{wall} {channel}: post {number}'s call carried another text than its claim")
        if started < due and said == PostEvent.CLAIM:  # else a thread goes on, whose first part was due
            self.wrong.append(f"{wall} {channel}: post {number} left before it was due")
        if lease < int((wall + timedelta(seconds=deadline)).timestamp() * 1e6):
            self.wrong.append(f"{wall} {channel}: post {number}'s lease ends before the call may")
        return Call(channel, number, at, elapsed, wall, self.clock.offset)


class SimulatedChannel(Channel):
    """The Channel port. A request, once it left, arrives whatever becomes of its sender."""

    kind = "simulated"
    capabilities = Capabilities(
        measure=count_characters, markup=PLAIN, text=1000, photos=1, threads=True, summary=300
    )
    template = "simulated.txt.j2"
    Settings = SimulatedSettings

    def __init__(self, name: str, settings: SimulatedSettings, platform: Platform) -> None:
        self.name = name
        self.settings = settings
        self.deadline = 20.0
        self._platform = platform

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        budget = self.settings.budget
        return budget.post_usd * len(parts) if budget else None

    def rates(self) -> tuple[Rate, ...]:
        return self.settings.pace

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,
        silent: bool = False,  # noqa: ARG002  the port's
        key: str = "",
    ) -> Receipt:
        if self._platform.keys.setdefault((self.name, part.text), key) != key or not key:
            self._platform.wrong.append(f"{self.name}: a part came with another key: {part.text!r}")
        if (after is None) != part.text.startswith("1/"):
            self._platform.wrong.append(f"{self.name}: a part lost its place in the thread: {part.text!r}")
        fate, chance, call = self._platform.takes(self.name, part, self.deadline)
        latency = chance.uniform(0.05, 2.0)
        loop = asyncio.get_running_loop()
        if fate in {"taken", "lost on the way back", "a surprise"}:
            loop.call_later(latency / 2, self._platform.arrive, part.text, call)
        if fate == "no answer":
            if chance.random() < 0.5:
                loop.call_later(chance.uniform(0, _LATEST), self._platform.arrive, part.text, call)
            await asyncio.sleep(3600)
        await asyncio.sleep(latency)
        if fate == "taken":
            return Receipt(0, f"{call.post}.{call.part}", f"https://simulated.test/{call.post}.{call.part}")
        raise self._ending(fate, chance)

    def _ending(self, fate: str, chance: Random) -> Exception:
        key = chance.choice([rate.key for rate in self.rates()] or [None])
        endings: dict[str, Any] = {
            "not sent": lambda: NotSent("the connection was refused"),
            "rate limited": lambda: RateLimited(
                "too many", retry_after=chance.choice([1, 30, 900]), key=chance.choice([None, key])
            ),
            "media refused": lambda: MediaRefused("the photo is broken"),
            "refused": lambda: Refused("the text is not to its taste"),
            "channel refused": lambda: ChannelRefused("kicked"),
            "a surprise": lambda: RuntimeError("a bug in the adapter"),
        }
        unknown = OutcomeUnknown("the connection broke")
        return endings[fate]() if fate in endings else unknown

    async def search(
        self,
        sought: Sequence[SoughtPart],
        *,
        since: datetime,
        mark: str | None,  # noqa: ARG002  the port's
        pages: PageFetcher,  # noqa: ARG002  the port's
        allowance: ReadAllowance,  # noqa: ARG002
    ) -> SearchResult | None:
        """What arrived, by the platform's clock, which is right; every other channel can't be read."""
        if not self.settings.readable:
            return None
        chance = Random(f"{self._platform.seed} {self.name} {self._platform.elapsed()}")
        await asyncio.sleep(chance.uniform(0.1, 2))
        if chance.random() < 0.1:
            raise NotSent("the timeline can't be read")
        start = since - timedelta(hours=1)
        if start > self._platform.clock.true():
            raise NotSent("'start_time' must be in the past")
        seen = tuple(tuple(self._platform.sightings(self.name, one.part.text, start)) for one in sought)
        return SearchResult(seen, self._platform.clock.true(), whole=chance.random() < 0.9)

    def permalink(self, remote_id: str) -> str | None:
        return f"https://simulated.test/{remote_id}"

    async def identify(self) -> Identity:
        return Identity("newsbot", self.name)
