"""Other words, a wrong number and an embargo, by chat: what the ledger has, and what the answer says."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.model import PostState
from newsbot.reasons import Code
from tests.ledger.making import add, new_post, part
from tests.newsroom.outroom import CHANNELS

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, GROUP, VIEWER, Stand, standing

SECOND_ADMIN = 555


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    people = {str(ADMIN): "admin", str(EDITOR): "editor", str(VIEWER): "viewer", str(SECOND_ADMIN): "admin"}
    async with standing(tmp_path, people=people) as made:
        yield made


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path) as made:
        yield made


def words(stand: Stand, post_id: str) -> str:
    return stand.ledger.posts.get_post(post_id).parts[0].text


# ---------------------------------------------------------------- /fix and /correct


async def test_a_wrong_number_on_six_channels_in_three_scripts_takes_one_command_and_one_press(
    out: OutDesk,
) -> None:
    article = out.room.queue()
    await out.room.run()
    assert set(out.posts(article)) == set(CHANNELS)
    asked = await out.asks(EDITOR, f"/fix {article} 4.2 > 2.4")
    assert all(name in asked for name in CHANNELS)
    assert "۲٫۴" in asked
    assert "deleted and posted again" in asked
    assert "4.2 million" in out.room.public()["tg-en"][0]
    (said,) = await out.presses(EDITOR, "Yes, put it right")
    assert said.startswith("It is being put right: ")
    assert f"/why {article} says how far it is; /fix the other way round undoes it." in said
    await out.room.run()
    public = {name: texts[0] for name, texts in out.room.public().items() if len(texts) == 1}
    assert len(public) == 5
    right = [re.sub(r"14\.2|org/4\.2|۱۴٫۲|٤٫٢٥", "", text) for text in public.values()]
    assert not [text for text in right if re.search(r"4\.2|۴٫۲|٤٫٢", text)]
    assert "۲٫۴ ملین" in public["tg-ur"]
    assert "٢٫٤ مليون" in public["tg-ar"]
    kept = out.stand.ledger.articles.get_article(article).article
    assert kept
    assert "2.4 million" in kept.text
    (action,) = out.stand.ledger.actions.list_actions(article)
    assert (action.what, action.by, str(action.detail)) == ("fix", "tg:222", "4.2 > 2.4")


async def test_a_second_yes_does_not_put_it_right_twice(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2"})
    await out.room.run()
    await out.asks(EDITOR, f"/fix {article} ۴٫۲ → ۲٫۴")
    yes = out.stand.buttons()["Yes, put it right"]
    (other,) = await out.stand.presses(ADMIN, yes)
    assert other == "Only Bo can answer that."
    await out.stand.presses(EDITOR, yes)
    (again,) = await out.stand.presses(EDITOR, yes)
    assert again == "You answered that already."
    assert len(out.stand.ledger.actions.list_actions(article)) == 1
    await out.room.run()
    assert out.room.public()["tg-en"][0].startswith("It was 2.4")


async def test_a_post_that_went_out_since_the_question_makes_the_button_ask_again(out: OutDesk) -> None:
    article = out.room.queue({"x-main": "It was 4.2"})
    asked = await out.asks(EDITOR, f"/fix {article} 4.2 > 2.4")
    assert "x-main, before it goes out" in asked
    await out.room.run()
    (again,) = await out.presses(EDITOR, "Yes, put it right")
    assert again.startswith("Nothing was done, as something has changed since you were asked.")
    assert "x-main, deleted and posted again" in again
    assert out.stand.ledger.actions.list_actions(article) == []
    (said,) = await out.presses(EDITOR, "Yes, put it right")
    assert said.startswith("It is being put right: x-main")
    assert len(out.stand.ledger.actions.list_actions(article)) == 1


async def test_a_fix_that_was_asked_for_long_ago_is_shown_before_it_is_made(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2"})
    await out.room.run()
    before = out.stand.clock.now() - timedelta(minutes=14)
    await out.stand.says(EDITOR, f"/fix {article} 4.2 > 2.4", at=before)
    (shown,) = await out.presses(EDITOR, "Yes, do it now")
    assert shown.startswith("This would change:")
    assert out.stand.ledger.actions.list_actions(article) == []
    await out.presses(EDITOR, "Yes, put it right")
    assert len(out.stand.ledger.actions.list_actions(article)) == 1


async def test_what_is_out_and_what_waits_are_put_right_by_one_command(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2"})
    await out.room.run()
    out.stand.ledger.channels.pause(
        "tg-ur", by="cli:ana", reason=Code.TEXT(words=""), now=out.room.clock.now()
    )
    assert out.room.queue({"tg-ur": "۴٫۲"}) == article
    asked = await out.asks(EDITOR, f"/fix {article} 4.2 > 2.4")
    assert "tg-ur, before it goes out" in asked
    assert "tg-en, edited in place" in asked
    await out.presses(EDITOR, "Yes")
    assert out.posts(article)["tg-ur"].parts[0].text == "۲٫۴"


async def test_a_fix_that_fits_nowhere_says_so_and_one_that_is_no_fix_says_how(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2"})
    await out.room.run()
    nowhere = await out.asks(EDITOR, f"/fix {article} 7.7 > 8.8")
    assert "stands neither in article" in nowhere
    how = await out.asks(EDITOR, f"/fix {article} 4.2")
    assert how == f"Write it like /fix {article} 4.2 > 2.4"
    assert "/fix is for: editor" in await out.asks(VIEWER, f"/fix {article} 4.2 > 2.4")
    assert out.stand.ledger.actions.list_actions(article) == []


async def test_an_article_told_again_is_shown_and_then_edited_in_place(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was wrong"})
    await out.room.run()
    asked = await out.asks(EDITOR, f"/correct {article} The council said no on Monday.\n\nIt may say yes.")
    assert asked.startswith("This would change:")
    assert "edited in place" in asked
    (said,) = await out.presses(EDITOR, "Yes, put it right")
    assert said.startswith("It is being put right: tg-en")
    await out.room.run()
    (shown,) = out.room.public()["tg-en"]
    assert "The council said no on Monday." in shown
    assert "Corrected" in shown
    kept = out.stand.ledger.articles.get_article(article).article
    assert kept
    assert kept.text == "The council said no on Monday.\n\nIt may say yes."


async def test_a_fix_by_a_posts_id_names_the_article_and_every_post_that_it_changes(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2", "x-main": "It was 4.2"}, title="The council")
    await out.room.run()
    posts = out.posts(article)
    asked = await out.asks(EDITOR, f"/fix {posts['tg-en'].id} 4.2 > 2.4")
    assert f"The council · {article}" in asked
    assert f"tg-en, edited in place · {posts['tg-en'].id}" in asked
    assert f"x-main, deleted and posted again · {posts['x-main'].id} · costs $0.0" in asked
    (said,) = await out.presses(EDITOR, "Yes, put it right")
    assert f"tg-en ({posts['tg-en'].id})" in said
    assert f"x-main ({posts['x-main'].id})" in said
    assert f"The council · {article}" in said


async def test_a_takedown_by_a_posts_id_names_the_article_and_every_post_that_goes(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2", "x-main": "It was 4.2"}, title="The council")
    await out.room.run()
    posts = out.posts(article)
    asked = await out.asks(ADMIN, f"/takedown {posts['tg-en'].id}")
    assert f"The council · {article}" in asked
    assert all(post.id in asked for post in posts.values())


async def test_a_correction_without_its_text_asks_for_it(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was wrong"})
    said = await out.asks(EDITOR, f"/correct {article}")
    assert said == f"Write the article's new text behind /correct {article}"


# ---------------------------------------------------------------- /edit


async def test_other_words_for_a_post_and_the_way_back(stand: Stand) -> None:
    post = stand.post(text="The old words of it")
    (said,) = await stand.says(EDITOR, f"/edit {post.id} The new words of it")
    assert words(stand, post.id) == "The new words of it"
    assert stand.ledger.posts.get_post(post.id).edited_by == "tg:222"
    assert said.startswith("Changed on tg: ")
    assert f"It still needs an approval: /approve {post.id}" in said
    undo = said.splitlines()[-1].partition(": ")[2]
    assert undo == f"/edit {post.id} The old words of it"
    await stand.says(EDITOR, undo)
    assert words(stand, post.id) == "The old words of it"


async def test_an_edit_of_an_approved_post_says_that_the_approval_is_void(stand: Stand) -> None:
    post = stand.post(text="The old words of it")
    await stand.says(EDITOR, f"/approve {post.id}")
    (said,) = await stand.says(EDITOR, f"/edit {post.id} The new words of it")
    assert f"The approval that it had is void, as it was for another text: /approve {post.id}" in said


async def test_a_reply_to_the_card_is_the_posts_new_text(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    post = stand.post(text="The old words of it", held=False)
    await follower.update_all()
    card = stand.sandbox.telegram.chats[GROUP].messages[-1]
    assert post.article_id in card.text
    (said,) = await stand.says(
        EDITOR, "The new words\nof it", reply_to_message={"message_id": card.message_id}
    )
    assert said.startswith("Changed on tg: ")
    assert words(stand, post.id) == "The new words\nof it"
    await follower.update_all()
    assert "The new words" in card.text
    assert await stand.says(VIEWER, "Mine!", reply_to_message={"message_id": card.message_id}) == []
    assert words(stand, post.id) == "The new words\nof it"


async def test_of_several_channels_it_is_asked_which_says_it(stand: Stand) -> None:
    due = stand.clock.now() + timedelta(hours=1)
    both = [new_post(name, due_at=due, parts=(part("The old words of it"),)) for name in ("tg", "x")]
    posts = {post.channel: post for post in add(stand.ledger, *both, now=stand.clock.now())}
    article = posts["tg"].article_id
    (asked,) = await stand.says(EDITOR, f"/edit {article} The new words of it")
    assert asked == "On which channel should it say that?"
    choices = stand.buttons()
    assert list(choices) == ["tg", "x", "All (2)"]
    (other,) = await stand.presses(ADMIN, choices["x"])
    assert "too long ago" in other
    (said,) = await stand.presses(EDITOR, choices["x"])
    assert said.startswith("Changed on x: ")
    assert [words(stand, posts[name].id) for name in ("tg", "x")] == [
        "The old words of it", "The new words of it"
    ]  # fmt: skip
    (said,) = await stand.presses(EDITOR, choices["All (2)"])
    assert said.startswith("Changed on tg: ")
    assert f"{posts['x'].id} says that already." in said
    assert {words(stand, post.id) for post in posts.values()} == {"The new words of it"}


async def test_much_shorter_words_may_be_talk_and_are_asked_about(stand: Stand) -> None:
    post = stand.post(text="The old words of it, and many more of them than any answer to a colleague has")
    (asked,) = await stand.says(EDITOR, f"/edit {post.id} Thanks!")
    assert "it would say only this: Thanks!" in asked
    assert words(stand, post.id).startswith("The old")
    await stand.presses(EDITOR, stand.buttons()["Yes, change it"])
    assert words(stand, post.id) == "Thanks!"


async def test_a_text_that_does_not_fit_is_refused_with_by_how_much(out: OutDesk) -> None:
    out.stand.ledger.channels.pause(
        "tg-photo", by="cli:ana", reason=Code.TEXT(words=""), now=out.room.clock.now()
    )
    article = out.room.queue({"tg-photo": "Harbour"})
    said = await out.asks(EDITOR, f"/edit {article} " + "x" * 1030)
    assert said == "Nothing was done: tg-photo: 6 too long: 1030 of 1024, with its photo"
    assert out.posts(article)["tg-photo"].parts[0].text == "Harbour"


async def test_what_is_out_is_not_edited_but_corrected(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "Harbour"})
    await out.room.run()
    said = await out.asks(EDITOR, f"/edit {article} The harbour is open")
    assert said == f"Nothing of {article} waits: /correct puts right what is out."


# ---------------------------------------------------------------- /embargo


async def test_an_embargo_puts_off_and_two_admins_end_it(stand: Stand) -> None:
    post = stand.post(held=False)
    (said,) = await stand.says(EDITOR, f"/embargo {post.id} 18:00")
    ends = stand.clock.now().replace(hour=18)
    assert stand.ledger.posts.get_post(post.id).embargo_until == ends
    assert stand.ledger.posts.get_post(post.id).due_at >= ends
    assert said == (
        f"Nothing of {post.article_id} goes before 18:00. Posts that wait: 1. "
        f"/embargo {post.article_id} lift ends it, if two admins ask for it.\n"
        "tg: goes out 18:00, when its embargo ends"
    )
    (late,) = await stand.says(EDITOR, f"/now {post.id}")
    assert "is under embargo, and can't go before 18:00" in late
    assert stand.ledger.posts.get_post(post.id).asked_at is None
    (refused,) = await stand.says(EDITOR, f"/embargo {post.article_id} lift")
    assert "an admin's" in refused
    (first,) = await stand.says(ADMIN, f"/embargo {post.article_id} lift")
    assert "A second admin has to lift it too" in first
    lift = stand.buttons()["Lift it too"]
    await stand.presses(ADMIN, lift)
    assert stand.ledger.posts.get_post(post.id).embargo_until == ends
    (done,) = await stand.presses(SECOND_ADMIN, lift)
    assert done.startswith(f"The embargo on {post.article_id} is over. Posts that go on: 1\ntg: goes out now")
    assert stand.ledger.posts.get_post(post.id).embargo_until is None
    assert stand.ledger.posts.get_post(post.id).due_at < ends


async def test_an_embargo_without_a_time_asks_for_one(stand: Stand) -> None:
    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/embargo {post.id}")
    assert said == f"Write a time behind /embargo {post.id}, or lift"
    (none,) = await stand.says(ADMIN, f"/embargo {post.id} lift")
    assert "is under no embargo" in none


# ---------------------------------------------------------------- a bare command


@pytest.mark.parametrize("name", ["fix", "correct", "withdraw", "takedown"])
async def test_a_bare_command_lists_what_is_out(out: OutDesk, name: str) -> None:
    out.room.queue({"tg-en": "Harbour"})
    await out.room.run()
    said = await out.asks(ADMIN, f"/{name}")
    assert said.startswith(f"/{name}: which one?")
    (post,) = out.stand.ledger.posts.list_posts(states=(PostState.SENT,))
    pressed: list[Any] = [data for data in out.stand.buttons().values() if post.id in data]
    assert pressed


async def test_a_tag_typed_in_a_reply_is_live_and_the_card_shows_it_as_one(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    post = stand.post(text="The old words of #\u200bSpam", held=False)
    await follower.update_all()
    card = stand.sandbox.telegram.chats[GROUP].messages[-1]
    assert "Tags and mentions" not in card.text
    typed = "The new words of #\u200bSpam, #Karachi @rescue1122 \U0001f468\u200d\U0001f467"
    (said,) = await stand.says(EDITOR, typed, reply_to_message={"message_id": card.message_id})
    assert said.startswith("Changed on tg: ")
    assert words(stand, post.id) == typed
    await follower.update_all()
    assert "Tags and mentions: #Karachi @rescue1122\n" in card.text


async def test_words_that_are_in_no_post_are_changed_in_the_article_and_that_is_said(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour"}, title="Harbour", text="It counted 14.2 million tonnes.")
    await out.room.run()
    asked = await out.asks(EDITOR, f"/fix {article} 14.2 > 12.4")
    assert "No post says that: only the article's own text changes." in asked
    (said,) = await out.presses(EDITOR, "Yes, put it right")
    assert said.startswith("The article's own text is changed. No post said that, so none is.")


async def test_a_new_text_says_whether_the_post_needed_an_approval_before(stand: Stand) -> None:
    held, free = stand.post(text="A tram line"), stand.post(text="A bus line", held=False)
    (said,) = await stand.says(EDITOR, f"/edit {held.id} A tram line to the sea")
    assert f"It still needs an approval: /approve {held.id}" in said
    (said,) = await stand.says(EDITOR, f"/edit {free.id} A bus line to the sea")
    assert f"It needs an approval now: /approve {free.id}" in said or "approval" not in said
