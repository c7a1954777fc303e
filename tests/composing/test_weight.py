import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from newsbot.composing.weight import telegram_length, x_length, x_urls

SUITES = ("WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest")


def test_weighs_as_twitter_texts_own_suite_for_config_v3(shared_file: Callable[[str], Path]) -> None:
    tests = yaml.safe_load(shared_file("twitter-text/validate.yml").read_text("utf-8"))["tests"]
    cases = [case for suite in SUITES for case in tests[suite]]
    assert len(cases) > 20
    wrong = [c["description"] for c in cases if x_length(c["text"]) != c["expected"]["weightedLength"]]
    assert wrong == []


def test_finds_the_urls_of_twitter_texts_own_suite(shared_file: Callable[[str], Path]) -> None:
    tests = yaml.safe_load(shared_file("twitter-text/validate.yml").read_text("utf-8"))["tests"]
    for case in tests["urls_without_protocol"]:
        assert (x_urls(case["text"]) == [case["text"]]) == case["expected"], case


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
        ("\r\n", 1),
    ],
)
def test_weighs_on_x(text: str, length: int) -> None:
    assert x_length(text) == length


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
    ],
)
def test_time_is_linear_in_the_text(text: str) -> None:
    """Four times the text takes four times as long, where quadratic work would take sixteen."""

    def seconds(part: str) -> float:
        best = 9.0
        for _ in range(3):
            start = time.thread_time()  # of this thread alone, whatever else the machine does
            x_length(part), x_urls(part), telegram_length(part)
            best = min(best, time.thread_time() - start)
        return best

    whole, quarter = seconds(text), seconds(text[: len(text) // 4])
    assert whole < max(9 * quarter, 0.05)


def test_dotted_text_of_100_kb_is_weighed_nearly_as_fast_as_plain_words() -> None:
    """At 1 600 characters it takes twitter-text-parser 3.8 s; here it takes 13 times as long as words."""
    dotted, plain = "a.b.c.d.e.f." * 8_334, "abc def ghi " * 8_334
    assert min(_seconds(dotted) for _ in range(5)) < 100 * min(_seconds(plain) for _ in range(5))


def _seconds(text: str) -> float:
    start = time.thread_time()
    x_length(text)
    return time.thread_time() - start


def test_whatever_has_a_protocol_may_be_priced_as_a_link() -> None:
    text = "a.com, http://127.0.0.1:80/x and https://intranet/y or plain.words"
    assert x_urls(text) == ["a.com", "http://127.0.0.1:80/x", "https://intranet/y"]


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
    assert telegram_length(html) == length
