"""What answers and cards offer to do next."""

import re
from pathlib import Path

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.desk.i18n import Translator
from newsbot.desk.notices import render_brief
from newsbot.ledger import ids
from newsbot.model import PostState
from newsbot.newsroom.alerts import make_brief

from .outdesk import desked
from .stand import ADMIN, EDITOR, GROUP, standing


async def test_a_post_that_is_held_after_a_command_can_be_approved_there(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        post = stand.post(title="Tram")
        await stand.says(EDITOR, f"/move {post.id} 18:30")
        assert list(stand.buttons()) == ["Approve", "Time", "Drop"]
        await stand.presses(EDITOR, stand.buttons()["Approve"])
        assert stand.ledger.posts.get_post(post.id).state is PostState.SCHEDULED


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ["+15 min", "+1 h", "+3 h", "Thu 08:00", "12:30", "18:00"]),
        ("ur", ["+15 منٹ", "+1 گھنٹے", "+3 گھنٹے", "جمعرات کو 08:00 بجے", "12:30 بجے", "18:00 بجے"]),
    ],
)
async def test_buttons_for_times_say_their_day_in_the_persons_language(
    tmp_path: Path, language: str, labels: list[str]
) -> None:
    async with standing(tmp_path) as stand:
        post = stand.post(title="Tram")
        stand.desk.voice.language = language
        await stand.says(EDITOR, f"/move {post.id}")
        assert [re.sub("[\u2068\u2069]", "", label) for label in stand.buttons()] == labels


async def test_a_card_whose_article_a_restore_lost_says_so_and_has_no_buttons_any_more(
    tmp_path: Path,
) -> None:
    async with standing(tmp_path) as stand:
        follower = CardSync(stand.desk)
        await follower.update_all()
        stand.post(title="Tram")
        await follower.update_all()
        card, gone = stand.sandbox.telegram.chats[GROUP].messages[-1], ids.article_id(99)
        await stand.presses(EDITOR, f"approve:{gone}:x", message_id=card.message_id)
        assert card.text.startswith(
            f"{gone} is in newsbot's database no more: it was restored from a backup."
        )
        assert stand.buttons() == {}


async def test_an_unknown_language_is_said_to_be_none(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        [said] = await stand.says(ADMIN, "/lang xx")
        assert said == "xx is no language here. Which language?"


async def test_a_text_that_lost_the_link_gets_it_back_by_a_button(tmp_path: Path) -> None:
    async with desked(tmp_path, tg_en={"schedule": {"quiet": "00:00-23:59"}}) as out:
        url = "https://example.org/harbour"
        article = out.room.queue({"tg-en": f"The harbour opens\n\n{url}"}, title="Harbour")
        post = out.posts(article)["tg-en"]
        await out.stand.says(EDITOR, f"/edit {post.id} The harbour opens late")
        assert url not in out.posts(article)["tg-en"].parts[0].text
        await out.presses(EDITOR, "Keep the link")
        assert out.posts(article)["tg-en"].parts[0].text == f"The harbour opens late\n\n{url}"


async def test_plain_words_in_a_private_chat_are_answered_and_in_the_group_are_not(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        [said] = await stand.says(EDITOR, "please approve the port story", chat=EDITOR)
        assert said.startswith("I understand only commands: /help lists them.")
        assert await stand.says(EDITOR, "please approve the port story") == []


async def test_the_brief_names_each_article_once_with_its_channels_and_how_many_more(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        [first, *_] = [stand.post(title=f"Tram {n}", channel="tg") for n in range(7)]
        stand.post(title="Tram 0", channel="x")
        now = stand.clock.now()
        found = make_brief(stand.ledger, stand.clock, since=now, channels=["tg"], budgets={}, troubles=[])
        say = Translator("en", stand.desk.room.zone, now=now)
        lines = render_brief(found, say).text.splitlines()
        listed = [line for line in lines if line.startswith("· ")]
        assert len(listed) == 5
        assert f"· Title · tg, x · <code>{first.article_id}</code>" in listed
        assert "... and 2 more" in lines
