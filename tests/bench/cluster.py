"""Several processes of `engine: cluster`: a slow stage, feeds over pollers, a long history of jobs."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter
from typing import Any

import psycopg

from newsbot.engines import make_job_queue, prepare_engine
from newsbot.engines.cluster import ClusterEngine
from newsbot.ledger import open_ledger
from newsbot.model import Item
from newsbot.ports import PollResult, ServiceRole
from newsbot.scheduling.clock import SystemClock
from tests.bench.feeds import Feeds
from tests.bench.pollers import config_of
from tests.bench.rows import Row
from tests.bench.stand import database
from tests.engines.handlers import MemoryHandlers
from tests.ledger.exchanges import record_poll

__all__ = ["feeds", "history", "measure", "scaling"]

_STAGE = 2.0  # seconds that the model takes
_PLUGIN = f"""
import asyncio
from pydantic import BaseModel
from newsbot.model import Sentence, Summary

class SlowModel:
    class Settings(BaseModel):
        kind: str

    name, deadline = "a slow model", 60.0

    def __init__(self, settings): ...

    async def summarize(self, article):
        await asyncio.sleep({_STAGE})
        text = article.text[:80]
        return Summary((Sentence(text, text, 0, 0),), abstract=True)
"""
# A process of the service of which as many jobs as the first argument says work on articles at a time.
_RUN = """
import sys
from newsbot.engines import cluster
from newsbot.ports import ServiceRole
cluster._CONCURRENCY[ServiceRole.WORK] = int(sys.argv.pop(1))
from newsbot.__main__ import main
main()
"""
_WORDS = ("harbour", "ferry", "council", "budget", "street", "tram", "bridge", "school", "river", "museum")
_BATCH = 100_000  # jobs of the history in one transaction
_STARTS = 5


def measure(jobs: int, count: int, every: float) -> list[Row]:
    """``jobs`` went through; ``count`` feeds are polled ``every`` so many seconds."""
    return [*asyncio.run(scaling()), *asyncio.run(feeds(count, every)), *asyncio.run(history(jobs))]


# ---------------------------------------------------------------- articles


async def scaling(
    counts: tuple[int, ...] = (1, 2, 4), *, articles: int = 240, jobs: int = 1, least: float = 0.9
) -> list[Row]:
    """``articles`` of one poll through a stage that waits; each process does ``jobs`` jobs, of four of them.

    Few at a time, so that the processor of this machine is not what bounds them.
    """
    took = {count: await _take_in(count, articles, jobs) for count in counts}
    rows = []
    for count, seconds in took.items():
        grown = took[counts[0]] / seconds * counts[0]
        figure = f"{seconds:.1f} s, {articles / seconds:.1f}/s, {grown / count:.2f}"
        what = f"{articles} articles to queued posts, {count} process{'es' * (count > 1)}"
        rows.append(Row(what, figure, f">= {least} linear", grown >= least * count))
    return rows


async def _take_in(count: int, articles: int, jobs: int) -> float:
    """Seconds from the poll's commit until the last post is queued."""
    with TemporaryDirectory() as name, database("postgresql") as url:
        folder = Path(name)
        (folder / "slow_model.py").write_text(_PLUGIN)
        (folder / "config.yaml").write_text(
            f"database: {url}\nengine: cluster\nsummarizer: {{kind: 'slow_model:SlowModel'}}\n"
            "sources: {site: {kind: feed, url: 'http://127.0.0.1:9/', full_text: feed}}\n"
            "channels: {out: {kind: console, approval: none, schedule: {expire: 30d}}}\n"
            "network: {allow_private: true}\n"
        )
        ledger = open_ledger(url, job_queue=make_job_queue("cluster"))
        ledger.prepare(upgrade=True)
        prepare_engine("cluster", url)
        async with _processes(folder, count, "-c", _RUN, str(jobs), "run", "--roles", "work"):
            with psycopg.connect(url, autocommit=True) as connection:
                await _until(lambda: len(ledger.list_running_services()) == count)
                warm = 8 * count * jobs  # so that each has started its worker process for parsing
                _find(ledger, 0, warm)
                await _until(lambda: _count_posts(connection) == warm)
                began = perf_counter()
                _find(ledger, warm, articles)
                await _until(lambda: _count_posts(connection) == warm + articles)
                took = perf_counter() - began
        ledger.close()
    return took


def _find(ledger: Any, first: int, count: int) -> None:
    """What a poll found: ``count`` new articles, none of which is like another."""
    now = datetime.now(UTC)
    items = []
    for number in range(first, first + count):
        words = [_WORDS[(number // len(_WORDS) ** k + k * 5) % len(_WORDS)] + str(number) for k in range(12)]
        text = ". ".join(f"The {a} of the {b} opened on Monday with a speech" for a, b in pairwise(words))
        title = f"{' '.join(words[:4]).capitalize()} opens"
        items.append(
            Item(f"g{number}", title=title, text=f"<p>{text}.</p>", url=f"http://127.0.0.1:9/{number}")
        )
    record_poll(ledger.sources, "site", PollResult(now, take=tuple(items)), now=now)


def _count_posts(connection: "psycopg.Connection[Any]") -> int:
    [count] = connection.execute("SELECT count(*) FROM post").fetchone() or (0,)
    return int(count)


@asynccontextmanager
async def _processes(
    folder: Path, count: int, *arguments: str
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), os.getcwd()))}  # noqa: PTH109
    with (folder / "log").open("ab") as log:
        running = [
            await asyncio.create_subprocess_exec(
                sys.executable, *arguments, cwd=folder, env=environ, stdout=log, stderr=log
            )
            for _ in range(count)
        ]
    try:
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()


async def _until(what: Any, within: float = 600.0) -> None:
    ends = monotonic() + within
    while not what():
        assert monotonic() < ends
        await asyncio.sleep(0.02)


# ---------------------------------------------------------------- feeds


async def feeds(count: int, every: float, *, slack: float = 0.1) -> list[Row]:
    """Two pollers; then one of them is killed."""
    site = Feeds(items=1)
    await site.start()
    try:
        with TemporaryDirectory() as name, database("postgresql") as url:
            folder = Path(name)
            config = config_of(site.url, count, every=f"{every:g}s", database=url)
            (folder / "config.yaml").write_text(f"engine: cluster\n{config}")
            async with _processes(folder, 2, "-m", "newsbot", "run", "--roles", "poll") as running:
                return await _watch(site, running, count, every, slack)
    finally:
        await site.stop()


async def _watch(
    site: Feeds, running: list[asyncio.subprocess.Process], count: int, every: float, slack: float
) -> list[Row]:
    began = monotonic()
    await _until(lambda: len(site.asked) == count, 1200)
    seen = monotonic() - began
    await asyncio.sleep(2.1 * every)  # Those that were due meanwhile waited behind the first polls.
    since = monotonic()
    await asyncio.sleep(1.5 * every)
    both = [second - first for first, second in _pairs(site, since)]
    killed = monotonic()
    running[0].kill()
    await asyncio.sleep(1.5 * every)
    one = [second - first for first, second in _pairs(site, killed)]
    alive = sum(times[-1] > killed for times in site.asked.values())
    what = f"{count} feeds, every {every:g} s, over 2 pollers"
    met = min(both) >= every * (1 - slack) and max(both) <= every * (1 + slack)
    return [
        Row(f"{what}: all seen", f"{seen:.0f} s"),
        Row(
            "  seconds between two polls of a feed: least, median, most",
            f"{min(both):.1f}, {median(both):.1f}, {max(both):.1f}",
            f"{every:g} +- {slack:.0%}",
            met,
        ),
        Row("  such pairs of polls, in one and a half periods", f"{len(both)}"),
        Row("  feeds polled again after one poller was killed", f"{alive}", f"{count}", alive == count),
        Row(
            "  seconds between two polls then, most",
            f"{max(one):.1f}",
            f"<= {2 * every:g}",
            max(one) <= 2 * every,
        ),
    ]


def _pairs(site: Feeds, since: float) -> list[tuple[float, float]]:
    """The times of each two polls of a feed of which the later came after ``since``."""
    return [pair for times in site.asked.values() for pair in pairwise(times) if pair[1] > since]


# ---------------------------------------------------------------- the history of jobs


async def history(jobs: int) -> list[Row]:
    """A worker's start before and after ``jobs`` jobs went through the tables.

    Each is a row of the table of jobs, which is stored, begun and deleted, with two rows of its events, as
    the library's functions and triggers do; here by three statements for `_BATCH` of them in a transaction,
    with the triggers off. What is left of them in PostgreSQL (used numbers, dead rows and pages, figures) is
    what autovacuum left, which runs as it is set.
    """
    with database("postgresql") as url:
        prepare_engine("cluster", url)
        fresh = [await _start(url) for _ in range(_STARTS)]
        began = monotonic()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            connection.execute("SET session_replication_role = replica")  # no triggers
            for first in range(0, jobs, _BATCH):
                with connection.transaction():
                    _pass_through(connection, min(_BATCH, jobs - first))
            query = "SELECT last_value, pg_total_relation_size('procrastinate_jobs') "
            told = connection.execute(f"{query} FROM procrastinate_jobs_id_seq".encode()).fetchone()
            last, size = told or (0, 0)
        took = monotonic() - began
        old = [await _start(url) for _ in range(_STARTS)]
    return [
        Row(f"{last:,} jobs stored, begun and deleted", f"{took:.0f} s, {size / 1e6:.0f} MB"),
        Row("  a worker's start to its first job's end: before", f"{median(fresh):.2f} s"),
        Row("  and after, the longest of five", f"{max(old):.2f} s", "<= 2 s", max(old) <= 2),
    ]


def _pass_through(connection: "psycopg.Connection[Any]", count: int) -> None:
    stored = (
        "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args) "
        "SELECT 'send', 'drain', 'drain:c' || n, jsonb_build_object('key', 'c' || n) "
        "FROM generate_series(1, %s) AS n RETURNING id) "
        "INSERT INTO procrastinate_events (job_id, type, at) SELECT id, type, now() FROM job, "
        "unnest('{deferred,started}'::procrastinate_job_event_type[]) AS type"
    )
    connection.execute(stored.encode(), (count,))
    connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    connection.execute("DELETE FROM procrastinate_events")
    connection.execute("DELETE FROM procrastinate_jobs")


@dataclass
class _Noting(MemoryHandlers):
    """Notes that a job was done."""

    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, channel: str, due: datetime | None) -> None:  # noqa: ARG002  It is only counted.
        self.done.set()


async def _start(url: str) -> float:
    """Seconds from an engine's start until it has done a job that it found."""
    handlers, stop = _Noting(due={"tg": datetime.now(UTC) + timedelta(days=1)}), asyncio.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args) "
            "VALUES ('send', 'drain', 'drain:tg', '{\"key\": \"tg\"}')"
        )
    began = perf_counter()
    running = asyncio.create_task(
        ClusterEngine(url, SystemClock(), (ServiceRole.SEND,)).run((), handlers, stop)
    )
    await asyncio.wait_for(handlers.done.wait(), 60)
    took = perf_counter() - began
    stop.set()
    await running
    return took
