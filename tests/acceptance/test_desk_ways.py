"""How the desk hears: polling, beside another poller, by a webhook, and after Telegram was away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from newsbot.ledger import open_ledger
from newsbot.model import PostState

from .desk import EDITOR, GROUP, Desk
from .newsroom import Newsroom
from .test_desk import begun, posts
from .test_service import story, until

SECRET = "it-is-only-for-this-test"
CONFLICT = "another program polls with the desk's token"


@pytest.fixture
async def second(newsroom: Newsroom, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """Another newsroom with a ledger of its own, and the same token."""
    folder = tmp_path / "second"
    folder.mkdir()
    made = Newsroom(folder, newsroom.sandbox, newsroom.site)
    Desk(made)
    yield made
    await made.close()


def polled(newsroom: Newsroom) -> list[int]:
    """The status of each getUpdates that has ended."""
    return [call.status for call in newsroom.sandbox.calls if call.method == "getUpdates" and call.status]


@pytest.mark.slow
async def test_two_desks_on_one_token_say_so_once_and_people_are_answered(
    newsroom: Newsroom, second: Newsroom
) -> None:
    desk = Desk(newsroom)
    services = [(newsroom, await begun(newsroom, desk)), (second, await second.start("run"))]
    await until(lambda: polled(newsroom).count(409) >= 3, within=90)
    await desk.asks("/status", "tg", within=90)
    logs = [(await each.stop(service)).err for each, service in services]
    assert CONFLICT in "".join(logs)
    assert max(log.count(CONFLICT) for log in logs) == 1


async def test_a_poison_update_is_one_line_in_the_log_and_the_service_goes_on(newsroom: Newsroom) -> None:
    """Each ended the polling for ever: as it was never confirmed, it came again after each restart."""
    desk = Desk(newsroom)
    service = await begun(newsroom, desk)
    chat, sender = {"id": GROUP, "type": "supergroup"}, {"id": EDITOR, "is_bot": False, "first_name": "Bo"}
    whole = {"message_id": 9000, "date": 1, "chat": chat, "from": sender, "text": "/pause"}
    damage: tuple[dict[str, Any], ...] = (
        {"from": {"id": {}}},
        {"chat": []},
        {"date": 10**30},
        {"text": {}},
        {"message_id": None},
    )
    for each in damage:
        desk.telegram.update("message", whole | each)
        await desk.asks("/help", "what waits")
    log = (await newsroom.stop(service)).err
    assert log.count("an update that makes no sense") == len(damage)
    assert "Traceback" not in log
    assert log.count("the desk is open") == 1
    assert not paused(newsroom)


@pytest.mark.slow
async def test_of_two_services_on_postgresql_one_polls_and_the_other_takes_over(
    newsroom: Newsroom, postgres_url: str
) -> None:
    newsroom.config["database"] = postgres_url
    desk = Desk(newsroom)
    first = await begun(newsroom, desk)
    other = await newsroom.start("run")
    await asyncio.sleep(12)
    assert 409 not in polled(newsroom)
    first.kill()
    await first.communicate()
    await desk.asks("/status", "tg", within=60)
    log = (await newsroom.stop(other)).err
    assert CONFLICT not in log


async def call(url: str, update: object, secret: str | None) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    async with aiohttp.ClientSession() as session, session.post(url, json=update, headers=headers) as answer:
        return answer.status


def paused(newsroom: Newsroom) -> bool:
    ledger = open_ledger("sqlite:///newsbot.db", base=newsroom.folder)
    try:
        return ledger.channels.get_channel("tg").state == "paused"
    finally:
        ledger.close()


async def test_a_webhook_is_heard_with_its_secret_alone_and_once(newsroom: Newsroom) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/tg"
    newsroom.config["web"] = {"listen": f"127.0.0.1:{port}"}
    desk = Desk(newsroom)
    newsroom.config["desk"]["webhook"] = {"url": url, "secret": SECRET}
    service = await begun(newsroom, desk)
    assert desk.telegram.webhook == url
    assert polled(newsroom) == []
    sender = {"id": EDITOR, "is_bot": False, "first_name": "Bo"}
    chat = {"id": GROUP, "type": "supergroup", "title": "Newsroom"}
    now = int(newsroom.sandbox.clock.now().timestamp())
    message = {"message_id": 7001, "date": now, "from": sender, "chat": chat, "text": "/pause tg"}
    update = {"update_id": 9_000_001, "message": message}
    before = len(desk.chat())
    for wrong in (None, "", "wrong", SECRET + "x", SECRET[:-1]):
        assert await call(url, update, wrong) == 403
    await asyncio.sleep(1)
    assert not paused(newsroom)
    assert len(desk.chat()) == before
    assert await call(url, update, SECRET) == 200
    await until(lambda: paused(newsroom) and len(desk.chat()) == before + 1)
    assert await call(url, update, SECRET) == 200
    assert await call(url, ["no update"], SECRET) == 400
    await asyncio.sleep(1)
    assert len(desk.chat()) == before + 1
    await newsroom.stop(service)


async def test_while_telegram_is_away_sending_goes_on_and_the_desk_answers_afterwards(
    newsroom: Newsroom,
) -> None:
    desk = Desk(newsroom)
    newsroom.config["sources"]["site"]["backfill"] = 0
    service = await begun(newsroom, desk)
    newsroom.sandbox.faults.add("telegram", "*", "refused")
    before = len(desk.chat())
    newsroom.site.stories = [story(7)]
    desk.say("/help")
    await until(lambda: len(newsroom.tweets) == 1)
    await asyncio.sleep(5)
    assert len(desk.chat()) == before
    newsroom.sandbox.faults.clear()
    await desk.reads("Council 7", after=before, within=90)
    await desk.reads("what waits", after=before, within=60)
    assert {post.channel: post.state for post in posts(newsroom)}["tg"] in {
        PostState.RETRYING,
        PostState.SENT,
    }
    log = (await newsroom.stop(service)).err
    assert log.count("Telegram can't be asked for updates") == 1
