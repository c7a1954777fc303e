"""`newsbot demo` as a process: everything arrives once, and nothing is left running."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import psutil
import pytest

from newsbot.app.demo import Stage, start_stage
from newsbot.sandbox.samples import samples

NEWSROOM = -1001000000013
Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """`newsbot ...` from an empty folder; ended, with its children, where a test did not."""
    processes: list[asyncio.subprocess.Process] = []

    async def begin(*arguments: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "newsbot",
            *arguments,
            cwd=tmp_path,
            env={**os.environ, "NEWSBOT_CONFIG": "/nowhere/config.yaml"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        if process.returncode is None:
            children = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            for child in children:
                child.kill()
            await process.communicate()


async def address(process: asyncio.subprocess.Process) -> str:
    """What a person is told to open."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            if line.startswith("Open "):
                return line.removeprefix("Open ").strip()
    raise AssertionError("it did not say what to open")


async def state(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(f"{url}_sandbox/state") as answer:
        return await answer.json()


@pytest.mark.slow
async def test_demo_once_sends_every_post_once_and_says_so(start: Start, tmp_path: Path) -> None:
    process = await start("demo", "--once", "--json", "--dir", str(tmp_path / "demo"))
    out, err = await asyncio.wait_for(process.communicate(), 100)
    assert (process.returncode, err.decode()) == (0, "")
    report = json.loads(out)
    assert report["problems"] == []
    assert report["channels"].keys() == {"telegram-main", "telegram-urdu", "x-main"}
    for count in report["channels"].values():
        assert count["sent"] == count["articles"] > 0
        assert count["arrived"] == count["messages"] >= count["sent"]
    x = report["channels"]["x-main"]
    assert x["threads"] == x["messages"] - x["sent"] == 1
    listed = await start(
        "--config", str(tmp_path / "demo" / "config.yaml"), "posts", "--json", "--limit", "99"
    )
    out, _ = await listed.communicate()
    posts = json.loads(out)
    assert {post["state"] for post in posts} == {"sent"}
    assert {post["attempts"] for post in posts} == {1, 2}  # two calls for the thread
    twice = Counter((post["article"]["id"], post["channel"]) for post in posts)
    assert set(twice.values()) == {1}


async def test_demo_shows_articles_one_after_another_and_ends_on_ctrl_c(start: Start) -> None:
    process = await start("demo")
    url = await address(process)
    assert process.stdout is not None
    begun, seen = monotonic(), 0
    async with asyncio.timeout(60):
        while seen < 2:
            shown = await state(url)
            seen = len(shown["x"]["tweets"])
            assert seen <= 2 + (monotonic() - begun) / 3  # not all at once
            await asyncio.sleep(0.1)
    line = b""
    while not line.startswith(b"  "):
        line = await asyncio.wait_for(process.stdout.readline(), 20)
    pasted = await asyncio.create_subprocess_shell(line.decode(), cwd="/", stdout=asyncio.subprocess.PIPE)
    listed, _ = await asyncio.wait_for(pasted.communicate(), 40)
    assert b"x-main" in listed
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 3
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 40)
    assert (process.returncode, err.decode()) == (0, "")
    assert not [child for child in children if child.is_running()]


@pytest.mark.slow
@pytest.mark.timeout(320)  # it takes 71 s on a machine that does nothing else
async def test_after_its_articles_the_demo_has_one_to_approve(tmp_path: Path) -> None:
    """A bulletin: on Telegram at once, and on X when Ada has pressed its card's button."""
    async with start_stage(tmp_path, 0, 0) as stage, aiohttp.ClientSession() as session, asyncio.timeout(300):
        while not await shown(session, stage, samples()[-1].title):
            await asyncio.sleep(0.2)
        async with session.post(f"{stage.urls['site']}/_publish") as answer:
            title = (await answer.json())["published"]["title"]
        while not (there := await shown(session, stage, title)).keys() >= {"Newsroom", "The Ellery Tide"}:
            await asyncio.sleep(0.2)
        assert "x" not in there
        press = {"chat": NEWSROOM, "user": 111, "message_id": there["Newsroom"], "label": "Approve"}
        async with session.post(f"{stage.urls['admin']}/press", json=press) as answer:
            assert answer.status == 200, await answer.text()
        while "x" not in await shown(session, stage, title):
            await asyncio.sleep(0.2)


async def shown(session: aiohttp.ClientSession, stage: Stage, title: str) -> dict[str, int]:
    """Where ``title`` is: a chat's title and the message's id there; x and 0."""
    async with session.get(f"{stage.urls['admin']}/state") as answer:
        state = await answer.json()
    found = dict.fromkeys(("x" for tweet in state["x"]["tweets"] if title in tweet["text"]), 0)
    for chat in state["telegram"]["chats"]:
        for message in chat["messages"]:
            if title in message.get("text", "") + message.get("caption", ""):
                found[chat.get("title", "")] = message["message_id"]
    return found


async def test_demo_says_which_process_ended_and_ends_the_others(start: Start) -> None:
    process = await start("demo")
    await address(process)
    async with asyncio.timeout(60):
        while not (service := _service(process)):
            await asyncio.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    service.kill()
    _, err = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 1
    assert err.decode().startswith("newsbot: the service ended by itself with status -9")
    assert not [child for child in children if child.is_running()]


def _service(process: asyncio.subprocess.Process) -> psutil.Process | None:
    children = psutil.Process(process.pid).children()
    return next((child for child in children if child.cmdline()[-1:] == ["run"]), None)


async def test_demo_leaves_a_folder_alone_that_is_somebodys(start: Start, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    process = await start("demo", "--once", "--dir", str(tmp_path))
    _, err = await process.communicate()
    assert process.returncode == 1
    assert "name an empty folder" in err.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


async def test_demo_says_that_a_port_is_taken(start: Start) -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    process = await start("demo", "--once", "--port", str(port))
    _, err = await asyncio.wait_for(process.communicate(), 40)
    taken.close()
    assert process.returncode == 1
    assert err.decode().count("\n") == 1
    assert str(port) in err.decode()
    assert "in use" in err.decode()


async def test_sandbox_says_what_to_put_into_config_yaml_and_ends_on_sigterm(start: Start) -> None:
    process = await start("sandbox")
    url = await address(process)
    shown = await state(url)
    assert "Newsroom" in [chat.get("title") for chat in shown["telegram"]["chats"]]
    process.terminate()
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, err.decode()) == (0, "")
    assert 'token: "123456:TEST-sandbox"' in out.decode()
