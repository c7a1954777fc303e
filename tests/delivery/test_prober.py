"""Paused channels are looked at with the real adapters and the stand-ins, by a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from structlog.testing import capture_logs

from newsbot.channels.telegram import TelegramChannel, TelegramSettings
from newsbot.channels.x import XChannel, XSettings
from newsbot.delivery import prober as module
from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.delivery.prober import Prober
from newsbot.delivery.sender import Sender
from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Part, Post, PostState
from newsbot.ports import Channel, ClaimTerms, NewPost
from newsbot.reasons import Code
from newsbot.sandbox import Sandbox
from newsbot.scheduling.clock import SystemClock
from newsbot.threads import SerialThread

CHAT = -1001000000001
P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Moved:
    """The machine's time, and what the test adds to it."""

    by: timedelta = timedelta(0)

    def now(self) -> datetime:
        return SystemClock().now() + self.by


@dataclass
class Bench:
    sandbox: Sandbox
    ledger: Ledger
    channels: dict[str, Channel]
    on_ledger: SerialThread = field(default_factory=lambda: SerialThread("ledger"))
    clock: Moved = field(default_factory=Moved)
    recovered: list[int] = field(default_factory=list)

    async def queue(self, channel: str, text: str) -> Post:
        now = self.clock.now()
        draft = Draft(channel, channel, (Part(text, len(text), 280),))
        article = Article(text, text, url=f"https://example.org/{text}")
        article_id = await self.on_ledger(self.ledger.articles.add_article, "by hand", article, now=now)
        post = NewPost(draft, now, now + timedelta(hours=24), Code.TEXT(words="at once"))
        (queued,) = await self.on_ledger(
            self.ledger.posts.queue_posts, article_id, [post], now=now, again=False
        )
        return queued

    async def send(self) -> None:
        terms = {name: ClaimTerms(channel.rates()) for name, channel in self.channels.items()}
        sender = Sender(
            DeliveryContext(self.ledger, self.on_ledger, self.channels, self.clock),
            terms.__getitem__,
            patience=5,
        )
        await sender.drain()
        await sender.finish()

    async def probe(self) -> datetime | None:
        context = DeliveryContext(self.ledger, self.on_ledger, self.channels, self.clock)
        prober = Prober(context, lambda: self.recovered.append(1))
        following = await prober.drain()
        await prober.finish()
        return following

    async def kick(self, post: str) -> None:
        """Pause Telegram's channel by its platform, and let the bot in again; its probe is due."""
        chat = self.sandbox.telegram.chats[CHAT]
        chat.bot = "kicked"
        await self.queue("tg", post)
        await self.send()
        chat.bot = "administrator"
        self.clock.by += timedelta(minutes=2)

    async def state(self, channel: str) -> str:
        return (await self.on_ledger(self.ledger.channels.get_channel, channel)).state

    async def post(self, post: Post) -> Post:
        return await self.on_ledger(self.ledger.posts.get_post, post.id)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async def photo(_url: str) -> bytes:
        raise AssertionError

    async with Sandbox() as sandbox:
        sandbox.telegram.pace.per_chat = None
        keys = sandbox.x.credentials
        telegram: Any = {
            "kind": "telegram",
            "api": sandbox.telegram_url,
            "token": "123456:TEST-sandbox",
            "chat": "@sandbox",
            "pace": {"per_chat": "30/s"},
        }
        x: Any = {
            "kind": "x",
            "api": sandbox.x_url,
            "consumer_key": keys.consumer_key,
            "consumer_secret": keys.consumer_secret,
            "access_token": keys.access_token,
            "access_token_secret": keys.access_token_secret,
        }
        channels: dict[str, Channel] = {
            "tg": TelegramChannel("tg", TelegramSettings.model_validate(telegram), photo),
            "x": XChannel("x", XSettings.model_validate(x), photo),
        }
        ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
        bench = Bench(sandbox, ledger, channels)
        await bench.on_ledger(ledger.prepare, upgrade=True)
        await bench.on_ledger(ledger.acquire_instance_lock)
        yield bench
        for channel in channels.values():
            await channel.close()
        await bench.on_ledger(ledger.close)
        bench.on_ledger.close()


async def test_a_bot_that_was_kicked_and_let_in_again_goes_on_by_itself(bench: Bench) -> None:
    chat = bench.sandbox.telegram.chats[CHAT]
    chat.bot = "kicked"
    posts = [await bench.queue("tg", text) for text in ("one", "two")]
    with capture_logs() as logs:
        await bench.send()
        assert await bench.state("tg") == "paused"
        following = await bench.probe()
        assert following
        assert following > bench.clock.now()
        for minutes in (2, 3):  # the second look is due after about two minutes more
            bench.clock.by += timedelta(minutes=minutes)
            await bench.probe()
        assert (await bench.state("tg"), bench.recovered) == ("paused", [])
        chat.bot = "administrator"
        bench.clock.by += timedelta(minutes=6)
        await bench.probe()
        assert (await bench.state("tg"), bench.recovered) == ("active", [1])
        await bench.send()
    assert sorted(message.text for message in chat.messages) == ["one", "two"]
    assert [(await bench.post(post)).state for post in posts] == [PostState.SENT] * 2
    said = [line["event"] for line in logs]
    assert said.count("channel paused") == 1
    assert sum(event.startswith("channel resumed") for event in said) == 1


async def test_what_the_probe_takes_for_mended_and_is_not_is_said_once(bench: Bench) -> None:
    """The keys are right, as `identify` sees, but the account has no credits."""
    post = await bench.queue("x", "one")
    bench.sandbox.x.credits_usd = Decimal(0)
    with capture_logs() as logs:
        for _ in range(3):
            await bench.send()
            assert await bench.state("x") == "paused"
            bench.clock.by += timedelta(hours=2)
            await bench.probe()
            assert await bench.state("x") == "active"
    said = [line["event"] for line in logs]
    assert said.count("channel paused") == 1
    assert sum(event.startswith("channel resumed") for event in said) == 1
    assert (await bench.post(post)).state is PostState.RETRYING


class UnaskedChannel(TelegramChannel):
    """A channel whose platform has nothing to ask about its account."""

    capabilities = replace(TelegramChannel.capabilities, account=False)
    identify = Channel.identify


async def test_where_nothing_can_be_asked_a_post_is_the_trial(bench: Bench) -> None:
    asked = bench.channels["tg"]
    assert isinstance(asked, TelegramChannel)
    bench.channels["tg"] = UnaskedChannel("tg", asked.settings, lambda _: asyncio.sleep(0, b""))
    chat = bench.sandbox.telegram.chats[CHAT]
    chat.bot = "kicked"
    post = await bench.queue("tg", "one")
    with capture_logs() as logs:
        for _ in range(2):
            await bench.send()
            assert await bench.state("tg") == "paused"
            bench.clock.by += timedelta(hours=2)
            await bench.probe()
            assert await bench.state("tg") == "active"
            assert (await bench.post(post)).state is PostState.RETRYING
        chat.bot = "administrator"
        await bench.send()
    assert [message.text for message in chat.messages] == ["one"]
    said = [line["event"] for line in logs]
    assert [event for event in said if event.startswith("channel resumed")] == [
        "channel resumed: its next post is a trial"
    ]
    await bench.channels["tg"].close()


async def test_a_platform_that_hangs_delays_no_other_look(bench: Bench) -> None:
    bench.sandbox.telegram.chats[CHAT].bot = "kicked"
    bench.channels["x"].deadline = 0.5
    for name in bench.channels:
        await bench.queue(name, "one")
    bench.sandbox.x.write_access = False
    await bench.send()
    assert [await bench.state(name) for name in bench.channels] == ["paused"] * 2
    bench.sandbox.telegram.chats[CHAT].bot = "administrator"
    bench.sandbox.x.write_access = True
    bench.sandbox.faults.add("x", "*", "hang_before_processing", times=1)
    bench.clock.by += timedelta(minutes=2)
    await bench.probe()
    assert [await bench.state(name) for name in bench.channels] == ["active", "paused"]


@pytest.mark.parametrize("call", ["claim_probe", "recover"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_probe_whose_ledger_call_is_lost_is_made_again_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, when: str
) -> None:
    """The next one is minutes away."""
    monkeypatch.setattr(module, "_LEDGER_AGAIN", 0.01)
    await bench.kick("one")
    lost = [call]

    async def loses(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        is_lost = lost and getattr(work, "__name__", "") == lost[0]
        if is_lost and when == "before":
            raise LedgerError(Code.TEXT(words=lost.pop()))
        answer = await bench.on_ledger(work, *args, **kwargs)
        if is_lost:
            raise LedgerError(Code.TEXT(words=lost.pop()))
        return answer

    context = DeliveryContext(bench.ledger, loses, bench.channels, bench.clock)
    prober = Prober(context, lambda: bench.recovered.append(1))
    await prober.drain()
    async with asyncio.timeout(60):
        while not bench.recovered:
            await asyncio.sleep(0.01)
    assert (await bench.state("tg"), lost) == ("active", [])


async def test_a_run_once_does_not_wait_for_a_probe_without_a_database(bench: Bench) -> None:
    await bench.kick("one")

    async def loses(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if getattr(work, "__name__", "") == "claim_probe":
            raise LedgerError(Code.TEXT(words="away"))
        return await bench.on_ledger(work, *args, **kwargs)

    context = DeliveryContext(bench.ledger, loses, bench.channels, bench.clock)
    prober = Prober(context, lambda: None)
    await prober.drain()
    async with asyncio.timeout(60):
        await prober.finish()
    assert await bench.state("tg") == "paused"
