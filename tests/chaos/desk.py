"""kill -9 between a command to the desk and its answer: each took effect once or not at all, as it says."""

import asyncio
import random
import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import psycopg

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Post
from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.state import Message
from tests.acceptance.desk import GROUP, Desk, labels
from tests.acceptance.newsroom import Newsroom, Site
from tests.bench.rows import Row
from tests.chaos.server import SKIPPED, Server, binaries
from tests.forkserver import ForkedProcess
from tests.ledger.making import add, new_post

__all__ = ["interrupted", "taken_over"]

_VERBS = {"approve": "approved", "cancel": "cancelled", "move": "rescheduled"}
_ANSWERED = re.compile(r"^(Approved|Dropped|Moved)\.")
_DONE = re.compile(r"^Done, though I was interrupted")
_NOT_DONE = re.compile(r"^I was interrupted before doing this")
_ANSWERS_WITHIN = 10.0  # seconds
_POLLER = """
    SELECT pid FROM lease JOIN instance ON instance.id = lease.holder
    WHERE name LIKE 'desk of %' AND to_timestamp(lease.until / 1000000.0) > clock_timestamp()
"""


async def interrupted(rounds: int, *, seed: int = 1) -> list[Row]:
    """``rounds`` commands, each with a service that is killed at some moment of it, and another after it."""
    chance, said, wrong = random.Random(seed), Counter[str](), list[str]()
    site = Site()
    await site.start()
    with TemporaryDirectory() as folder:
        async with Sandbox() as sandbox:
            newsroom = Newsroom(Path(folder), sandbox, site)
            try:
                await _rounds(newsroom, rounds, chance, said, wrong)
            finally:
                await newsroom.close()
    await site.stop()
    return _rows(rounds, said, wrong)


def _rows(rounds: int, said: Counter[str], wrong: list[str]) -> list[Row]:
    return [
        Row("commands whose service was killed", str(rounds), str(rounds), said.total() == rounds),
        *(Row(f"the desk said: {what}", str(count)) for what, count in said.most_common()),
        Row("took effect otherwise than it said", str(len(wrong)), "0", not wrong),
        *(Row("wrong", each) for each in wrong[:5]),
    ]


async def taken_over(rounds: int, *, workers: int = 3, seed: int = 1) -> list[Row]:
    """Commands to one of several services, which is killed (and each third time stopped) meanwhile.

    Another service becomes the desk.
    """
    chance, said, wrong, took = random.Random(seed), Counter[str](), list[str](), list[float]()
    programs, site = binaries(), Site()
    if programs is None:
        return SKIPPED
    await site.start()
    with TemporaryDirectory() as folder:
        async with Server(programs) as server, Sandbox() as sandbox:
            url = server.url
            newsroom = Newsroom(Path(folder), sandbox, site)
            newsroom.config |= {"database": url, "engine": "cluster"}
            desk = _open_desk(newsroom)
            services = [await newsroom.start("run") for _ in range(workers)]
            await desk.asks("/help", "what waits", within=60)
            ledger = open_ledger(url)
            for number in range(rounds):
                verb, post, before = await _say(desk, ledger, chance, number)
                poller = await _find_poller(url, services)
                services.remove(poller)
                answer = "what waits"
                if number % 3 == 2:
                    poller.send_signal(signal.SIGTERM)
                    # A service that stops may still hear the command; then the next says it was interrupted.
                    answer += r"|interrupted before doing this[\s\S]*/help"
                else:
                    poller.kill()
                began = monotonic()
                await desk.asks("/help", answer, within=60)
                took.append(monotonic() - began)
                await poller.communicate()
                services.append(await newsroom.start("run"))
                await _check(desk, ledger, verb, post, before, said, wrong)
            for service in services:
                await newsroom.stop(service)
            ledger.close()
            await newsroom.close()
    await site.stop()
    longest = max(took)
    return [
        Row(
            "another service answers after at the most",
            f"{longest:.1f} s",
            f"<= {_ANSWERS_WITHIN:g} s",
            longest <= _ANSWERS_WITHIN,
        ),
        *_rows(rounds, said, wrong),
    ]


async def _find_poller(url: str, services: list[ForkedProcess]) -> ForkedProcess:
    """The service that is the bot's desk."""
    by_pid = {service.pid: service for service in services}
    async with asyncio.timeout(60):
        while True:
            with psycopg.connect(url) as session:
                row = session.execute(_POLLER).fetchone()
            if row is not None and row[0] in by_pid:
                return by_pid[row[0]]
            await asyncio.sleep(0.01)


def _open_desk(newsroom: Newsroom) -> Desk:
    desk = Desk(newsroom)
    desk.telegram.pace.per_chat = desk.telegram.pace.per_group = None
    newsroom.config["sources"]["site"] |= {"backfill": 0, "every": "1h"}
    return desk


async def _rounds(
    newsroom: Newsroom, rounds: int, chance: random.Random, said: Counter[str], wrong: list[str]
) -> None:
    desk = _open_desk(newsroom)
    service = await newsroom.start("run")
    await desk.asks("/help", "what waits", within=60)
    ledger = open_ledger("sqlite:///newsbot.db", base=newsroom.folder)
    for number in range(rounds):
        verb, post, before = await _say(desk, ledger, chance, number)
        service.kill()
        await service.communicate()
        service = await newsroom.start("run")
        await _check(desk, ledger, verb, post, before, said, wrong)
    await newsroom.stop(service)
    ledger.close()


async def _say(desk: Desk, ledger: Ledger, chance: random.Random, number: int) -> tuple[str, Post, int]:
    """A command about a new post, and a moment of it; its verb, the post, and how much the desk has said."""
    verb = chance.choice(list(_VERBS))
    post = _held(ledger, f"story {number}")
    before = len(desk.chat())
    desk.say(f"/{verb} {post.id} +2h" if verb == "move" else f"/{verb} {post.id}")
    await asyncio.sleep(chance.choice([0.0, 0.02, 0.03, 0.04, 0.06]) * chance.random() * 2)
    return verb, post, before


async def _check(
    desk: Desk,
    ledger: Ledger,
    verb: str,
    post: Post,
    before: int,
    said: Counter[str],
    wrong: list[str],
) -> None:
    what = await _word(desk, before, post)
    said[what] += 1
    done = _times(ledger, post.id, verb)
    if done != (what != "interrupted, not done"):
        wrong.append(f"/{verb} {post.id}: {what}, and was done {done} times")
    await _again(desk, what, post)
    if (done := _times(ledger, post.id, verb)) != 1:
        wrong.append(f"/{verb} {post.id}: in the end done {done} times")


def _held(ledger: Ledger, title: str) -> Post:
    now = datetime.now(UTC)
    due = now + timedelta(hours=3)
    made = new_post("tg", due_at=due, expires_at=due + timedelta(days=1), held_for="approval")
    return add(ledger, made, guid=title, now=now)[0]


async def _word(desk: Desk, before: int, post: Post) -> str:
    """What the desk says of the command, at once or after its restart."""
    found = await _until(desk, before, (_ANSWERED, _DONE, _NOT_DONE), post)
    if _NOT_DONE.search(found.text):
        return "interrupted, not done"
    return "done, and said after the restart" if _DONE.search(found.text) else "answered"


async def _again(desk: Desk, what: str, post: Post) -> None:
    """Who is asked says yes, once."""
    if what != "interrupted, not done":
        return
    asked = [m for m in desk.chat() if _NOT_DONE.search(m.text)][-1]
    after = len(desk.chat())
    desk.press(asked, labels(asked)[0])
    await _until(desk, after, (_ANSWERED,), post, pops=True)


async def _until(
    desk: Desk, before: int, patterns: tuple[re.Pattern[str], ...], post: Post, *, pops: bool = False
) -> Message:
    """What is said of this post; of the one before it something may still come."""
    popped = len(desk.telegram.callback_answers)
    async with asyncio.timeout(60):
        while True:
            for message in desk.chat(GROUP)[before:]:
                about = post.id in message.text or post.article_id in message.text
                if about and any(pattern.search(message.text) for pattern in patterns):
                    return message
            if pops and any(a.get("text") for a in desk.telegram.callback_answers[popped:]):
                return desk.chat(GROUP)[-1]
            await asyncio.sleep(0.01)


def _times(ledger: Ledger, post: str, verb: str) -> int:
    return sum(
        event.event == _VERBS[verb] and event.by == "tg:222" for event in ledger.posts.list_events(post)
    )
