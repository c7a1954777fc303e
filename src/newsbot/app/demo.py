"""The demo: stand-ins with their page, the sample site and the service, each a real process."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from newsbot.app.stage import CHANNELS, Stage, last_line, staged
from newsbot.errors import NewsbotError
from newsbot.ledger import open_ledger
from newsbot.ledger.thread import LedgerThread
from newsbot.model import Post, PostState
from newsbot.ports import Ledger
from newsbot.sandbox.samples import folder_samples, samples

__all__ = ["Report", "demo", "demo_once"]

_EVERY = 4.0  # seconds between two articles
_SENT = 120.0  # seconds that `--once` waits for the last post
_LOOK = 0.2

_FOLDER_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Report:
    """What came of `demo_once`: per channel, posts by state, and what the stand-in has of them."""

    channels: dict[str, dict[str, int]]
    problems: list[str] = field(default_factory=list)


async def demo(folder: Path, port: int, ready: Callable[[str], None]) -> None:
    """Until SIGINT or SIGTERM. ``ready`` is told the page's address.

    Raises:
        NewsbotError: a process could not start, or ended by itself.
    """
    over = _signalled()
    async with staged(folder, port, _EVERY) as stage:
        ready(stage.urls["page"])
        while not over.is_set():
            if gone := stage.ended():
                raise NewsbotError(gone)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _LOOK)


async def demo_once(folder: Path, port: int = 0, tell: Callable[[str], None] = lambda _: None) -> Report:
    """Publish everything, wait until every post is sent, and say what arrived. ``tell`` hears how far it is.

    Raises:
        NewsbotError: a process could not start, or ended by itself.
    """
    over = _signalled()
    async with staged(folder, port, 0) as stage:
        posts = await _settled(stage, over, tell)
        async with aiohttp.ClientSession() as session, session.get(f"{stage.urls['admin']}/state") as answer:
            state = await answer.json()
    report = _report(posts, state)
    if report.problems and (said := last_line(folder / "service.log")):
        return replace(report, problems=[*report.problems, f"the service's last words{said}"])
    return report


def _signalled() -> asyncio.Event:
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    return over


async def _settled(stage: Stage, over: asyncio.Event, tell: Callable[[str], None]) -> list[Post]:
    """The posts, once all are there and none waits any more, or when time is over."""
    ledger, on_ledger = open_ledger(stage.database), LedgerThread()
    ends = asyncio.get_running_loop().time() + _SENT
    try:
        while True:
            posts = await on_ledger(_posts, ledger)
            sent = sum(post.state is PostState.SENT for post in posts)
            tell(f"{sent} of {sum(_expected().values())} posts are out ...")
            if _done(posts) or over.is_set() or asyncio.get_running_loop().time() > ends:
                return posts
            if gone := stage.ended():
                raise NewsbotError(gone)
            await asyncio.sleep(_LOOK)
    finally:
        await on_ledger(ledger.close)
        on_ledger.close()


def _posts(ledger: Ledger) -> list[Post]:
    return ledger.posts(limit=None)


def _done(posts: Sequence[Post]) -> bool:
    over = {PostState.SENT, PostState.FAILED, PostState.CANCELLED, PostState.UNKNOWN}
    return len(posts) >= sum(_expected().values()) and all(post.state in over for post in posts)


def _expected() -> Counter[str]:
    """How many posts each channel shall have."""
    languages = [sample.language for sample in samples()] + [_FOLDER_LANGUAGE] * len(folder_samples())
    return Counter(
        name for name, taken in CHANNELS.items() for language in languages if not taken or language in taken
    )


def _report(posts: Sequence[Post], state: Any) -> Report:
    sent = Counter(post.channel for post in posts if post.state is PostState.SENT)
    parts, threads = Counter(dict.fromkeys(CHANNELS, 0)), Counter(dict.fromkeys(CHANNELS, 0))
    for post in posts:
        if post.state is PostState.SENT:
            parts[post.channel] += len(post.parts)
            threads[post.channel] += len(post.parts) > 1
    arrived = _arrived(state)
    channels = {
        name: {
            "articles": count,
            "sent": sent[name],
            "threads": threads[name],
            "messages": parts[name],
            "arrived": arrived[name],
        }
        for name, count in sorted(_expected().items())
    }
    return Report(channels, [*_problems(posts), *_differences(channels)])


def _arrived(state: Any) -> Counter[str]:
    """Messages that the stand-ins have."""
    chats = {chat.get("username"): len(chat["messages"]) for chat in state["telegram"]["chats"]}
    return Counter(
        {
            "telegram-main": chats["ellerytide"],
            "telegram-urdu": chats["ellerytide_ur"],
            "x-main": len(state["x"]["tweets"]),
        }
    )


def _problems(posts: Sequence[Post]) -> list[str]:
    return [
        f"{post.id} on {post.channel} is {post.state}: {post.error.message if post.error else post.reason}"
        for post in posts
        if post.state is not PostState.SENT
    ]


def _differences(channels: dict[str, dict[str, int]]) -> list[str]:
    out = []
    for name, count in channels.items():
        if count["sent"] != count["articles"]:
            out.append(f"{name}: {count['sent']} of {count['articles']} articles were sent")
        if count["arrived"] != count["messages"]:
            out.append(f"{name}: {count['arrived']} messages arrived, {count['messages']} were sent")
    return out
