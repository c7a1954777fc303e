"""The engine of many processes on a real PostgreSQL: what its jobs do, and what its library must not do."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from newsbot.engines import job_tables, make_job_queue, prepare_engine
from newsbot.engines.cluster import ClusterEngine
from newsbot.ledger import open_ledger
from newsbot.ledger.database import request_job
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Item, Part
from newsbot.ports import DueWork, Job, NewAction, NewAmendment, NewPost, PollResult, ServiceRole
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.conftest import create_temporary_database
from tests.ledger.exchanges import record_poll

from .handlers import MemoryHandlers
from .test_conformance import run_for, run_until

POLL, WORK, SEND, DESK, WEB = ServiceRole


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def run_sql(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def defer(url: str, *jobs: Job) -> None:
    with psycopg.connect(url) as connection:
        make_job_queue("cluster").defer(connection, jobs)


def engine(url: str, *roles: ServiceRole) -> ClusterEngine:
    return ClusterEngine(url, SystemClock(), roles or tuple(ServiceRole))


# ---------------------------------------------------------------- the tables


def test_processes_that_start_at_once_make_the_tables_once(postgres: str) -> None:
    with create_temporary_database(postgres) as url, ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: prepare_engine("cluster", url), range(6)))
        prepare_engine("cluster", url)
        assert rows(url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_a_later_version_of_the_library_changes_the_tables_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = [*job_tables._list_migrations(), "99.00.00_01_later.sql"]
    monkeypatch.setattr(job_tables, "_list_migrations", lambda: later)
    monkeypatch.setattr(job_tables, "_read_migration", lambda name: f'CREATE TABLE "{name}" ()'.encode())
    prepare_engine("cluster", database)
    prepare_engine("cluster", database)
    made = rows(database, "SELECT tablename FROM pg_tables WHERE tablename LIKE '%.sql'")
    assert made == [("99.00.00_01_later.sql",)]
    monkeypatch.undo()
    prepare_engine("cluster", database)  # the older version again


def test_a_database_that_is_away_is_one_line() -> None:
    with pytest.raises(OSError, match="port 1 failed"):
        prepare_engine("cluster", "postgresql://postgres@127.0.0.1:1/none")


# ---------------------------------------------------------------- the library's traps


async def test_one_job_waits_for_each_key_and_one_that_comes_meanwhile_is_done_after_it(
    database: str,
) -> None:
    go = asyncio.Event()

    class Slow(MemoryHandlers):
        async def process_some(self, source: str) -> None:
            self.processed.append(source)
            await go.wait()

    def count() -> list[tuple[Any, ...]]:
        return rows(database, "SELECT status FROM procrastinate_jobs WHERE task_name = 'work' ORDER BY id")

    for _ in range(3):
        defer(database, Job("work", "a"), Job("work", "a"))
    assert count() == [("todo",)]
    handlers, stop = Slow(), asyncio.Event()
    running = asyncio.create_task(engine(database, WORK).run((), handlers, stop))
    async with asyncio.timeout(20):
        for doing in (1, 2):
            while len(handlers.processed) < doing:
                await asyncio.sleep(0.02)
            assert count() == [("doing",)] * doing
            defer(database, *[Job("work", "a")] * (2 - doing))
        go.set()
        while count():
            await asyncio.sleep(0.02)
        stop.set()
        await running
    assert handlers.processed == ["a", "a"]


async def test_jobs_of_dead_workers_are_gone_within_seconds(database: str) -> None:
    run_sql(
        database,
        "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat) "
        "VALUES (now() - interval '9 seconds'), (now()) RETURNING id) "
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status, worker_id) "
        "SELECT 'send', 'drain', 'drain:tg', '{}', 'doing', id FROM w",
    )
    run_sql(
        database,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args, status) "
        "VALUES ('send', 'drain', 'drain:tg', '{}', 'doing')",
    )
    doing = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'drain'"
    await run_for(engine(database, POLL), MemoryHandlers(), 2.5)
    assert rows(database, doing) == [(1,)]  # that of the worker whose heart beats


async def test_a_worker_that_others_took_for_dead_does_jobs_again(database: str) -> None:
    """The library does not notice that its row is gone, until it marks a job with it."""
    handlers, stop = MemoryHandlers(), asyncio.Event()
    running = asyncio.create_task(engine(database, SEND).run((), handlers, stop))
    async with asyncio.timeout(60):
        while not rows(database, "SELECT 1 FROM procrastinate_workers"):
            await asyncio.sleep(0.05)
        run_sql(database, "DELETE FROM procrastinate_workers")
        defer(database, Job("amend", "tg"))
        while not handlers.amended:
            await asyncio.sleep(0.05)
        stop.set()
        await running


async def test_jobs_that_are_done_leave_nothing(database: str) -> None:
    handlers = MemoryHandlers(("a", "b", "c"), finds=1)
    await run_until(engine(database), handlers, lambda: len(handlers.processed) >= 6)
    left = rows(database, "SELECT status FROM procrastinate_jobs WHERE status <> 'todo'")
    assert left == []
    ids = "SELECT id FROM procrastinate_jobs"
    assert rows(database, f"SELECT count(*) FROM procrastinate_events WHERE job_id NOT IN ({ids})") == [(0,)]


async def test_no_job_has_a_lock_or_a_time(database: str) -> None:
    far = datetime.now(UTC) + timedelta(days=30)
    handlers = MemoryHandlers(("a",), due={"far": far, "tg": datetime.now(UTC)})
    await run_for(engine(database, DESK), handlers, 1.5)
    stored = rows(database, "SELECT queueing_lock, lock, scheduled_at FROM procrastinate_jobs ORDER BY 1")
    assert stored == [(lock, None, None) for lock in ("drain:tg", "poll:a", "tend:ledger")]


async def test_jobs_that_are_deleted_by_hand_come_again(database: str) -> None:
    handlers = MemoryHandlers(due={"tg": datetime.now(UTC)})
    # a process without workers is the timer: it stores the job, and another takes it away
    stop = asyncio.Event()
    timer = asyncio.create_task(engine(database, DESK).run((), handlers, stop))
    async with asyncio.timeout(20):
        while not rows(database, "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'drain'"):
            await asyncio.sleep(0.05)
        run_sql(database, "DELETE FROM procrastinate_jobs")
        other = MemoryHandlers(due=handlers.due, leases=handlers.leases, sent=handlers.sent)
        await run_until(engine(database, SEND), other, lambda: handlers.sent)
        stop.set()
        await timer


async def test_a_timer_that_ends_is_replaced(database: str) -> None:
    first = MemoryHandlers()
    second = MemoryHandlers(leases=first.leases, due={"tg": datetime.now(UTC) + timedelta(seconds=3)})
    stop = asyncio.Event()
    running = asyncio.create_task(engine(database).run((), first, stop))
    asyncio.get_running_loop().call_later(1.5, stop.set)
    await run_until(engine(database), second, lambda: second.sent)
    await running


async def test_what_waits_for_hours_gets_few_jobs(database: str) -> None:
    """A channel may be due and forbidden to send, by quiet hours: its job comes ever later."""
    calls = list[str]()

    class Quiet(MemoryHandlers):
        async def send(self, channel: str, due: datetime | None) -> None:
            assert due is None
            calls.append(channel)

    handlers = Quiet(due={"tg": datetime.now(UTC) - timedelta(hours=1)})
    await run_for(engine(database), handlers, 5.0)
    assert 1 <= len(calls) <= 3


async def test_what_only_some_looks_ask_for_gets_few_jobs_too(database: str) -> None:
    """As a post of unknown outcome on a channel that can't be searched."""

    class Blind(MemoryHandlers):
        looks = 0

        async def find_due_work(self) -> DueWork:
            self.looks += 1
            if self.looks % 2:
                return DueWork((), datetime.now(UTC), frozenset({"reconcile"}))
            return DueWork((Job("reconcile", "x"),), datetime.now(UTC))

    handlers = Blind()
    await run_for(engine(database), handlers, 5.0)
    assert 1 <= len(handlers.searched) <= 3
    assert handlers.looks > 6


async def test_sessions_that_the_server_ends_are_opened_again(database: str) -> None:
    handlers = MemoryHandlers(("a",))
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
    asyncio.get_running_loop().call_later(1.5, lambda: run_sql(database, cut))
    asyncio.get_running_loop().call_later(1.6, handlers.polls.clear)
    await run_until(engine(database), handlers, lambda: len(handlers.polls) >= 3)


async def test_breaking_news_raises_a_job_that_waits_and_is_done_first(database: str) -> None:
    defer(database, Job("drain", "routine"), Job("drain", "tg"))
    defer(database, Job("drain", "tg", priority=1, due=datetime.now(UTC)))
    defer(database, Job("drain", "tg"))  # lowers nothing
    waiting = "SELECT queueing_lock, priority FROM procrastinate_jobs ORDER BY priority DESC, id"
    assert rows(database, waiting) == [("drain:tg", 1), ("drain:routine", 0)]
    done = list[str]()

    class Noting(MemoryHandlers):
        async def send(self, channel: str, due: datetime | None) -> None:
            assert (due is not None) == (channel == "tg")
            done.append(channel)

    await run_until(engine(database, SEND), Noting(), lambda: len(done) == 2)
    assert done == ["tg", "routine"]


async def test_edits_and_searches_are_jobs_of_a_channel(database: str) -> None:
    handlers = MemoryHandlers()
    defer(database, Job("amend", "tg"), Job("reconcile", "x"))
    await run_until(engine(database, SEND), handlers, lambda: handlers.amended and handlers.searched)
    assert (handlers.amended, handlers.searched) == (["tg"], ["x"])


async def test_each_process_keeps_up_and_what_it_raises_ends_the_engine(database: str) -> None:
    with pytest.raises(ZeroDivisionError):
        await run_until(engine(database, WORK), MemoryHandlers(broken="maintain_process"), lambda: False)


# ---------------------------------------------------------------- with the ledger


@contextmanager
def ledger_on(url: str) -> Iterator[Ledger]:
    ledger = open_ledger(url, job_queue=make_job_queue("cluster"))
    ledger.prepare(upgrade=True)
    ledger.acquire_instance_lock()
    yield ledger
    ledger.close()


def test_a_job_is_there_exactly_if_the_ledgers_write_is(database: str) -> None:
    waiting = "SELECT queueing_lock, priority FROM procrastinate_jobs ORDER BY id"
    with ledger_on(database) as ledger:
        with suppress(ZeroDivisionError), ledger._database.write() as tx:
            request_job(tx, Job("drain", "lost"))
            raise ZeroDivisionError
        with ledger._database.write():
            pass
        assert rows(database, waiting) == []
        now = datetime.now(UTC)
        found = ledger.articles.add_article("site", Article("A title", "A text."), now=now)
        post = Draft("tg", "telegram", (Part("A text.", 7, 4096),))
        for minutes, name, breaking in ((0, "tg", True), (5, "later", False)):
            new = NewPost(
                post if name == "tg" else Draft(name, "telegram", post.parts),
                now + timedelta(minutes=minutes),
                None,
                Code.TEXT(words="at once"),
                breaking=breaking,
            )
            ledger.posts.queue_posts(found, [new], now=now, again=True)
        assert rows(database, waiting) == [("drain:tg", 1)]


def test_a_claim_of_articles_leaves_a_job_exactly_if_more_wait(database: str) -> None:
    waiting = "DELETE FROM procrastinate_jobs RETURNING queueing_lock"
    now = datetime.now(UTC)
    with ledger_on(database) as ledger:
        record_poll(ledger.sources, "site", PollResult(now, take=tuple(map(Item, "abcde"))), now=now)
        assert rows(database, waiting) == [("work:site",)]
        claim = partial(ledger.articles.claim_found, "site", now=now, lease=timedelta(minutes=1), limit=2)
        for left in (3, 1, 0):
            assert claim()
            assert rows(database, waiting) == [("work:site",)] * bool(left)
        assert claim() == []
        assert rows(database, waiting) == []


def test_a_change_of_an_article_and_a_removal_of_a_post_store_their_jobs(database: str) -> None:
    waiting = "DELETE FROM procrastinate_jobs RETURNING queueing_lock, priority"
    now = datetime.now(UTC)
    with ledger_on(database) as ledger:
        record_poll(ledger.sources, "site", PollResult(now, take=(Item("a"),)), now=now)
        [found] = ledger.articles.claim_found("site", now=now, lease=timedelta(minutes=1))
        draft = Draft("tg", "telegram", (Part("A text.", 7, 4096),))
        new = NewPost(draft, now + timedelta(hours=1), None, Code.TEXT(words="later"))
        read = Article("a", "A text.", title="Title")
        [post] = ledger.articles.store_read_article(found.article_id, read, [new], now=now)
        rows(database, waiting)
        edit = PollResult(now, changed=(Item("a", title="Other"),))
        record_poll(ledger.sources, "site", edit, now=now)
        assert rows(database, waiting) == [("work:site", 0)]
        record_poll(ledger.sources, "site", PollResult(now, gone=("a",)), now=now)
        assert rows(database, waiting) == [("work:site", 0)]
        amendments = (NewAmendment(post.id, 0, "delete", post.parts[0]),)
        removal = NewAction("takedown", found.article_id, "cli:ana", seen=(post,), amendments=amendments)
        ledger.actions.perform_action(removal, now=now)
        assert rows(database, waiting) == [("amend:tg", 1)]


def test_a_ledger_without_the_tables_of_jobs_writes_all_the_same(postgres: str) -> None:
    with create_temporary_database(postgres) as url, ledger_on(url) as ledger:
        with ledger._database.write() as tx:
            request_job(tx, Job("drain", "tg"))
        prepare_engine("cluster", url)
        with ledger._database.write() as tx:
            request_job(tx, Job("drain", "tg"))
        assert rows(url, "SELECT count(*) FROM procrastinate_jobs") == [(1,)]
