"""A worker that is stopped between its claim and its call, until somebody else has sent the post."""

import asyncio
import signal
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from newsbot.model import PostState
from tests.bench.rows import Row
from tests.chaos.fleet import Fleet
from tests.chaos.server import SKIPPED, Server, binaries
from tests.chaos.stage import MANY_CHANNELS, Service, Stage, until

__all__ = ["suspended"]

_PACE = {"overall": "30/s", "per_chat": "10/s", "per_group": "1000/min"}
_COMMITS = (
    "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE 'newsbot % ledger'"
)
_LIVES = "SELECT 1 FROM instance WHERE pid = %s AND to_timestamp(until / 1000000.0) > now()"
_DUE_IN = 3.0  # seconds


async def suspended(pace: dict[str, str] | None = None) -> list[Row]:
    """SIGSTOP while the claim's commit is on its way back; SIGCONT once an editor had the post sent again."""
    if (programs := binaries()) is None:
        return SKIPPED
    with TemporaryDirectory() as folder:
        async with (
            Server(programs) as server,
            Stage(Path(folder), server.url, feed=False, channels=MANY_CHANNELS[:1]) as stage,
        ):
            stage.pace = pace or _PACE
            fleet = Fleet(stage)
            await fleet.add(None, "run", "--roles", "web")  # so that the worker is not alone
            worker = await fleet.add()
            post = await _stop_after_claim(server, stage, worker)
            await fleet.add(None, "run", "--roles", "send")
            found = await until(lambda: stage.posts(PostState.UNKNOWN), 60, 0.2)
            before = len(stage.arrivals)
            await stage.run("resolve", post, "not-sent")
            again = await until(lambda: len(stage.arrivals) > before, 60, 0.1)
            worker.signal(signal.SIGCONT)
            back = await until(lambda: _lives(server, worker), 60, 0.2)
            await asyncio.sleep(3.0)  # its event loop has long gone on
            rows = await fleet.finish()
    return [
        Row("a post whose worker was stopped is unknown", "yes" if found else "no", "yes", found),
        Row("another sent it after `resolve not-sent`", "yes" if again else "no", "yes", again),
        Row("the worker that was stopped goes on", "yes" if back else "no", "yes", back),
        *rows,
    ]


async def _stop_after_claim(server: Server, stage: Stage, worker: Service) -> str:
    """Return the id of the post that the worker, which is stopped now, has claimed and not sent.

    Commits wait for a replica that does not exist, so that the worker can be stopped while one waits.
    """
    while True:
        stage.queue(1, due_in=_DUE_IN)
        await asyncio.sleep(_DUE_IN - 1.0)
        while stage.waiting():
            server.set_synchronous("nobody")
            await until(lambda: _commits(server), 10, 0.001)
            worker.signal(signal.SIGSTOP)
            server.set_synchronous("")
            await asyncio.sleep(0.5)
            if sending := stage.posts(PostState.SENDING):
                return sending[0].id
            worker.signal(signal.SIGCONT)


def _commits(server: Server) -> bool:
    with closing(psycopg.connect(server.url)) as session:
        return session.execute(_COMMITS).fetchone() is not None


def _lives(server: Server, worker: Service) -> bool:
    with closing(psycopg.connect(server.url)) as session:
        return session.execute(_LIVES, (worker.pid,)).fetchone() is not None
