"""Addresses as people read them: one link still, to the same place, and nothing in it that deceives."""

import re
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.composing.compose import Composer
from newsbot.composing.measures import count_weighted, find_possible_links
from newsbot.composing.rewriting import rewrite, strip_markup
from newsbot.composing.safety import find_addresses, list_spellings, make_readable, safe_url
from newsbot.identity.addresses import normalize_address
from newsbot.model import Draft
from newsbot.newsroom.fixes import Replacement
from newsbot.ports import Capabilities
from newsbot.sandbox.telegram.posting import detect_entities
from tests.composing.samples import TELEGRAM, X, article, summary

HOSTS = ("https://news.example.org", "http://127.0.0.1:8080")
SLUG = "/کراچی-میں-بارش/"
URL = f"{HOSTS[0]}{quote(SLUG).lower()}"


def escaped(path: str) -> str:
    return quote(path, safe="/?&=%")


def compose(folder: Path, template: str, capabilities: Capabilities = TELEGRAM, **fields: object) -> Draft:
    name = "own.html.j2" if capabilities is TELEGRAM else "own.txt.j2"
    (folder / name).write_text(template)
    return Composer(folder).compose(
        article(**{"url": URL, **fields}),
        summary("It rained."),
        channel="one",
        kind="kind",
        capabilities=capabilities,
        template=name,
    )


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path",
    [
        SLUG,
        "/2026/11/29/اردو-خبر-2026/?p=1&lang=اردو",
        "/новости-дня/",
        "/समाचार-आज",
        "/서울-뉴스/",
        "/חדשות_היום",
    ],
)
def test_letters_are_shown_and_telegram_sees_one_link_to_the_same_place(host: str, path: str) -> None:
    url = host + escaped(path)
    shown = make_readable(url)
    assert shown == host + path
    assert normalize_address(shown) == normalize_address(url)
    assert (safe_url(shown) or "").lower() == url.lower() or safe_url(shown) == shown
    text = f"خبر: {shown} (and more)"
    [entity] = detect_entities(text, [], commands=False)
    assert (entity["type"], text[entity["offset"] :][: entity["length"]]) == ("url", shown)
    assert [text[start:end] for start, end in find_addresses(text)] == [shown]


@pytest.mark.parametrize(
    "path",
    [
        "/сор/",
        "/cахар/",  # Latin c before Cyrillic
        "/сахарa/",
        "/ναι-x/ο",
        "/\u202eabc",
        "/\u2066x",
        "/\u200bx",
        "/a\u00a0b",
        "/%20%2F%25",
        "/كـك",  # a tatweel looks like a hyphen
        "/\ufefb",  # a presentation form
        "/\u0670x",  # a mark without its letter
        "/\u3164",
        "/٠١",
        "/۔-x",
        "/اردو/www.bank.example/",  # in a line from right to left it would stand first
        "/x-اردو.html",
        "/東京-ニュース",
        "/ข่าว",
        "/café",
        "/%D9%",
    ],
)
def test_what_could_deceive_or_has_no_end_stays_escaped(path: str) -> None:
    url = HOSTS[0] + escaped(path)
    assert make_readable(url) == url


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.booleans())
def test_whatever_the_path_it_is_one_address_and_the_same(path: str, upper: bool) -> None:  # noqa: FBT001
    rest = quote(path, safe="/-_")
    url = f"{HOSTS[0]}/{rest if upper else rest.lower()}"
    shown = make_readable(url)
    assert quote(shown, safe=":/%-_.~").lower() == url.lower()
    assert shown == url or find_addresses(shown) == [(0, len(shown))]


def test_a_telegram_post_shows_it_and_its_tags_and_card_keep_the_address(tmp_path: Path) -> None:
    text = '<b>{{ title }}</b>\n{{ link }}\n<a href="{{ link }}">Read</a>'
    [part] = compose(tmp_path, text).parts
    assert part.text == f'<b>Title</b>\n{HOSTS[0]}{SLUG}\n<a href="{URL}">Read</a>'
    assert part.link_preview == URL
    assert part.length == len(f"Title\n{HOSTS[0]}{SLUG}\nRead")
    draft = compose(tmp_path, "{{ title }}\n{{ link }}", url=f"{URL}?a=1&b=2")
    assert draft.parts[0].text == f"Title\n{HOSTS[0]}{SLUG}?a=1&amp;b=2"
    assert "no-link" not in {warning.code for warning in draft.warnings}


def test_an_x_post_keeps_it_escaped_and_counts_one_url(tmp_path: Path) -> None:
    [part] = compose(tmp_path, "{{ title }}\n{{ link }}", X).parts
    assert part.text == f"Title\n{URL}"
    assert part.length == count_weighted(part.text) == len("Title\n") + 23
    assert len(find_possible_links(part.text)) == 1
    assert count_weighted(make_readable(URL)) > 23, "X would end the link before its first letter"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path",
    [
        "/کراچی-میں%D8%9F-بارش/",
        "/%DA%A9%D8%B1%D8%A7%DA%86%DB%8C-میں؟-بارش،-خبر۔/",
        "/کراچی-میں-بارش۔",
        "/أخبار-اليوم،",
        "/خبر-٢٠٢٦/",
        "/نئی%20خبر/",
        "/नई-ख़बर।",
        "/बारिश%3F-ख़बर/",
    ],
)
def test_a_half_escaped_address_is_one_working_link_everywhere(tmp_path: Path, host: str, path: str) -> None:
    """In Telegram it is shown in letters or in escapes, never half and half."""
    given = host + path
    for capabilities in (TELEGRAM, X):
        [part] = compose(tmp_path, "{{ title }}\n{{ link }}", capabilities, url=given).parts
        link = part.text.removeprefix("Title\n")
        assert unquote(link) == unquote(given)
        letters = any(not each.isascii() for each in link)
        assert not (letters and re.search("%[89A-F]", link, re.IGNORECASE))
        assert capabilities is TELEGRAM or not letters
        text = f"{link} خبر"
        [entity] = detect_entities(text, [], commands=False)
        assert (entity["offset"], entity["length"]) == (0, len(link))
        assert capabilities is TELEGRAM or find_possible_links(text) == [link]


def test_an_edit_and_a_fix_keep_the_link(tmp_path: Path) -> None:
    before = compose(tmp_path, "<b>{{ title }}</b>\n\nکراچی میں بارش\n\n{{ link }}").parts
    words = strip_markup(before[0])
    [same], _ = rewrite(before, words, TELEGRAM)
    assert same.text == before[0].text
    [other], _ = rewrite(before, words.replace("Title", "Other"), TELEGRAM)
    assert f"\n{HOSTS[0]}{SLUG}" in other.text
    fixed = Replacement("کراچی", "لاہور", "ur").fix_html(before[0].text)
    assert fixed == f"<b>Title</b>\n\nلاہور میں بارش\n\n{HOSTS[0]}{SLUG}"


def test_words_behind_a_latin_address_are_none_of_it() -> None:
    for text in ("https://example.org/aを読む", "https://example.org에서", "https://example.org/a에서"):
        assert [text[start:end] for start, end in find_addresses(text)] == [
            text.rstrip("を読む에서"),
        ]
    assert list_spellings("https://example.org/a?b&c")[:2] == (
        "https://example.org/a?b&c",
        "https://example.org/a?b&amp;c",
    )
