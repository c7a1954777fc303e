"""Two processes read what one poll found: which posts are queued first."""

import asyncio
from pathlib import Path

import pytest

from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Item
from newsbot.newsroom import intake
from tests.newsroom.sources import Entry, Newsroom, body, feed

FOUND = [Entry(title=f"Council of town {n} decides", text=body(30 + n), guid=f"g{n}") for n in range(12)]


class Slow(Newsroom):
    """A process that reads nothing until it is let go."""

    go: asyncio.Event

    async def read(self, item: Item, *, full_text: str = "auto") -> Article:
        await self.go.wait()
        return await super().read(item, full_text=full_text)


@pytest.fixture
def both(ledger: Ledger, tmp_path: Path) -> tuple[Slow, Newsroom]:
    slow, quick = (kind(ledger, tmp_path, channels=("c",)) for kind in (Slow, Newsroom))
    quick.begin()
    quick.shown["site"].items = tuple(each for entry in reversed(FOUND) for each in feed(entry))
    quick.detect("site")
    slow.at = quick.at
    return slow, quick  # type: ignore[return-value]  # in the order of their kinds


def titles(room: Newsroom) -> list[str]:
    return [str(post.article_title) for post in room.posts()]


async def test_each_takes_four_and_they_are_queued_as_they_were_found(
    both: tuple[Slow, Newsroom], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 60.0)
    slow, quick = both
    slow.go = asyncio.Event()
    first = asyncio.create_task(slow.intake.process_next_items("site"))
    await asyncio.sleep(0)
    second = asyncio.create_task(quick.intake.process_next_items("site"))
    await asyncio.sleep(0.3)
    assert titles(quick) == []
    slow.go.set()
    await asyncio.gather(first, second)
    assert titles(quick) == [entry.title for entry in FOUND[:8]]


async def test_no_article_waits_long_for_an_earlier_one(
    both: tuple[Slow, Newsroom], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 0.1)
    slow, quick = both
    slow.go = asyncio.Event()
    first = asyncio.create_task(slow.intake.process_next_items("site"))
    await asyncio.sleep(0)
    await quick.intake.process_next_items("site")
    assert set(titles(quick)) == {entry.title for entry in FOUND[4:8]}
    slow.go.set()
    await first
    assert set(titles(quick)[4:]) == {entry.title for entry in FOUND[:4]}
