"""The warnings about contradictions that articles and posts have, and when such a warning goes."""

from dataclasses import replace
from datetime import UTC, datetime

from newsbot.model import Article, Item, PostWarning
from newsbot.newsroom.contradictions.warnings import CheckedReader, warn_of_contradictions
from newsbot.newsroom.fixes import fix_article
from newsbot.newsroom.intake import FullText
from newsbot.reasons import WarningCode
from newsbot.threads import run_inline
from tests.newsroom.desk import ARTICLE, Desk, Hands

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
TITLE, TEXT = "Fire in Dalby kills 12", "Nine people were killed in a fire in Dalby."
FIRE = replace(ARTICLE, title=TITLE, text=TEXT)
SAID = PostWarning("contradiction", WarningCode.CONTRADICTION_HEADLINE(words=TITLE, other=TEXT))
WALL = PostWarning("wall", WarningCode.PAGE_OF_OTHER_TEXT())


class Shelf:
    """A reader that has the one article."""

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article:
        assert (item.guid, full_text) == ("g1", "feed")
        return FIRE


async def test_an_article_is_examined_when_it_is_read() -> None:
    reader = CheckedReader(Shelf(), Hands(), run_inline)
    assert (await reader.read(Item(guid="g1"), full_text="feed")).warnings == (SAID,)


def test_an_article_is_examined_once_and_not_if_only_a_part_was_read() -> None:
    found = warn_of_contradictions(FIRE, NOW)
    assert warn_of_contradictions(found, NOW) == found
    assert warn_of_contradictions(replace(FIRE, warnings=(WALL,)), NOW).warnings == (WALL,)


def test_each_kind_of_contradiction_has_words_that_quote_the_article() -> None:
    texts = [
        "The ferry carried 12 people, 7 men and 4 women.",
        "In the vote 55% were in favour, 42% were against and 12% abstained.",
        "Ana Petrova, who was born in 1950, is 60 years old.",
        "Ana Petrova, 34, runs the shop. The 43-year-old Petrova sells tea.",
        "The council met on Monday, 3 March 2026.",
        "The bridge collapsed on 5 March 2031 and blocked the river.",
        "The mill worked from 1995 to 1990.",
        "The siege lasted 5 years, from 1939 to 1949.",
        "A small satellite flew aboard Chang'e-6 and reached lunar orbit in May 2022.",
        "The fall of the Berlin Wall in 1987 changed the town.",
        "The fire destroyed 12 houses in Dalby. In Dalby, 15 houses were destroyed by the fire.",
    ]
    told = [
        warn_of_contradictions(Article("a", text, language="en", published_at=NOW), NOW).warnings
        for text in texts
    ]
    first, second = texts[3].split(". ", 1)
    two = texts[10].partition(". ")
    assert [[str(each.reason) for each in some] for some in told] == [
        [f'The parts add up to 11: "{texts[0]}".'],
        [f'The shares add up to 109 %: "{texts[1]}".'],
        [f'The age and the year of birth do not fit: "{texts[2]}".'],
        [f'A person has two ages: "{first}.", but in another place "{second}".'],
        [f'The date has another weekday, Tue 3 Mar: "{texts[4]}".'],
        [f'The text tells as past what is after Tue 1 Dec: "{texts[5]}".'],
        [f'The end is before the beginning: "{texts[6]}".'],
        [f'The number of years does not fit the years: "{texts[7]}".'],
        [f'Chang\'e-6 was launched on 2024-05-03, later than this: "{texts[8]}".'],
        [f'newsbot knows another date of "fall of the Berlin Wall", 1989-11: "{texts[9]}".'],
        [f'The text says "{two[0]}.", but in another place "{two[2]}".'],
    ]


def test_a_fix_of_either_place_settles_a_contradiction() -> None:
    found = warn_of_contradictions(FIRE, NOW)
    assert fix_article(found, "12", "9").warnings == ()
    assert fix_article(found, "Nine", "Twelve").warnings == ()
    assert fix_article(found, "Rosport", "Dalby").warnings == (SAID,)


def test_posts_have_the_warning_until_the_article_is_fixed(three: Desk) -> None:
    posts = three.bring("one", "two", article=warn_of_contradictions(FIRE, NOW))
    assert [SAID in post.warnings for post in posts] == [True, True]
    three.app.corrections.fix(posts[0].article_id, "12", "9", "cli:ana")
    fixed = [three.app.ledger.posts.get_post(post.id) for post in posts]
    assert [SAID in post.warnings for post in fixed] == [False, False]
    assert "kills 9" in fixed[0].parts[0].text


async def test_preflight_holds_a_post_with_a_contradiction(three: Desk) -> None:
    app = three.app
    [free] = app.posts.queue(warn_of_contradictions(FIRE, NOW), ["none"], by="cli:ana")
    assert free.held_for is None
    app.composition.checks = replace(app.composition.checks, holds=frozenset({"contradiction"}))
    other = replace(FIRE, guid="g2", url="https://example.org/fire-2")
    [held] = app.posts.queue(warn_of_contradictions(other, NOW), ["none"], by="cli:ana", again=True)
    assert held.held_for is not None
    assert TITLE in str(held.held_for)
