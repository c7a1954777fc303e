"""The database is there but won't serve: locked by another process, or its server is restarted."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.acceptance.newsroom import Ran
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.server import Server, binaries
from tests.chaos.stage import Service, Stage, until

__all__ = ["locked", "restarted"]

_HOLDER = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("PRAGMA busy_timeout = 10000")
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


async def locked(seconds: float) -> list[Row]:
    """Another process holds SQLite's write lock in mid-run."""
    with TemporaryDirectory() as folder:
        async with Stage(Path(folder), feed=False) as stage:
            service = await _under_way(stage)
            path = stage.folder / "newsbot.db"
            holder = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _HOLDER, str(path), str(seconds)), stdout=asyncio.subprocess.PIPE
            )
            if holder.stdout is not None:
                await holder.stdout.readline()
            began, asked = len(stage.log.splitlines()), await stage.run("pause", "tg", within=seconds + 60)
            await holder.wait()
            lines = stage.log.splitlines()[began:]
            await stage.run("resume", "all")
            rows = await _afterwards(stage, service)
    one_line = asked.status == 0 or _is_one_line(asked)
    return [
        Row("locked for", f"{seconds:g} s"),
        Row("a command meanwhile: does it, or says why in a line", _said(asked), "", one_line),
        *rows,
        _calm(lines, seconds),
    ]


async def restarted(mode: signal.Signals, down: float) -> list[Row]:
    """PostgreSQL is stopped in mid-run (SIGINT: fast, SIGQUIT: immediate) and comes back after ``down``."""
    programs = binaries()
    if programs is None:
        return [Row("skipped: PostgreSQL's own programs (initdb, postgres) are not here", "")]
    with TemporaryDirectory() as folder:
        async with Server(programs) as server, Stage(Path(folder), server.url, feed=False) as stage:
            service = await _under_way(stage)
            began = len(stage.log.splitlines())
            await server.stop(mode)
            asked = await stage.run("queue", "--json")
            await asyncio.sleep(down)
            lines = stage.log.splitlines()[began:]
            await server.start()
            rows = await _afterwards(stage, service)
    refused = asked.status == 1 and _is_one_line(asked)
    how = "fast" if mode is signal.SIGINT else "immediate"
    return [
        Row(f"stopped ({how}) for", f"{down:g} s"),
        Row(f"a command meanwhile says why in a line, status {asked.status}", _said(asked), "", refused),
        *rows,
        _calm(lines, down),
    ]


async def _under_way(stage: Stage) -> Service:
    stage.queue(30)
    service = await stage.start()
    await until(lambda: stage.calls >= 20 or not service.alive, 40, 0.001)
    return service


async def _afterwards(stage: Stage, service: Service) -> list[Row]:
    """The same service goes on by itself."""
    began = monotonic()
    stage.queue(1)
    done = await until(lambda: not stage.waiting() or not service.alive, 120, 0.2)
    service.signal(signal.SIGTERM)
    ended = await service.ended()
    verdict = await audit(stage)
    return [
        Row("goes on by itself", f"done in {monotonic() - began:.0f} s", "", done and ended == 0),
        Row("unknowns", str(len(verdict.unknown)), "<= 5 in flight", len(verdict.unknown) <= 5),
        *verdict.rows(),
    ]


def _is_one_line(ran: Ran) -> bool:
    return len(ran.err.strip().splitlines()) == 1 and "Traceback" not in ran.err


def _said(ran: Ran) -> str:
    return json.dumps((ran.err or ran.out).strip()[:90])


def _calm(lines: list[str], seconds: float) -> Row:
    """Few lines of trouble, and none of them a traceback."""
    trouble = [line for line in lines if "] sent " not in line]
    traces = sum("Traceback" in line for line in trouble)
    few = len(trouble) <= 10 + seconds
    return Row(
        "log lines meanwhile", str(len(trouble)), f"<= {10 + seconds:g}, no traceback", few and not traces
    )
