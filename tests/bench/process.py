"""What the command and the service cost: start-up times and memory of real processes."""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

import psutil

from newsbot.sandbox import Sandbox
from tests.acceptance.newsroom import Newsroom, Site, Story
from tests.bench.rows import Row

__all__ = ["measure"]

ARTICLES = 100
IDLE = 62.0  # seconds: the parser's worker has ended by then


def measure(runs: int) -> list[Row]:
    """Medians of ``runs`` starts; the memory once, after 100 articles and a minute."""
    helps = [_help() for _ in range(runs)]
    polls, memory = asyncio.run(_service(runs))
    return [
        Row("newsbot --help, median", f"{median(helps):.2f} s", "<= 0.25 s", median(helps) <= 0.25),
        Row(
            "existing database to first poll, median",
            f"{median(polls):.2f} s",
            "<= 1.5 s",
            median(polls) <= 1.5,
        ),
        Row(
            "service's memory after 100 articles and a minute", f"{memory:.0f} MB", "<= 120 MB", memory <= 120
        ),
    ]


def _help() -> float:
    start = monotonic()
    command = Path(sys.executable).with_name("newsbot")
    subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
    return monotonic() - start


async def _service(runs: int) -> tuple[list[float], float]:
    site = Site([_story(n) for n in range(ARTICLES)])
    await site.start()
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox() as sandbox:
            sandbox.telegram.pace.per_chat = None
            newsroom = Newsroom(Path(folder), sandbox, site)
            newsroom.config["channels"]["tg"]["pace"] = {"per_chat": "30/s", "per_group": "1000/min"}
            memory = await _memory(newsroom)
            polls = [await _first_poll(newsroom) for _ in range(runs)]
    await site.stop()
    return polls, memory


async def _memory(newsroom: Newsroom) -> float:
    """Megabytes of the service's own process."""
    process = await newsroom.start("run")
    drain = asyncio.create_task(process.communicate())
    try:
        async with asyncio.timeout(240):
            while len(newsroom.messages) < ARTICLES:
                await asyncio.sleep(0.2)
        await asyncio.sleep(IDLE)
        return psutil.Process(process.pid).memory_info().rss / 1024 / 1024
    finally:
        process.terminate()
        await process.wait()
        await drain


async def _first_poll(newsroom: Newsroom) -> float:
    """Seconds from the command to the first request for the feed."""
    await asyncio.sleep(5.1)  # a poll younger than five seconds is not repeated at a start
    before = newsroom.site.polls()
    start = monotonic()
    process = await newsroom.start("run")
    while newsroom.site.polls() == before:
        await asyncio.sleep(0.005)
    took = monotonic() - start
    await newsroom.stop(process)
    return took


def _story(n: int) -> Story:
    body = "".join(
        f"<p>Paragraph {k} of story {n}: council {n} met on day {k} and decided on item {n * k}. "
        f"Its speaker said that the plan for street {n + k} would be ready within {k + 2} months.</p>"
        for k in range(12)
    )
    return Story(f"story-{n}", f"District {n} decides on its plan", body)
