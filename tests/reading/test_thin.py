"""Pages that show hardly a word of text: nothing of what stands around their video or picture is an article's."""

# ruff: noqa: E501  markup is one line

import pytest

from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.workers import Workers
from newsbot.model import Item
from newsbot.reading.page import extract
from newsbot.reading.reader import ArticleReader

URL = "https://coastpost.example/video/ferry"
MENU = "<div><a href='/a'>News</a> <a href='/b'>Sport</a> <a href='/c'>Culture and life</a> <a href='/d'>Weather</a></div>"
IMPRINT = (
    "<div><p>Copyright 2026 Coast Post. All rights reserved.</p><p>The Coast Post is published by Coast Media, Dock Street 4, Selby.</p>"
    "<p>Contact us at desk@coastpost.example or call 555 0100 between nine and six.</p></div>"
)
HEAD = '<head><meta property="og:title" content="{0}"><meta property="og:description" content="The first boat with two decks reached the island of Hale on Friday."></head>'
POST = "<blockquote class='twitter-tweet'><p>I am so happy about this deal today, well done everyone in it!</p>&mdash; Minister <a href='https://twitter.com/min/status/1'>Nov 28</a></blockquote>"
PARTS = {
    "Ferry arrives at Hale": "<div><video></video><p>Duration 2:31</p></div>",
    "Podcast: the ferry": "<iframe src='https://p.example'></iframe>",
    "Ferry times for winter": "<table>" + "<tr><td>Selby</td><td>6:00</td><td>Runs daily.</td></tr>" * 9 + "</table>",
    "Minister reacts to ferry deal": POST,
    "Five links for Sunday": "".join(f"<p><a href='https://x.example/{n}'>A piece about ferries that is worth your time</a></p>" for n in range(5)),
}  # fmt: skip


def _page(title: str, part: str, *, tag: str = "article", head: str = "") -> str:
    return (
        f"<html>{head.format(title)}<body>{MENU}<{tag}><h1>{title}</h1>{part}</{tag}>{IMPRINT}</body></html>"
    )


@pytest.mark.parametrize("tag", ["article", "main", "section"])
@pytest.mark.parametrize("title", PARTS)
def test_menu_and_imprint_are_no_text(title: str, tag: str) -> None:
    page = extract(_page(title, PARTS[title], tag=tag).encode(), URL, embeds=False)
    assert (page.title, page.text) == (title, "")


@pytest.mark.parametrize("tag", ["article", "section"])
def test_a_short_text_is_there_and_the_imprint_is_not(tag: str) -> None:
    said = "The first boat with two decks reached the quay at noon."
    page = extract(_page("Ferry arrives at Hale", f"<p>{said}</p>", tag=tag).encode(), URL, embeds=False)
    assert page.text == said


async def test_such_a_page_is_an_article_of_its_headline_and_standfirst() -> None:
    title = "Ferry arrives at Hale"
    fetcher, workers = Fetcher(), Workers()
    try:
        html = _page(title, PARTS[title], head=HEAD)
        article = await ArticleReader(fetcher, workers).read(Item("g", URL, html=html), full_text="feed")
    finally:
        await fetcher.close()
        await workers.close()
    line = "The first boat with two decks reached the island of Hale on Friday."
    assert (article.title, article.text, article.summary) == (title, "", line)


@pytest.mark.parametrize(
    ("head", "address", "article"),
    [
        ("", "https://coastpost.example/2026/11/ferry-arrives-at-hale.html", True),
        ('<meta property="og:type" content="article">', "https://coastpost.example/?p=7", True),
        ('<meta property="og:type" content="website">', "https://coastpost.example/?p=7", False),
        ("", "https://coastpost.example/news/", False),
    ],
)
def test_pictures_alone_are_an_article_if_the_page_says_that_it_is_one(
    head: str,
    address: str,
    article: bool,  # noqa: FBT001
) -> None:
    title = "Ferry arrives at Hale"
    photos = "".join(
        f"<figure><img src='/{n}.jpg'><figcaption>By Ann Lee</figcaption></figure>" for n in range(9)
    )
    page = extract(f"<html><head>{head}</head>{_page(title, photos)}</html>".encode(), address, embeds=False)
    assert (page.title, page.text, page.is_headline_only) == (title, "", article)
