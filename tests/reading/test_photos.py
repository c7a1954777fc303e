"""Which photo an article gets: shapes of feeds and pages, each with the widest right one, or none."""

from pathlib import Path

import pytest
import yaml
from aiohttp import web

from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.pictures import find_size_in_address, is_small, make_photo
from newsbot.model import Image, Item
from newsbot.reading.blocks import parse_markup
from newsbot.reading.metadata import read_metadata
from newsbot.reading.page import Page
from newsbot.reading.parse import parse_item
from newsbot.reading.reader import ArticleReader, _choose_image
from newsbot.sources.parsing import parse_bytes
from tests.fetching.servers import http
from tests.workers import SharedWorkers

SITE = "http://paper.example"
PAGE = f"{SITE}/2026/11/quay.html"
BODY = "".join(
    f"<p>Paragraph {number} of the story says what the office told reporters about the closed quay.</p>"
    for number in range(9)
)
RSS = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
    "<channel><title>Paper</title><image><url>http://paper.example/logo.png</url></image><item>"
    "<title>Quay closed</title><link>{url}</link><content:encoded><![CDATA[{html}]]></content:encoded>{media}"
    "</item></channel></rss>"
)
Shape = dict[str, str | None]
SHAPES: dict[str, dict[str, Shape]] = yaml.safe_load(
    Path(__file__).with_name("photos.yaml").read_text("utf-8")
)


def item(media: str = "", html: str = "", url: str = PAGE) -> Item:
    (one,) = parse_bytes(RSS.format(url=url, html=html + BODY, media=media).encode(), f"{SITE}/feed").items
    return one


def named(image: Image | None) -> str | None:
    return image.url.removeprefix(f"{SITE}/") if image else None


def content(**attributes: object) -> str:
    return "<media:content " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>"


@pytest.mark.parametrize("shape", SHAPES["feeds"].values(), ids=SHAPES["feeds"])
def test_a_feed_gives_the_widest_right_photo_or_none(shape: Shape) -> None:
    one = item(shape.get("item") or "", shape.get("text") or "")
    found = _choose_image(one, parse_item(one), Page())
    assert named(found) == shape["photo"]


@pytest.mark.parametrize("shape", SHAPES["pages"].values(), ids=SHAPES["pages"])
def test_a_page_gives_its_own_choice_else_the_first_photo_of_its_article(shape: Shape) -> None:
    head, text = shape.get("head") or "", shape.get("text") or ""
    page = f"<head>{head}</head><body><img src='/masthead.jpg'><article>{text}{BODY}</article></body>"
    assert named(read_metadata(parse_markup(page), PAGE).image) == shape["photo"]


@pytest.mark.parametrize(
    ("media", "html", "image", "asked"),
    [
        (content(url="/w700.jpg", width=700), "", "/w700.jpg", False),
        (content(url="/w140.jpg", width=140), "", "/og.jpg", True),
        ('<media:thumbnail url="/t.jpg"/>', "", "/og.jpg", True),
        ('<media:thumbnail url="/t.jpg"/>', '<img src="/body.jpg">', "/body.jpg", False),
        ("", '<img src="/body.jpg">', "/body.jpg", False),
        ("", '<img src="/avatars/1.jpg">', "/og.jpg", True),
        ("", "<img>", "/og.jpg", True),
    ],
)
async def test_a_page_is_asked_where_the_feed_has_only_a_thumbnail(
    media: str, html: str, image: str, *, asked: bool
) -> None:
    seen = []

    async def page(request: web.Request) -> web.Response:
        seen.append(request.path)
        text = f"<head><meta property='og:image' content='/og.jpg'></head><article>{BODY}</article>"
        return web.Response(text=text, content_type="text/html")

    fetcher, workers = Fetcher(allow_private=True, deadline=5), SharedWorkers()
    async with http(page) as url:
        article = await ArticleReader(fetcher, workers).read(item(media, html, f"{url}/story"))
    await fetcher.close()
    await workers.close()
    assert article.image
    assert (article.image.url.removeprefix(SITE).removeprefix(url), bool(seen)) == (image, asked)


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("https://x.example/a.jpg?w=700", (700, None)),
        ("https://x.example/a.jpg?width=700&height=400", (700, 400)),
        ("https://x.example/a.jpg?w=350&dpr=2", (700, None)),
        ("https://i0.wp.com/x.example/a.jpg?resize=700%2C400", (700, 400)),
        ("https://i0.wp.com/x.example/a.jpg?fit=1200,800&ssl=1", (1200, 800)),
        ("https://x.example/a-300x200.jpg", (300, 200)),
        ("https://x.example/a-1024x683-1.jpg", (1024, 683)),
        ("https://x.example/700x400/a.jpg", (700, 400)),
        ("https://x.example/w700/a.jpg", (700, None)),
        ("https://x.example/width/700/a.jpg", (700, None)),
        ("https://res.example/image/upload/c_fill,w_700,h_400/a.jpg", (700, None)),
        ("https://1.bp.blogspot.com/-x/AAA/s1600/a.jpg", (1600, None)),
        ("https://blogger.googleusercontent.com/img/b/x/w640-h360/a.jpg", (640, 360)),
        ("https://lh3.googleusercontent.com/abc=s700", (700, None)),
        ("https://x.example/2026/11/29/a.jpg", (None, None)),
        ("https://x.example/1600/a.jpg", (None, None)),
        ("https://x.example/iphone-12x24.jpg", (None, None)),
        ("https://x.example/s1600/a.jpg", (None, None)),
        ("https://x.example/a.jpg?w=1", (None, None)),
        ("https://x.example/a.jpg?width=100%25", (None, None)),
        ("https://x.example/a.jpg?v=700", (None, None)),
        ("https://x.example/a.jpg?crop=100,200", (None, None)),
        ("https://x.example/show_w_2020/a.jpg", (None, None)),
        ("https://x.example/a-2026-11-29.jpg", (None, None)),
        ("http://[::1", (None, None)),
    ],
)
def test_a_width_in_an_address_counts_only_where_it_can_mean_nothing_else(
    address: str, size: tuple[int | None, int | None]
) -> None:
    assert find_size_in_address(address) == size


@pytest.mark.parametrize("base", [PAGE, f"{PAGE}?m", f"{PAGE}#x", PAGE.replace("quay.html", "quay.html/")])
@pytest.mark.parametrize("source", ["", " ", "#", "?m", PAGE, f"{PAGE}?m", "quay.html"])
def test_the_article_itself_is_no_photo(source: str, base: str) -> None:
    assert make_photo(source, base) is None or base.endswith("/")


@pytest.mark.parametrize("url", [None, 5, {"url": "/a.jpg"}, ["/a.jpg"]])
def test_what_is_no_string_is_no_photo(url: object) -> None:
    assert make_photo(url, PAGE) is None


def test_a_thumbnail_is_known_by_its_width() -> None:
    small, unknown = make_photo("/a-150x150.jpg", PAGE), make_photo("/a.jpg", PAGE)
    assert small
    assert unknown
    assert (is_small(small), is_small(unknown)) == (True, False)
