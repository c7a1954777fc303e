"""The exchange with a real ledger that is made to refuse: what fails fails alone, nothing is forgotten."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsbot.delivery import ledger_batcher as module
from newsbot.delivery.channel_tasks import DeliveryContext
from newsbot.delivery.ledger_batcher import LedgerBatcher
from newsbot.errors import InvalidTransition, LedgerError
from newsbot.ledger.database import parse_url
from newsbot.ledger.delivery import DeliveryStore
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.store import LedgerParts
from newsbot.model import Article, Draft, Failure, Part, Post, PostEvent, PostState, Receipt
from newsbot.ports import CallEnding, CallFailure, Claim, ClaimRequest, ClaimTerms, ClaimWait, NewPost
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock
from newsbot.threads import SerialThread

LEASE = timedelta(minutes=1)


class RefusingDelivery(DeliveryStore):
    """A store that refuses while it is ``full``, and each exchange that names one of ``poison``."""

    def __init__(self, parts: LedgerParts) -> None:
        super().__init__(parts)
        self.full = False
        self.poison: set[str] = set()
        self.hangs = 0.0  # seconds, before the first refusal
        self.unheard = 0  # of so many exchanges the answer is lost, after the commit
        self.sizes: list[tuple[int, int]] = []

    def exchange(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], *, now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        self.sizes.append((len(endings), len(asks)))
        named = {ending.post_id for ending in endings} | {ask.channel for ask in asks}
        if self.full or named & self.poison:
            time.sleep(self.hangs)
            self.hangs = 0.0
            raise LedgerError(Code.TEXT(words="the disk is full"))
        answer = super().exchange(endings, asks, now=now)
        if self.unheard:
            self.unheard -= 1
            raise LedgerError(Code.TEXT(words="the connection was lost"))
        return answer


class Refusing(Ledger):
    """A ledger whose store for delivery refuses what it is told to refuse."""

    delivery: RefusingDelivery

    def __init__(self, folder: Path) -> None:
        super().__init__(parse_url(f"sqlite:///{folder}/ledger.db", None))
        self.delivery = RefusingDelivery(self._parts)


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[Refusing]:
    ledger = Refusing(tmp_path)
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def context(ledger: Refusing, thread: SerialThread) -> DeliveryContext:
    return DeliveryContext(ledger, thread, {}, SystemClock())


@pytest.fixture
def exchange(refusing: Refusing, monkeypatch: pytest.MonkeyPatch) -> Iterator[LedgerBatcher]:
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    monkeypatch.setattr(module, "_STUCK", 0.01)
    thread = SerialThread("ledger")
    yield LedgerBatcher(context(refusing, thread))
    thread.close()


def queue(ledger: Refusing, *channels: str) -> None:
    now = SystemClock().now()
    found = ledger.articles.add_article("cli", Article("g", "Text."), now=now)
    drafts = [Draft(name, "console", (Part("text", 4, 4096),)) for name in channels]
    ledger.posts.queue_posts(
        found, [NewPost(draft, now, None, Code.TIME_SET()) for draft in drafts], now=now, again=True
    )


async def claimed(exchange: LedgerBatcher, *channels: str) -> list[Claim]:
    found = await asyncio.gather(
        *(exchange.claim(ClaimRequest(name, ClaimTerms(), LEASE)) for name in channels)
    )
    assert all(isinstance(claim, Claim) for claim in found)
    return [claim for claim in found if isinstance(claim, Claim)]


def ending(claim: Claim) -> CallEnding:
    return CallEnding(claim.post.id, Receipt(claim.part, f"remote {claim.post.id}"))


async def test_what_comes_together_shares_a_transaction(refusing: Refusing, exchange: LedgerBatcher) -> None:
    names = [f"c{n}" for n in range(20)]
    queue(refusing, *names)
    claims = await claimed(exchange, *names)
    ends = await asyncio.gather(*(exchange.end(ending(claim)) for claim in claims))
    assert {post.state for post in ends if isinstance(post, Post)} == {PostState.SENT}
    assert sum(asks for _, asks in refusing.delivery.sizes) == 20
    assert len(refusing.delivery.sizes) <= 6


async def test_where_services_share_the_ledger_each_claims_a_few_channels_at_a_time(
    refusing: Refusing, exchange: LedgerBatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeliveryStore, "is_shared", True)
    names = [f"c{n}" for n in range(20)]
    queue(refusing, *names)
    claims = await claimed(exchange, *names)
    assert [asks for _, asks in refusing.delivery.sizes] == [8, 8, 4]
    queue(refusing, *names)
    asks = [ClaimRequest(name, ClaimTerms(), LEASE) for name in names]
    await asyncio.gather(*map(exchange.end, map(ending, claims)), *map(exchange.claim, asks))
    assert refusing.delivery.sizes[3:] == [(20, 20)]


async def test_an_ending_is_tried_until_it_is_stored_and_no_claim_is_made_before(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    queue(refusing, "a", "b")
    [claim] = await claimed(exchange, "a")
    refusing.delivery.full = True
    told = asyncio.ensure_future(exchange.end(ending(claim)))
    asked = asyncio.ensure_future(exchange.claim(ClaimRequest("b", ClaimTerms(), LEASE)))
    while len(refusing.delivery.sizes) < 12:
        await asyncio.sleep(0.01)
    assert not told.done()
    assert not asked.done()
    refusing.delivery.full = False
    async with asyncio.timeout(60):
        post, following = await told, await asked
    assert isinstance(post, Post)
    assert post.state is PostState.SENT
    assert isinstance(following, Claim)


async def test_one_channel_that_the_ledger_refuses_fails_no_other(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    queue(refusing, "a", "b", "c")
    refusing.delivery.poison = {"b"}
    found = await asyncio.gather(
        *(exchange.claim(ClaimRequest(name, ClaimTerms(), LEASE)) for name in ("a", "b", "c")),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [Claim, LedgerError, Claim]


async def test_one_ending_that_the_ledger_refuses_waits_alone(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    queue(refusing, "a", "b", "c")
    first, second = await claimed(exchange, "a", "b")
    refusing.delivery.poison = {first.post.id}
    stuck = asyncio.ensure_future(exchange.end(ending(first)))
    post, other = await asyncio.gather(
        exchange.end(ending(second)), exchange.claim(ClaimRequest("c", ClaimTerms(), LEASE))
    )
    assert isinstance(post, Post)
    assert post.state is PostState.SENT
    assert isinstance(other, Claim)
    refusing.delivery.poison = set()
    async with asyncio.timeout(60):
        late = await stuck
    assert isinstance(late, Post)
    assert late.state is PostState.SENT


async def test_an_ending_that_can_never_be_stored_is_told_so(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    queue(refusing, "a", "b")
    first, second = await claimed(exchange, "a", "b")
    await exchange.end(ending(first))
    again = CallEnding(
        first.post.id, CallFailure(PostEvent.REFUSE, Failure("refused", Code.TEXT(words="no")))
    )
    found = await asyncio.gather(exchange.end(again), exchange.end(ending(second)), return_exceptions=True)
    assert isinstance(found[0], InvalidTransition)
    assert isinstance(found[1], Post)


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not what():
            await asyncio.sleep(0.01)


def states(ledger: Refusing) -> list[str]:
    return [str(post.state) for post in ledger.posts.list_posts(limit=None)]


async def test_a_claim_whose_answer_is_lost_is_given_back_as_no_call_was_made(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    refusing.acquire_instance_lock()
    queue(refusing, "a")
    refusing.delivery.unheard = 1
    waits_again = list[Post]()
    exchange._given_back = waits_again.append
    first = await exchange.claim(ClaimRequest("a", ClaimTerms(), LEASE))
    assert not isinstance(first, Claim)  # it is in flight, as far as the ledger knows
    await until(lambda: states(refusing) == ["retrying"])
    await until(lambda: len(waits_again) == 1)
    [again] = await claimed(exchange, "a")
    assert again.post.attempts == 2
    assert await exchange.end(ending(again))
    assert states(refusing) == ["sent"]


async def test_a_claim_that_a_sender_has_is_never_given_back(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    refusing.acquire_instance_lock()
    queue(refusing, "a", "b")
    [mine] = await claimed(exchange, "a")
    refusing.delivery.unheard = 1
    await exchange.claim(ClaimRequest("b", ClaimTerms(), LEASE))
    await until(lambda: "retrying" in states(refusing))
    assert refusing.posts.get_post(mine.post.id).state is PostState.SENDING
    post = await exchange.end(ending(mine))
    assert isinstance(post, Post)
    assert post.state is PostState.SENT


async def test_a_claim_whose_sender_is_gone_is_given_back(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    refusing.acquire_instance_lock()
    queue(refusing, "a")
    asked = asyncio.ensure_future(exchange.claim(ClaimRequest("a", ClaimTerms(), LEASE)))
    await asyncio.sleep(0)
    asked.cancel()
    await until(lambda: states(refusing) == ["retrying"])


async def test_an_ending_whose_answer_is_lost_is_stored_once(
    refusing: Refusing, exchange: LedgerBatcher
) -> None:
    refusing.acquire_instance_lock()
    queue(refusing, "a")
    [mine] = await claimed(exchange, "a")
    refusing.delivery.unheard = 1
    post = await exchange.end(ending(mine))
    assert isinstance(post, Post)
    assert post.state is PostState.SENT
    assert len(post.receipts) == 1


async def test_a_sender_with_an_end_hears_that_the_ledger_is_gone(refusing: Refusing) -> None:
    thread = SerialThread("ledger")
    exchange = LedgerBatcher(context(refusing, thread), patience=0.05)
    queue(refusing, "a")
    refusing.delivery.full = True
    with pytest.raises(LedgerError, match="full"):
        async with asyncio.timeout(60):
            await exchange.claim(ClaimRequest("a", ClaimTerms(), LEASE))
    thread.close()


async def test_patience_counts_from_when_the_first_call_that_failed_began(
    refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half-open connection uses up most of it before its call fails."""
    monkeypatch.setattr(module, "_PAUSE", 60.0)
    thread = SerialThread("ledger")
    exchange = LedgerBatcher(context(refusing, thread), patience=0.1)
    queue(refusing, "a")
    [mine] = await claimed(exchange, "a")
    refusing.delivery.full, refusing.delivery.hangs = True, 0.2
    with pytest.raises(LedgerError, match="full"):
        async with asyncio.timeout(60):
            await exchange.end(ending(mine))
    thread.close()


async def test_an_ending_that_was_refused_once_while_others_were_taken_is_tried_again_soon(
    refusing: Refusing, exchange: LedgerBatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database may just have come back between the two."""
    monkeypatch.setattr(module, "_STUCK", 60.0)
    queue(refusing, "a", "b")
    first, second = await claimed(exchange, "a", "b")
    refusing.delivery.poison = {first.post.id}
    stuck = asyncio.ensure_future(exchange.end(ending(first)))
    await asyncio.sleep(0)  # so that it is refused before the other one is taken
    await exchange.end(ending(second))
    refusing.delivery.poison = set()
    async with asyncio.timeout(60):
        late = await stuck
    assert isinstance(late, Post)
    assert late.state is PostState.SENT


async def test_a_sender_with_an_end_tries_no_more_once_its_patience_is_over(refusing: Refusing) -> None:
    """Each further try could take as long as a connection may."""
    thread = SerialThread("ledger")
    exchange = LedgerBatcher(context(refusing, thread), patience=0.05)
    queue(refusing, "a", "b")
    first, second = await claimed(exchange, "a", "b")
    refusing.delivery.full = True
    with pytest.raises(LedgerError, match="full"):
        async with asyncio.timeout(60):
            await exchange.end(ending(first))
    tried = len(refusing.delivery.sizes)
    with pytest.raises(LedgerError, match="full"):
        await exchange.end(ending(second))
    assert len(refusing.delivery.sizes) == tried
    thread.close()


async def test_an_end_that_nobody_foresaw_is_raised_by_the_watch(
    exchange: LedgerBatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(exchange, "_store_batch", fails)
    watch = asyncio.create_task(exchange.watch())
    waits = asyncio.ensure_future(exchange.claim(ClaimRequest("a", ClaimTerms(), LEASE)))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(watch, 10)
    waits.cancel()
