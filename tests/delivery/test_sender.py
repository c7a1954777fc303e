"""The sender with a real ledger, the real Telegram adapter and the stand-in: what each ending leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pytest
from structlog.testing import capture_logs

from newsbot.channels.telegram import TelegramChannel, TelegramSettings
from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.delivery.photos import PhotoPrefetcher
from newsbot.delivery.sender import Sender
from newsbot.errors import LedgerError, SourceError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Image, Part, Post, PostState, Receipt
from newsbot.ports import Claim, ClaimTerms, LedgerRunner, NewPost
from newsbot.reasons import Code
from newsbot.sandbox import Sandbox
from newsbot.sandbox.calls import FaultKind
from newsbot.scheduling.clock import SystemClock
from newsbot.threads import SerialThread

P = ParamSpec("P")
T = TypeVar("T")

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


@dataclass
class Bench:
    """A ledger, one Telegram channel, and the chat that its posts arrive in."""

    sandbox: Sandbox
    ledger: Ledger
    channel: TelegramChannel
    on_ledger: SerialThread = field(default_factory=lambda: SerialThread("ledger"))
    clock: SystemClock = field(default_factory=SystemClock)

    def sender(
        self,
        leaving: Callable[[Claim], None] = lambda _: None,
        photos: PhotoPrefetcher | None = None,
        *,
        on_ledger: LedgerRunner | None = None,
        patience: float | None = 5,
    ) -> Sender:
        return Sender(
            DeliveryContext(self.ledger, on_ledger or self.on_ledger, {"tg": self.channel}, self.clock),
            lambda _: ClaimTerms(self.channel.rates()),
            patience=patience,
            leaving=leaving,
            photos=photos,
        )

    async def queue(self, *texts: str, image: Image | None = None, breaking: bool = False) -> Post:
        media = (image,) if image else ()
        parts = tuple(Part(text, len(text), 4096, "HTML", media) for text in texts)
        now = self.clock.now()
        draft = Draft("tg", "telegram", parts)
        post = NewPost(draft, now, now + timedelta(hours=1), Code.TEXT(words="at once"), breaking=breaking)
        article = Article(texts[0], texts[0], url=f"https://example.org/{texts[0]}")
        article_id = await self.on_ledger(self.ledger.articles.add_article, "by hand", article, now=now)
        (queued,) = await self.on_ledger(
            self.ledger.posts.queue_posts, article_id, [post], now=now, again=False
        )
        return queued

    async def send(self) -> None:
        sender = self.sender()
        await sender.drain()
        await sender.finish()

    async def post(self, post: Post) -> Post:
        return await self.on_ledger(self.ledger.posts.get_post, post.id)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.sandbox.telegram.chats[-1001000000001].messages]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async def photo(_url: str) -> bytes:
        return PNG

    async with Sandbox() as sandbox:
        sandbox.telegram.pace.per_chat = None
        settings = TelegramSettings.model_validate(
            {
                "kind": "telegram",
                "api": sandbox.telegram_url,
                "token": "123456:TEST-sandbox",
                "chat": "@sandbox",
                "pace": {"per_chat": "30/s"},
            }
        )
        channel = TelegramChannel("tg", settings, photo)
        channel.deadline = 1.0
        ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
        bench = Bench(sandbox, ledger, channel)
        await bench.on_ledger(ledger.prepare, upgrade=True)
        await bench.on_ledger(ledger.acquire_instance_lock)
        yield bench
        await channel.close()
        await bench.on_ledger(ledger.close)
        bench.on_ledger.close()


async def test_what_is_due_goes_out_once_in_order(bench: Bench) -> None:
    posts = [await bench.queue(text) for text in ("one", "two", "three")]
    await bench.send()
    await bench.send()
    assert bench.texts == ["one", "two", "three"]
    assert [(await bench.post(post)).state for post in posts] == [PostState.SENT] * 3


async def test_a_dripping_image_host_holds_up_no_other_post(bench: Bench) -> None:
    """Each of its posts goes a little later without its photo, and says so; nobody waits for another's."""
    fetched: list[str] = []

    async def fetch(url: str) -> bytes:
        fetched.append(url)
        if "drip" in url:
            await asyncio.sleep(60)
        return PNG

    photos = PhotoPrefetcher(fetch)
    bench.channel._fetch_image = photos.get
    drips = [await bench.queue(f"drip {n}", image=Image(f"https://slow.example/drip{n}")) for n in range(10)]
    plain = [await bench.queue(f"plain {n}") for n in range(8)]
    quick = await bench.queue("quick", image=Image("https://quick.example/1"))
    breaking = await bench.queue("breaking", image=Image("https://slow.example/drip99"), breaking=True)
    sender = bench.sender(photos=photos)
    await sender.drain()
    await sender.finish()
    await sender.stop(1)
    assert len(bench.texts) == 20
    assert set(bench.texts[:9]) == {*(f"plain {n}" for n in range(8)), "quick"}
    assert bench.texts[9] == "breaking"
    posts = [await bench.post(post) for post in (*drips, breaking, quick, *plain)]
    assert {post.state for post in posts} == {PostState.SENT}
    assert all("did not arrive in time" in str(post.receipts[0].note) for post in posts[:11])
    assert not any(post.receipts[0].note for post in posts[11:])
    assert bench.sandbox.telegram.chats[-1001000000001].messages[-1].photo is None
    await photos.close()


class Noting(SerialThread):
    """Also knows what was called, in turn."""

    def __init__(self) -> None:
        super().__init__("ledger")
        self.calls: list[str] = []

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.calls.append(call.__name__)
        return await super().__call__(call, *args, **kwargs)


async def test_what_was_seen_coming_is_claimed_before_anything_is_asked(bench: Bench) -> None:
    post = await bench.queue("one")
    await bench.channel.open()
    due = bench.clock.now() + timedelta(seconds=1.5)
    await bench.on_ledger(
        bench.ledger.schedule.reschedule,
        post.id,
        due_at=due,
        expires_at=None,
        reason=Code.TEXT(words="test"),
        by="test",
        now=bench.clock.now(),
    )
    bench.on_ledger = noting = Noting()
    left: list[datetime] = []
    sender = bench.sender(leaving=lambda _: left.append(bench.clock.now()))
    wakes = await sender.drain()
    assert wakes
    assert timedelta(0) < due - wakes <= timedelta(milliseconds=50)
    assert bench.texts == []
    await asyncio.sleep((wakes - bench.clock.now()).total_seconds())
    noting.calls.clear()
    assert await sender.drain() is None
    assert noting.calls[:2] == ["exchange", "list_due_channels"]
    await sender.finish()
    assert due <= left[0], "claimed a moment before it is due, and sent at its time"
    assert bench.texts == ["one"]
    assert (await bench.post(post)).attempts == 1


async def test_the_end_of_a_call_and_the_claim_of_the_next_post_share_a_transaction(bench: Bench) -> None:
    for text in ("one", "two", "three"):
        await bench.queue(text)
    bench.on_ledger = noting = Noting()
    await bench.send()
    assert bench.texts == ["one", "two", "three"]
    assert noting.calls.count("exchange") == 4


async def test_the_slower_the_ledger_answers_the_earlier_a_post_is_claimed(bench: Bench) -> None:
    post = await bench.queue("one")
    due = bench.clock.now() + timedelta(hours=1)
    reason = Code.TEXT(words="test")
    await bench.on_ledger(
        bench.ledger.schedule.reschedule,
        post.id,
        due_at=due,
        expires_at=None,
        reason=reason,
        by="test",
        now=bench.clock.now(),
    )
    sender = bench.sender()
    for seconds, ahead in ((0.0, 20), (0.05, 150), (1.0, 250)):
        sender._batcher.slowest = seconds
        assert await sender.drain() == due - timedelta(milliseconds=ahead)


async def test_a_thread_goes_out_part_by_part_each_in_reply_to_the_one_before(bench: Bench) -> None:
    post = await bench.queue("first", "second", "third")
    await bench.send()
    messages = bench.sandbox.telegram.chats[-1001000000001].messages
    assert bench.texts == ["first", "second", "third"]
    assert [message.reply_to for message in messages] == [
        None,
        messages[0].message_id,
        messages[1].message_id,
    ]
    sent = await bench.post(post)
    assert [receipt.part for receipt in sent.receipts] == [0, 1, 2]
    assert sent.attempts == 3


async def test_a_lost_answer_holds_the_rest_of_its_thread_and_no_other_post(bench: Bench) -> None:
    lost = await bench.queue("first", "second", "third")
    other = await bench.queue("other")
    bench.sandbox.faults.add("telegram", "sendMessage", "reset_after_processing", after=1)
    await bench.send()
    assert bench.texts == ["first", "second", "other"]
    assert (await bench.post(lost)).state is PostState.UNKNOWN
    assert (await bench.post(other)).state is PostState.SENT
    await bench.send()
    assert bench.texts == ["first", "second", "other"]


async def test_a_call_without_an_answer_ends_at_its_deadline_as_unknown(bench: Bench) -> None:
    post = await bench.queue("one")
    bench.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing")
    started = bench.clock.now()
    await bench.send()
    assert bench.clock.now() - started < timedelta(seconds=bench.channel.deadline + 1.5)
    assert (await bench.post(post)).state is PostState.UNKNOWN


@pytest.mark.parametrize("kind", ["429", "refused"])
async def test_what_was_surely_not_sent_waits_and_goes_out_once(bench: Bench, kind: FaultKind) -> None:
    post = await bench.queue("one")
    bench.sandbox.faults.add("telegram", "sendMessage", kind, seconds=0)  # refused: until it is taken away
    await bench.send()
    waiting = await bench.post(post)
    assert waiting.state is PostState.RETRYING
    assert waiting.error
    bench.sandbox.faults.clear()
    await bench.on_ledger(
        bench.ledger.schedule.reschedule,
        post.id,
        due_at=bench.clock.now(),
        expires_at=None,
        reason=Code.TEXT(words="test"),
        by="test",
        now=bench.clock.now(),
    )
    await asyncio.sleep(1)
    await bench.send()
    assert bench.texts == ["one"]
    assert (await bench.post(post)).state is PostState.SENT


async def test_a_refused_post_fails_and_stops_no_other(bench: Bench) -> None:
    bad, good = await bench.queue("<b>not closed"), await bench.queue("good")
    await bench.send()
    failed = await bench.post(bad)
    assert failed.state is PostState.FAILED
    assert failed.error
    assert "parse" in failed.error.message
    assert (await bench.post(good)).state is PostState.SENT


async def test_a_kicked_bot_pauses_its_channel_and_the_posts_wait(bench: Bench) -> None:
    posts = [await bench.queue("one"), await bench.queue("two")]
    bench.sandbox.telegram.chats[-1001000000001].bot = "kicked"
    await bench.send()
    assert (await bench.on_ledger(bench.ledger.channels.get_channel, "tg")).state == "paused"
    states = [(await bench.post(post)).state for post in posts]
    assert states == [PostState.RETRYING, PostState.SCHEDULED]
    assert [call.method for call in bench.sandbox.calls].count("sendMessage") == 1


async def test_a_photo_that_the_platform_refuses_is_left_out(bench: Bench) -> None:
    bench.sandbox.telegram.chats[-1001000000001].can_send_photos = True
    post = await bench.queue("with photo", image=Image("https://example.org/a.png", "a tram"))
    await bench.send()
    assert bench.texts == ["with photo"]
    assert (await bench.post(post)).state is PostState.SENT


async def test_a_stop_in_mid_call_marks_it_as_unknown(bench: Bench) -> None:
    post = await bench.queue("one")
    bench.channel.deadline = 20
    bench.sandbox.faults.add("telegram", "sendMessage", "hang_after_processing")
    sender = bench.sender()
    await sender.drain()
    while not bench.texts:
        await asyncio.sleep(0.01)
    await sender.stop(within=0.2)
    assert (await bench.post(post)).state is PostState.UNKNOWN


async def test_a_claim_that_the_database_refused_is_asked_for_again_without_a_wake_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's next one may be half a minute away."""
    monkeypatch.setattr(Sender, "pause", 0.01)
    await bench.queue("one")
    refusals = ["batch", "alone", "batch", "alone"]

    async def refuses(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if getattr(work, "__name__", "") == "exchange" and refusals:
            raise LedgerError(Code.TEXT(words=refusals.pop()))
        return await bench.on_ledger(work, *args, **kwargs)

    sender = bench.sender(on_ledger=refuses, patience=None)
    await sender.drain()
    async with asyncio.timeout(60):
        await sender.finish()
    assert (bench.texts, refusals) == (["one"], [])


async def test_a_photo_that_is_left_out_is_said_in_the_log(bench: Bench) -> None:
    async def missing(_url: str) -> bytes:
        raise SourceError("https://example.org/a.png answered HTTP 404")

    bench.channel._fetch_image = missing
    shown = await bench.queue("with a photo", image=Image("https://example.org/a.png"))
    plain = await bench.queue("without one")
    with capture_logs() as logs:
        await bench.send()
    told = {log["post"]: (log["log_level"], log.get("but")) for log in logs if log["event"] == "sent"}
    assert told == {
        shown.id: ("warning", "photo left out: https://example.org/a.png answered HTTP 404"),
        plain.id: ("info", None),
    }


async def test_what_a_channel_of_ones_own_says_in_a_text_is_kept_with_the_receipt(bench: Bench) -> None:
    send = bench.channel.send

    async def say(part: Part, **asked: Any) -> Receipt:
        return replace(await send(part, **asked), note="without its map")  # type: ignore[arg-type]  # A text is no reason.

    bench.channel.send = say  # type: ignore[method-assign]  # It stands for another class.
    post = await bench.queue("with a map")
    await bench.send()
    [receipt] = (await bench.post(post)).receipts
    assert str(receipt.note) == "without its map"
