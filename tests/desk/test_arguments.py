"""Times by chat: refused with examples in the person's language, asked about by a button with the time."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsbot.desk.context import decode_timestamp
from newsbot.desk.i18n import LANGUAGES, Translator
from newsbot.model import Post
from newsbot.newsroom.times.reading import EXAMPLES, parse_time

from .stand import ADMIN, EDITOR, GROUP, Stand, standing

YES = "Yes, at 12:01 on 25 November 2026"


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


def due(stand: Stand, post: Post) -> datetime:
    return stand.ledger.posts.get_post(post.id).due_at


async def test_a_time_that_is_near_is_asked_about_and_taken_by_its_button(stand: Stand) -> None:
    post = stand.post(held=False)
    (asked,) = await stand.says(EDITOR, f"/move {post.id} 12:01")
    assert asked == "12:01 is Wed 25 November 2026, 12:01, which is two minutes away or less. Is that right?"
    assert due(stand, post) == post.due_at
    stand.clock.at += timedelta(seconds=20)
    (said,) = await stand.presses(EDITOR, stand.buttons()[YES])
    assert due(stand, post) == datetime(2026, 11, 25, 12, 1, tzinfo=UTC)
    assert said.startswith("Moved.")


async def test_a_button_whose_time_has_passed_does_nothing(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id} 12:01")
    stand.clock.at += timedelta(minutes=2)
    (said,) = await stand.presses(EDITOR, stand.buttons()[YES])
    assert "which is past" in said
    assert due(stand, post) == post.due_at


async def test_only_who_was_asked_can_answer_and_only_once(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id} 1 December 2027 09:00")
    yes = stand.buttons()["Yes, at 09:00 on 1 December 2027"]
    assert await stand.presses(ADMIN, yes) == ["Only Bo can answer that."]
    assert due(stand, post) == post.due_at
    await stand.presses(EDITOR, yes)
    assert due(stand, post) == datetime(2027, 12, 1, 9, tzinfo=UTC)
    await stand.says(EDITOR, f"/move {post.id} +2h")
    assert await stand.presses(EDITOR, yes) == ["You answered that already."]
    assert due(stand, post) == stand.clock.now() + timedelta(hours=2)


async def test_now_and_plus_are_not_asked_about(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id} +1m")
    assert due(stand, post) == stand.clock.now() + timedelta(minutes=1)
    await stand.says(EDITOR, f"/move {post.id} now")
    assert due(stand, post) == stand.clock.now()


async def test_a_time_of_the_menu_is_asked_about_too(stand: Stand) -> None:
    post = stand.post(held=False)
    stand.clock.at = stand.clock.at.replace(hour=7, minute=59)
    await stand.says(EDITOR, f"/move {post.id}")
    # At 07:59, the button of the next 08:00 has no day.
    await stand.presses(EDITOR, stand.buttons()["08:00"])
    assert due(stand, post) == post.due_at
    await stand.presses(EDITOR, stand.buttons()["Yes, at 08:00 on 25 November 2026"])
    assert due(stand, post) == stand.clock.at.replace(hour=8, minute=0)


async def test_a_command_that_came_late_means_what_it_meant_when_it_was_typed(stand: Stand) -> None:
    post = stand.post(held=False)
    said_at, stand.clock.at = stand.clock.at, stand.clock.at + timedelta(minutes=5)
    (said,) = await stand.says(EDITOR, f"/move {post.id} 12:03", at=said_at)
    assert "which is past" in said
    await stand.says(EDITOR, f"/move {post.id} +20m", at=said_at)
    assert due(stand, post) == stand.clock.at + timedelta(minutes=20)


async def test_an_old_command_means_what_it_meant_and_is_asked_about_where_that_is_near(stand: Stand) -> None:
    post = stand.post(held=False)
    long_ago = stand.clock.now() - timedelta(minutes=20)
    await stand.says(EDITOR, f"/move {post.id} 12:30", at=long_ago)
    yes = stand.buttons()["Yes, do it now"]
    stand.clock.at += timedelta(minutes=29)
    await stand.presses(EDITOR, yes)
    assert due(stand, post) == post.due_at
    await stand.presses(EDITOR, stand.buttons()["Yes, at 12:30 on 25 November 2026"])
    assert due(stand, post) == stand.clock.at.replace(minute=30)


async def test_an_old_command_whose_time_passed_meanwhile_is_not_the_next_days(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id} 12:30", at=stand.clock.now() - timedelta(minutes=20))
    yes = stand.buttons()["Yes, do it now"]
    stand.clock.at += timedelta(minutes=40)
    (said,) = await stand.presses(EDITOR, yes)
    assert "which is past" in said
    assert due(stand, post) == post.due_at


async def test_an_old_command_whose_time_passed_before_it_came_is_not_the_next_days(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id} 11:50", at=stand.clock.now() - timedelta(minutes=20))
    (said,) = await stand.presses(EDITOR, stand.buttons()["Yes, do it now"])
    assert "which is past" in said
    assert due(stand, post) == post.due_at


async def test_a_post_that_is_held_says_its_new_time(stand: Stand) -> None:
    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/move {post.id} tomorrow at 9")
    assert "The time that was set: Thu 26 November 2026, 09:00" in said


async def test_a_reply_to_a_card_is_about_its_article(stand: Stand) -> None:
    post = stand.post(held=False)
    card = stand.ledger.desk.add_card(GROUP, "article", post.article_id, now=stand.clock.now())
    stand.ledger.desk.update_card(card.id, message_id=77, shown="", closed_at=None)
    await stand.says(EDITOR, "/move 18:30", reply_to_message={"message_id": 77})
    assert due(stand, post) == stand.clock.at.replace(hour=18, minute=30)


async def test_an_embargo_asks_too(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/embargo {post.article_id} 12:01")
    assert stand.ledger.posts.get_post(post.id).embargo_until is None
    await stand.presses(EDITOR, stand.buttons()[YES])
    assert stand.ledger.posts.get_post(post.id).embargo_until == datetime(2026, 11, 25, 12, 1, tzinfo=UTC)


async def test_post_asks_before_it_fetches(stand: Stand) -> None:
    (asked,) = await stand.says(EDITOR, "/post http://127.0.0.1:1/nowhere tg at 12:01")
    assert "Is that right?" in asked
    (refused,) = await stand.says(EDITOR, "/post http://127.0.0.1:1/nowhere tg at")
    assert "is no time" in refused
    (refused,) = await stand.says(EDITOR, "/post http://127.0.0.1:1/nowhere tg at today 6")
    assert "which is past" in refused
    assert stand.ledger.posts.list_posts() == []


async def test_what_is_no_time_is_refused_in_the_persons_language(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, "/lang ja", chat=EDITOR)
    (said,) = await stand.says(EDITOR, f"/move {post.id} そのうち", chat=EDITOR)
    assert "明日9時" in said
    assert due(stand, post) == post.due_at


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_examples_of_each_language_are_times_and_its_label_begins_with_its_own_yes(language: str) -> None:
    now, words = datetime(2026, 11, 25, 12, tzinfo=UTC), Translator(language, UTC)
    for example in re.split("[,،、] ?", words.translate(EXAMPLES)):
        assert parse_time(example, zone=UTC, now=now) > now
    yes = {"en": "Yes", "ur": "جی ہاں", "ar": "نعم", "es": "Sí", "ja": "はい"}[language]
    assert words.label("Yes, at {time} on {day}", time="", day="").startswith(yes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_time_as_the_desk_says_it_can_be_typed(language: str) -> None:
    words, now = Translator(language, UTC), datetime(2026, 11, 25, 12, tzinfo=UTC)
    for hours in range(1, 24 * 365, 53):
        at = now + timedelta(hours=hours, minutes=hours % 60)
        for said in (words.time(at, now), words.format_moment(at), f"{words.clock(at)} {words.date(at)}"):
            if at - now > timedelta(days=1) and re.fullmatch(r"\d\d:\d\d", said):
                continue
            assert parse_time(said, zone=UTC, now=now, confirmed=True) == at, said


@pytest.mark.parametrize("content", [None, "", "x", "-5", "99999999999", "1e9", "٣"])
def test_a_button_that_carries_no_time_agrees_to_none(content: str | None) -> None:
    assert decode_timestamp(content) is None
