"""How fast the desk writes."""

import asyncio

import pytest

from newsbot.desk.messenger import ChatRateLimiter, Rank

GROUP, PERSON = -100, 100


async def test_a_chat_gets_a_call_a_second_and_others_do_not_wait_for_it() -> None:
    pace, times = ChatRateLimiter(), list[tuple[int, float]]()
    loop = asyncio.get_running_loop()

    async def call(chat: int) -> None:
        async with pace.wait_for_turn(chat, "answer"):
            times.append((chat, loop.time()))

    began = loop.time()
    await asyncio.gather(call(PERSON), call(PERSON), call(7))
    mine = [at - began for chat, at in times if chat == PERSON]
    assert mine[0] < 0.3
    assert mine[1] >= 1.0
    assert next(at - began for chat, at in times if chat == 7) < 0.3


async def test_an_answer_goes_before_a_card_that_waited_longer() -> None:
    pace, order = ChatRateLimiter(), list[str]()

    async def call(what: str, rank: Rank) -> None:
        async with pace.wait_for_turn(PERSON, rank):
            order.append(what)

    first = asyncio.create_task(call("first", "answer"))
    await first
    card = asyncio.create_task(call("card", "card"))
    await asyncio.sleep(0.05)
    answer = asyncio.create_task(call("answer", "answer"))
    await asyncio.gather(card, answer)
    assert order == ["first", "answer", "card"]


def test_no_chat_gets_a_call_within_a_second_of_a_start() -> None:
    """The service before may have sent a message to the chat just before it ended."""
    now = 100.0
    pace = ChatRateLimiter(lambda: now)
    pace.hold_all()
    assert pace.get_wait(GROUP, "answer") == pace.get_wait(PERSON, "answer") == pytest.approx(1.01)
    now += 1.02
    assert pace.get_wait(GROUP, "answer") <= 0


def test_a_group_keeps_some_of_its_twenty_a_minute_for_answers() -> None:
    now = 100.0
    pace = ChatRateLimiter(lambda: now)
    lane = pace.get_pace(GROUP)
    lane.ended.extend([now - 1.0] * 14)
    assert pace.get_wait(GROUP, "card") > 50
    assert pace.get_wait(GROUP, "answer") <= 0
    lane.ended.extend([now - 1.0] * 6)
    assert pace.get_wait(GROUP, "answer") > 50
    assert pace.get_wait(PERSON, "card") <= 0


@pytest.mark.parametrize("rounds", range(6))
async def test_a_stop_in_the_moment_of_a_turn_is_heard(rounds: int) -> None:
    pace = ChatRateLimiter()

    async def call() -> None:
        async with pace.wait_for_turn(PERSON, "answer"):
            await asyncio.sleep(60)

    pace.get_pace(PERSON).busy = True
    waits = asyncio.create_task(call())
    await asyncio.sleep(0.05)
    pace.get_pace(PERSON).busy = False
    async with pace._changed:
        pace._changed.notify_all()
    for _ in range(rounds):
        await asyncio.sleep(0)
    waits.cancel()
    await asyncio.wait({waits}, timeout=3)
    assert waits.cancelled()
