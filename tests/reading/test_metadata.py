"""When a page says that its article was published: only in forms that are made for machines."""

from datetime import UTC, datetime

import pytest

from newsbot.reading import extract

BODY = (
    "<p>The ferry line opened again on Sunday, three weeks after the flood, the harbour office said.</p>"
    "<p>Some 400 passengers took the first boat. The office expects 2,000 travellers a day this year.</p>"
)
RIGHT = datetime(2026, 3, 14, 5, tzinfo=UTC)
WHEN = "2026-03-14T10:00:00+05:00"
CARD = (
    '<article><h3>Another</h3><time class="published" datetime="2019-01-02">2 January 2019</time></article>'
)


def _published(head: str = "", above: str = "", below: str = "", url: str | None = None) -> datetime | None:
    html = (
        f"<!doctype html><html><head><title>Ferry times</title>{head}</head><body><main>"
        f"<article><h1>Ferry times</h1>{above}{BODY}{below}</article></main></body></html>"
    )
    return extract(html.encode(), url).published_at


@pytest.mark.parametrize(
    "head",
    [
        f'<meta property="article:published_time" content="{WHEN}">',
        f'<meta itemprop="datePublished" content="{WHEN}">',
        f'<meta name="dc.date.issued" content="{WHEN}">',
        f'<meta name="DCTERMS.issued" content="{WHEN}">',
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "{WHEN}"}}</script>',
    ],
)
def test_what_the_head_says(head: str) -> None:
    assert _published(head) == RIGHT


@pytest.mark.parametrize(
    "mark",
    [
        f'<time datetime="{WHEN}" pubdate>14 March</time>',
        f'<time datetime="{WHEN}" itemprop="datePublished">14 March</time>',
        f'<time class="entry-date published" datetime="{WHEN}">14 March</time>',
        f'<time class="dt-published" datetime="{WHEN}">14 March</time>',
    ],
)
def test_a_marked_time_in_the_article_counts_and_one_in_a_card_does_not(mark: str) -> None:
    assert _published(above=f"<p>{mark}</p>") == RIGHT
    assert _published(above=CARD + mark, below=CARD) == RIGHT
    assert _published(below=CARD) is None


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("<p>Updated: March 12, 2019</p>", ""),
        ("", "<footer>© 2019 Harbour Post</footer>"),
        ("", "<p>Published on 2019-03-12 in the paper.</p>"),
        ("", '<ul><li><a href="/2018/05/">May 2018</a></li></ul>'),
        ("", '<p>The bridge fell on <time datetime="2019-03-12">12 March 2019</time>, the office said.</p>'),
        ('<span class="date">12.03.2019</span>', ""),
    ],
)
def test_nothing_is_guessed(above: str, below: str) -> None:
    assert _published(above=above, below=below) is None
    assert _published(above=above, below=below, url="https://example.org/2018/05/12/ferry-times") is None


@pytest.mark.parametrize(
    "value", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00", "1899-12-30", "2026-13-45", "today", "1.5", ""]
)
def test_a_placeholder_is_no_date(value: str) -> None:
    assert _published(f'<meta property="article:published_time" content="{value}">') is None
