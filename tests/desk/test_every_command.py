"""Every command with what is not there, is in another state, or fits two: it says so, and does nothing."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from newsbot.desk.commands import COMMANDS
from newsbot.model import Post, PostState
from newsbot.reasons import Code

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, Stand, standing

FEED = {"kind": "folder", "path": "articles/"}
MISSING_POST, MISSING_ARTICLE, NOWHERE = "aah3", "a-aawp", "https://example.org/nowhere"
"""Ids with their right check characters, of an empty ledger."""

BEHIND = {
    "move": "18:30",
    "edit": "Other words",
    "fix": "4.2 > 2.4",
    "correct": "Another text",
    "resolve": "sent",
    "embargo": "18:30",
}
OF_POSTS = (
    "show", "why", "approve", "cancel", "now", "move", "retry", "stop", "skip", "resolve", "edit", "fix",
    "correct", "embargo", "withdraw", "takedown",
)  # fmt: skip
OF_CHANNELS = ("pause", "resume")
OF_SOURCES = ("block", "unblock")
OTHERS = {"queue", "status", "preview", "breaking", "post", "invite", "lang", "web", "help"}


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    sources = {"site-en": FEED, "site-ur": FEED}
    async with standing(
        tmp_path, channels=("telegram-main", "telegram-ur", "x-main"), sources=sources
    ) as made:
        yield made


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path) as made:
        yield made


def test_the_table_has_every_command() -> None:
    shown = {name for name, command in COMMANDS.items() if not command.hidden}
    assert shown == {*OF_POSTS, *OF_CHANNELS, *OF_SOURCES, *OTHERS}


async def says(stand: Stand, text: str) -> str:
    (said,) = await stand.says(ADMIN, text)
    return said


@pytest.mark.parametrize("name", OF_POSTS)
@pytest.mark.parametrize("ref", [MISSING_POST, MISSING_ARTICLE, "a-zzzz", "nothing", NOWHERE])
async def test_what_is_not_there_is_said_and_never_asked_about(stand: Stand, name: str, ref: str) -> None:
    said = await says(stand, f"/{name} {ref} {BEHIND.get(name, '')}")
    assert ref in said
    assert re.search(r"There is no (post|article)|is no id|We never posted|there is no article", said), said
    if (name, ref) == ("takedown", NOWHERE):
        assert "It would never be taken in." in said
    else:
        assert stand.buttons() == {}
    assert not stand.ledger.posts.list_posts()


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"start"}))  # its second answer differs
@pytest.mark.parametrize("marks", ["[[[", "?", "…", "\u200b", "<>"])
async def test_a_command_with_only_punctuation_is_answered_like_the_command_alone(
    stand: Stand, name: str, marks: str
) -> None:
    assert await stand.says(ADMIN, f"/{name} {marks}") == await stand.says(ADMIN, f"/{name}")


@pytest.mark.parametrize("name", OF_POSTS[2:])
async def test_what_is_over_is_said_and_never_asked_about(stand: Stand, name: str) -> None:
    post = stand.post(channel="x-main", held=False)
    stand.ledger.posts.cancel_all([post.id], by="cli:ana", now=stand.clock.now(), detail=Code.TEXT(words=""))
    said = await says(stand, f"/{name} {post.id} {BEHIND.get(name, '')}")
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED
    if name == "takedown":
        assert "Nothing of it waits or is out." in said
        return
    known = r"that can't be done now|stands neither in|Nothing of \w+ waits|takes one post|This would change"
    assert name == "embargo" or re.search(known, said)
    if name not in {"fix", "correct"}:
        assert "Sure?" not in said
        assert f"{post.id}" in said or post.article_id in said


@pytest.mark.parametrize("name", OF_CHANNELS)
async def test_a_channels_part_that_fits_two_says_which_two(stand: Stand, name: str) -> None:
    said = await says(stand, f"/{name} telegram")
    assert said == "telegram fits telegram-main, telegram-ur: write more of the name."
    assert "there are telegram-main, telegram-ur, x-main" in await says(stand, f"/{name} nowhere")
    assert (await says(stand, f"/{name} x")).startswith("x-main ")


@pytest.mark.parametrize("name", OF_SOURCES)
async def test_a_sources_part_that_fits_two_says_which_two(stand: Stand, name: str) -> None:
    assert await says(stand, f"/{name} site") == "site fits site-en, site-ur: write more of the name."
    assert "site-en, site-ur" in await says(stand, f"/{name} nowhere")
    assert stand.buttons() == {}
    assert "site-ur" in await says(stand, f"/{name} ur")


@pytest.mark.parametrize("name", ["post", "breaking"])
async def test_a_post_to_a_channel_that_fits_two_or_none(stand: Stand, name: str) -> None:
    said = await says(stand, f"/{name} {NOWHERE} telegram")
    assert said == "telegram fits telegram-main, telegram-ur: write more of the name."
    assert "is no channel" in await says(stand, f"/{name} {NOWHERE} nowhere")


@pytest.mark.parametrize("name", ["post", "breaking", "preview"])
async def test_what_is_no_address_is_not_read_from_the_disk(stand: Stand, name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("A title\n\nThe secret.")
    for asked in (str(path), f"file://{path}", "nowhere"):
        assert await says(stand, f"/{name} {asked}") == f"{asked} is no address: begin it with https://"


async def test_a_move_to_a_part_of_a_channels_name_and_to_one_that_fits_two(stand: Stand) -> None:
    post = stand.post(channel="x-main", held=False)
    said = await says(stand, f"/move {post.id} telegram")
    assert said == "telegram fits telegram-main, telegram-ur: write more of the name."
    assert "is no time" in await says(stand, f"/move {post.id} nowhere")
    assert "telegram-ur: " in await says(stand, f"/move {post.id} ur")
    assert [each.channel for each in stand.ledger.posts.list_posts(states=(PostState.HELD,))] == [
        "telegram-ur"
    ]


# ---------------------------------------------------------------- what would go is shown


async def sent(out: OutDesk) -> str:
    article = out.room.queue()
    await out.room.run()
    return article


async def test_a_takedown_shows_headline_channels_and_links_before_it_asks(out: OutDesk) -> None:
    article = await sent(out)
    for ref in (article, "https://example.org/harbour", link(out.posts(article)["tg-en"])):
        said = await out.asks(ADMIN, f"/takedown {ref}")
        assert "Harbour: 4.2 million visitors" in said
        assert article in said
        for post in out.posts(article).values():
            assert f"{post.channel}: out" in said
            assert link(post) in said
        assert said.endswith("This can't be taken back. Sure?")
        assert list(out.stand.buttons()) == ["Yes, take it down everywhere"]
    await out.presses(ADMIN, "Yes")
    assert "Sure?" not in await out.asks(ADMIN, f"/takedown {article}"), "it is done already"


async def test_a_withdrawal_shows_the_one_post(out: OutDesk) -> None:
    article = await sent(out)
    post = out.posts(article)["tg-en"]
    said = await out.asks(ADMIN, f"/withdraw {post.id}")
    assert said.startswith("Harbour: 4.2 million visitors")
    assert "tg-en: out" in said
    assert link(post) in said
    several = await out.asks(ADMIN, f"/withdraw {article}")
    assert "takes one post that is out" in several
    assert link(post) in several
    assert out.stand.buttons() == {}


def link(post: Post) -> str:
    return next((receipt.url for receipt in post.receipts if receipt.url), "")


async def test_a_block_shows_what_waits_from_the_source(stand: Stand) -> None:
    said = await says(stand, "/block ur")
    assert said == (
        "site-ur: nothing is taken from it any more. Dropped: 0\n\n"
        "/unblock takes the source in again, but what is dropped stays dropped. Sure?"
    )


# ---------------------------------------------------------------- times are read back


async def test_what_changes_a_time_answers_with_the_new_one(stand: Stand) -> None:
    post = stand.post(channel="x-main")
    assert "x-main: 18:30, held for approval" in await says(stand, f"/move {post.id} 18:30")
    assert "x-main: 19:00, held for approval" in await says(stand, f"/embargo {post.id} 19:00")
    other = stand.post(channel="x-main", held=False)
    assert "x-main: goes out 20:00, " in await says(stand, f"/embargo {other.id} 20:00")


async def test_what_is_out_is_not_said_to_be_in(out: OutDesk) -> None:
    from .test_commands_posts import site

    async with site() as url:
        assert (await out.asks(EDITOR, f"/post {url} tg-en")).startswith("Queued, nothing is out yet.")
        await out.room.run()
        said = await out.asks(EDITOR, f"/post {url} tg-ur")
        assert said.startswith("Queued. The article is out already on: tg-en")
