"""Faults of the database under several workers that share the work of one newsroom.

PostgreSQL is killed and started again, its replica is promoted, a worker is cut off in mid-send, and all
workers share the pace of one bot.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from newsbot.errors import LedgerError
from newsbot.sandbox.calls import RateWindow
from tests.bench.rows import Row
from tests.chaos.fleet import Fleet, read_time
from tests.chaos.machines import Machine, can_make_machines, relay
from tests.chaos.pooler import Pooler, find_pgbouncer
from tests.chaos.proxy import Proxy
from tests.chaos.server import SKIPPED, Server, binaries
from tests.chaos.stage import MANY_CHANNELS, Stage, until
from tests.dates.__main__ import library

__all__ = [
    "back",
    "cut_off",
    "failovers",
    "feeding",
    "lagging",
    "pooled",
    "restarts",
    "severed",
    "shared_pace",
    "skewed",
]

_BACK_WITHIN = 15.0  # seconds
_WAITS_AT_MOST = 30.0  # seconds
_CHANNELS = 12
_APART = 5  # seconds by which a clock may be off before newsbot says so
_FLOOR = 0.97  # the least share of the bot's rate that is used
_PACE = {"overall": "30/s", "per_chat": "1/s", "per_group": "20/min"}


@asynccontextmanager
async def feeding(stage: Stage) -> AsyncIterator[None]:
    """There is always something to send, while the database lets anything be queued."""

    async def feed() -> None:
        while True:
            with suppress(LedgerError):
                stage.top_up()
            await asyncio.sleep(0.3)

    task = asyncio.create_task(feed())
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def _newsroom(
    programs: Path, *, channels: int = _CHANNELS, latency: float = 0.02, pace: dict[str, str] | None = None
) -> AsyncIterator[tuple[Server, Fleet]]:
    """A server of the scenario's own, and a newsroom that has no workers yet."""
    with TemporaryDirectory() as folder:
        async with (
            Server(programs) as server,
            Stage(Path(folder), server.url, latency, MANY_CHANNELS[:channels], feed=False) as stage,
        ):
            stage.pace = pace or stage.pace
            yield server, Fleet(stage)


async def restarts(count: int, *, workers: int = 4, seed: int = 1) -> list[Row]:
    """PostgreSQL is killed under the workers, as when the power fails, and comes back after some seconds."""
    programs, chance = binaries(), random.Random(seed)
    if programs is None:
        return SKIPPED
    found = list[float | None]()
    async with _newsroom(programs) as (server, fleet):
        for _ in range(workers):
            await fleet.add()
        async with feeding(fleet.stage):
            for _ in range(count):
                await _under_way(fleet.stage, chance)
                await server.kill()
                await asyncio.sleep(chance.uniform(0.0, 5.0))
                await server.start()
                found.append(await fleet.back(server.url, read_time(server.url), 8 * _BACK_WITHIN))
        rows = await fleet.finish()
    return [
        Row(f"PostgreSQL killed and started again under {workers} workers", str(count)),
        back(found),
        *rows,
    ]


async def failovers(count: int, *, workers: int = 4, seed: int = 1) -> list[Row]:
    """The primary server is killed, and its replica, which has each commit, is promoted."""
    programs, chance = binaries(), random.Random(seed)
    if programs is None:
        return SKIPPED
    found = list[float | None]()
    with TemporaryDirectory() as folder:
        async with Server(programs) as one, AsyncExitStack() as stack:
            other = Server(programs)
            stack.push_async_exit(other)
            url = f"postgresql://postgres@127.0.0.1:{one.port},127.0.0.1:{other.port}/postgres?target_session_attrs=read-write"
            await other.copy(one)
            primary, replica = one, other
            async with Stage(Path(folder), url, feed=False, channels=MANY_CHANNELS[:_CHANNELS]) as stage:
                fleet = Fleet(stage)
                for _ in range(workers):
                    await fleet.add()
                async with feeding(stage):
                    for _ in range(count):
                        await _under_way(stage, chance)
                        await primary.kill()
                        replica.promote()
                        since = read_time(replica.url)
                        found.append(await fleet.back(replica.url, since, 8 * _BACK_WITHIN))
                        await primary.copy(replica)
                        primary, replica = replica, primary
                rows = await fleet.finish()
    return [Row(f"replica promoted under {workers} workers", str(count)), back(found), *rows]


async def lagging(count: int, *, workers: int = 4, seed: int = 1) -> list[Row]:
    """The primary server is killed, and its replica, which lacks the last commits, is promoted.

    Posts that may be out are `unknown` then, so that each round has posts of its own.
    """
    programs, chance = binaries(), random.Random(seed)
    if programs is None:
        return SKIPPED
    found, lost = list[float | None](), 0
    with TemporaryDirectory() as folder:
        async with Server(programs) as one, AsyncExitStack() as stack:
            other = Server(programs)
            stack.push_async_exit(other)
            url = f"postgresql://postgres@127.0.0.1:{one.port},127.0.0.1:{other.port}/postgres?target_session_attrs=read-write"
            await other.copy(one, waits=False)
            primary, replica = one, other
            async with Stage(Path(folder), url, feed=False, channels=MANY_CHANNELS[:_CHANNELS]) as stage:
                # An article of before the failover may have been posted before: it would be asked about.
                stage.dated = timedelta(days=1)
                fleet = Fleet(stage)
                for _ in range(workers):
                    await fleet.add()
                for number in range(count):
                    stage.queue(40)
                    await _under_way(stage, chance)
                    replica.lag(primary)
                    before = len(stage.sandbox.calls)
                    await _under_way(stage, chance)
                    lost += len(stage.sandbox.calls) - before
                    await primary.kill()
                    replica.promote()
                    since = read_time(replica.url)
                    async with feeding(stage):
                        found.append(await fleet.back(replica.url, since, 8 * _BACK_WITHIN))
                    if number < count - 1:
                        await primary.copy(replica, waits=False)
                        primary, replica = replica, primary
                rows = await fleet.finish()
    return [
        Row(f"replica without the last commits promoted under {workers} workers", str(count)),
        Row("calls that were made after the replica's last commit", str(lost), "> 0", lost > 0),
        Row(back(found).what, back(found).figure, "ever", None not in found),
        *rows,
    ]


async def _under_way(stage: Stage, chance: random.Random) -> None:
    """Some calls later, at any moment of one."""
    wanted = len(stage.sandbox.calls) + 1 + int(chance.expovariate(0.02))
    await until(lambda: len(stage.sandbox.calls) >= wanted, 60, 0.001)
    await asyncio.sleep(chance.uniform(0.0, 2 * stage.latency))


def back(found: list[float | None]) -> Row:
    longest = max((each for each in found if each is not None), default=0.0)
    never = found.count(None)
    shown = f"{longest:.1f} s" + (f", and {never} times not at all" if never else "")
    what, met = "all workers back by themselves, after at the most", not never and longest <= _BACK_WITHIN
    return Row(what, shown, "always" if never else f"<= {_BACK_WITHIN:g} s", met)


async def cut_off(count: int, *, away: float = 18.0, seed: int = 1) -> list[Row]:
    """One of two workers loses the database while it sends, by a link that is down or that says nothing.

    Each fault lasts up to ``away`` seconds. The other worker sends meanwhile what is due on all channels.
    """
    programs, chance, hit = binaries(), random.Random(seed), 0
    if programs is None:
        return SKIPPED
    async with _newsroom(programs, latency=0.2) as (server, fleet):
        with Proxy(server.url) as proxy:
            cut = await fleet.add(proxy.url)
            await fleet.add()
            async with feeding(fleet.stage):
                for number in range(count):
                    hit += await until(lambda: _is_sending(server.url, cut.pid), 60, 0.05)
                    proxy.half_open() if number % 2 else proxy.cut(new="refuse")
                    await asyncio.sleep(chance.uniform(2.0, away))
                    proxy.resume()
                    await asyncio.sleep(chance.uniform(1.0, 4.0))
            longest = _longest_wait(fleet.stage)
            rows = await fleet.finish()
    return [
        Row("times that a worker was cut off", f"{count}, in mid-send {hit}", "", hit == count),
        _waited(longest),
        *rows,
    ]


def _waited(longest: float) -> Row:
    met = longest <= _WAITS_AT_MOST
    return Row("a channel's longest wait", f"{longest:.1f} s", f"<= {_WAITS_AT_MOST:g} s", met)


async def severed(count: int, *, away: float = 18.0, seed: int = 1) -> list[Row]:
    """One of two workers is on a machine whose link to the database goes down while the worker sends."""
    programs, chance, hit = binaries(), random.Random(seed), 0
    if programs is None or not can_make_machines():
        return [*SKIPPED] if programs is None else [Row("skipped: no right to make network namespaces", "")]
    with Machine() as machine, TemporaryDirectory() as folder:
        async with (
            Server(programs, machine.database) as server,
            Stage(Path(folder), server.url, 0.2, MANY_CHANNELS[:_CHANNELS], feed=False) as stage,
            relay(machine.platforms, stage.sandbox.telegram_url) as api,
        ):
            fleet = Fleet(stage)
            stage.prefix, stage.api = machine.prefix, api
            there = server.url.replace("127.0.0.1", machine.database)
            cut = await fleet.add(there, "run", "--roles", "send")
            stage.prefix, stage.api = (), None
            await fleet.add()
            async with feeding(stage):
                for _ in range(count):
                    hit += await until(lambda: _is_sending(server.url, cut.pid), 60, 0.05)
                    machine.cut()
                    await asyncio.sleep(chance.uniform(2.0, away))
                    machine.resume()
                    await asyncio.sleep(chance.uniform(1.0, 4.0))
            longest = _longest_wait(stage)
            rows = await fleet.finish()
    return [
        Row("times that a machine's link was down", f"{count}, in mid-send {hit}", "", hit == count),
        _waited(longest),
        *rows,
    ]


def _is_sending(url: str, pid: int) -> bool:
    query = "SELECT 1 FROM post JOIN instance ON instance.id = holder WHERE state = 'sending' AND pid = %s"
    with closing(psycopg.connect(url)) as session:
        return session.execute(query, (pid,)).fetchone() is not None


def _longest_wait(stage: Stage) -> float:
    """The most seconds between two calls for one chat. There was always something to send."""
    times = dict[int, list[float]]()
    for call in stage.sandbox.calls:
        if call.method == "sendMessage" and "chat_id" in call.params:  # not one that came in half
            times.setdefault(int(call.params["chat_id"]), []).append(call.at.timestamp())
    return max((later - at for each in times.values() for at, later in pairwise(each)), default=0.0)


async def pooled(articles: int, *, workers: int = 2) -> list[Row]:
    """All of newsbot's connections go by a pooler in transaction mode, which has few for them."""
    programs, program = binaries(), find_pgbouncer()
    if programs is None or program is None:
        return [*SKIPPED] if programs is None else [Row("skipped: apt-get install pgbouncer", "")]
    async with _newsroom(programs) as (server, fleet), Pooler(program, server.url) as pooler:
        for _ in range(workers):
            await fleet.add(pooler.url)
        fleet.stage.queue(articles)
        await until(lambda: fleet.stage.waiting() < articles * _CHANNELS / 2, 60)
        await fleet.workers.pop().kill()
        rows = await fleet.finish()
    return [Row(f"{workers} workers behind a pooler, one of them killed", ""), *rows]


async def skewed(*apart: int, articles: int = 10) -> list[Row]:
    """Workers whose machines' clocks are so many seconds ahead of the database's."""
    programs, preload = binaries(), library()
    if programs is None or preload is None:
        return [*SKIPPED] if programs is None else [Row("skipped: apt-get install libfaketime", "")]
    async with _newsroom(programs) as (_, fleet):
        stage = fleet.stage
        for ahead in apart:
            stage.environ = {
                "LD_PRELOAD": str(preload),
                "FAKETIME": f"{ahead:+d}s",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            await fleet.add()
        stage.environ = {}
        due = datetime.now(UTC) + timedelta(seconds=8)
        stage.queue(articles, due_in=8.0)
        rows = await fleet.finish()
        calls = [call.at for call in stage.sandbox.calls if call.method == "sendMessage"]
        taken = sum(fleet.log(number).count("left in mid-call") for number in range(len(apart)))
        told = sum("clock is not the database's" in fleet.log(n) for n in range(len(apart)))
    early, late = min(calls) - due, max(calls) - due
    wrong = sum(abs(ahead) > _APART for ahead in apart)
    return [
        Row(f"workers whose clocks are {', '.join(f'{each:+d} s' for each in apart)} off", str(len(apart))),
        Row("workers that say that their clock is wrong", str(told), str(wrong), told == wrong),
        Row(
            "the first post left after it was due by",
            f"{early.total_seconds():.1f} s",
            ">= 0 s",
            early >= timedelta(0),
        ),
        Row("the last one by", f"{late.total_seconds():.1f} s", "<= 300 s", late <= timedelta(minutes=5)),
        Row("posts of living workers that were taken for lost", str(taken), "0", not taken),
        *rows,
    ]


async def shared_pace(messages: int, chats: int, *, workers: int = 4, floor: float = _FLOOR) -> list[Row]:
    """One bot's messages to many chats, by the platform's own limits; at least ``floor`` of its rate."""
    programs = binaries()
    if programs is None:
        return SKIPPED
    async with _newsroom(programs, channels=chats, pace=_PACE) as (_, fleet):
        telegram = fleet.stage.sandbox.telegram
        telegram.pace.overall, telegram.pace.per_chat = RateWindow(30, 1.0), RateWindow(1, 1.0)
        for _ in range(workers):
            await fleet.add()
        fleet.stage.queue(messages // chats, due_in=10.0)  # so that all of it is there when the first leaves
        rows = await fleet.finish()
        sends = [call for call in fleet.stage.sandbox.calls if call.method == "sendMessage"]
        refused = sum(call.status == 429 for call in sends)
        times = sorted(call.at.timestamp() for call in sends if call.ok)
    rate = (len(times) - 1) / (times[-1] - times[0])
    return [
        Row(f"messages of one bot to {chats} chats by {workers} workers", str(len(times))),
        Row("messages a second", f"{rate:.2f}", f">= {30 * floor:g} of 30", rate >= 30 * floor),
        Row("refused with 429", str(refused), "0", not refused),
        *rows,
    ]
