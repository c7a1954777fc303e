"""What a post costs one, two and four processes of the service on PostgreSQL, and how late it leaves."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import aiohttp
import psutil
import psycopg
import yaml

from newsbot.app.container import App
from newsbot.config.loading import load
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft
from newsbot.ports import NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.bench.rows import Row
from tests.bench.sending import fill
from tests.bench.stand import TOKEN, database, part

__all__ = ["Burst", "measure", "measure_burst", "measure_lags"]

ENGINES = ("local", "cluster")
PACE = {"overall": "100000/s", "per_chat": "1000/s", "per_group": "100000/min"}
CHANNELS, EACH = 40, 60
DUE, EVERY = 400, 0.05  # posts that come due one after the other, and the seconds between two of them


class Burst(NamedTuple):
    """How a queue was sent. The times are milliseconds of the processor a post."""

    posts: int
    in_order: bool
    seconds: float
    workers: float
    postgresql: float
    platform: float
    transactions: float


def measure(rows: int) -> list[Row]:
    """``rows`` is how many posts the ledger holds whose lag is measured."""
    found = []
    for engine in ENGINES:
        for workers in (1, 2, 4):
            found += _list_rows(engine, workers, asyncio.run(measure_burst(engine, workers, CHANNELS, EACH)))
        lags = asyncio.run(measure_lags(engine, 2, DUE, rows))
        p50, p99 = median(lags), quantiles(lags, n=100)[98]
        name = f"due to arrival, 2 workers, {engine}, {rows:.0e} posts"
        found.append(Row(f"{name}, p50", f"{p50:.1f} ms", "<= 10 ms", p50 <= 10))
        found.append(Row("  p99", f"{p99:.1f} ms", "<= 50 ms", p99 <= 50))
    return found


def _list_rows(engine: str, workers: int, burst: Burst) -> list[Row]:
    rate, name = burst.posts / burst.seconds, f"{workers} worker{'s' * (workers > 1)}, {engine}"
    times = f"{burst.workers:.2f} + {burst.postgresql:.2f} + {burst.platform:.2f} ms"
    floor, met = ((">= 800/s"), burst.in_order and rate >= 800) if workers == 1 else ("", burst.in_order)
    return [
        Row(f"posts/s to {CHANNELS} channels, {name}", f"{rate:.0f}/s", floor, met),
        Row("  processor a post: workers, PostgreSQL, platform", times),
        Row("  transactions a post", f"{burst.transactions:.2f}"),
    ]


# ---------------------------------------------------------------- the processes


@dataclass
class _Stage:
    url: str
    api: str
    ledger: Ledger
    targets: dict[str, str | None]
    workers: list[psutil.Process]
    platform: psutil.Process

    def queue(self, names: Sequence[str], number: int) -> None:
        """A post for each channel, due in an hour."""
        now = SystemClock().now()
        found = self.ledger.articles.add_article("bench", Article(f"g{number}", "Text."), now=now)
        drafts = [Draft(name, "telegram", (part(number),), target=self.targets[name]) for name in names]
        new = [NewPost(draft, now + timedelta(hours=1), None, Code.TIME_SET()) for draft in drafts]
        self.ledger.posts.queue_posts(found, new, now=now, again=True)

    def make_due(self, *, after: float, every: float = 0.0) -> float:
        """The time at which the first of the posts that wait is due; the others follow in their order."""
        first = SystemClock().now().timestamp() + after
        rank = "(SELECT count(*) FROM post AS o WHERE o.state = 'scheduled' AND o.id < post.id)"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("ANALYZE")
            connection.execute(
                f"UPDATE post SET due_at = %s + %s * {rank if every else 0} WHERE state = 'scheduled'",
                (round(first * 1_000_000), round(every * 1_000_000)),
            )
            connection.execute("NOTIFY newsbot_ledger")
        return first

    async def ask(self, what: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(f"{self.api}/{what}") as answer:
            return (await answer.json())["result"]

    async def wait_for(self, messages: int) -> list[list[Any]]:
        """The time, chat and text of each message that has arrived."""
        while await self.ask("count") < messages:
            await asyncio.sleep(0.1)
        found: list[list[Any]] = await self.ask("calls")
        return found

    def list_spent(self) -> tuple[float, float, float, int]:
        """Seconds of the processor: workers, PostgreSQL, the platform; and PostgreSQL's transactions."""
        with psycopg.connect(self.url) as connection:
            pids = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (datname = "
                "current_database() OR backend_type IN ('walwriter', 'background writer', 'checkpointer'))"
            ).fetchall()
            [[commits]] = connection.execute(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            ).fetchall()
        servers = [psutil.Process(pid) for (pid,) in pids if psutil.pid_exists(pid)]
        return _add_up(self.workers), _add_up(servers), _add_up([self.platform]), commits


def _add_up(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


@asynccontextmanager
async def _start(*arguments: str, folder: Path, output: int) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=folder, stdout=output, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield running
    finally:
        running.terminate()
        await running.wait()


@asynccontextmanager
async def _stage(engine: str, workers: int, channels: int) -> AsyncIterator[_Stage]:
    async with AsyncExitStack() as stack:
        url = stack.enter_context(database("postgresql"))
        with psycopg.connect(url, autocommit=True) as connection:
            # The service waits for the disk, which databases of tests do not.
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = on")
        folder = Path(stack.enter_context(TemporaryDirectory()))
        root = Path(__file__).parents[2]
        start = _start("-m", "tests.bench.standin", folder=root, output=asyncio.subprocess.PIPE)
        platform = await stack.enter_async_context(start)
        assert platform.stdout
        api = f"http://127.0.0.1:{int(await platform.stdout.readline())}"
        settings = {"kind": "telegram", "api": api, "token": TOKEN, "pace": PACE, "approval": "none"}
        config = {
            "database": url,
            "engine": engine,
            "channels": {f"c{n}": settings | {"chat": -1002000000000 - n} for n in range(channels)},
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        ledger = stack.enter_context(closing(open_ledger(url)))
        ledger.prepare(upgrade=True)
        targets = dict(App(load(folder / "config.yaml", environ={}, secrets=True, places=False)).targets)
        running = [
            await stack.enter_async_context(
                _start("-m", "newsbot", "run", folder=folder, output=asyncio.subprocess.DEVNULL)
            )
            for _ in range(workers)
        ]
        processes = [psutil.Process(process.pid) for process in running]
        stage = _Stage(url, api, ledger, targets, processes, psutil.Process(platform.pid))
        while len(ledger.list_running_services()) < workers:
            await asyncio.sleep(0.1)
        # The first posts open all connections.
        stage.queue(list(targets), -1)
        stage.make_due(after=1.0)
        await stage.wait_for(channels)
        yield stage


# ---------------------------------------------------------------- what is measured


async def measure_burst(engine: str, workers: int, channels: int, each: int) -> Burst:
    """Queues of ``each`` posts on so many channels, all due at the same moment."""
    async with _stage(engine, workers, channels) as stage:
        for number in range(each):
            stage.queue(list(stage.targets), number)
        due = stage.make_due(after=2.0)
        await asyncio.sleep(1.5)
        before = stage.list_spent()
        calls = (await stage.wait_for((1 + each) * channels))[channels:]
        await asyncio.sleep(0.5)  # the last outcomes are stored
        spent = [new - old for new, old in zip(stage.list_spent(), before, strict=True)]
    by_chat = defaultdict(list)
    for _, chat, text in calls:
        by_chat[chat].append(text)
    in_order = all(texts == [part(n).text for n in range(each)] for texts in by_chat.values())
    seconds = max(at for at, *_ in calls) - due
    of_workers, servers, platform = (1000 * each / len(calls) for each in spent[:3])
    in_order &= len(by_chat) == channels
    return Burst(len(calls), in_order, seconds, of_workers, servers, platform, spent[3] / len(calls))


async def measure_lags(engine: str, workers: int, posts: int, rows: int) -> list[float]:
    """Milliseconds from each post's due time to the arrival of its call, beside so many ``rows`` of posts."""
    async with _stage(engine, workers, 100) as stage:
        if rows:
            fill(stage.url, rows)
        names = list(stage.targets)
        for number in range(posts):
            stage.queue([names[number % len(names)]], number)
        first = stage.make_due(after=3.0, every=EVERY)
        dues = {part(n).text: first + EVERY * n for n in range(posts)}
        calls = (await stage.wait_for(len(names) + posts))[len(names) :]
    return [1000 * (at - dues[text]) for at, _, text in calls]
