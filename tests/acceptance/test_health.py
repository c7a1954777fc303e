"""The service as a process: its health pages, what hangs beside what does not, its end in time."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.forkserver import ForkedProcess

from .newsroom import TOKEN, Newsroom, Story

BODY = "<p>The council approved the ferry line on Tuesday after a debate of four hours.</p>" * 2
OTHER = "<p>The second ferry of the line was named after a painter, who came with her family.</p>" * 2


async def until(what: Any, within: float = 60) -> None:
    async with asyncio.timeout(within):
        while not what():
            await asyncio.sleep(0.05)


async def address(service: ForkedProcess) -> str:
    """Where it listens, as its log says."""
    assert service.stderr
    async with asyncio.timeout(60):
        async for line in service.stderr:
            if found := re.search(rb"address=(http://\S+)", line):
                return found[1].decode()
    raise AssertionError("it never said where it listens")


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


@pytest.fixture
async def hanging() -> AsyncIterator[str]:
    """A site that takes every request and answers none."""

    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        raise AssertionError

    app = web.Application()
    app.router.add_get("/{path:.*}", hang)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_running_service_tells_how_it_is(newsroom: Newsroom) -> None:
    newsroom.config["web"] = {"listen": "127.0.0.1:0"}
    newsroom.site.stories = [Story("one", "A ferry", BODY)]
    service = await newsroom.start("run")
    url = await address(service)
    await until(lambda: newsroom.messages and newsroom.tweets)
    assert (await get(f"{url}/healthz"))[0] == 200
    status, ready = await get(f"{url}/readyz")
    assert status == 200, ready
    async with asyncio.timeout(60):  # the answers arrived there before they were stored here
        while 'outcome="sent"} 1.0' not in (await get(f"{url}/metrics"))[1]:
            await asyncio.sleep(0.1)
    _, figures = await get(f"{url}/metrics")
    assert "newsbot_post_lag_seconds_count 2.0" in figures
    assert 'newsbot_polls_total{result="ok",source="site"}' in figures
    newsroom.sandbox.telegram.chats[-1001000000001].bot = "kicked"
    newsroom.site.stories.append(Story("two", "Another ferry", OTHER))
    async with asyncio.timeout(60):
        while (await get(f"{url}/readyz"))[0] != 503:
            await asyncio.sleep(0.2)
    said = (await get(f"{url}/readyz"))[1]
    assert "channel tg is paused" in said
    assert TOKEN not in said
    assert (await newsroom.stop(service)).status == 0


async def test_a_port_that_is_taken_is_one_line_and_the_end(newsroom: Newsroom) -> None:
    newsroom.config["web"] = {"listen": newsroom.site.url.removeprefix("http://")}
    ran = await newsroom.run("run")
    assert ran.status == 1
    (line,) = ran.err.strip().splitlines()
    assert line.startswith("newsbot: web.listen: 127.0.0.1:")
    assert "in use" in line


@pytest.mark.slow
async def test_a_channel_a_source_and_an_image_host_that_hang_slow_no_other(
    newsroom: Newsroom, hanging: str
) -> None:
    newsroom.config["sources"]["hangs"] = {"kind": "feed", "url": f"{hanging}/feed.xml", "every": "1s"}
    bad = dict(newsroom.config["channels"]["tg"], chat=-1001000000002)
    newsroom.config["channels"] = {"bad": bad, **newsroom.config["channels"]}
    newsroom.config["sources"]["site"]["channels"] = ["bad", "tg", "x"]
    newsroom.config["sources"]["pictures"] = {
        "kind": "folder",
        "path": "articles",
        "every": "1s",
        "backfill": 9,
        "channels": ["bad"],
    }
    (newsroom.folder / "articles").mkdir()
    picture = f"# A picture\n\n![alt]({hanging}/p.jpg)\n\nThe council approved the line on Tuesday."
    (newsroom.folder / "articles" / "one.md").write_text(picture)
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_before_processing", times=1)
    newsroom.site.stories = [Story("one", "A ferry", BODY)]
    service = await newsroom.start("run")
    await until(lambda: newsroom.tweets)
    newsroom.site.stories.append(Story("two", "Another ferry", OTHER))
    start = monotonic()
    await until(lambda: len(newsroom.tweets) == 2)
    assert monotonic() - start < 15, "less than what hangs would take"
    ended = await newsroom.stop(service)
    assert ended.status == 0


@pytest.mark.slow
async def test_a_stop_ends_in_time_though_ledger_channel_and_source_hang(
    newsroom: Newsroom, hanging: str
) -> None:
    """What could not be stored is settled at the next start; nothing is sent twice."""
    newsroom.site.stories = [Story("one", "A ferry", BODY)]
    newsroom.config["sources"]["hangs"] = {"kind": "feed", "url": hanging, "every": "1s"}
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing", times=1)
    service = await newsroom.start("run")
    await until(lambda: newsroom.messages)
    holder = sqlite3.connect(newsroom.folder / "newsbot.db", isolation_level=None, timeout=30)
    holder.execute("BEGIN IMMEDIATE")
    start = monotonic()
    service.terminate()
    out, err = await asyncio.wait_for(service.communicate(), 60)
    took = monotonic() - start
    holder.execute("ROLLBACK")
    holder.close()
    assert service.returncode == 0, (out, err)
    assert took < 40, "30 s, and what a busy machine adds"
    del newsroom.config["sources"]["hangs"]
    assert (await newsroom.run("run", "--once")).status == 0
    states = {post["channel"]: post["state"] for post in (await newsroom.run("posts", "--json")).json}
    assert states["tg"] in {"unknown", "sent"}
    assert len(newsroom.messages) == 1
