"""A held post asks again: who is on duty, then the next, then everybody; it never dies without a word."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.model import PostState
from newsbot.sandbox.calls import FaultKind
from newsbot.sandbox.telegram.state import Message

from .stand import ADMIN, EDITOR, GROUP, VIEWER, Stand, standing

DUTY = {str(EDITOR): "08:00-16:00", str(ADMIN): "16:00-23:00"}
EVERYWHERE = (GROUP, ADMIN, EDITOR, VIEWER)


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    people = {str(ADMIN): {"role": "admin", "name": "Ada"}, str(EDITOR): "editor", str(VIEWER): "viewer"}
    async with standing(tmp_path, people=people, duty=DUTY) as made:
        await CardSync(made.desk).update_all()  # a desk that is new begins with what is new
        yield made


def written(stand: Stand, chat: int) -> list[Message]:
    return stand.sandbox.telegram.chats[chat].messages


async def day(stand: Stand, follower: CardSync, hours: int, *, step: int = 5) -> list[tuple[str, int, str]]:
    """What the desk writes in so many hours of virtual time: when, where, its first line."""
    found = []
    for _ in range(hours * 60 // step):
        stand.clock.at += timedelta(minutes=step)
        before = {chat: len(written(stand, chat)) for chat in EVERYWHERE}
        await follower.update_all()
        for chat in EVERYWHERE:
            new = written(stand, chat)[before[chat] :]
            found += [(f"{stand.clock.at:%H:%M}", chat, each.text.split("\n")[0]) for each in new]
    return found


async def test_it_asks_who_is_on_duty_then_the_next_then_everybody_each_once(stand: Stand) -> None:
    stand.post(title="tram")
    follower = CardSync(stand.desk)
    await follower.update_all()
    assert await day(stand, follower, 25) == [
        ("12:30", GROUP, "222: Needs an approval, due 13:00:"),
        ("13:00", ADMIN, "Due, and nobody has approved it yet:"),
        ("12:00", GROUP, "222, Ada: Is dropped 13:00 unless somebody approves it:"),
        ("12:00", ADMIN, "Is dropped 13:00 unless somebody approves it:"),
        ("12:00", EDITOR, "Is dropped 13:00 unless somebody approves it:"),
    ]
    links = [
        each.get("url") or each["user"]
        for each in written(stand, GROUP)[-2].entities
        if each["type"][:5] == "text_"
    ]
    assert links == [f"tg://user?id={EDITOR}"]


async def test_who_never_wrote_to_the_bot_is_asked_in_the_group(stand: Stand) -> None:
    stand.sandbox.telegram.chats[ADMIN].started = False
    stand.post()
    follower = CardSync(stand.desk)
    await follower.update_all()
    assert [each[:3] for each in await day(stand, follower, 2)] == [
        ("12:30", GROUP, "222: Needs an approval, due 13:00:"),
        ("13:00", GROUP, "Ada: Due, and nobody has approved it yet:"),
    ]


async def test_its_button_approves_what_it_showed_and_then_it_is_quiet(stand: Stand) -> None:
    post = stand.post()
    follower = CardSync(stand.desk)
    await follower.update_all()
    await day(stand, follower, 1, step=30)
    await stand.presses(EDITOR, stand.buttons(ADMIN)["Approve: tg"])
    assert stand.ledger.posts.get_post(post.id).state is PostState.SCHEDULED
    assert await day(stand, follower, 25) == []


@pytest.mark.parametrize("kind", ["503", "reset_before_read"])
async def test_what_telegram_was_away_for_is_said_when_it_is_back(stand: Stand, kind: FaultKind) -> None:
    stand.post()
    follower = CardSync(stand.desk)
    await follower.update_all()
    stand.clock.at += timedelta(minutes=30)
    stand.sandbox.faults.add("telegram", "sendMessage", kind)
    await follower.update_all()
    assert len(written(stand, GROUP)) == 1
    await follower.update_all()
    await follower.update_all()
    assert [message.text.split("\n")[0] for message in written(stand, GROUP)[1:]] == [
        "222: Needs an approval, due 13:00:"
    ]


async def test_many_at_once_are_one_message(stand: Stand) -> None:
    for n in range(12):
        stand.post(title=f"story {n}")
    follower = CardSync(stand.desk)
    await follower.update_all()
    found = await day(stand, follower, 1, step=30)
    assert [(at, chat) for at, chat, _ in found] == [("12:30", GROUP), ("13:00", ADMIN)]
    assert "... and 4 more: /approve" in written(stand, ADMIN)[-1].text


async def test_what_died_while_the_service_was_away_is_told_of(stand: Stand) -> None:
    first, second = stand.post(title="one"), stand.post(title="two")
    await CardSync(stand.desk).update_all()
    stand.desk.room.approvals.approve(second.id, "cli:ana")
    stand.clock.at += timedelta(days=3)
    stand.ledger.posts.expire_posts(now=stand.clock.now())
    before = len(written(stand, GROUP))
    stand.sandbox.faults.add("telegram", "sendMessage", "503")
    follower = CardSync(stand.desk)
    for _ in range(3):
        await follower.update_all()
    (said,) = written(stand, GROUP)[before:]
    assert said.text.startswith("Dropped, as nobody approved it in time:")
    assert first.id in said.text
    assert second.id not in said.text
