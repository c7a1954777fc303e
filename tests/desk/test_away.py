"""Telegram or the ledger is away for a moment: nothing that the desk has to say is lost, or done twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.desk.replies import Answer
from newsbot.errors import LedgerBusy, LedgerError
from newsbot.model import PostState
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code

from .outdesk import OutDesk, desked
from .stand import BOT, EDITOR, GROUP, Stand, standing


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path) as made:
        yield made


def said(stand: Stand, words: str, chat: int = GROUP) -> int:
    return sum(words in message.text for message in stand.sandbox.telegram.chats[chat].messages)


async def test_a_trouble_that_met_a_502_is_said_once_telegram_is_back(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    stand.sandbox.faults.add("telegram", "sendMessage", "502")
    stand.ledger.channels.pause(
        "tg", by="sender", reason=Code.TEXT(words="the token was revoked"), now=stand.clock.now()
    )
    async with asyncio.timeout(60):
        while not said(stand, "tg is paused"):
            await follower.update_all()
            stand.clock.at += timedelta(seconds=6)
            await asyncio.sleep(0.5)
    await follower.update_all()
    assert said(stand, "tg is paused") == 1


async def test_what_became_of_a_command_is_said_once_telegram_is_back(stand: Stand) -> None:
    post = stand.post()
    stand.ledger.desk.store_update(
        DeskUpdate(BOT, 7001, stand.clock.now(), GROUP, EDITOR, f"/approve {post.id}")
    )
    stand.sandbox.faults.add("telegram", "sendMessage", "refused")
    await stand.desk.recover()
    await stand.desk.settle(10)
    assert not said(stand, "I was interrupted")
    stand.sandbox.faults.clear()
    catching_up = asyncio.create_task(stand.desk.catch_up())
    async with asyncio.timeout(60):
        while not said(stand, "I was interrupted"):
            await asyncio.sleep(0.2)
    catching_up.cancel()
    await stand.presses(EDITOR, stand.buttons()["Yes, do it now"])
    assert stand.ledger.posts.get_post(post.id).state is PostState.SCHEDULED


@pytest.mark.slow
async def test_a_press_that_could_not_be_stored_counts_when_it_comes_again(
    stand: Stand, tmp_path: Path
) -> None:
    post = stand.post(title="tram-line")
    await CardSync(stand.desk).update_all()
    press = stand.press(EDITOR, f"cancel:{post.id}")
    locked = sqlite3.connect(tmp_path / "newsbot.db", isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerBusy):
        await stand.desk.take(press)
    locked.execute("ROLLBACK")
    locked.close()
    await stand.after(press)
    await stand.after(press)
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED


async def test_a_command_whose_storing_got_no_answer_is_done_when_it_comes_again_and_once(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger has it then, so that it looks like one that another process has begun with."""
    post = stand.post(title="tram-line")
    store, lost = stand.ledger.desk.store_update, list[bool]()

    def take(told: DeskUpdate) -> bool:
        taken = store(told)
        if not lost:
            lost.append(True)
            raise LedgerError(Code.TEXT(words="the connection was lost"))
        return taken

    monkeypatch.setattr(stand.ledger.desk, "store_update", take)
    said = stand.update(message=stand.message(EDITOR, f"/cancel {post.id}"))
    with pytest.raises(LedgerError):
        await stand.desk.take(said)
    assert stand.ledger.posts.get_post(post.id).state is PostState.HELD
    answer = await stand.after(said)
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED
    assert len(answer) == 1
    assert await stand.after(said) == []


async def test_a_question_that_is_said_twice_takes_one_answer(stand: Stand) -> None:
    """Its first message arrived, but Telegram's answer to that did not."""
    post = stand.post()
    old = stand.clock.now() - timedelta(minutes=14)
    stand.sandbox.faults.add("telegram", "sendMessage", "reset_after_processing")
    await stand.says(EDITOR, f"/move {post.id} +3h", at=old)
    yes = stand.buttons()["Yes, do it now"]
    await stand.presses(EDITOR, yes)
    due = stand.ledger.posts.get_post(post.id).due_at
    stand.clock.at += timedelta(minutes=5)
    catching_up = asyncio.create_task(stand.desk.catch_up())
    async with asyncio.timeout(60):
        while said(stand, "Still?") < 2:
            await asyncio.sleep(0.2)
    catching_up.cancel()
    await stand.desk.settle(10)
    assert await stand.presses(EDITOR, yes) == ["You answered that already."]
    assert stand.ledger.posts.get_post(post.id).due_at == due


async def test_every_time_that_is_offered_can_be_pressed(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move {post.id}")
    offered = stand.buttons()
    assert len(offered) == 6
    due = set()
    for label, data in offered.items():
        await stand.presses(EDITOR, data)
        due.add(stand.ledger.posts.get_post(post.id).due_at)
        if ":" in label:
            at = stand.ledger.posts.get_post(post.id).due_at
            assert label == (f"{at:%H:%M}" if at.date() == stand.clock.at.date() else f"{at:%a %H:%M}")
    assert len(due) == 6


async def test_an_old_question_drops_nothing_on_a_channel_that_sends(stand: Stand) -> None:
    post = stand.post(held=False)
    stand.clock.at += timedelta(hours=2)
    await stand.presses(EDITOR, "resume:tg drop")
    assert stand.ledger.posts.get_post(post.id).state is PostState.SCHEDULED


async def test_a_card_and_a_status_that_are_too_long_are_still_said(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    ends = [first + second for first in "abcdefghij" for second in "klmnop"]
    names = "\n".join(f"then Anna{end} Ruiz{end} Perez{end} " * 3 for end in ends)
    stand.post(title="list", text=names)
    await follower.update_all()
    assert said(stand, "Check: ") == said(stand, "Annaak") == 1
    before = len(stand.sandbox.telegram.chats[GROUP].messages)
    await stand.desk.voice.say(GROUP, Answer("\n".join(f"<b>source{n}</b>: fails" for n in range(500))))
    assert len(stand.sandbox.telegram.chats[GROUP].messages) - before == 5


async def test_what_is_posted_in_private_has_a_card_that_follows_there(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "Harbour"})
    card = out.stand.ledger.desk.add_card(EDITOR, "article", article, now=out.room.clock.now())
    message = await out.stand.desk.api.send(EDITOR, "Queued, nothing is out yet.")
    out.stand.ledger.desk.update_card(card.id, message_id=message, shown="", closed_at=None)
    (post,) = out.posts(article).values()
    await out.stand.says(EDITOR, f"/cancel {post.id}")
    await out.follower.update_all()
    assert said(out.stand, "dropped", EDITOR) == 1
