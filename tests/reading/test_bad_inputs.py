"""Inputs that broke other programs: nothing raises, no markup and no forbidden character comes through."""

import json
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from lxml.html.defs import tags

from newsbot.model import Item
from newsbot.reading import extract
from newsbot.reading.clean import clean_text, markup_to_line
from newsbot.reading.parse import parse_item, read_text

BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Elements(HTMLParser):
    """Notes what a browser would make an element of HTML, or one with attributes: ``<words>`` are words."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if (tag in tags and len(tag) > 1) or any(value is not None for _, value in attrs):
            self.seen.append(tag)


def _elements(text: str) -> list[str]:
    parser = _Elements()
    parser.feed(text)
    parser.close()
    return parser.seen


def _assert_clean(text: str) -> None:
    bad = [char for char in text if char != "\n" and (category(char) in {"Cc", "Cs"} or char in BIDI)]
    assert not bad


def _list(shared: Path, name: str) -> list[str]:
    values: Any = json.loads((shared / "data" / "bad-inputs" / "lists" / name).read_text(encoding="utf-8"))
    return [value if isinstance(value, str) else json.dumps(value) for value in values]


@pytest.mark.parametrize("name", ["xss.json", "blns.json", "ssti.json", "csv_formula.json"])
def test_no_string_as_title_gets_a_tag_or_control_character_through(shared: Path, name: str) -> None:
    for value in _list(shared, name):
        line = markup_to_line(value)
        _assert_clean(line)
        assert not _elements(line), value
        assert markup_to_line(line) == line, "once clean, always clean"


@pytest.mark.parametrize("name", ["xss.json", "blns.json"])
def test_no_string_in_a_body_raises(shared: Path, name: str) -> None:
    for value in _list(shared, name):
        own = parse_item(Item("g", "https://example.org/a", value, html=f"<p>{value}</p>", summary=value))
        _assert_clean(own.page.text)
        assert not _elements(own.page.title or "")
        _assert_clean(read_text(value).body)


@pytest.mark.parametrize("name", ["xss.json", "blns.json"])
def test_no_string_in_a_page_raises(shared: Path, name: str) -> None:
    for value in _list(shared, name)[::7]:
        markup = f"<title>{value}</title><body><article><h1>{value}</h1><p>{value}</p></article>"
        page = extract(markup.encode("utf-8", "surrogatepass"), "https://example.org/a")
        _assert_clean(page.text)
        _assert_clean(page.title or "")


def test_every_file_of_the_bad_inputs_can_be_given_as_a_page(shared: Path) -> None:
    files = sorted((shared / "data" / "bad-inputs").glob("html5lib/**/*.*"))
    files += sorted((shared / "data" / "bad-inputs").glob("libxml2/**/*.*"))
    assert files
    for file in files:
        data = file.read_bytes()[:200_000]
        _assert_clean(extract(data, "https://example.org/a").text)


def test_any_bytes_can_be_given_as_a_page() -> None:
    chance = random.Random(7)
    page = "<html><body><article>" + "<p>A paragraph that is long enough to be one, é ü 漢字.</p>" * 5
    for data in (
        b"",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"%PDF-1.7 \x00\x01",
        b"<" * 5000,
        b"<div>" * 5000,
    ):
        extract(data)
    for encoding in ("utf-8", "utf-16", "shift_jis", "gb18030"):
        broken = bytearray(page.encode(encoding, "replace"))
        for _ in range(20):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
            _assert_clean(extract(bytes(broken)).text)


def test_lines_made_to_slow_a_pattern_down_do_not() -> None:
    for value in (
        "<" * 50_000,
        "<!--" * 20_000,
        "&amp;" * 20_000,
        "<a " * 20_000,
        "a=<b=" * 20_000,
        "\u200d" * 50_000,
    ):
        markup_to_line(value)
        clean_text(value)
        read_text(f"{value}\n\n{value}")
        parse_item(Item("g", html=value, summary=value))
    parse_item(Item("g", html="<!-- x -->" * 5000 + "x"))


def test_tags_in_extracted_text_are_the_articles_own_words() -> None:
    markup = (
        "<article><h1>T</h1><p>"
        + "Write &lt;b&gt; to make a word bold, the teacher said. " * 5
        + "</p></article>"
    )
    assert "<b>" in extract(markup.encode()).text
    assert not re.search(r"</?p>", extract(markup.encode()).text)
