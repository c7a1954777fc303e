"""From a command at the desk to its first answer, while 1 000 posts are queued and sending is under way."""

import asyncio
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import monotonic

from newsbot.ledger import open_ledger
from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from tests.acceptance.desk import ADMIN, EDITOR, GROUP, Desk
from tests.acceptance.newsroom import Newsroom, Site
from tests.bench.rows import Row
from tests.ledger.making import add, new_post, part

__all__ = ["measure"]

CHANNELS = 4
POSTS = 1000
GAP = 1.2  # seconds between two commands in one chat: a chat takes an answer a second
PLACES = ((EDITOR, EDITOR), (ADMIN, ADMIN))
IN_GROUP = (
    20  # each so manyth command is asked in the group, which takes 20 messages a minute, cards among them
)


def measure(commands: int = 120) -> list[Row]:
    """Half of the queue is due at once, on four channels at their pace; the other half is held."""
    took, sent = asyncio.run(_measure(commands))
    took.sort()
    p50, p99 = median(took), took[int(len(took) * 0.99)]
    return [
        Row("commands answered, posts sent meanwhile", f"{len(took)}, {sent}", "", None),
        Row("command to first answer, p50", f"{p50 * 1000:.0f} ms", "<= 100 ms", p50 <= 0.1),
        Row("command to first answer, p99", f"{p99 * 1000:.0f} ms", "<= 1000 ms", p99 <= 1.0),
    ]


async def _measure(commands: int) -> tuple[list[float], int]:
    site = Site()
    await site.start()
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox() as sandbox:
            newsroom = Newsroom(Path(folder), sandbox, site)
            desk = Desk(newsroom)
            _channels(newsroom)
            try:
                return await _commands(newsroom, desk, commands)
            finally:
                await newsroom.close()
                await site.stop()


def _channels(newsroom: Newsroom) -> None:
    template = newsroom.config["channels"]["tg"]
    newsroom.config["channels"] = {}
    for n in range(CHANNELS):
        chat = -1001000000100 - n
        newsroom.sandbox.telegram.add([SandboxChat(chat, "channel", f"Channel {n}", f"channel{n}")])
        newsroom.config["channels"][f"tg{n}"] = template | {"chat": f"@channel{n}"}


def _queue(newsroom: Newsroom) -> list[str]:
    """The ids of what is held."""
    ledger = open_ledger("sqlite:///newsbot.db", base=newsroom.folder)
    ledger.prepare(upgrade=True)
    now, held = datetime.now(UTC), list[str]()
    for n in range(POSTS):
        waits = "approval" if n % 2 else None
        due = now + timedelta(hours=5) if n % 2 else now
        channel = f"tg{1 if n % 2 else n % CHANNELS}"
        until = now + timedelta(days=1)
        made = new_post(channel, due_at=due, held_for=waits, parts=(part(f"Post {n}"),), expires_at=until)
        held += [post.id for post in add(ledger, made, guid=f"g{n}", now=now) if waits]
    ledger.close()
    return held


async def _commands(newsroom: Newsroom, desk: Desk, commands: int) -> tuple[list[float], int]:
    held = await asyncio.to_thread(_queue, newsroom)
    service = await newsroom.start("run")
    await desk.asks("/help", "what waits", within=60)
    before, took, chance = _out(newsroom), list[float](), random.Random(1)
    for n in range(commands):
        by, chat = (EDITOR, GROUP) if n % IN_GROUP == 0 else PLACES[n % len(PLACES)]
        line = _line(n, held)
        took.append(await _answer(desk, line, by, chat))
        await asyncio.sleep(GAP / len(PLACES) * chance.uniform(1.0, 1.3))
    sent = _out(newsroom) - before
    await newsroom.stop(service)
    return took, sent


def _line(n: int, held: list[str]) -> str:
    lines = ("/queue", "/show {}", "/approve {}", "/why {}", "/move {} +6h", "/cancel {}", "/status", "/help")
    return lines[n % len(lines)].format(held[n])


async def _answer(desk: Desk, line: str, by: int, chat: int) -> float:
    before = len(desk.chat(chat))
    began = monotonic()
    desk.say(line, by=by, chat=chat)
    async with asyncio.timeout(30):
        while len(desk.chat(chat)) == before:
            await asyncio.sleep(0.001)
    return monotonic() - began


def _out(newsroom: Newsroom) -> int:
    return sum(
        len(chat.messages) for chat in newsroom.sandbox.telegram.chats.values() if chat.type == "channel"
    )
