"""The feed source against a site on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from newsbot.errors import FetchError, SourceError
from newsbot.fetching.fetcher import Fetcher
from newsbot.fetching.workers import Workers
from newsbot.sources.feed import FeedSettings, FeedSource
from newsbot.sources.submission_target import load_items
from tests.fetching.servers import http, raw
from tests.sources.samples import atom, rss

STORY = "<title>T</title><link>/story</link><guid>1</guid>"
PAGE = "<!doctype html><html><head>{head}</head><body><p>Hello</p></body></html>"
LINK = '<link rel="alternate" type="application/rss+xml" title="{title}" href="{href}">'


class Site:
    """Paths and what they answer: bytes, a status, or a whole answer. Keeps what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | int | Callable[[web.Request], web.Response]] = {}
        self.asked: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        page = self.pages.get(request.path, 404)
        if isinstance(page, int):
            return web.Response(status=page)
        return web.Response(body=page) if isinstance(page, bytes) else page(request)

    def page(self, *head: str) -> bytes:
        return PAGE.format(head="".join(head)).encode()


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    one = Site()
    async with http(one.answer) as one.url:
        yield one


class Counting(Workers):
    """Counts its calls."""

    calls = 0

    async def run(self, *arguments: Any, **how: Any) -> Any:
        self.calls += 1
        return await super().run(*arguments, **how)


def source(url: str, fetcher: Fetcher, workers: Workers) -> FeedSource:
    return FeedSource("paper", FeedSettings(kind="feed", url=url), fetcher, workers)


def tagged(body: bytes, **headers: str) -> Callable[[web.Request], web.Response]:
    """As WordPress: 304 only where both validators are exactly the ones given."""

    def answer(request: web.Request) -> web.Response:
        same = (
            request.headers.get("If-None-Match") == '"v1"'
            and request.headers.get("If-Modified-Since") == "then"
        )
        validators = {"ETag": '"v1"', "Last-Modified": "then", **headers}
        return web.Response(status=304 if same else 200, body=None if same else body, headers=validators)

    return answer


async def test_a_feed_is_polled(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages["/feed"] = rss(STORY)
        poll = await source(one.url + "/feed", fetcher, workers).poll({})
    (item,) = poll.items
    assert (item.guid, item.url, poll.unchanged, poll.wait) == ("1", one.url + "/story", False, None)


async def test_an_unchanged_feed_is_not_sent_again(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages["/feed"] = tagged(rss(STORY))
        feed = source(one.url + "/feed", fetcher, workers)
        first = await feed.poll({})
        second = await feed.poll(first.cursor)
    assert (len(first.items), first.unchanged) == (1, False)
    assert (second.items, second.unchanged) == ((), True)


async def test_a_304_is_not_believed_for_ever(fetcher: Fetcher, workers: Workers) -> None:
    """A scheduled post that came out behind a newer one changes neither validator of WordPress."""
    async with site() as one:
        one.pages["/feed"] = tagged(rss(STORY))
        feed = source(one.url + "/feed", fetcher, workers)
        cursor = (await feed.poll({})).cursor
        one.pages["/feed"] = tagged(rss(STORY, "<title>Hidden</title><guid>2</guid>"))
        found = []
        for _ in range(6):
            poll = await feed.poll(cursor)
            cursor = poll.cursor
            found.append(len(poll.items))
    assert found == [0, 0, 0, 0, 0, 2]


async def test_a_304_is_believed_for_an_hour_by_the_sites_clock(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        feed = source(one.url + "/feed", fetcher, workers)
        one.pages["/feed"] = tagged(rss(STORY), Date="Sun, 22 Nov 2026 10:00:00 GMT")
        cursor = (await feed.poll({})).cursor
        one.pages["/feed"] = tagged(rss(STORY), Date="Sun, 22 Nov 2026 10:59:00 GMT")
        assert (await feed.poll(cursor)).unchanged
        one.pages["/feed"] = tagged(rss(STORY), Date="Sun, 22 Nov 2026 11:00:00 GMT")
        assert not (await feed.poll(cursor)).unchanged


async def test_an_answer_with_the_same_bytes_is_not_parsed_again(fetcher: Fetcher) -> None:
    """Some sites give an ETag and look at none."""
    workers = Counting()
    async with site() as one:
        feed = source(one.url + "/feed", fetcher, workers)
        one.pages["/feed"] = lambda _: web.Response(body=rss(STORY), headers={"ETag": '"v1"'})
        polls = [await feed.poll({})]
        for _ in range(3):
            polls.append(await feed.poll(polls[-1].cursor))
        assert [len(poll.items) for poll in polls] == [1, 0, 0, 0]
        both = rss(STORY, "<title>New</title><guid>2</guid>")
        one.pages["/feed"] = lambda _: web.Response(body=both, headers={"ETag": '"v1"'})
        polls.append(await feed.poll(polls[-1].cursor))
    await workers.close()
    assert [item.guid for item in polls[-1].items] == ["1", "2"]
    assert workers.calls == 2


async def test_the_whole_is_asked_for_at_once_when_its_turn_has_come(
    fetcher: Fetcher, workers: Workers
) -> None:
    async with site() as one:
        one.pages["/feed"] = tagged(rss(STORY))
        feed = source(one.url + "/feed", fetcher, workers)
        cursor = (await feed.poll({})).cursor
        for _ in range(12):
            cursor = (await feed.poll(cursor)).cursor
        assert len(one.asked) == 13


@pytest.mark.parametrize(
    ("headers", "ttl", "wait"),
    [
        ({"Cache-Control": "public, max-age=900"}, "", 900),
        ({"Cache-Control": "max-age=900", "Age": "600"}, "", 300),
        ({"Cache-Control": "max-age=600, no-cache"}, "", None),
        ({"Cache-Control": "s-maxage=600"}, "", None),
        ({"Cache-Control": "max-age=99999999"}, "", 86_400),
        ({"Expires": "Sun, 22 Nov 2026 10:10:00 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, "", 600),
        ({"Expires": "0"}, "", None),
        ({}, "<ttl>30</ttl>", 1800),
        ({}, "<ttl>10080</ttl>", 3600),
    ],
)
async def test_the_sites_cache_rules_ask_for_a_longer_wait(
    fetcher: Fetcher, workers: Workers, headers: dict[str, str], ttl: str, wait: int | None
) -> None:
    async with site() as one:
        one.pages["/feed"] = tagged(rss(STORY, head=ttl), **headers)
        feed = source(one.url + "/feed", fetcher, workers)
        first = await feed.poll({})
        again = await feed.poll(first.cursor)
    assert first.wait == again.wait == (None if wait is None else timedelta(seconds=wait))


# ---------------------------------------------------------------- a page's address


async def test_a_pages_feed_is_found_and_remembered(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages["/"] = one.page(
            LINK.format(title="Comments", href="/comments/feed"), LINK.format(title="News", href="news.xml")
        )
        one.pages |= {"/news.xml": rss(STORY), "/comments/feed": rss()}
        feed = source(one.url + "/", fetcher, workers)
        first = await feed.poll({})
        assert len((await feed.poll(first.cursor)).items) == len(first.items) == 1
    assert [request.path for request in one.asked] == ["/", "/news.xml", "/news.xml"]


async def test_a_page_without_a_link_is_tried_at_the_usual_places(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages |= {"/": one.page(), "/feed.xml": atom("<id>1</id><title>T</title>")}
        assert len((await source(one.url, fetcher, workers).poll({})).items) == 1


@pytest.mark.parametrize("gone", [404, 410, PAGE.encode()], ids=["404", "410", "a page"])
async def test_a_remembered_feed_that_is_gone_is_looked_for_again(
    fetcher: Fetcher, workers: Workers, gone: int | bytes
) -> None:
    async with site() as one:
        one.pages |= {"/": one.page(LINK.format(title="", href="/old")), "/old": rss(STORY)}
        feed = source(one.url + "/", fetcher, workers)
        cursor = (await feed.poll({})).cursor
        one.pages |= {"/": one.page(LINK.format(title="", href="/new")), "/new": rss(STORY), "/old": gone}
        again = await feed.poll(cursor)
    assert len(again.items) == 1
    assert again.cursor["feed"] == one.url + "/new"


async def test_a_feed_in_trouble_is_not_looked_for_elsewhere(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages |= {"/": one.page(LINK.format(title="", href="/feed")), "/feed": rss(STORY)}
        feed = source(one.url + "/", fetcher, workers)
        cursor = (await feed.poll({})).cursor
        one.pages["/feed"] = lambda _: web.Response(status=503, headers={"Retry-After": "60"})
        with pytest.raises(FetchError) as caught:
            await feed.poll(cursor)
    assert (caught.value.status, caught.value.retry_after) == (503, 60)


async def test_another_address_in_the_settings_forgets_the_old_one(
    fetcher: Fetcher, workers: Workers
) -> None:
    async with site() as one:
        one.pages |= {"/a": tagged(rss(STORY)), "/b": tagged(rss(STORY, "<title>U</title>"))}
        cursor = (await source(one.url + "/a", fetcher, workers).poll({})).cursor
        assert len((await source(one.url + "/b", fetcher, workers).poll(cursor)).items) == 2


async def test_a_login_is_used_on_its_site_and_never_remembered(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages |= {"/": one.page(LINK.format(title="", href="/feed")), "/feed": rss(STORY)}
        private = one.url.replace("//", "//ann:s3cret@") + "/"
        poll = await source(private, fetcher, workers).poll({})
        await source(private, fetcher, workers).poll(poll.cursor)
    assert [request.headers.get("Authorization", "")[:6] for request in one.asked] == ["Basic "] * 3
    assert "s3cret" not in repr(poll)


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PAGE.encode(), "is a web page that names no feed; give the address"),
        (b"", "it is empty"),
        (b"<rss><channel><item><title>" + b"x" * 9_000_000, "is over 8 MB"),
        (404, "answered 404 Not Found: check the address"),
        (500, "answered 500"),
        (b"<note/>", "an XML document <note>"),
    ],
    ids=["a page", "empty", "fat", "404", "500", "other XML"],
)
async def test_bad_feeds_give_one_clear_line(
    fetcher: Fetcher, workers: Workers, body: bytes | int, words: str
) -> None:
    async with site() as one:
        one.pages["/x"] = body
        with pytest.raises(SourceError) as caught:
            await source(one.url + "/x", fetcher, workers).poll({})
    assert words in str(caught.value)
    assert str(caught.value).startswith(one.url + "/x")
    assert "\n" not in str(caught.value)


async def test_a_truncated_feed_gives_what_is_there(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages["/feed"] = rss(STORY, "<title>U</title><guid>2</guid>")[:-40]
        assert (await source(one.url + "/feed", fetcher, workers).poll({})).items[0].guid == "1"


async def test_a_dripping_feed_ends_at_the_deadline(workers: Workers) -> None:
    fetcher = Fetcher(allow_private=True, deadline=0.4)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    async with raw(head, *[b"<"] * 50, every=0.05, hang=True) as url:
        with pytest.raises(FetchError, match="did not answer in full"):
            await source(url, fetcher, workers).poll({})
    await fetcher.close()


@pytest.mark.parametrize(
    "url", ["", "example.org/feed", "ftp://example.org/", "file:///etc/passwd", "http://"]
)
def test_only_web_addresses_are_settings(url: str) -> None:
    with pytest.raises(ValidationError, match="http"):
        FeedSettings(kind="feed", url=url)


# ---------------------------------------------------------------- by hand


async def test_a_front_page_stands_for_its_feed(fetcher: Fetcher, workers: Workers) -> None:
    async with site() as one:
        one.pages |= {"/": one.page(LINK.format(title="", href="/feed")), "/feed": rss(STORY)}
        (item,) = await load_items(one.url + "/", fetcher, workers)
        assert item.guid == "1"
        (item,) = await load_items(one.url + "/feed", fetcher, workers)
        assert item.guid == "1"


@pytest.mark.parametrize(
    ("path", "head", "article"),
    [
        ("/2026/story", "", True),
        ("/", '<meta property="og:type" content="article">', True),
        ("/", '<script type="application/ld+json">{"@graph": [{"@type": "NewsArticle"}]}</script>', True),
        ("/news/", '<meta property="og:type" content="website">', False),
        ("/", '<script type="application/ld+json">{"@type": "WebSite"}</script>', False),
        ("/story", '<script type="application/ld+json">{"@type": </script>', True),
        ("/?p=77", "", True),
        ("/?lang=ur&page=2", "", False),
        ("/?x", '<link rel="canonical" href="/2026/story">', True),
        ("/?x", '<link rel="canonical" href="/">', False),
    ],
)
async def test_an_article_that_names_the_sites_feed_is_itself(
    fetcher: Fetcher, workers: Workers, path: str, head: str, *, article: bool
) -> None:
    async with site() as one:
        page = one.page(LINK.format(title="", href="/feed"), head)
        one.pages |= {path.partition("?")[0]: page, "/feed": rss(STORY)}
        (item,) = await load_items(one.url + path, fetcher, workers)
    assert (item.guid == one.url + path) is article
    assert bool(item.html and "Hello" in item.html) is article


async def test_other_schemes_are_told_apart_from_files(fetcher: Fetcher, workers: Workers) -> None:
    for target, words in (
        ("ftp://x/y", "can't be fetched"),
        ("/nowhere/x.txt", "No such file"),
        ("x.xml", "No such file"),
    ):
        with pytest.raises(SourceError, match=words):
            await load_items(target, fetcher, workers)
