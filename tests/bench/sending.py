"""What sending costs: posts a second, pace against its floor, the ledger at 10^7 posts, due to departure."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

import psycopg
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot

from newsbot.app import logs
from newsbot.delivery.sender import Sender
from newsbot.engines.local import LocalEngine
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Receipt
from newsbot.ports import CallEnding, Claim, ClaimRequest, ClaimTerms, NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.bench.rows import Row
from tests.bench.stand import FAST, TOKEN, Newsroom, Stand, database, part, stand

__all__ = ["fill", "measure"]

KINDS = ("sqlite", "postgresql")
STRICT: dict[str, Any] = {"overall": [30, 1.0], "per_chat": [1, 1.0], "per_group": None, "slack": 0}
GROUPS: dict[str, Any] = {"overall": [30, 1.0], "per_chat": [1, 1.0], "per_group": [20, 60.0]}
LATENCY = 0.04
EACH_TO = ((20, 30), (25, 10), (10, 60))  # posts to each of so many chats
ROUNDS = 40
DUE = 200
MINUTE_FLOOR = 60 + 19.0  # forty to a group: twenty a second apart, and twenty more once a minute is over

T = TypeVar("T")


def measure(posts: int) -> list[Row]:
    """``posts`` is how many the big ledger holds."""
    logs.configure(logs.Redactor([TOKEN]))  # as the service writes them, to where nobody reads
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        rows = [row for kind in KINDS for row in asyncio.run(_speed(kind))]
        rows += asyncio.run(_lag(posts // 10))
        rows += [row for kind in KINDS for row in _big(kind, posts)]
        rows += asyncio.run(_pace())
        rows += asyncio.run(_chats())
        return rows + asyncio.run(_groups())


# ---------------------------------------------------------------- posts a second


async def _speed(kind: str) -> list[Row]:
    with database(kind) as url:
        async with stand(chats=100) as here:
            room = Newsroom(url, here, FAST)
            await room.open()
            room.queue(30)
            began, cpu = time.perf_counter(), time.process_time()
            await room.send()
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            arrived = len(await here.calls())
            await room.close()
    rate = arrived / took
    return [
        Row(f"posts/s to 100 chats, {kind}", f"{rate:.0f}/s", ">= 300/s", arrived == 3000 and rate >= 300),
        Row(f"processor time a post, {kind}", f"{1000 * cpu / arrived:.2f} ms"),
    ]


# ---------------------------------------------------------------- pace


async def _pace() -> list[Row]:
    """1000 messages to 100 chats at 30/s and 1/s a chat."""
    rows = []
    for workers, kind in ((1, "sqlite"), (2, "postgresql")):
        async with stand(chats=100, rates=STRICT, latency=LATENCY) as here:
            with database(kind) as url:
                await _drain(url, here, 10, workers)
            calls = await here.calls()
        name = f"1000 messages to 100 chats, {workers} worker{'s' * (workers > 1)}, {kind}"
        rows += _paced(name, calls, 1000, 1000 / 30, least=0.97)
    async with stand(chats=100, rates=STRICT, latency=LATENCY) as here:
        await _rate_limiter(here, 10)
        calls = await here.calls()
    refused = sum(not call["ok"] for call in calls)
    took = _lasted([call for call in calls if call["ok"]])
    return [
        *rows,
        Row("  the same by python-telegram-bot's AIORateLimiter", f"{took:.1f} s, {refused} x 429"),
    ]


async def _chats() -> list[Row]:
    """Posts to each chat by the default pace, beside the floor of the two windows."""
    rows = []
    for posts, chats in EACH_TO:
        async with stand(chats=chats, rates=STRICT, latency=LATENCY) as here:
            with database("sqlite") as url:
                await _drain(url, here, posts, 1)
            calls = await here.calls()
        floor = max((posts - 1) * (1 + LATENCY + 0.01), (posts * chats - 30) / 30)
        rows += _paced(f"{posts} posts to each of {chats} chats", calls, posts * chats, floor, least=1 / 1.02)
    return rows


async def _groups() -> list[Row]:
    async with stand(chats=5, kind="supergroup", rates=GROUPS, latency=LATENCY) as here:
        with database("sqlite") as url:
            await _drain(url, here, 40, 1)
        calls = await here.calls()
    return _paced("200 messages to 5 groups at 20/min", calls, 200, MINUTE_FLOOR, least=1 / 1.05)


async def _drain(url: str, here: Stand, each: int, workers: int) -> None:
    """By the default pace; drained again and again, since what another worker has in hand is skipped."""
    rooms = [Newsroom(url, here) for _ in range(workers)]
    for room in rooms:
        await room.open()
    rooms[0].queue(each)
    await asyncio.gather(*(room.send_all() for room in rooms))
    for room in rooms:
        await room.close()


def _paced(name: str, calls: list[dict[str, Any]], count: int, floor: float, *, least: float) -> list[Row]:
    refused = sum(not call["ok"] for call in calls)
    took = _lasted(calls)
    met = refused == 0 and len(calls) == count and floor / took >= least
    figure = f"{took:.1f} s, {floor / took:.3f}, {refused} x 429"
    return [Row(name, figure, f"{floor:.1f} s, >= {least:.2f}, 0", met)]


def _lasted(calls: list[dict[str, Any]]) -> float:
    times = [datetime.fromisoformat(call["at"]) for call in calls]
    return (max(times) - min(times)).total_seconds()


async def _rate_limiter(here: Stand, each: int) -> None:
    """The peer: one task a chat, its messages one after the other, and its own retries."""
    limiter = AIORateLimiter(overall_max_rate=30, overall_time_period=1, max_retries=50)
    bot: ExtBot[Any] = ExtBot(TOKEN, base_url=f"{here.urls['telegram']}/bot", rate_limiter=limiter)

    async def to_chat(chat: int) -> None:
        for number in range(each):
            try:
                await bot.send_message(chat, f"Item {number}")
            except TelegramError as error:
                print(f"  AIORateLimiter gave up: {error}")

    async with bot:
        await asyncio.gather(*(to_chat(chat) for chat in here.chats))


# ---------------------------------------------------------------- a ledger with many posts

_COLUMNS = (
    "article_id, channel, kind, state, parts, warnings, due_at, created_at, approval, reason, attempts, "
    "revision, sent_at"
)
_VALUES = "1, 'c' || (i % 100), 'telegram', 'sent', '[]', '[]', i, i, 0, '', 1, i + 1000, i"


def fill(url: str, posts: int) -> None:
    """Posts that are out, on 100 channels; written past the ledger, without waiting for the disk."""
    if url.startswith("sqlite"):
        raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -400000")
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {posts})"
        raw.execute(f"INSERT INTO post ({_COLUMNS}) {numbers} SELECT {_VALUES} FROM n")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        with Path(url.removeprefix("sqlite:///")).open("rb+") as written:
            os.fsync(written.fileno())  # so that what is measured does not wait for it
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET session_replication_role = replica")  # no look for the article of each
        connection.execute(
            f"INSERT INTO post ({_COLUMNS}) SELECT {_VALUES} FROM generate_series(1, {posts}) AS n(i)"
        )
        connection.execute("VACUUM ANALYZE post")
        connection.execute("CHECKPOINT")


def _ledger_with(url: str, posts: int, clock: SystemClock) -> Ledger:
    ledger = open_ledger(url)
    ledger.prepare(upgrade=True)
    _queue(ledger, 1, clock.now() + timedelta(days=1), clock)
    fill(url, posts)
    return ledger


def _queue(ledger: Ledger, each: int, due: datetime, clock: SystemClock) -> None:
    now = clock.now()
    for number in range(each):
        found = ledger.articles.add_article("bench", Article(f"{due}{number}", "Text."), now=now)
        drafts = [Draft(f"c{n}", "telegram", (part(number),)) for n in range(100)]
        new = [NewPost(draft, due, None, Code.TEXT(words="at once")) for draft in drafts]
        ledger.posts.queue_posts(found, new, now=now, again=True)


def _big(kind: str, posts: int) -> list[Row]:
    clock = SystemClock()
    with database(kind) as url:
        ledger = _ledger_with(url, posts, clock)
        _queue(ledger, ROUNDS, clock.now(), clock)
        now = clock.now()
        nexts = [_timed(lambda: ledger.delivery.list_next_due_times(after=now))[0] for _ in range(200)]
        claims = [_claim_100(ledger, clock) for _ in range(ROUNDS)]
        ledger.close()
    first, hundred = 1000 * median(nexts), 1000 * median(claims)
    return [
        Row(f"next due among {posts:.0e} posts, {kind}", f"{first:.2f} ms", "<= 1 ms", first <= 1),
        Row(f"claiming 100 heads among them, {kind}", f"{hundred:.1f} ms", "<= 20 ms", hundred <= 20),
    ]


def _claim_100(ledger: Ledger, clock: SystemClock) -> float:
    """Seconds; that the calls are over is stored afterwards."""
    asks = [ClaimRequest(f"c{n}", ClaimTerms(), timedelta(minutes=1)) for n in range(100)]
    took, (_, claims) = _timed(lambda: ledger.delivery.exchange((), asks, now=clock.now()))
    ended = [
        CallEnding(claim.post.id, Receipt(0, "1"), claim=claim)
        for claim in claims
        if isinstance(claim, Claim)
    ]
    assert len(ended) == 100
    ledger.delivery.exchange(ended, (), now=clock.now())
    return took


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


# ---------------------------------------------------------------- due to departure


class _Drains:
    """The service's handlers, as far as sending goes."""

    def __init__(self, room: Newsroom, sender: Sender) -> None:
        self._room = room
        self._sender = sender
        self._tidied = room.clock.now()

    async def poll(self, source: str) -> datetime:
        raise NotImplementedError(source)

    async def process(self, source: str) -> None:
        raise NotImplementedError(source)

    async def find_work(self) -> list[str]:
        return []

    async def drain(self) -> datetime | None:
        following = await self._sender.drain()
        if self._room.clock.now() - self._tidied > timedelta(seconds=1):
            self._tidied = self._room.clock.now()
            for tidy in (self._room.ledger.delivery.recover_posts, self._room.ledger.posts.expire_posts):
                await self._room.on_ledger(tidy, now=self._tidied)
        return following

    async def has_changed(self) -> bool:
        return await self._room.on_ledger(self._room.ledger.has_changed)


async def _lag(posts: int) -> list[Row]:
    """From a post's due time to its call leaving, one post every 50 ms, on SQLite."""
    lags: list[float] = []
    with database("sqlite") as url:
        async with stand(chats=100) as here:
            room = Newsroom(url, here, FAST)
            await room.open()
            room.queue(1, due_at=room.clock.now() + timedelta(days=1))
            fill(url, posts)
            sender = room.sender(
                lambda claim: lags.append((room.clock.now() - claim.post.due_at).total_seconds())
            )
            first = room.clock.now() + timedelta(seconds=4)
            for number in range(DUE):
                room.queue_one(f"c{number % 100}", first + number * timedelta(milliseconds=50))
            stop, engine = asyncio.Event(), LocalEngine()
            running = asyncio.create_task(engine.run((), _Drains(room, sender), stop))
            while len(lags) < DUE and not running.done():
                await asyncio.sleep(0.2)
            stop.set()
            await running
            await sender.stop(5)
            await room.close()
    p50, p99 = 1000 * median(lags), 1000 * quantiles(lags, n=100)[98]
    return [
        Row(f"due to departure among {posts:.0e} posts, p50", f"{p50:.1f} ms", "<= 5 ms", p50 <= 5),
        Row("  p99", f"{p99:.1f} ms", "<= 25 ms", p99 <= 25),
    ]
