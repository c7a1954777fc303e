"""Presses that come without their message, or with one that the bot can't see any more: each is answered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.desk.context import hash_posts
from newsbot.desk.replies import build_button_data
from newsbot.model import Post, PostState
from newsbot.sandbox.telegram.people import press
from tests.ledger.exchanges import get_source

from .stand import ADMIN, EDITOR, GROUP, STRANGER, VIEWER, Stand, standing

Json = dict[str, Any]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        for user in (ADMIN, EDITOR, VIEWER, STRANGER):
            person = {"id": user, "is_bot": False, "first_name": "Bo"}
            made.sandbox.telegram.chats[GROUP].members[user] = person
        yield made


@pytest.fixture
async def inline(stand: Stand) -> Stand:
    """A bot that is set so that no press brings its message."""
    await stand.desk.api._call("setMySettings", {"callback_query_mode": "inline"})
    return stand


def state(stand: Stand, post: Post) -> PostState:
    return stand.ledger.posts.get_post(post.id).state


def approval(post: Post) -> str:
    return build_button_data("approve", post.id, hash_posts([post]))


async def pressed(stand: Stand, user: int, data: str, changed: Json | None = None) -> tuple[str, list[str]]:
    """What popped up and what was written after a press in the group; ``changed`` are fields of the query."""
    before = stand._written()
    message = stand.sandbox.telegram.chats[GROUP].messages[-1].message_id
    query = press(stand.sandbox.telegram, GROUP, user, message, data=data)
    update = stand.sandbox.telegram.updates.pop()
    update["callback_query"] = {
        name: value
        for name, value in (update["callback_query"] | (changed or {})).items()
        if value is not ...
    }
    await stand.after(update | {"update_id": next(stand.numbers)})
    written = stand.written_since(before)
    popped = [each for each in stand.sandbox.telegram.callback_answers if each["callback_query_id"] == query]
    text = popped[0].get("text", "") if popped else ""
    return text, written


async def card(stand: Stand, **more: Any) -> Post:
    follower = CardSync(stand.desk)
    await follower.update_all()
    post = stand.post(**more)
    await follower.update_all()
    return post


@pytest.mark.parametrize(
    "gone", [{"inline_message_id": "AgAA"}, {}, {"inline_message_id": "AgAA", "chat_instance": ...}]
)
async def test_a_press_without_its_message_acts_once_for_who_may(stand: Stand, gone: Json) -> None:
    post = await card(stand)
    pop, written = await pressed(stand, EDITOR, approval(post), {"message": ...} | gone)
    assert pop.startswith("Approved.")
    assert written[0].startswith("Approved.")
    assert stand.sandbox.telegram.chats[EDITOR].messages[-1].text.startswith("Approved.")
    assert state(stand, post) is PostState.SCHEDULED
    assert list(stand.buttons(EDITOR)) == ["Time", "Drop"]


@pytest.mark.parametrize("user", [VIEWER, STRANGER])
async def test_it_gives_nobody_a_right(inline: Stand, user: int) -> None:
    post = await card(inline)
    pop, written = await pressed(inline, user, approval(post))
    assert state(inline, post) is PostState.HELD
    assert pop == ("/approve is for: editor. You are: viewer." if user == VIEWER else "")
    assert written == []
    assert len(inline.sandbox.telegram.callback_answers) == 1


async def test_it_is_bound_to_what_it_showed(inline: Stand) -> None:
    post = await card(inline)
    pop, _ = await pressed(inline, EDITOR, build_button_data("approve", post.id, "0" * 12))
    assert pop.startswith("It changed since")
    assert state(inline, post) is PostState.HELD


async def test_it_comes_twice_and_counts_once(inline: Stand) -> None:
    post = await card(inline, held=False)
    update = inline.press(EDITOR, f"move:{post.id} +20m")
    del update["callback_query"]["message"]
    await inline.after(update, update, update | {"update_id": next(inline.numbers)})
    moved = [event for event in inline.ledger.posts.list_events(post.id) if event.by == f"tg:{EDITOR}"]
    assert len(moved) == 1


async def test_buttons_change_on_the_message_by_its_inline_id(inline: Stand) -> None:
    await card(inline)
    one = inline.sandbox.telegram.chats[GROUP].messages[-1]
    data = next(data for label, data in inline.buttons().items() if label == "Why")
    pop, _ = await pressed(inline, EDITOR, data)
    assert pop
    article = data.partition(":")[2]
    await pressed(inline, EDITOR, f"each:{article}")
    assert [row[0]["text"] for row in (one.reply_markup or {})["inline_keyboard"]][-1].startswith("◂")


async def test_what_has_to_be_asked_is_asked_in_the_pressers_own_chat(inline: Stand) -> None:
    await card(inline)
    pop, written = await pressed(inline, ADMIN, "block:drop")
    assert "stays dropped" in pop
    assert "stays dropped" in written[0]
    (data,) = inline.buttons(ADMIN).values()
    inline.sandbox.telegram.bot.callback_query_mode = "default"
    await inline.presses(ADMIN, data, chat=ADMIN)
    assert get_source(inline.ledger.sources, "drop")


async def test_who_never_wrote_to_the_bot_reads_what_to_do(inline: Stand) -> None:
    await card(inline)
    inline.sandbox.telegram.chats[ADMIN].started = False
    pop, written = await pressed(inline, ADMIN, "block:drop")
    assert pop == "Open a chat with me and press Start there, then press this button again."
    assert written == []
    assert inline.ledger.desk.list_open_updates(inline.desk.api.bot_id) == []


@pytest.mark.parametrize("changed", [{"data": ...}, {"data": ""}, {"data": ..., "game_short_name": "x"}])
async def test_a_button_that_says_nothing_is_answered(inline: Stand, changed: Json) -> None:
    await card(inline)
    pop, _ = await pressed(inline, EDITOR, "x", changed)
    assert pop.startswith("This button does not say what it is for")


async def test_a_message_that_the_bot_can_not_see_any_more_still_counts(stand: Stand) -> None:
    """Mode default: an ``InaccessibleMessage``, whose date is 0."""
    post = await card(stand)
    chat = stand.sandbox.telegram.chats[GROUP]
    shown = chat.messages[-1]
    chat.messages.remove(shown)
    gone = {"chat": chat.as_json(), "message_id": shown.message_id, "date": 0}
    stand.post()
    await stand.says(EDITOR, "/queue")
    pop, written = await pressed(stand, EDITOR, f"each:{post.article_id}", {"message": gone})
    assert pop == ""
    assert written == ["Choose:"]
    await pressed(stand, EDITOR, approval(post), {"message": gone})
    assert state(stand, post) is PostState.SCHEDULED


@pytest.mark.parametrize("mode", ["auto", "inline", "default"])
async def test_every_button_of_a_card_works_in_every_mode(stand: Stand, mode: str) -> None:
    await stand.desk.api._call("setMySettings", {"callback_query_mode": mode})
    await card(stand)
    before = len(stand.sandbox.telegram.callback_answers)
    buttons = stand.buttons()
    for data in buttons.values():
        await pressed(stand, EDITOR, data)
    assert len(stand.sandbox.telegram.callback_answers) - before == len(buttons)
    assert stand.ledger.desk.list_open_updates(stand.desk.api.bot_id) == []


async def test_a_press_that_changes_nothing_says_why_until_it_is_closed(stand: Stand) -> None:
    post = stand.post()
    data = build_button_data("approve", post.id, hash_posts([post]))
    (said,) = await stand.presses(VIEWER, data)
    assert said == "/approve is for: editor. You are: viewer."
    assert stand.sandbox.telegram.callback_answers[-1]["show_alert"]
    await stand.presses(EDITOR, data)
    assert stand.ledger.posts.get_post(post.id).state is PostState.SCHEDULED
    await stand.presses(ADMIN, data)
    assert stand.sandbox.telegram.callback_answers[-1]["show_alert"]
