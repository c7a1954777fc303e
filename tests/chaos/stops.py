"""SIGTERM in mid-send, and SIGSTOP for longer than a lease."""

import asyncio
import random
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from newsbot.model import PostState
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import Service, Stage, until

__all__ = ["PAST_THE_LEASE", "frozen", "stops"]

PAST_THE_LEASE = 95.0  # seconds: a lease is twice a channel's deadline and half a minute, 82 s
_STOP = 30.0


async def stops(count: int, *, seed: int = 1) -> list[Row]:
    """``count`` services, each asked to end while calls are made."""
    chance, took, states, left = random.Random(seed), list[float](), list[int | None](), 0
    with TemporaryDirectory() as folder:
        async with Stage(Path(folder), latency=0.05, feed=False) as stage:
            for _ in range(count):
                service = await _busy(stage, chance)
                began = monotonic()
                service.signal(signal.SIGTERM)
                states.append(await service.ended(_STOP + 5))
                took.append(monotonic() - began)
                left += stage.waiting((PostState.SENDING,))
            await stage.finish()
            verdict = await audit(stage)
    return [
        Row("services ended by SIGTERM in mid-send", str(count)),
        Row("exit status other than 0", str(sum(state != 0 for state in states)), "0", not any(states)),
        Row("the longest stop", f"{max(took):.1f} s", f"<= {_STOP:g} s", max(took) <= _STOP),
        Row("posts left `sending`", str(left), "0", left == 0),
        Row("unknowns", str(len(verdict.unknown)), "0", not verdict.unknown),
        *verdict.rows(),
    ]


async def _busy(stage: Stage, chance: random.Random) -> Service:
    """A service that is making calls."""
    stage.top_up()
    service = await stage.start()
    wanted = 1 + int(chance.expovariate(0.2))
    await until(lambda: stage.calls >= wanted or not service.alive, 40, 0.001)
    await asyncio.sleep(chance.uniform(0.0, stage.latency))
    return service


async def frozen(kind: str, *, seconds: float = PAST_THE_LEASE, others: int = 0, seed: int = 1) -> list[Row]:
    """SIGSTOP in mid-call for ``seconds``, then SIGCONT; ``others`` services run on meanwhile."""
    chance = random.Random(seed)
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url, latency=0.3, feed=False) as stage:
            service = await _busy(stage, chance)
            service.signal(signal.SIGSTOP)
            for _ in range(others):
                await stage.start()
            await asyncio.sleep(seconds)
            rescued = len(stage.posts(PostState.UNKNOWN))
            service.signal(signal.SIGCONT)
            came_back = await until(lambda: not stage.waiting(), 120, 0.2)
            for one in stage.services:
                one.signal(signal.SIGTERM)
            ends = [await one.ended() for one in stage.services]
            verdict = await audit(stage)
    who = f"{kind}, {others} other" if others else f"{kind}, alone"
    return [
        Row(f"{who}: stopped for", f"{seconds:g} s"),
        Row(f"{who}: sends all that is due afterwards", "yes" if came_back else "no", "yes", came_back),
        Row(f"{who}: exit statuses", str(ends), "0", not any(ends)),
        Row(f"{who}: unknowns before it went on, and in the end", f"{rescued}, {len(verdict.unknown)}"),
        *verdict.rows(),
    ]
