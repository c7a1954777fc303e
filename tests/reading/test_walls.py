"""A page in front of an article never takes its place; a page in the article's words always does."""

# ruff: noqa: E501  a paragraph is one line

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from newsbot.errors import ReadError
from newsbot.fetching.fetcher import Fetcher
from newsbot.model import Article, Item
from newsbot.reading import extract
from newsbot.reading.parse import ArticleHint, parse_article_page
from newsbot.reading.reader import ArticleReader, FullText
from newsbot.reading.walls import is_of_article, is_wall_line
from tests.reading.wall_pages import ARTICLES, WALLS, wall_page
from tests.workers import SharedWorkers

LANGUAGES = sorted(ARTICLES)
PAIRS = [(kind, language) for kind in WALLS for language in LANGUAGES]


class Site:
    """One page at each path; ``/`` is a front page that names the articles."""

    def __init__(self, reader: ArticleReader, url: str) -> None:
        self.reader, self.url = reader, url
        self.pages: dict[str, str] = {}

    async def read(
        self, language: str, html: str, *, teaser: bool = True, full_text: FullText = "auto"
    ) -> Article:
        article = ARTICLES[language]
        self.pages["/article"] = html
        item = Item("g", f"{self.url}/article", article.title, html=article.teaser if teaser else None)
        return await self.reader.read(item, full_text=full_text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/")
        return web.Response(text=found.pages[request.path], content_type="text/html")

    app = web.Application()
    app.router.add_get("/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fetcher, workers = Fetcher(allow_private=True), SharedWorkers()
    found = Site(ArticleReader(fetcher, workers), f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield found
    finally:
        await fetcher.close()
        await workers.close()
        await runner.cleanup()


def article_page(language: str, *, title: str | None = None) -> str:
    article = ARTICLES[language]
    body = "".join(f"<p>{text}</p>" for text in article.text)
    return f'<html lang="{language}"><body><article><h1>{title or article.title}</h1>{body}</article></body></html>'


def codes(article: Article) -> list[str]:
    return [warning.code for warning in article.warnings]


@pytest.mark.parametrize(("kind", "language"), PAIRS)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_teaser_goes_out_with_a_warning(site: Site, kind: str, language: str) -> None:
    announced = ARTICLES[language]
    for headline in ("", announced.title):
        article = await site.read(language, wall_page(kind, language, headline=headline))
        assert (article.text, article.title) == (announced.teaser, announced.title)
        assert codes(article) == ["wall"]


@pytest.mark.parametrize(("kind", "language"), PAIRS)
@pytest.mark.asyncio(loop_scope="module")
async def test_without_a_teaser_the_headline_goes_alone(site: Site, kind: str, language: str) -> None:
    article = await site.read(language, wall_page(kind, language), teaser=False)
    assert (article.text, article.title) == ("", ARTICLES[language].title)
    assert codes(article) == ["wall"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_articles_own_page_is_read(site: Site, language: str) -> None:
    text = "\n\n".join(ARTICLES[language].text)
    for teaser in (True, False):
        article = await site.read(language, article_page(language), teaser=teaser)
        assert (article.text, codes(article)) == (text, [])
    article = await site.read(language, article_page(language, title="Another headline"))
    assert (article.text, codes(article)) == (text, [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.asyncio(loop_scope="module")
async def test_another_article_is_no_page_of_this_one(site: Site, language: str) -> None:
    others = {
        "en": "The ferry to the island sails again since Sunday, three weeks after the flood, said its captain.",
        "es": "El ferry a la isla navega otra vez desde el domingo, tres semanas después de la crecida.",
        "de": "Seit Sonntag fährt die Fähre zur Insel wieder, drei Wochen nach dem Hochwasser.",
        "fr": "Depuis dimanche, le ferry navigue à nouveau vers l'île, trois semaines après la crue.",
        "ur": "سیلاب کے تین ہفتے بعد اتوار سے جزیرے کی کشتی دوبارہ چل رہی ہے۔",
        "ar": "تبحر العبارة إلى الجزيرة من جديد منذ يوم الأحد بعد ثلاثة أسابيع من الفيضان.",
        "ja": "洪水から三週間を経て、島への渡し船が日曜日から再び運航している。",
    }
    html = f"<html><body><article><h1>Ferry</h1><p>{others[language]}</p></article></body></html>"
    article = await site.read(language, html)
    assert (article.text, codes(article)) == (ARTICLES[language].teaser, ["wall"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_paywall_shows_of_the_article_is_read_without_the_paywall(
    site: Site, language: str
) -> None:
    first, second = ARTICLES[language].text
    shown = f"<p>{first}</p><p>{second[: len(second) // 2]}</p>"
    for kind in ("paywall", "login"):
        html = wall_page(kind, language, headline=ARTICLES[language].title, above=shown)
        article = await site.read(language, html)
        assert article.text == first


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_consent_above_the_article_is_no_part_of_it(site: Site, language: str) -> None:
    _, *said = WALLS["cookies"][language]
    notice = "".join(f"<p>{one}</p>" for one in said)
    page = article_page(language).replace("</h1>", f"</h1>{notice}")
    assert (await site.read(language, page)).text == "\n\n".join(ARTICLES[language].text)
    dialog = article_page(language).replace("</h1>", f"</h1><div role=dialog><p>{'Blah. ' * 40}</p></div>")
    assert (await site.read(language, dialog)).text == "\n\n".join(ARTICLES[language].text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_wall_that_somebody_names_is_no_article(site: Site, language: str) -> None:
    for kind in WALLS:
        html = wall_page(kind, language)
        with pytest.raises(ReadError):
            await site.reader.read(Item("g", f"{site.url}/article", html=html), full_text="feed")


@pytest.mark.asyncio(loop_scope="module")
async def test_full_text_page_keeps_the_teaser_too(site: Site) -> None:
    article = await site.read("en", wall_page("captcha", "en"), full_text="page")
    assert (article.text, codes(article)) == (ARTICLES["en"].teaser, ["wall"])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wall_gives_no_photo_no_date_and_no_address(site: Site) -> None:
    head = (
        '<meta property="og:image" content="/door.jpg"><link rel="canonical" href="/login">'
        '<meta property="article:published_time" content="2019-01-01T00:00:00Z">'
    )
    html = wall_page("login", "en").replace("</head>", f"{head}</head>")
    article = await site.read("en", html)
    assert (article.image, article.published_at) == (None, None)
    assert article.url == f"{site.url}/article"
    kept = wall_page("login", "en", headline=ARTICLES["en"].title).replace("</head>", f"{head}</head>")
    assert (await site.read("en", kept)).image is not None  # the body alone is barred


@pytest.mark.asyncio(loop_scope="module")
async def test_a_front_page_is_no_article(site: Site) -> None:
    announced = ARTICLES["en"]
    others = "".join(f"<h2>{one.title}</h2><p>{one.teaser}</p>" for one in ARTICLES.values())
    site.pages["/"] = f"<html><body><main>{others}<p>{' '.join(announced.text)}</p></main></body></html>"
    item = Item("g", f"{site.url}/moved", announced.title, html=announced.teaser)
    article = await site.reader.read(item)
    assert (article.text, codes(article)) == (announced.teaser, ["wall"])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Access denied. You have no permission to open this resource on this server."),
        ("en", "Oops! Something went wrong on our side. Our engineers have been told."),
        ("es", "Acceso denegado. No tienes permiso para abrir este recurso."),
        ("de", "Zugriff verweigert. Bitte wenden Sie sich an den Betreiber."),
        ("fr", "Accès refusé. Vous n'avez pas le droit d'ouvrir cette ressource."),
        ("ur", "رسائی ممنوع ہے۔ آپ کو اس صفحے کی اجازت نہیں۔"),
        ("ar", "تم رفض الوصول. ليس لديك إذن لفتح هذه الصفحة."),
        ("ja", "アクセスが拒否されました。このリソースを開く権限がありません。"),
    ],
)
def test_no_phrase_has_to_be_known(language: str, said: str) -> None:
    announced = ARTICLES[language]
    for headline in ("", announced.title):
        html = f"<html><head><title>{headline}</title></head><body><h1>{headline}</h1><p>{said}</p></body></html>"
        for teaser in (announced.teaser, ""):
            page = parse_article_page(
                html.encode(), "https://x.example/a", None, language, ArticleHint(announced.title, teaser)
            )
            assert (page.text, page.wall) == ("", True)


def test_a_short_article_about_such_pages_is_one() -> None:
    assert is_of_article(
        "The European court said on Tuesday that consent boxes for cookies must be as easy to refuse as to accept."
        "\n\nWebsites store and access information on devices of users; privacy groups had sued publishers.",
        "EU court rules on cookie banners",
        "The court in Luxembourg said consent boxes must be clear.",
        "EU court rules on cookie banners",
    )


def test_an_article_about_such_pages_is_one() -> None:
    title, teaser = (
        "EU wants to end cookie banners",
        "Websites are to stop asking you about cookies at each visit.",
    )
    text = (
        "The European Union wants websites to stop asking you about cookies. Browsers are to tell them once.\n\n"
        "You accept or reject cookies some 900 times a year, says the commission, which wants to end that."
    )
    assert is_of_article(text, title, teaser, title)
    page = f"<html><body><article><h1>{title}</h1><p>{text}</p><p>Ministers meet in Riga.</p></article></body></html>"
    assert extract(page.encode()).text.startswith("The European Union wants")


def test_no_real_page_is_refused(shared: Path) -> None:
    """Their own headline and description announce them, as feeds do."""
    from newsbot.fetching.decoding import decode
    from newsbot.reading.blocks import parse_markup
    from newsbot.reading.metadata import read_metadata

    pages = shared / "data" / "texts" / "pages"
    refused = []
    for key, about in json.loads((pages / "ground-truth.json").read_text(encoding="utf-8")).items():
        html = gzip.decompress((pages / "html" / f"{key}.html.gz").read_bytes())
        page = extract(html, about["url"], embeds=False)
        teaser = " ".join(read_metadata(parse_markup(decode(html, None)), about["url"]).descriptions[:1])
        if not is_of_article(page.text, page.title or "", teaser, page.title or ""):
            refused.append(key)
    assert refused == []


def test_no_real_text_is_taken_for_another(shared: Path) -> None:
    """The first line of a person's summary announces each of 300 articles, and its text is that of the page.

    The one exception says "chopper" where the text says "helicopter", and has no headline here.
    """
    refused = 0
    for line in (shared / "data" / "texts" / "cnndm.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        refused += not is_of_article(article["text"], "", article["summary"].split("\n")[0], "")
    assert refused <= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_news_are_no_notices(language: str) -> None:
    article = ARTICLES[language]
    assert not any(map(is_wall_line, (article.title, article.teaser, *article.text)))


def _bare(title: str, *lines: str, head: str = "") -> bytes:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><h1>{title}</h1>{body}</body></html>".encode()
    )


@pytest.mark.parametrize(
    "title",
    [
        "Subscribe",
        "About us",
        "Über uns",
        "Quiénes somos",
        "Qui sommes-nous",
        "Chi siamo",
        "关于我们",
        "お問い合わせ",
        "회사소개",
        "ہمارے بارے میں",
        "Page not found",
        "Página no encontrada",
    ],
)
def test_a_page_whose_headline_names_something_else_is_no_article(title: str) -> None:
    lines = (*ARTICLES["en"].text, "The harbour paper has told the town's news since the first ferry sailed.")
    page = extract(_bare(title, *lines))
    assert (page.text, page.wall) == ("", True)
    dated = '<meta property="article:published_time" content="2026-11-30T10:00:00Z">'
    assert extract(_bare(title, *lines, head=dated)).text


@pytest.mark.parametrize(
    "title",
    ["About us: what a harbour town thinks of its ferry", "Listen to the harbour at night, says its master"],
)
def test_a_headline_that_begins_like_a_button_is_a_headline(title: str) -> None:
    assert extract(_bare(title, *ARTICLES["en"].text)).text
