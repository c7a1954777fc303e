"""The machine goes down: database server and service are killed in the same moment."""

import asyncio
import random
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import Toll, note
from tests.chaos.server import Server, binaries
from tests.chaos.stage import Stage, until

__all__ = ["crashes"]


async def crashes(count: int, *, seed: int = 1) -> list[Row]:
    """``count`` times, each while calls are made; then a last service that is left alone."""
    programs = binaries()
    if programs is None:
        return [Row("skipped: PostgreSQL's own programs (initdb, postgres) are not here", "")]
    began, chance, toll = monotonic(), random.Random(seed), Toll()
    with TemporaryDirectory() as folder:
        async with Server(programs) as server, Stage(Path(folder), server.url) as stage:
            stage.publish(2)
            for _ in range(count):
                await _crash(stage, server, chance, toll)
            ended = await stage.finish()
            verdict = await audit(stage)
    return [
        Row("server and service killed together", str(count)),
        *verdict.rows(),
        *toll.rows(len(verdict.unknown)),
        Row("the last service's exit status", str(ended), "0", ended == 0),
        Row("took", f"{monotonic() - began:.0f} s"),
    ]


async def _crash(stage: Stage, server: Server, chance: random.Random, toll: Toll) -> None:
    stage.top_up()
    service = await stage.start()
    wanted = 1 + int(chance.expovariate(0.15))
    await until(lambda: stage.calls >= wanted or not service.alive, 20, 0.001)
    await asyncio.sleep(chance.uniform(0.0, stage.latency))
    before = stage.out
    service.signal(signal.SIGKILL)
    await server.kill()
    await service.ended()
    await server.start()
    await note(stage, before, toll)
