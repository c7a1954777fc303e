"""How a site's feed is found: in its pages' heads and texts, and in the headers of its answers."""

from pathlib import Path

import pytest
from aiohttp import web

from newsbot.errors import SourceError
from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.workers import Workers
from newsbot.sources.feed_links import find_feeds, find_header_feeds, parse_tree
from newsbot.sources.submission_target import load_items
from tests.fetching.servers import http
from tests.sources.samples import rss

SITE = "https://www.paper.example/"
TYPED = '<link rel="alternate" type="application/rss+xml" href="/typed">'


def found(head: str = "", body: str = "") -> list[str]:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return [address.removeprefix(SITE) for address in find_feeds(parse_tree(page), SITE)]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="text/xml" href="/x.xml">',
        '<link rel="alternate" type="application/xml" href="/x.xml">',
        '<link rel=ALTERNATE type="Application/RSS+XML; charset=utf-8" href=x.xml>',
        '<link rel="alternate home" type="application/atom+xml" href="x.xml">',
        '<link rel="feed" href="x.xml">',
        '<link rel="alternate" type="application/rss&#43;xml" href="x.xml">',
    ],
)
def test_a_link_in_the_head_names_a_feed(link: str) -> None:
    assert found(link) == ["x.xml"]


@pytest.mark.parametrize(
    "path",
    [
        "feed",
        "feed/",
        "feeds",
        "rss",
        "rss/",
        "rss2",
        "atom",
        "rdf",
        "feed.xml",
        "rss.xml",
        "atom.xml",
        "index.xml",
        "index.rdf",
        "news.rss",
        "feed.json",
        "en/news-feed.xml",
        "blog/feed/rss2",
        "feeds/posts/default",
        "?feed=rss2",
        "index.php?format=feed",
        "?type=rss&x=1",
    ],
)
def test_a_link_in_the_text_leads_to_a_feed_by_its_address(path: str) -> None:
    assert found(body=f'<a href="/about">About</a><a href="/{path}">RSS</a>') == [path]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" type="text/xml+oembed" href="/oembed?format=xml">',
        '<link rel="alternate" type="application/atom+xml;type=entry" href="/x.atom">',
        '<link rel="alternate" hreflang="ur" href="/ur/">',
        '<link rel="EditURI" type="application/rsd+xml" href="/xmlrpc.php?rsd">',
        '<link rel="stylesheet" href="/feed.css">',
        '<a href="https://feedly.com/i/subscription/feed/https%3A%2F%2Fpaper.example%2Ffeed">Feedly</a>',
        '<a href="https://social.example/feed">us there</a>',
        '<a href="/feedback">Feedback</a><a href="/2026/feed-prices">x</a>',
        '<a href="/rss-explained.html">What is RSS?</a>',
        '<a href="javascript:feed()">x</a><a>y</a>',
    ],
)
def test_what_only_looks_a_little_like_a_feed_is_none(link: str) -> None:
    assert found(link, link) == []


def test_the_surest_link_comes_first_and_comments_last() -> None:
    body = '<a href="/rss">RSS</a><a href="/comments/feed/">x</a><a href="/typed">again</a>'
    xml = '<link rel="alternate" type="text/xml" href="/xml">'
    assert found(xml + TYPED, body) == ["typed", "xml", "rss", "comments/feed/"]


def test_a_host_for_feeds_is_near_enough() -> None:
    assert found(body='<a href="https://feeds.feedburner.com/paper/rss">RSS</a>') == [
        "https://feeds.feedburner.com/paper/rss"
    ]


@pytest.mark.parametrize(
    ("header", "feeds"),
    [
        ('</feed>; rel="alternate"; type="application/rss+xml"', ["feed"]),
        ("<feed.atom>;rel=alternate;type=application/atom+xml", ["feed.atom"]),
        ('</a>; rel="next", </feed>; type="application/rss+xml"; rel="alternate"; title="a, b; c"', ["feed"]),
        ('<https://www.paper.example/wp-json/>; rel="https://api.w.org/"', []),
        ('</wp-json/2>; rel="alternate"; type="application/json"', []),
        ('<javascript:x>; rel="feed", </f>; rel="feed"', ["f"]),
        ("nonsense, <, >; rel=", []),
        ("", []),
    ],
)
def test_a_link_header_names_feeds(header: str, feeds: list[str]) -> None:
    assert [address.removeprefix(SITE) for address in find_header_feeds(header, SITE)] == feeds


@pytest.mark.parametrize("twice", [False, True])
async def test_a_feed_that_only_a_header_names_is_found(
    fetcher: Fetcher, workers: Workers, *, twice: bool
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/there":
            return web.Response(body=rss("<title>T</title><guid>1</guid>"))
        one = web.Response(text="<!doctype html><p>Hello</p>", content_type="text/html")
        one.headers.add("Link", '</there>; rel="alternate"; type="application/rss+xml"')
        if twice:
            one.headers.add("Link", '</style.css>; rel="preload"')
        return one

    async with http(answer) as url:
        (item,) = await load_items(url, fetcher, workers)
    assert item.guid == "1"


async def test_a_named_feed_that_is_gone_leaves_the_usual_places(fetcher: Fetcher, workers: Workers) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/rss.xml":
            return web.Response(body=rss("<title>T</title><guid>1</guid>"))
        status = 200 if request.path == "/" else 404
        return web.Response(text=f"<!doctype html>{TYPED}", content_type="text/html", status=status)

    async with http(answer) as url:
        (item,) = await load_items(url, fetcher, workers)
    assert item.guid == "1"


# ---------------------------------------------------------------- a feed in a file


@pytest.mark.parametrize("name", ["feed.xml", "news.rss", "x.atom", "feed", "saved.json"])
async def test_a_feed_in_a_file_gives_its_items(
    fetcher: Fetcher, workers: Workers, tmp_path: Path, name: str
) -> None:
    feed = rss("<title>One</title><link>http://paper.example/1</link>", "<title>Two</title><guid>2</guid>")
    if name.endswith("json"):
        feed = b'{"version": "1", "items": [{"id": "1", "title": "One"}, {"id": "2", "title": "Two"}]}'
    (tmp_path / name).write_bytes(feed)
    items = await load_items(str(tmp_path / name), fetcher, workers)
    assert [item.title for item in items] == ["One", "Two"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "x.pdf",
            b"%PDF-1.7 \x00\x01",
            "x.pdf is no .txt, .md or .html file, and as a feed it can't be read",
        ),
        ("x.xml", b"<note/>", "an XML document <note>"),
        ("x.xml", b"", "it is empty"),
        ("x.xml", b"<rss>" + b" " * 9_000_000, "is over 8 MB"),
        ("x.xml", None, "No such file"),
    ],
)
async def test_a_file_that_is_no_feed_says_so(
    fetcher: Fetcher, workers: Workers, tmp_path: Path, name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SourceError, match=words):
        await load_items(str(tmp_path / name), fetcher, workers)
