"""A real service whose summaries a model writes: a feed's article, its post, its preview and its story."""

import pytest

from newsbot.sandbox.model import KEY, MODEL

from .newsroom import Newsroom, Story
from .test_service import until

BODY = (
    "<p>The council of Harbour approved the ferry line on Tuesday after a debate of four hours.</p>"
    "<p>The line will cost 4.2 million pounds and open in spring.</p>"
    "<p>Mayor Ann Lee said the town had waited for ten years.</p>"
    "<p>A first ship is being built in Rostock for the crossing.</p>"
)
WRITTEN = "A first ship is being built in Rostock for the crossing. The council of Harbour approved"


@pytest.fixture
def room(newsroom: Newsroom) -> Newsroom:
    """The newsroom's summarizer is the sandbox's model."""
    newsroom.config["summarizer"] = {
        "kind": "llm",
        "base_url": newsroom.sandbox.model_url,
        "model": MODEL,
        "api_key": KEY,
        "deadline": "5s",
        "budget": {"month_usd": 5, "input_usd_per_mtok": 0.5, "output_usd_per_mtok": 2},
    }
    newsroom.site.stories = [Story("ferry", "Ferry line approved", BODY)]
    return newsroom


async def test_preview_post_and_service_pay_for_one_summary_of_each_style(room: Newsroom) -> None:
    address = f"{room.site.url}/ferry"
    shown = (await room.run("preview", address, "--json")).json
    telegram = next(each for each in shown if each["kind"] == "telegram")
    assert WRITTEN in telegram["parts"][0]["text"]
    claims = [(each["text"], each["source_sentence"]) for each in telegram["summary"]]
    assert claims[0][0] == claims[0][1] == "A first ship is being built in Rostock for the crossing."
    paid = room.sandbox.model.paid.total()
    assert paid == len({each["kind"] for each in shown})  # Telegram and X want another length each.
    await room.run("run", "--once")
    assert WRITTEN in room.messages[0].text
    assert room.sandbox.model.paid.total() == paid
    status = (await room.run("status", "--json")).json
    assert 0 < status["summarizer"]["budget"]["month_to_date_usd"] < 0.1
    post = (await room.run("posts", "--json")).json[0]
    assert f"written by {MODEL}, prompt summary.prompt.j2" in (await room.run("show", post["id"])).out
    assert room.sandbox.violations == []


async def test_a_model_that_hangs_holds_no_post_up_and_the_story_says_why(room: Newsroom) -> None:
    room.config["summarizer"]["deadline"] = "2s"
    room.sandbox.faults.add("model", "POST *", "hang_before_processing", times=100)
    service = await room.start("run")
    await until(lambda: bool(room.messages), within=60)
    ended = await room.stop(service)
    assert ended.status == 0, ended.err
    assert "The council of Harbour approved" in room.messages[0].text
    assert WRITTEN not in room.messages[0].text
    post = (await room.run("posts", "--json")).json[0]
    timeline = (await room.run("show", post["id"], "--json")).json["timeline"]
    [why] = [each for each in timeline if each["event"] == "summary"]
    assert why["reason"]["text"] == f"llm {MODEL}: gave no answer within 2 s"
    assert KEY not in ended.err
