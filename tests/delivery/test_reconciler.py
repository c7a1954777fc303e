"""Unknown posts are settled by what is seen on the platform, and by nothing less."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from sqlalchemy import update

from newsbot.delivery import reconciler as module
from newsbot.errors import LedgerError
from newsbot.fetching.workers import Workers
from newsbot.ledger.schema import attempt
from newsbot.model import PostState, Receipt
from newsbot.ports import ClaimTerms
from newsbot.reasons import Code
from newsbot.sandbox.x.state import Tweet
from tests.ledger.exchanges import store_part

from .unknowns import Bench, benched, sqlite

MINUTES = timedelta(minutes=1)
P = ParamSpec("P")
T = TypeVar("T")
URDU = "وزیراعظم نے کہا: «یہ فیصلہ» — \u200f2026 میں ہوگا 👩\u200d👩\u200d👧\u200d👦🇵🇰 ﷽ café"
ON_X = (
    ("Ferry line approved & funded: <b>not a tag</b> &amp; 5 < 6",),
    ("Council votes https://Example.org/a/%C3%A9?b=1&c=2#top and example.com/ too",),
    (URDU,),
    ("Cafe\u0301 opens ☕️ at 9\n\n\nwith   music 🎷",),
    ("First of three: why the bridge closed", "Second of three", "Third https://example.org/bridge"),
    ("Storm 🌊 warning for the coast https://example.org/storm",),
)
ON_TELEGRAM = (
    ("<b>Ferry line approved &amp; funded</b>\n5 &lt; 6 &quot;so&quot; &#39;there&#39;",),
    ('<a href="https://example.org/a?b=1&amp;c=2">Council votes</a>\n\nhttps://example.org/x @someone',),
    (URDU,),
    ("<blockquote>Cafe\u0301 opens ☕️ at 9</blockquote>\n<tg-spoiler>with   music 🎷</tg-spoiler>",),
    ("<b>First</b> of three", "Second of three", "<i>Third</i> of three"),
    ("Long " + "and longer, " * 300 + "until the end",),
)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    workers = Workers(count=1)
    async with benched(sqlite(tmp_path), workers) as bench:
        yield bench
    await workers.close()


@pytest.mark.parametrize(("channel", "texts"), [("x", ON_X), ("tg", ON_TELEGRAM)])
async def test_what_arrived_is_settled_unasked_within_two_minutes(
    bench: Bench, channel: str, texts: tuple[tuple[str, ...], ...]
) -> None:
    posts = [
        bench.queue(channel, *parts, photo=n % 2 == 1 and len(parts[0]) < 1000)
        for n, parts in enumerate(texts)
    ]
    for parts in texts:
        await bench.send(channel, "reset_after_processing", calls=min(2, len(parts)))
    assert {post.state for post in bench.posts(posts)} == {PostState.UNKNOWN}
    await bench.look_for(2 * MINUTES)
    found = bench.posts(posts)
    assert [post.state for post in found] == [
        PostState.SENT if len(post.parts) == 1 else PostState.RETRYING for post in posts
    ]
    assert [len(post.receipts) for post in found] == [min(2, len(post.parts)) for post in posts]
    rest = await bench.send(channel)
    assert rest.state is PostState.SENT
    out = (
        [message.message_id for message in bench.messages]
        if channel == "tg"
        else [t.id for t in bench.tweets]
    )
    links = [receipt.url for post in bench.posts(posts) for receipt in post.receipts]
    place = "https://t.me/sandbox/" if channel == "tg" else "https://x.com/i/status/"
    assert sorted(links, key=str) == sorted((f"{place}{number}" for number in out), key=str)
    assert bench.reads() == 1
    assert not bench.sandbox.violations


async def test_what_is_surely_not_on_x_is_sent_after_two_minutes_and_once(bench: Bench) -> None:
    bench.queue("x", "before")
    await bench.send("x")
    post = bench.queue("x", "lost on the way")
    await bench.send("x", "reset_before_read")
    await bench.look_for(1.8 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    await bench.look_for(1.5 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.RETRYING
    sent = await bench.send("x")
    assert (sent.id, sent.state) == (post.id, PostState.SENT)
    assert [tweet.text for tweet in bench.tweets] == ["before", "lost on the way"]
    assert [event.event for event in bench.ledger.posts.list_events(post.id)][1:] == [
        "sending",
        "unknown",
        "surely absent",
        "sending",
        "sent",
    ]


@pytest.mark.parametrize("rounds", range(4))
async def test_a_stop_in_the_moment_of_a_wake_up_is_heard(bench: Bench, rounds: int) -> None:
    task = asyncio.create_task(bench.reconciler.run())
    await asyncio.sleep(0.2)
    bench.reconciler.wake()
    for _ in range(rounds):
        await asyncio.sleep(0)
    task.cancel()
    ended, _ = await asyncio.wait({task}, timeout=8)
    assert ended


STORM = "Storm warning for the coast, ferries stay in port"


async def test_a_post_of_these_words_whose_link_leads_elsewhere_is_no_absence(bench: Bench) -> None:
    """X changes links in ways that nobody foresaw: a person has to look."""
    post = bench.queue("x", f"{STORM} https://example.org/storm")
    await bench.send("x", "reset_after_processing")
    (link,) = bench.tweets[0].entities["urls"]
    link["expanded_url"] = "https://example.net/~/9"
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN


@pytest.mark.parametrize("apart", [timedelta(0), 10 * MINUTES])
async def test_what_is_like_it_but_not_from_its_time_or_not_like_it_keeps_no_absence_back(
    bench: Bench, apart: timedelta
) -> None:
    words = f"{STORM} again" if apart else "The council votes on the tram line"
    bench.tweets.append(Tweet("7", words, bench.clock.now() - apart))
    post = bench.queue("x", STORM)
    await bench.send("x", "reset_before_read")
    await bench.look_for(4 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.RETRYING


@pytest.mark.parametrize("channel", ["x", "tg"])
async def test_what_appears_a_minute_late_is_found_and_not_doubled(bench: Bench, channel: str) -> None:
    bench.sandbox.x.timeline_lag = bench.sandbox.telegram.preview_lag = 60.0
    post = bench.queue(channel, "late to be seen")
    await bench.send(channel, "reset_after_processing")
    await bench.look_for(2 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.SENT


async def test_what_reading_costs_is_in_the_months_sum(bench: Bench) -> None:
    bench.sandbox.x.prices["read"] = Decimal("0.005")  # what is reckoned with, unless told
    post = bench.queue("x", "out, and found")
    await bench.send("x", "reset_after_processing")
    bench.sandbox.faults.add("x", "GET /2/users/:id/tweets", "503")
    await bench.look_for(2 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.SENT
    assert bench.reads() == 2
    assert (
        bench.ledger.channels.get_spending("x", now=bench.clock.now())
        == bench.sandbox.x.spent["read"]
        == Decimal("0.005")
    )


async def test_an_answer_that_was_lost_counts_as_read(bench: Bench) -> None:
    bench.queue("x", "out")
    await bench.send("x", "reset_after_processing")
    bench.sandbox.faults.add("x", "GET /2/users/:id/tweets", "reset_after_processing")
    await bench.look_for(timedelta(seconds=5))
    assert bench.reads() == 1
    assert bench.ledger.channels.get_spending("x", now=bench.clock.now()) == Decimal(
        "0.125"
    )  # the page that was asked for


async def test_a_post_is_paid_once_on_a_utc_day_however_often_it_is_read(bench: Bench) -> None:
    now = bench.clock.now()
    month = (now.replace(day=1) + timedelta(days=32)).replace(day=10, hour=6)
    bench.clock.ahead += month - now
    price = bench.sandbox.x.prices["read"] = Decimal("0.005")
    post = bench.queue("x", f"{STORM} https://example.org/storm")
    await bench.send("x", "reset_after_processing")
    (link,) = bench.tweets[0].entities["urls"]
    link["expanded_url"] = "https://example.net/~/9"
    await bench.look_for(timedelta(hours=6))
    assert bench.reads() > 3
    assert (
        bench.ledger.channels.get_spending("x", now=bench.clock.now())
        == bench.sandbox.x.spent["read"]
        == price
    )
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    assert (
        price
        < bench.ledger.channels.get_spending("x", now=bench.clock.now())
        == bench.sandbox.x.spent["read"]
    )
    assert bench.sandbox.x.spent["read"] < price * bench.reads()


@pytest.mark.parametrize(("limit", "reads"), [("0.024", 0), ("0.025", 1)])
async def test_no_more_is_read_than_the_budget_reaches(bench: Bench, limit: str, reads: int) -> None:
    bench.queue("x", "before")
    await bench.send("x")
    post = bench.queue("x", "never arrived")
    await bench.send("x", "reset_before_read")
    bench.reconciler._limits = {"x": Decimal(limit)}
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    assert bench.reads() == reads
    assert bench.ledger.channels.get_spending("x", now=bench.clock.now()) == reads * Decimal("0.005")


async def test_a_public_page_without_the_post_proves_nothing(bench: Bench) -> None:
    post = bench.queue("tg", "never arrived")
    await bench.send("tg", "reset_before_read")
    await bench.look_for(timedelta(days=3))
    left = bench.ledger.posts.get_post(post.id)
    assert left.state is PostState.UNKNOWN
    assert [event.event for event in bench.ledger.posts.list_events(post.id)][1:] == [
        "sending",
        "unknown",
        "given up",
    ]
    assert bench.reads() == 12
    assert not bench.messages


@pytest.mark.parametrize("fault", ["429", "not_json"])
async def test_a_timeline_that_could_not_be_read_proves_nothing(bench: Bench, fault: str) -> None:
    post = bench.queue("x", "never arrived")
    await bench.send("x", "reset_before_read")
    bench.sandbox.faults.add("x", "GET *", fault, times=100)  # type: ignore[arg-type]  # one of its kinds
    await bench.look_for(10 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    bench.sandbox.faults.clear()
    await bench.look_for(180 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.RETRYING


async def test_a_clock_that_was_wrong_proves_no_absence_later(bench: Bench) -> None:
    """It was two hours ahead when the call left, so that looks from then on begin after the post."""
    post = bench.queue("x", "out, long before the ledger thinks")
    await bench.send("x", "reset_after_processing")
    with bench.ledger._database.write() as tx:
        tx.execute(update(attempt).values(started_at=bench.clock.now() + timedelta(hours=2)))
    await bench.look_for(timedelta(days=4))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN


async def test_a_timeline_without_the_post_before_it_proves_nothing(bench: Bench) -> None:
    bench.queue("x", "before")
    await bench.send("x")
    post = bench.queue("x", "never arrived")
    await bench.send("x", "reset_before_read")
    bench.sandbox.x.tweets.clear()  # another account's, or a stale copy
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN


@pytest.mark.parametrize("channel", ["x", "tg"])
async def test_the_same_words_from_before_or_by_another_post_are_not_it(bench: Bench, channel: str) -> None:
    bench.sandbox.x.accept_duplicates = True
    bench.queue(channel, "Goal!")
    await bench.send(channel)  # ours, and its receipt is known
    bench.clock.ahead += MINUTES
    by_hand = [*bench.messages, *bench.tweets][-1]
    if isinstance(by_hand, Tweet):
        bench.tweets.append(Tweet(str(int(by_hand.id) + 1), "Goal!", bench.clock.now()))
    else:
        by_hand = type(by_hand)(by_hand.message_id + 1, int(bench.clock.now().timestamp()), "Goal!")
        bench.messages.append(by_hand)
    bench.clock.ahead += MINUTES
    post = bench.queue(channel, "Goal!")
    await bench.send(channel, "reset_before_read")
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN


@pytest.mark.parametrize("channel", ["x", "tg"])
async def test_each_message_settles_one_of_two_with_the_same_words(bench: Bench, channel: str) -> None:
    bench.sandbox.x.accept_duplicates = True
    posts = [bench.queue(channel, "Goal!") for _ in range(2)]
    await bench.send(channel, "reset_after_processing")
    await bench.send(channel, "reset_before_read")
    await bench.look_for(1.5 * MINUTES)
    first, second = bench.posts(posts)
    assert (first.state, second.state) == (PostState.SENT, PostState.UNKNOWN)
    bench.clock.ahead += 5 * MINUTES
    posts.append(bench.queue(channel, "Goal!"))
    await bench.send(channel, "reset_after_processing")
    await bench.look_for(1 * MINUTES)
    assert bench.ledger.posts.get_post(posts[2].id).state is PostState.SENT
    ids = [receipt.remote_id for post in bench.posts(posts) for receipt in post.receipts]
    assert len(set(ids)) == len(ids) == 2


async def test_a_post_with_the_same_words_in_flight_keeps_its_message(bench: Bench) -> None:
    bench.sandbox.x.accept_duplicates = True
    lost = bench.queue("x", "Goal!")
    await bench.send("x", "reset_before_read")
    flying = bench.queue("x", "Goal!")
    claim = bench.claim("x")
    receipt = await bench.channels["x"].send(claim.post.parts[0], after=None)
    await bench.look_for(timedelta(seconds=30))
    assert bench.ledger.posts.get_post(lost.id).state is PostState.UNKNOWN
    store_part(bench.ledger.delivery, flying.id, receipt, ClaimTerms(), now=bench.clock.now(), lease=MINUTES)
    await bench.look_for(10 * MINUTES)
    assert bench.ledger.posts.get_post(flying.id).receipts[0].remote_id == receipt.remote_id
    assert bench.ledger.posts.get_post(lost.id).state is PostState.RETRYING


async def test_a_duplicate_after_a_doubt_is_found_or_asks_a_person(bench: Bench) -> None:
    post = bench.queue("x", "said already")
    await bench.send("x", "reset_before_read")
    await bench.look_for(4 * MINUTES)
    assert bench.ledger.posts.get_post(post.id).state is PostState.RETRYING
    old = bench.clock.now() - timedelta(days=2)
    bench.tweets.insert(0, Tweet("5", "said already", old))  # outside of all that is read
    doubled = await bench.send("x")
    assert doubled.state is PostState.UNKNOWN
    await bench.look_for(timedelta(days=3))
    assert bench.ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    assert len(bench.tweets) == 1


async def test_a_late_answer_and_a_find_leave_one_receipt_and_one_next_part(bench: Bench) -> None:
    """The sender was stopped past its lease; the reconciler found its part, and another sends the next."""
    post = bench.queue("x", "first", "second")
    claim = bench.claim("x")
    receipt = await bench.channels["x"].send(claim.post.parts[0], after=None)
    bench.clock.ahead += 5 * MINUTES
    bench.ledger.delivery.recover_posts(now=bench.clock.now())
    await bench.look_for(timedelta(seconds=10))
    assert bench.ledger.posts.get_post(post.id).state is PostState.RETRYING
    following = bench.claim("x")
    assert following.part == 1
    now = bench.clock.now()
    late = Receipt(0, receipt.remote_id, receipt.url)
    assert store_part(bench.ledger.delivery, post.id, late, ClaimTerms(), now=now, lease=MINUTES) is None
    assert bench.ledger.posts.get_post(post.id).state is PostState.SENDING
    second = await bench.channels["x"].send(following.post.parts[1], after=late)
    last = Receipt(1, second.remote_id, second.url)
    assert store_part(bench.ledger.delivery, post.id, last, ClaimTerms(), now=now, lease=MINUTES) is None
    assert bench.ledger.posts.get_post(post.id).state is PostState.SENT
    assert [tweet.text for tweet in bench.tweets] == ["first", "second"]


async def test_a_busy_public_channel_is_paged_back_to_the_call(bench: Bench) -> None:
    post = bench.queue("tg", "the lost one")
    await bench.send("tg", "reset_after_processing")
    for n in range(45):
        bench.queue("tg", f"later {n}")
        await bench.send("tg")
    await bench.look_for(timedelta(seconds=20))
    assert bench.ledger.posts.get_post(post.id).state is PostState.SENT
    assert bench.reads() == 3


@pytest.mark.parametrize("call", ["claim_looks", "set_aside", "settle_found", "settle_reads"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_look_that_the_database_cut_off_is_made_again_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, when: str
) -> None:
    """It is claimed for longer than a look may take, and nobody else makes it meanwhile."""
    monkeypatch.setattr(module, "_NAP", 0.01)
    post = bench.queue("x", "Council votes")
    await bench.send("x", "reset_after_processing")
    bench.clock.ahead += timedelta(seconds=4)
    lost = [call]

    async def loses(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        is_lost = lost and getattr(work, "__name__", "") == lost[0]
        if is_lost and when == "before":
            raise LedgerError(Code.TEXT(words=lost.pop()))
        answer = await bench.on_ledger(work, *args, **kwargs)
        if is_lost:
            raise LedgerError(Code.TEXT(words=lost.pop()))
        return answer

    bench.reconciler._on_ledger = loses
    await bench.reconciler.search_due()
    assert (bench.ledger.posts.get_post(post.id).state, lost) == (PostState.SENT, [])
