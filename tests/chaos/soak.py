"""A service at ten times the load, while strangers write to its desk: does its memory stay as it is?

An article a minute is a busy newsroom: here come ten, each to four channels, from ten feeds that are looked
at every five seconds, with editors at the desk, and thousands of people writing to its bot for no reason.
"""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic
from typing import NamedTuple

import psutil
import yaml

from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from tests.acceptance.desk import EDITOR, GROUP, Desk
from tests.acceptance.newsroom import Newsroom, Site, Story
from tests.bench.rows import Row
from tests.chaos.kills import database

__all__ = ["soak"]

ARTICLE_EVERY = 6.0  # seconds
FEEDS, CHANNELS = 10, 4
STRANGERS = 10_000  # messages, each from another person
COMMANDS = ("/queue", "/status", "/help", "/posts")
COMMAND_EVERY = 15.0  # seconds
SAMPLE_EVERY = 5.0
WARM = 300.0  # seconds after which memory is to stay as it is
GROWTH = 0.05


class Sample(NamedTuple):
    """Megabytes of the service and of its workers, ``at`` seconds from its start."""

    at: float
    service: float
    workers: float


@dataclass
class Run:
    """One service under load."""

    newsroom: Newsroom
    desk: Desk
    seconds: float
    strangers: int
    process: asyncio.subprocess.Process
    began: float = field(default_factory=monotonic)
    samples: list[Sample] = field(default_factory=list)
    articles: int = 0
    said: int = 0

    @property
    def passed(self) -> float:
        return monotonic() - self.began

    @property
    def lives(self) -> bool:
        return self.process.returncode is None and self.passed < self.seconds


async def soak(minutes: float, kind: str = "sqlite", strangers: int | None = None) -> list[Row]:
    """A service on SQLite or PostgreSQL for so many minutes."""
    some = strangers if strangers is not None else round(STRANGERS * min(1.0, minutes / 30))
    site = Site()
    await site.start()
    try:
        with TemporaryDirectory() as folder, database(kind) as url:
            async with Sandbox() as sandbox:
                run = await _begin(Path(folder), sandbox, site, url, minutes * 60, some)
                try:
                    await asyncio.gather(_publish(run), _command(run), _strangers(run), _sample(run))
                    answers = await _answers(run)
                    status = await _end(run)
                finally:
                    await run.newsroom.close()
                return _rows(run, status, kind, answers=answers)
    finally:
        await site.stop()


async def _begin(
    folder: Path, sandbox: Sandbox, site: Site, url: str | None, seconds: float, strangers: int
) -> Run:
    newsroom = Newsroom(folder, sandbox, site)
    desk = Desk(newsroom)
    pace = sandbox.telegram.pace
    pace.overall = pace.per_chat = pace.per_group = None
    feed, telegram = newsroom.config["sources"]["site"], newsroom.config["channels"]["tg"]
    newsroom.config["sources"] = {
        f"site{n}": {**feed, "url": f"{feed['url']}?{n}", "every": "5s", "backfill": 0, "full_text": "feed"}
        for n in range(FEEDS)
    }
    newsroom.config["channels"] = {}
    for n in range(CHANNELS):
        sandbox.telegram.add([SandboxChat(-1001000000100 - n, "channel", f"Channel {n}", f"channel{n}")])
        newsroom.config["channels"][f"tg{n}"] = {**telegram, "chat": f"@channel{n}", "read_back": "off"}
    if url:
        newsroom.config["database"] = url
    newsroom.config["web"] = {"listen": "127.0.0.1:0"}
    (folder / "config.yaml").write_text(yaml.safe_dump(newsroom.config, sort_keys=False))
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "newsbot", "run"),
            cwd=folder,
            env={**os.environ, **newsroom.environ},
            stdout=log,
            stderr=log,
        )
    newsroom._processes.append(process)
    return Run(newsroom, desk, seconds, strangers, process)


async def _publish(run: Run) -> None:
    """The feed keeps the newest thirty."""
    stories = run.newsroom.site.stories
    while run.lives:
        run.articles += 1
        n = run.articles
        body = f"<p>The council of harbour {n:05d} voted for ferry {n * 7919:07d} on Tuesday evening.</p>" * 2
        stories.append(Story(f"story-{n:05d}", f"Harbour number {n:05d} gets its ferry", body))
        del stories[:-30]
        await asyncio.sleep(ARTICLE_EVERY)


async def _command(run: Run) -> None:
    n = 0
    while run.lives:
        run.desk.say(COMMANDS[n % len(COMMANDS)], by=EDITOR, chat=GROUP if n % 2 else EDITOR)
        n += 1
        await asyncio.sleep(COMMAND_EVERY)


async def _strangers(run: Run) -> None:
    """Spread over the time; what was said is taken out of the stand-in, which has to keep it no longer."""
    telegram = run.desk.telegram
    while run.lives and run.said < run.strangers:
        wanted = min(run.strangers, int(run.strangers * min(1.0, run.passed / (run.seconds * 0.95))))
        while run.said < wanted:
            number = 5_000_000 + run.said
            user = {"id": number, "is_bot": False, "first_name": f"Person {run.said}"}
            telegram.add([SandboxChat(number, "private", f"Person {run.said}", bot="member")])
            telegram.chats[number].members[number] = user
            run.desk.say(f"Hello, I have a tip, number {run.said}", by=number, chat=number)
            run.said += 1
        await asyncio.sleep(0.5)


async def _sample(run: Run) -> None:
    service = psutil.Process(run.process.pid)
    while run.lives:
        workers = 0.0
        for child in service.children(recursive=True):
            try:
                workers += child.memory_info().rss / 1e6
            except psutil.Error:
                continue
        run.samples.append(Sample(run.passed, service.memory_info().rss / 1e6, workers))
        if len(run.samples) % 12 == 0:
            said = f"{run.passed:5.0f} s: {run.samples[-1].service:.1f} MB, workers {workers:.1f} MB"
            sys.stderr.write(f"{said}\n")
        await asyncio.sleep(SAMPLE_EVERY)


async def _answers(run: Run) -> bool:
    """Does the desk still answer an editor?"""
    try:
        await run.desk.asks("/help", "what waits", chat=EDITOR, within=60)
    except TimeoutError:
        return False
    return True


async def _end(run: Run) -> int | None:
    if run.process.returncode is None:
        run.process.terminate()
    await asyncio.wait_for(run.process.wait(), 40)
    return run.process.returncode


def _rows(run: Run, status: int | None, kind: str, *, answers: bool) -> list[Row]:
    warm = min(WARM, run.seconds / 3)
    span = min(120.0, run.seconds / 6)
    early = [one.service for one in run.samples if warm <= one.at < warm + span]
    late = [one.service for one in run.samples if one.at >= run.seconds - span]
    before, after = median(early or [0.0]), median(late or [0.0])
    growth = after / before - 1 if before else 1.0
    sent = sum(len(chat.messages) for chat in run.desk.telegram.chats.values() if chat.type == "channel")
    log = (run.newsroom.folder / "log").read_text(errors="replace")
    workers = [one.workers for one in run.samples if one.at >= warm]
    wanted = run.articles * CHANNELS
    return [
        Row(
            f"{kind}: minutes, articles, messages of strangers",
            f"{run.seconds / 60:g}, {run.articles}, {run.said}",
        ),
        Row("posts that went out", str(sent), f">= {wanted - 3 * CHANNELS}", sent >= wanted - 3 * CHANNELS),
        Row(
            "RSS of the service: early, late, most",
            f"{before:.1f}, {after:.1f}, {max(s.service for s in run.samples):.1f} MB",
        ),
        Row("its growth", f"{growth:+.1%}", f"<= {GROWTH:.0%}", growth <= GROWTH),
        Row("RSS of its workers, most", f"{max(workers, default=0.0):.1f} MB"),
        Row("the desk still answers", "yes" if answers else "no", "yes", answers),
        Row("tracebacks in the log", str(log.count("Traceback")), "0", "Traceback" not in log),
        Row("exit status after SIGTERM", str(status), "0", status == 0),
    ]
