"""Bad input gets one clear line, and nothing else stops."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from .newsroom import Newsroom, Story

GOOD = Story(
    "good", "The good article", "<p>The good article has one full sentence about the harbour.</p>" * 3
)


async def _hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(40)
    return web.Response()


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(80):
        await response.write(b"<")
        await asyncio.sleep(0.5)
    return response


async def _large(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(50):
        await response.write(b" " * 1_000_000)
    return response


def _answers(text: str, status: int = 200) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type="text/html")

    return answer


FEEDS = {
    "is-html": _answers("<html><body><p>no feed here</p></body></html>"),
    "empty": _answers(""),
    "broken": _answers("<?xml version='1.0'?><rss><channel><item><title>x"),
    "gone": _answers("gone", 404),
    "hanging": _hang,
    "dripping": _drip,
    "large": _large,
}


@pytest.mark.slow
async def test_bad_feeds_say_what_is_wrong_and_stop_no_other(newsroom: Newsroom) -> None:
    newsroom.site.stories = [GOOD]
    app = web.Application()
    for name, answer in FEEDS.items():
        app.router.add_get(f"/{name}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for name in FEEDS:
        newsroom.config["sources"][name] = {"kind": "feed", "url": f"http://127.0.0.1:{port}/{name}"}
    ran = await newsroom.run("run", "--once")
    await runner.cleanup()

    assert ran.status == 1
    complaints = {line.split(": ")[1]: line for line in ran.err.splitlines() if line.startswith("newsbot: ")}
    assert complaints.keys() == FEEDS.keys() - {"broken"} or complaints.keys() == FEEDS.keys()
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)
    status = {one["name"]: one for one in (await newsroom.run("status", "--json")).json["sources"]}
    assert status["site"]["state"] == "ok"
    assert all(status[name]["state"] == "failing" and status[name]["error"]["message"] for name in complaints)


async def test_an_unknown_key_and_a_missing_secret_are_named_together(newsroom: Newsroom) -> None:
    newsroom.config["channels"]["tg"]["chanel"] = "@x"
    del newsroom.environ["TELEGRAM_TOKEN"]
    newsroom.environ["NEWSBOT_NOTHING"] = ""
    ran = await newsroom.run("check")
    assert ran.status == 2
    lines = ran.err.splitlines()
    assert len(lines) == 2, ran.err
    assert any("config.yaml:" in line and "channels.tg.chanel" in line for line in lines)
    assert any("TELEGRAM_TOKEN" in line for line in lines)


@pytest.mark.parametrize("command", [("check",), ("run",), ("run", "--once")])
async def test_a_template_with_mistakes_is_named_by_file_and_line(
    newsroom: Newsroom, command: tuple[str, ...]
) -> None:
    """A service that ran on would note each article as taken in and never post it."""
    templates = newsroom.folder / "templates"
    templates.mkdir()
    (templates / "x.txt.j2").write_text("{{ title }}\n{{ summry | fit }}\n{{ link }}\n")
    ran = await newsroom.run(*command)
    assert ran.status == 2
    (line,) = ran.err.splitlines()
    assert "x.txt.j2:2" in line
    assert "summary" in line


async def test_an_article_without_body_and_an_unknown_language_stop_nothing(newsroom: Newsroom) -> None:
    newsroom.site.stories = [
        Story("bodyless", "No body", ""),
        GOOD,
        Story("odd", "Odd", GOOD.html, "xx-nonsense"),
    ]
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    titles = [post["article"]["title"] for post in (await newsroom.run("posts", "--json")).json]
    assert sorted(set(titles)) == ["No body", "Odd", "The good article"]
    (alone,) = [message.text for message in newsroom.messages if "No body" in message.text]
    assert alone.splitlines()[0] == "No body"


async def test_chat_not_found_pauses_the_channel_and_the_post_waits(newsroom: Newsroom) -> None:
    newsroom.site.stories = [GOOD]
    newsroom.config["channels"]["tg"]["chat"] = "@nowhere"
    ran = await newsroom.run("run", "--once")
    assert ran.status == 1
    (line,) = [line for line in ran.err.splitlines() if line.startswith("newsbot: tg is paused")]
    assert "@nowhere" in line
    states = {post["channel"]: post["state"] for post in (await newsroom.run("posts", "--json")).json}
    assert states == {"tg": "retrying", "x": "sent"}


async def test_wrong_x_keys_pause_the_channel_and_the_post_goes_once_they_are_right(
    newsroom: Newsroom,
) -> None:
    newsroom.site.stories = [GOOD]
    right = newsroom.config["channels"]["x"]["access_token_secret"]
    newsroom.config["channels"]["x"]["access_token_secret"] = "not-the-right-one-at-all"
    ran = await newsroom.run("run", "--once")
    assert ran.status == 1
    assert any(line.startswith("newsbot: x is paused") for line in ran.err.splitlines()), ran.err
    assert "not-the-right-one-at-all" not in ran.err
    newsroom.config["channels"]["x"]["access_token_secret"] = right
    assert (await newsroom.run("resume", "x")).status == 0
    assert (await newsroom.run("run", "--once")).status == 0
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)


async def test_init_fills_in_a_site_and_says_what_is_no_address(newsroom: Newsroom) -> None:
    newsroom.site.stories = [GOOD]
    wrong = await newsroom.run("init", "starter", "--site", "your.site")
    assert wrong.status == 1
    assert len(wrong.err.splitlines()) == 1
    assert "https://" in wrong.err
    ran = await newsroom.run("init", "starter", "--site", f"{newsroom.site.url}/feed.xml", "--allow-private")
    assert ran.status == 0, ran.err
    written = (newsroom.folder / "starter" / "config.yaml").read_text()
    assert f"{newsroom.site.url}/feed.xml" in written
    assert "allow_private: true" in written


async def test_status_says_why_a_channel_is_paused_and_how_to_go_on(newsroom: Newsroom) -> None:
    newsroom.site.stories = [GOOD]
    newsroom.config["channels"]["tg"]["chat"] = "@nowhere"
    ran = await newsroom.run("run", "--once")
    assert any("channel paused" in line and "newsbot resume tg" in line for line in ran.err.splitlines())
    status = await newsroom.run("status")
    assert "@nowhere" in status.out
    assert "newsbot resume tg" in status.out


async def test_a_database_that_cannot_be_used_is_one_line(newsroom: Newsroom) -> None:
    newsroom.config["database"] = "sqlite:///no/such/folder/newsbot.db"
    ran = await newsroom.run("queue")
    assert ran.status == 1
    assert len(ran.err.splitlines()) == 1
    assert "no/such/folder" in ran.err


async def test_a_database_of_a_newer_version_is_refused(newsroom: Newsroom) -> None:
    assert (await newsroom.run("queue")).status == 0
    with sqlite3.connect(newsroom.folder / "newsbot.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_the_future', oldest = '9999'")
    for command in (("run", "--once"), ("queue",)):
        ran = await newsroom.run(*command)
        assert ran.status == 1
        assert len(ran.err.splitlines()) == 1
        assert "newer" in ran.err


async def test_a_second_service_on_one_file_is_refused_and_the_first_goes_on(newsroom: Newsroom) -> None:
    first = await newsroom.start("run")
    while newsroom.site.polls() == 0:
        await asyncio.sleep(0.05)
    second = await newsroom.run("run", within=20)
    assert second.status == 1
    (line,) = second.err.splitlines()
    assert "newsbot.db" in line
    newsroom.site.stories = [GOOD]
    async with asyncio.timeout(60):
        while not (newsroom.messages and newsroom.tweets):
            await asyncio.sleep(0.05)
    assert (await newsroom.stop(first)).status == 0
