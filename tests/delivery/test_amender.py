"""Amendments: made until they are settled, whatever the platform does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbot.delivery import amender as amender_module
from newsbot.errors import LedgerError
from newsbot.ledger.actions import ActionsStore
from newsbot.model import PostState
from newsbot.ports import AmendmentResult, AmendmentTerms
from newsbot.reasons import Code
from tests.newsroom.outroom import Room, opened

LEASE = timedelta(minutes=2)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


async def out(room: Room) -> str:
    article_id = room.queue({"tg-en": "4.2 million", "x-main": "4.2 million"})
    await room.run()
    return article_id


def edits(room: Room) -> int:
    return sum(call.method == "editMessageText" for call in room.sandbox.calls)


async def test_a_429_moves_its_key_and_no_other(room: Room) -> None:
    article_id = await out(room)
    room.sandbox.faults.add("telegram", "editMessageText", "429", retry_after=90)
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    assert edits(room) == 1
    assert "2.4" in room.public()["x-main"][0]
    other = room.queue({"tg-en": "of the same chat", "tg-ur": "of another"}, url="https://example.org/2")
    amender, sender = room.app.amender(), room.app.sender(patience=1)
    await sender.drain()
    await sender.finish()
    await amender.drain()
    await amender.finish()
    assert edits(room) == 1
    assert room.posts(other)["tg-ur"].state is PostState.SENT
    assert room.posts(other)["tg-en"].state is PostState.SCHEDULED
    room.move(seconds=91)
    await room.run()
    assert edits(room) == 2
    assert room.public()["tg-en"][0].startswith("2.4 million")


async def test_a_paused_channel_is_amended_all_the_same(room: Room) -> None:
    article_id = await out(room)
    room.app.ledger.channels.pause("tg-en", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    assert room.public()["tg-en"] == []


async def test_an_answer_that_comes_after_its_lease_changes_nothing(room: Room) -> None:
    """Another has it by then: what the first caller says of its call is not what counts."""
    article_id = await out(room)
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    ledger, terms = room.app.ledger, AmendmentTerms()
    late = ledger.actions.claim_amendment("tg-en", terms, now=room.clock.now(), lease=LEASE)
    assert isinstance(late, tuple)
    assert ledger.actions.claim_amendment("tg-en", terms, now=room.clock.now(), lease=LEASE) is None
    room.move(minutes=3)
    again = ledger.actions.claim_amendment("tg-en", terms, now=room.clock.now(), lease=LEASE)
    assert isinstance(again, tuple)
    assert again[0].id == late[0].id
    same = ledger.actions.settle_amendment(late[0], AmendmentResult(by_hand=True), now=room.clock.now())
    assert same.state == "calling"
    assert (
        ledger.actions.settle_amendment(again[0], AmendmentResult(done=True), now=room.clock.now()).state
        == "done"
    )


async def test_edits_and_deletes_keep_the_channels_pace(tmp_path: Path) -> None:
    slow = {"pace": {"overall": "1000/s", "per_chat": "2/s", "per_group": "1000/s"}}
    async with opened(tmp_path, tg_en=slow) as room:
        for n in range(4):
            room.queue({"tg-en": f"4.2 {n}"}, url=f"https://example.org/{n}")
        await room.run()
        for post in room.app.ledger.posts.list_posts():
            room.app.withdrawals.withdraw(post.id, by="cli:ana")
        await room.run()
        at = [call.at for call in room.sandbox.calls if call.method == "deleteMessage"]
        assert len(at) == 4
        assert all(later - first >= timedelta(seconds=0.98) for first, later in zip(at, at[2:], strict=False))


async def test_a_message_of_another_chat_is_never_touched(room: Room) -> None:
    """config.yaml names another chat by now, whose messages have the same numbers."""
    article_id = await out(room)
    innocent = room.queue({"tg-ur": "innocent"}, url="https://example.org/2")
    await room.run()
    channel = room.app.channels["tg-en"]
    channel._chat = room.app.channels["tg-ur"]._chat  # type: ignore[attr-defined]
    report = room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    line = next(each for each in room.app.withdrawals.report(report.action).lines if each.channel == "tg-en")
    assert (line.state, line.url) == ("manual", "https://t.me/sandbox/1")
    assert room.public()["tg-ur"] == ["innocent"]
    assert room.posts(innocent)["tg-ur"].state is PostState.SENT


@pytest.mark.parametrize("call", ["claim_amendment", "settle_amendment"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_the_database_loses_is_made_again_at_once_and_not_after_its_lease(
    room: Room, call: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that nobody knows of keeps what has to go from going, and so does an end that is not stored."""
    article_id = await out(room)
    room.app.ledger.acquire_instance_lock(now=room.clock.now())
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    fail_once(room.app.ledger.actions, call, when, monkeypatch)
    monkeypatch.setattr(amender_module.Amender, "pause", 0.01)
    amender = room.app.amender()
    await amender.drain()
    await amender.finish()
    assert room.public()["tg-en"] == []
    assert not room.app.ledger.actions.has_amendments_to_make()


async def test_a_call_that_is_being_made_is_not_given_back(room: Room) -> None:
    article_id = await out(room)
    ledger = room.app.ledger
    ledger.acquire_instance_lock(now=room.clock.now())
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    made = ledger.actions.claim_amendment("tg-en", AmendmentTerms(), now=room.clock.now(), lease=LEASE)
    assert isinstance(made, tuple)
    ledger.actions.release_amendments({made[0].id: made[0].attempts})
    assert (
        ledger.actions.claim_amendment("tg-en", AmendmentTerms(), now=room.clock.now(), lease=LEASE) is None
    )
    ledger.actions.release_amendments({})
    again = ledger.actions.claim_amendment("tg-en", AmendmentTerms(), now=room.clock.now(), lease=LEASE)
    assert isinstance(again, tuple)
    assert again[0].attempts == 2


def fail_once(actions: ActionsStore, name: str, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next call fails, before it is stored or after."""
    call, failed = getattr(actions, name), list[bool]()

    def failing(*args: Any, **kwargs: Any) -> Any:
        if failed:
            return call(*args, **kwargs)
        failed.append(True)
        if when == "after":
            call(*args, **kwargs)
        raise LedgerError(Code.TEXT(words="the connection was lost"))

    monkeypatch.setattr(actions, name, failing)
