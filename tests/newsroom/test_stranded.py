"""Channels that config.yaml no longer names or points at another chat, while posts wait or are out."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsbot.app.container import App
from newsbot.config import load
from newsbot.errors import AlreadyPosted, InvalidTransition, UsageError
from newsbot.model import Article, Item, Post, PostEvent, PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.status import list_needs
from newsbot.newsroom.status import status as whole_status
from newsbot.newsroom.stranded import find_stranded, say_stranded, say_stranded_sources
from newsbot.ports import PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next, record_poll
from tests.newsroom.outroom import Room, opened

TEXT = "The night ferry sails again from Monday. It was away for four winters."


@pytest.fixture
async def room(tmp_path: Path, url: str) -> AsyncIterator[Room]:
    async with opened(tmp_path, url) as room:
        hold(room)
        yield room


def hold(room: Room) -> list[Post]:
    """What a service does first."""
    return room.app.ledger.channels.hold_stranded_posts(room.app.targets, now=room.clock.now())


@asynccontextmanager
async def configured(
    room: Room, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> AsyncIterator[Room]:
    """The newsroom after a restart with another config.yaml, on the same ledger."""
    path = tmp_path / "config.yaml"
    config = yaml.safe_load(path.read_text())
    change(config)
    path.write_text(yaml.safe_dump(config))
    app = App(load(path, environ={}), clock=room.clock)
    app.__dict__["ledger"] = room.app.ledger
    other = Room(app, room.sandbox, room.clock)
    yield other
    del app.__dict__["ledger"]
    await app.close()


def removed(config: dict[str, Any]) -> None:
    """Two channels have its place now, so that nobody knows which of them it is."""
    gone = config["channels"].pop("tg-en") | {"approval": "one"}
    config["channels"] |= {"tg-new": gone, "tg-twin": gone}


def renamed(config: dict[str, Any]) -> None:
    config["channels"]["tg-new"] = config["channels"].pop("tg-en")


def repointed(config: dict[str, Any]) -> None:
    config["channels"]["tg-en"]["chat"] = "@photos"
    config["channels"]["tg-photo"]["chat"] = "@sandbox"


def another_account(config: dict[str, Any]) -> None:
    config["channels"]["x-main"]["access_token"] = "43-at-0123456789"


def another_kind(config: dict[str, Any]) -> None:
    config["channels"]["x-main"] = {"kind": "console", "approval": "none"}


def compose(room: Room, *names: str, url: str = "https://example.org/ferry", **more: Any) -> dict[str, Post]:
    """An article as a source brings it, with posts as its channels compose them."""
    now = room.clock.now()
    item = Item(
        url,
        url,
        "The night ferry is back",
        text="The night ferry sails again from Monday. It was away for four winters.",
    )
    record_poll(room.app.ledger.sources, "drop", PollResult(now, {}, (item,)), now=now)
    [found] = room.app.ledger.articles.claim_found("drop", now=now, lease=timedelta(minutes=1))
    article = Article(url, str(item.text), url, item.title, language="en")
    planned = room.app.composition.plan(article, PostRequest(names, **more)).posts
    posts = room.app.ledger.articles.store_read_article(found.article_id, article, planned, now=now)
    return {post.channel: post for post in posts}


def said(room: Room) -> str:
    lines = list_needs(
        room.app.ledger,
        room.clock,
        sources=room.app.config.sources,
        channels=room.app.config.channels,
        targets=room.app.targets,
    )
    return "\n".join(lines)


async def test_posts_of_a_removed_channel_are_said_and_moved(room: Room, tmp_path: Path) -> None:
    post = compose(room, "tg-en")["tg-en"]
    async with configured(room, tmp_path, removed) as now:
        hold(now)
        await now.app.sender().drain()
        assert now.app.ledger.posts.get_post(post.id).state is PostState.SCHEDULED
        line = f"config.yaml has no channel tg-en any more: 1 post waits ({post.id}): "
        assert f"{line}newsbot move ID --channel NAME, or newsbot cancel ID" in said(now)
        shown = status_of(now)
        assert [(each["channel"], each["waiting"], each["posts_to"]) for each in shown["stranded"]] == [
            ("tg-en", [post.id], None)
        ]
        [trouble] = [each for each in troubles(now) if each.kind == "stranded"]
        assert (trouble.name, trouble.post_ids[0]) == ("tg-en", post.id)
        with pytest.raises(InvalidTransition, match=f"no channel tg-en any more. newsbot move {post.id}"):
            now.app.posts.send_now(post.id, "cli:ana")
        moved = now.app.posts.move_channel(post.id, "tg-new", "cli:ana").post
        assert (moved.state, moved.channel, moved.target) == (PostState.HELD, "tg-new", "telegram:@sandbox")
        assert str(moved.held_for) == "approval"
        assert now.app.ledger.posts.get_post(post.id).state is PostState.CANCELLED
        assert now.story(post)[-2:] == ["cancelled: moved to tg-new", f"moved: to tg-new as post {moved.id}"]
        assert now.story(moved)[-1] == f"moved: from tg-en, where it was post {post.id}"
        assert "tg-en" not in said(now)
        now.app.approvals.approve(moved.id, "cli:bo")
        await now.run()
        assert len(now.public()["tg-en"]) == 1
        other = compose_twin(now, moved)
        with pytest.raises(AlreadyPosted, match=f"out on tg-new as post {moved.id}"):
            now.app.posts.move_channel(other.id, "tg-new", "cli:ana")


def status_of(room: Room) -> dict[str, Any]:
    channels = {name: settings.kind for name, settings in room.app.config.channels.items()}
    return whole_status(
        room.app.ledger,
        room.clock,
        database="",
        sources=["drop"],
        channels=channels,
        budgets={},
        targets=room.app.targets,
    )


def compose_twin(room: Room, post: Post) -> Post:
    """Another post of the same article, which waits on tg-ur."""
    article = room.app.ledger.articles.get_article(post.article_id).article
    assert article
    planned = room.app.composition.plan(article, PostRequest(["tg-ur"], every_language=True)).posts
    [queued] = room.app.ledger.posts.queue_posts(post.article_id, planned, now=room.clock.now(), again=False)
    return queued


def troubles(room: Room) -> list[Any]:
    config = room.app.config
    return AlertFinder(
        room.app.ledger, room.clock, sources=config.sources, channels=config.channels, budgets={},
        targets=room.app.targets,
    ).now()  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "change", "now"),
    [
        ("tg-en", repointed, "telegram:@photos"),
        ("x-main", another_account, "x:43"),
        ("x-main", another_kind, "console"),
    ],
)
async def test_what_was_composed_for_another_place_is_held_and_asked_about(
    room: Room, tmp_path: Path, channel: str, change: Callable[[dict[str, Any]], None], now: str
) -> None:
    post = compose(room, channel)[channel]
    async with configured(room, tmp_path, change) as other:
        before = other.public()
        await other.run()  # the sender holds what nobody has looked at since the change
        assert hold(other) == []
        held = other.app.ledger.posts.get_post(post.id)
        assert held.state is PostState.HELD
        assert (
            str(held.held_for)
            == f"{channel} posted to {post.target} when this was composed, and posts to {now} now"
        )
        assert other.public() == before
        line = f"{channel} posted to {post.target}, and posts to {now} now: 1 post waits ({post.id}): "
        assert f"{line}newsbot move ID --channel {channel}, or newsbot cancel ID" in said(other)
        assert f"newsbot approve {post.id}" not in said(other)
        with pytest.raises(InvalidTransition, match=f"newsbot move {post.id} --channel NAME"):
            other.app.approvals.approve(post.id, "cli:ana")
        moved = other.app.posts.move_channel(post.id, channel, "cli:ana").post
        assert (moved.target, moved.state, moved.revision) == (now, PostState.SCHEDULED, 2)
        await other.run()
        assert other.app.ledger.posts.get_post(moved.id).state is PostState.SENT
        assert said(other) == ""


async def test_a_service_holds_them_before_they_are_due(room: Room, tmp_path: Path) -> None:
    late = room.clock.now() + timedelta(hours=2)
    post = compose(room, "tg-en", at=late)["tg-en"]
    async with configured(room, tmp_path, repointed) as other:
        assert [held.id for held in hold(other)] == [post.id]
        assert hold(other) == []
    assert room.app.ledger.posts.get_post(post.id).state is PostState.HELD
    room.app.approvals.approve(post.id, "cli:ana")
    room.move(hours=3)
    await room.run()
    assert room.app.ledger.posts.get_post(post.id).state is PostState.SENT


async def test_a_topic_is_another_place_only_for_what_waits(room: Room, tmp_path: Path) -> None:
    out = compose(room, "tg-en")["tg-en"]
    await room.run()
    waits = compose(room, "tg-en", url="https://example.org/two", at=room.clock.now() + timedelta(hours=1))[
        "tg-en"
    ]

    def topic(config: dict[str, Any]) -> None:
        config["channels"]["tg-en"]["topic"] = 7

    async with configured(room, tmp_path, topic) as other:
        assert [post.id for post in hold(other)] == [waits.id]
        [proposed] = other.app.corrections.propose_fix(out.article_id, "Monday", "Tuesday")
        assert proposed.how == "edit"


async def test_a_message_that_is_out_elsewhere_is_not_touched(room: Room, tmp_path: Path) -> None:
    post = compose(room, "tg-en")["tg-en"]
    await room.run()
    other = compose(room, "tg-photo", url="https://example.org/two")[
        "tg-photo"
    ]  # message 1 of the other chat
    await room.run()
    room.app.corrections.fix(post.article_id, "Monday", "Tuesday", by="cli:ana")  # due before the change
    async with configured(room, tmp_path, repointed) as now:
        before = now.public()
        assert "tg-en posted to telegram:@sandbox" in said(now)
        assert "1 edit or delete of what is out can't be made" in said(now)
        await now.run()
        assert now.public() == before
        assert f"{post.id} on tg-en is not corrected" in said(now)
        assert "tg-en posted to telegram:@sandbox, and posts to telegram:@photos now" in said(now)
        [proposed] = now.app.corrections.propose_fix(post.article_id, "winters", "years")
        assert proposed.how == "manual"
        report = now.app.withdrawals.takedown(post.article_id, "cli:ana")
        await now.run()
        assert now.public() == before
        report = now.app.withdrawals.report(report.action)
        assert [(line.post_id, line.state) for line in report.lines] == [(post.id, "manual")]
        assert now.app.ledger.posts.get_post(other.id).state is PostState.SENT


async def test_what_waits_and_what_is_out_follows_a_renamed_channel(room: Room, tmp_path: Path) -> None:
    out = compose(room, "tg-en")["tg-en"]
    await room.run()
    waits = compose(room, "tg-en", url="https://example.org/two")["tg-en"]
    async with configured(room, tmp_path, renamed) as now:
        why = "tg-en is called tg-new now, and its posts follow when newsbot starts again"
        assert said(now).splitlines()[0] == f"{why}: 1 post waits ({waits.id})"
        [shown] = status_of(now)["stranded"]
        assert shown["renamed_to"] == "tg-new"
        assert [each for each in troubles(now) if each.kind == "stranded"] == []
        with pytest.raises(InvalidTransition, match=why):
            now.app.posts.send_now(waits.id, by="cli:ana")
        with pytest.raises(UsageError, match=why):
            now.app.editing.preview(waits.id, "The ferry is back.")
        with pytest.raises(InvalidTransition, match=why):
            now.app.corrections.propose_fix(out.article_id, "Monday", "Tuesday")
        asked = now.app.withdrawals.withdraw(out.id, "cli:ana")
        assert [(line.state, str(line.why)) for line in asked.lines] == [("waiting", why)]
        now.app.ledger.channels.follow_renames(now.app.targets, now=now.clock.now())
        await now.run()
        assert said(now) == ""
        assert now.story(waits)[-3] == "channel renamed: its channel is called tg-new now"
        assert now.app.ledger.posts.get_post(waits.id).state is PostState.SENT
        assert now.app.ledger.posts.get_post(out.id).state is PostState.WITHDRAWN
        now.app.corrections.fix(waits.article_id, "Monday", "Tuesday", by="cli:ana")
        await now.run()
        [message] = now.public()["tg-en"]
        assert "Tuesday" in message


async def test_an_amendment_of_a_removed_channel_is_a_persons(room: Room, tmp_path: Path) -> None:
    post = compose(room, "tg-en")["tg-en"]
    await room.run()
    room.app.withdrawals.withdraw(post.id, "cli:ana")
    async with configured(room, tmp_path, removed) as now:
        await now.run()
        [each] = now.app.ledger.actions.list_amendments(post_id=post.id)
        assert each.state == "manual"
        assert "config.yaml has no channel tg-en any more" in said(now)
        assert f"newsbot withdraw {post.id} --by-hand" in said(now)


async def test_an_unknown_is_not_looked_for_in_another_place(room: Room, tmp_path: Path) -> None:
    """Not being there would prove that it is not out, and send it again."""
    post = compose(room, "x-main")["x-main"]
    ledger, clock = room.app.ledger, room.clock
    terms = replace(room.app.terms("x-main"), rates=())
    claim = claim_next(ledger.delivery, "x-main", terms, now=clock.now(), lease=timedelta(seconds=30))
    assert claim
    ledger.posts.apply_event(
        post.id, PostEvent.LOSE, by="sender", now=clock.now(), detail=Code.TEXT(words="no answer")
    )
    async with configured(room, tmp_path, another_account) as now:
        for _ in range(3):
            room.move(minutes=5)
            await now.app.reconciler().search_due()
        assert now.app.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
        assert [doubt.looks for doubt in now.app.ledger.delivery.list_unknown_posts()] == [0]
        assert f"{post.id} may be out in x:42" in said(now)
        with pytest.raises(UsageError, match="may be out"):
            now.app.posts.move_channel(post.id, "tg-en", "cli:ana")
        waits = now.app.posts.resolve_not_sent(post.id, by="cli:ana")
        assert waits.state is PostState.RETRYING
        await now.run()
        assert now.app.ledger.posts.get_post(post.id).state is PostState.HELD
        assert now.public()["x-main"] == []


async def test_a_move_keeps_embargo_time_and_lane_and_asks_about_a_persons_words(room: Room) -> None:
    now = room.clock.now()
    embargo = now + timedelta(hours=1)
    post = compose(room, "tg-en", breaking=True, at=now + timedelta(hours=2), embargo_until=embargo)["tg-en"]
    room.app.editing.edit(post.id, "The ferry is back!", "cli:ana")
    moved = room.app.posts.move_channel(post.id, "x-main", "cli:bo").post
    assert (moved.embargo_until, moved.set_at, moved.due_at, moved.breaking) == (
        embargo,
        post.set_at,
        post.due_at,
        True,
    )
    assert moved.state is PostState.HELD
    assert str(moved.held_for) == "the words of cli:ana are not those that were composed for x-main"
    assert moved.kind == "x"
    assert len(moved.parts[0].text) <= 280
    with pytest.raises(UsageError, match="is on x-main already"):
        room.app.posts.move_channel(moved.id, "x-main", "cli:bo")
    with pytest.raises(UsageError, match="there is no channel 'nowhere'"):
        room.app.posts.move_channel(moved.id, "nowhere", "cli:bo")
    with pytest.raises(InvalidTransition, match="can't be moved to another channel"):
        room.app.posts.move_channel(post.id, "tg-ur", "cli:bo")


async def test_articles_of_a_removed_source_that_wait_to_be_read_are_said(room: Room) -> None:
    now = room.clock.now()
    items = tuple(Item(f"g{n}", f"https://example.org/{n}") for n in range(3))
    record_poll(room.app.ledger.sources, "old", PollResult(now, {}, items), now=now)
    ledger = room.app.ledger
    assert ledger.sources.count_stranded_articles(["drop"]) == {"old": 3}
    assert ledger.sources.count_stranded_articles(["drop", "old"]) == {}
    [line] = say_stranded_sources(ledger.sources, ["drop"])
    assert line.startswith(
        "old: config.yaml has no such source any more, and 3 of its articles wait to be read"
    )
    assert line in said(room)
    assert [each.name for each in troubles(room) if each.kind == "unread"] == ["old"]


async def test_posts_of_an_older_version_get_the_place_that_is_configured_at_the_first_start(
    tmp_path: Path, url: str
) -> None:
    async with opened(tmp_path, url) as room:
        article_id = room.queue({"tg-en": "Old"})
        post = room.posts(article_id)["tg-en"]
        assert post.target is None
        assert hold(room) == []
        assert room.app.ledger.posts.get_post(post.id).target == "telegram:@sandbox"
        async with configured(room, tmp_path, repointed) as other:
            assert [held.id for held in hold(other)] == [post.id]
            [found] = find_stranded(other.app.ledger.alerts, other.app.targets)
            assert say_stranded(found).startswith("tg-en posted to telegram:@sandbox, and posts to")
