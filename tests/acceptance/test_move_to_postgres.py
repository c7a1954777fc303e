"""A newsroom on SQLite outgrows it: stopped, moved and started again, nothing doubled and nothing lost."""

from collections import Counter
from typing import Any

import pytest

from .newsroom import Newsroom
from .test_service import story, until

STORIES = 5


def set_channels(newsroom: Newsroom, **settings: Any) -> None:
    for channel in newsroom.config["channels"].values():
        channel.update(settings)


@pytest.mark.slow
async def test_a_newsroom_moves_with_all_that_it_has_queued(newsroom: Newsroom, postgres_url: str) -> None:
    set_channels(newsroom, schedule={"gap": "1h"})
    newsroom.site.stories = [story(n) for n in range(STORIES)]
    service = await newsroom.start("run")
    await until(lambda: len(newsroom.messages) == len(newsroom.tweets) == 1)
    refused = await newsroom.run("db", "move", postgres_url)
    assert refused.status == 1
    assert "stop it first" in refused.err
    await until(lambda: newsroom.site.polls() >= 2)
    await newsroom.stop(service)
    queued = (await newsroom.run("queue", "--json")).json
    assert len(queued) == 2 * (STORIES - 1)

    moved = await newsroom.run("db", "move", postgres_url)
    assert (moved.status, moved.err) == (0, "")
    assert (
        moved.out.splitlines()[-1] == f"In config.yaml, write `database: {postgres_url}`, then start newsbot."
    )
    old = await newsroom.run("run", "--once")
    assert old.status == 1
    assert "was moved to" in old.err

    newsroom.config["database"] = postgres_url
    assert (await newsroom.run("queue", "--json")).json == queued
    set_channels(newsroom, schedule={"gap": "0s"})
    newsroom.site.stories.append(story(STORIES))  # found while nothing ran
    service = await newsroom.start("run")
    assert (await newsroom.run("now", *[post["id"] for post in queued])).status == 0
    await until(lambda: len(newsroom.messages) >= STORIES + 1 and len(newsroom.tweets) >= STORIES + 1)
    polls = newsroom.site.polls()
    await until(lambda: newsroom.site.polls() >= polls + 2)
    await newsroom.stop(service)
    for texts in ([m.text for m in newsroom.messages], [t.text for t in newsroom.tweets]):
        assert len(texts) == STORIES + 1
        assert Counter(texts).most_common(1)[0][1] == 1
    states = {post["state"] for post in (await newsroom.run("posts", "--json")).json}
    assert states == {"sent"}
    status = await newsroom.run("status", "--json")
    assert status.json.get("restored") is None, status.out

    newsroom.config["database"] = "sqlite:///newsbot.db"  # somebody puts the old line back
    assert (await newsroom.run("run", "--once")).status == 1
    assert len(newsroom.messages) == STORIES + 1
