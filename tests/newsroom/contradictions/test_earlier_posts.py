"""An article's numbers are compared with what the newsroom's own posts said of the same subject."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbot.model import Article, Item, Part, Post, PostWarning
from newsbot.newsroom.contradictions.earlier_posts import compare_with_posts
from newsbot.ports import PollResult, SentPost
from newsbot.reasons import WarningCode
from tests.ledger.exchanges import record_poll
from tests.newsroom.outroom import Room, opened

AT = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
SAID = "Ferry sinks off Dalby\n\nA ferry sank off Dalby in heavy rain, and 12 people died. They left 3 boats."
AGAIN = "The ferry sank off Dalby in heavy rain on Monday. {} people died on the ferry. They left {} boats."


def compared(text: str, said: str = SAID, language: str = "en") -> tuple[PostWarning, ...]:
    sent = SentPost("p-1", (Part(said, len(said), 4096),), AT)
    return compare_with_posts(Article("a", text, language=language), [sent]).warnings


def test_a_lower_number_than_a_posts_is_a_contradiction() -> None:
    (warning,) = compared(AGAIN.format(9, 3))
    assert warning.code == "contradiction"
    assert warning.reason == WarningCode.CONTRADICTION_POST(
        at=AT,
        ref="p-1",
        words="A ferry sank off Dalby in heavy rain, and 12 people died.",
        other="9 people died on the ferry.",
    )


def test_a_toll_that_rose_is_news_and_no_contradiction() -> None:
    (warning,) = compared(AGAIN.format(14, 3))
    assert (warning.code, warning.reason.code) == ("newer_number", WarningCode.NUMBER_ROSE)


def test_another_count_that_differs_is_a_contradiction_either_way() -> None:
    assert [each.code for each in compared(AGAIN.format(12, 5))] == ["contradiction"]


@pytest.mark.parametrize(
    "text",
    [
        AGAIN.format(12, 3),
        "At least 9 people died when the ferry sank off Dalby in heavy rain.",
        "The toll of the ferry that sank off Dalby in heavy rain rose from 12 dead to 14 people who died.",
        "A bus crash in Rosport killed 9 people on the main road.",
    ],
)
def test_the_same_number_an_estimate_and_another_event_are_no_contradiction(text: str) -> None:
    assert compared(text) == ()


def test_posts_are_compared_in_scripts_without_capital_letters() -> None:
    said = "ڈلبی کے قریب شدید بارش میں کشتی ڈوبنے سے 12 افراد ہلاک ہو گئے۔"
    again = "ڈلبی کے قریب شدید بارش میں کشتی ڈوب گئی۔ کشتی ڈوبنے سے 9 افراد ہلاک ہوئے۔"
    assert [each.code for each in compared(again, said, "ur")] == ["contradiction"]


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as found:
        yield found


async def taken_in(room: Room, guid: str, title: str, text: str) -> dict[str, Post]:
    now = room.clock.now()
    item = Item(guid, f"https://example.org/{guid}", title, text=text)
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, (item,)), now=now)
    await room.app.intake(lambda: None).process_items("drop")
    known = room.app.ledger.articles.find_article(url=str(item.url))
    assert known
    return room.posts(known[0])


async def test_an_article_is_compared_with_the_posts_that_were_sent(room: Room) -> None:
    first = await taken_in(room, "g1", "Ferry sinks off Dalby", SAID.partition("\n\n")[2])
    waiting = await taken_in(room, "g2", "Ferry disaster: what we know", AGAIN.format(9, 3))
    assert not any(each.code == "contradiction" for post in waiting.values() for each in post.warnings)
    await room.run()
    room.move(minutes=30)
    later = await taken_in(room, "g3", "Inquiry into the ferry", f"{AGAIN.format(9, 3)} An inquiry begins.")
    found = [each.reason for post in later.values() for each in post.warnings if each.code == "contradiction"]
    assert found
    assert {reason.params["ref"] for reason in found} <= {post.id for post in first.values()}
