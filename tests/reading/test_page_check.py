"""An article's page as readers and platforms get it, by the real fetcher and worker processes."""

# ruff: noqa: E501  a page is one line

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from newsbot.channels.images import read_photo_header
from newsbot.fetching.fetcher import Fetcher
from newsbot.model import Article
from newsbot.reading import page_check
from newsbot.reading.page_check import PageChecker
from tests.reading.wall_pages import ARTICLES, WALLS, wall_page
from tests.workers import SharedWorkers

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (640).to_bytes(4, "big") + (360).to_bytes(4, "big")
SMALL = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (1).to_bytes(4, "big") + (1).to_bytes(4, "big")
CARD = "<meta property='og:title' content='T'><meta property='og:image' content='/i.png'>"


@dataclass
class Site:
    """A site whose ``answers`` are given by path, one after another; the last is repeated."""

    url: str = ""
    answers: dict[str, list[web.Response]] = field(default_factory=dict)
    hits: list[str] = field(default_factory=list)
    checker: PageChecker = field(init=False)

    async def answer(self, request: web.Request) -> web.Response:
        self.hits.append(request.path)
        waiting = self.answers.get(request.path, [web.Response(status=404)])
        given = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        headers = {
            name: given.headers[name] for name in ("Content-Type", "Location") if name in given.headers
        }
        return web.Response(status=given.status, body=given.body, headers=headers)

    def article(self, language: str = "en", path: str = "/a") -> Article:
        announced = ARTICLES[language]
        return Article(
            "g",
            "\n\n".join(announced.text),
            url=f"{self.url}{path}",
            title=announced.title,
            language=language,
        )

    async def codes(self, article: Article) -> list[str]:
        return [warning.code for warning in await self.checker.check(article)]


def page(language: str = "en", head: str = CARD) -> web.Response:
    one = ARTICLES[language]
    body = "".join(f"<p>{text}</p>" for text in one.text)
    return html(
        f"<html lang={language}><head><title>{one.title}</title>{head}</head><body><article><h1>{one.title}</h1>{body}</article></body></html>"
    )


def html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(page_check, "_PAUSES", (0.01, 0.01))
    here = Site(answers={"/i.png": [web.Response(body=PNG, content_type="image/png")]})
    app = web.Application()
    app.router.add_get("/{path:.*}", here.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    fetcher, workers = Fetcher(allow_private=True), SharedWorkers()

    def measure(data: bytes) -> tuple[int, int] | None:
        photo = read_photo_header(data)
        return (photo.width, photo.height) if photo else None

    here.checker = PageChecker(fetcher, workers, measure, allow_loopback=True)
    yield here
    await fetcher.close()
    await workers.close()
    await runner.cleanup()


@pytest.mark.parametrize("language", ARTICLES)
async def test_a_page_that_shows_its_article_is_fine(site: Site, language: str) -> None:
    site.answers["/a"] = [page(language)]
    assert await site.codes(site.article(language)) == []


@pytest.mark.parametrize("language", ARTICLES)
@pytest.mark.parametrize("kind", WALLS)
async def test_a_page_that_stands_before_the_article_is_named(site: Site, kind: str, language: str) -> None:
    site.answers["/a"] = [html(wall_page(kind, language))]
    found = await site.codes(site.article(language))
    assert found
    assert found[0] in {"wall", "page_status"}


async def test_a_fault_that_passes_is_asked_again_and_not_named(site: Site) -> None:
    site.answers["/a"] = [web.Response(status=503), web.Response(status=502), page()]
    assert await site.codes(site.article()) == []
    assert site.hits.count("/a") == 3


async def test_a_fault_that_stays_is_named_after_three_requests(site: Site) -> None:
    site.answers["/a"] = [web.Response(status=503)]
    assert await site.codes(site.article()) == ["page_status"]
    assert site.hits == ["/a"] * 3


async def test_a_page_that_is_gone_is_asked_once(site: Site) -> None:
    assert await site.codes(site.article()) == ["page_status"]
    assert site.hits == ["/a"]


async def test_a_site_that_wants_fewer_requests_says_nothing_of_the_page(site: Site) -> None:
    site.answers["/a"] = [web.Response(status=429)]
    assert await site.codes(site.article()) == []


async def test_a_host_that_is_away_is_named(site: Site) -> None:
    [warning] = await site.checker.check(replace(site.article(), url="http://127.0.0.1:9/a"))
    assert warning.code == "page_status"
    assert "can't be reached" in warning.message


@pytest.mark.parametrize("url", [None, "http://10.0.0.1/a", "http://192.168.0.7/a", "ftp://example.org/a"])
async def test_what_readers_can_not_open_is_not_asked_for(site: Site, url: str | None) -> None:
    assert await site.codes(replace(site.article(), url=url)) == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (web.Response(status=404), "answered 404 Not Found"),
        (html("<p>no image</p>"), "is no image"),
        (web.Response(text="<svg/>", content_type="image/svg+xml"), "is no image"),
        (web.Response(body=SMALL, content_type="image/png"), "only 1 x 1 pixels"),
    ],
)
async def test_an_image_that_makes_no_card_is_named(site: Site, image: web.Response, words: str) -> None:
    site.answers |= {"/a": [page()], "/i.png": [image]}
    [warning] = await site.checker.check(site.article())
    assert warning.code == "no_card_image"
    assert words in warning.message


async def test_an_address_with_tracking_or_of_the_mobile_site_is_the_same_address(site: Site) -> None:
    site.answers["/a"] = [page(head=f"{CARD}<link rel=canonical href='/a/?utm_source=x#top'>")]
    assert await site.codes(site.article()) == []


async def test_an_article_about_drafts_and_previews_is_no_draft(site: Site) -> None:
    article = replace(site.article(path="/draft/knicks-pick"), title="Draft: the Knicks pick first")
    text = f"<html><head><title>{article.title}</title>{CARD}</head><body><h1>{article.title}</h1><p>{article.text}</p></body></html>"
    site.answers["/draft/knicks-pick"] = [html(text)]
    assert await site.codes(article) == []
