"""An article's card is one message in each chat: sent once, however slow Telegram is, and edited after."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.errors import LedgerBusy
from newsbot.ledger import ids
from newsbot.ledger.transitions import note
from newsbot.model import Post, PostWarning, TimelineEvent
from newsbot.ports.desk import Card
from newsbot.reasons import Code, WarningCode
from newsbot.sandbox.telegram.state import Message
from tests.ledger.making import add, new_post, part

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, GROUP, Stand, standing
from .test_commands_posts import site


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path, tg_en={"schedule": {"quiet": "00:00-23:59"}}) as made:
        yield made


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        await CardSync(made.desk).update_all()  # a new desk begins with what is new
        yield made


def cards(stand: Stand, words: str, chat: int = GROUP) -> list[Message]:
    """The chat's messages with these words and a card's buttons."""
    found = stand.sandbox.telegram.chats[chat].messages
    return [each for each in found if words in each.text and "'Why'" in str(each.reply_markup)]


def flag(stand: Stand, post_id: str, event: TimelineEvent, detail: str) -> None:
    """Its source did that to its article."""
    with stand.ledger._database.write() as tx:
        said = Code.TEXT(words=detail)
        note(tx, ids.post_number(post_id), event, by="system", now=stand.clock.now(), detail=said)


async def test_what_a_second_look_finds_is_shown_on_the_same_message(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour 4.2"}, title="Harbour opens")
    await out.follower.update_all()
    [(_, post)] = out.posts(article).items()
    gone = PostWarning("page_status", WarningCode.PAGE_STATUS(status="404 Not Found"))
    [card] = cards(out.stand, article)
    assert gone.message not in card.text
    why = Code.HELD_FOR_WARNING(name=gone.code, why=gone.reason)
    out.stand.ledger.posts.revise_warnings(post.id, lambda _: ([gone], why), now=out.stand.clock.now())
    await out.follower.update_all()
    assert cards(out.stand, article) == [card]
    assert f"⚠ {gone.message}" in card.text
    assert f"held: the warning page_status: {gone.message}" in card.text


async def test_what_happens_after_everything_is_out_is_shown_on_the_same_message(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour 4.2", "x-main": "Harbour 4.2"}, title="Harbour opens")
    await out.follower.update_all()
    await out.room.run()
    await out.follower.update_all()
    (card,) = cards(out.stand, article)
    assert "x-main · out" in card.text

    async def same() -> None:
        await out.room.run()
        for _ in range(3):
            await out.follower.update_all()
            out.room.move(seconds=6)
        assert cards(out.stand, article) == [card]

    out.room.app.corrections.fix(article, "4.2", "2.4", by="cli:ana")
    await same()
    for post in out.posts(article).values():
        flag(out.stand, post.id, TimelineEvent.ARTICLE_EDITED, "title: Tram -> Trams")
    await same()
    for post in out.posts(article).values():
        flag(out.stand, post.id, TimelineEvent.ARTICLE_GONE, "not published any more")
    await same()
    await out.stand.says(EDITOR, f"/skip {article}")
    await same()
    await out.stand.says(ADMIN, f"/takedown {article}")
    await out.presses(ADMIN, "Yes, take it down everywhere")
    await same()
    assert "out" not in card.text


async def test_a_complete_card_that_waits_for_a_person_again_is_edited_and_pointed_to(stand: Stand) -> None:
    follower, post = CardSync(stand.desk), stand.post(title="tram")
    await follower.update_all()
    await stand.says(EDITOR, f"/cancel {post.id}")
    await follower.update_all()
    (card,) = cards(stand, post.article_id)
    before = len(stand.sandbox.telegram.chats[GROUP].messages)
    again = stand.post(title="tram")
    assert again.article_id == post.article_id
    await follower.update_all()
    assert cards(stand, post.article_id) == [card]
    assert "needs 1 approval" in card.text
    (pointer,) = stand.sandbox.telegram.chats[GROUP].messages[before:]
    assert pointer.text == f"It waits for an approval again: {post.article_id}"
    assert pointer.reply_to is not None
    assert pointer.reply_to == card.message_id
    assert not pointer.silent
    await follower.update_all()
    assert len(stand.sandbox.telegram.chats[GROUP].messages) == before + 1


async def test_a_complete_card_that_was_deleted_comes_back_where_it_asks_for_something(stand: Stand) -> None:
    follower, post = CardSync(stand.desk), stand.post(title="tram")
    await follower.update_all()
    await stand.says(EDITOR, f"/cancel {post.id}")
    await follower.update_all()
    chat = stand.sandbox.telegram.chats[GROUP]
    chat.messages.remove(cards(stand, post.article_id)[0])
    stand.post(title="tram")
    await follower.update_all()
    (card,) = cards(stand, post.article_id)
    assert "needs 1 approval" in card.text


async def test_a_card_whose_response_is_slow_is_sent_once_and_edited_after(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.desk.bot._DEADLINE", 0.3)
    monkeypatch.setattr("newsbot.desk.messenger._TURN", 0.1)
    stand.sandbox.faults.add("telegram", "sendMessage", "latency", seconds=1.0)
    follower, post = CardSync(stand.desk), stand.post(title="tram")
    for _ in range(3):
        await follower.update_all()
        stand.clock.at += timedelta(seconds=6)
    (card,) = cards(stand, post.article_id)
    await stand.says(EDITOR, f"/approve {post.id}")
    await follower.update_all()
    assert cards(stand, post.article_id) == [card]
    assert "tg · 13:00, at once, as no rule delays it" in card.text


async def test_an_answer_is_not_kept_waiting_by_a_slow_card(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsbot.desk.messenger import ChatRateLimiter

    monkeypatch.setattr("newsbot.desk.messenger._TURN", 0.1)
    stand.desk.voice.pace = ChatRateLimiter()
    stand.sandbox.faults.add("telegram", "sendMessage", "latency", seconds=6.0)
    stand.post(title="tram")
    slow = asyncio.create_task(CardSync(stand.desk).update_all())
    await asyncio.sleep(0.5)
    said = await stand.says(EDITOR, "/pause tg")
    assert any("pause" in text.casefold() for text in said)
    assert not slow.done()
    await slow


async def test_an_alert_whose_response_is_slow_is_sent_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.desk.bot._DEADLINE", 0.3)
    monkeypatch.setattr("newsbot.desk.card_sync._RETRY_AFTER", 0.0)
    follower = CardSync(stand.desk)
    stand.ledger.channels.pause(
        "tg", by="sender", reason=Code.TEXT(words="the token was revoked"), now=stand.clock.now()
    )
    stand.sandbox.faults.add("telegram", "sendMessage", "latency", seconds=1.0)
    for _ in range(4):
        await follower.update_all()
        stand.clock.at += timedelta(seconds=6)
    said = [each.text for each in stand.sandbox.telegram.chats[GROUP].messages]
    assert sum("the token was revoked" in text for text in said) == 1


async def test_a_card_that_the_ledger_could_not_note_is_not_sent_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, post = CardSync(stand.desk), stand.post(title="tram")
    update_card = stand.ledger.desk.update_card

    def refuse_once(*_args: Any, **_more: Any) -> None:
        monkeypatch.setattr(stand.ledger.desk, "update_card", update_card)
        raise LedgerBusy(Code.TEXT(words="the database is locked"))

    monkeypatch.setattr(stand.ledger.desk, "update_card", refuse_once)
    with pytest.raises(LedgerBusy):
        await follower.update_all()
    for _ in range(3):
        await follower.update_all()
        stand.clock.at += timedelta(minutes=3)
    (card,) = cards(stand, post.article_id)
    await stand.says(EDITOR, f"/approve {post.id}")
    await follower.update_all()
    assert "tg · 13:00, at once, as no rule delays it" in card.text


async def test_an_alert_that_the_ledger_could_not_note_is_not_sent_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.desk.card_sync._RETRY_AFTER", 0.0)
    follower = CardSync(stand.desk)
    stand.ledger.channels.pause(
        "tg", by="sender", reason=Code.TEXT(words="the token was revoked"), now=stand.clock.now()
    )
    await follower.update_all()
    stand.clock.at += timedelta(seconds=6)
    record_notices = stand.ledger.alerts.record_notices

    def refuse_once(*_args: Any, **_more: Any) -> None:
        monkeypatch.setattr(stand.ledger.alerts, "record_notices", record_notices)
        raise LedgerBusy(Code.TEXT(words="the database is locked"))

    monkeypatch.setattr(stand.ledger.alerts, "record_notices", refuse_once)
    with pytest.raises(LedgerBusy):
        await follower.update_all()
    for _ in range(3):
        await follower.update_all()
        stand.clock.at += timedelta(seconds=6)
    said = [each.text for each in stand.sandbox.telegram.chats[GROUP].messages]
    assert sum("the token was revoked" in text for text in said) == 1


async def test_a_service_that_stops_while_a_card_is_under_way_notes_it(stand: Stand) -> None:
    post = stand.post(title="tram")
    stand.sandbox.faults.add("telegram", "sendMessage", "latency", seconds=0.5)
    look = asyncio.create_task(CardSync(stand.desk).update_all())
    await asyncio.sleep(0.2)
    look.cancel()
    with pytest.raises(asyncio.CancelledError):
        await look
    await stand.desk.settle(5)
    follower = CardSync(stand.desk)
    await follower.update_all()
    await stand.says(EDITOR, f"/approve {post.id}")
    await follower.update_all()
    (card,) = cards(stand, post.article_id)
    assert "tg · 13:00, at once, as no rule delays it" in card.text


async def test_a_service_that_is_not_the_bots_desk_any_more_sends_no_cards(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.desk.card_sync._EVERY", 0.01)
    mine = False

    post = stand.post(title="tram")
    running = asyncio.create_task(CardSync(stand.desk, hold=lambda: mine).run())
    await asyncio.sleep(0.5)
    assert cards(stand, post.article_id) == []
    mine = True
    async with asyncio.timeout(60):
        while not cards(stand, post.article_id):
            await asyncio.sleep(0.05)
    running.cancel()


async def test_an_answer_that_waits_for_telegram_for_long_is_the_only_card(out: OutDesk) -> None:
    out.room.sandbox.faults.add("telegram", "sendMessage", "502", times=3)
    async with site() as url:
        assert await out.stand.says(EDITOR, f"/post {url} tg-en") == []
    for _ in range(2):
        out.room.move(minutes=3)
        await out.follower.update_all()
    out.stand.desk._recovery.catch_up()
    await out.stand.desk.settle(20)
    for _ in range(8):
        await out.follower.update_all()
        out.room.move(seconds=6)
        out.stand.desk._recovery.catch_up()
        await out.stand.desk.settle(20)
    (post,) = out.stand.ledger.posts.list_posts()
    assert len(cards(out.stand, post.article_id)) == 1


async def test_words_are_taken_off_each_of_two_cards_of_an_article(out: OutDesk) -> None:
    """A ledger from before this had more than one card of an article in a chat."""
    words = "Quillfeather borrowed the marmalade"
    article = out.room.queue({"tg-ur": words}, title=words, text=words)
    await out.room.run()
    await out.follower.update_all()
    old = cards(out.stand, article)[0]
    message = await out.stand.desk.api.send(GROUP, words, ())
    ledger, now = out.stand.ledger, out.room.clock.now()
    second = ledger.desk.add_card(GROUP, "article", article, now=now)
    ledger.desk.update_card(second.id, message_id=message, shown="x", closed_at=now)
    await out.asks(ADMIN, f"/takedown {article} redact")
    await out.presses(ADMIN, "Yes, take it down everywhere")
    await out.until("All of it is gone.", out.newest)
    await out.follower.update_all()
    assert old.text.startswith(f"Taken down: {article}")
    (other,) = [
        each for each in out.stand.sandbox.telegram.chats[GROUP].messages if each.message_id == message
    ]
    assert other.text.startswith(f"Taken down: {article}")


def test_closed_cards_are_found_by_their_article_unless_their_message_is_gone(stand: Stand) -> None:
    ledger, now = stand.ledger, stand.clock.now()

    def add(message: int) -> Card:
        made = ledger.desk.add_card(GROUP, "article", "a-xxxx", now=now)
        ledger.desk.update_card(made.id, message_id=message, shown="x", closed_at=now)
        return made

    gone, first = add(1), add(2)
    ledger.desk.close_card(gone.id, now=now)
    second = ledger.desk.add_card(GROUP, "article", "a-xxxx", now=now)
    assert [(each.id, each.closed) for each in ledger.desk.list_cards_of("a-xxxx")] == [
        (first.id, True),
        (second.id, False),
    ]


# ---------------------------------------------------------------- what a card shows


async def bring(stand: Stand, *texts: tuple[str, str]) -> list[Post]:
    """An article with a held post on each channel."""
    now = stand.clock.now()
    held: dict[str, Any] = {"held_for": "approval", "due_at": now + timedelta(hours=1), "expires_at": None}
    new = [new_post(name, parts=(part(text),), **held) for name, text in texts]
    return add(stand.ledger, *new, now=now, text=" ".join(text for _, text in texts))


async def test_a_card_shows_each_text_that_its_buttons_approve_and_asks_to_check_them_all(
    stand: Stand,
) -> None:
    follower = CardSync(stand.desk)
    long = "A tram line. It costs 12 million, Anna Ruiz told the council."
    tg, x = await bring(stand, ("tg", long), ("x", "A tram line for 7 streets…"))
    await follower.update_all()
    (card,) = cards(stand, tg.article_id)
    assert "Approve all (2)" in str(card.reply_markup)
    assert f"tg\n{long}\nx\nA tram line for 7 streets…" in card.text
    assert {"12 million", "7"} <= set(card.text.partition("Check: ")[2].splitlines()[0].split(" · "))
    await stand.says(EDITOR, f"/cancel {x.id}")
    await follower.update_all()
    assert long in card.text
    assert "7 streets" not in card.text


async def test_new_words_are_on_the_card_however_they_came(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    dropped = "A tram line that is to go from the harbour to the hospital in seven minutes"
    tg, x = await bring(stand, ("tg", "A tram line to the harbour and back"), ("x", dropped))
    await follower.update_all()
    (card,) = cards(stand, tg.article_id)
    await stand.says(EDITOR, f"/cancel {x.id}")
    reply = {"message_id": card.message_id, "chat": {"id": GROUP, "type": "supergroup"}}
    await stand.says(EDITOR, "A tram line to the sea and back", reply_to_message=reply)
    await follower.update_all()
    assert "A tram line to the sea and back" in card.text
    assert dropped not in card.text
    stand.desk.room.editing.edit(tg.id, "A line, in the end", "cli:ana")
    await follower.update_all()
    assert "A line, in the end" in card.text
    assert dropped not in card.text


async def test_a_text_that_is_cut_has_a_button_that_shows_it_whole(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    long = " ".join(f"word{number}" for number in range(200))
    (tg, x) = await bring(stand, ("tg", long), ("x", "Short"))
    await follower.update_all()
    (card,) = cards(stand, tg.article_id)
    assert "word199" not in card.text
    assert f"show:{tg.id}" in str(card.reply_markup)
    assert f"show:{x.id}" not in str(card.reply_markup)
    said = await stand.presses(EDITOR, f"show:{tg.id}", message_id=card.message_id)
    assert any("word199" in text for text in said)


async def test_a_card_says_which_posts_were_edited_and_which_still_say_the_old_words(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour 4.2", "x-main": "Harbour 4.2"}, title="Harbour opens")
    await out.follower.update_all()
    await out.room.run()
    await out.follower.update_all()
    (card,) = cards(out.stand, article)
    out.room.sandbox.faults.add("x", "*", "400", times=50)
    out.room.app.corrections.fix(article, "4.2", "2.4", by="cli:ana")
    await out.room.run()
    await out.follower.update_all()
    rows = card.text.splitlines()
    assert any(row.startswith("tg-ur · out") and "edited" in row for row in rows)
    assert not any(row.startswith("x-main") and "edited" in row for row in rows)
    assert any(row.startswith("x-main · failed") for row in rows), "what was to replace it"
    assert "x-main · is to be taken down, and still public" in rows, "X still shows the old words"
    post = out.posts(article)["tg-ur"]
    flag(out.stand, post.id, TimelineEvent.ARTICLE_EDITED, 'title: "Harbour opens" > "Harbour shuts"')
    await out.follower.update_all()
    change = "⚠ Not changed with its article: title: "
    assert change in card.text
    assert "Harbour shuts" in card.text.partition(change)[2].splitlines()[0]
    await out.stand.says(EDITOR, f"/skip {post.id}")
    await out.follower.update_all()
    assert change not in card.text
    flag(out.stand, post.id, TimelineEvent.ARTICLE_GONE, "not published any more")
    await out.follower.update_all()
    assert "⚠ Still out, though its article is not published at its source any more." in card.text


async def test_a_card_says_that_a_fix_could_not_be_made(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour 4.2"}, title="Harbour opens")
    await out.room.run()
    await out.follower.update_all()
    (card,) = cards(out.stand, article)
    out.room.sandbox.faults.add("telegram", "editMessage*", "400", times=1)
    out.room.app.corrections.fix(article, "4.2", "2.4", by="cli:ana")
    await out.room.run()
    await out.follower.update_all()
    assert "⚠ It could not be changed, and still says what it said: " in card.text
    assert "edited" not in card.text


async def test_a_card_names_the_day_of_an_edit_that_came_on_another_day(out: OutDesk) -> None:
    article = out.room.queue({"tg-ur": "Harbour 4.2"}, title="Harbour opens")
    await out.room.run()
    await out.follower.update_all()
    (card,) = cards(out.stand, article)
    out.room.app.corrections.fix(article, "4.2", "2.4", by="cli:ana")
    await out.room.run()
    await out.follower.update_all()
    assert re.search(r" · edited \d\d:\d\d$", card.text, re.MULTILINE), "on the day of its publication"
    out.room.move(hours=24)
    out.room.app.corrections.fix(article, "2.4", "4.3", by="cli:ana")
    await out.room.run()
    await out.follower.update_all()
    assert re.search(r" · edited \w{3} \d\d:\d\d$", card.text, re.MULTILINE), card.text


async def test_the_card_of_a_refused_post_says_what_to_do_and_that_works(out: OutDesk) -> None:
    out.room.sandbox.faults.add("x", "*", "400", times=1)
    article = out.room.queue({"x-main": "Harbour 4.2"}, title="Harbour opens")
    await out.follower.update_all()
    await out.room.run()
    await out.follower.update_all()
    (card,) = cards(out.stand, article)
    assert "x-main · failed: " in card.text
    assert (
        "Put right what stopped it, then press Retry. "
        f"/fix {article} OLD > NEW changes its words first." in card.text
    )
    await out.stand.says(EDITOR, f"/fix {article} 4.2 > 2.4")
    await out.presses(EDITOR, "Yes, put it right")
    await out.follower.update_all()
    row = next(row for row in (card.reply_markup or {})["inline_keyboard"] if "Retry" in row[0]["text"])
    await out.stand.presses(EDITOR, row[0]["callback_data"], message_id=card.message_id)
    await out.room.run()
    assert "2.4" in str(out.room.public()["x-main"])
    await out.follower.update_all()
    assert "then press Retry" not in card.text
