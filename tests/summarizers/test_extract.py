from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.model import Article, Sentence
from newsbot.summarizers import KINDS, summarizer_class
from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.cohesion import is_dangling
from newsbot.summarizers.extract import ExtractSummarizer, summarize
from tests.bench import texts as bench

MOON = """Pakistan will send its first rover to the moon in 2028, the space agency said on Wednesday.

It will ride on a Chinese spacecraft to the lunar south pole. But the rover itself is built in Pakistan.

Why the south pole?

Ice in the craters of the south pole could one day supply crews on the moon with water.

"We are proud of this rover," said Amir Khan, who leads the rover's team at the agency. "It is ours."

RELATED STORIES"""

ANY_TEXT = st.text(max_size=400) | st.text(
    alphabet=st.sampled_from("HeIt And she said. .. \"'“”‘’«»「」?!\n\n:۔।。他但وقاللكن\u200b\ud7ff\u0301"),
    max_size=400,
)


def collapsed(text: str) -> str:
    return " ".join(text.split())


def summary(text: str, title: str | None = None, language: str | None = "en") -> tuple[Sentence, ...]:
    return tuple(
        ExtractSummarizer().summarize(Article(guid="1", text=text, title=title, language=language)).sentences
    )


def test_it_tells_the_story_and_leaves_out_headings_and_questions() -> None:
    assert summarize(MOON, 1, "en") == [
        "Pakistan will send its first rover to the moon in 2028, the space agency said on Wednesday."
    ]
    told = " ".join(summarize(MOON, 4, "en"))
    assert "RELATED" not in told
    assert "Why" not in told


def test_a_dangling_sentence_comes_with_what_it_leans_on() -> None:
    shown = summary(MOON)
    assert [s.needs_previous for s in shown if s.text.startswith(("It ", "But "))] == [True, True]
    for k in range(1, 7):
        chosen = summarize(MOON, k, "en")
        if any(s.startswith("It will") for s in chosen):
            assert chosen[0].startswith("Pakistan")


def test_ranks_are_distinct_and_sentences_in_the_order_of_the_article() -> None:
    shown = summary(MOON)
    assert sorted(s.rank for s in shown) == list(range(len(shown)))
    assert [s.index for s in shown] == sorted(s.index for s in shown)
    assert all(s.text == s.source for s in shown)


def test_every_need_can_be_met_within_the_summary() -> None:
    there = {s.index for s in summary(MOON)}
    assert all(s.index - 1 in there for s in summary(MOON) if s.needs_previous)
    assert all(s.index + 1 in there for s in summary(MOON) if s.needs_next)


def test_words_of_the_title_count_more() -> None:
    text = "The council met on Monday. A whale swam up the river Wye. The budget of the council grew again."
    assert summary(text, "Whale seen in river Wye")[1].rank < summary(text, "Council budget grew")[1].rank


def test_an_opening_that_dangles_is_passed_over() -> None:
    text = "She stood there with a knife. Police in Palm Bay said a mother of three was arrested on Friday."
    assert summarize(text, 1, "en") == ["Police in Palm Bay said a mother of three was arrested on Friday."]


def test_an_article_that_only_dangles_opens_with_its_own_opening() -> None:
    assert summarize("He came. He saw. He won.", 2, "en")[0] == "He came."


def test_a_quote_without_room_for_its_speaker_is_not_shown() -> None:
    assert summarize('"We will win." Smith said.', 1, "en") == []
    assert summarize('"We will win." Smith said.', 2, "en") == ['"We will win."', "Smith said."]


@pytest.mark.parametrize("k", [0, -1])
def test_none_asked_none_given(k: int) -> None:
    assert summarize(MOON, k, "en") == []


@pytest.mark.parametrize("text", ["", " \n\n ", "***", "..."])
def test_an_article_without_a_sentence_has_no_summary(text: str) -> None:
    assert summarize(text, 3) == []
    assert summary(text) == ()


@given(ANY_TEXT, st.integers(0, 6), st.sampled_from(["en", "ur", "ja", "zh", "ar", "xx", "", None]))
def test_any_text_gives_verbatim_sentences_in_order(text: str, k: int, language: str | None) -> None:
    chosen = summarize(text, k, language)
    assert len(chosen) <= k
    assert chosen == summarize(text, k, language)
    whole, at = collapsed(text.replace("\ufeff", " ")), 0
    for sentence in chosen:
        assert sentence == collapsed(sentence)
        at = whole.index(sentence, at) + len(sentence)


@given(ANY_TEXT, st.sampled_from(["en", "ur", "ja", "xx", None]))
def test_whatever_is_chosen_by_rank_the_needs_are_met(text: str, language: str | None) -> None:
    shown = {s.index: s for s in summary(text, language=language)}
    assert sorted(s.rank for s in shown.values()) == list(range(len(shown)))
    assert all(i - 1 in shown for i, s in shown.items() if s.needs_previous)
    assert all(i + 1 in shown for i, s in shown.items() if s.needs_next)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "unit",
    [
        "a. ",
        "word ",
        '"A b." ',
        "“A. ",
        "He won. ",
        "x",
        "A b c.\n",
        "これは。",
        "(",
        "'",
        " \n",
        "The mayor of Paris won. ",
    ],
)
def test_a_megabyte_takes_no_longer_than_a_long_article(unit: str) -> None:
    assert len(summarize(unit * (1_000_000 // len(unit)), 3)) <= 3


def test_the_registry_names_it() -> None:
    made = summarizer_class("extract")(ExtractSummarizer.Settings(kind="extract"))
    assert isinstance(made, ExtractSummarizer)
    assert "extract" in KINDS


@pytest.fixture(scope="module")
def texts(texts_folder: Path) -> list[bench.Text]:
    return bench.load(texts_folder)


def test_no_real_summary_opens_with_a_dangling_word(texts: list[bench.Text]) -> None:
    for text in texts:
        for k in (1, 2, 3, 5):
            chosen = summarize(text.text, k, text.language)
            lead = collapsed(text.text.replace("\ufeff", " ")).startswith(chosen[0]) if chosen else True
            assert lead or not is_dangling(chosen[0], find_tables(text.language, ""))


@pytest.mark.parametrize(
    ("language", "k", "floor"), [("en", 1, 1.5), ("en", 2, 0.0), ("en", 3, 0.0), ("ur", 5, 8.0)]
)
def test_summaries_beat_the_first_sentences(
    texts: list[bench.Text], language: str, k: int, floor: float
) -> None:
    score = bench.english_rouge() if language == "en" else bench.unicode_rouge
    assert bench.compare([t for t in texts if t.language == language], k, score).gain >= floor
