"""What is asked about before it is posted: floods, redesigns and articles that look like others."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest

from newsbot.channels.console import ConsoleChannel, ConsoleSettings
from newsbot.composing.compose import Composer
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Item, Post, PostState
from newsbot.newsroom.anomalies import describe_flood, describe_redesign, find_anomaly_kind
from newsbot.newsroom.composition import ChannelTerms, Composition
from newsbot.newsroom.intake import Intake, ReadTerms
from newsbot.ports import PollResult, ShownArticle
from newsbot.reasons import Code, Reason
from newsbot.scheduling.rules import Rules
from newsbot.summarizers.extract import ExtractSummarizer
from tests.ledger.exchanges import record_poll
from tests.ledger.making import HOUR, NOW

P = ParamSpec("P")
T = TypeVar("T")
BANNER = "Good journalism costs less than a coffee a week with a yearly subscription to the Town Post."


def story(number: int, *, lead: str = "") -> str:
    """A text of its own, long enough to be known by, and short enough to be shown whole."""
    words = [f"w{number}x{n}" for n in range(8)]
    body = [
        f"The {a} of the {b} said on Monday that {c} would change in town {number}."
        for a, b, c in zip(words, words[1:], words[2:], strict=False)
    ]
    return " ".join([lead, *body]).strip()


@dataclass
class Room:
    """A source whose articles are read as they are, and one channel without approvals."""

    ledger: Ledger
    folder: Path
    at: datetime = NOW
    asks: bool = True

    def now(self) -> datetime:
        return self.at

    async def read(self, item: Item, *, full_text: str = "auto") -> Article:
        del full_text
        return Article(item.guid, item.text or "", item.url, item.title, language="en")

    async def on_ledger(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    def take(self, *items: Item, source: str = "site", hold: Reason | None = None) -> None:
        channel = ConsoleChannel("c", ConsoleSettings(kind="console"), self._no_image)
        terms = {"c": ChannelTerms("console.txt.j2", Rules(), HOUR, approval=0)}
        composer = Composer(self.folder)
        composition = Composition(self.ledger, {"c": channel}, terms, ExtractSummarizer(), composer, self)
        read_terms = {name: ReadTerms(("c",)) for name in ("site", "other")}
        intake = Intake(self.ledger, self.on_ledger, self, composition, read_terms, self, asks=self.asks)
        record_poll(
            self.ledger.sources, source, PollResult(self.at + HOUR, take=items, hold=hold), now=self.at
        )
        asyncio.run(intake.process_items(source))

    async def _no_image(self, url: str) -> bytes:
        raise NotImplementedError(url)

    @property
    def posts(self) -> dict[str, Post]:
        return {str(post.article_title): post for post in self.ledger.posts.list_posts(limit=None)}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    yield Room(ledger, tmp_path)
    ledger.close()


def item(number: int, **values: Any) -> Item:
    given = {"title": f"Story {number}", "text": story(number), "url": f"https://example.org/{number}"}
    return Item(f"g{number}", **{**given, **values})


def test_the_third_article_that_shows_the_same_sentence_is_held(room: Room) -> None:
    """A redesign put a banner where the text begins."""
    for number in range(3):
        room.take(item(number, text=story(number, lead=BANNER)))
    states = [room.posts[f"Story {number}"].state for number in range(3)]
    assert states == [PostState.SCHEDULED, PostState.SCHEDULED, PostState.HELD]
    held = room.posts["Story 2"]
    assert BANNER in str(held.held_for)
    assert find_anomaly_kind(held.held_for) == "redesign"


def test_a_text_of_an_odd_length_is_held_once_the_usual_ones_are_known(room: Room) -> None:
    room.take(*(item(number) for number in range(8)))
    room.take(item(8, text="Sign in to read on."))
    assert find_anomaly_kind(room.posts["Story 8"].held_for) == "redesign"
    assert "19 characters" in str(room.posts["Story 8"].held_for)


def test_short_phrases_and_few_articles_prove_nothing() -> None:
    before = [ShownArticle("a-2", frozenset({"Photo: dpa"}), 1000)] * 7
    assert describe_redesign([], "short", before) is None
    assert describe_redesign([], "short", [*before, before[0]])


def test_nearly_the_same_text_under_another_address_of_its_source_is_asked_about(room: Room) -> None:
    room.take(item(1))
    [first] = room.posts.values()
    room.at += timedelta(minutes=5)
    room.take(item(2, title="Another headline", text=f"{story(1)} A line was added."))
    held = room.posts["Another headline"]
    assert held.state is PostState.HELD
    assert find_anomaly_kind(held.held_for) == "alike"
    assert first.article_id in str(held.held_for)


def test_the_same_headline_is_asked_about_for_some_hours_only(room: Room) -> None:
    headline = "Council approves the new tram line"
    room.take(item(1, title=headline))
    room.take(item(2, title="COUNCIL approves the new tram line!"))
    assert find_anomaly_kind(room.posts["COUNCIL approves the new tram line!"].held_for) == "alike"
    room.at += timedelta(days=1)
    room.take(item(3, title=f"{headline}."))
    assert room.posts[f"{headline}."].state is PostState.SCHEDULED


def test_an_agencys_text_on_two_sites_is_one_article_and_no_question(room: Room) -> None:
    room.take(item(1))
    room.at += timedelta(minutes=5)
    room.take(item(2, title="Elsewhere", text=story(1)), source="other")
    assert list(room.posts) == ["Story 1"]


def test_without_a_desk_a_likeness_is_held_too_and_a_redesign_is_not(room: Room) -> None:
    room.asks = False
    room.take(item(1))
    room.at += timedelta(minutes=5)
    room.take(item(2, title="Another headline", text=f"{story(1)} A line was added."))
    assert find_anomaly_kind(room.posts["Another headline"].held_for) == "alike"
    for number in range(3, 7):
        room.take(item(number, text=story(number, lead=BANNER)))
        assert room.posts[f"Story {number}"].state is PostState.SCHEDULED


def test_a_flood_is_known_by_its_code() -> None:
    assert find_anomaly_kind(describe_flood("site", 30, 2)) == "flood"
    assert describe_flood("site", 6, 2) is None
    assert describe_flood("site", 5, 0) is None
    assert find_anomaly_kind(Code.APPROVAL()) is find_anomaly_kind(None) is None
