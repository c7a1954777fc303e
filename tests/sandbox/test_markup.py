"""Telegram's HTML, its entities and their offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.sandbox.calls import PlatformError
from newsbot.sandbox.telegram.markup import parse_html, trim_text, utf16_length
from newsbot.sandbox.telegram.posting import detect_entities


def spans(html: str) -> list[tuple[str, int, int]]:
    _, entities = parse_html(html)
    return [(e["type"], e["offset"], e["length"]) for e in entities]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ('span class="tg-spoiler"', "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
        ("blockquote expandable", "expandable_blockquote"),
        ('a href="https://example.org/"', "text_link"),
        ('tg-emoji emoji-id="5368324170671202286"', "custom_emoji"),
        ("B", "bold"),
    ],
)
def test_each_allowed_tag_is_an_entity(tag: str, kind: str) -> None:
    name = tag.split(maxsplit=1)[0].lower()
    assert spans(f"ab<{tag}>cd</{name}>") == [(kind, 2, 2)]


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("a<br/>b", 'Unsupported start tag "br/" at byte offset 1'),
        ("é<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("1 <b", "Unclosed start tag at byte offset 2"),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<span class="x">x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href=https://e.com>x</a>", "Unexpected end of name token at byte offset 8"),
        ('<a href="https://e.com>x</a>', "Unclosed start tag at byte offset 0"),
        ('<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
        ("a&nbsp;b", 'Unsupported character reference "&nbsp;" at byte offset 1'),
    ],
)
def test_what_cannot_be_parsed_is_refused_with_its_place(html: str, why: str) -> None:
    with pytest.raises(PlatformError) as no:
        parse_html(html)
    assert no.value.status == 400
    assert no.value.description == f"Bad Request: can't parse entities: {why}"
    assert no.value.violation


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&lt;b&gt; &amp;amp; &quot;", '<b> &amp; "'),
        ("&#65;&#x1F600;&#128512;", "A😀😀"),
        ("AT&T & co", "AT&T & co"),
        ("a\tb\x0bc\r\nd\u202ee", "a b c\nde"),
        ("&#0;", "&#0;"),
        ("<b></b>x", "x"),
    ],
)
def test_references_are_decoded_and_controls_replaced(html: str, text: str) -> None:
    assert parse_html(html)[0] == text


def test_offsets_count_utf16_units() -> None:
    assert spans("😀<b>👩‍👩‍👧</b> é<i>ü</i>") == [("bold", 2, 8), ("italic", 12, 1)]


def test_nested_styles_are_kept() -> None:
    assert spans("<b>a<i>b</i></b>") == [("bold", 0, 2), ("italic", 1, 1)]


def test_nothing_but_code_inside_code() -> None:
    assert spans("<code>a<b>b</b></code>") == [("code", 0, 2)]
    assert spans("<b>a<code>b</code>c</b>") == [("bold", 0, 1), ("code", 1, 1), ("bold", 2, 1)]


def test_quotes_and_links_do_not_nest() -> None:
    assert spans("<blockquote>a<blockquote>b</blockquote></blockquote>") == [("blockquote", 0, 2)]
    link = '<a href="https://a.com/">a<a href="https://b.com/">b</a></a>'
    assert [e["url"] for e in parse_html(link)[1]] == ["https://a.com/"]


def test_pre_with_code_carries_its_language() -> None:
    _, entities = parse_html('<pre><code class="language-python">x</code></pre>')
    assert entities == [{"offset": 0, "length": 1, "type": "pre", "language": "python"}]


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("https://e.com/?a=1&amp;b=2", "https://e.com/?a=1&b=2"),
        ("e.com", "http://e.com/"),
        ("HTTPS://e.com/X", "https://e.com/X"),
        ("tg://user?id=1", "tg://user?id=1"),
        ("javascript:alert(1)", None),
        ("https://nodot/", None),
        ("mailto:a@b.c", None),
    ],
)
def test_a_link_that_telegram_would_not_open_is_only_text(href: str, url: str | None) -> None:
    text, entities = parse_html(f'<a href="{href}">x</a>')
    assert text == "x"
    assert [e["url"] for e in entities] == ([url] if url else [])


def test_trimming_moves_and_cuts_entities() -> None:
    text, entities = trim_text(*parse_html(" \n <b> a </b> <i> </i>"))
    assert text == "a"
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [("bold", 0, 1)]


@given(st.text(alphabet="ab<>/&;#\"'= \n😀é", max_size=60))
def test_any_text_is_parsed_or_refused_with_entities_inside_it(html: str) -> None:
    try:
        text, entities = trim_text(*parse_html(html))
    except PlatformError:
        return
    for entity in entities:
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= utf16_length(text)


def found(text: str, *, commands: bool = True) -> list[tuple[str, str]]:
    units = text.encode("utf-16-le")
    return [
        (e["type"], units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"))
        for e in detect_entities(text, [], commands=commands)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://e.com/a(b)?c=d.", [("url", "https://e.com/a(b)?c=d")]),
        ("(http://e.com/x)", [("url", "http://e.com/x")]),
        ("said Node.js and example.com, or t.co.", [("url", "example.com"), ("url", "t.co")]),
        ("He left.Then she came", []),
        ("file.txt 3.14 U.S. e.g. 10.0.0.1", []),
        ("mail a.b@example.com", [("email", "a.b@example.com")]),
        ("😀 @durov and a@b @ab", [("mention", "@durov")]),
        (
            "#tag #1 #اردو x#no #2026goals",
            [("hashtag", "#tag"), ("hashtag", "#اردو"), ("hashtag", "#2026goals")],
        ),
        ("$AAPL $5 $aapl", [("cashtag", "$AAPL")]),
        ("/start@sandbox_bot and/or 1/2", [("bot_command", "/start@sandbox_bot")]),
        ("@\u200bdurov #\u200btag example\u200b.com", []),
    ],
)
def test_telegram_finds_links_by_itself(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_commands_are_none_in_channels() -> None:
    assert found("/start", commands=False) == []


def test_nothing_is_found_inside_a_given_link_or_code() -> None:
    text, entities = parse_html('<a href="https://a.com/">b.com</a> <code>c.com</code> <b>d.com</b>')
    assert [e["type"] for e in detect_entities(text, entities, commands=True)] == [
        "text_link",
        "code",
        "bold",
        "url",
    ]
