"""The sandbox as a process of its own, driven over its admin interface."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from newsbot.sandbox import Sandbox
from tests.sandbox.conftest import Http

TOKEN = "123456:TEST-sandbox"


@pytest.fixture
async def process() -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "newsbot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout is not None
    urls = json.loads(await running.stdout.readline())
    yield running, urls
    if running.returncode is None:
        running.kill()
    await running.communicate()


async def test_it_prints_its_addresses_serves_and_ends_on_sigterm(
    process: tuple[asyncio.subprocess.Process, dict[str, str]],
) -> None:
    running, urls = process
    async with aiohttp.ClientSession() as session:
        fault = {"platform": "telegram", "match": "sendMessage", "kind": "hang_after_processing"}
        async with session.post(f"{urls['admin']}/faults", json=fault) as response:
            assert response.status == 200
        message = {"chat_id": "@sandbox", "text": "x"}
        hanging = asyncio.create_task(
            session.post(f"{urls['telegram']}/bot{TOKEN}/sendMessage", json=message)
        )
        for _ in range(100):
            async with session.get(f"{urls['admin']}/state") as response:
                state = await response.json()
            if state["telegram"]["chats"][0]["messages"]:
                break
            await asyncio.sleep(0.02)
        assert state["telegram"]["chats"][0]["messages"][0]["text"] == "x"
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            assert await running.wait() == 0
            with pytest.raises(aiohttp.ClientError):
                await hanging


async def test_the_state_can_be_read_and_reset(unlimited_sandbox: Sandbox, http: Http) -> None:
    await http.send("Hello")
    await http.telegram("sendSong")
    _, calls = await http.admin("GET", "calls")
    assert [(c["method"], c["status"], c["ok"]) for c in calls] == [
        ("sendMessage", 200, True),
        ("sendSong", 404, False),
    ]
    assert len((await http.admin("GET", "violations"))[1]) == 1
    assert (await http.admin("POST", "reset", {}))[0] == 200
    _, state = await http.admin("GET", "state")
    assert not any(chat["messages"] for chat in state["telegram"]["chats"])
    assert not unlimited_sandbox.calls
    assert not unlimited_sandbox.violations


async def test_chats_rates_and_x_can_be_set(sandbox: Sandbox, http: Http) -> None:
    chat = {"id": -100777, "type": "channel", "title": "Other", "username": "other"}
    assert (await http.admin("POST", "chats", chat))[0] == 200
    assert (await http.admin("POST", "chats", {"id": -100777, "bot": "kicked"}))[0] == 200
    assert (await http.send("x", "@other"))[0] == 403
    rates = {"telegram": {"per_chat": None, "overall": [2, 1.0]}, "x": {"POST /2/tweets": [1, 900]}}
    assert (await http.admin("POST", "rates", rates))[0] == 200
    assert [(await http.send("x"))[0] for _ in range(3)] == [200, 200, 429]
    changes: dict[str, Any] = {"username": "other", "credits_usd": 1.5, "write_access": False}
    assert (await http.admin("POST", "x", changes))[0] == 200
    assert (sandbox.x.username, str(sandbox.x.credits_usd)) == ("other", "1.5")


async def test_people_can_be_played(sandbox: Sandbox, http: Http) -> None:
    said = {"chat": -1001000000002, "user": 111, "text": "/queue"}
    assert (await http.admin("POST", "say", said))[0] == 200
    _, updates = await http.telegram("getUpdates")
    assert updates["result"][0]["message"]["text"] == "/queue"
    keyboard = {"inline_keyboard": [[{"text": "Yes, take it down", "callback_data": "y"}]]}
    _, sent = await http.send("Sure?", reply_markup=keyboard)
    pressed = {"chat": 111, "user": 111, "message_id": sent["result"]["message_id"], "label": "Yes"}
    assert (await http.admin("POST", "press", pressed))[0] == 200
    assert sandbox.telegram.pressed


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"platform": "telegram", "match": "*", "kind": "earthquake"}),
        ("faults", {"nonsense": 1}),
        ("chats", {"title": "no id"}),
        ("chats", {"id": 111, "nonsense": 1}),
        ("rates", {"telegram": {"nonsense": None}}),
        ("rates", {"telegram": {"overall": ["a", "b"]}}),
        ("x", {"nonsense": 1}),
        ("x", {"credits_usd": "abc"}),
        ("chats", {"id": "abc", "type": "channel", "title": "x"}),
        ("say", {"chat": None, "user": 111, "text": "x"}),
        ("say", {"chat": 5, "user": 111, "text": "x"}),
        ("press", {"chat": 111, "user": 111, "message_id": 9, "label": "Yes"}),
        ("say", []),
    ],
)
async def test_a_mistake_is_named(http: Http, name: str, body: Any) -> None:
    status, _ = await http.admin("POST", name, body)
    assert status == 400


async def test_a_web_page_cannot_order_faults(sandbox: Sandbox, http: Http) -> None:
    async with http.session.post(f"{sandbox.admin_url}/faults", data="{}") as response:
        assert response.status == 415


async def test_open_takes_any_token_and_keys() -> None:
    async with Sandbox(open_=True) as sandbox, aiohttp.ClientSession() as session:
        async with session.get(f"{sandbox.telegram_url}/bot9:any/getMe") as response:
            assert response.status == 200
        async with session.get(f"{sandbox.x_url}/2/users/me") as response:
            assert response.status == 200
