import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from newsbot.channels.telegram import TELEGRAM_HTML
from newsbot.composing.measures import (
    count_bytes,
    count_graphemes,
    count_utf16_units,
    count_weighted,
    find_possible_links,
)
from newsbot.composing.safety import clean
from newsbot.composing.urls import find_urls
from tests.composing import twitter_text
from tests.composing.twitter_text.comparing import Case, differences

CASES = Path(twitter_text.__file__).with_name("cases.jsonl")
SUITES = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")


def recorded() -> list[Case]:
    cases = [Case.read(line) for line in CASES.read_text("utf-8").splitlines()]
    assert len(cases) == 4000
    return cases


def test_weighs_and_links_as_the_recorded_answers_of_twitter_text() -> None:
    assert {case.text: found for case in recorded() if (found := differences(case))} == {}


def test_what_twitter_text_finds_invalid_is_too_long_empty_or_cleaned_away() -> None:
    cases = recorded()
    assert any(case.length <= 280 for case in cases if not case.valid)
    for case in cases:
        fits = 0 < count_weighted(case.text) <= 280
        assert case.valid == (fits and not set("\ufeff\ufffe\uffff") & set(case.text)), case
        assert not set("\ufeff\ufffe\uffff") & set(clean(case.text))


def test_weighs_as_twitter_texts_own_suite_for_config_v3(shared_file: Callable[[str], Path]) -> None:
    tests = yaml.safe_load(shared_file("twitter-text/validate.yml").read_text("utf-8"))["tests"]
    cases = [case for suite in SUITES for case in tests[suite]]
    assert len(cases) > 20
    wrong = [c["description"] for c in cases if count_weighted(c["text"]) != c["expected"]["weightedLength"]]
    assert wrong == []


def test_finds_the_urls_of_twitter_texts_own_suite(shared_file: Callable[[str], Path]) -> None:
    tests = yaml.safe_load(shared_file("twitter-text/validate.yml").read_text("utf-8"))["tests"]
    for case in tests["urls_without_protocol"]:
        assert (find_possible_links(case["text"]) == [case["text"]]) == case["expected"], case


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Grüße", 5),
        ("e\u0301", 1),  # NFC first
        ("日本", 4),
        ("اردو", 4),
        ("हिन्दी", 6),
        ("ไทย", 3),
        ("한국", 4),
        ("“—”…", 5),  # the ellipsis is outside the light ranges
        ("a\u200bb", 3),
        ("a\u2060b", 4),
        ("see https://example.org/a?b=c#d.", 4 + 23 + 1),
        ("see example.org now", 4 + 23 + 4),
        ("example.org/path", 23),
        ("example.notatld", 15),
        ("said.It", 23),
        ("U.S. and e.g. p.m.", 18),
        ("a@example.org", 13),
        ("version 3.11.4", 14),
        ("https://localhost/x", 19),
        ("👍🏽", 2),
        ("👩\u200d🔬👩🏿\u200d🔬", 4),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿🇵🇰", 4),
        ("1️⃣", 2),
        ("\r\n", 2),
        ("©®", 2),
        ("©\ufe0f®\ufe0f", 4),
        ("👩\u200d🤝\u200d👩", 8),  # a sequence of Unicode 12: X's library knows those of 11
        ("https://example.org/$(...)", 23 + 6),
        ("https://example.org/a[...](1)", 23 + 8),
        ("https://example.org/(a)(b)", 23),
        ("http://xn--あ.com", 17),
        ("https://example.org/日本example.com/a", 23 + 4 + 2 + 23 - 2),
        ("日a.co", 2 + 23),
        ("example.music", 13),  # in the root zone since, and unknown to the library
        ("http\u017f://example.org", 19),
        ("http://" + "a" * 63 + ".com", 23),
        ("http://" + "a" * 64 + ".com", 7 + 64 + 4),
        ("https://example.org/" + "a" * 4068, 23),
        ("https://example.org/" + "a" * 4069, 4089),  # X counts the protocol twice, and stops at 4096
        ("t.co👍🏽.co/", 23 + 2 + 2 + 4),  # X stops in the middle of the thumb
    ],
)
def test_weighs_on_x(text: str, length: int) -> None:
    assert count_weighted(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c.d." * 12_500,
        "a.co." * 20_000,
        "a.co/((" * 14_000,
        "http://" * 14_000,
        "a.co?!" * 16_000,
        "あ.い." * 25_000,
        "👨\u200d" * 50_000,
        "<" * 100_000,
        "&#" * 50_000,
        "." * 100_000,
        "@a.co" * 20_000,
        "a.co/(.)" * 12_000,
        "a.co/" + "(.)." * 25_000,
        "a.日.co" * 16_000,
        "😀a.みんな" * 4_000,
        "xn--" + "日.a." * 20_000,
        "http://a_" * 10_000,
    ],
)
def test_time_is_linear_in_the_text(text: str) -> None:
    """Four times the text takes four times as long, where quadratic work would take sixteen."""

    def seconds(part: str) -> float:
        best = 9.0
        for _ in range(3):
            start = time.thread_time()  # of this thread alone, whatever else the machine does
            count_weighted(part), find_possible_links(part), count_utf16_units(TELEGRAM_HTML.show(part))
            best = min(best, time.thread_time() - start)
        return best

    whole, quarter = seconds(text), seconds(text[: len(text) // 4])
    assert whole < max(9 * quarter, 0.05)


def test_dotted_text_of_100_kb_is_weighed_as_fast_as_the_same_text_in_pieces() -> None:
    """Per character, where the pattern of X's library takes as long again for each label before it."""
    dotted, plain = "a.bc.d.ef.g." * 8_334, "a.bc d.ef g." * 8_334
    assert min(_seconds(dotted) for _ in range(5)) < 5 * min(_seconds(plain) for _ in range(5))


def _seconds(text: str) -> float:
    start = time.thread_time()
    count_weighted(text)
    return time.thread_time() - start


def test_whatever_has_a_protocol_may_be_priced_as_a_link() -> None:
    text = "a.com, http://127.0.0.1:80/x and https://intranet/y or plain.words"
    assert find_possible_links(text) == ["a.com", "http://127.0.0.1:80/x", "https://intranet/y"]


def test_a_newer_top_level_domain_may_be_priced_as_a_link_though_it_weighs_as_letters() -> None:
    assert find_possible_links("example.music") == ["example.music"]
    assert find_urls("example.music") == []


@pytest.mark.parametrize(
    ("html", "length"),
    [
        ("", 0),
        ("<b>bold</b> and <a href='https://example.org/?a=b&amp;c=d'>link</a>", 13),
        ("&lt;&gt;&amp;&quot;", 4),
        ("&#39;&#x27;", 2),
        ("&nbsp;", 6),  # Telegram knows four names only
        ("&ampx", 5),
        ("  \n text \n ", 4),
        ("😀", 2),
        ("日本", 2),
        ("👨\u200d👩\u200d👧", 8),
    ],
)
def test_counts_on_telegram_what_is_shown(html: str, length: int) -> None:
    assert count_utf16_units(TELEGRAM_HTML.show(html)) == length


@pytest.mark.parametrize(
    ("text", "graphemes", "utf16_units", "size"),
    [
        ("", 0, 0, 0),
        ("café", 4, 4, 5),
        ("cafe\u0301", 4, 5, 6),
        ("日本", 2, 2, 6),
        ("👨\u200d👩\u200d👧", 1, 8, 18),
        ("🇵🇰", 1, 4, 8),
        ("नि", 1, 2, 6),
        ("a\r\nb", 3, 4, 4),
    ],
)
def test_one_text_has_a_length_by_each_measure(
    text: str, graphemes: int, utf16_units: int, size: int
) -> None:
    assert (count_graphemes(text), count_utf16_units(text), count_bytes(text)) == (
        graphemes,
        utf16_units,
        size,
    )
