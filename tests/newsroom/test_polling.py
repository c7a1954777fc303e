"""When a source is looked at again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.errors import FetchError, SourceError
from newsbot.ledger import open_ledger
from newsbot.newsroom.polling import SourcePoller, SourceTerms
from newsbot.ports import Poll, PollRequest
from newsbot.threads import SerialThread
from tests.conftest import create_temporary_database
from tests.ledger.exchanges import claim_poll

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


class Hands:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


class Slow:
    """A source whose look takes ``seconds`` and finds nothing, or fails."""

    def __init__(self, clock: Hands) -> None:
        self.clock = clock
        self.seconds = 0.0
        self.soon = self.fails = False
        self.retry_after: float | None = None

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        self.clock.at += timedelta(seconds=self.seconds)
        if self.fails:
            raise SourceError("it is away")
        if self.retry_after:
            raise FetchError("it is busy", retry_after=self.retry_after)
        return Poll((), cursor, soon=self.soon)


class Room:
    def __init__(self, folder: Path, on_ledger: SerialThread) -> None:
        self.clock = Hands()
        self.source = Slow(self.clock)
        self.ledger = open_ledger(f"sqlite:///{folder / 'newsbot.db'}")
        self.ledger.prepare(upgrade=True)
        terms = SourceTerms(timedelta(seconds=10), 0, back_off=timedelta(minutes=1))
        self.detector = SourcePoller(
            self.ledger.sources, on_ledger, {"s": self.source}, {"s": terms}, self.clock
        )

    async def wait(self) -> float:
        """Seconds from a poll's begin to the next."""
        began = self.clock.at
        result = await self.detector.poll("s", least=timedelta(0))
        assert result is not None
        self.clock.at = result.next_poll_at
        return (result.next_poll_at - began).total_seconds()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    on_ledger = SerialThread("ledger")
    yield Room(tmp_path, on_ledger)
    on_ledger.close()


async def test_the_interval_is_from_one_begin_to_the_next(room: Room) -> None:
    room.source.seconds = 3
    assert await room.wait() == 10


async def test_a_source_that_takes_longer_than_its_interval_has_a_rest(room: Room) -> None:
    room.source.seconds = 20
    assert await room.wait() == 25


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(days=1)])
async def test_a_clock_that_jumps_during_a_poll_puts_off_no_other(room: Room, jump: timedelta) -> None:
    room.source.seconds = jump.total_seconds()
    began = room.clock.at
    await room.wait()
    assert timedelta(0) < room.clock.at - (began + jump) <= timedelta(minutes=1)


async def test_a_poll_whose_end_was_not_written_is_made_again_where_the_clock_went_back(
    room: Room,
) -> None:
    await room.wait()
    room.clock.at -= timedelta(days=1)
    assert claim_poll(room.ledger.sources, "s", now=room.clock.at, lease=timedelta(minutes=2))
    visit = await room.detector.visit(PollRequest("s"))
    assert (visit.result, visit.next_poll_at - room.clock.at) == (None, timedelta(seconds=5))


async def test_what_is_on_its_way_is_looked_for_at_once(room: Room) -> None:
    room.source.soon = True
    assert await room.wait() == 0.25


async def test_a_source_that_fails_is_left_alone_longer_and_no_longer_than_its_kind_says(room: Room) -> None:
    room.source.fails = True
    assert [await room.wait() for _ in range(5)] == [10, 20, 40, 60, 60]


async def test_a_pause_that_a_site_asks_for_is_for_all_sources_on_its_host(postgres: str) -> None:
    """Each poller has a ledger of its own, as the processes of a cluster have."""
    with create_temporary_database(postgres) as url:
        await _poll_busy_site(url)


async def _poll_busy_site(url: str) -> None:
    clock, on_ledger = Hands(), SerialThread("ledger")
    ledgers = [open_ledger(url) for _ in range(2)]
    ledgers[0].prepare(upgrade=True)
    names = {"busy": "example.org", "same": "example.org", "other": "example.com"}
    terms = {name: SourceTerms(timedelta(seconds=10), 0, host=host) for name, host in names.items()}
    sources = {name: Slow(clock) for name in names}
    pollers = [SourcePoller(each.sources, on_ledger, sources, terms, clock) for each in ledgers]
    for name in names:
        assert await pollers[1].poll(name)
    clock.at += timedelta(seconds=10)
    sources["busy"].retry_after = 600.0
    result = await pollers[0].poll("busy")
    assert result
    assert (result.next_poll_at - clock.at).total_seconds() == 600
    assert await pollers[1].poll("same") is None
    assert await pollers[1].poll("other")
    clock.at += timedelta(seconds=601)
    assert await pollers[1].poll("same")
    for each in ledgers:
        each.close()
    on_ledger.close()
