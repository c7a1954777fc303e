"""A summarizer behind HTTP, slow or answering, under a real service that is killed with -9."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from .newsroom import Newsroom, Ran, Story
from .test_service import until

# The summarizer of a newsroom of its own, as config.yaml may name one.
PLUGIN = """
import aiohttp
from pydantic import BaseModel

from newsbot.errors import SummarizerError
from newsbot.model import Sentence, Summary


class ModelSummarizer:
    class Settings(BaseModel):
        kind: str
        url: str
        deadline: float = 4.0

    name = "a model on loopback"

    def __init__(self, settings):
        self.url, self.deadline = settings.url, settings.deadline

    async def summarize(self, article):
        async with aiohttp.ClientSession() as session:
            async with session.post(self.url, json={"title": article.title}) as answer:
                if answer.status != 200:
                    raise SummarizerError(f"answered HTTP {answer.status}")
                text = (await answer.json())["text"]
        return Summary((Sentence(text, article.text[:60], 0, 0),), abstract=True)
"""


@dataclass
class Model:
    """A model's endpoint: it counts what it is asked, and each answer costs."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    hangs: set[str] = field(default_factory=set)
    fails: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        title = (await request.json())["title"]
        self.asked.append(title)
        if title in self.hangs:
            await asyncio.sleep(45)  # over 30 seconds past the deadline
        return web.json_response({"text": f"In short: {title}."}, status=500 if title in self.fails else 200)


@pytest.fixture
async def model(newsroom: Newsroom) -> AsyncIterator[Model]:
    """The newsroom's summarizer is the model."""
    model, app = Model(), web.Application()
    app.router.add_post("/", model.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    model.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    (newsroom.folder / "model_plugin.py").write_text(PLUGIN)
    newsroom.environ["PYTHONPATH"] = str(newsroom.folder)
    newsroom.config["summarizer"] = {"kind": "model_plugin:ModelSummarizer", "url": model.url}
    del newsroom.config["channels"]["x"]
    yield model
    await runner.cleanup()


def story(n: int) -> Story:
    body = f"<p>Council number {n} approved the ferry line on Tuesday after a debate of four hours.</p>" * 2
    return Story(f"story-{n}", f"Council {n} approves its ferry", body)


async def run(newsroom: Newsroom, *arguments: str) -> Ran:
    """The command to its end, as a process of its own, which finds the plugin."""
    process = await newsroom.start(*arguments)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    return Ran(process.returncode, out.decode(), err.decode())


def texts(newsroom: Newsroom) -> list[str]:
    return [str(message.text) for message in newsroom.messages]


def stored(newsroom: Newsroom) -> int:
    """How many answers of the model the ledger has."""
    path = newsroom.folder / "newsbot.db"
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as raw:
        query = "SELECT count(*) FROM stage_result WHERE stage = 'summarize' AND result IS NOT NULL"
        try:
            return int(raw.execute(query).fetchone()[0])
        except sqlite3.OperationalError:  # The service has not made its tables yet.
            return 0


async def test_a_slow_answer_and_an_error_hold_up_nothing_else(newsroom: Newsroom, model: Model) -> None:
    newsroom.site.stories = [story(n) for n in range(4)]  # the oldest is the first in order
    slow, broken = newsroom.site.stories[0].title, newsroom.site.stories[1].title
    model.hangs, model.fails = {slow}, {broken}
    newsroom.config["summarizer"]["deadline"] = 12.0
    service = await newsroom.start("run")
    await until(lambda: len(newsroom.messages) >= 3, within=60)
    early = texts(newsroom)
    newsroom.site.stories = [*newsroom.site.stories, story(9)]
    await until(lambda: len(newsroom.messages) >= 4)
    assert not any(slow in text for text in texts(newsroom))  # What is found meanwhile goes out as well.
    await until(lambda: len(newsroom.messages) >= 5, within=60)
    ended = await newsroom.stop(service)
    assert ended.status == 0, ended.err
    assert sum("In short" in text for text in early) == 2
    [failed] = [text for text in texts(newsroom) if broken in text]
    [late] = [text for text in texts(newsroom) if slow in text]
    assert "In short" not in failed + late
    assert "approved the ferry line" in late
    assert sorted(model.asked) == sorted(each.title for each in newsroom.site.stories)
    assert len(newsroom.messages) == 5


async def test_kill_9_after_an_answer_was_stored_pays_nothing_twice_and_loses_nothing(
    newsroom: Newsroom, model: Model
) -> None:
    newsroom.site.stories = [story(n) for n in range(3)]
    open_call, *answered = (each.title for each in newsroom.site.stories)
    model.hangs = {open_call}
    newsroom.config["summarizer"]["deadline"] = 60.0
    await run(newsroom, "pause", "all")
    service = await newsroom.start("run")
    await until(lambda: stored(newsroom) == 2 and open_call in model.asked)
    service.kill()
    await service.communicate()
    assert newsroom.messages == []
    model.hangs = set()
    await run(newsroom, "resume", "all")
    await run(newsroom, "run", "--once")
    assert sorted(model.asked) == sorted([open_call, *answered])
    found = texts(newsroom)
    assert len(found) == 3
    for title in answered:
        assert any(f"In short: {title}." in text for text in found)
    [interrupted] = [text for text in found if open_call in text]
    assert "approved the ferry line" in interrupted


async def test_what_is_pushed_is_summarized_before_it_is_queued(newsroom: Newsroom, model: Model) -> None:
    newsroom.site.stories = [story(1)]
    address = f"{newsroom.site.url}/story-1"
    posted = [await run(newsroom, "post", address, *more, "--json") for more in ((), ("--again",))]
    for each in posted:
        shown = await run(newsroom, "show", each.json[0]["id"])
        assert "In short: Council 1 approves its ferry." in shown.out
    assert model.asked == ["Council 1 approves its ferry"]
