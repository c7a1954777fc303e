"""Very many sources: their polls share transactions, and none of them waits for another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from newsbot.errors import LedgerBusy, SourceError
from newsbot.ledger import open_ledger, schema
from newsbot.ledger.ledger import Ledger
from newsbot.model import Item
from newsbot.newsroom.polling import PollTurns, SourcePoller, SourceTerms
from newsbot.ports import Poll, PollRequest, Source
from newsbot.reasons import Code
from newsbot.threads import SerialThread
from tests.ledger.conftest import delete_rows
from tests.ledger.exchanges import claim_poll, get_source

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NOW_OR_NEVER = timedelta(0)


class Hands:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Feed:
    """Gives ``count`` new items with each look, or none; waits for ``gate`` first where it has one."""

    def __init__(self, name: str, count: int = 0, gate: asyncio.Event | None = None) -> None:
        self.name = name
        self.count = count
        self.gate = gate
        self.looks = 0
        self.fails = False
        self.words = "It met."
        self.cursor: dict[str, Any] = {}

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        self.looks += 1
        if self.gate:
            await self.gate.wait()
        if self.fails:
            raise SourceError("it is away")
        self.cursor = cursor
        items = tuple(_item(f"{self.name} {self.looks} {n}", self.words) for n in range(self.count))
        return Poll(items, {"looks": self.looks}, unchanged=not items)


def _item(guid: str, words: str = "It met.") -> Item:
    return Item(guid, f"https://example.org/{guid}", title=f"The council decides on {guid}", html=words)


class Room:
    """A detector over as many sources as are added, and its ledger."""

    def __init__(self, ledger: Ledger, on_ledger: SerialThread) -> None:
        self.ledger = ledger
        self.on_ledger = on_ledger
        self.clock = Hands()
        self.sources: dict[str, Source] = {}
        self.terms: dict[str, SourceTerms] = {}
        self.detector = SourcePoller(ledger.sources, on_ledger, self.sources, self.terms, self.clock)

    def add(self, *feeds: Feed) -> None:
        for feed in feeds:
            self.sources[feed.name] = feed
            self.terms[feed.name] = SourceTerms(timedelta(minutes=1), 1000)

    async def poll(self, *names: str) -> None:
        polls = (self.detector.poll(name, least=NOW_OR_NEVER) for name in names or self.sources)
        async with asyncio.timeout(60):
            await asyncio.gather(*polls)

    def state(self, name: str) -> Any:
        return get_source(self.ledger.sources, name)

    def found(self, name: str) -> list[str]:
        found = self.ledger.articles.claim_found(
            name, now=self.clock.at, lease=timedelta(minutes=1), limit=1000
        )
        return [one.item.guid for one in found]


@pytest.fixture
async def room(url: str) -> AsyncIterator[Room]:
    ledger = open_ledger(url)
    ledger.prepare(upgrade=True)
    on_ledger = SerialThread("ledger")
    yield Room(ledger, on_ledger)
    on_ledger.close()
    ledger.close()


@contextmanager
def counted(ledger: Ledger) -> Iterator[Counter[str]]:
    """Commits, and statements by their first two words, of what happens meanwhile."""
    seen: Counter[str] = Counter()
    engine = ledger._database._engine

    def statement(_connection: Any, _cursor: Any, text: str, *_others: Any) -> None:
        seen[" ".join(text.split()[:3])] += 1
        seen["statements"] += 1
        seen["writes"] += text == "BEGIN IMMEDIATE"

    def commit(_connection: Any) -> None:
        seen["commits"] += 1

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


async def test_polls_that_find_nothing_share_commits_and_statements(room: Room) -> None:
    room.add(*(Feed(f"s{n}") for n in range(150)))
    await room.poll()
    with counted(room.ledger) as seen:
        await room.poll()
    with room.ledger._database.read() as tx:
        looks = [cursor["looks"] for cursor in tx.execute(select(schema.source.c.cursor)).scalars()]
    assert looks == [2] * 150
    assert seen["commits"] <= 150 / 5
    assert seen["statements"] <= 150


async def test_items_of_many_polls_are_inserted_together(room: Room) -> None:
    room.add(*(Feed(f"s{n}", 20) for n in range(40)))
    with counted(room.ledger) as seen:
        await room.poll()
    assert seen["INSERT INTO article"] <= 40 / 4
    assert seen["commits"] <= 40
    assert room.found("s7") == [f"s7 1 {n}" for n in reversed(range(20))]


async def test_edits_of_many_articles_are_stored_together(room: Room) -> None:
    """The items are known, but not read yet: each is read as it is now."""
    feeds = [Feed(f"s{n}", 20) for n in range(10)]
    room.add(*feeds)
    await room.poll()
    for feed in feeds:
        feed.looks, feed.words = 0, "It met again."
    with counted(room.ledger) as seen:
        await room.poll()
    assert seen["statements"] <= 10 * 20 / 2
    found = room.ledger.articles.claim_found("s3", now=room.clock.at, lease=timedelta(minutes=1), limit=100)
    assert [one.item.html for one in found] == ["It met again."] * 20


async def test_a_poll_that_finds_nothing_alone_takes_few_statements(room: Room) -> None:
    """Also where nothing else is polled, nothing is asked that need not be."""
    room.ledger.acquire_instance_lock()
    room.add(Feed("only"))
    await room.poll()
    with counted(room.ledger) as seen:
        await room.poll()
    if room.ledger._database.sqlite:
        assert seen["writes"] == 1  # nobody else claims there
    assert seen["statements"] <= 8


async def test_a_result_that_cannot_be_stored_fails_alone(room: Room) -> None:
    feeds = [Feed(f"s{n}", 1) for n in range(20)]
    room.add(*feeds)

    async def broken(cursor: dict[str, Any]) -> Poll:
        return Poll((_item("x"),), {**cursor, "no JSON": object()})

    feeds[7].poll = broken  # type: ignore[method-assign]  # as a kind of source with a mistake would
    ends = await asyncio.gather(
        *(room.detector.poll(feed.name, least=NOW_OR_NEVER) for feed in feeds), return_exceptions=True
    )
    assert [n for n, end in enumerate(ends) if isinstance(end, Exception)] == [7]
    assert [room.found(feed.name) for feed in feeds if feed is not feeds[7]] == [
        [f"s{n} 1 0"] for n in range(20) if n != 7
    ]
    assert room.state("s7").first_poll_at is None


async def test_a_source_that_hangs_delays_no_other(room: Room) -> None:
    gate = asyncio.Event()
    room.add(Feed("hangs", 1, gate), *(Feed(f"s{n}", 1) for n in range(30)))
    hanging = asyncio.create_task(room.poll("hangs"))
    await room.poll(*(name for name in room.sources if name != "hangs"))
    assert not hanging.done()
    assert all(room.state(f"s{n}").first_poll_at for n in range(30))
    gate.set()
    await hanging
    assert room.found("hangs") == ["hangs 1 0"]


async def test_hundreds_that_failed_and_hang_delay_no_other(room: Room) -> None:
    bad = [Feed(f"bad{n}") for n in range(300)]
    good = [Feed(f"good{n}") for n in range(20)]
    room.add(*bad, *good)
    for feed in bad:
        feed.fails = True
    await room.poll()
    gate = asyncio.Event()
    for feed in bad:
        feed.gate = gate
    hanging = asyncio.create_task(room.poll(*(feed.name for feed in bad)))
    await asyncio.sleep(0)
    await room.poll(*(feed.name for feed in good))
    assert not hanging.done()
    assert {feed.looks for feed in good} == {2}
    gate.set()
    await hanging
    assert {feed.looks for feed in bad} == {2}


async def test_polls_that_take_long_pass_their_turns_on() -> None:
    turns, gate, begun = PollTurns(most=2, patience=0.05, slow=3), asyncio.Event(), list[int]()

    async def hang(n: int) -> None:
        async with turns.take(failing=False):
            begun.append(n)
            await gate.wait()

    hanging = [asyncio.create_task(hang(n)) for n in range(8)]
    while len(begun) < 5:  # two turns, and three that were passed on
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    assert begun == [0, 1, 2, 3, 4]
    gate.set()
    await asyncio.gather(*hanging)
    assert begun == list(range(8))
    async with turns.take(failing=False), turns.take(failing=False):
        third = asyncio.create_task(hang(8))
        await asyncio.sleep(0)
        assert begun[-1] == 7  # no turn was given back twice
    await third


async def test_a_poll_whose_end_could_not_be_stored_is_made_again_at_the_next_request(room: Room) -> None:
    """Not only when its claim has run out: nobody else polls it, and a 304 must not hide what it found."""
    room.ledger.acquire_instance_lock()
    feed = Feed("s", 2)
    room.add(feed)
    with refusing(room.ledger), pytest.raises(LedgerBusy):
        await room.poll("s")
    assert room.state("s").first_poll_at is None
    room.clock.at += timedelta(seconds=5)
    visit = await room.detector.visit(PollRequest("s"))
    assert visit.result
    assert feed.cursor == {}
    assert sorted(room.found("s")) == ["s 2 0", "s 2 1"]


@contextmanager
def refusing(ledger: Ledger) -> Iterator[None]:
    """A database that takes claims, but no ends of polls."""

    def refuse(_connection: Any, _cursor: Any, text: str, *_others: Any) -> None:
        if "next_poll_at=" in text.replace(" ", "").replace('"', ""):
            raise LedgerBusy(Code.TEXT(words="the database is locked"))

    event.listen(ledger._database._engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(ledger._database._engine, "before_cursor_execute", refuse)


async def test_a_source_that_is_being_polled_is_not_polled_again_meanwhile(room: Room) -> None:
    room.ledger.acquire_instance_lock()
    gate = asyncio.Event()
    feed = Feed("s", 1, gate)
    room.add(feed)
    first = asyncio.create_task(room.detector.poll("s"))
    while not feed.looks:
        await asyncio.sleep(0)
    assert await room.detector.poll("s", least=NOW_OR_NEVER) is None
    gate.set()
    assert await first
    assert feed.looks == 1
    assert await room.detector.poll("s", least=NOW_OR_NEVER)


async def test_what_another_service_polls_is_asked_for_again_in_seconds_not_at_once(room: Room) -> None:
    room.add(Feed("s"))
    assert claim_poll(room.ledger.sources, "s", now=room.clock.at, lease=timedelta(minutes=2))
    visit = await room.detector.visit(PollRequest("s"))
    assert visit.result is None
    assert visit.next_poll_at == room.clock.at + timedelta(seconds=5)


async def test_a_refused_request_says_when_the_source_is_due(room: Room) -> None:
    room.add(Feed("s"))
    await room.poll("s")
    room.clock.at += timedelta(seconds=20)
    visit = await room.detector.visit(PollRequest("s"))
    assert (visit.result, visit.next_poll_at) == (None, START + timedelta(minutes=1))


async def test_what_waits_to_be_read_is_known_from_the_poll_itself(room: Room) -> None:
    room.add(Feed("quiet"), Feed("busy", 1))
    visits = [await room.detector.visit(PollRequest(name)) for name in ("quiet", "busy", "busy")]
    assert [visit.unfinished for visit in visits] == [False, True, True]
    assert visits[2].result is None  # it was not its time, and yet something waits


async def test_two_services_that_ask_for_many_at_once_poll_each_once(postgres_database: str) -> None:
    url = postgres_database
    delete_rows(url)
    ledgers = [open_ledger(url) for _ in range(2)]
    for ledger in ledgers:
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock()
    feeds = [[Feed(f"s{n}", 2) for n in range(60)] for _ in ledgers]
    threads = [SerialThread("ledger") for _ in ledgers]
    rooms = [Room(*both) for both in zip(ledgers, threads, strict=True)]
    for room, own in zip(rooms, feeds, strict=True):
        room.add(*own)
    visits = [room.detector.visit(PollRequest(name)) for name in rooms[0].sources for room in rooms]
    async with asyncio.timeout(60):
        await asyncio.gather(*visits)
    assert {one.looks + other.looks for one, other in zip(*feeds, strict=True)} == {1}
    assert sum(len(rooms[0].found(name)) for name in rooms[0].sources) == 120
    for thread, ledger in zip(threads, ledgers, strict=True):
        thread.close()
        ledger.close()


def test_a_claim_that_this_process_has_is_granted_only_where_its_poll_is_over(ledger: Ledger) -> None:
    ledger.acquire_instance_lock()
    lease = timedelta(minutes=2)
    again = [PollRequest("s"), PollRequest("s", resumed=True)]
    assert claim_poll(ledger.sources, "s", now=START, lease=lease)
    answers = [ledger.sources.exchange_polls([each], [], [], now=START, lease=lease) for each in again]
    assert [answer.claims[0].granted for answer in answers] == [False, True]
