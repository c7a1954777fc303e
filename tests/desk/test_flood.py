"""Strangers in any number leave nothing behind, and keep no editor waiting."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from newsbot.desk.messenger import ChatRateLimiter
from newsbot.desk.onboarding import StrangerQueue
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.schema import desk_update
from newsbot.ports.desk import DeskUpdate
from tests.ledger.making import NOW

from .polled import Polled, polling
from .stand import BOT, EDITOR, GROUP, Stand, standing
from .test_safety_table import anonymous_admin, channel_signed


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


@pytest.fixture
async def polled(tmp_path: Path) -> AsyncIterator[Polled]:
    async with polling(tmp_path) as made:
        yield made


def sizes(stand: Stand) -> dict[str, int]:
    """How many things the desk remembers, one level into each of its parts."""
    desk = stand.desk
    parts = (desk, desk.voice, desk.voice.pace, desk._strangers, desk._recovery, desk._gate, desk._locks,
             desk.room, desk.room.people, desk.api, desk._dispatcher, desk._command_reader)  # fmt: skip
    found = {"rows": rows(stand.ledger)}
    for part in parts:
        names = getattr(part, "__dict__", None) or dict.fromkeys(getattr(part, "__slots__", ()))
        for name in names:
            value = getattr(part, name, None)
            if isinstance(value, (dict, list, set)) or hasattr(value, "maxlen"):
                found[f"{type(part).__name__}.{name}"] = len(value)  # type: ignore[arg-type]
    return found


def rows(ledger: Ledger) -> int:
    with ledger._database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(desk_update)).scalar_one())


def stranger(stand: Stand, number: int) -> dict[str, Any]:
    """One of many: they talk, command, press, write as a channel, in private and in the group."""
    user = 10_000 + number
    kinds: tuple[Any, ...] = (
        lambda: stand.update(message=stand.message(user, "/start", chat=user)),
        lambda: stand.update(message=stand.message(user, f"/start {number}", chat=user)),
        lambda: stand.update(message=stand.message(user, "/pause tg")),
        lambda: stand.update(message=stand.message(user, "hello")),
        lambda: stand.press(user, "pause:tg"),
        lambda: channel_signed(stand, user, "/queue"),
        lambda: anonymous_admin(stand, user, "/queue"),
    )
    found: dict[str, Any] = kinds[number % len(kinds)]()
    return found


async def test_10000_strangers_leave_nothing(stand: Stand) -> None:
    for number in range(100):
        await stand.desk.take(stranger(stand, number))
    await stand.desk.settle(30)
    before = sizes(stand)
    with capture_logs() as told:
        for number in range(100, 10_100):
            await stand.desk.take(stranger(stand, number))
            if not number % 500:
                await asyncio.sleep(0)
    most = sizes(stand)
    await stand.desk.settle(30)
    assert sizes(stand) == before
    assert len(told) < 500
    assert {name: size for name, size in most.items() if size > before[name] + 100} == {}


async def test_a_flood_of_strangers_delays_no_editor(polled: Polled) -> None:
    """The editor's command stands behind thousands of updates, and others come while it is answered."""
    quiet = max([await polled.answers() for _ in range(3)])
    with capture_logs():
        for number in range(1000):
            polled.bot.tell(**{k: v for k, v in stranger(polled.stand, number).items() if k != "update_id"})
        flooded = await polled.answers()
        again = await polled.answers()
    strangers = sum(
        len(chat.messages) for chat in polled.stand.sandbox.telegram.chats.values() if chat.id > 1000
    )
    assert strangers <= 1000
    assert again < quiet + 5
    assert flooded < quiet + 20
    assert len(polled.stand.desk._gate.tasks) <= 50


async def test_people_are_answered_while_strangers_hang(stand: Stand) -> None:
    """Every call for a stranger hangs; an editor's does not."""
    for _ in range(20):
        stand.sandbox.faults.add("telegram", "answerCallbackQuery", "hang_before_processing")
    for user in range(5000, 5020):
        await stand.desk.take(stand.press(user, "queue"))
    await asyncio.sleep(0.05)
    before = len(stand.sandbox.telegram.chats[GROUP].messages)
    await stand.desk.take(stand.update(message=stand.message(EDITOR, "/queue")))
    async with asyncio.timeout(60):
        while len(stand.sandbox.telegram.chats[GROUP].messages) == before:
            await asyncio.sleep(0.01)
    stand.sandbox.faults.clear()
    for task in stand.desk._gate.tasks:
        task.cancel()


async def test_a_chats_updates_keep_their_order_and_its_lock_is_forgotten(stand: Stand) -> None:
    seen = list[int]()

    async def work(value: int) -> None:
        await asyncio.sleep(0.001 * (value % 3))
        seen.append(value)

    for value in range(20):
        stand.desk._start_in_turn(1, value, work(value))
    stand.desk._start_in_turn(2, 99, work(99))
    await stand.desk.settle(20)
    assert [value for value in seen if value != 99] == list(range(20))
    assert seen.index(99) < 19, "another chat does not wait for them"
    assert len(stand.desk._locks) == 0


async def test_the_gate_lets_few_wait_and_says_so_once() -> None:
    gate, done = StrangerQueue(), list[int]()

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(1)

    with capture_logs() as told:
        for key in range(500):
            gate.add_task(key % 200, work)
        assert len(gate.tasks) <= 50
        await asyncio.gather(*gate.tasks)
    assert 30 <= len(done) <= 50
    assert len(told) == 1


async def test_a_chats_pace_is_forgotten_when_it_allows_everything() -> None:
    now = [0.0]
    pace = ChatRateLimiter(lambda: now[0])
    for chat in range(1, 2000):
        async with pace.wait_for_turn(chat, "answer"):
            now[0] += 0.1
    assert len(pace) < 200
    async with pace.wait_for_turn(-5, "answer"):
        pass
    assert pace.get_wait(-5, "answer") > 0


def test_old_updates_are_forgotten_a_bounded_number_at_a_time(ledger: Ledger) -> None:
    for number in range(1, 31):
        told = DeskUpdate(BOT, number, NOW + timedelta(days=number > 20), GROUP, EDITOR, "/queue")
        ledger.desk.store_update(told)
        if number != 3:
            ledger.desk.finish_update(told, "Nothing waits.")
    before = NOW + timedelta(hours=1)
    assert [ledger.desk.delete_old_updates(before=before, limit=8) for _ in range(4)] == [8, 8, 3, 0]
    assert rows(ledger) == 11
    assert [told.update_id for told in ledger.desk.list_open_updates(BOT)] == [3]


async def test_a_desk_forgets_while_it_runs(stand: Stand) -> None:
    for _ in range(3):
        await stand.says(EDITOR, "/queue")
    await stand.desk.prune()
    assert rows(stand.ledger) == 3
    stand.clock.at += timedelta(days=31)
    await stand.desk.prune()
    assert rows(stand.ledger) == 0
