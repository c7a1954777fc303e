"""What is out is taken away by chat: each channel accounted for in one message that follows on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from newsbot.desk.card_sync import CardSync
from newsbot.desk.replies import build_button_data
from newsbot.errors import UsageError
from newsbot.ledger import schema
from newsbot.model import Item, PostState
from newsbot.ports import PollResult
from tests.ledger.exchanges import record_poll
from tests.ledger.making import new_post

from .outdesk import OutDesk, desked
from .stand import ADMIN, EDITOR, GROUP

URL = "https://example.org/harbour"


@pytest.fixture
async def out(tmp_path: Path) -> AsyncIterator[OutDesk]:
    async with desked(tmp_path) as made:
        yield made


def lines(text: str) -> dict[str, str]:
    """What a report says of each channel."""
    found = (line.partition(": ") for line in text.splitlines() if ": " in line)
    return {name: rest for name, _, rest in found if "/" not in name}


async def test_a_takedown_on_six_channels_is_one_message_that_ends_when_all_is_gone(out: OutDesk) -> None:
    """Two of them fail, and a photo with its caption is past Telegram's 48 hours."""
    article = out.room.queue({"tg-photo": "Harbour: 4.2 million visitors"})
    await out.room.run()
    out.room.move(hours=49)
    rest = dict.fromkeys(("tg-en", "tg-ur", "tg-ar", "x-main", "printed"), "Harbour 4.2")
    assert out.room.queue(rest) == article
    await out.room.run()
    out.room.sandbox.faults.add("x", "DELETE *", "503", times=2)
    out.room.sandbox.faults.add("telegram", "deleteMessage*", "502")
    asked = await out.asks(ADMIN, f"/takedown {URL}")
    assert "can't be taken back" in asked
    began = out.room.clock.now()
    (said,) = await out.presses(ADMIN, "Yes, take it down everywhere")
    report = out.newest
    assert {name: text.split(",")[0] for name, text in lines(said).items() if name in rest} == dict.fromkeys(
        rest, "is being taken down"
    )
    await out.room.run()
    await out.follower.update_all()
    assert (out.room.clock.now() - began).total_seconds() < 60
    told = lines(report.text)
    assert told["tg-photo"].startswith("could not be deleted, says that it was withdrawn")
    assert told["printed"].startswith("only a person can delete it")
    failing = [name for name, text in told.items() if text.startswith("is being taken down (")]
    assert "x-main" in failing
    assert len(failing) == 2
    for name in rest.keys() - {"printed"}:
        await out.until(f"{name}: deleted", report)
    public = out.room.public()
    assert {name for name, texts in public.items() if texts} == {"tg-photo"}
    assert "Harbour" not in public["tg-photo"][0]
    assert "https://t.me/sandbox/" in report.text
    assert out.newest is report
    (noted,) = await out.presses(EDITOR, "I deleted it: printed")
    assert "Left: 0" in noted
    await out.until("All of it is gone.", report)
    assert report.reply_markup is None or not report.reply_markup["inline_keyboard"]
    assert out.stand.ledger.desk.list_cards() == []
    assert {post.state for post in out.posts(article).values()} == {PostState.WITHDRAWN}
    with pytest.raises(UsageError, match="was taken down by tg:111"):
        out.room.queue({"tg-en": "Harbour"})


async def test_a_report_that_a_crash_kept_from_being_said_is_said_and_followed(out: OutDesk) -> None:
    out.room.queue({"tg-en": "Harbour"})
    await out.room.run()
    report = out.room.app.withdrawals.takedown(URL, "tg:111")
    out.stand.ledger.desk.add_card(GROUP, "report", str(report.action.id), now=out.room.clock.now())
    await CardSync(out.stand.desk).update_all()
    assert "tg-en: is being taken down" in out.newest.text
    await out.until("All of it is gone.", out.newest)


async def test_withdraw_takes_one_post_and_leaves_the_others(out: OutDesk) -> None:
    article = out.room.queue()
    await out.room.run()
    posts = out.posts(article)
    refused = await out.asks(EDITOR, f"/withdraw {posts['tg-en'].id}")
    assert "/withdraw is for: admin" in refused
    await out.asks(ADMIN, f"/withdraw {posts['tg-en'].id}")
    (said,) = await out.presses(ADMIN, "Yes, take it away")
    assert said.startswith("/withdraw: Harbour")
    await out.until("tg-en: deleted", out.newest)
    states = {name: post.state for name, post in out.posts(article).items()}
    assert states.pop("tg-en") is PostState.WITHDRAWN
    assert set(states.values()) == {PostState.SENT}
    assert out.room.public()["tg-en"] == []


async def test_withdraw_of_what_is_not_out_says_what_does_it(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "Harbour", "x-main": "Harbour"})
    said = await out.asks(ADMIN, f"/withdraw {article}")
    assert f"/takedown {article} takes all" in said
    assert "x-main: scheduled" in said
    assert out.stand.buttons() == {}
    assert {post.state for post in out.posts(article).values()} == {PostState.SCHEDULED}


async def test_an_address_that_nobody_knows_is_blocked_all_the_same(out: OutDesk) -> None:
    await out.asks(ADMIN, "/takedown https://example.org/never-seen")
    (said,) = await out.presses(ADMIN, "Yes")
    assert "Nothing of it was out, and it won't come again." in said
    assert out.stand.ledger.actions.is_blocked(url="https://example.org/never-seen")
    assert out.stand.ledger.desk.list_cards() == []


async def test_what_no_bot_deletes_is_only_noted_once(out: OutDesk) -> None:
    article = out.room.queue({"printed": "Harbour"})
    await out.room.run()
    await out.asks(ADMIN, f"/takedown {article}")
    await out.presses(ADMIN, "Yes")
    await out.until("only a person can", out.newest)
    (post,) = out.posts(article).values()
    data = build_button_data("deleted", post.id)
    (first,) = await out.stand.presses(EDITOR, data)
    (second,) = await out.stand.presses(EDITOR, data)
    assert first.startswith("Noted: printed")
    assert "Nothing was done" in second


async def test_what_the_command_line_could_not_take_away_comes_to_the_desk_once(out: OutDesk) -> None:
    article = out.room.queue({"printed": "Harbour"})
    await out.room.run()
    out.room.app.withdrawals.takedown(article, "cli:ana")
    await out.room.run()
    for _ in range(4):
        await out.follower.update_all()
        out.room.move(seconds=6)
    told = [m for m in out.stand.sandbox.telegram.chats[GROUP].messages if "Only a person can" in m.text]
    assert len(told) == 1
    assert "what was printed can't be taken back" in told[0].text
    assert out.newest is told[0]
    (noted,) = await out.presses(EDITOR, "I deleted it: printed")
    assert "Left: 0" in noted
    assert not [one for one in out.stand.desk.room.troubles.now() if one.kind == "amendment"]


async def test_an_edit_that_failed_comes_to_the_desk(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "It was 4.2"})
    await out.room.run()
    out.room.sandbox.faults.add("telegram", "editMessage*", "400", times=9)
    out.room.app.corrections.fix(article, "4.2", "2.4", by="cli:ana")
    await out.room.run()
    for _ in range(3):
        await out.follower.update_all()
        out.room.move(seconds=6)
    assert out.newest.text.startswith("It stays as it is, it can not be changed: Harbour")
    assert "https://t.me/sandbox/1" in out.newest.text
    assert "tg-en is not corrected" not in out.newest.text


async def test_a_redacted_article_is_off_its_card_and_out_of_what_the_desk_was_told(out: OutDesk) -> None:
    words = "Quillfeather borrowed the marmalade"
    article = out.room.queue(
        {"tg-en": words}, title=words, text=words, url="https://example.org/quillfeather"
    )
    await out.follower.update_all()
    card = out.newest
    assert words in card.text
    await out.room.run()
    await out.follower.update_all()
    assert [card.closed_at for card in cards(out)] != [None], "it is over"
    await out.asks(ADMIN, f"/show {article}")
    await out.asks(ADMIN, "/takedown https://example.org/quillfeather redact")
    (said,) = await out.presses(ADMIN, "Yes, take it down everywhere")
    assert said.startswith(f"/takedown: {article}")
    await out.until("All of it is gone.", out.newest)
    assert card.text.startswith(f"Taken down: {article}")
    assert "uillfeather" not in card.text
    with out.stand.ledger._database.read() as tx:
        told = [
            row
            for row in tx.execute(select(schema.desk_update))
            if "uillfeather" in f"{row.said}{row.outcome}"
        ]
    assert told == []


def cards(out: OutDesk) -> list[Any]:
    with out.stand.ledger._database.read() as tx:
        return list(tx.execute(select(schema.card).where(schema.card.c.kind == "article")))


async def test_a_yes_that_comes_after_a_post_changed_says_so_and_shows_it_again(out: OutDesk) -> None:
    article = out.room.queue({"tg-en": "Harbour 4.2", "x-main": "Harbour 4.2"})
    await out.room.run()
    post = out.posts(article)["tg-en"]
    fixes = [("2.4", "2.5"), ("4.2", "2.4")]
    for command in (f"/withdraw {post.id}", f"/takedown {article}"):
        await out.asks(ADMIN, command)
        yes = next(data for label, data in out.stand.buttons().items() if label.startswith("Yes"))
        out.room.app.corrections.fix(article, *fixes.pop(), by="cli:ana")
        await out.room.run()
        [said] = await out.stand.presses(ADMIN, yes, message_id=out.newest.message_id)
        assert said.startswith("Nothing was done, as something has changed since you were asked.")
        assert post.id in said
        assert out.posts(article)["tg-en"].state is PostState.SENT
    (report,) = await out.presses(ADMIN, "Yes, take it down everywhere")
    assert report.startswith("/takedown: Harbour")
    assert out.posts(article)["tg-en"].state is PostState.WITHDRAWN


async def test_a_yes_to_a_block_asks_again_if_another_post_waits_since(out: OutDesk) -> None:
    ledger, now = out.stand.ledger, out.room.clock.now()
    polled = PollResult(now, take=(Item("harbour"),))
    [article] = record_poll(ledger.sources, "drop", polled, now=now)
    await out.asks(ADMIN, "/block drop")
    yes = next(data for label, data in out.stand.buttons().items() if label.startswith("Yes"))
    ledger.posts.queue_posts(
        article, [new_post("tg-en", due_at=now + timedelta(hours=1))], now=now, again=True
    )
    [said] = await out.stand.presses(ADMIN, yes, message_id=out.newest.message_id)
    assert said.startswith("Nothing was done, as something has changed since you were asked.")
    assert out.posts(article)["tg-en"].state is PostState.SCHEDULED
    await out.presses(ADMIN, "Yes, block it")
    assert out.posts(article)["tg-en"].state is PostState.CANCELLED
