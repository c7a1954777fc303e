"""Photos beside the sending: a host that drips holds up no other post, and costs its own only the photo."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from newsbot.delivery import photos as module
from newsbot.delivery.photos import PhotoPrefetcher
from newsbot.errors import FetchError, SourceError
from newsbot.fetching.fetcher import Fetcher
from newsbot.ports import IllustratedPost

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
REFUSED = "http://127.0.0.1:9/photo"
MINUTE = timedelta(minutes=1)


@dataclass
class Host:
    """An image host: ``/drip/...`` never ends, ``/gone`` is not there, ``/restarted`` fails twice.

    The rest answers at once.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    open: int = 0
    most: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            return await self._body(request)
        finally:
            self.open -= 1

    async def _body(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/gone":
            raise web.HTTPNotFound
        if request.path.startswith("/restarted") and self.asked.count(request.path) <= 2:
            raise web.HTTPServiceUnavailable
        if not request.path.startswith("/drip"):
            return web.Response(body=b"an image")
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def hosted() -> AsyncIterator[tuple[Host, PhotoPrefetcher]]:
    host, application = Host(), web.Application()
    application.router.add_get("/{path:.*}", host.answer)
    server, fetcher = TestServer(application), Fetcher(allow_private=True)
    await server.start_server()
    host.url = str(server.make_url("/")).rstrip("/")

    async def fetch(url: str) -> bytes:
        return (await fetcher.get(url)).body

    photos = PhotoPrefetcher(fetch)
    yield host, photos
    await photos.close()
    await fetcher.close()
    await server.close()


def post(number: int, url: str, *, due: datetime = NOW, breaking: bool = False) -> IllustratedPost:
    return IllustratedPost(f"p{number}", "tg", due, breaking, (url,))


async def until_late(photos: PhotoPrefetcher, *late: str) -> None:
    async with asyncio.timeout(60):
        while photos.list_waiting_posts() != set(late):
            await asyncio.sleep(0.02)


async def test_what_is_expected_is_there_at_once_and_fetched_once_for_all_channels() -> None:
    async with hosted() as (host, photos):
        url = f"{host.url}/a.jpg"
        photos.expect([post(1, url, due=NOW + MINUTE), post(2, url, due=NOW + MINUTE)], now=NOW)
        assert photos.list_waiting_posts() == frozenset()
        assert await asyncio.wait_for(photos.get(url), 30) == b"an image"
        photos.expect([post(1, url), post(2, url)], now=NOW)
        assert await photos.get(url) == b"an image"
        assert (photos.list_waiting_posts(), host.asked) == (frozenset(), ["/a.jpg"])


async def test_a_due_post_waits_for_its_photo_a_while_and_the_channel_hears_when_it_need_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.6)
    monkeypatch.setattr(module, "_BREAKING", 0.2)
    async with hosted() as (host, photos):
        ready: list[str] = []
        photos.ready = ready.append
        drips = [post(1, f"{host.url}/drip/1"), post(2, f"{host.url}/drip/2", breaking=True)]
        photos.expect(drips, now=NOW)
        assert photos.list_waiting_posts() == {"p1", "p2"}
        await until_late(photos, "p1")
        assert ready
        await until_late(photos)
        photos.expect(drips, now=NOW)
        assert photos.list_waiting_posts() == frozenset(), "it does not wait a second time"
        with pytest.raises(SourceError, match="did not arrive in time"):
            await photos.get(f"{host.url}/drip/1")


async def test_a_photo_that_comes_ends_the_wait() -> None:
    async with hosted() as (host, photos):
        ready = asyncio.Event()
        photos.ready = lambda _channel: ready.set()
        photos.expect([post(1, f"{host.url}/a.jpg")], now=NOW)
        assert photos.list_waiting_posts() == {"p1"}
        await asyncio.wait_for(ready.wait(), 30)
        assert photos.list_waiting_posts() == frozenset()


async def test_a_photo_that_cannot_be_had_ends_the_wait_and_says_why() -> None:
    async with hosted() as (host, photos):
        photos.expect([post(1, f"{host.url}/gone")], now=NOW)
        await until_late(photos)
        with pytest.raises(FetchError, match="404"):
            await photos.get(f"{host.url}/gone")


async def test_one_slow_host_fills_its_own_places_only() -> None:
    async with hosted() as (slow, photos), hosted() as (quick, _):
        photos.expect([post(n, f"{slow.url}/drip/{n}") for n in range(30)], now=NOW)
        await asyncio.sleep(0.3)
        assert slow.most == 4
        assert await asyncio.wait_for(photos.get(f"{quick.url}/a.jpg"), 30) == b"an image"


async def test_a_photo_that_nobody_expected_is_waited_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNFORESEEN", 0.3)
    async with hosted() as (host, photos):
        with pytest.raises(SourceError, match="did not arrive in time"):
            await photos.get(f"{host.url}/drip/1")
    monkeypatch.setattr(module, "_UNFORESEEN", 30)
    async with hosted() as (host, photos):
        assert await photos.get(f"{host.url}/a.jpg") == b"an image"


async def test_what_is_kept_is_bounded_and_dropped_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 20)
    async with hosted() as (host, photos):
        for n in range(6):
            photos.expect([post(n, f"{host.url}/{n}.jpg")], now=NOW)
            await until_late(photos)
        assert len(host.asked) == 3, "eight bytes each"
        monkeypatch.setattr(module, "_IDLE", -10.0)
        photos.expect([], now=NOW)
        assert (len(photos._fetches), len(photos._waits)) == (0, 0)


async def test_a_post_waits_for_a_photo_whose_host_fails_for_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A site that is restarted: the photo came a moment later, and the post had gone without it."""
    monkeypatch.setattr(module, "_PAUSES", (0.4, 0.4))
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    monkeypatch.setattr(module, "_BREAKING", 0.1)
    async with hosted() as (host, photos):
        url = f"{host.url}/restarted"
        calm = IllustratedPost("calm", "tg", NOW, breaking=False, urls=(url,))
        breaking = IllustratedPost("breaking", "tg", NOW, breaking=True, urls=(url,))
        photos.expect([calm, breaking], now=NOW)
        await asyncio.sleep(0.3)
        assert photos.list_waiting_posts() == {"calm"}, "breaking news goes without the photo"
        with pytest.raises(FetchError, match="503"):
            await photos.get(url)
        while photos.list_waiting_posts():
            await asyncio.sleep(0.05)
        assert await photos.get(url) == b"an image"
        assert host.asked == ["/restarted"] * 3


async def test_a_post_waits_no_longer_for_a_host_that_goes_on_failing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (30.0,))
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    monkeypatch.setattr(module, "_LONGEST", 0.5)
    async with hosted() as (_, photos):
        told: list[str] = []
        photos.ready = told.append
        photos.expect([IllustratedPost("one", "tg", NOW, breaking=False, urls=(REFUSED,))], now=NOW)
        await asyncio.sleep(0.3)
        assert photos.list_waiting_posts() == {"one"}
        await asyncio.sleep(0.3)
        assert photos.list_waiting_posts() == frozenset()
        assert told[-1] == "tg"
        with pytest.raises(FetchError, match="could not connect"):
            await photos.get(REFUSED)
