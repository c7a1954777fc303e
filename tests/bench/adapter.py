"""What a post costs the Telegram adapter, beside python-telegram-bot on its own httpx."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import process_time
from typing import Any

import aiohttp
from telegram import Bot
from telegram.request import HTTPXRequest

from newsbot.channels.telegram import TelegramChannel, TelegramSettings
from newsbot.model import Part
from tests.bench.rows import Row

__all__ = ["measure"]

TOKEN, CHAT = "123456:TEST-sandbox", "@sandbox"
CHANNELS, EACH = 100, 20
TEXT = "<b>A headline of an ordinary length</b>\n\n" + "A sentence of the summary. " * 20


def measure() -> list[Row]:
    ours, theirs = asyncio.run(_both())
    made, sent = ours[0] / CHANNELS, 1000 * ours[1] / (CHANNELS * EACH)
    bare_made, bare_sent = theirs[0] / CHANNELS, 1000 * theirs[1] / (CHANNELS * EACH)
    return [
        Row("processor time a send, one of 100 channels", f"{sent:.2f} ms"),
        Row("  python-telegram-bot on its own httpx", f"{bare_sent:.2f} ms"),
        Row("processor time to make a channel ready", f"{1000 * made:.1f} ms"),
        Row("  python-telegram-bot on its own httpx", f"{1000 * bare_made:.1f} ms"),
    ]


async def _both() -> tuple[tuple[float, float], tuple[float, float]]:
    async with _telegram() as api:
        return await _ours(api), await _theirs(api)


@asynccontextmanager
async def _telegram() -> AsyncIterator[str]:
    """The stand-in as another process, without rates."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "newsbot.sandbox", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert running.stdout
        urls = json.loads(await running.stdout.readline())
        rates = {"telegram": {"overall": None, "per_chat": None, "per_group": None}}
        async with aiohttp.ClientSession() as session, session.post(f"{urls['admin']}/rates", json=rates):
            yield urls["telegram"]
    finally:
        running.terminate()
        await running.wait()


async def _ours(api: str) -> tuple[float, float]:
    settings = TelegramSettings.model_validate({"kind": "telegram", "api": api, "token": TOKEN, "chat": CHAT})
    post = Part(TEXT, len(TEXT), 4096, parse_mode="HTML")

    async def no_image(_: str) -> bytes:
        raise NotImplementedError

    start = process_time()
    channels = [TelegramChannel(str(n), settings, no_image) for n in range(CHANNELS)]
    for channel in channels:
        await channel.open()
    made = process_time() - start
    sent = await _timed([lambda c=channel: c.send(post, after=None) for channel in channels])  # type: ignore[misc]  # a default binds the loop's variable
    for channel in channels:
        await channel.close()
    return made, sent


async def _theirs(api: str) -> tuple[float, float]:
    start = process_time()
    requests = [HTTPXRequest() for _ in range(CHANNELS)]
    bots = [Bot(TOKEN, f"{api}/bot", request=one, get_updates_request=one) for one in requests]
    made = process_time() - start
    sent = await _timed([lambda b=bot: b.send_message(CHAT, TEXT, parse_mode="HTML") for bot in bots])  # type: ignore[misc]  # as above
    for bot in bots:
        await bot.request.shutdown()
    return made, sent


async def _timed(sends: list[Callable[[], Awaitable[Any]]]) -> float:
    """Processor seconds of `EACH` sends by each, all at once, connections made before."""

    async def some(send: Callable[[], Awaitable[Any]], count: int) -> None:
        for _ in range(count):
            await send()

    await asyncio.gather(*(some(send, 1) for send in sends))
    start = process_time()
    await asyncio.gather(*(some(send, EACH) for send in sends))
    return process_time() - start
