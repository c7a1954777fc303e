"""Unknown posts, with the service and `run --once` as processes: settled unasked, or left to a person."""

from typing import Any

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Event, Post, PostState

from .newsroom import Newsroom
from .test_service import story, until


def public(newsroom: Newsroom) -> None:
    """The chat's public page is where the stand-in has it."""
    newsroom.config["channels"]["tg"]["read_back"] = newsroom.sandbox.telegram_url


def lose_answers(newsroom: Newsroom, fault: Any) -> None:
    newsroom.sandbox.faults.add("telegram", "sendMessage", fault)
    newsroom.sandbox.faults.add("x", "POST /2/tweets", fault)


def stored(newsroom: Newsroom) -> dict[str, tuple[Post, list[str]]]:
    """Each channel's newest post and its story, read beside whatever runs."""
    ledger = open_ledger(newsroom.config.get("database", "sqlite:///newsbot.db"), base=newsroom.folder)
    try:
        return {
            post.channel: (post, _story(ledger.posts.list_events(post.id)))
            for post in reversed(ledger.posts.list_posts())
        }
    finally:
        ledger.close()


def _story(timeline: list[Event]) -> list[str]:
    return [f"{line.event} by {line.by}" for line in timeline[1:]]


async def test_run_once_settles_what_arrived_with_its_permalink(newsroom: Newsroom) -> None:
    public(newsroom)
    newsroom.site.stories = [story(1)]
    lose_answers(newsroom, "reset_after_processing")
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    found = stored(newsroom)
    (message,), (tweet,) = newsroom.messages, newsroom.tweets
    links = {"tg": f"https://t.me/sandbox/{message.message_id}", "x": f"https://x.com/i/status/{tweet.id}"}
    for name, (post, told) in found.items():
        assert post.state is PostState.SENT
        assert [receipt.url for receipt in post.receipts] == [links[name]]
        assert told == ["sending by sender", "unknown by sender", "found by reconciler"]
    assert found.keys() == links.keys()


async def test_a_crash_in_mid_call_is_settled_by_the_next_run(newsroom: Newsroom) -> None:
    public(newsroom)
    newsroom.site.stories = [story(1)]
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing")
    service = await newsroom.start("run")
    await until(lambda: newsroom.messages and newsroom.tweets)
    service.kill()
    await service.communicate()
    after = await newsroom.run("run", "--once")
    assert after.status == 0
    post, told = stored(newsroom)["tg"]
    assert post.state is PostState.SENT
    assert told == ["sending by sender", "unknown by rescuer", "found by reconciler"]
    assert any(post.id in line and "it is out" in line for line in after.err.splitlines())
    assert len(newsroom.messages) == 1


@pytest.mark.parametrize("engine", ["local", "cluster"])
async def test_another_service_settles_what_a_dead_one_left_within_seconds(
    newsroom: Newsroom, postgres_url: str, engine: str
) -> None:
    public(newsroom)
    newsroom.config["engine"] = engine
    newsroom.config["database"] = postgres_url
    newsroom.config["sources"]["site"]["every"] = "1h"
    newsroom.site.stories = [story(1)]
    newsroom.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing")
    first = await newsroom.start("run")
    await until(lambda: newsroom.messages and newsroom.tweets)
    other = await newsroom.start("run")
    assert other.stderr
    while b"ready" not in await other.stderr.readline():
        pass
    first.kill()
    await first.communicate()
    await until(lambda: stored(newsroom)["tg"][0].state is PostState.SENT, within=60)  # its lease: 82 s
    await newsroom.stop(other)
    assert stored(newsroom)["tg"][1][-1] == "found by reconciler"
    assert len(newsroom.messages) == len(newsroom.tweets) == 1


async def test_a_persons_link_settles_what_cant_be_looked_for(newsroom: Newsroom) -> None:
    newsroom.config["channels"]["tg"]["read_back"] = "off"
    newsroom.site.stories = [story(1)]
    newsroom.sandbox.faults.add("telegram", "sendMessage", "reset_after_processing")
    assert (await newsroom.run("run", "--once")).status == 0
    post, _ = stored(newsroom)["tg"]
    assert post.state is PostState.UNKNOWN
    link = f"https://t.me/sandbox/{newsroom.messages[0].message_id}"
    resolved = (
        await newsroom.run("resolve", post.id, "sent", "--remote-id", f"{link}?single", "--json")
    ).json
    assert resolved["state"] == "sent"
    assert resolved["receipts"] == [{"part": 0, "remote_id": link.rpartition("/")[2], "url": link}]
