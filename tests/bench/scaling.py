"""What a poll, an article, a post and a row cost on PostgreSQL, and what a million feeds would need by that.

Costs are processor seconds, of newsbot with its worker processes and of a PostgreSQL server of the bench's
own: unlike the time that passes, they hardly depend on what else the machine does.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

import psutil
import psycopg

from newsbot.config.loading import load
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.scheduling.clock import SystemClock
from tests.acceptance.newsroom import Site
from tests.bench.feeds import Feeds
from tests.bench.plan import Costs, plan
from tests.bench.pollers import config_of, processor_seconds
from tests.bench.polls import FEEDS, ON_POSTGRES, Poller
from tests.bench.process import _story
from tests.bench.rows import Row
from tests.bench.stand import FAST, TOKEN, Newsroom, stand
from tests.chaos.server import Server, binaries
from tests.ledger.history import fill_history

__all__ = ["measure"]

ROUNDS = 5
ITEMS = 20
ARTICLES = 200
CHATS, EACH = 100, 30
HISTORY = 100_000
SOURCES = 100_000
LOOKS = 20
WRITTEN = 10_000  # sources in a config.yaml
EVERY, STEADY = "2s", 30.0
IDLE = 10.0  # seconds
AHEAD = timedelta(seconds=60)  # Queueing the posts takes less.

Cost = tuple[float, float]
"""Processor seconds of newsbot, and of PostgreSQL."""


def measure() -> list[Row]:
    """Everything once, on an empty database each."""
    programs = binaries()
    if programs is None:
        print("scaling: skipped, there are no PostgreSQL programs", file=sys.stderr)
        return []
    return asyncio.run(_measure(programs))


@dataclass
class Bench:
    """The bench's own server."""

    server: Server

    @contextmanager
    def database(self) -> Iterator[str]:
        name = f"bench{process_time():.9f}".replace(".", "")
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
            yield self.server.url.removesuffix("postgres") + name
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def spent(self) -> float:
        """Processor seconds of the server so far, of all its processes."""
        assert self.server._process
        return _spent(self.server._process.pid)


def _spent(pid: int) -> float:
    """Processor seconds of a process and all below it; one that ends meanwhile is counted by its parent."""
    while True:
        with suppress(psutil.NoSuchProcess):
            return processor_seconds(psutil.Process(pid))


async def _measure(programs: Path) -> list[Row]:
    async with Server(programs) as server:
        bench = Bench(server)
        unchanged, changed = await _polls(bench)
        job = await _jobs(bench)
        article = await _articles(bench)
        idle, post = await _posts(bench)
        bytes_of_source, planned = _sources(bench)
        rows = [
            _cost("a poll that finds nothing new (304)", unchanged),
            _cost("the same as a job of the cluster", job),
            _cost(f"a poll that finds {ITEMS} new items", changed),
            _cost("an article, from its page to its queued post", article),
            _cost("a post, from queued to sent", post),
            _cost(f"a second of an idle service with {CHATS} channels", idle),
            Row("a source: bytes", f"{bytes_of_source:.0f}"),
            *_history(bench),
            _cost(f"finding 1 000 due sources among {SOURCES:.0e}", planned),
            *_written(),
        ]
    return rows + plan(Costs(job, unchanged, changed, article, post, idle))


def _cost(what: str, cost: Cost) -> Row:
    own, server = (1000 * each for each in cost)
    return Row(f"{what}: newsbot + PostgreSQL", f"{own:.2f} + {server:.2f} ms")


async def _polls(bench: Bench) -> tuple[Cost, Cost]:
    feeds = Feeds()
    await feeds.start()
    with bench.database() as url, tempfile.TemporaryDirectory() as folder:
        poller = Poller(ON_POSTGRES, Path(folder), feeds, url)
        await poller.start()
        await poller.poll()
        costs = []
        for new in (False, True):
            before, own = bench.spent(), 0.0
            for _ in range(ROUNDS):
                feeds.edition += new
                own += await poller.poll()
            costs.append((own / ROUNDS, (bench.spent() - before) / ROUNDS / FEEDS))
        await poller.stop()
    await feeds.stop()
    return costs[0], costs[1]


async def _jobs(bench: Bench) -> Cost:
    """What a poll that finds nothing costs as a job of the engine ``cluster``, with all of its service."""
    feeds = Feeds()
    await feeds.start()
    with bench.database() as url:
        sources = {
            f"s{n}": {"kind": "feed", "url": f"{feeds.url}/feed/{n}", "every": EVERY} for n in range(FEEDS)
        }
        channels = {"out": {"kind": "console", "approval": "none"}}
        config = {"database": url, "sources": sources, "channels": channels}
        async with _service(bench, config, "poll") as spent:
            while feeds.unchanged < FEEDS:
                await asyncio.sleep(0.2)
            before, polls = spent(), feeds.unchanged
            await asyncio.sleep(STEADY)
            cost = _divide(_subtract(spent(), before), feeds.unchanged - polls)
    await feeds.stop()
    return cost


@asynccontextmanager
async def _service(bench: Bench, config: dict[str, Any], roles: str) -> AsyncIterator[Callable[[], Cost]]:
    """``newsbot run`` with the engine ``cluster``; gives what it and the server have spent so far."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps({"engine": "cluster", "network": {"allow_private": True}} | config)
        Path(folder, "config.yaml").write_text(text)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "newsbot", "run", "--roles", roles),
            cwd=folder,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr
        async for line in process.stderr:
            if re.search(rb"\bready\b", line):
                break
        drain = asyncio.create_task(process.stderr.read())
        try:
            yield lambda: (_spent(process.pid), bench.spent())
        finally:
            process.terminate()
            await asyncio.gather(process.wait(), drain)


async def _idle(spent: Callable[[], Cost]) -> Cost:
    """What a second without work costs."""
    await asyncio.sleep(2)
    before = spent()
    await asyncio.sleep(IDLE)
    return _divide(_subtract(spent(), before), IDLE)


def _subtract(one: Cost, other: Cost) -> Cost:
    return one[0] - other[0], one[1] - other[1]


def _divide(one: Cost, by: float) -> Cost:
    return one[0] / by, one[1] / by


async def _work(spent: Callable[[], Cost], idle: Cost, count: int, is_done: Callable[[], bool]) -> Cost:
    """What each of ``count`` pieces of work cost, beyond what the time without work does."""
    before, began = spent(), asyncio.get_running_loop().time()
    async with asyncio.timeout(1200):
        while not is_done():
            await asyncio.sleep(0.2)
    took = asyncio.get_running_loop().time() - began
    return _divide(_subtract(_subtract(spent(), before), (idle[0] * took, idle[1] * took)), count)


async def _articles(bench: Bench) -> Cost:
    site = Site()
    await site.start()
    with bench.database() as url:
        config = {
            "database": url,
            "sources": {
                "site": {"kind": "feed", "url": f"{site.url}/feed.xml", "every": "1s", "backfill": 10_000}
            },
            "channels": {"out": {"kind": "console", "approval": "none"}},
        }
        async with _service(bench, config, "poll,work") as spent:
            ledger = open_ledger(url)
            idle = await _idle(spent)
            site.stories = [_story(n) for n in range(ARTICLES)]
            cost = await _work(spent, idle, ARTICLES, lambda: _count(ledger) >= ARTICLES)
            ledger.close()
    await site.stop()
    return cost


def _count(ledger: Ledger) -> int:
    return len(ledger.posts.list_posts(limit=None))


async def _posts(bench: Bench) -> tuple[Cost, Cost]:
    async with stand(chats=CHATS) as here:
        with bench.database() as url:
            room = Newsroom(url, here, FAST)
            channels = {
                name: {
                    "kind": "telegram",
                    "api": here.urls["telegram"],
                    "token": TOKEN,
                    "chat": chat,
                    "approval": "none",
                    "pace": FAST,
                }
                for name, chat in zip(room.channels, here.chats, strict=True)
            }
            async with _service(
                bench, {"database": url, "sources": {}, "channels": channels}, "send"
            ) as spent:
                idle = await _idle(spent)
                due = room.clock.now() + AHEAD
                room.queue(EACH, due_at=due)
                await asyncio.sleep((due - room.clock.now()).total_seconds() - 1)
                cost = await _work(spent, idle, CHATS * EACH, lambda: not _waiting(url))
            await room.close()
    return idle, cost


def _waiting(url: str) -> bool:
    with psycopg.connect(url) as tx:
        query = "SELECT 1 FROM post WHERE state IN ('scheduled', 'retrying', 'sending') LIMIT 1"
        return tx.execute(query).fetchone() is not None


def _sources(bench: Bench) -> tuple[float, Cost]:
    """The bytes of a source, and what it costs to find the 1000 that are due."""
    with bench.database() as url:
        ledger = _open(url)
        before = _size(url)
        with psycopg.connect(url, autocommit=True) as tx:
            tx.execute(
                "INSERT INTO source (name, state, failures, usual_new, next_poll_at, cursor) "
                "SELECT 'source' || n, 'ok', 0, 0, (extract(epoch FROM now())::bigint + n - 1000) * 1000000, "
                '\'{"etag": "0123456789abcdef", "modified": "Wed, 25 Nov 2026 12:00:00 GMT"}\' '
                f"FROM generate_series(1, {SOURCES}) AS n"
            )
            tx.execute("VACUUM ANALYZE source")
        size = (_size(url) - before) / SOURCES
        now, own, server = SystemClock().now(), process_time(), bench.spent()
        for _ in range(LOOKS):
            due, _ = ledger.due_work.list_due_sources(now=now, most=1000)
            assert len(due) == 1000
        cost = _divide((process_time() - own, bench.spent() - server), LOOKS)
        ledger.close()
    return size, cost


def _open(url: str) -> Ledger:
    ledger = open_ledger(url)
    ledger.prepare(upgrade=True)
    return ledger


def _history(bench: Bench) -> list[Row]:
    with bench.database() as url:
        ledger = _open(url)
        before, server = _size(url), bench.spent()
        fill_history(ledger, HISTORY)
        ledger.close()
        with psycopg.connect(url, autocommit=True) as tx:
            tx.execute("VACUUM ANALYZE")
            took = (bench.spent() - server) / HISTORY
            rows = int(tx.execute("SELECT sum(n_live_tup) FROM pg_stat_user_tables").fetchone()[0])  # type: ignore[index]  # there is a row
        size = _size(url) - before
    return [
        Row(
            "an article with all that became of it: rows, bytes",
            f"{rows / HISTORY:.1f}, {size / HISTORY:.0f}",
        ),
        Row(
            "a row of these: bytes, time of PostgreSQL",
            f"{size / rows:.0f}, {1e6 * took * HISTORY / rows:.0f} us",
        ),
    ]


def _size(url: str) -> int:
    with psycopg.connect(url) as tx:
        return int(tx.execute("SELECT pg_database_size(current_database())").fetchone()[0])  # type: ignore[index]  # there is a row


def _written() -> list[Row]:
    """What it costs to read a config.yaml, and to have read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.yaml")
        path.write_text(config_of("https://example.org", WRITTEN))
        memory, began = psutil.Process().memory_info().rss, process_time()
        kept = load(path, environ={})
        took = process_time() - began
        memory = psutil.Process().memory_info().rss - memory
    assert len(kept.sources) == WRITTEN
    return [
        Row("a source in config.yaml, at each start", f"{1000 * took / WRITTEN:.2f} ms"),
        Row("a source in the memory of each process", f"{memory / WRITTEN / 1000:.1f} kB"),
    ]
