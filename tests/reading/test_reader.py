"""Items into articles, by the real fetcher and worker processes against a server on loopback."""

# ruff: noqa: E501  a paragraph of the input is one line

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from aiohttp import web

from newsbot.errors import FetchError, ReadError
from newsbot.fetching.fetcher import Fetcher
from newsbot.model import Image, Item
from newsbot.reading.reader import ArticleReader, FullText
from tests.workers import SharedWorkers

PARAGRAPHS = [
    "The city council voted on Tuesday to build bus lanes along the two busiest roads, ending a long debate.",
    "“We have waited for this for too long,” said Maria Lopez, who chairs the transport committee of the city.",
    "Work is to begin in May and should be finished before the end of next year, the council said on Tuesday.",
    "Opponents of the plan said they would take it to court, as shops along both roads would lose customers.",
    "The mayor, who had opposed an earlier plan, said that this one had been made together with the shops.",
    "A first stretch of the lanes, from the station to the hospital, is to be opened before the summer ends.",
]
TEXT = "\n\n".join(PARAGRAPHS)
HTML = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
PAGE = (
    '<html lang="en"><head><meta property="og:image" content="/img/bus.jpg"><meta name="author" content="Jane Smith">'
    f"<title>Page title</title></head><body><article><h1>Page title</h1>{HTML}</article></body></html>"
)

PASSWORD_FORM = (
    '<form action="https://example.org/wp-login.php?action=postpass" class="post-password-form" method="post">'
    "<p>This content is password protected. To view it please enter your password below:</p>"
    '<p><label>Password: <input name="post_password" type="password" size="20"></label></p></form>'
)
NO_EXCERPT = {
    "en": "There is no excerpt because this is a protected post.",
    "es": "No hay extracto porque es una entrada protegida.",
    "fr": "Il n’y a pas d’extrait, car cette publication est protégée.",
    "de": "Es gibt keinen Textauszug, da dies ein geschützter Beitrag ist.",
    "ja": "この投稿はパスワードで保護されているため抜粋はありません。",
}


class Desk(NamedTuple):
    reader: ArticleReader
    site: str
    hits: list[str]


@asynccontextmanager
async def _desk() -> AsyncIterator[Desk]:
    hits: list[str] = []

    async def answer(request: web.Request) -> web.Response:  # noqa: PLR0911  one return for each page
        hits.append(request.path)
        if request.path == "/article":
            return web.Response(text=PAGE, content_type="text/html")
        if request.path == "/article-and-form":
            body = PAGE.replace("</article>", f"</article><aside>{PASSWORD_FORM}</aside>")
            return web.Response(text=body, content_type="text/html")
        if request.path == "/tagged":
            tags = '<meta name="keywords" content="Buses, Allgemein">'
            return web.Response(text=PAGE.replace("<head>", f"<head>{tags}"), content_type="text/html")
        if request.path == "/protected":
            body = f"<article><h1>Protected: Talks</h1>{PASSWORD_FORM}</article>"
            return web.Response(text=f"<html><body>{body}</body></html>", content_type="text/html")
        if request.path == "/empty":
            return web.Response(text="<html><body></body></html>", content_type="text/html")
        if request.path == "/file":
            return web.Response(body=b"%PDF-1.7", content_type="application/pdf")
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fetcher, workers = Fetcher(allow_private=True), SharedWorkers()
    try:
        yield Desk(
            ArticleReader(fetcher, workers, language="en"), f"http://127.0.0.1:{runner.addresses[0][1]}", hits
        )
    finally:
        await fetcher.close()
        await workers.close()
        await runner.cleanup()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with _desk() as desk:
        yield desk


async def test_a_full_text_with_a_photo_needs_no_page(desk: Desk) -> None:
    item = Item(
        "g",
        f"{desk.site}/article?utm_source=feed",
        "AT&amp;T <b>wins</b>",
        html=HTML,
        image=Image(f"{desk.site}/a.jpg"),
    )
    article = await desk.reader.read(item)
    assert (article.title, article.text, article.language) == ("AT&T wins", TEXT, "en")
    assert article.url == f"{desk.site}/article"
    assert desk.hits == []


@pytest.mark.parametrize("full_text", ["auto", "page"])
async def test_an_article_whose_page_asks_for_a_password_is_not_read(desk: Desk, full_text: FullText) -> None:
    """A feed with excerpts only does not have the form; its title and its sentence may be in any language."""
    item = Item("g", f"{desk.site}/protected", "Geheim: Talks", html="<p>Nur für Mitglieder.</p>")
    with pytest.raises(ReadError, match="protected by a password"):
        await desk.reader.read(item, full_text=full_text)


@pytest.mark.parametrize("said", NO_EXCERPT.values(), ids=NO_EXCERPT)
async def test_the_sentence_in_place_of_a_protected_posts_excerpt_is_not_posted(
    desk: Desk, said: str
) -> None:
    item = Item("g", f"{desk.site}/gone", "Talks", html=f"<p>{said}</p>")
    with pytest.raises(ReadError, match="protected by a password"):
        await desk.reader.read(item, full_text="feed")


async def test_a_page_with_a_text_of_its_own_may_have_a_password_form_too(desk: Desk) -> None:
    item = Item("g", f"{desk.site}/article-and-form", "Page title", html="<p>A teaser.</p>")
    assert (await desk.reader.read(item)).text == TEXT


async def test_a_row_without_text_is_a_headline(desk: Desk) -> None:
    """A CMS has nothing more than its row: a video, or a news flash."""
    film = '<figure class="wp-block-video"><video controls src="/a.mp4"></video></figure>'
    item = Item("g", f"{desk.site}/article", "The first night bus leaves", html=film)
    article = await desk.reader.read(item, full_text="row")
    assert (article.title, article.text, desk.hits) == ("The first night bus leaves", "", [])
    with pytest.raises(ReadError, match="no text in its CMS"):
        await desk.reader.read(Item("g", f"{desk.site}/article", html=film), full_text="row")


async def test_a_photo_in_the_feeds_content_is_the_articles(desk: Desk) -> None:
    html = f'<img src="/in.jpg" alt="In the text" width="800">{HTML}'
    article = await desk.reader.read(Item("g", f"{desk.site}/article", "T", html=html))
    assert article.image == Image(f"{desk.site}/in.jpg", "In the text")
    assert desk.hits == []


async def test_without_a_photo_the_page_is_asked_for_one(desk: Desk) -> None:
    article = await desk.reader.read(Item("g", f"{desk.site}/article", "T", html=HTML))
    assert article.image == Image(f"{desk.site}/img/bus.jpg")
    assert (article.title, article.author, article.text) == ("T", "Jane Smith", TEXT)


async def test_a_page_that_is_gone_does_not_stop_a_full_text(desk: Desk) -> None:
    article = await desk.reader.read(Item("g", f"{desk.site}/gone", "T", html=HTML))
    assert (article.text, article.image, article.url) == (TEXT, None, f"{desk.site}/gone")


@pytest.mark.parametrize(
    "teaser",
    [
        f"<p>{PARAGRAPHS[0]} And then [&#8230;]</p>",
        f'<p>{PARAGRAPHS[0]}</p><p>The post <a href="x">T</a> appeared first on <a href="y">Example</a>.</p>',
        HTML + '<p><a href="x">Continue reading</a></p>',
        HTML[:-4] + " and…</p>",
        None,
    ],
)
async def test_a_teaser_is_replaced_by_the_page(desk: Desk, teaser: str | None) -> None:
    article = await desk.reader.read(Item("g", f"{desk.site}/article", "T", html=teaser))
    assert article.text == TEXT
    assert desk.hits == ["/article"]


async def test_a_teasers_whole_sentences_do_where_the_page_is_gone(desk: Desk) -> None:
    teaser = f"<p>{PARAGRAPHS[0]} And then [&#8230;]</p>"
    article = await desk.reader.read(Item("g", f"{desk.site}/gone", "T", html=teaser))
    assert article.text == PARAGRAPHS[0]
    assert [warning.code for warning in article.warnings] == ["page_status"]


async def test_no_body_anywhere_is_told_in_one_line(desk: Desk) -> None:
    with pytest.raises(ReadError, match=r"no article at http://127.*/empty: check") as error:
        await desk.reader.read(Item("g", f"{desk.site}/empty"))
    assert "\n" not in str(error.value)
    with pytest.raises(ReadError, match="full_text"):
        await desk.reader.read(Item("g", f"{desk.site}/article", "T"), full_text="feed")
    with pytest.raises(ReadError, match="/file"):
        await desk.reader.read(Item("g", f"{desk.site}/file", "T"))
    with pytest.raises(ReadError, match="has no body"):
        await desk.reader.read(Item("a.txt", text=" \n "))


async def test_a_page_without_a_text_leaves_the_headline(desk: Desk) -> None:
    article = await desk.reader.read(Item("g", f"{desk.site}/empty", "Bus lanes approved"))
    assert (article.title, article.text) == ("Bus lanes approved", "")
    assert [warning.code for warning in article.warnings] == ["wall"]


async def test_a_page_that_could_not_be_had_may_be_tried_again(desk: Desk) -> None:
    with pytest.raises(FetchError):
        await desk.reader.read(Item("g", f"{desk.site}/gone", "T"))
    with pytest.raises(FetchError):
        await desk.reader.read(Item("g", f"{desk.site}/gone", "T", html=HTML), full_text="page")


async def test_feed_and_page_are_taken_at_their_word(desk: Desk) -> None:
    short = f"<p>{PARAGRAPHS[0]}</p>"
    item = Item("g", f"{desk.site}/article", "T", html=short)
    assert (await desk.reader.read(item, full_text="feed")).text == PARAGRAPHS[0]
    assert desk.hits == []
    assert (await desk.reader.read(item, full_text="page")).text == TEXT


async def test_files_are_read_without_an_address(desk: Desk) -> None:
    text = await desk.reader.read(
        Item("a.txt", text=f"A title\n\n{TEXT}\n\nRecent Posts\n\nOther\n\nRead More")
    )
    assert (text.title, text.text, text.url) == ("A title", TEXT, None)
    markdown = await desk.reader.read(Item("a.md", html=f"<h1>A <em>title</em></h1>{HTML}"))
    assert (markdown.title, markdown.text) == ("A title", TEXT)
    page = await desk.reader.read(Item("a.html", html=PAGE))
    assert (page.title, page.text, page.author) == ("Page title", TEXT, "Jane Smith")


async def test_times_are_utc_and_the_feeds_own(desk: Desk) -> None:
    when = datetime.fromisoformat("2026-03-14T10:00:00+05:00")
    article = await desk.reader.read(Item("g", None, "T", text=TEXT, published_at=when))
    assert article.published_at == datetime(2026, 3, 14, 5, tzinfo=UTC)
    assert article.published_at.tzinfo is UTC


async def test_a_password_in_an_address_is_never_published(desk: Desk) -> None:
    url = f"{desk.site}/gone".replace("//", "//user:secret@")
    article = await desk.reader.read(Item("g", url, "T", html=HTML))
    assert "secret" not in (article.url or "")


async def test_a_default_category_is_no_tag_and_hides_none() -> None:
    """The page's tags are asked for where the item has nothing but "Uncategorized"."""
    item = Item("g", title="Bus lanes", html=HTML, tags=("Uncategorized",), categories=("Uncategorized",))
    async with _desk() as desk:
        alone = await desk.reader.read(item)
        tags = ("Uncategorized", "Transport", "Sin categoría")
        both = await desk.reader.read(replace(item, tags=tags, categories=tags[:2]))
        paged = await desk.reader.read(replace(item, url=f"{desk.site}/tagged"), full_text="page")
    assert alone.tags == alone.categories == ()
    assert both.tags == both.categories == ("Transport",)
    assert paged.tags == ("Buses",)
