"""What becomes of posts when their article is edited, taken offline or published again at its source."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import Post, PostState
from newsbot.newsroom.status import list_needs
from newsbot.reasons import Code
from tests.sources.database.cms import QUERY, Cms, ago

BODY = "<p>The council met on Monday and approved the new tram line.</p><p>Work begins in May.</p>"
EDITED = BODY.replace("Monday", "Tuesday")


@dataclass
class Room:
    """A newsroom whose CMS is a SQLite file, with two channels that print: one asks for an approval."""

    app: App
    cms: Cms

    async def poll(self, source: str = "cms") -> None:
        await self.app.detector.poll(source, least=timedelta(0))
        await self.app.changes.process_changes(source)
        await self.app.intake(lambda: None).process_items(source)

    def posts(self) -> dict[str, Post]:
        """The latest on each channel."""
        return {
            post.channel: post
            for post in self.app.ledger.posts.list_posts(limit=None, oldest_first=False)[::-1]
        }

    def story(self, post: Post) -> list[str]:
        return [
            f"{event.event}: {event.detail or ''}" for event in self.app.ledger.posts.list_events(post.id)
        ]

    async def send(self) -> None:
        sender = self.app.sender()
        await sender.drain()
        await sender.finish()

    def edit(self, **values: object) -> None:
        assignments = ", ".join(f"{name} = :{name}" for name in [*values, "changed"])
        self.cms.run(f"UPDATE articles SET {assignments} WHERE id = 1", **values, changed=ago())


def database(url: str) -> dict[str, object]:
    return {"kind": "database", "url": url, "query": QUERY, "cursor": "updated_at", "every": "1s"}


def config(url: str) -> dict[str, object]:
    schedule = {"gap": "1h"}  # so that the second post waits
    return {
        "sources": {"cms": database(url)},
        "channels": {
            "free": {"kind": "console", "approval": "none", "schedule": schedule},
            "asks": {"kind": "console", "approval": "one"},
        },
    }


@asynccontextmanager
async def opened(folder: Path, query: str = QUERY, words: str | None = None) -> AsyncIterator[Room]:
    """Open a newsroom whose CMS has published an article, with ``words`` in the column for them."""
    cms = Cms(f"sqlite:///{folder}/cms.db")
    cms.create()
    path = folder / "config.yaml"
    settings = config(cms.url)
    settings["sources"] = {"cms": {**database(cms.url), "query": query}}
    path.write_text(yaml.safe_dump(settings))
    app = App(load(path, environ={}))
    app.ledger.prepare(upgrade=True)
    room = Room(app, cms)
    await room.poll()
    cms.insert(
        1, headline="Tram line approved", content=BODY, address="https://example.org/tram", words=words
    )
    await room.poll()
    yield room
    await app.close()
    cms.close()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


async def test_an_edit_of_the_summary_alone_is_an_edit(tmp_path: Path) -> None:
    """A post begins with it."""
    first = "The tram line that the council approved is to cost 410 million."
    query = QUERY.replace("words AS tags", "words AS summary")
    async with opened(tmp_path, query, words=first) as room:
        assert first in room.posts()["asks"].parts[0].text
        room.edit(words=first.replace("410", "420"))
        await room.poll()
        post = room.posts()["asks"]
        assert "420 million" in post.parts[0].text
        assert any("410" in line and "420" in line for line in room.story(post))


async def test_a_post_that_waits_is_composed_again(room: Room) -> None:
    before = room.posts()
    room.edit(content=EDITED)
    await room.poll()
    after = room.posts()
    assert {name: post.id for name, post in after.items()} == {name: post.id for name, post in before.items()}
    assert [after[name].state for name in ("free", "asks")] == [PostState.SCHEDULED, PostState.HELD]
    for post in after.values():
        assert "Tuesday" in post.parts[0].text
        assert (
            'edited at its source: text: "…council met on Monday and approved the…" > "…council met on'
            in (room.story(post)[-1])
        )


async def test_what_was_edited_before_it_went_out_is_not_said_to_differ(room: Room) -> None:
    room.edit(content=EDITED, headline="Tram line rejected")
    await room.poll()
    await room.send()
    out = room.posts()["free"]
    assert out.state is PostState.SENT
    assert "Tram line rejected" in out.parts[0].text
    assert room.app.ledger.changes.get_open_flag(out.id) is None
    told = list_needs(room.app.ledger, room.app.clock, sources=["cms"], channels=["free"])
    assert not [line for line in told if out.id in line]


async def test_an_approval_is_void_after_an_edit(room: Room) -> None:
    asks = room.app.approvals.approve(room.posts()["asks"].id, "cli:ana").post
    assert asks.state is PostState.SCHEDULED
    room.edit(content=EDITED)
    await room.poll()
    held = room.posts()["asks"]
    assert (held.state, str(held.held_for)) == (PostState.HELD, "approval is void: its article was edited")
    assert "Tuesday" in held.parts[0].text


async def test_what_is_out_gets_a_line_and_stays(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    await room.send()
    out = room.posts()["free"]
    assert out.state is PostState.SENT
    room.edit(content=EDITED, headline="Tram line rejected")
    await room.poll()
    assert room.app.ledger.posts.get_post(out.id).parts == out.parts
    assert room.story(out)[-1].startswith(
        'article edited: title: "Tram line approved" > "Tram line rejected"; text: "…council'
    )
    assert "Tram line" in capsys.readouterr().out
    told = list_needs(room.app.ledger, room.app.clock, sources=["cms"], channels=["free", "asks"])
    assert any(line.startswith(f"{out.id} on free is out, article edited since: title: ") for line in told)


async def test_an_edit_that_shows_nowhere_is_no_event(room: Room) -> None:
    stories = {name: room.story(post) for name, post in room.posts().items()}
    room.edit(content=BODY.replace("<p>", '<p class="new">'))
    await room.poll()
    assert {name: room.story(post) for name, post in room.posts().items()} == stories


async def test_what_waits_is_cancelled_when_its_article_goes_and_queued_when_it_is_back(room: Room) -> None:
    await room.send()
    room.edit(state="draft")
    await room.poll()
    gone = room.posts()
    assert gone["asks"].state is PostState.CANCELLED
    assert gone["asks"].error is not None
    assert gone["asks"].error.code == "gone"
    assert gone["free"].state is PostState.SENT
    assert room.story(gone["free"])[-1].startswith("article gone: ")
    room.edit(state="published")
    await room.poll()
    back = room.posts()
    assert (back["asks"].state, back["asks"].revision) == (PostState.HELD, 2)
    assert back["free"].id == gone["free"].id
    assert len(room.app.ledger.posts.list_posts(limit=None)) == 3


async def test_gone_and_back_between_two_looks_is_nothing(room: Room) -> None:
    before = room.posts()
    room.edit(state="trash")
    room.edit(state="published")
    await room.poll()
    assert room.posts() == before


async def test_an_edit_does_not_touch_what_left_meanwhile(room: Room) -> None:
    """The change is claimed before the post leaves, and settled after."""
    room.edit(content=EDITED)
    await room.app.detector.poll("cms", least=timedelta(0))
    ledger, now = room.app.ledger, room.app.clock.now()
    [change] = ledger.changes.claim_changes("cms", now=now, lease=timedelta(minutes=1))
    assert change.item is not None
    article = await room.app.reader.read(change.item)
    waiting = room.posts()["free"]
    draft = room.app.composition.draft("free", article, room.app.composition.summarize(article))
    await room.send()
    ledger.changes.settle_edit(
        change, article, {waiting.id: draft}, {waiting.id: Code.TEXT(words="edited")}, now=now
    )
    after = ledger.posts.get_post(waiting.id)
    assert (after.state, after.parts) == (PostState.SENT, waiting.parts)
    assert room.story(after)[-1] == "article edited: edited"


async def test_an_article_that_goes_before_it_is_read_is_never_posted(room: Room) -> None:
    room.cms.insert(2, headline="Second", content=BODY.replace("tram", "bus"))
    await room.app.detector.poll("cms", least=timedelta(0))
    room.cms.run("UPDATE articles SET state = 'draft', changed = :at WHERE id = 2", at=ago())
    await room.poll()
    assert len(room.app.ledger.posts.list_posts(limit=None)) == 2
    room.cms.run("UPDATE articles SET state = 'published', changed = :at WHERE id = 2", at=ago())
    await room.poll()
    assert len(room.app.ledger.posts.list_posts(limit=None)) == 4


@pytest.mark.parametrize(
    ("address", "headline", "posts"),
    [
        ("http://www.example.org/tram/", "Another headline", 2),
        ("https://other.example.org/x", "Tram line approved", 2),
        ("https://other.example.org/x", None, 4),
    ],
    ids=["address", "text", "neither"],
)
async def test_the_same_article_from_two_sources_is_one(
    tmp_path: Path, address: str, headline: str | None, posts: int
) -> None:
    long = BODY + "".join(
        f"<p>Sentence number {n} says that the harbour has {n} cranes.</p>" for n in range(20)
    )
    other = (
        long.replace("20", "21") if headline else "".join(f"<p>{n} is another number.</p>" for n in range(60))
    )
    systems, settings = [], config("sqlite:///x")
    settings["sources"] = {}
    for name in ("one", "two"):
        cms = Cms(f"sqlite:///{tmp_path}/{name}.db")
        cms.create()
        systems.append(cms)
        settings["sources"][name] = database(cms.url)  # type: ignore[index]  # it is a dict
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings))
    app = App(load(tmp_path / "config.yaml", environ={}))
    app.ledger.prepare(upgrade=True)
    room = Room(app, systems[0])
    await asyncio.gather(room.poll("one"), room.poll("two"))
    systems[0].insert(1, headline="Tram line approved", content=long, address="https://example.org/tram")
    systems[1].insert(7, headline=headline or "Numbers", content=other, address=address)
    await asyncio.gather(room.poll("one"), room.poll("two"))
    assert len(app.ledger.posts.list_posts(limit=None)) == posts
    if posts == 2:
        [article] = {post.article_id for post in app.ledger.posts.list_posts(limit=None)}
        cms, number = (
            (systems[1], 7) if app.ledger.articles.get_article(article).source == "one" else (systems[0], 1)
        )
        name = "two" if number == 7 else "one"
        put = f"UPDATE articles SET state = :state, changed = :at WHERE id = {number}"
        cms.run(put, state="trash", at=ago())
        await room.poll(name)
        assert {post.state for post in app.ledger.posts.list_posts(limit=None)} == {PostState.CANCELLED}
        cms.run(put, state="published", at=ago())
        await room.poll(name)
        back = room.posts().values()
        assert {(post.article_id, post.revision) for post in back} == {(article, 2)}
        assert {post.state for post in back} == {PostState.HELD, PostState.SCHEDULED}
        assert len(app.ledger.posts.list_posts(limit=None)) == 4
    await app.close()
    for cms in systems:
        cms.close()


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.5/tram", "http://cms.internal/tram", "http://2130706433/tram", "http://127.0.0.1/tram"],
)
async def test_a_link_that_readers_cannot_open_is_left_out_and_asked_about(room: Room, address: str) -> None:
    room.cms.insert(2, headline="Night ferry returns", content=BODY.replace("tram", "ferry"), address=address)
    await room.poll()
    for post in room.posts().values():
        assert post.article_title == "Night ferry returns"
        assert (post.state, address in str(post.parts)) == (PostState.HELD, False)
        assert str(post.held_for).startswith("no link, as readers can't open it: ")
    article = room.app.ledger.articles.get_article(post.article_id).article
    assert article
    draft = room.app.trial.draft("free", article, room.app.trial.summarize(article))
    assert {"no-link", "held"} <= {warning.code for warning in draft.warnings}
    assert address not in str(draft.parts)


async def test_an_edit_that_points_an_article_at_an_internal_address_is_asked_about(room: Room) -> None:
    assert "https://example.org/tram" in str(room.posts()["free"].parts)
    room.edit(address="http://cms.internal/tram")
    await room.poll()
    after = room.posts()["free"]
    assert (after.state, "cms.internal" in str(after.parts)) == (PostState.HELD, False)
