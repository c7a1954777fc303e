"""An address that stops while it is being talked to."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from newsbot.sandbox.server import Listener


async def test_a_stop_while_calls_hang_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Some of so many come to their end in the very moment in which they are cut."""
    stopping, hanging = asyncio.Event(), asyncio.Semaphore(0)

    async def hang(request: web.Request) -> web.Response:
        hanging.release()
        await stopping.wait()
        number = int(request.query["n"])
        await asyncio.sleep(0.09 + number / 5_000 if number < 99 else 60)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", hang)
    listener = Listener(app)
    await listener.start(0)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        calls = [asyncio.create_task(_status(client, f"{listener.url}/?n={n}")) for n in range(100)]
        for _ in calls:
            await hanging.acquire()
        stopping.set()
        await listener.stop()
        ends = await asyncio.gather(*calls, return_exceptions=True)
    cut = [end for end in ends if isinstance(end, aiohttp.ClientConnectionError)]
    assert cut
    assert not caplog.records


async def _status(client: aiohttp.ClientSession, url: str) -> int:
    async with client.get(url) as answer:
        return answer.status


async def test_a_port_is_taken_while_it_listens_and_comes_back_after_refusing() -> None:
    first, second = Listener(web.Application()), Listener(web.Application())
    await first.start(0)
    port = int(first.url.rpartition(":")[2])
    first.refuse()  # in the moment in which it began, then once it serves
    first.listen()
    await asyncio.sleep(0.05)
    first.refuse()
    first.listen()
    with pytest.raises(OSError, match="in use"):
        await second.start(port)
    async with aiohttp.ClientSession() as client:
        assert await _status(client, first.url) == 404  # it is the first that answers
    await second.stop()
    await first.stop()
