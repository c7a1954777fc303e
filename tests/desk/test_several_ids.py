"""A command that is typed with several ids does all of them, or says which words it does not take."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from newsbot.model import PostState

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, Stand, standing


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("approve", PostState.SCHEDULED),
        ("cancel", PostState.CANCELLED),
        ("stop", PostState.CANCELLED),
        ("now", PostState.HELD),
    ],
)
async def test_each_id_is_acted_on_and_answered(stand: Stand, name: str, state: PostState) -> None:
    one, other = stand.post(title="one"), stand.post(title="other")
    (said,) = await stand.says(EDITOR, f"/{name} {one.article_id}, {other.id}")
    assert {stand.ledger.posts.get_post(each.id).state for each in (one, other)} == {state}
    assert one.article_id in said
    assert other.article_id in said


async def test_one_that_is_refused_is_named_and_the_others_are_done(stand: Stand) -> None:
    one, other = stand.post(title="one"), stand.post(title="other")
    (said,) = await stand.says(EDITOR, f"/stop {one.id} thing {other.id}")
    assert {stand.ledger.posts.get_post(each.id).state for each in (one, other)} == {PostState.CANCELLED}
    assert "thing is no id" in said
    (said,) = await stand.says(EDITOR, f"/approve thing {one.id}")
    assert "thing is no id" in said
    assert f"{one.id} is dropped" in said


async def test_two_posts_are_shown_by_one_command(stand: Stand) -> None:
    one, other = stand.post(title="one", text="First"), stand.post(title="other", text="Second")
    (said,) = await stand.says(EDITOR, f"/show {one.id} {other.id}")
    assert "First" in said
    assert "Second" in said


async def test_what_takes_one_refuses_more_and_does_nothing(out: OutDesk) -> None:
    one = out.room.queue({"tg-ur": "Harbour"}, url="https://example.org/1", title="One")
    other = out.room.queue(
        {"tg-ur": "Bridge"}, url="https://example.org/2", title="Two", text="Another text."
    )
    await out.room.run()
    posts = [out.posts(each)["tg-ur"] for each in (one, other)]
    for command in (
        f"/takedown {one} {other}",
        f"/withdraw {posts[0].id} {posts[1].id}",
        f"/resolve {posts[0].id} {posts[1].id}",
    ):
        assert "does not take this: " in await out.asks(ADMIN, command), command
    assert "does not take this: x" in await out.asks(ADMIN, "/block drop x")
    assert "does not take this: x-main" in await out.asks(ADMIN, "/resume tg-ur x-main")
    assert {out.posts(each)["tg-ur"].state for each in (one, other)} == {PostState.SENT}


async def test_several_channels_are_paused(stand: Stand) -> None:
    await stand.says(EDITOR, "/pause tg x")
    assert {stand.ledger.channels.get_channel(name).state for name in ("tg", "x")} == {"paused"}
