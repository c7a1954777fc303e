"""A front page and its sections that carry the same articles: each goes out once."""

import asyncio
import random
import re
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from hashlib import sha256
from html import escape
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryDirectory
from typing import Any, Self

from aiohttp import web
from sqlalchemy import select

from newsbot.ledger import schema
from newsbot.model import PostState
from newsbot.sandbox.telegram.state import SandboxChat
from tests.bench.rows import Row
from tests.chaos.kills import database
from tests.chaos.stage import TOKEN, Stage, until
from tests.newsroom.sources import Entry, body, document, each_edited

__all__ = ["WAYS", "doubles"]

WAYS = (("sqlite", 1, False), ("sqlite", 1, True), ("postgresql", 1, True), ("postgresql", 2, False))
"""The kind of database, how many services, and whether there is a desk."""

_FEEDS, _ARTICLES = 10, 97
_KEPT = 30  # items in a feed
_TEASERS = frozenset({2, 5})  # feeds that have an article's first sentence, so that its page is read
_PAGE = 1.5  # seconds that a page takes at most
_LATE = 12  # rounds
_GROUP, _ADMIN = -1001000000002, 111


class Paper:
    """The site. A round lasts until each feed was asked for once more, however busy the machine is.

    The front page has every article, each section some of them, rounds apart; a third of the articles is
    edited, and each feed shows that when it likes. A section has addresses and guids of its own.
    """

    def __init__(self, articles: int, feeds: int, late: int, seed: int) -> None:
        self.articles, self.feeds, self.late = articles, feeds, late
        self.chance = random.Random(seed)
        self.round = -1
        self.asked = [0] * feeds
        self.url = ""
        self.shown_at = [self._plan(number) for number in range(articles)]
        self.edited = [self.chance.choice((0, 0, 0, 1, 2, 3)) for _ in range(articles)]

    def _plan(self, number: int) -> dict[int, int]:
        """From which round on each feed has the article: all of them at once, or one after the other."""
        others = self.chance.sample(range(1, self.feeds), self.chance.randint(1, self.feeds - 1))
        spread = self.chance.choice((0, 1, 3, self.late))
        return {feed: number + self.chance.randint(0, spread) for feed in (0, *others)}

    @property
    def carried(self) -> int:
        return sum(map(len, self.shown_at))

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def publish(self, within: float) -> bool:
        """Show all rounds, and wait for one more poll of each feed."""
        for number in range(-1, self.articles + 2 * self.late):
            self.round, before = number, list(self.asked)
            if not await until(lambda before=before: self._asked_since(before), within, 0.05):  # type: ignore[misc]
                return False
        return True

    def _asked_since(self, before: list[int]) -> bool:
        return all(now > then for now, then in zip(self.asked, before, strict=True))

    def entry(self, number: int, feed: int) -> Entry:
        """An article as a feed has it now."""
        first = Entry(f"Report {number:03d} of the harbour council", body(100 + number), None, None, None)
        since = self.round - self.shown_at[number].get(feed, 0)
        edited = self.edited[number] if since > (number * 7 + feed * 3) % self.late else 0
        section = f"s{feed}" if feed % 2 else "news"
        link = f"{self.url}/{section}/{number}?utm_source=f{feed}"
        return replace(list(each_edited(first))[edited], link=link, guid=f"{section}-{number}")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        _, section, name = request.path.split("/", 2)
        if section != "feed":
            await asyncio.sleep(self.chance.uniform(0, _PAGE))
            return web.Response(text=self._page(section, int(name)), content_type="text/html")
        feed = int(name)
        text = self._feed(feed)
        etag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
        self.asked[feed] += 1
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=text, content_type="application/rss+xml", headers={"ETag": etag})

    def _feed(self, feed: int) -> str:
        later = self.round + 1
        has = [number for number, at in enumerate(self.shown_at) if at.get(feed, later) <= self.round]
        entries = [self.entry(number, feed) for number in reversed(has[-_KEPT:])]
        if feed in _TEASERS:
            entries = [replace(each, text=f"{each.text.partition('.')[0]}.") for each in entries]
        return document(*entries)

    def _page(self, section: str, number: int) -> str:
        entry = self.entry(number, int(section[1:]) if section[1:].isdigit() else 0)
        own = f"<link rel='canonical' href='{self.url}/news/{number}'>" if number % 2 else ""
        return (
            f"<!doctype html><html lang='en'><head><title>{escape(entry.title)}</title>{own}</head><body>"
            f"<article><h1>{escape(entry.title)}</h1><p>{escape(entry.text)}</p></article></body></html>"
        )


async def doubles(
    kind: str,
    services: int,
    desk: bool,  # noqa: FBT001  as `WAYS` has it
    *,
    articles: int = _ARTICLES,
    feeds: int = _FEEDS,
    late: int = _LATE,
    seed: int = 1,
    within: float = 120,
) -> list[Row]:
    """An article a round in up to ten feeds, to two channels: as many as half an hour brings.

    ``late``: rounds until the last of its feeds has an article. ``within``: seconds that a round, and what
    is left at the end, may take.
    """
    async with AsyncExitStack() as open_:
        folder = open_.enter_context(TemporaryDirectory())
        url = open_.enter_context(database(kind))
        paper = await open_.enter_async_context(Paper(articles, feeds, late, seed))
        stage = await open_.enter_async_context(Stage(Path(folder), url, channels=("tg", "x")))
        stage.configure(**_settings(stage, paper, desk=desk))
        for _ in range(services):
            await stage.start()
        shown = await paper.publish(within)
        quiet = await until(lambda: _is_settled(stage), within, 0.2)
        await asyncio.sleep(2)  # what would go out a second time
        for service in stage.services:
            service.signal(SIGTERM)
        ended = [await service.ended() for service in stage.services]
        name = f"{kind}, services: {services}, desk: {'yes' if desk else 'no'}"
        return _rows(name, stage, paper, ended, done=shown and quiet)


def _settings(stage: Stage, paper: Paper, *, desk: bool) -> dict[str, Any]:
    source = {"kind": "feed", "every": "1s", "backfill": 0}
    sources = {f"f{n}": {**source, "url": f"{paper.url}/feed/{n}"} for n in range(paper.feeds)}
    if not desk:
        return {"sources": sources}
    telegram = stage.sandbox.telegram
    telegram.add([SandboxChat(_GROUP, "supergroup", "Newsroom", bot="administrator")])
    told = {"api": stage.sandbox.telegram_url, "token": TOKEN, "chats": [_GROUP]}
    return {"sources": sources, "desk": {**told, "people": {str(_ADMIN): "admin"}}}


def _is_settled(stage: Stage) -> bool:
    """Nothing waits to be read, followed or sent."""
    with stage.ledger._database.read() as tx:
        change = tx.execute(select(schema.change.c.article_id).limit(1)).first()
    unread = stage.ledger.sources.count_stranded_articles(())
    return not (stage.waiting() or unread or change)


def _rows(name: str, stage: Stage, paper: Paper, ended: list[int | None], *, done: bool) -> list[Row]:
    out = Counter[tuple[str, str]]()
    for arrival in stage.arrivals:
        out.update((arrival.place, number) for number in re.findall(r"Report (\d+)", arrival.text))
    wanted = {(place, f"{n:03d}") for place in stage.channels for n in range(paper.articles)}
    held = stage.posts(PostState.HELD)
    return [
        Row(f"{name}: articles, and how often feeds carry them", f"{paper.articles}, {paper.carried}"),
        _none("doubled", [f"{key} {count}" for key, count in sorted(out.items()) if count > 1], len(wanted)),
        _none("lost", sorted(map(str, wanted - out.keys())), len(wanted)),
        _none("held", [f"{post.id}: {post.held_for}" for post in held], len(wanted)),
        Row("all were shown, read and sent in time", "yes" if done else "no", "yes", done),
        _none("tracebacks in the log", _tracebacks(stage.log), 0),
        Row("exit status of the services", str(ended), "0 each", not any(ended) and None not in ended),
    ]


def _tracebacks(log: str) -> list[str]:
    """The last line of each: what was raised."""
    after = [log[found.end() :].splitlines()[1:] for found in re.finditer("Traceback", log)]
    return [next((line for line in lines if line[:1].strip()), "") for lines in after]


def _none(what: str, found: list[str], of: int) -> Row:
    shown = f"{len(found)} of {of}" if of else str(len(found))
    return Row(what + (f": {'; '.join(found[:5])}" if found else ""), shown, "0", not found)
