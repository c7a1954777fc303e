"""Updates sent to a webhook on this machine: with its secret, in order, until they are taken."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import BadRequest, Conflict

from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.people import say
from tests.chaos.tls import make_certificates
from tests.sandbox.conftest import Http, SettableClock

ADA, BILAL = 111, 222


class Desk:
    """A webhook; ``refusals`` are the statuses of its next answers to a text, 200 after them."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str | None]] = []
        self.refusals: dict[str, list[int]] = {}
        self.headers: dict[str, str] = {}

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        update: dict[str, Any] = await request.json()
        text: str = update["message"]["text"]
        self.got.append((text, request.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        waiting = self.refusals.get(text)
        status = waiting.pop(0) if waiting else 200
        return web.Response(status=status, headers=self.headers if status != 200 else {})

    async def until(self, count: int) -> list[str]:
        async with asyncio.timeout(60):
            while len(self.got) < count:
                await asyncio.sleep(0.01)
        return [text for text, _ in self.got]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def url(desk: Desk) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(desk))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/tg"
    await runner.cleanup()


def write(sandbox: Sandbox, text: str, who: int = ADA) -> None:
    say(sandbox.telegram, who, who, text, at=sandbox.clock.now())


async def test_what_waits_and_what_comes_is_sent_with_the_secret(
    sandbox: Sandbox, bot: Bot, desk: Desk, url: str
) -> None:
    write(sandbox, "waited")
    await bot.set_webhook(url, secret_token="s3cret")
    write(sandbox, "came")
    assert await desk.until(2) == ["waited", "came"]
    assert {secret for _, secret in desk.got} == {"s3cret"}
    async with asyncio.timeout(60):
        while (await bot.get_webhook_info()).pending_update_count:
            await asyncio.sleep(0.01)
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_what_is_not_taken_comes_again_and_holds_up_its_chat_alone(
    sandbox: Sandbox, bot: Bot, http: Http, desk: Desk, url: str
) -> None:
    assert (await http.admin("POST", "webhook", {"retry": 0.1}))[0] == 200
    desk.refusals["first"] = [500, 502]
    write(sandbox, "first")
    await bot.set_webhook(url)
    await desk.until(1)
    write(sandbox, "second")
    write(sandbox, "other", BILAL)
    texts = await desk.until(5)
    assert [text for text in texts if text != "other"] == ["first", "first", "first", "second"]
    assert texts.index("other") < texts.index("second")
    info = await bot.get_webhook_info()
    assert info.last_error_message is not None
    assert "Wrong response from the webhook: 50" in info.last_error_message


async def test_retry_after_is_heeded(sandbox: Sandbox, bot: Bot, desk: Desk, url: str) -> None:
    desk.refusals["first"], desk.headers = [429], {"Retry-After": "0.5"}
    write(sandbox, "first")
    start = asyncio.get_running_loop().time()
    await bot.set_webhook(url)
    await desk.until(2)
    assert 0.5 <= asyncio.get_running_loop().time() - start < 1


async def test_only_what_was_asked_for_is_sent_and_what_waited_can_be_dropped(
    sandbox: Sandbox, bot: Bot, desk: Desk, url: str
) -> None:
    write(sandbox, "dropped")
    await bot.set_webhook(url, drop_pending_updates=True, allowed_updates=["message"])
    write(sandbox, "sent")
    sandbox.telegram.update("my_chat_member", {})
    assert await desk.until(1) == ["sent"]
    await asyncio.sleep(0.1)
    assert len(desk.got) == 1
    assert (await bot.get_webhook_info()).allowed_updates == ("message",)


async def test_a_webhook_ends_a_poll(sandbox: Sandbox, bot: Bot, url: str) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    while not any(call.method == "getUpdates" for call in sandbox.calls):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    await bot.set_webhook(url)
    with pytest.raises(Conflict, match="terminated by setWebhook"):
        await poll


async def test_nothing_is_sent_to_other_machines(sandbox: Sandbox, bot: Bot, clock: SettableClock) -> None:
    write(sandbox, "kept")
    await bot.set_webhook("https://desk.example.org/tg")
    async with asyncio.timeout(60):
        while not (info := await bot.get_webhook_info()).last_error_message:
            await asyncio.sleep(0.01)
    assert "nothing leaves this machine" in info.last_error_message
    assert info.pending_update_count == 1
    assert info.last_error_date is not None
    assert int(info.last_error_date.timestamp()) == int(clock.now().timestamp())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "http://desk.example.org/tg"}, "(?i)https url must be provided"),
        ({"url": "https://desk.example.org:9000/tg"}, "ports 80, 88, 443 or 8443"),
        ({"url": "https://desk.example.org/tg", "secret_token": "with space"}, "unallowed characters"),
    ],
)
async def test_a_webhook_that_telegram_refuses(bot: Bot, given: dict[str, str], why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        await bot.set_webhook(**given)  # type: ignore[arg-type]  # strings all


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the certificate needs the openssl command")
async def test_a_certificate_of_ones_own_is_trusted_once_it_is_given(
    sandbox: Sandbox, bot: Bot, desk: Desk, tmp_path: Path
) -> None:
    await asyncio.to_thread(make_certificates, tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "good.pem", tmp_path / "good.key")
    runner = web.ServerRunner(web.Server(desk))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/tg"
    try:
        write(sandbox, "over TLS")
        await bot.set_webhook(url)
        async with asyncio.timeout(60):
            while not (info := await bot.get_webhook_info()).last_error_message:
                await asyncio.sleep(0.01)
        assert "ertificate" in info.last_error_message
        assert desk.got == []
        await bot.set_webhook(url, certificate=(tmp_path / "good.pem").read_bytes())
        assert await desk.until(1) == ["over TLS"]
    finally:
        await runner.cleanup()
