"""Posts whose calls were lost, over a real ledger, the real adapters and the stand-ins."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from newsbot.channels import channel_class
from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.delivery.outcomes import classify
from newsbot.delivery.reconciler import Reconciler
from newsbot.errors import SendError
from newsbot.fetching.fetcher import Fetcher, ParsedPageFetcher
from newsbot.fetching.workers import Workers
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Failure, Image, Part, Post, PostEvent, Receipt
from newsbot.ports import Channel, Claim, ClaimTerms, NewPost
from newsbot.reasons import Code
from newsbot.sandbox import Credentials, Sandbox
from newsbot.sandbox.calls import FaultKind
from newsbot.threads import SerialThread
from tests.channels.servers import photograph
from tests.channels.stand_ins.telegram import TOKEN
from tests.channels.stand_ins.x import KEYS
from tests.ledger.exchanges import claim_next, settle_call, store_part

CHAT = -1001000000001
LEASE = timedelta(minutes=2)


START = datetime(
    2026, 6, 10, 9, tzinfo=UTC
)  # three days on it is still the same month, whose money is counted


class MovedClock:
    """A clock that starts at `START`, goes on as real time does, and is moved on by a test.

    The stand-ins have the same one. It never depends on the day on which the tests run.
    """

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self._began = monotonic()

    def now(self) -> datetime:
        return START + timedelta(seconds=monotonic() - self._began) + self.ahead


@dataclass
class Bench:
    """One ledger; a channel ``tg`` on the public chat and a channel ``x``."""

    sandbox: Sandbox
    ledger: Ledger
    channels: dict[str, Channel]
    workers: Workers
    clock: MovedClock

    def __post_init__(self) -> None:
        self.on_ledger = SerialThread("ledger")
        self.named = Fetcher(allow_private=True)
        pages = ParsedPageFetcher(Fetcher(), self.named, self.workers)
        self.reconciler = Reconciler(
            DeliveryContext(self.ledger, self.on_ledger, self.channels, self.clock), pages
        )

    def queue(self, channel: str, *texts: str, photo: bool = False) -> Post:
        media = (Image("https://example.org/photo.png"),) if photo else ()
        mode: Any = "HTML" if channel == "tg" else None
        parts = tuple(
            Part(text, len(text), 4096, mode, media if n == 0 else ()) for n, text in enumerate(texts)
        )
        now = self.clock.now()
        post = NewPost(Draft(channel, self.channels[channel].kind, parts), now, now + timedelta(days=3), None)
        article_id = self.ledger.articles.add_article("by hand", Article(f"{now}", texts[0]), now=now)
        (queued,) = self.ledger.posts.queue_posts(article_id, [post], now=now, again=True)
        return queued

    def claim(self, channel: str) -> Claim:
        claim = claim_next(self.ledger.delivery, channel, ClaimTerms(), now=self.clock.now(), lease=LEASE)
        assert isinstance(claim, Claim), claim
        return claim

    async def send(self, channel: str, fault: FaultKind | None = None, *, calls: int = 1) -> Post:
        """The next post of the channel, whole; or up to the one of its ``calls`` that takes the fault."""
        method = "POST /2/tweets" if channel == "x" else "send*"
        claim: Claim | None = self.claim(channel)
        assert claim
        post, call = claim.post, 0
        while claim:
            call += 1
            if fault and call == calls:
                self.sandbox.faults.add("x" if channel == "x" else "telegram", method, fault)
            claim = await self._call(claim)
        return self.ledger.posts.get_post(post.id)

    async def _call(self, claim: Claim) -> Claim | None:
        before = next((r for r in claim.post.receipts if r.part == claim.part - 1), None)
        try:
            receipt = await self.channels[claim.post.channel].send(claim.post.parts[claim.part], after=before)
        except SendError as error:
            now = self.clock.now()
            end = classify(error, attempts=claim.post.attempts, now=now, doubted=claim.doubted)
            settle_call(
                self.ledger.delivery, claim.post.id, end.event, end.failure, now=now, due_at=end.due_at
            )
            return None
        receipt = Receipt(claim.part, receipt.remote_id, receipt.url)
        return store_part(
            self.ledger.delivery, claim.post.id, receipt, ClaimTerms(), now=self.clock.now(), lease=LEASE
        )

    def crash(self, channel: str) -> Post:
        """A claim whose sender ended without a word, and without its call having left."""
        claim = self.claim(channel)
        lost = Failure("unknown", Code.TEXT(words="its sender ended"))
        return settle_call(self.ledger.delivery, claim.post.id, PostEvent.LOSE, lost, now=self.clock.now())

    async def look_for(self, time: timedelta) -> None:
        """All looks of that time, the clock moved on to each."""
        ends = self.clock.now() + time
        while (following := await self.reconciler.search_due()) and following <= ends:
            self.clock.ahead += max(following - self.clock.now(), timedelta(0)) + timedelta(milliseconds=1)
        self.clock.ahead += max(ends - self.clock.now(), timedelta(0))

    def posts(self, posts: Sequence[Post]) -> list[Post]:
        return [self.ledger.posts.get_post(post.id) for post in posts]

    @property
    def messages(self) -> list[Any]:
        return self.sandbox.telegram.chats[CHAT].messages

    @property
    def tweets(self) -> list[Any]:
        return self.sandbox.x.tweets

    def reads(self) -> int:
        return sum(call.method.startswith(("GET /2/users/:id", "/s/")) for call in self.sandbox.calls)


@asynccontextmanager
async def benched(database: str, workers: Workers) -> AsyncIterator[Bench]:
    async def photo(_url: str) -> bytes:
        return photograph()

    clock = MovedClock()
    async with Sandbox(token=TOKEN, credentials=Credentials(**KEYS), clock=clock, open_=True) as sandbox:
        pace = sandbox.telegram.pace
        pace.overall = pace.per_chat = pace.per_group = None
        telegram = {"token": TOKEN, "chat": "@sandbox", "read_back": sandbox.telegram_url}
        settings: dict[str, tuple[str, str, dict[str, Any]]]
        settings = {"tg": ("telegram", sandbox.telegram_url, telegram), "x": ("x", sandbox.x_url, KEYS)}
        channels = {}
        for name, (kind, api, keys) in settings.items():
            own = channel_class(kind)
            channels[name] = own(name, own.Settings.model_validate({"kind": kind, "api": api, **keys}), photo)
            channels[name].deadline = 20.0  # nothing here hangs, and a busy machine is slow
        ledger = open_ledger(database)
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock()
        bench = Bench(sandbox, ledger, channels, workers, clock)
        yield bench
        for channel in channels.values():
            await channel.close()
        await bench.named.close()
        ledger.close()
        bench.on_ledger.close()


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/ledger.db"


__all__ = ["CHAT", "Bench", "MovedClock", "benched", "sqlite"]
