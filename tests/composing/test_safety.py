import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbot.composing.measures import count_weighted, find_possible_links
from newsbot.composing.safety import clean, clean_line, defuse, make_hashtag, safe_url


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask @jack or ＠jack", "Ask @|jack or ＠|jack"),
        ("#news ＃news C#", "#|news ＃|news C#|"),
        ("$TSLA fell to $5", "$|TSLA fell to $5"),
        ("see example.com", "see example.|com"),
        ("https://evil.example/x", "https:|//evil.|example/x"),
        ("http://intranet.c/x tg://resolve", "http:|//intranet.c/x tg:|//resolve"),
        ("t.me/x", "t.|me/x"),
        ("a@b.co", "a@|b.|co"),
        ("run /start now", "run /|start now"),
        ("1.2.3.4", "1.|2.3.4"),
        ("मेरा.भारत", "मेरा.|भारत"),
        ("said.It", "said.|It"),
    ],
)
def test_breaks_what_a_platform_would_link(text: str, shown: str) -> None:
    assert defuse(text) == shown.replace("|", "\u200b")


@pytest.mark.parametrize(
    "text",
    [
        "Plain words. More words.",
        "The U.S. at 5 p.m. paid $5.50, 3.14 or 24/7 and/or more.",
        "می\u200cروم",
        "क्\u200dष",
        "👨\u200d👩\u200d👧\u200d👦 1️⃣ #️⃣",
        "\u200fעברית\u200e",
        "日本語です。",
        "10:30",
        "wait...",
    ],
)
def test_leaves_words_and_emoji_alone(text: str) -> None:
    assert defuse(clean(text)) == text


def test_removes_controls_overrides_and_what_cannot_be_sent() -> None:
    assert clean("a\x00b\u202ec\u2066d\u2069e\ufefff\ud800g\x1eh\x85i") == "abcdefgh\ni"
    assert clean_line(" a\n\tb  c ") == "a b c"


def test_no_naughty_string_links_on_x(shared_file: Callable[[str], Path]) -> None:
    for name in ("blns", "xss", "ssrf_urls", "open_redirect", "whatwg_urls"):
        for text in json.loads(shared_file(f"bad-inputs/lists/{name}.json").read_text("utf-8")):
            safe = defuse(clean_line(str(text)))
            assert find_possible_links(safe) == [], text
            assert count_weighted(safe) >= 0


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        ("https://example.org/wiki/Foo_(bar)", "https://example.org/wiki/Foo_(bar)"),
        ("https://example.org/خبر", "https://example.org/%D8%AE%D8%A8%D8%B1"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/a!", "https://example.org/a%21"),
        ("https://example.org/%D8%AE", "https://example.org/%D8%AE"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("javascript:alert(1)", None),
        ("ftp://example.org/", None),
        ("https://", None),
        ("https://exa<b>mple.org/", None),
        ("http://[::1", None),
        (None, None),
    ],
)
def test_a_url_is_whole_on_x_or_percent_encoded(url: str | None, safe: str | None) -> None:
    assert safe_url(url) == safe
    if safe:
        assert len(find_possible_links(f"words {safe}")) == 1


def test_a_hashtag_is_one_word() -> None:
    assert make_hashtag("Town planning") == "#TownPlanning"
    assert make_hashtag("C&A 24") == "#CA24"
    assert make_hashtag("हिन्दी समाचार") == "#हिन्दी_समाचार"
    assert make_hashtag("اسلام آباد") == "#اسلام_آباد"
    assert make_hashtag("C++") == make_hashtag("C#") == ""
    assert make_hashtag("24") == ""
