"""A page into an article: its body, and what it says about itself."""

# ruff: noqa: E501  markup of the input is one line

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsbot.model import Image, Item
from newsbot.reading import extract
from newsbot.reading.parse import parse_item

URL = "https://www.example.org/news/bus-lanes?utm_source=x"
BODY = [
    "The city council voted on Tuesday to build bus lanes along the two busiest roads, ending a long debate.",
    "“We have waited for this for too long,” said Maria Lopez, who chairs the transport committee of the city.",
    "Work is to begin in May and should be finished before the end of next year, the council said on Tuesday.",
    "Opponents of the plan said they would take it to court, as shops along both roads would lose customers.",
]
HEAD = """
<title>Council approves bus lanes | The Example</title>
<link rel="canonical" href="/news/bus-lanes?utm_medium=rss#top">
<meta property="og:site_name" content="The Example">
<meta property="og:title" content="Council approves bus lanes">
<meta property="og:image" content="/img/bus-1200x630.jpg">
<meta property="article:published_time" content="2026-03-14T10:00:00+05:00">
<meta property="article:modified_time" content="2026-03-14T06:30:00Z">
<meta name="author" content="By Jane Smith">
<meta name="keywords" content="transport, buses">
"""


def _page(head: str = HEAD, body: str = "", lang: str = "en") -> bytes:
    paragraphs = "".join(f"<p>{text}</p>" for text in BODY)
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{head}</head><body><nav><a href="/">Home</a></nav>'
        f'<article><h1>Council approves bus lanes</h1>{body or paragraphs}<img src="/img/bus-300x200.jpg" alt="A bus">'
        "</article><footer>Imprint</footer></body></html>"
    ).encode()


def test_the_body_is_there_and_nothing_else() -> None:
    assert extract(_page(), URL).text.split("\n\n") == BODY


def test_a_page_says_who_when_and_where() -> None:
    page = extract(_page(), URL)
    assert page.title == "Council approves bus lanes"
    assert page.author == "Jane Smith"
    assert page.published_at == datetime(2026, 3, 14, 5, tzinfo=UTC)
    assert page.updated_at == datetime(2026, 3, 14, 6, 30, tzinfo=UTC)
    assert page.url == "https://www.example.org/news/bus-lanes"
    assert page.image == Image("https://www.example.org/img/bus-1200x630.jpg", "A bus")
    assert page.language == "en"
    assert page.tags == ("transport", "buses")


@pytest.mark.parametrize(
    ("head", "tags", "categories"),
    [
        (
            (
                '<meta property="article:section" content="Transport"><meta property="article:tag" content="Buses">'
                '<meta property="article:tag" content="Bus lanes, Court"><meta name="keywords" content="news, the site">'
            ),
            ("Transport", "Buses", "Bus lanes", "Court"),
            ("Transport",),
        ),
        (
            (
                '<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "keywords": "news"}, '
                '{"@type": "NewsArticle", "headline": "Council approves bus lanes", "articleSection": ["City"], '
                '"keywords": ["Buses", "CITY", {"@type": "DefinedTerm", "name": "Roads"}]}]}</script>'
            ),
            ("City", "Buses", "Roads"),
            ("City",),
        ),
        (
            (
                '<script type="application/ld+json">{"@type": "WebPage", "keywords": "our site, news", '
                '"articleSection": "All"}</script><meta name="keywords" content="buses،roads">'
            ),
            ("buses", "roads"),
            (),
        ),
        ('<meta itemprop="articleSection" content="Uncategorized">', ("Uncategorized",), ("Uncategorized",)),
        (f'<meta property="article:tag" content="{"word " * 20}">', (), ()),
    ],
)
def test_a_page_has_the_articles_tags_never_the_sites(
    head: str, tags: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    page = extract(_page(head), URL)
    assert (page.tags, page.categories) == (tags, categories)


@pytest.mark.parametrize(
    "canonical",
    [
        "https://evil.example.com/a",
        "javascript:alert(1)",
        "https://www.example.org/",
        "http://[",
        "mailto:a@b.c",
    ],
)
def test_a_canonical_address_that_cant_be_is_not_believed(canonical: str) -> None:
    page = extract(_page(f'<link rel="canonical" href="{canonical}">'), URL)
    assert page.url == "https://www.example.org/news/bus-lanes"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("https://cdn.example.net/photos/bus.jpg", "https://cdn.example.net/photos/bus.jpg"),
        ("/sites/default/files/bus.jpg", "https://www.example.org/sites/default/files/bus.jpg"),
        *(
            (image, "https://www.example.org/img/bus-300x200.jpg")
            for image in (
                "https://www.example.org/img/logo.png",
                "https://www.example.org/img/site-logo-600.png",
                "https://www.example.org/pixel.gif",
                "https://www.example.org/drawing.svg",
                "data:image/png;base64,AAAA",
                "javascript:alert(1)",
            )
        ),
    ],
)
def test_where_the_page_names_no_photo_the_first_of_its_article_is_it(image: str, expected: str) -> None:
    found = extract(_page(f'<meta property="og:image" content="{image}">'), URL).image
    assert found
    assert found.url == expected


def test_the_words_for_a_photo_come_from_the_same_picture_in_the_page() -> None:
    head = '<meta property="og:image" content="https://www.example.org/img/bus.jpg">'
    image = extract(_page(head), URL).image
    assert image == Image("https://www.example.org/img/bus.jpg", "A bus")


def test_links_to_other_articles_between_the_paragraphs_go() -> None:
    between = '<p><a href="/other">Ten other cities that banned cars from their centres</a></p>'
    related = "<p>Read more: <a href='/x'>Why trams are coming back</a></p>"
    body = f"<p>{BODY[0]}</p>{between}<p>{BODY[1]}</p>{related}<p>{BODY[2]}</p><p>{BODY[3]}</p>"
    cards = "<ul><li><a href='/a'>Storm warning for the coast</a></li><li><a href='/b'>Museum opens its doors again</a></li></ul>"
    assert extract(_page(body=body + cards), URL).text.split("\n\n") == BODY


def test_a_list_and_a_quote_are_body() -> None:
    items = "<ul><li>Buses every five minutes</li><li>New stops at both hospitals</li></ul><blockquote><p>It is a good day.</p></blockquote>"
    text = extract(
        _page(body="".join(f"<p>{text}</p>" for text in BODY[:3]) + items + f"<p>{BODY[3]}</p>"), URL
    ).text
    assert text.split("\n\n") == [
        *BODY[:3],
        "Buses every five minutes",
        "New stops at both hospitals",
        "It is a good day.",
        BODY[3],
    ]


def test_where_the_page_is_built_by_a_script_its_linked_data_is_read() -> None:
    data = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "H", "articleBody": "%s"}</script>'
    html = f"<html><head>{data % (BODY[0] + ' ' + BODY[2])}</head><body><div id=root></div></body></html>"
    assert BODY[0] in extract(html.encode()).text


def test_the_site_is_no_part_of_the_title_and_no_title_is_invented() -> None:
    head = (
        '<title>Bus lanes approved | The Example</title><meta property="og:site_name" content="The Example">'
    )
    assert (
        extract(f"<html><head>{head}</head><body><p>x</p></body></html>".encode()).title
        == "Bus lanes approved"
    )
    assert extract(b"<html><body><p>Only a paragraph of text.</p></body></html>").title is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "shift_jis", "euc_jp", "iso2022_jp"])
def test_declared_encodings_are_read(encoding: str) -> None:
    sentence = (
        "市議会は火曜日、市内の主要な二つの道路に新しいバス専用レーンを整備する計画を賛成多数で可決した。"
    )
    name = {"iso2022_jp": "iso-2022-jp", "euc_jp": "euc-jp"}.get(encoding, encoding)
    html = f'<html><head><meta charset="{name}"></head><body><article><p>{sentence}</p><p>{sentence}</p></article></body></html>'
    page = extract(html.encode(encoding))
    assert sentence in page.text
    assert page.language == "ja"


def test_quoted_blocks_and_lists_stand_beside_the_text() -> None:
    """Rules read them, and posts don't."""
    paragraphs = "".join(
        f"<p>The council of the {name} quarter voted on Monday to rebuild its pier.</p>"
        for name in ("harbour", "northern", "southern", "market")
    )
    quote = (
        "<blockquote><p>“My mother is 78 and cannot climb down the stairs,” said Rosa Lind.</p></blockquote>"
    )
    points = "<ul><li>Net metering ends in May for every house.</li><li>Bills rise by a tenth.</li></ul>"
    html = f"<article><h1>Piers to be rebuilt</h1>{paragraphs}{quote}{points}{paragraphs[:80]}</p></article>"
    page = extract(f"<html><body>{html}</body></html>".encode(), embeds=False)
    assert "northern quarter" in page.text
    for said in ("My mother is 78", "Net metering ends"):
        assert said not in page.text
        assert said in page.aside


def test_the_answers_charset_is_used_where_the_page_has_none() -> None:
    html = (
        "<html><body><article><p>"
        + "Le conseil a adopté mardi la construction de voies réservées. " * 3
        + "</p></article>"
    )
    assert "adopté" in extract(html.encode("cp1252"), charset="iso-8859-1").text


def test_one_broken_byte_does_not_turn_a_page_into_another_encoding() -> None:
    html = _page(lang="en").replace("“".encode(), b"\xe2\x80", 1)
    assert "waited for this for too long,”" in extract(html).text


def test_ours_is_no_worse_than_trafilatura_alone(shared: Path) -> None:
    from tests.bench.pages import measure

    rows = measure(shared / "data" / "texts" / "pages")
    assert [row for row in rows if row.met is False and "medians" not in row.what] == []


def test_the_statement_that_a_fact_check_checks_is_no_text_of_the_article() -> None:
    claim = "The new bus lanes will cost every household in the city 400 euros a year."
    data = f'{{"@type": "ClaimReview", "claimReviewed": "{claim}", "reviewRating": {{"alternateName": "False"}}}}'
    head = f'{HEAD}<script type="application/ld+json">{data}</script>'
    body = "".join(f"<p>{text}</p>" for text in (claim, *BODY))
    assert extract(_page(head, body), URL, embeds=False).text.split("\n\n") == BODY
    assert extract(_page(body=body), URL, embeds=False).text.split("\n\n") == [claim, *BODY]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "<br />\n<b>Warning</b>: Use of undefined constant LANG in <b>/srv/blog/de.php</b> on line <b>9</b><br />\n",
        f"<script>if (top) {{ {'f();' * 5000} }}</script><div id='ad'></div><style>p {{ margin: 0 }}</style>",
    ],
)
@pytest.mark.parametrize("doctype", ["<!DOCTYPE html>", ""])
def test_a_page_is_one_whatever_a_program_wrote_before_its_first_tag(before: str, doctype: str) -> None:
    html = _page().decode().removeprefix("<!doctype html>").removeprefix("<!DOCTYPE html>")
    page = parse_item(Item("g", html=f"{before}{doctype}{html}")).page
    assert (page.title, page.text.split("\n\n")) == ("Council approves bus lanes", BODY)
