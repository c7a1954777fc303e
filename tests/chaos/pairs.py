"""Two services on one PostgreSQL database under load, one of them killed again and again."""

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from newsbot.sandbox.calls import RateWindow
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import Toll, database, kill
from tests.chaos.stage import Stage

__all__ = ["pairs"]

PACE = {"overall": "30/s", "per_chat": "10/s", "per_group": "1000/min"}
_TOO_CLOSE = 0.5  # seconds: the feed is polled once a second, by whichever service; requests can be late


async def pairs(seconds: float, *, seed: int = 1) -> list[Row]:
    """The stand-in is strict about pace, and nobody polls what the other has just polled."""
    chance, toll = random.Random(seed), Toll()
    with TemporaryDirectory() as folder, database("postgresql") as url:
        async with Stage(Path(folder), url, channels=("tg", "threads", "photos"), pace=PACE) as stage:
            stage.sandbox.telegram.pace.overall = RateWindow(30, 1.0)
            stage.sandbox.telegram.pace.per_chat = RateWindow(10, 1.0)
            stage.publish(5)
            await _load(stage, seconds, chance, toll)
            ended = await stage.finish()
            verdict = await audit(stage)
            answers = [call.status for call in stage.sandbox.calls]
            polls, close = stage.polled_at, _close(stage)
    refused = answers.count(429)
    return [
        Row(f"services killed beside another, within {seconds:g} s", str(toll.ends.total())),
        Row("calls, and 429s among them", f"{len(answers)}, {refused}", "none", not refused),
        Row("polls, and those too soon after another", f"{len(polls)}, {close}", "none", not close),
        *verdict.rows(),
        *toll.rows(len(verdict.unknown)),
        Row("the last service's exit status", str(ended), "0", ended == 0),
    ]


def _close(stage: Stage) -> int:
    """Polls right after another; not where a kill between the two lost what the first had found."""
    near = [pair for pair in pairwise(stage.polled_at) if pair[1] - pair[0] < _TOO_CLOSE]
    return sum(not any(first <= at <= second for at in stage.killed_at) for first, second in near)


async def _load(stage: Stage, seconds: float, chance: random.Random, toll: Toll) -> None:
    """One service stays, the other comes and is killed."""
    ends = monotonic() + seconds
    await stage.start()
    while monotonic() < ends:
        stage.top_up()
        other = await stage.start()
        await asyncio.sleep(chance.uniform(1.0, 3.0))
        await kill(stage, other, toll)
    await stage.services[0].kill()
