"""kill -9 at random points, again and again, on either database."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from newsbot.model import PostState
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.stage import Service, Stage, place_of, plain, until
from tests.conftest import SERVER, create_temporary_database

__all__ = ["DATABASES", "Toll", "database", "kill", "kills", "moment", "rounds"]

DATABASES = ("sqlite", "postgresql")
_WORDS = {"called": "in mid-call", "stored": "answered, not stored", "claimed": "claimed, not called"}


@contextmanager
def database(kind: str, server: str = SERVER) -> Iterator[str | None]:
    """None for SQLite, which the stage keeps in its own folder."""
    if kind == "sqlite":
        yield None
        return
    with create_temporary_database(server) as url:
        yield url


@dataclass
class Toll:
    """``posts`` counts what each `sending` post was at when its service ended; ``ends`` what each end hit."""

    posts: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)

    def rows(self, unknown: int) -> list[Row]:
        total = self.ends.total() or 1
        spread = [
            Row(f"ends that hit: {what}", f"{count} ({count / total:.0%})")
            for what, count in self.ends.most_common()
        ]
        in_flight = self.posts.total()
        return [
            Row("unknowns", str(unknown), f"<= {in_flight} in flight", unknown <= in_flight),
            *spread,
        ]


async def kill(stage: Stage, service: Service, toll: Toll) -> None:
    """End it, and note what it was at."""
    before = stage.out
    stage.killed_at.append(monotonic())
    await service.kill()
    await note(stage, before, toll)


async def note(stage: Stage, before: set[tuple[str, str]], toll: Toll) -> None:
    """What the ledger's `sending` posts were at. ``before``: what was out when their service ended."""
    await until(
        lambda: not stage.thinking, 0.2 + 2 * stage.latency
    )  # what was in flight arrives all the same
    after, found = stage.out, []
    for post in stage.posts(PostState.SENDING):
        part = post.parts[min(post.next_part, len(post.parts) - 1)]
        key = place_of(post.channel), plain(part.text)
        found.append("stored" if key in before else "called" if key in after else "claimed")
    toll.posts.update(found)
    worst = next((words for what, words in _WORDS.items() if what in found), "nothing in flight")
    toll.ends[worst] += 1


def _out(stage: Stage) -> set[tuple[str, str]]:
    return {(arrival.place, arrival.text) for arrival in stage.arrivals}


async def moment(stage: Stage, chance: random.Random) -> Service:
    """A service, and when to end it: at any time from its start on, in a call, right after an answer."""
    way = chance.choice(("start", "call", "call", "answer", "answer"))
    if way == "start":
        service = await stage.start()
        await asyncio.sleep(chance.uniform(0.0, 2.5))
        return service
    service = await stage.start()
    wanted = 1 + int(chance.expovariate(0.25))
    await until(lambda: stage.calls >= wanted or not service.alive, 20, 0.001)
    if way == "answer":
        await until(lambda: not stage.thinking, 0.1, 0.0005)
        await asyncio.sleep(chance.uniform(0.0, 0.01))
    else:
        await asyncio.sleep(chance.uniform(0.0, stage.latency))
    return service


async def rounds(stage: Stage, count: int, chance: random.Random, toll: Toll) -> None:
    """``count`` services, one after another, each killed at a moment of its own."""
    for _ in range(count):
        stage.top_up()
        await kill(stage, await moment(stage, chance), toll)


async def kills(kind: str, count: int, *, articles: int = 130, seed: int = 1) -> list[Row]:
    """Five posts of each article through ``count`` killed services, and a last one that is left alone."""
    began, chance, toll = monotonic(), random.Random(seed), Toll()
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url) as stage:
            stage.publish(articles // 5)
            stage.queue(articles - articles // 5)
            await rounds(stage, count, chance, toll)
            ended = await stage.finish()
            verdict = await audit(stage)
    return [
        Row(f"{kind}: services killed", str(count)),
        *verdict.rows(),
        *toll.rows(len(verdict.unknown)),
        Row("the last service's exit status", str(ended), "0", ended == 0),
        Row("took", f"{monotonic() - began:.0f} s"),
    ]
