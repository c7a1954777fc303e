"""Rules of sources and channels: whole words in any script, patterns within a time, in order."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from newsbot.model import Article
from newsbot.scheduling.review import Review, Rule, parse_term, review
from tests.conftest import SLOWDOWN

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("sponsored", "SPONSORED: a new tram"),
        ("sponsored", "spon\u00adsored"),
        ("trump", "Trump's tram"),
        ("straße", "STRASSE"),
        ("breaking  news", "Breaking\nnews: a tram"),
        ("c++", "in C++."),
        ("#ad", "a tram #ad"),
        ("ab", "a\u200bb"),
        ("ہلاک", "دھماکے میں دو ہلاک ہوگئے"),
        ("كتاب", "کتاب"),
        ("قتل", "قُتِل رجل"),
        ("می‌شود", "می\u200cشود"),
        ("死亡", "爆発で二人が死亡した"),
        ("เสียชีวิต", "มีผู้เสียชีวิตสองคน"),
        ("मृत", "दो मृत हैं"),
        ("/dead|killed/", "Two KILLED"),
        ("/\\bdead\\b/", "two dead."),
        ("/^\\d+ dead/", "12 dead"),
    ],
)
def test_it_is_found(term: str, text: str) -> None:
    assert parse_term(term).matches(text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("dead", "The deadline"),
        ("dead", "undead"),
        ("ad", "adopted"),
        ("ہلاک", "ہلاکت"),
        ("मृत", "मृतक"),
        ("breaking news", "breaking the news"),
        ("c++", "c"),
        ("/\\bdead\\b/", "deadline"),
    ],
)
def test_it_is_not_found(term: str, text: str) -> None:
    assert not parse_term(term).matches(text)


@pytest.mark.parametrize("term", ["", " \u200b", "/dead", "/", "//", "/(/", "/a*/", "x" * 501])
def test_a_term_that_can_not_be_meant_is_refused_with_a_mend(term: str) -> None:
    with pytest.raises(ValueError, match=": write "):
        parse_term(term)


def ruled(*rules: dict[str, Any], language: str | None = None, **article: Any) -> Review:
    made = Article("g1", **{"text": "Two are dead.", "title": "A tram", **article})
    return review(
        [Rule.model_validate(rule) for rule in rules], made, where="source site", now=NOW, language=language
    )


def test_a_rule_reads_the_lists_and_quoted_blocks_that_posts_leave_out() -> None:
    aside = "“My mother is 78,” said Rosa Lind."
    for match in ({"text": ["mother is 78"]}, {"anywhere": ["mother is 78"]}):
        assert ruled({"drop": match}, aside=aside).dropped
        assert not ruled({"drop": match}).dropped


@pytest.mark.parametrize(
    ("match", "article", "fits"),
    [
        ({"title": "tram"}, {}, True),
        ({"title": "dead"}, {}, False),
        ({"title": "tram"}, {"title": None}, False),
        ({"text": "dead"}, {}, True),
        ({"anywhere": ["bus", "dead"]}, {}, True),
        ({"anywhere": "excerpt"}, {"summary": "The excerpt"}, True),
        ({"author": "ana"}, {"author": "Ana Diaz"}, True),
        ({"address": "/live/"}, {"url": "https://example.org/live/1"}, True),
        ({"category": "Sport"}, {"tags": ("sport",)}, True),
        ({"category": "sport"}, {"tags": ("water sport",)}, False),
        ({"category": "/sport/"}, {"tags": ("water sport",)}, True),
        ({"language": ["en", "ur"]}, {"language": "ur"}, True),
        ({"language": "en"}, {"language": "ur"}, False),
        ({"language": "en"}, {"language": None}, False),
        ({"older": "2d"}, {"published_at": NOW - timedelta(days=2, seconds=1)}, True),
        ({"older": "2d"}, {"published_at": NOW - timedelta(days=2)}, False),
        ({"older": "2d"}, {}, False),
        ({"title": "tram", "text": "alive"}, {}, False),
        ({"title": "tram", "text": "dead"}, {}, True),
    ],
)
def test_what_fits(match: dict[str, Any], article: dict[str, Any], *, fits: bool) -> None:
    assert bool(ruled({"drop": match}, **article).dropped) is fits
    assert bool(ruled({"keep": match}, **article).dropped) is not fits
    assert bool(ruled({"hold": match}, **article).held) is fits
    assert ("t" in ruled({"tag": match, "as": "t"}, **article).article.tags) is fits


def test_rules_go_in_order_and_say_what_they_did() -> None:
    found = ruled(
        {"tag": {"text": "dead"}, "as": "deaths"},
        {"hold": {"category": "deaths"}, "because": "numbers of dead are checked"},
        {"hold": {"title": "tram"}},
        {"keep": {"language": "en"}},
        {"drop": {"title": "bus"}},
        language="en",
    )
    assert str(found.held) == "numbers of dead are checked (rule 2 of source site)"
    assert found.dropped is None
    assert tuple(map(str, found.said)) == (
        "rule 1 of source site: tag, text dead, as deaths",
        "rule 2 of source site: hold, category deaths (numbers of dead are checked)",
        "rule 3 of source site: hold, title tram",
    )
    assert found.article.language is None
    dropped = ruled(
        {"drop": {"title": "tram", "older": "0s"}}, {"drop": {"title": "tram"}}, {"hold": {"title": "tram"}}
    )
    assert (str(dropped.dropped), dropped.held) == ("rule 2 of source site: drop, title tram", None)


@pytest.mark.parametrize("verb", ["keep", "drop", "hold", "tag"])
def test_a_pattern_that_takes_too_long_holds_the_article(verb: str) -> None:
    slow = {verb: {"text": "/(a|aa)+$/"}} | ({"as": "t"} if verb == "tag" else {})
    began = time.process_time()
    found = ruled(*[slow] * 10, text="a" * 5_000 + "b")
    assert time.process_time() - began < 2 * SLOWDOWN
    assert str(found.held) == "rule 1 of source site: /(a|aa)+$/ took too long"
    assert found.dropped is None
    assert len(found.said) == 2


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"because": "x"},
        {"drop": {"title": "a"}, "hold": {"title": "b"}},
        {"drop": {}},
        {"drop": {"title": []}},
        {"drop": {"titel": "a"}},
        {"tag": {"title": "a"}},
        {"drop": {"title": "a"}, "as": "b"},
        {"keep": {"language": "english"}},
        {"hold": {"older": "soon"}},
        {"hold": {"title": True}},
        {"hold": {"title": {"a": 1}}},
    ],
)
def test_a_rule_that_can_not_be_meant_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)
