"""Every fault, as the real clients meet it: what they raise, and whether the platform did what was asked."""

import asyncio
import time

import pytest
import requests
import tweepy
from telegram import Bot
from telegram.error import TelegramError

from newsbot.sandbox import FaultInjector, Sandbox
from newsbot.sandbox.calls import KINDS_BEFORE_PROCESSING, FaultKind
from tests.sandbox.conftest import Http


async def telegram_send(bot: Bot) -> str:
    """How a call ended, in the library's words."""
    try:
        async with asyncio.timeout(1):
            await bot.send_message(111, "x")
    except TimeoutError:
        return "deadline"
    except TelegramError as error:
        cause = type(error.__cause__).__name__ if error.__cause__ else ""
        return f"{type(error).__name__} {cause}".strip()
    return "sent"


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("refused", "NetworkError ConnectError"),
        ("reset_before_read", "NetworkError ReadError"),
        ("reset_after_processing", "NetworkError ReadError"),
        ("garbage", "NetworkError RemoteProtocolError"),
        ("cut_body", "NetworkError RemoteProtocolError"),
        ("500", "NetworkError"),
        ("502", "NetworkError TelegramError"),
        ("503", "NetworkError TelegramError"),
        ("500_after_processing", "NetworkError"),
        ("502_after_processing", "NetworkError TelegramError"),
        ("503_after_processing", "NetworkError TelegramError"),
        ("429", "RetryAfter"),
        ("429_without_retry_after", "NetworkError"),
        ("wrong_length", "TelegramError JSONDecodeError"),
        ("not_json", "TelegramError JSONDecodeError"),
        ("empty", "TelegramError JSONDecodeError"),
        ("slow_headers", "deadline"),
        ("dripping_body", "deadline"),
        ("hang_before_processing", "deadline"),
        ("hang_after_processing", "deadline"),
        ("latency", "sent"),
        ("none", "sent"),
    ],
)
@pytest.mark.filterwarnings(
    "ignore:Deprecated since version v22.2"
)  # RetryAfter.retry_after, in its own code
async def test_what_python_telegram_bot_makes_of_it(
    unlimited_sandbox: Sandbox, bot: Bot, kind: FaultKind, ending: str
) -> None:
    unlimited_sandbox.faults.add("telegram", "sendMessage", kind, seconds=0.05 if kind != "refused" else 0)
    assert await telegram_send(bot) == ending
    done = len(unlimited_sandbox.telegram.chat(111).messages)
    assert done == (0 if kind in KINDS_BEFORE_PROCESSING | {"refused"} else 1)
    unlimited_sandbox.faults.clear()
    assert await telegram_send(bot) == "sent"


def x_send(client: tweepy.Client) -> str:
    try:
        client.create_tweet(text="x")
    except (requests.RequestException, tweepy.HTTPException, ValueError) as error:
        return type(error).__name__
    return "sent"


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("refused", "ConnectionError"),
        ("reset_before_read", "ConnectionError"),
        ("reset_after_processing", "ConnectionError"),
        ("garbage", "ConnectionError"),
        ("cut_body", "ChunkedEncodingError"),
        ("400", "BadRequest"),
        ("401", "Unauthorized"),
        ("404", "NotFound"),
        ("500", "TwitterServerError"),
        ("502_after_processing", "TwitterServerError"),
        ("503", "TwitterServerError"),
        ("429", "TooManyRequests"),
        ("429_without_retry_after", "TooManyRequests"),
        ("wrong_length", "JSONDecodeError"),
        ("not_json", "JSONDecodeError"),
        ("empty", "JSONDecodeError"),
        ("hang_before_processing", "ReadTimeout"),
        ("hang_after_processing", "ReadTimeout"),
        ("latency", "sent"),
    ],
)
async def test_what_tweepy_makes_of_it(
    sandbox: Sandbox, x: tweepy.Client, kind: FaultKind, ending: str
) -> None:
    sandbox.faults.add("x", "POST /2/tweets", kind, seconds=0.05 if kind != "refused" else 0)
    assert await asyncio.to_thread(x_send, x) == ending
    assert len(sandbox.x.tweets) == (0 if kind in KINDS_BEFORE_PROCESSING | {"refused"} else 1)


async def test_a_drip_outlasts_a_read_timeout(sandbox: Sandbox, x: tweepy.Client) -> None:
    """Each byte comes within tweepy's second, the whole answer does not."""
    sandbox.faults.add("x", "*", "dripping_body", seconds=0.02)
    start = time.monotonic()
    assert await asyncio.to_thread(x_send, x) == "sent"
    assert time.monotonic() - start > 1


async def test_429_says_how_long(sandbox: Sandbox, http: Http) -> None:
    sandbox.faults.add("telegram", "sendMessage", "429", retry_after=7)
    assert (await http.send("x"))[1]["parameters"] == {"retry_after": 7}
    sandbox.faults.add("telegram", "sendMessage", "429_without_retry_after")
    assert "parameters" not in (await http.send("x"))[1]
    assert [call.fault for call in sandbox.calls] == ["429", "429_without_retry_after"]
    assert not sandbox.violations


async def test_a_sequence_hits_in_order(unlimited_sandbox: Sandbox, http: Http) -> None:
    unlimited_sandbox.faults.add("telegram", "sendMessage", "none")
    unlimited_sandbox.faults.add("telegram", "send*", "500", times=2)
    unlimited_sandbox.faults.add("telegram", "getMe", "503", after=1)
    statuses = [(await http.send("x"))[0] for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert [(await http.telegram("getMe"))[0]] == [200]
    assert [fault.kind for fault in unlimited_sandbox.faults.waiting] == ["503"]


async def test_refused_after_a_call_and_for_a_while(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    unlimited_sandbox.faults.add("telegram", "sendMessage", "refused", after=1, seconds=0.2)
    assert await telegram_send(bot) == "sent"
    assert await telegram_send(bot) == "NetworkError ConnectError"
    await asyncio.sleep(0.3)
    assert await telegram_send(bot) == "sent"
    assert len(unlimited_sandbox.telegram.chat(111).messages) == 2


async def test_one_platform_refuses_alone(
    unlimited_sandbox: Sandbox, bot: Bot, x: tweepy.Client, http: Http
) -> None:
    unlimited_sandbox.faults.add("telegram", "*", "refused")
    assert await asyncio.to_thread(x_send, x) == "sent"
    assert (await http.admin("DELETE", "faults"))[0] == 200
    assert await telegram_send(bot) == "sent"


def test_a_fault_that_is_none_is_refused() -> None:
    for platform, kind in (("telegram", "earthquake"), ("bluesky", "500")):
        with pytest.raises(ValueError, match="no fault"):
            FaultInjector().add(platform, "*", kind)  # type: ignore[arg-type]  # what is tested
