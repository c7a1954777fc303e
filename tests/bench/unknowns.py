"""Unknowns whose posts did arrive: how many are settled unasked within two minutes, and whether rightly.

The adapters, the ledger and the stand-ins are the real ones, over loopback; the two minutes are passed by
moving the clock that all of them share. Among them are twins with the same words, decoys by hand, and posts
that never arrived.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from newsbot.fetching.workers import Workers
from newsbot.model import PostState
from newsbot.sandbox.calls import FaultKind
from newsbot.sandbox.telegram.state import Message
from newsbot.sandbox.x.state import Tweet
from tests.bench.rows import Row
from tests.delivery.unknowns import Bench, benched, sqlite

__all__ = ["Tally", "measure", "tally"]

LOST: tuple[FaultKind, ...] = (
    "reset_after_processing",
    "502_after_processing",
    "not_json",
    "empty",
    "cut_body",
)
NEVER_LEFT: tuple[FaultKind, ...] = ("reset_before_read", "502")
WORDS = (
    "Ferry & bridge: {n} people",
    "وزیراعظم نے کہا: «یہ فیصلہ» {n} \u200f2026",
    "Storm 🌊🌊 warning {n} 👩\u200d👩\u200d👧\u200d👦🇵🇰",
    "Read https://example.org/{n}?a=1&b=%C3%A9",
    "Café ☕️ number {n}\n\nsecond line, www.example.org/{n}/",
    "«Заявление» №{n}: 'so' \"and\" so",
    "港の再開は{n}日 #ニュース",
)


@dataclass
class Tally:
    """``wrong``: settled with a message that is not the call's own, or without one."""

    arrived: int = 0
    settled: int = 0
    wrong: int = 0
    doubled: int = 0
    reads: int = 0
    by_hand: int = 0
    unsettled: list[str] = field(default_factory=list)


def measure(count: int = 100) -> list[Row]:
    """``count`` unknowns on each platform."""
    rows = []
    for channel, platform in (("x", "X"), ("tg", "Telegram, public channel")):
        found = asyncio.run(tally(channel, count, seed=4))
        share = found.settled / found.arrived
        met = share >= 0.95 and not found.wrong
        shown = f"{found.settled} of {found.arrived}, {found.wrong} wrongly"
        rows += [
            Row(f"{platform}: settled unasked within 2 min", shown, ">= 95 %, 0 wrongly", met),
            Row(f"{platform}: doubled within 20 min", f"{found.doubled}", "0", found.doubled == 0),
            Row(f"{platform}: readings for that", f"{found.reads}"),
        ]
    return rows


async def tally(channel: str, count: int, *, seed: int) -> Tally:
    """Send ``count`` posts whose answers are lost, and a fifth as many that never arrive; then look."""
    dice, workers = random.Random(seed), Workers(count=1)
    with tempfile.TemporaryDirectory() as folder:
        async with benched(sqlite(Path(folder)), workers) as bench:
            bench.sandbox.x.accept_duplicates = True
            bench.sandbox.x.rates.clear()
            bench.sandbox.x.timeline_lag = bench.sandbox.telegram.preview_lag = 20.0
            found = Tally()
            made = await _send(bench, channel, count, dice, found)
            await bench.look_for(timedelta(minutes=2))
            _judge(bench, made, found)
            found.reads = bench.reads()
            await _go_on(bench, channel)
            found.doubled = _doubled(bench, channel, made, found)
    await workers.close()
    return found


async def _send(
    bench: Bench, channel: str, count: int, dice: random.Random, found: Tally
) -> dict[str, set[str]]:
    """Each lost post's id, and the ids of the messages that its calls made."""
    made: dict[str, set[str]] = {}
    for n, texts in enumerate(_texts(channel, count, dice)):
        if n % 10 == 3:
            found.by_hand += 1
            _by_hand(bench, channel, texts[0])
            bench.clock.ahead += timedelta(seconds=30)
        post = bench.queue(channel, *texts, photo=n % 4 == 1)
        before = set(_ids(bench, channel))
        await bench.send(channel, LOST[n % len(LOST)], calls=dice.randint(1, len(texts)))
        made[post.id] = set(_ids(bench, channel)) - before
        if n % 5 == 0:
            lost = bench.queue(channel, f"Never there {n}")
            await bench.send(channel, NEVER_LEFT[n % len(NEVER_LEFT)])
            made[lost.id] = set()
    return made


def _texts(channel: str, count: int, dice: random.Random) -> Iterator[list[str]]:
    """A tenth are twins of the one before, a tenth threads."""
    texts: list[str] = []
    for n in range(count):
        if n % 10 != 7:
            number = f"<b>{n}</b>" if channel == "tg" else str(n)
            texts = [dice.choice(WORDS).replace("&", "&amp;" if channel == "tg" else "&").format(n=number)]
        if n % 10 == 5:
            texts += [f"{n}: and more", f"{n}: and the end"]
        yield texts


def _by_hand(bench: Bench, channel: str, text: str) -> None:
    """Somebody has posted the same words half a minute before."""
    now, plain = bench.clock.now(), text.replace("<b>", "").replace("</b>", "").replace("&amp;", "&")
    if channel == "x":
        bench.tweets.append(Tweet(bench.sandbox.x.next_id(now), plain, now))
    else:
        chat = bench.sandbox.telegram.chat("@sandbox")
        bench.messages.append(Message(chat.next_id(), int(now.timestamp()), plain))


def _ids(bench: Bench, channel: str) -> list[str]:
    return [t.id for t in bench.tweets] if channel == "x" else [str(m.message_id) for m in bench.messages]


def _judge(bench: Bench, made: dict[str, set[str]], found: Tally) -> None:
    for post_id, ids in made.items():
        post = bench.ledger.posts.get_post(post_id)
        has = {receipt.remote_id for receipt in post.receipts}
        found.wrong += bool(has - ids)
        found.arrived += bool(ids)
        if ids and has == ids:
            found.settled += 1
        elif ids:
            found.unsettled.append(f"{post.parts[0].text!r} is {post.state}")


async def _go_on(bench: Bench, channel: str) -> None:
    """Send whatever newsbot would send in the next twenty minutes."""
    await bench.look_for(timedelta(minutes=20))
    for _ in bench.ledger.posts.list_posts(states=(PostState.RETRYING,), limit=None):
        await bench.send(channel)


def _doubled(bench: Bench, channel: str, made: dict[str, set[str]], found: Tally) -> int:
    """Messages that are neither somebody's, nor a receipt's, nor one that was not found."""
    posts = bench.ledger.posts.list_posts(limit=None)
    known = {receipt.remote_id for post in posts for receipt in post.receipts}.union(*made.values())
    return len(_ids(bench, channel)) - found.by_hand - len(known)
