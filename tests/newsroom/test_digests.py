"""Digests at a time of day or week, and evergreen repeats: in virtual time, on a real ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import event, insert, update

from newsbot.app.container import App
from newsbot.config import load
from newsbot.errors import ComposeError
from newsbot.ledger import ids, schema
from newsbot.ledger.serialization import address_key
from newsbot.model import Article, Post, PostState, Receipt
from newsbot.ports import Claim
from tests.ledger.exchanges import claim_next, store_part

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNELS: dict[str, Any] = {
    "digests": {
        "kind": "console",
        "approval": "none",
        "digest": {"at": "18:00", "days": ["fri"], "most": 3},
    },
    "green": {
        "kind": "console",
        "approval": "none",
        "schedule": {"slots": ["08:00", "12:30"], "expire": "6h"},
        "evergreen": {"tags": ["Evergreen"], "every": "7d"},
    },
}


@dataclass
class Clock:
    at: datetime = FRIDAY

    def now(self) -> datetime:
        return self.at


@dataclass
class Room:
    app: App
    clock: Clock
    out: list[tuple[datetime, Post]] = field(default_factory=list)

    def post(self, name: str, channel: str, *tags: str) -> Post:
        url = f"https://example.org/{name}"
        article = Article(name, f"Words of {name}.", url, f"About {name}", tags=tags)
        app = self.app
        [post] = app.posts.queue(article, [channel], by="cli:ana")
        return post

    def work(self) -> None:
        """As the service does."""
        self.app.composition.planner.replan_missed()
        self.app.regulars.make()
        for name in CHANNELS:
            while isinstance(claim := self.claim(name), Claim):
                self.out.append((self.clock.at, claim.post))
                receipt, terms = Receipt(0, claim.post.id), self.app.terms(name)
                now = self.clock.at
                store_part(self.app.ledger.delivery, claim.post.id, receipt, terms, now=now, lease=LEASE)

    def claim(self, name: str) -> object:
        return claim_next(
            self.app.ledger.delivery, name, self.app.terms(name), now=self.clock.at, lease=LEASE
        )

    def until(self, at: datetime, step: timedelta = timedelta(minutes=30)) -> None:
        while self.clock.at < at:
            self.clock.at = min(at, self.clock.at + step)
            self.work()

    def went(self, channel: str, role: str) -> list[Post]:
        return [post for _, post in self.out if post.channel == channel and post.role == role]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    path = tmp_path / "config.yaml"
    sources = {"site": {"kind": "feed", "url": "https://example.org/"}}
    path.write_text(yaml.safe_dump({"sources": sources, "channels": CHANNELS}))
    clock = Clock()
    app = App(load(path, environ={}), clock=clock)
    app.ledger.prepare(upgrade=True)
    with app.ledger._database.open_raw_connection() as raw:
        raw.execute("PRAGMA synchronous = OFF")  # this is not about the disk
    yield Room(app, clock)
    app.ledger.close()


def test_a_digest_gathers_the_latest_of_what_went_out_since_the_last_one(room: Room) -> None:
    for name in ("a", "b", "c", "d"):
        room.post(name, "digests")
        room.until(room.clock.at + HOUR)
    room.until(FRIDAY + DAY)
    [digest] = room.went("digests", "digest")
    text = digest.parts[0].text
    assert [line.split()[2] for line in text.splitlines() if line.startswith("-")] == ["d", "c", "b"]
    assert "https://example.org/d" in text
    assert str(digest.reason) == "digest of 3 articles, at once, as no rule delays it"
    room.post("e", "digests")
    room.until(FRIDAY + 8 * DAY, HOUR)
    second = room.went("digests", "digest")[1:]
    assert ["About e" in post.parts[0].text and "About d" not in post.parts[0].text for post in second] == [
        True
    ]
    room.until(FRIDAY + 15 * DAY, HOUR)
    assert len(room.went("digests", "digest")) == 2, "nothing went out, so there is none"


def test_a_digest_is_made_once_also_by_a_service_that_was_down_and_not_when_its_time_is_over(
    room: Room,
) -> None:
    room.post("a", "digests")
    room.work()
    room.clock.at = FRIDAY + 13 * HOUR  # it was down at 18:00
    room.work()
    room.work()
    assert len(room.went("digests", "digest")) == 1
    room.post("b", "digests")
    room.work()
    room.clock.at = FRIDAY + 10 * DAY
    room.work()
    assert len(room.went("digests", "digest")) == 1
    guid = f"digests {FRIDAY + 7 * DAY:%Y-%m-%d}T18:00Z"
    assert room.app.ledger.digests.has_digest(guid), "it stands in the ledger, with why there is none"


def test_what_was_taken_down_comes_into_no_digest_and_no_repeat(room: Room) -> None:
    kept = [room.post(name, "digests") for name in ("fine", "blocked", "redacted")]
    green = [room.post(name, "green", "evergreen") for name in ("blocked", "redacted")]
    room.until(FRIDAY + 5 * HOUR)
    with room.app.ledger._database.write() as tx:
        article = ids.article_number(kept[1].article_id)
        key = address_key("https://example.org/blocked")
        tx.execute(insert(schema.blocked).values(url_key=key, article_id=article, by="cli:ana", at=FRIDAY))
        for post in (kept[2], green[1]):
            number = ids.article_number(post.article_id)
            redacted = update(schema.article).where(schema.article.c.id == number)
            tx.execute(redacted.values(redacted_at=FRIDAY))
    room.until(FRIDAY + 30 * DAY, HOUR)
    [digest] = room.went("digests", "digest")
    assert digest.parts[0].text.count("About") == 1
    assert "About fine" in digest.parts[0].text
    assert room.went("green", "repeat") == []


def test_an_evergreen_article_is_repeated_in_free_slots_a_week_apart(room: Room) -> None:
    room.post("green", "green", "evergreen", "history")
    room.post("news", "green", "history")
    room.until(FRIDAY + 30 * DAY)
    repeats = [(at, post) for at, post in room.out if post.role == "repeat"]
    assert len(repeats) == 4
    assert {post.article_title for _, post in repeats} == {"About green"}
    times = [at for at, post in room.out if post.article_title == "About green"]
    assert all(later - before >= 7 * DAY for before, later in pairwise(times))
    assert [post.revision for _, post in repeats] == [2, 3, 4, 5]
    assert all(post.due_at == post.slot_at for _, post in repeats)
    assert str(repeats[0][1].reason).startswith(
        "evergreen, in slot 12:30 that nothing else takes; last out 2026-11-"
    )


def test_an_article_for_a_slot_is_looked_for_once(room: Room) -> None:
    """To look for it reads all that went out in two years."""
    room.post("news", "green", "history")
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = room.app.ledger._database._engine
    event.listen(engine, "before_cursor_execute", note)
    room.until(FRIDAY + DAY, timedelta(minutes=5))
    assert sum("LIKE" in statement for statement in seen) == 1  # 08:00; the article itself is in the other
    event.remove(engine, "before_cursor_execute", note)


def test_a_repeat_takes_no_slot_that_something_waits_in(room: Room) -> None:
    room.post("green", "green", "evergreen")
    room.until(FRIDAY + 7 * DAY)
    waits = room.post("news", "green")
    assert waits.slot_at == room.clock.at + timedelta(hours=3, minutes=30)
    room.until(waits.slot_at + HOUR)
    assert [post.article_title for at, post in room.out if at >= waits.slot_at] == ["About news"]


def test_what_could_not_go_in_its_slots_goes_once_at_once_and_then_slot_by_slot_each_with_why(
    room: Room,
) -> None:
    posts = [room.post(name, "green") for name in ("a", "b", "c")]
    assert [f"{post.due_at:%d %H:%M}" for post in posts] == ["20 12:30", "21 08:00", "21 12:30"]
    room.clock.at = datetime(2026, 11, 21, 13, tzinfo=UTC)  # it was down
    for post in posts:  # and all are young enough
        with room.app.ledger._database.write() as tx:
            number = ids.post_number(post.id)
            mine = update(schema.post).where(schema.post.c.id == number)
            tx.execute(mine.values(expires_at=room.clock.at + 9 * DAY))
    room.until(room.clock.at + 3 * DAY)
    went = {post.article_title: (f"{at:%d %H:%M}", str(post.reason)) for at, post in room.out}
    assert went == {
        "About a": ("21 13:30", "at once, as it could not go in its slot 12:30 on Fri 20 Nov"),
        "About b": ("22 08:00", "slot 08:00 on Sun 22 Nov, as its slot 08:00 on Sat 21 Nov passed"),
        "About c": (
            "22 12:30",
            (
                "slot 12:30 on Sun 22 Nov (earlier slots can't be used: 1 taken by another post), "
                "as its slot 12:30 on Sat 21 Nov passed"
            ),
        ),
    }


def test_a_digest_whose_template_fails_is_said_once(room: Room, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "digest.txt.j2").write_text("{{ articles[99].title }}")
    room.post("a", "digests")
    room.work()
    room.clock.at = FRIDAY + 10 * HOUR
    with pytest.raises(ComposeError, match="digests: no digest: "):
        room.work()
    room.work()
    assert room.went("digests", "digest") == []
    assert not room.app.ledger.posts.list_posts(states=[PostState.SCHEDULED])
