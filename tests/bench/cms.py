"""A real WordPress with 100 000 posts: what a poll costs, and what newsbot notices of its editors' acts.

Needs what `tests.sources.database.wp` names; without it, there are no rows.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from newsbot.app.wiring import App
from newsbot.config import load
from newsbot.sources.database.settings import DatabaseSettings
from newsbot.sources.database.source import DatabaseSource
from tests.bench.rows import Row
from tests.sources.database.wp import Site, missing, site

__all__ = ["measure"]

POSTS = 100_000
EVERY = 1.0  # seconds between polls
POLLS = 20
WRITER = "newsbot_bench"  # an account that may write, to show that nothing is written
BODY = "<!-- wp:paragraph --><p>{} The council approved the tram line number {} to the harbour.</p>"


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


class _Newsroom:
    """newsbot on the site's database and on its feed at once, and the site's editors."""

    def __init__(self, one: Site, folder: Path) -> None:
        self.site = one
        self.random = random.Random(7)
        self.expected: dict[str, list[str]] = {}  # by title: what each article went through
        self.published: dict[str, datetime] = {}
        self.live: dict[str, int] = {}
        self.count = 0
        self.over = False
        config = {
            "sources": {
                "cms": {"kind": "database", "url": self._account(), "preset": "wordpress", "every": "1s"},
                "feed": {"kind": "feed", "url": one.feed, "every": "1s"},
            },
            "channels": {"screen": {"kind": "console", "approval": "one"}},
            "network": {"allow_private": True},
        }
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        self.app = App(load(folder / "config.yaml", environ={}))
        self.noticed: list[tuple[str, str, datetime]] = []

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
        for name in ("cms", "feed"):
            await self._poll(name)
        polling = [asyncio.create_task(self._polls(name)) for name in ("cms", "feed")]
        polling.append(asyncio.create_task(asyncio.to_thread(self._sees)))
        for _ in range(acts):
            await asyncio.to_thread(self._act)
        await asyncio.sleep(5)
        self.over = True
        for task in polling[:2]:
            task.cancel()
        await asyncio.gather(*polling, return_exceptions=True)
        rows = self._rows(acts)
        await self.app.close()
        self.site.sql.run("SET GLOBAL general_log = OFF")
        self.site.sql.run(f"DROP USER {WRITER}@'127.0.0.1'")
        return rows

    async def _polls(self, name: str) -> None:
        """As a service: the next poll is ``EVERY`` after the last began, or when that is done with."""
        while True:
            next_poll = asyncio.create_task(asyncio.sleep(EVERY))
            with suppress(Exception):
                await self._poll(name)
            await next_poll

    def _sees(self) -> None:
        """When each article is published, as anybody sees it who asks twenty times a second."""
        asked = "SELECT post_title FROM wp_posts WHERE post_status = 'publish' AND ID > 100010"
        while not self.over:
            with self.site.sql.writer() as connection:
                titles = connection.exec_driver_sql(asked).scalars().all()
            for title in titles:
                self.published.setdefault(title, datetime.now(UTC))
            time.sleep(0.05)

    async def _poll(self, name: str) -> None:
        result = await self.app.detector.poll(name, least=timedelta(0))
        if name == "cms" and result:
            now = datetime.now(UTC)
            self.noticed += [(item.title or "", "new", now) for item in result.take]
            self.noticed += [(item.title or "", "changed", now) for item in result.changed]
        await self.app.changes.follow(name)
        await self.app.intake(lambda: None).take_in(name)

    def _act(self) -> None:
        kinds = ["publish", "publish", "twice", "backdate", "schedule", "edit", "trash", "draft"]
        kind = self.random.choice(kinds if self.live else kinds[:5])
        if kind in {"edit", "trash", "draft"}:
            title = self.random.choice(list(self.live))
            number = self.live[title] if kind == "edit" else self.live.pop(title)
            changes = {
                "edit": {"content": BODY.format("Edited.", title)},
                "trash": {"status": "trash"},
                "draft": {"status": "draft"},
            }
            self.site.edit(number, **changes[kind])
            self.expected[title].append("changed" if kind == "edit" else "gone")
            return
        posts = [self._post(kind) for _ in range(2 if kind == "twice" else 1)]
        for post, told in zip(posts, self.site.publish(*posts), strict=True):
            self.live[post["title"]] = told["id"]
            if kind == "schedule":
                self._fall_due(told["id"])

    def _post(self, kind: str) -> dict[str, Any]:
        self.count += 1
        title = f"Article {self.count}"
        self.expected[title] = ["new"]
        words = " ".join(f"w{self.random.randrange(10_000)}" for _ in range(80))
        post = {"title": title, "content": BODY.format(words, self.count), "tags": [f"tag {self.count}"]}
        post |= {"image_alt": f"Photo {self.count}"} if self.random.random() < 0.5 else {}
        if kind == "backdate":
            post["date_gmt"] = f"2026-0{self.random.randrange(1, 9)}-11T10:00:00Z"
        if kind == "schedule":
            post |= {
                "status": "future",
                "date_gmt": f"{datetime.now(UTC) + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}",
            }
        return post

    def _fall_due(self, number: int) -> None:
        """Its time comes; WordPress's cron changes the status alone."""
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        set_back = "UPDATE wp_posts SET post_date_gmt = :at, post_date = :at + INTERVAL 5 HOUR WHERE ID = :id"
        self.site.sql.run(set_back, at=now, id=number)
        time.sleep(1.5)
        self.site.sql.run("UPDATE wp_posts SET post_status = 'publish' WHERE ID = :id", id=number)

    # ---- what came of it

    def _rows(self, acts: int) -> list[Row]:
        new = Counter(title for title, what, _ in self.noticed if what == "new")
        edits = Counter(title for title, what, _ in self.noticed if what == "changed")
        posts = self.app.ledger.posts(limit=None)
        texts = {post.article_title: self.app.ledger.kept(post.article_id).article for post in posts}
        mended = {title for title, article in texts.items() if article and "Edited." in article.text}
        missed = [title for title in self.expected if new[title] != 1]
        wrong = [
            title
            for title, went in self.expected.items()
            if edits[title] > went.count("changed") or ("changed" in went and title not in mended)
        ]
        alien = [title for title in new if title not in self.expected]
        lags = sorted(
            (at - self.published[title]).total_seconds()
            for title, what, at in self.noticed
            if what == "new" and title in self.published
        )
        doubled = [title for title, n in Counter(post.article_title for post in posts).items() if n != 1]
        still = {post.article_title for post in posts if str(post.state) == "held"} - self.live.keys()
        whole = {post.article_title for post in posts} & self.expected.keys()
        writes, there = self._writes(), len(self.expected)
        once, lag = not missed and not alien, f"{median(lags):.1f} / {lags[-1]:.1f} s"
        news = f"articles of {acts} acts noticed once as new"
        doubled += list(self.expected.keys() - whole)
        for title in map(str, (*missed, *wrong, *alien, *doubled, *still)):
            print(title, self.expected.get(title), new[title], edits[title], file=sys.stderr)
        return [
            Row(news, f"{there - len(missed)} of {there}", "all", once),
            Row("noticed as edited otherwise than they were", str(len(wrong)), "0", not wrong),
            Row("posts of articles from database and feed", f"{len(whole)}", f"{there}", not doubled),
            Row("posts that wait for an article that is gone", str(len(still)), "0", not still),
            Row("publish to noticed, median / worst", lag, "<= 2 s (every + 1)", lags[-1] <= 2),
            Row("writes of the account in the server's log", str(writes), "0", writes == 0),
        ]  # fmt: skip

    def _writes(self) -> int:
        words = "insert|update|delete|replace|create|alter|drop|truncate|grant|lock"
        with self.site.sql.writer() as connection:
            asked = (
                "SELECT COUNT(*) FROM mysql.general_log WHERE user_host LIKE '%newsbot_bench%' "
                f"AND command_type IN ('Query', 'Execute') AND argument REGEXP '^[[:space:](]*({words})'"
            )
            return int(connection.exec_driver_sql(asked.replace("%", "%%")).scalar_one())
