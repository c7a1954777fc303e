"""Several processes of `engine: cluster`, of which random ones are killed again and again."""

import asyncio
import random
import signal
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import psycopg

from newsbot.engines import make_job_queue
from newsbot.model import PostState
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import MANY_CHANNELS, Service, Stage, until

__all__ = ["workers"]

_HELD = (
    "SELECT count(*) FROM post JOIN instance ON instance.id = post.holder "
    "WHERE post.state = 'sending' AND instance.pid = %s"
)
_LATENCY = 0.15  # seconds
_LATEST = 900.0  # seconds until everything is sent once nobody is killed any more


async def workers(
    kills: int,
    *,
    count: int = 4,
    articles: int = 50,
    channels: tuple[str, ...] = MANY_CHANNELS[:40],
    seed: int = 1,
) -> list[Row]:
    """A post of each article on every channel while ``kills`` of the ``count`` processes are killed."""
    began, chance = monotonic(), random.Random(seed)
    with TemporaryDirectory() as folder, database("postgresql") as url:
        async with Stage(Path(folder), url, _LATENCY, channels, feed=False) as stage:
            stage.configure(engine="cluster")
            stage.ledger._database.job_queue = make_job_queue("cluster")
            running = [await stage.start() for _ in range(count)]
            in_flight = await _kill(stage, running, kills, articles, chance)
            done = await until(lambda: not stage.waiting(), _LATEST, 0.2)
            # A process that has only just been started has no handler of SIGTERM yet.
            await until(lambda: len(stage.ledger.list_running_services()) >= count, _LATEST, 0.2)
            for service in running:
                service.signal(signal.SIGTERM)
            ended = [await service.ended() for service in running]
            verdict = await audit(stage)
            disordered = _find_disorder(stage)
            sent = len(stage.posts(PostState.SENT))
    unknown = len(verdict.unknown)
    return [
        Row(f"processes of {count} killed", str(kills)),
        *verdict.rows(),
        Row(
            "channels whose posts are not in order",
            str(len(disordered)),
            f"0 of {len(channels)}",
            not disordered,
        ),
        Row("unknowns", str(unknown), f"<= {in_flight} in flight", unknown <= in_flight),
        Row("sent while they were killed, and after", str(sent), f"{verdict.posts - unknown}", done),
        Row("exit statuses of those left", str(ended), "0", ended == [0] * count),
        Row("took", f"{monotonic() - began:.0f} s"),
    ]


async def _kill(
    stage: Stage, running: list[Service], kills: int, articles: int, chance: random.Random
) -> int:
    """Kill one process after the other, and start another for each; return how many posts they were sending.

    Each is stopped for a moment before, so that what it is at does not change while it is counted.
    """
    in_flight, pids = 0, list[int]()
    async with await psycopg.AsyncConnection.connect(str(stage.database), autocommit=True) as connection:
        for number in range(kills):
            stage.queue((number + 1) * articles // kills - number * articles // kills)
            await asyncio.sleep(chance.uniform(0.0, 1.5))
            place = chance.randrange(len(running))
            service = running[place]
            service.signal(signal.SIGSTOP)
            await asyncio.sleep(0.05)
            [held] = await (await connection.execute(_HELD, (service.pid,))).fetchone() or (0,)
            in_flight += int(held)
            await service.kill()
            assert service.pid not in pids  # or posts of an earlier process would be counted again
            pids.append(service.pid)
            running[place] = await stage.start()
    return in_flight


def _find_disorder(stage: Stage) -> list[str]:
    """The channels on which a post came before one that was queued earlier."""
    came: defaultdict[str, list[str]] = defaultdict(list)
    for arrival in stage.arrivals:
        came[arrival.place].append(arrival.text)
    return [place for place, texts in came.items() if texts != sorted(texts)]
