"""The line under the headline: where a page has it, and which of several is an editor's."""

# ruff: noqa: E501  markup is one line

import json

import pytest

from newsbot.reading.page import Page, extract
from newsbot.reading.parse import ItemContent
from newsbot.reading.reader import _choose_summary
from newsbot.reading.standfirsts import SiteLineRegistry, choose_standfirst
from tests.reading.furniture_words import TEXTS

TEXT = TEXTS[0]
LINE = "After years of waiting at the quay, the outer islands get room for forty more cars."
SITE = "The Coast Post brings you the latest news, sports and weather of the coast."
BODY = "".join(f"<p>{line}</p>" for line in TEXT.body)
CUT = TEXT.body[0][:90] + "…"


def _read(head: str = "", above: str = "", body: str = BODY, title: str = TEXT.title) -> str | None:
    html = (
        f'<html><head><title>{TEXT.title} | Coast Post</title><meta property="og:site_name" content="Coast Post">{head}</head>'
        f"<body><article><header><h1>{title}</h1>{above}</header><div>{body}</div></article></body></html>"
    )
    return extract(html.encode(), "https://coastpost.example/a/1", embeds=False).description


def _meta(**lines: str) -> str:
    return "".join(
        f'<meta property="{name.replace("_", ":")}" content="{line}">' for name, line in lines.items()
    )


@pytest.mark.parametrize(
    "above",
    [
        f'<p class="standfirst">{LINE}</p>',
        f'<h2 class="article__dek">{LINE}</h2>',
        f'<div class="subtitle">{LINE}</div>',
        f'<span class="ArticleHeader-summary">{LINE}</span>',
        f'<p itemprop="description">{LINE}</p>',
        f'<div class="byline">Tom Whitlock</div><div class="c-intro">{LINE}</div>',
        f'<h2 class="css-1x9">{LINE}</h2>',
        f'<h2 class="css-1x9">{LINE[:-1]}</h2>',
        f"<p>{LINE}</p>",
        f"</header><p>{LINE}</p><header>",
    ],
)
def test_it_stands_on_the_page_under_the_headline(above: str) -> None:
    assert _read(_meta(og_description=CUT), above) in {LINE, LINE[:-1]}


@pytest.mark.parametrize("mark", ["-", "–", "|", "•"])
def test_the_sites_name_at_its_end_is_no_part_of_it(mark: str) -> None:
    assert _read(_meta(og_description=f"{LINE[:-1]} {mark} Coast Post")) == LINE[:-1]
    assert _read(_meta(og_description=f"Coast Post {mark} {LINE}")) == LINE


def test_a_name_that_only_the_pages_title_has_is_the_sites_too() -> None:
    html = (
        f"<html><head><title>{TEXT.title} | Coast Radio 90 FM</title>"
        f"{_meta(og_description=f'Coast Radio 90 FM - {LINE}')}</head>"
        f"<body><article><h1>{TEXT.title}</h1><div>{BODY}</div></article></body></html>"
    )
    assert extract(html.encode(), "https://coastpost.example/a/1", embeds=False).description == LINE


@pytest.mark.parametrize(
    "above",
    [
        "<p>Tom Whitlock, port correspondent of the paper</p>",
        f'<p class="wp-caption-text">{LINE}</p>',
        f'<p><img src="/a.jpg">{LINE}</p>',
        "<p>Ann Lee is the author of a book on the harbour of Selby. The views expressed here are her own.</p>",
        '<p class="summary">Saturday, November 28, 2026 at 4:15 p.m.</p>',
        f'<aside><p class="summary">{LINE}</p></aside>',
        f'<a href="/other"><span class="teaser">{LINE}</span></a>',
        "<h2>Share this with your friends on the islands, please</h2>",
        "<h2>By Tom Whitlock (The Coast Post, Selby and the islands, 21 June 2026)</h2>",
    ],
)
def test_what_else_stands_there_is_none(above: str) -> None:
    assert _read("", above) is None


@pytest.mark.parametrize(
    "head",
    [
        _meta(og_description=CUT, description=LINE),
        _meta(og_description=SITE, twitter_description=LINE),
        _meta(og_description=TEXT.title, description=LINE),
        _meta(description=CUT) + f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": "x", "description": LINE})}</script>',
    ],
)  # fmt: skip
def test_of_what_the_head_declares_the_whole_line_that_is_the_articles_own_is_taken(head: str) -> None:
    assert _read(head) == LINE


def test_a_sites_own_line_is_none() -> None:
    assert (
        _read(
            _meta(og_description=SITE, description="News and weather, updated every day, around the clock.")
        )
        is None
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("All about the hot new ferry, the harbour board and farmers at CoastPost.Example", False),
        ("The ferry, the harbour board and their milk: all news on coastpost.example.", False),
        (f"{LINE[:-1]}, the board told coastpost.example.", True),
    ],
)
def test_a_line_that_ends_with_the_sites_address_is_about_the_article(line: str, *, shown: bool) -> None:
    title = "After years the outer islands get room for more cars"
    assert _read(_meta(og_description=line), title=title) == (line if shown else None)


@pytest.mark.parametrize("label", ["Par", "By", "Von", "Por", "Di"])
def test_a_byline_is_none(label: str) -> None:
    line = f"{label} Tom Whitlock (Les blogs du port, Selby, 21 juin 2018)"
    text = " ".join([*TEXT.body, "Tom Whitlock blogs at the port of Selby."])
    assert choose_standfirst([line], TEXT.title, text) is None
    assert choose_standfirst([f"{line} has seen the ferry."], TEXT.title, text) is not None


def test_the_best_of_feed_and_page_is_taken_and_the_feeds_where_both_are_good() -> None:
    text = "\n\n".join(TEXT.body)
    page, own = Page(text=text, title=TEXT.title, description=LINE), Page(title=TEXT.title)
    assert _choose_summary(ItemContent(own, summary=CUT), page, page, text) == LINE
    assert _choose_summary(ItemContent(own, summary=TEXT.body[1]), page, page, text) == LINE
    other = "Farmers fear for their milk while the boat is at the yard in Selby."
    assert _choose_summary(ItemContent(own, summary=other), page, page, text) == other
    assert _choose_summary(ItemContent(own, summary="News."), Page(), own, text) == "News."


def test_none_is_better_than_a_label() -> None:
    assert choose_standfirst(["News", SITE, TEXT.title, None], TEXT.title, "\n\n".join(TEXT.body)) is None


def test_a_line_that_another_page_of_the_site_has_is_the_sites() -> None:
    lines = SiteLineRegistry()
    assert not lines.is_shared(SITE, "https://coastpost.example/a/1")
    assert not lines.is_shared(SITE, "https://coastpost.example/a/1")
    assert lines.is_shared(SITE, "https://coastpost.example/a/2")
    assert not lines.is_shared(SITE, "https://other.example/a/2")
    assert not lines.is_shared(LINE, "https://coastpost.example/a/2")


@pytest.mark.parametrize("end", ["…", "...", " (...)", " […]", ""])
def test_a_description_that_is_cut_off_is_the_whole_line_that_the_page_shows(end: str) -> None:
    whole = (
        f"{LINE[:-1]}, and both the harbour board and the islanders who asked for it since spring are glad."
    )
    html = (
        f'<html><head><title>{TEXT.title}</title><meta property="og:description" content="{whole[:-30]}{end}"></head>'
        f'<body><div class="row"><div class="x7"><p>{whole}</p></div></div><div><h1>{TEXT.title}</h1></div>'
        f"<article><div>{BODY}</div></article></body></html>"
    )
    assert extract(html.encode(), "https://coastpost.example/a/1", embeds=False).description == whole


@pytest.mark.parametrize(
    "around",
    [
        "<div><span>{}</span><p>By Tom Whitlock, the port reporter of the paper.</p></div>",
        "<div><strong>{}</strong><div>Read the whole story on the islands today.</div></div>",
    ],
)
def test_a_block_around_a_line_without_a_stop_does_not_complete_it(around: str) -> None:
    line = LINE[:-1]
    html = (
        f'<html><head><title>{TEXT.title}</title><meta property="og:description" content="{line}"></head>'
        f"<body>{around.format(line)}<div><h1>{TEXT.title}</h1></div><article><div>{BODY}</div></article></body></html>"
    )
    assert extract(html.encode(), "https://coastpost.example/a/1", embeds=False).description == line
