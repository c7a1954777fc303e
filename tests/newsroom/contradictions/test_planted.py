"""A short form of ``python -m tests.bench --only contradictions``, without the shared articles."""

from collections import Counter

from newsbot.model import Article
from newsbot.newsroom.contradictions import find_contradictions
from tests.bench.contradictions import FILLING, NOW, is_found, plant


def test_most_of_what_is_planted_is_found_in_each_language() -> None:
    found, every = Counter[str](), Counter[str]()
    for planted in plant([]):
        every[planted.language] += 1
        found[planted.language] += is_found(planted)
    assert every.total() > 180
    assert {
        language: found[language] / count
        for language, count in every.items()
        if found[language] < 0.85 * count
    } == {}


def test_what_nothing_is_planted_in_raises_no_alarm() -> None:
    for language, text in FILLING.items():
        assert find_contradictions(Article("a", text, language=language), NOW) == []
