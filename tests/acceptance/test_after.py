"""What is done to what is out, by the command line beside the service, which may be killed at any moment."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Post

from .newsroom import Newsroom, Story
from .test_service import until

WRONG = "<p>The harbour had 4.2 million visitors in the year, the port authority said on Monday.</p>"


@pytest.fixture
def out(newsroom: Newsroom) -> Newsroom:
    newsroom.site.stories = [Story("harbour", "Harbour: 4.2 million visitors", WRONG)]
    return newsroom


def posts(newsroom: Newsroom) -> list[Post]:
    ledger = open_ledger(newsroom.config.get("database", "sqlite:///newsbot.db"), base=newsroom.folder)
    try:
        return ledger.posts.list_posts()
    finally:
        ledger.close()


async def sent(newsroom: Newsroom) -> str:
    """Run once; the article's id."""
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)
    return posts(newsroom)[0].article_id


def calls(newsroom: Newsroom, method: str) -> int:
    return sum(call.method == method for call in newsroom.sandbox.calls)


async def test_a_fix_that_needs_room_for_its_note_keeps_the_link(newsroom: Newsroom) -> None:
    lead = (
        "The harbour had 4.2 million visitors in the year, the port authority said on Monday, which is more"
        " than in any year since its records began, and the town now wants to build a new quay in the north."
    )
    html = f"<p>{lead}</p><p>It is old.</p>"
    newsroom.site.stories = [Story("harbour", "Harbour: 4.2 million visitors", html)]
    article_id = await sent(newsroom)
    (tweet,) = newsroom.tweets
    assert "/harbour" in tweet.text
    assert lead in tweet.text
    assert (await newsroom.run("fix", article_id, "4.2", "2.4")).status == 0
    assert (await newsroom.run("run", "--once")).status == 0
    (tweet,) = [each for each in newsroom.tweets if "2.4" in each.text]
    assert "/harbour" in tweet.text
    assert "Corrected" in tweet.text


async def test_fix_is_shown_done_and_told(out: Newsroom) -> None:
    article_id = await sent(out)
    shown = await out.run("fix", article_id, "4.2", "2.4", "--dry-run", "--json")
    assert shown.status == 0, shown.err
    assert {each["channel"]: each["how"] for each in shown.json} == {"tg": "edit", "x": "repost"}
    assert "4.2" in out.messages[0].text
    done = await out.run("fix", article_id, "4.2", "2.4")
    assert done.status == 0, done.err
    assert "- Harbour: 4.2 million" in done.out.replace("<b>", "")
    assert "2 posts and the article's own text." in done.out
    ran = await out.run("run", "--once")
    assert ran.status == 0, ran.err
    assert "2.4 million" in out.messages[0].text
    assert "4.2" not in out.messages[0].text
    assert [tweet.text.count("2.4") for tweet in out.tweets] == [out.tweets[0].text.count("2.4")]
    assert "4.2" not in out.tweets[0].text
    post = next(post for post in posts(out) if post.channel == "tg")
    told = await out.run("show", post.id, "--json")
    versions: list[Any] = told.json["versions"]
    assert ["4.2" in version["text"] for version in versions] == [True, False]
    assert versions[0]["until"] == versions[1]["since"]


async def test_a_takedown_from_the_command_line_and_no_second_coming(out: Newsroom) -> None:
    await sent(out)
    url = f"{out.site.url}/harbour"
    done = await out.run("takedown", url, "--redact", "--json")
    assert done.status == 0, done.err
    assert {line["state"] for line in done.json["lines"]} == {"waiting"}
    ran = await out.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (out.messages, out.tweets) == ([], [])
    refused = await out.run("post", url)
    assert refused.status == 1
    assert "was taken down by " in refused.err
    assert "cli:" not in refused.err, "people are called by name"
    again = await out.run("takedown", url)
    assert "deleted" in again.out


async def test_a_source_is_blocked_and_unblocked(out: Newsroom) -> None:
    out.config["channels"]["x"]["approval"] = "one"
    ran = await out.run("run", "--once")
    assert ran.status == 0, ran.err
    blocked = await out.run("block", "site")
    assert "1 post that waited is cancelled" in blocked.out
    assert "still out: " in blocked.out
    polls = out.site.polls()
    assert (await out.run("run", "--once")).status == 0
    assert out.site.polls() == polls
    assert json.loads((await out.run("status", "--json")).out)["sources"][0]["state"] == "blocked"
    assert (await out.run("unblock", "site")).status == 0
    assert (await out.run("run", "--once")).status == 0
    assert out.site.polls() > polls
    assert (await out.run("block", "nowhere")).err.startswith("newsbot: there is no source 'nowhere'")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_a_kill_in_mid_amendment_is_mended_by_the_next_service(
    out: Newsroom, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    del tmp_path
    if database == "postgresql":
        out.config["database"] = request.getfixturevalue("postgres_url")
    article_id = await sent(out)
    out.sandbox.faults.add("telegram", "editMessage*", "hang_before_processing")
    out.sandbox.faults.add("x", "DELETE *", "hang_after_processing")
    service = await out.start("run")
    assert (await out.run("fix", article_id, "4.2", "2.4")).status == 0
    await until(lambda: calls(out, "editMessageText") and calls(out, "DELETE /2/tweets/:id"))
    service.send_signal(signal.SIGKILL)
    await service.communicate()
    assert "4.2" in out.messages[0].text
    second = await out.start("run")
    began = asyncio.get_running_loop().time()
    await until(lambda: "2.4" in out.messages[0].text and calls(out, "DELETE /2/tweets/:id") == 2)
    assert asyncio.get_running_loop().time() - began < 30
    await asyncio.sleep(2)
    await out.stop(second)
    assert calls(out, "editMessageText") == 2
    assert ["2.4" in tweet.text for tweet in out.tweets] == [True]
    assert len(out.messages) == 1


async def test_two_services_make_each_call_once(out: Newsroom, postgres_url: str) -> None:
    out.config["database"] = postgres_url
    article_id = await sent(out)
    services = [await out.start("run"), await out.start("run")]
    await asyncio.sleep(3)
    assert (await out.run("fix", article_id, "4.2", "2.4")).status == 0
    await until(lambda: "2.4" in out.messages[0].text and "2.4" in out.tweets[0].text)
    await asyncio.sleep(3)
    for service in services:
        await out.stop(service)
    assert (calls(out, "editMessageText"), calls(out, "DELETE /2/tweets/:id")) == (1, 1)
    assert (len(out.messages), len(out.tweets)) == (1, 1)
