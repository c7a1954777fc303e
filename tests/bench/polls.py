"""Many feeds: polls beside those of the ``reader`` library, and what a service does with thousands of them.

Both poll the same site, in turns, each from a process of its own; what counts is the processor's time. The
site's own is not in it.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import monotonic

import psutil

from tests.bench.feeds import Feeds
from tests.bench.pollers import config_of, processor_seconds
from tests.bench.rows import Row
from tests.conftest import create_temporary_database

__all__ = ["measure"]

FEEDS = 200
ROUNDS = 9
POSTGRES = os.environ.get("NEWSBOT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
READER = "reader"
SQLITE = "newsbot on SQLite"
ON_POSTGRES = "newsbot on PostgreSQL"
STEADY = 20.0  # seconds


def measure() -> list[Row]:
    """Medians of rounds in turn; the service once for each number of feeds."""
    with create_temporary_database(POSTGRES) as database:
        return asyncio.run(_measure(database))


async def _measure(database: str) -> list[Row]:
    return [
        *await _beside_reader(database),
        *await _service(500, "5s", longest=5.5),
        *await _service(2000, "1m"),
        *await _service(5000, "5m"),
    ]


class Poller:
    """A process that polls all feeds when it is told to."""

    def __init__(self, what: str, folder: Path, feeds: Feeds, database: str = "-") -> None:
        self.what = what
        self.stalls: list[float] = []
        self._arguments = (what.partition(" ")[0], str(folder), feeds.url, str(FEEDS), database)

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.pollers",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self._answer()

    async def poll(self) -> float:
        """Processor seconds that one poll took, of a poll of each feed."""
        assert self._process.stdin
        self._process.stdin.write(b"\n")
        spent, stalled = map(float, (await self._answer()).split())
        self.stalls.append(stalled)
        return spent / FEEDS

    async def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()

    async def _answer(self) -> bytes:
        """What comes after the word; there may be lines of others."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            if line.startswith((b"spent ", b"ready")):
                return line.partition(b" ")[2]
        raise RuntimeError(f"{self.what} ended")


async def _beside_reader(database: str) -> list[Row]:
    async with _site() as feeds:
        with tempfile.TemporaryDirectory() as folder:
            pollers = [
                Poller(READER, Path(folder), feeds),
                Poller(SQLITE, Path(folder), feeds, "sqlite:///newsbot.db"),
                Poller(ON_POSTGRES, Path(folder), feeds, database),
            ]
            for poller in pollers:
                await poller.start()
                await poller.poll()
            unchanged = await _rounds(pollers, feeds, new=False)
            changed = await _rounds(pollers, feeds, new=True)
            for poller in pollers:
                await poller.stop()
    stall = median(pollers[1].stalls[1:])  # the first round imports what the service has when it is ready
    return [
        *_compared("304", unchanged),
        *_compared("20 new items", changed),
        Row(
            "event loop not free, longest of a round, median",
            f"{stall * 1000:.0f} ms",
            "<= 50 ms",
            stall <= 0.05,
        ),
    ]


async def _rounds(pollers: list[Poller], feeds: Feeds, *, new: bool) -> dict[str, float]:
    took: dict[str, list[float]] = {poller.what: [] for poller in pollers}
    for _ in range(ROUNDS):
        feeds.edition += new
        for poller in pollers:
            took[poller.what].append(await poller.poll())
    return {what: median(each) for what, each in took.items()}


def _compared(what: str, took: dict[str, float]) -> list[Row]:
    floors = {SQLITE: ">= 1.0 x"}
    rows = [Row(f"{what}: reader, polls per second of a core", f"{1 / took[READER]:.0f}")]
    for who in (SQLITE, ON_POSTGRES):
        times = took[READER] / took[who]
        met = times >= 1.0 if who in floors else None
        figure = f"{1 / took[who]:.0f}, {times:.2f} x reader"
        rows.append(Row(f"{what}: {who}", figure, floors.get(who, ""), met))
    return rows


@asynccontextmanager
async def _site() -> AsyncIterator[Feeds]:
    feeds = Feeds()
    await feeds.start()
    try:
        yield feeds
    finally:
        await feeds.stop()


async def _service(count: int, every: str, *, longest: float | None = None) -> list[Row]:
    """The service from its start on an empty database: first sight of all, then 304s."""
    async with _site() as feeds:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "config.yaml").write_text(config_of(feeds.url, count, every=every))
            began = monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "newsbot", "run", cwd=folder, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                return await _watched(
                    f"{count} feeds, every {every}", psutil.Process(process.pid), feeds, began, count, longest
                )
            finally:
                process.terminate()
                await process.wait()


async def _watched(
    what: str, process: psutil.Process, feeds: Feeds, began: float, count: int, longest: float | None
) -> list[Row]:
    while len(feeds.asked) < count:
        await asyncio.sleep(0.1)
    silence = feeds.longest_silence()
    rows = [
        Row(f"{what}: first request", f"{feeds.first() - began:.1f} s"),
        Row(
            f"{what}: all seen", f"{monotonic() - began:.1f} s, {processor_seconds(process):.1f} s of a core"
        ),
        Row(f"{what}: longest without a poll meanwhile", f"{silence:.2f} s", "<= 1 s", silence <= 1),
        Row(f"{what}: memory", f"{process.memory_info().rss / 1e6:.0f} MB"),
    ]
    if longest is not None:
        await asyncio.sleep(2 * longest)
        rows += await _steady(what, process, feeds, longest)
    return rows


async def _steady(what: str, process: psutil.Process, feeds: Feeds, longest: float) -> list[Row]:
    since, before, polls = monotonic(), processor_seconds(process), feeds.polls
    await asyncio.sleep(STEADY)
    spent, made, gap = processor_seconds(process) - before, feeds.polls - polls, feeds.longest_gap(since)
    return [
        Row(f"{what}: longest between two polls of one", f"{gap:.2f} s", f"<= {longest} s", gap <= longest),
        Row(f"{what}: share of a core", f"{spent / STEADY:.2f}", "<= 0.25", spent / STEADY <= 0.25),
        Row(f"{what}: a poll in the whole service", f"{spent / made * 1000:.2f} ms"),
    ]
