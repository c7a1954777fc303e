"""The service as a process: timers, other processes' commits, approvals, schedules, its end."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest
from aiohttp import web

from .newsroom import Newsroom, Story


def story(n: int) -> Story:
    body = f"<p>Council number {n} approved the ferry line on Tuesday after a debate of four hours.</p>" * 2
    return Story(f"story-{n}", f"Council {n} approves its ferry", body)


async def until(what: Any, within: float = 60) -> None:
    async with asyncio.timeout(within):
        while not what():
            await asyncio.sleep(0.02)


async def test_articles_after_first_sight_are_posted_and_those_before_are_not(newsroom: Newsroom) -> None:
    newsroom.config["sources"]["site"]["backfill"] = 0
    newsroom.site.stories = [story(n) for n in range(3)]
    service = await newsroom.start("run")
    await until(lambda: newsroom.site.polls() >= 2)
    assert newsroom.messages == []
    newsroom.site.stories = [*newsroom.site.stories, story(7)]
    await until(lambda: newsroom.messages and newsroom.tweets)
    ended = await newsroom.stop(service)
    assert ended.status == 0
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)
    assert "story-7" in newsroom.tweets[0].text


async def test_what_another_process_queues_goes_out_within_a_second(newsroom: Newsroom) -> None:
    newsroom.site.stories = [story(1)]
    newsroom.config["sources"]["site"]["every"] = "1h"
    newsroom.config["sources"]["site"]["backfill"] = 0
    newsroom.config["channels"]["tg"]["approval"] = "one"
    service = await newsroom.start("run")
    await until(lambda: newsroom.site.polls() == 1)
    ran = await newsroom.run("post", f"{newsroom.site.url}/story-1", "--channel", "tg", "--json")
    assert ran.status == 0, ran.err
    (post,) = ran.json
    assert post["state"] == "held"
    await asyncio.sleep(1)
    assert newsroom.messages == []
    approved = await newsroom.run("approve", post["id"], "--json")
    start = monotonic()
    assert approved.json["state"] == "scheduled"
    await until(lambda: newsroom.messages, within=10)
    assert monotonic() - start < 5  # far less than the half minute after which a service looks by itself

    again = await newsroom.run("post", f"{newsroom.site.url}/story-1", "--channel", "tg")
    assert again.status == 1
    assert post["id"] in again.err
    shown = (await newsroom.run("show", post["id"], "--json")).json
    await newsroom.stop(service)
    assert shown["state"] == "sent"
    assert [event["event"] for event in shown["timeline"]] == ["composed", "approved", "sending", "sent"]
    assert shown["timeline"][1]["by"].startswith("cli:")


async def test_a_sudden_flood_is_held_and_asked_about_once(newsroom: Newsroom) -> None:
    newsroom.config["sources"]["site"]["backfill"] = 0
    newsroom.site.stories = [story(0)]
    assert (await newsroom.run("run", "--once")).status == 0
    newsroom.site.stories = [story(n) for n in range(20)]
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (newsroom.messages, newsroom.tweets) == ([], [])
    posts = (await newsroom.run("posts", "--state", "held", "--json")).json
    assert len(posts) == 38
    assert sum("suddenly" in line for line in ran.err.splitlines()) == 1


async def test_what_a_poll_finds_too_late_is_cancelled_in_the_same_run(newsroom: Newsroom) -> None:
    stories = [story(0)]

    async def feed(_: web.Request) -> web.Response:
        old = format_datetime(datetime.now(UTC) - timedelta(days=2))
        items = "".join(
            f"<item><title>{one.title}</title><guid>{one.slug}</guid><pubDate>{old}</pubDate>"
            f"<description>{one.html.replace('<', '&lt;')}</description></item>"
            for one in stories
        )
        text = f"<rss version='2.0'><channel><title>Site</title>{items}</channel></rss>"
        return web.Response(text=text, content_type="application/rss+xml")

    newsroom.site.feed = feed
    newsroom.config["sources"]["site"]["backfill"] = 0
    assert (await newsroom.run("run", "--once")).status == 0
    stories.append(story(1))
    assert (await newsroom.run("run", "--once")).status == 0
    states = {post["state"] for post in (await newsroom.run("posts", "--json")).json}
    assert states == {"cancelled"}
    assert (newsroom.messages, newsroom.tweets) == ([], [])


async def test_status_shows_times_in_the_configured_timezone(newsroom: Newsroom) -> None:
    newsroom.config["timezone"] = "Asia/Karachi"
    assert (await newsroom.run("run", "--once")).status == 0
    shown = await newsroom.run("status")
    assert shown.status == 0, shown.err
    assert "PKT" in shown.out
    (source,) = (await newsroom.run("status", "--json")).json["sources"]
    assert source["last_polled_at"].endswith("Z")


async def test_quiet_hours_gap_and_a_set_time_hold_posts_for_a_later_run(newsroom: Newsroom) -> None:
    newsroom.site.stories = [story(1), story(2)]
    now = datetime.now(UTC)
    quiet = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    newsroom.config["channels"]["tg"]["schedule"] = {"quiet": quiet}
    newsroom.config["channels"]["x"]["schedule"] = {"gap": "30m"}
    assert (await newsroom.run("run", "--once")).status == 0
    assert (len(newsroom.messages), len(newsroom.tweets)) == (0, 1)
    waiting = (await newsroom.run("queue", "--json")).json
    due = {post["channel"]: datetime.fromisoformat(post["due_at"]) for post in waiting}
    assert due["tg"] >= now + timedelta(hours=1, minutes=58)
    assert timedelta(minutes=29) < due["x"] - now < timedelta(minutes=31)
    moved = await newsroom.run("move", waiting[0]["id"], "+3h", "--json")
    assert abs(datetime.fromisoformat(moved.json["due_at"]) - now - timedelta(hours=3)) < timedelta(minutes=1)


@pytest.mark.slow
async def test_a_stop_in_mid_call_leaves_no_doubt(newsroom: Newsroom) -> None:
    newsroom.site.stories = [story(1)]
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing", times=1)
    service = await newsroom.start("run")
    await until(lambda: newsroom.messages and newsroom.tweets)
    ended = await newsroom.stop(service)
    assert ended.status == 0
    states = {post["channel"]: post["state"] for post in (await newsroom.run("posts", "--json")).json}
    assert states == {"tg": "unknown", "x": "sent"}
    assert (await newsroom.run("run", "--once")).status == 0
    assert len(newsroom.messages) == 1


async def test_a_stop_of_run_once_settles_what_is_in_flight_and_leaves_the_rest_for_later(
    newsroom: Newsroom,
) -> None:
    newsroom.site.stories = [story(n) for n in range(5)]
    once = await newsroom.start("run", "--once")
    await until(lambda: len(newsroom.messages) >= 2)
    ended = await newsroom.stop(once)
    assert ended.status == 0, ended.err
    posts = (await newsroom.run("posts", "--channel", "tg", "--json")).json
    states = {post["state"] for post in posts}  # a claim whose slot was still to come is surely not sent
    assert {"sent", "scheduled"} <= states <= {"sent", "scheduled", "retrying"}
    assert sum(post["state"] == "sent" for post in posts) == len(newsroom.messages)
    assert (await newsroom.run("run", "--once")).status == 0
    assert len(newsroom.messages) == 5


async def test_a_crash_in_mid_call_is_named_and_never_sent_again(newsroom: Newsroom) -> None:
    newsroom.site.stories = [story(1)]
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing", times=1)
    service = await newsroom.start("run")
    await until(lambda: newsroom.messages and newsroom.tweets)
    service.kill()
    await service.communicate()
    after = await newsroom.run("run", "--once")
    assert after.status == 0
    posts = {post["channel"]: post for post in (await newsroom.run("posts", "--json")).json}
    assert posts["tg"]["state"] == "unknown"
    named = [line for line in after.err.splitlines() if line.startswith("newsbot: ")]
    assert any(posts["tg"]["id"] in line for line in named)
    resolved = await newsroom.run("resolve", posts["tg"]["id"], "sent", "--json")
    assert resolved.json["state"] == "sent"
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)


async def test_a_post_that_was_sent_away_goes_when_the_platform_said(newsroom: Newsroom) -> None:
    newsroom.site.stories = [story(1)]
    newsroom.config["sources"]["site"]["every"] = "1h"
    newsroom.sandbox.faults.add("telegram", "sendMessage", "429", retry_after=2)
    service = await newsroom.start("run")
    await until(lambda: newsroom.sandbox.calls and newsroom.tweets)
    start = monotonic()
    await until(lambda: newsroom.messages)
    assert monotonic() - start < 5
    await newsroom.stop(service)
    assert len(newsroom.messages) == 1


@pytest.mark.slow
async def test_two_services_on_postgresql_poll_once_and_send_once(
    newsroom: Newsroom, postgres_url: str
) -> None:
    newsroom.config["database"] = postgres_url
    newsroom.config["sources"]["site"]["every"] = "4s"
    newsroom.config["sources"]["site"]["backfill"] = 0
    services = [await newsroom.start("run"), await newsroom.start("run")]
    await until(lambda: newsroom.site.polls() >= 1)
    newsroom.site.stories = [story(n) for n in range(4)]
    await until(lambda: len(newsroom.messages) == 4 and len(newsroom.tweets) == 4)
    start, polls = monotonic(), newsroom.site.polls()
    await asyncio.sleep(8.5)
    assert newsroom.site.polls() - polls <= (monotonic() - start) / 4 + 1
    for service in services:
        assert (await newsroom.stop(service)).status == 0
    assert (len(newsroom.messages), len(newsroom.tweets)) == (4, 4)


@pytest.mark.parametrize("after", [0.4, 0.8])
async def test_a_stop_while_it_starts_is_an_orderly_end(newsroom: Newsroom, after: float) -> None:
    newsroom.site.stories = [story(1)]
    service = await newsroom.start("run")
    await asyncio.sleep(after)
    ended = await newsroom.stop(service)
    assert "Traceback" not in ended.err
    assert ended.status in {0, -signal.SIGTERM}  # by the signal only before newsbot's own first line
