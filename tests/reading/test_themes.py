"""The stock themes of publishing systems: the body whole, and nothing of what a theme puts around it."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from newsbot.fetching.fetcher import Fetcher
from newsbot.model import Item
from newsbot.reading.page import extract
from newsbot.reading.reader import ArticleReader
from tests.reading.theme_pages import STORIES, THEMES, VARIANTS, Layout, Story, page_of
from tests.workers import SharedWorkers

LAYOUTS = [Layout(story, words, *variant) for story, words in STORIES for variant in VARIANTS]
PHOTO = "https://post.example/uploads/pier-1200x800.jpg"
STANDFIRST = "Readers of the paper asked for this for years and wrote some forty letters about it."


def some_layouts(theme: str, *, social: bool = False) -> list[Layout]:
    """Every fifth, from another one on for each theme: all of them take a minute and a half."""
    return LAYOUTS[(list(THEMES).index(theme) + social) % 5 :: 5]


@pytest.mark.parametrize("social", [False, True], ids=["bare", "with metadata"])
@pytest.mark.parametrize("theme", THEMES)
def test_the_body_is_whole_and_nothing_else(theme: str, *, social: bool) -> None:
    wrong = []
    for layout in some_layouts(theme, social=social):
        page = extract(page_of(theme, layout, social=social).encode(), "https://post.example/a", embeds=False)
        photo = page.image.url if page.image else None
        right = (layout.story.title, "\n\n".join(layout.story.body), PHOTO)
        if (page.title, page.text, photo) != right:
            wrong.append((layout.story.title, layout.sidebar, layout.above, layout.related, page.text, photo))
    assert wrong == []


def test_nine_of_ten_are_right_where_nothing_has_a_name() -> None:
    """Themes that nobody has seen name their parts otherwise: the rules are about shape."""
    wrong = total = 0
    for theme in THEMES:
        for layout in some_layouts(theme):
            total += 1
            html = re.sub(r' (?:class|id|data-testid)="[^"]*"', "", page_of(theme, layout))
            page = extract(html.encode(), "https://post.example/a", embeds=False)
            wrong += page.text != "\n\n".join(layout.story.body)
    assert wrong <= total / 10


@pytest.mark.parametrize("theme", THEMES)
def test_a_standfirst_costs_the_body_nothing(theme: str) -> None:
    for story, words in STORIES[:3]:
        layout = Layout(story, words, standfirst=STANDFIRST)
        page = extract(page_of(theme, layout).encode(), "https://post.example/a", embeds=False)
        assert page.text.removeprefix(STANDFIRST).strip() == "\n\n".join(story.body)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages() -> AsyncIterator[tuple[ArticleReader, str, dict[str, str]]]:
    """A reader, a site's address, and its pages by path."""
    found: dict[str, str] = {}

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=found[request.path], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fetcher, workers = Fetcher(allow_private=True), SharedWorkers()
    try:
        yield ArticleReader(fetcher, workers), f"http://127.0.0.1:{runner.addresses[0][1]}", found
    finally:
        await fetcher.close()
        await workers.close()
        await runner.cleanup()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.asyncio(loop_scope="module")
async def test_through_a_feed(pages: tuple[ArticleReader, str, dict[str, str]], theme: str) -> None:
    """With all of the text, a teaser that breaks off, a teaser of a sentence, a headline alone."""
    reader, url, found = pages
    for story, words in (STORIES[0], STORIES[1], STORIES[3]):
        found["/a"] = page_of(theme, Layout(story, words))
        for html in _feeds(story):
            article = await reader.read(Item("g", f"{url}/a", story.title, html=html))
            assert article.text == "\n\n".join(story.body)
            assert (article.title, article.warnings) == (story.title, ())


def _feeds(story: Story) -> list[str | None]:
    whole = "".join(f"<p>{text}</p>" for text in story.body)
    first = story.body[0]
    return [whole, f"<p>{first[: len(first) // 2]} [&hellip;]</p>", f"<p>{first}</p>", None]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_feeds_whole_text_is_kept_where_the_page_has_only_labels_more(
    pages: tuple[ArticleReader, str, dict[str, str]],
) -> None:
    reader, url, found = pages
    for story, _ in STORIES[1:3]:
        body = "".join(f"<p>{text}</p>" for text in story.body)
        found["/labels"] = (
            f"<html><body><article><h1>{story.title}</h1>{body}<div><p>Filed where boats go</p><p>Nadia V</p>"
            "</div></article></body></html>"
        )
        article = await reader.read(Item("g", f"{url}/labels", story.title, html=body))
        assert article.text == "\n\n".join(story.body)


@pytest.mark.asyncio(loop_scope="module")
async def test_what_two_pages_of_a_site_say_of_themselves_is_no_articles_standfirst(
    pages: tuple[ArticleReader, str, dict[str, str]],
) -> None:
    reader, url, found = pages
    line = "Readers of the town hear from divers, the port and the library."
    summaries = []
    for number, (story, words) in enumerate(STORIES[:2]):
        page = page_of(next(iter(THEMES)), Layout(story, words))
        found[f"/s{number}"] = page.replace(
            "<head>", f'<head><meta property="og:description" content="{line}">'
        )
        article = await reader.read(Item("g", f"{url}/s{number}", story.title), full_text="page")
        summaries.append(article.summary)
    assert summaries == [line, None]
