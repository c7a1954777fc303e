"""Several processes of one newsroom on PostgreSQL: `engine: cluster`."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any

import aiohttp
import psycopg
import pytest

from newsbot.app.container import App
from newsbot.config.loading import load
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Image, Part, PostState
from newsbot.ports import NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from tests.bench.feeds import Feeds

from .newsroom import TOKEN, Newsroom, Story
from .test_service import until

CHANNELS, EACH = 4, 13  # 52 posts
FAST = {"overall": "100000/s", "per_chat": "1000/s", "per_group": "100000/min"}
ROLES = ("poll,work,send", "send,desk,web")


SHARED_MODEL = """
import asyncio, os
from pathlib import Path
from pydantic import BaseModel
from newsbot.model import Sentence, Summary

ASKED = Path(__file__).with_name("asked")

class SharedModel:
    class Settings(BaseModel):
        kind: str

    name, deadline = "a model", 90.0

    def __init__(self, settings): ...

    async def summarize(self, article):
        with ASKED.open("a") as file:
            file.write(f"{os.getpid()} {article.title}\\n")
        while len({line.split()[0] for line in ASKED.read_text().splitlines()}) < 2:
            await asyncio.sleep(0.1)
        return Summary((Sentence(article.text[:60], article.text[:60], 0, 0),), abstract=True)
"""


@pytest.fixture
async def cluster(newsroom: Newsroom, postgres_url: str) -> Newsroom:
    """A newsroom on PostgreSQL with four chats, of a platform that takes its time and has no rates."""
    newsroom.config |= {"database": postgres_url, "engine": "cluster"}
    site = newsroom.config["channels"]["tg"]
    chats = [-1002000000000 - n for n in range(CHANNELS)]
    newsroom.config["channels"] = {
        f"tg{n}": site | {"chat": chat, "pace": FAST} for n, chat in enumerate(chats)
    }
    for chat in chats:
        await order(newsroom, "chats", id=chat, type="channel", title=f"chat {chat}", bot="administrator")
    await order(newsroom, "rates", telegram={"overall": None, "per_chat": None, "per_group": None})
    fault = {"platform": "telegram", "match": "sendMessage", "kind": "latency", "times": 10_000}
    await order(newsroom, "faults", **fault, seconds=0.15)
    return newsroom


async def order(newsroom: Newsroom, what: str, **body: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{newsroom.sandbox.admin_url}/{what}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()


def queue(newsroom: Newsroom, ledger: Ledger, first: int = 0) -> set[tuple[str, str]]:
    """Queue `EACH` posts for each channel; return the channel and the text of each post."""
    newsroom._environ()
    app = App(load(newsroom.folder / "config.yaml", environ=newsroom.environ, secrets=True, places=False))
    now = SystemClock().now()
    wanted = set()
    for number in range(first, first + EACH):
        text = f"Item {number:03d}"
        found = ledger.articles.add_article("site", Article(text, f"{text}."), now=now)
        part = Part(text, len(text), 4096)
        drafts = [Draft(name, "telegram", (part,), target=app.targets[name]) for name in app.config.channels]
        due = now + timedelta(milliseconds=number)
        new = [NewPost(draft, due, None, Code.TEXT(words="at once")) for draft in drafts]
        ledger.posts.queue_posts(found, new, now=now, again=True)
        wanted |= {(draft.channel, text) for draft in drafts}
    return wanted


def arrived(newsroom: Newsroom) -> dict[int, list[str]]:
    """The texts in each chat, in the order of their arrival."""
    chats = newsroom.sandbox.telegram.chats.values()
    return {chat.id: [str(message.text) for message in chat.messages] for chat in chats if chat.id < -1002000}


def settled(ledger: Ledger) -> Counter[PostState]:
    return Counter(post.state for post in ledger.posts.list_posts(limit=None))


async def meddle(url: str, how: str) -> None:
    """Lose jobs, or do them twice, again and again."""
    statements = {
        "lost": "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND random() < 0.5",
        "doubled": "INSERT INTO procrastinate_jobs (queue_name, task_name, args) SELECT 'send', 'drain', "
        "jsonb_build_object('key', 'tg' || n) FROM generate_series(0, 3) AS n",
    }
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        while True:
            with suppress(psycopg.errors.UndefinedTable):
                await connection.execute(statements[how].encode())
            await asyncio.sleep(0.02)


async def test_two_processes_of_which_one_is_killed_send_each_post_once_and_in_order(
    cluster: Newsroom,
) -> None:
    workers = [await cluster.start("run", "--roles", roles) for roles in ROLES]
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 2)
    wanted = queue(cluster, ledger)
    await until(lambda: sum(map(len, arrived(cluster).values())) > 10)
    in_flight = settled(ledger)[PostState.SENDING]
    workers[0].kill()
    await workers[0].communicate()
    await until(lambda: not settled(ledger).keys() - {PostState.SENT, PostState.UNKNOWN})
    states = settled(ledger)
    await check(cluster, ledger, wanted)
    ledger.close()
    assert states[PostState.UNKNOWN] <= max(in_flight, CHANNELS)
    ran = await cluster.stop(workers[1])
    assert ran.status == 0, ran.err


def running(ledger: Ledger) -> int:
    try:
        return len(ledger.list_running_services())
    except Exception:  # noqa: BLE001  the tables may not be there yet
        return 0


async def check(newsroom: Newsroom, ledger: Ledger, wanted: set[tuple[str, str]]) -> None:
    """Nothing is lost, nothing is doubled, and what is out on a channel is in the order of its posts."""
    posts = ledger.posts.list_posts(limit=None)
    assert {(post.channel, post.parts[0].text) for post in posts} == wanted
    for chat, texts in arrived(newsroom).items():
        assert texts == sorted(set(texts)), chat
    sent = Counter(post.parts[0].text for post in posts if post.state is PostState.SENT)
    there = Counter(text for texts in arrived(newsroom).values() for text in texts)
    assert not sent - there


@pytest.mark.parametrize("how", ["lost", "doubled"])
async def test_jobs_that_are_lost_or_doubled_lose_and_double_no_post(cluster: Newsroom, how: str) -> None:
    meddling = asyncio.create_task(meddle(cluster.config["database"], how))
    workers = [await cluster.start("run", "--roles", "send") for _ in range(2)]
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 2)
    wanted = queue(cluster, ledger)
    await until(lambda: settled(ledger) == {PostState.SENT: CHANNELS * EACH})
    meddling.cancel()
    await check(cluster, ledger, wanted)
    ledger.close()
    for worker in workers:
        ran = await cluster.stop(worker)
        assert ran.status == 0, ran.err
        assert "failed" not in ran.err


async def test_an_article_goes_out_though_each_role_is_another_process(cluster: Newsroom) -> None:
    body = "<p>The council approved the ferry line on Tuesday after a debate of four hours.</p>" * 2
    cluster.site.stories = [Story("ferry", "Council approves its ferry", body)]
    workers = [await cluster.start("run", "--roles", roles) for roles in ("poll", "work", "send")]
    await until(lambda: sum(map(len, arrived(cluster).values())) == CHANNELS)
    for worker in workers:
        ran = await cluster.stop(worker)
        assert ran.status == 0, ran.err
        assert TOKEN not in ran.err


async def test_all_processes_join_the_articles_of_one_poll_and_no_paid_call_is_made_twice(
    cluster: Newsroom,
) -> None:
    """More articles than one process works on at a time, and a model that waits for the second process."""
    count = 40
    body = "<p>Council number {n} approved ferry line {n} on Tuesday after a debate of {n} hours.</p>" * 2
    cluster.site.stories = [Story(f"s{n}", f"Ferry line {n} opens", body.format(n=n)) for n in range(count)]
    cluster.config["sources"]["site"]["full_text"] = "feed"
    cluster.config["channels"] = {"tg0": cluster.config["channels"]["tg0"]}
    cluster.config["summarizer"] = {"kind": "shared_model:SharedModel"}
    (cluster.folder / "shared_model.py").write_text(SHARED_MODEL)
    cluster.environ["PYTHONPATH"] = str(cluster.folder)
    workers = [await cluster.start("run", "--roles", roles) for roles in ("poll", "work", "work")]
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 3)
    await until(lambda: len(ledger.posts.list_posts(limit=None)) == count, 120)
    asked = [line.split(" ", 1) for line in (cluster.folder / "asked").read_text().splitlines()]
    assert len({pid for pid, _ in asked}) == 2
    assert Counter(title for _, title in asked) == Counter(story.title for story in cluster.site.stories)
    titles = Counter(post.article_title for post in ledger.posts.list_posts(limit=None))
    assert set(titles.values()) == {1}
    ledger.close()
    for worker in workers:
        ran = await cluster.stop(worker)
        assert ran.status == 0, ran.err


async def test_what_is_out_is_withdrawn_by_any_process_that_sends(cluster: Newsroom) -> None:
    workers = [await cluster.start("run", "--roles", "send") for _ in range(2)]
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 2)
    queue(cluster, ledger)
    await until(lambda: settled(ledger) == {PostState.SENT: CHANNELS * EACH})
    gone = [post for post in ledger.posts.list_posts(limit=None) if post.parts[0].text == "Item 007"]
    ran = await cluster.run("takedown", gone[0].article_id)
    assert ran.status == 0, ran.err
    await until(lambda: not any("Item 007" in texts for texts in arrived(cluster).values()))
    assert sum(map(len, arrived(cluster).values())) == CHANNELS * (EACH - 1)
    ledger.close()
    for worker in workers:
        assert (await cluster.stop(worker)).status == 0


async def test_two_pollers_share_the_feeds_and_one_takes_over_those_of_the_other(cluster: Newsroom) -> None:
    site, every, count = Feeds(), 3.0, 30
    await site.start()
    cluster.config["sources"] = {
        f"s{n}": {"kind": "feed", "url": f"{site.url}/feed/{n}", "every": f"{every:g}s"} for n in range(count)
    }
    pollers = [await cluster.start("run", "--roles", "poll") for _ in range(2)]
    await until(lambda: sum(len(times) >= 3 for times in site.asked.values()) == count, 120)
    pollers[0].kill()
    await pollers[0].communicate()
    killed = monotonic()
    await until(lambda: all(times[-2] > killed for times in site.asked.values()), 120)
    for times in site.asked.values():
        assert len(times) <= (monotonic() - times[0]) / every + 2
    ran = await cluster.stop(pollers[1])
    assert ran.status == 0, ran.err
    await site.stop()


async def test_a_photo_is_fetched_long_before_its_post_is_due(cluster: Newsroom) -> None:
    worker = await cluster.start("run", "--roles", "send")
    ledger = open_ledger(cluster.config["database"])
    await until(lambda: running(ledger) == 1)
    due = SystemClock().now() + timedelta(seconds=45)
    found = ledger.articles.add_article("site", Article("g", "Text."), now=SystemClock().now())
    media = (Image(f"{cluster.site.url}/photo.png", "a ferry"),)
    draft = Draft("tg0", "telegram", (Part("Text.", 5, 1024, media=media),))
    new = NewPost(draft, due, None, Code.TEXT(words="later"))
    ledger.posts.queue_posts(found, [new], now=SystemClock().now(), again=True)
    await until(lambda: "/photo.png" in cluster.site.requests)
    assert SystemClock().now() < due - timedelta(seconds=2)
    ledger.close()
    ran = await cluster.stop(worker)
    assert ran.status == 0, ran.err


async def test_on_sqlite_the_engine_cluster_is_one_clear_mistake(cluster: Newsroom) -> None:
    cluster.config["database"] = "sqlite:///newsbot.db"
    for command in ("check", "run"):
        ran = await cluster.run(command)
        assert ran.status == 2
        assert "engine: cluster needs PostgreSQL." in ran.err
        assert len(ran.err.strip().splitlines()) == 1
