"""A newsroom whose articles all come from people: by the command line, and by the desk."""

from typing import Any

import pytest

from .desk import Desk
from .newsroom import Newsroom, Story
from .test_service import until

STORY = Story("story-1", "Council approves its ferry", "<p>The council approved the ferry on Tuesday.</p>")


@pytest.mark.parametrize("sources", [{}, None, "absent"])
async def test_people_post_by_the_command_line(newsroom: Newsroom, sources: Any) -> None:
    newsroom.config["sources"] = sources
    if sources == "absent":
        del newsroom.config["sources"]
    newsroom.site.stories = [STORY]
    checked = await newsroom.run("check")
    assert checked.status == 0, checked.err
    assert "no source" in checked.out
    posted = await newsroom.run("post", f"{newsroom.site.url}/story-1", "--json")
    assert [post["state"] for post in posted.json] == ["scheduled", "scheduled"], posted.err
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)
    status = await newsroom.run("status", "--json")
    assert status.json["sources"] == []
    assert [channel["sent_24h"] for channel in status.json["channels"]] == [1, 1]
    shown = await newsroom.run("status")
    assert shown.status == 0, shown.err


async def test_they_post_by_the_desk_and_beside_the_service_too(newsroom: Newsroom) -> None:
    newsroom.config["sources"] = {}
    desk = Desk(newsroom)
    newsroom.site.stories = [STORY]
    service = await newsroom.start("run")
    posted = await newsroom.run("post", f"{newsroom.site.url}/story-1", "--channel", "x")
    assert posted.status == 0, posted.err
    await until(lambda: newsroom.tweets)
    desk.say(f"/post {newsroom.site.url}/story-1 tg")
    channel = newsroom.sandbox.telegram.chat("@sandbox")
    await until(lambda: [m for m in channel.messages if "Council approves" in m.text])
    ended = await newsroom.stop(service)
    assert ended.status == 0, ended.err
