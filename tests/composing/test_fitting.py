import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from newsbot.composing.fitting import choose_sentences, cut, join_sentences
from newsbot.composing.measures import count_weighted
from newsbot.model import Summary

from .samples import summaries, summary


def chosen(of: Summary, budget: int) -> list[int]:
    return choose_sentences(of, [s.text for s in of.sentences], budget, len, lambda _: True)


def test_the_best_ranked_that_fit_are_shown_in_article_order() -> None:
    of = summary("aaaa.", "bbbb.", "cccc.", ranks=(2, 0, 1))
    assert chosen(of, 5) == [1]
    assert chosen(of, 11) == [1, 2]
    assert chosen(of, 17) == [0, 1, 2]
    assert chosen(of, 4) == []


def test_a_lower_ranked_one_fills_what_a_better_one_is_too_long_for() -> None:
    assert chosen(summary("a" * 50, "b" * 9, "c" * 5, ranks=(0, 1, 2)), 15) == [1, 2]


def test_a_sentence_brings_the_neighbours_it_needs_or_stays_away() -> None:
    of = summary("aaaa.", "bbbb.", "cccc.", ranks=(2, 1, 0), previous={2}, next=set())
    assert chosen(of, 11) == [1, 2]
    assert chosen(of, 5) == [1]
    assert chosen(summary("aaaa.", "bbbb.", next={0}), 5) == [1]
    assert chosen(summary("aaaa.", previous={0}), 50) == []


def test_an_abstract_is_shown_from_its_start() -> None:
    assert chosen(summary("aaaa.", "bbbb.", "cccc.", ranks=(2, 1, 0), abstract=True), 11) == [0, 1]


@given(summaries(), st.integers(0, 120))
def test_nothing_more_would_fit(of: Summary, budget: int) -> None:
    texts = [s.text for s in of.sentences]
    shown = chosen(of, budget)
    assert len(join_sentences(texts[n] for n in shown)) <= budget
    if of.abstract:
        return
    for n, sentence in enumerate(of.sentences):
        if n not in shown and not sentence.needs_previous and not sentence.needs_next:
            assert len(join_sentences(texts[m] for m in sorted({*shown, n}))) > budget


def test_chinese_and_japanese_sentences_are_joined_without_a_space() -> None:
    assert join_sentences(["東京です。", "雨です。"]) == "東京です。雨です。"
    assert join_sentences(["他说：“好。”", "“是。”"]) == "他说：“好。”“是。”"
    assert join_sentences(["한국입니다.", "비가 옵니다."]) == "한국입니다. 비가 옵니다."
    assert join_sentences(["One.", "Two."]) == "One. Two."


@pytest.mark.parametrize(
    ("text", "length", "words"),
    [
        ("Short title", 20, "Short title"),
        ("A longer title, with words", 17, "A longer title…"),
        ("A longer title – with words", 18, "A longer title…"),
        ("Supercalifragilistic", 10, "Supercali…"),
        ("東京都は今日から新しい制度を始めます", 9, "東京都は今日から…"),
        ("کونسل نے منصوبے کی منظوری دے دی", 18, "کونسل نے منصوبے…"),
        ("👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 8, "👨\u200d👩\u200d👧…"),
        ("x" * 9, 0, ""),
    ],
)
def test_a_title_is_cut_between_words(text: str, length: int, words: str) -> None:
    assert cut(text, lambda title: len(title) <= length) == words


@given(st.text(max_size=200), st.integers(1, 60))
def test_a_title_is_never_cut_inside_a_grapheme(text: str, limit: int) -> None:
    short = cut(text, lambda title: count_weighted(title) <= limit)
    assert count_weighted(short) <= limit
    if short and short != text:
        kept = short.removesuffix("…")
        assert text.startswith(kept)
        assert len(kept) in {match.end() for match in regex.finditer(r"\X", text)}
