"""Sandboxes and the clients that drive them: raw HTTP, python-telegram-bot, tweepy."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
import tweepy
from telegram import Bot
from telegram.request import HTTPXRequest

from newsbot.sandbox import Sandbox

SHARED = Path(__file__).parents[2].parent / "shared"


class SettableClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Http:
    """Raw requests to a sandbox: ``telegram`` posts JSON to a method, ``admin`` to the admin interface."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session

    async def telegram(self, method: str, *, token: str = "", **params: Any) -> tuple[int, dict[str, Any]]:
        url = f"{self.sandbox.telegram_url}/bot{token or self.sandbox.telegram.bot.token}/{method}"
        async with self.session.post(url, json=params) as response:
            return response.status, await response.json()

    async def send(self, text: str, chat: int | str = 111, **params: Any) -> tuple[int, dict[str, Any]]:
        return await self.telegram("sendMessage", chat_id=chat, text=text, **params)

    async def admin(self, verb: str, name: str, body: Any = None) -> tuple[int, Any]:
        url = f"{self.sandbox.admin_url}/{name}"
        async with self.session.request(verb, url, json=body) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else await response.text()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def sandbox(clock: SettableClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(clock=clock) as running:
        yield running


@pytest.fixture
async def unlimited_sandbox(sandbox: Sandbox) -> Sandbox:
    pace = sandbox.telegram.pace
    pace.overall = pace.per_chat = pace.per_group = None
    return sandbox


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[Http]:
    async with aiohttp.ClientSession() as session:
        yield Http(sandbox, session)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    requests = [HTTPXRequest(httpx_kwargs={"verify": _tls()}) for _ in range(2)]
    base_url = f"{sandbox.telegram_url}/bot"
    async with Bot(
        sandbox.telegram.bot.token, base_url=base_url, request=requests[0], get_updates_request=requests[1]
    ) as running:
        yield running


@cache
def _tls() -> ssl.SSLContext:
    """No sandbox has TLS, but each client of httpx would read all certificates, which takes 25 ms of CPU."""
    return ssl.create_default_context()


class _RedirectedSession(requests.Session):
    """tweepy's hard-coded host goes to the stand-in before the request is signed; and it gets a timeout."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 1)
        return super().request(method, str(url).replace("https://api.twitter.com", self.url), *args, **kwargs)


def tweepy_client(sandbox: Sandbox, **other: str) -> tweepy.Client:
    keys = sandbox.x.credentials
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    client = tweepy.Client(**{name: getattr(keys, name) for name in names} | other)
    client.session = _RedirectedSession(sandbox.x_url)
    return client


@pytest.fixture
async def x(sandbox: Sandbox) -> AsyncIterator[tweepy.Client]:
    client = tweepy_client(sandbox)
    yield client
    client.session.close()


def png(width: int = 40, height: int = 30, padding: int = 0) -> bytes:
    """A PNG's frame, as far as anybody looks who does not decode it."""
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + width.to_bytes(4) + height.to_bytes(4)
    return head + b"\x08\x02\x00\x00\x00" + b"\0\0\0\0" + b"\0\0\0\0IDAT" + bytes(padding)
