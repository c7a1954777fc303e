"""No secret gets out: not into what newsbot says, stores or shows, nor into the names of its processes."""

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import psutil
import psycopg
import pytest
from psycopg import sql

from newsbot.sandbox import Credentials
from newsbot.sandbox.calls import FaultKind
from tests.conftest import create_temporary_database

from .newsroom import CHAT, Newsroom, Story

BOT = "123456:CANARY-tg-aaaaaaaaaaaaaaaaaaaaaaaaaa"
WRONG_BOT = "777777:CANARY-tg-bbbbbbbbbbbbbbbbbbbbbbbbbb"
KEYS = Credentials("CANARY-x-consumer", "CANARY-x+secret/1=", "42-CANARY-x-token", "CANARY-x&secret 2")
FEED, DATABASE, WRONG = "CANARY-feed-pass/word", "CANARY-database", "CANARY-x-wrong"
MARK = "CANARY"


def leaks(what: str, text: str) -> list[str]:
    """Where a canary shows, as it is or encoded (each has the mark in it, and none is cut by encodings)."""
    return [f"{what}: {line[:300]}" for line in text.splitlines() if MARK in line]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """A database's URL, with a canary for a password where there are any; and all that is in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'canary.db'}", lambda: _files(tmp_path)
        return
    with create_temporary_database(request.getfixturevalue("postgres")) as url:
        head, _, place = url.partition("@")
        yield (
            f"{head.rpartition(':')[0] if head.count(':') > 1 else head}:{DATABASE}@{place}",
            lambda: _rows(url),
        )


def _files(folder: Path) -> str:
    """The bytes, with what was deleted; and the rows, as a long text is cut in pieces in the file."""
    files = [path.read_bytes().decode("latin-1") for path in folder.glob("canary.db*")]
    with closing(sqlite3.connect(folder / "canary.db")) as connection:
        return "\n".join([*files, *connection.iterdump()])


def _rows(url: str) -> str:
    with psycopg.connect(url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return "\n".join(
            str(row)
            for (name,) in names
            for row in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
        )


def hide(newsroom: Newsroom, database: str) -> None:
    """Canaries in every secret field: by environment, by file, in addresses; some right and some wrong."""
    newsroom.sandbox.telegram.bot.token = BOT
    newsroom.sandbox.telegram.pace.per_chat = None
    newsroom.sandbox.x.credentials = KEYS
    (newsroom.folder / "token.txt").write_text(BOT)
    (newsroom.folder / "secret.txt").write_text(KEYS.access_token_secret)
    newsroom.environ = {"TELEGRAM_TOKEN": WRONG_BOT, "X_SECRET": KEYS.consumer_secret}
    telegram: dict[str, Any] = {"kind": "telegram", "chat": CHAT, "approval": "none"}
    telegram["api"] = newsroom.sandbox.telegram_url
    x = newsroom.config["channels"]["x"] | {
        "consumer_key": KEYS.consumer_key,
        "consumer_secret": "${X_SECRET}",
        "access_token": KEYS.access_token,
        "access_token_secret": "file:secret.txt",
    }
    login = f"ana:{quote(FEED, safe='')}"
    site = newsroom.site.url.replace("http://", f"http://{login}@")
    feed = {"kind": "feed", "every": "1s", "backfill": 100, "full_text": "feed"}
    newsroom.config |= {
        "database": database,
        "sources": {
            "site": feed | {"url": f"{site}/feed.xml"},
            "missing": feed | {"url": f"{site}/missing.xml"},
            "page": feed | {"url": f"{site}/story-0"},
            "gone": feed | {"url": f"http://{login}@127.0.0.1:1/feed.xml"},
        },
        "channels": {
            "tg": telegram | {"token": "file:token.txt"},
            "tg-wrong": telegram | {"token": "${TELEGRAM_TOKEN}"},
            "tg-refused": telegram | {"token": "file:token.txt", "api": "http://127.0.0.1:1"},
            "x": x,
            "x-wrong": x | {"access_token_secret": WRONG},
        },
        "web": {"listen": f"127.0.0.1:{free_port()}"},
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def pages(newsroom: Newsroom) -> str:
    """What the health pages say; nothing while they do not answer."""
    said = ""
    async with aiohttp.ClientSession() as session:
        for path in ("/healthz", "/readyz", "/metrics"):
            try:
                async with session.get(f"http://{newsroom.config['web']['listen']}{path}") as answer:
                    said += await answer.text() + "\n"
            except aiohttp.ClientError:
                return ""
    return said


def titles(pid: int) -> str:
    """The command lines of a process and all that it started."""
    process = psutil.Process(pid)
    found = [process, *process.children(recursive=True)]
    return "\n".join(Path(f"/proc/{one.pid}/cmdline").read_text().replace("\0", " ") for one in found)


async def answered(newsroom: Newsroom) -> None:
    """Until both platforms have taken a post, refused somebody, and failed in each way."""
    async with asyncio.timeout(90):
        while True:
            calls = newsroom.sandbox.calls
            seen = {(call.platform, call.status) for call in calls if call.method in POSTING}
            if seen >= WANTED and not newsroom.sandbox.faults.waiting:
                return
            await asyncio.sleep(0.2)


POSTING = {"sendMessage", "POST /2/tweets"}
WANTED = {("telegram", 200), ("telegram", 401), ("x", 201), ("x", 401)}
FAULTS: tuple[FaultKind, ...] = ("502_after_processing", "reset_after_processing", "not_json", "429")


async def test_a_canary_in_every_secret_field_shows_nowhere(
    newsroom: Newsroom, database: tuple[str, Callable[[], str]]
) -> None:
    url, stored = database
    hide(newsroom, url)
    newsroom.site.stories = [Story(f"story-{n}", f"Headline {n}", f"<p>Sentence {n}.</p>") for n in range(6)]
    for fault in FAULTS:
        bot = f"/bot{BOT.partition(':')[0]}:*"
        newsroom.sandbox.faults.add("telegram", "sendMessage", fault, path=bot)
        newsroom.sandbox.faults.add("x", "POST /2/tweets", fault)
    service = await newsroom.start_interpreter("run")
    await answered(newsroom)
    said = {"pages": await pages(newsroom), "titles": titles(service.pid)}
    ran = await newsroom.stop(service)
    said |= {"out": ran.out, "err": ran.err, "stored": stored()}
    for command in (["status", "--json"], ["posts", "--json"], ["check", "--online"]):
        ran = await newsroom.run(*command)
        said[command[0]] = ran.out + ran.err
    assert said["pages"]
    assert "401" in said["err"] or "Unauthorized" in said["err"]
    assert "Unauthorized" in said["stored"]
    assert "wrong or revoked" in said["posts"]
    assert "wrong or revoked" in said["check"]
    assert [leak for what, text in said.items() for leak in leaks(what, text)] == []


MISTAKES: list[dict[str, Any]] = [
    {
        "channels": {
            "a": {"kind": "telegram", "token": f"{MARK} no token", "chat": CHAT},
            "b": {"kind": "telegram", "token": [BOT], "chat": CHAT},
            "c": {"kind": "telegram", "token": BOT, "tokn": BOT, "chat": CHAT, "api": f"x://{BOT}"},
            "d": {"kind": "x", "consumer_key": " ", "consumer_secret": KEYS.consumer_secret},
        },
        "sources": {"site": {"kind": "feed", "url": f"ftp://ana:{MARK}@127.0.0.1/"}},
    },
    {"database": f"postgresql://ana:{DATABASE}@127.0.0.1:1/none"},
    {"database": f"nonsense://ana:{DATABASE}@127.0.0.1/none"},
]


@pytest.mark.parametrize("number", range(len(MISTAKES)))
async def test_a_mistake_in_a_secret_shows_none(newsroom: Newsroom, number: int) -> None:
    newsroom.config |= MISTAKES[number]
    ran = await newsroom.run("run", "--once")
    assert ran.status != 0
    assert ran.err
    assert leaks("err", ran.err) + leaks("out", ran.out) == []


LOUD = """
import asyncio, json, logging, sys, threading, warnings
import structlog
from newsbot.app.logs import Redactor, configure
from newsbot.channels import channel_class, http_api, telegram
from newsbot.errors import SendError
from newsbot.model import Part

given = json.load(sys.stdin)
telegram.limit_logging = http_api.limit_logging = lambda *names, **more: None
configure(Redactor(given["secrets"]), level=logging.DEBUG)
logging.getLogger().setLevel(logging.DEBUG)

async def send(kind, settings):
    own = channel_class(kind)
    channel = own("main", own.Settings(kind=kind, **settings), None)
    try:
        await channel.send(Part("A headline", 10, 280), after=None)
    except SendError as error:
        structlog.get_logger().exception("failed", error=error, channel=vars(channel))
    await channel.close()

for kind, settings in given["channels"]:
    asyncio.run(send(kind, settings))
for secret in given["secrets"] + given["strangers"]:
    logging.getLogger("httpx").warning("HTTP Request: POST https://api.example.org/bot%s/getMe", secret)
    warnings.warn(f"https://ana:{secret}@example.org/")
thread = threading.Thread(target=lambda: int(given["secrets"][0]))
thread.start()
thread.join()
raise RuntimeError(*given["secrets"])
"""


async def test_the_libraries_own_logs_and_tracebacks_show_none(newsroom: Newsroom) -> None:
    """With everything at DEBUG, which newsbot itself never asks for; ``strangers`` are told to nobody."""
    sandbox = newsroom.sandbox
    sandbox.x.credentials = KEYS
    keys = {name: getattr(KEYS, name) for name in ("consumer_key", "access_token", "access_token_secret")}
    channels: list[Any] = [
        ("telegram", {"api": sandbox.telegram_url, "token": BOT, "chat": CHAT}),
        ("telegram", {"api": "http://127.0.0.1:1", "token": BOT, "chat": CHAT}),
        ("x", {"api": sandbox.x_url, **keys, "consumer_secret": KEYS.consumer_secret}),
        ("x", {"api": sandbox.x_url, **keys, "consumer_secret": WRONG}),
    ]
    secrets = [BOT, *keys.values(), KEYS.consumer_secret, WRONG]
    given = {"channels": channels, "secrets": secrets, "strangers": [WRONG_BOT]}
    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LOUD],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        check=False,
    )
    assert ran.returncode == 1
    for heard in ("telegram.Bot", "oauthlib.oauth1", "RuntimeError", "ValueError", "[secret]"):
        assert heard in ran.stderr
    assert leaks("err", ran.stderr) + leaks("out", ran.stdout) == []
