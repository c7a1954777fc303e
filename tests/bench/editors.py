"""What the editors of a WordPress do, one act after the other, and what newsbot is to notice of it."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sources.database.wp import Editor, Site

__all__ = ["Editors", "Work"]

CALM = 6.0  # seconds between two acts on one article: what is over before the next poll, nobody can notice
AHEAD = timedelta(seconds=3)  # of a scheduled post, until its time is set back to now
"""WordPress publishes at once what is scheduled for less than a minute ahead."""
BODY = "<!-- wp:paragraph --><p>{} The council approved the tram line number {} to the harbour.</p>"
NEW = ("publish", "publish", "twice", "backdate", "import", "schedule")
LATER = ("edit", "edit", "trash", "draft", "again", "old")


@dataclass
class Work:
    """An article: what it went through, and how it has to look. ``published`` is when anybody could see it,
    ``done`` when WordPress was done with it.
    """

    post: dict[str, Any]
    number: int = 0
    went: list[str] = field(default_factory=lambda: ["new"])
    published: datetime | None = None
    done: datetime | None = None
    touched: float = 0.0
    status: str = "publish"


class Editors:
    """Two of them at two desks. ``works`` are their articles by title."""

    def __init__(self, site: Site, seed: int, old: int) -> None:
        self._site = site
        self._random = random.Random(seed)
        self._old = old  # the id of a post that was there before newsbot came
        self._due: list[tuple[datetime, Work]] = []
        self.works: dict[str, Work] = {}

    def run(self, acts: int) -> None:
        with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
            desks = [stack.enter_context(self._site.editor()) for _ in range(2)]
            for _ in range(acts):
                self._act(desks, threads)
                self._fall_due(desks[0])
                time.sleep(self._random.random() / 2)
            while self._due:
                self._fall_due(desks[0])
                time.sleep(0.1)

    def _act(self, desks: list[Editor], threads: ThreadPoolExecutor) -> None:
        kind = self._random.choice(NEW if self._random.random() < 0.5 else LATER)
        if kind == "old":
            desks[0].edit(self._old, content=BODY.format("Edited.", "old"))
        elif kind in LATER and (work := self._calm("draft" if kind == "again" else "publish")):
            self._change(desks[0], kind, work)
        else:
            self._publish(desks, threads, kind if kind in NEW else "publish")

    def _calm(self, status: str) -> Work | None:
        before = time.monotonic() - CALM
        calm = [work for work in self.works.values() if work.status == status and 0 < work.touched < before]
        return self._random.choice(calm) if calm else None

    def _change(self, desk: Editor, kind: str, work: Work) -> None:
        work.touched = time.monotonic() + 100
        match kind:
            case "edit":
                body = BODY.format(f"Edited {len(work.went)} times.", work.post["title"])
                desk.edit(work.number, content=body, tags=[*work.post["tags"], "mended"])
            case "trash":
                desk.trash(work.number)
            case _:
                desk.edit(work.number, status="draft" if kind == "draft" else "publish")
        work.status = {"trash": "trash", "draft": "draft"}.get(kind, "publish")
        work.went.append({"edit": "changed", "again": "changed"}.get(kind, "gone"))
        work.touched = time.monotonic()

    def _publish(self, desks: list[Editor], threads: ThreadPoolExecutor, kind: str) -> None:
        works = [self._work(kind) for _ in range(2 if kind == "twice" else 1)]
        list(threads.map(self._save, desks, works))
        if kind == "schedule":
            self._due.append((datetime.now(UTC) + AHEAD, works[0]))

    def _save(self, desk: Editor, work: Work) -> None:
        work.number = desk.publish(work.post)["id"]
        self._done(work)

    @staticmethod
    def _done(work: Work) -> None:
        work.done = datetime.now(UTC)
        work.touched = time.monotonic() if work.status == "publish" else 0.0

    def _fall_due(self, desk: Editor) -> None:
        """As WordPress's cron does, some time after."""
        for at, work in list(self._due):
            if at < datetime.now(UTC):
                self._due.remove((at, work))
                self._site.fall_due(work.number)
                assert desk.due(work.number)["status"] == "publish"
                work.status = "publish"
                self._done(work)

    def _work(self, kind: str) -> Work:
        title = f"Article {len(self.works) + 1}"
        words = " ".join(f"w{self._random.randrange(10_000)}" for _ in range(80))
        tags = [f"tag {title}", "tram"]
        post: dict[str, Any] = {"title": title, "content": BODY.format(words, title), "tags": tags}
        post |= {"image_alt": f"Photo of {title}"} if self._random.random() < 0.5 else {}
        post |= {"direct": True} if kind == "import" or self._random.random() < 0.2 else {}
        if kind in {"backdate", "import"}:
            post["date_gmt"] = f"2026-0{self._random.randrange(1, 9)}-11T10:00:00Z"
        if kind == "schedule":
            at = datetime.now(UTC) + timedelta(hours=3)
            post |= {"status": "future", "date_gmt": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        work = Work(post, status=post.get("status", "publish"))
        self.works[title] = work
        return work
