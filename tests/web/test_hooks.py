"""What is called from outside: by who shows the secret, and not confirmed before it is stored."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from newsbot.errors import LedgerError
from newsbot.web.hooks import Hook, answering

HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Called:
    """Takes what it is given, unless it is ``away``."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.away = False

    async def take(self, update: dict[str, Any]) -> None:
        if self.away:
            raise LedgerError("the database is away")
        self.given.append(update)


@pytest.fixture
async def called() -> AsyncIterator[tuple[Called, str]]:
    taker, app = Called(), web.Application()
    app.router.add_post("/tg", answering(Hook("/tg", HEADER, "s3cret", taker.take)))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield taker, f"http://127.0.0.1:{runner.addresses[0][1]}/tg"
    await runner.cleanup()


async def status(url: str, secret: str | None, body: Any = None, text: str | None = None) -> int:
    headers = {HEADER: secret} if secret is not None else {}
    given: dict[str, Any] = {"data": text} if text is not None else {"json": body}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **given) as answer:
        return answer.status


async def test_only_who_shows_the_secret_is_heard(called: tuple[Called, str]) -> None:
    taker, url = called
    for wrong in (None, "", "s3cre", "s3crett", "S3CRET"):
        assert await status(url, wrong, {"update_id": 1}) == 403
    assert taker.given == []
    assert await status(url, "s3cret", {"update_id": 1}) == 200
    assert taker.given == [{"update_id": 1}]


async def test_what_could_not_be_stored_shall_be_sent_again(called: tuple[Called, str]) -> None:
    taker, url = called
    taker.away = True
    assert await status(url, "s3cret", {"update_id": 1}) == 503


async def test_what_is_no_update_is_a_bad_request(called: tuple[Called, str]) -> None:
    taker, url = called
    assert await status(url, "s3cret", [1]) == 400
    assert await status(url, "s3cret", text="{") == 400
    assert taker.given == []
