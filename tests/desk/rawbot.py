"""A Bot API whose getUpdates hands out any bytes as updates; every other method is the sandbox's own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web

__all__ = ["RawBot", "raw_bot"]

_LIMIT = 100


@dataclass
class RawBot:
    """``queue`` holds what waits by the number that the server knows it by, whatever the update says itself.

    ``answers`` are whole bodies that the next polls get in place of updates.
    """

    sandbox: str
    url: str = ""
    queue: dict[int, bytes] = field(default_factory=dict)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    polls: int = 0
    offsets: list[int] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(700_000_001))

    def push(self, update: Any) -> int:
        """Queue an update (bytes as they are); its number is put in where it has the key with None."""
        number = next(self.numbers)
        if isinstance(update, bytes):
            self.queue[number] = update.replace(b"NUMBER", str(number).encode())
        else:
            self.queue[number] = json.dumps(update).encode()
        return number

    def tell(self, **kind: Any) -> int:
        """Queue an update of that kind under its right number."""
        number = next(self.numbers)
        self.queue[number] = json.dumps({"update_id": number, **kind}).encode()
        return number

    async def handle(self, request: web.Request) -> web.Response:
        method = request.path.rpartition("/")[2]
        form = await request.post()
        if method == "getUpdates":
            return await self._updates(int(str(form.get("offset", "0"))))
        async with aiohttp.ClientSession() as session:
            body = {name: str(value) for name, value in form.items()}
            async with session.post(self.sandbox + request.path, data=body) as answer:
                return web.Response(
                    status=answer.status, body=await answer.read(), content_type="application/json"
                )

    async def _updates(self, offset: int) -> web.Response:
        """As Telegram: what lies below the offset is forgotten; a poll waits until there is something."""
        self.polls += 1
        self.offsets.append(offset)
        if self.answers:
            status, body = self.answers.pop(0)
            return web.Response(status=status, body=body, content_type="application/json")
        for _ in range(200):
            self.queue = {number: body for number, body in self.queue.items() if number >= offset}
            if self.queue or self.answers:
                break
            await asyncio.sleep(0.005)
        some = b",".join(list(self.queue.values())[:_LIMIT])
        return web.Response(body=b'{"ok":true,"result":[' + some + b"]}", content_type="application/json")


@asynccontextmanager
async def raw_bot(sandbox: str) -> AsyncIterator[RawBot]:
    """It in front of a sandbox."""
    bot, app = RawBot(sandbox), web.Application()
    app.router.add_route("*", "/{path:.*}", bot.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield bot
    finally:
        await runner.cleanup()
