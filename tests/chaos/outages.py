"""The database goes in mid-run, in every way: the service comes back by itself, or ends for its supervisor.

PostgreSQL is reached through a proxy that cuts, refuses, or stops forwarding without a word. SQLite's file is
taken away, locked, or on a disk that takes no more writes.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.proxy import Proxy
from tests.chaos.stage import Service, Stage, until

__all__ = ["FAULTS", "Toll", "files", "once", "outage", "outages", "stopped"]

WITHIN = 30.0  # seconds after the fault is over, or (where it is not) after it began
FAULTS = ("cut", "refuse", "half-open", "old half-open", "slow")
_LOCKER = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
held.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
"""


@dataclass
class Toll:
    """What became of the services: ``back`` and ``ended`` are seconds, ``wrong`` what should not be."""

    rounds: int = 0
    back: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@asynccontextmanager
async def _staged(latency: float = 0.05) -> AsyncIterator[tuple[Stage, Proxy]]:
    with TemporaryDirectory() as folder, database("postgresql") as url, Proxy(str(url)) as proxy:
        async with Stage(Path(folder), url, latency=latency, feed=False) as stage:
            stage.configure(database=proxy.url)
            yield stage, proxy


async def outages(count: int, *, away: float = 60.0, seed: int = 1) -> list[Row]:
    """``count`` faults of each kind, each at a moment of its own; half-open ones last ``away`` seconds."""
    chance, rows = random.Random(seed), list[Row]()
    for fault in FAULTS:
        rows += await outage(fault, count, chance, away=away if "half-open" in fault else min(away, 5.0))
    return rows


async def outage(fault: str, count: int, chance: random.Random, *, away: float) -> list[Row]:
    """One kind, again and again, on one database."""
    toll = Toll()
    async with _staged() as (stage, proxy):
        service = await stage.start()
        for _ in range(count):
            stage.top_up()
            seen = stage.calls
            wanted = 1 + int(chance.expovariate(0.2))
            await until(lambda seen=seen, wanted=wanted: stage.calls >= seen + wanted, 20, 0.001)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0.0, 0.06))
            service = await _round(stage, proxy, service, fault, away, toll)
        proxy.resume()
        service.signal(15)
        left = await service.ended()
        ended = await stage.finish()
        verdict = await audit(stage)
        lines = stage.log.splitlines()
    most = len(stage.channels) * len(toll.ended)  # what was in flight where a service ended
    return [
        Row(f"{fault}, {away:g} s: times", str(toll.rounds)),
        Row("came back, after at the most", f"{len(toll.back)}, {max(toll.back, default=0):.1f} s"),
        Row(
            "ended for its supervisor, after at the most",
            f"{len(toll.ended)}, {max(toll.ended, default=0):.1f} s",
        ),
        Row(
            "neither in time" + "".join(f"; {why}" for why in toll.wrong[:3]),
            str(len(toll.wrong)),
            "0",
            not toll.wrong,
        ),
        Row("exit statuses of the last two", f"{left}, {ended}", "0, 0", left == 0 and ended == 0),
        Row("unknowns", str(len(verdict.unknown)), f"<= {most}", len(verdict.unknown) <= most),
        *verdict.rows(),
        Row("tracebacks", str(sum("Traceback" in line for line in lines)), "0", "Traceback" not in stage.log),
    ]


async def _round(
    stage: Stage, proxy: Proxy, service: Service, fault: str, away: float, toll: Toll
) -> Service:
    """One fault, and what the service makes of it; the service that runs afterwards."""
    toll.rounds += 1
    began = over = monotonic()
    if fault == "cut":
        proxy.cut()
    elif fault == "refuse":
        proxy.cut(new="refuse")
    elif fault == "half-open":
        proxy.half_open()
    elif fault == "old half-open":
        proxy.half_open(new="forward")
    else:
        proxy.slow(0.02)
    if fault in {"refuse", "half-open", "slow"}:
        await until(lambda: not service.alive, away, 0.05)
        proxy.resume()
        over = monotonic()
    calls = stage.calls
    stage.top_up()
    back = await until(lambda: stage.calls > calls + 5 or not service.alive, WITHIN, 0.02)
    if service.alive and back:
        toll.back.append(monotonic() - over)
        return service
    status = await service.ended(0.1) if not service.alive else None
    if status:
        toll.ended.append(monotonic() - began)
    else:
        toll.wrong.append(f"status {status}, calls {stage.calls - calls}")
        await service.kill()
    proxy.resume()
    return await stage.start()


async def stopped(fault: str, *, latency: float = 0.3) -> list[Row]:
    """SIGTERM while the database does not answer: the service ends in time all the same."""
    async with _staged(latency) as (stage, proxy):
        stage.queue(6)
        service = await stage.start()
        await until(lambda: stage.calls >= 3, 40, 0.001)
        proxy.half_open() if fault == "half-open" else proxy.cut(new="refuse")
        await asyncio.sleep(1.0)
        began = monotonic()
        service.signal(15)
        status = await service.ended(40)
        took = monotonic() - began
        proxy.resume()
        await stage.finish()
        verdict = await audit(stage)
    return [
        Row(f"SIGTERM while the database is {fault}: ended after", f"{took:.1f} s", "<= 30 s", took <= 30),
        Row("exit status", str(status), "0", status == 0),
        *verdict.rows(),
    ]


async def once(count: int = 3) -> list[Row]:
    """`run --once` whose database goes half-open: before a call has left, in mid-send, and in mid-poll."""
    rows = list[Row]()
    for calls in (0, *range(1, 3 * count, 3)):
        async with _staged(0.3) as (stage, proxy):
            stage.publish(0 if calls else 3)
            stage.queue(6)
            service = await stage.start("run", "--once")
            await until(lambda stage=stage: stage.polled_at or stage.calls)  # type: ignore[misc]
            await until(lambda calls=calls: stage.calls >= calls, 40, 0.001)  # type: ignore[misc]
            proxy.half_open()
            began = monotonic()
            status = await service.ended(60)
            took = monotonic() - began
            said = stage.log.strip().splitlines()[-1:]
            proxy.resume()
            await stage.finish()
            verdict = await audit(stage)
        rows += [
            Row(f"run --once, half-open after {calls} calls: took", f"{took:.1f} s", "<= 30 s", took <= 30),
            Row(f"  exit status, and {said}", str(status), "1", status == 1),
            *verdict.rows(),
        ]  # fmt: skip
    return rows


async def files(seconds: float = 60.0) -> list[Row]:
    """SQLite: locked for so long; gone for a moment; gone for good."""
    return [*await _file("locked", seconds), *await _file("away", 4.0), *await _file("gone", 0.0)]


async def _file(fault: str, seconds: float) -> list[Row]:
    with TemporaryDirectory() as folder:
        async with Stage(Path(folder), latency=0.05, feed=False) as stage:
            stage.queue(40)
            service = await stage.start()
            await until(lambda: stage.calls >= 10, 40, 0.001)
            meanwhile = await _FILES[fault](stage, service, seconds)
            began = monotonic()
            calls = stage.calls
            back = await until(lambda: stage.calls > calls + 5 or not service.alive, WITHIN, 0.02)
            took, ended = monotonic() - began, not service.alive
            status = await service.ended(1.0) if ended else None
            if not ended:
                service.signal(15)
                await service.ended()
            last = await stage.finish()
            verdict = await audit(stage)
            calm = "Traceback" not in stage.log
    how = f"ended with {status}" if ended else f"came back after {took:.1f} s"
    return [
        Row(f"SQLite {fault}: {how}", "yes" if back else "no", "yes", back and (not ended or bool(status))),
        Row("calls on a ledger that could not be written", str(meanwhile), "<= 5 in flight", meanwhile <= 5),
        Row("the next service's exit status", str(last), "0", last == 0),
        *verdict.rows(),
        Row("unknowns", str(len(verdict.unknown)), "<= 5 in flight", len(verdict.unknown) <= 5),
        Row("tracebacks", "0" if calm else "some", "0", calm),
    ]


async def _locked(stage: Stage, _service: Service, seconds: float) -> int:
    locker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LOCKER, str(stage.folder / "newsbot.db"), str(seconds))
    )
    await asyncio.sleep(1.0)
    calls = stage.calls
    await locker.wait()
    return stage.calls - calls


async def _away(stage: Stage, _service: Service, seconds: float) -> int:
    path = stage.folder / "newsbot.db"
    path.rename(path.with_suffix(".moved"))
    calls = stage.calls
    await asyncio.sleep(seconds)
    path.with_suffix(".moved").rename(path)
    return stage.calls - calls


async def _gone(stage: Stage, service: Service, _seconds: float) -> int:
    """It comes back only once the service has ended."""
    path = stage.folder / "newsbot.db"
    path.rename(path.with_suffix(".moved"))
    calls = stage.calls
    await until(lambda: not service.alive, WITHIN, 0.05)
    path.with_suffix(".moved").rename(path)
    return stage.calls - calls


_FILES: dict[str, Callable[[Stage, Service, float], Awaitable[int]]] = {
    "locked": _locked,
    "away": _away,
    "gone": _gone,
}
