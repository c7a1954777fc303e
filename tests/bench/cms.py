"""A real WordPress with 100 000 posts: what a poll costs, and what newsbot notices of its editors' acts.

The editors act in `editors`; here the service runs as `newsbot run` does, and what it notices is compared.
Needs what `tests.sources.database.wp` names; without it, there are no rows.
"""

import asyncio
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import yaml
from sqlalchemy import text

from newsbot.app.container import App
from newsbot.app.service import run
from newsbot.config import load
from newsbot.model import Item, PostState
from newsbot.newsroom.polling import SourcePoller, Visit
from newsbot.ports import PollRequest
from newsbot.sources.database.source import DatabaseSettings, DatabaseSource
from tests.bench.editors import Editors, Work
from tests.bench.rows import Row
from tests.ledger.exchanges import get_source
from tests.sources.database.wp import Site, missing, site

__all__ = ["measure"]

POSTS = 100_000
EVERY = "1s"  # between polls
POLLS = 40  # in the first, the newest post is looked after: it might not be whole
WRITER = "newsbot_bench"  # an account that may write, to show that nothing is written


def measure(acts: int) -> list[Row]:
    if why := missing():
        print(f"cms: skipped, {why}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder, site(Path(folder) / "site") as one:
        one.bulk(POSTS)
        return asyncio.run(_measured(one, Path(folder), acts))


async def _measured(one: Site, folder: Path, acts: int) -> list[Row]:
    bare = await _poll_cost(one)
    one.sql.run("CREATE INDEX newsbot ON wp_posts (post_modified_gmt)")
    indexed = await _poll_cost(one)
    return [
        Row("poll at 100 000 posts, nothing new, no index", f"{bare[0]:.0f} ms", "<= 500 ms", bare[0] <= 500),
        Row("newsbot's CPU for it", f"{bare[1]:.1f} ms", "<= 5 ms", bare[1] <= 5),
        Row("the same with the index", f"{indexed[0]:.1f} ms", "<= 20 ms", indexed[0] <= 20),
        Row("newsbot's CPU for it", f"{indexed[1]:.1f} ms", "<= 5 ms", indexed[1] <= 5),
        *await _Newsroom(one, folder).run(acts),
    ]


async def _poll_cost(one: Site) -> tuple[float, float]:
    """Median milliseconds from asking to the answer, and of this process's CPU."""
    settings = DatabaseSettings.model_validate(
        {"kind": "database", "url": one.database, "preset": "wordpress"}
    )
    source, walls, cpus = DatabaseSource("cms", settings, None, None), [], []
    cursor = (await source.poll({})).cursor
    for _ in range(POLLS):
        wall, cpu = time.perf_counter(), time.process_time()
        cursor = (await source.poll(cursor)).cursor
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    await source.close()
    return median(walls[2:]), median(cpus[2:])


class _Recording:
    """The detector, and what it noticed: id, what, item and time."""

    def __init__(self, detector: SourcePoller) -> None:
        self._detector = detector
        self.noticed: list[tuple[int, str, Item | None, datetime]] = []
        self.failed: list[str] = []

    async def visit(self, request: PollRequest) -> Visit:
        visit = await self._detector.visit(request)
        name, result = request.source, visit.result
        if result and result.error:
            self.failed.append(result.error.message)
        if name == "cms" and result:
            now = datetime.now(UTC)
            self.noticed += [(_number(item.guid), "new", item, now) for item in result.take]
            self.noticed += [(_number(item.guid), "changed", item, now) for item in result.changed]
            self.noticed += [(_number(guid), "gone", None, now) for guid in result.gone]
        return visit


def _number(guid: str) -> int:
    return int(re.findall(r"\d+", guid)[-1])


class _Newsroom:
    """newsbot as `newsbot run`, on the site's database and on its feed at once, and the site's editors."""

    def __init__(self, one: Site, folder: Path) -> None:
        self.site = one
        self.last = max(one.sql.column("SELECT MAX(ID) FROM wp_posts"))
        self.editors = Editors(one, seed=7, old=self.last)
        self.over = False
        config = {
            "sources": {
                "cms": {"kind": "database", "url": self._account(), "preset": "wordpress", "every": EVERY},
                "feed": {"kind": "feed", "url": one.feed, "every": EVERY},
            },
            "channels": {"screen": {"kind": "console", "approval": "one", "schedule": {"expire": "3000d"}}},
            "network": {"allow_private": True},
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        self.app = App(load(folder / "config.yaml", environ={}))
        self.recording = self.app.__dict__["detector"] = _Recording(self.app.detector)

    def _account(self) -> str:
        run = self.site.sql.run
        run(f"CREATE OR REPLACE USER {WRITER}@'127.0.0.1' IDENTIFIED BY 'bench'")
        run(f"GRANT ALL ON {self.site.told['database'].rpartition('/')[2]}.* TO {WRITER}@'127.0.0.1'")
        run("SET GLOBAL log_output = 'TABLE'")
        run("TRUNCATE mysql.general_log")
        run("SET GLOBAL general_log = ON")
        return str(self.site.database.replace("root@", f"{WRITER}:bench@"))

    async def run(self, acts: int) -> list[Row]:
        self.app.ledger.prepare(upgrade=True)
        service = asyncio.create_task(run(self.app))
        for name in ("cms", "feed"):
            while not (await self.app.on_ledger(get_source, self.app.ledger.sources, name)).first_poll_at:
                await asyncio.sleep(0.5)
        watching = asyncio.create_task(asyncio.to_thread(self._sees))
        try:
            await asyncio.to_thread(self.editors.run, acts)
            await asyncio.sleep(15)  # what is read once more when it is ten seconds old would come again now
            rows = self._rows(acts)
        finally:
            self.over = True
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.gather(service, watching, return_exceptions=True)
            await self.app.close()
            self.site.sql.run("SET GLOBAL general_log = OFF")
            self.site.sql.run(f"DROP USER {WRITER}@'127.0.0.1'")
        return rows

    def _sees(self) -> None:
        """When each article is published, as anybody sees it who asks twenty times a second."""
        asked = text("SELECT post_title FROM wp_posts WHERE post_status = 'publish' AND ID > :last")
        with self.site.sql.writer() as connection:
            while not self.over:
                now = datetime.now(UTC)
                for title in connection.execute(asked, {"last": self.last}).scalars().all():
                    work = self.editors.works.get(title)
                    if work and not work.published:
                        work.published = now
                connection.rollback()
                time.sleep(0.05)

    # ---- what came of it

    def _rows(self, acts: int) -> list[Row]:
        works = {work.number: work for work in self.editors.works.values()}
        noticed: dict[int, list[str]] = {number: [] for number in works}
        for number, what, _, _ in self.recording.noticed:
            unknown = what == "gone" and not noticed.get(number)  # it waits yet: the ledger passes over it
            if (number in works and not unknown) or what == "new":  # the bulk's have no posts
                noticed.setdefault(number, []).append(what)
        wrong = {number for number, told in noticed.items() if told != _expected(works.get(number))}
        first = [
            (works[n], item, at)
            for n, what, item, at in self.recording.noticed
            if n in works and what == "new"
        ]
        whole = [work for work, item, _ in first if _is_whole(work, item)]
        for number in sorted(wrong):
            print(number, works.get(number), noticed[number], file=sys.stderr)
        for message in set(self.recording.failed):
            print(message, file=sys.stderr)
        told = Counter(what for whats in noticed.values() for what in whats)
        right, there = len(noticed) - len(wrong), len(works)
        said = ", ".join(f"{count} {what}" for what, count in told.items())
        return [
            Row(
                f"articles noticed as they were in {acts} acts ({said})",
                f"{right} of {there}",
                "all",
                not wrong,
            ),
            Row("image and terms whole", f"{len(whole)} of {there}", "all", len(whole) == there),
            _lags("published to noticed", [(work.published, at) for work, _, at in first]),
            _lags("WordPress done to noticed", [(work.done, at) for work, _, at in first]),
            _lags("published to WordPress done", [(work.published, work.done) for work, _, _ in first], 0),
            *self._posts(works),
        ]

    def _posts(self, works: dict[int, Work]) -> list[Row]:
        """What became of them, read from the feed too."""
        posts = self.app.ledger.posts.list_posts(limit=None)
        per = Counter(post.article_title for post in posts)
        again = {work.post["title"]: 1 + work.went[:-1].count("gone") for work in works.values()}
        doubled = [title for title in per.keys() | again.keys() if not 1 <= per[title] <= again.get(title, 0)]
        held = {post.article_title for post in posts if post.state is PostState.HELD}
        live = {work.post["title"] for work in works.values() if work.status == "publish"}
        writes = self._writes()
        for title in map(str, (*doubled, *(held ^ live))):
            print("post", title, per[title], again.get(title), file=sys.stderr)
        return [
            Row("articles from database and feed", f"{len(per)} of {len(works)}", "one each", not doubled),
            Row("posts that wait, of what is live", f"{len(held)} of {len(live)}", "the same", held == live),
            Row("writes of the account in the server's log", str(writes), "0", writes == 0),
        ]

    def _writes(self) -> int:
        words = "insert|update|delete|replace|create|alter|drop|truncate|grant|lock"
        return int(
            self.site.sql.column(
                "SELECT COUNT(*) FROM mysql.general_log WHERE user_host LIKE '%newsbot_bench%' "
                f"AND command_type IN ('Query', 'Execute') AND argument REGEXP '^[[:space:](]*({words})'"
            )[0]
        )


def _lags(what: str, times: Sequence[tuple[datetime | None, datetime | None]], over: float = 1) -> Row:
    """``over``: the seconds beyond the interval that it may be; 0 for what is not newsbot's."""
    lags = sorted((then - since).total_seconds() for since, then in times if since and then)
    figure, limit = f"{median(lags):.1f} / {lags[-1]:.1f} s", float(EVERY[:-1]) + over
    if not over:
        return Row(f"{what}, median / worst", figure)
    return Row(f"{what}, median / worst", figure, f"<= {limit:g} s (every + 1)", lags[-1] <= limit)


def _expected(work: Work | None) -> list[str]:
    return work.went if work else []


def _is_whole(work: Work | None, item: Item | None) -> bool:
    """As the editors meant it, whatever they did to it since."""
    if not work or not item:
        return False
    alt = item.image.alt if item.image else None
    return alt == work.post.get("image_alt") and set(item.tags) == set(work.post["tags"])
