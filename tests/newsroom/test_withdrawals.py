"""What is out is taken away: one post, or an article everywhere and for good."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import Article, Draft, Item, Part, PostState
from newsbot.newsroom.versions import versions
from newsbot.newsroom.withdrawals import Report
from newsbot.ports import Claim, NewPost, PollResult, Terms
from tests.newsroom.outroom import CHANNELS, Room, opened

URL = "https://example.org/harbour"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


def states(report: Report) -> dict[str, str]:
    return {line.channel: line.state for line in report.lines}


async def test_a_takedown_is_accounted_for_and_goes_on_until_the_platforms_are_back(room: Room) -> None:
    """Six channels, X and one chat failing, a photo with caption past 48 h among them."""
    article_id = room.queue()
    await room.run()
    room.move(hours=49)
    fresh = room.queue({"tg-ur": "تازہ"}, url="https://example.org/other")
    await room.run()
    room.app.ledger.pause("tg-en", by="cli:ana", reason="paused", now=room.clock.now())
    room.sandbox.faults.add("x", "DELETE *", "503", times=3)
    room.sandbox.faults.add("telegram", "editMessage*", "502", times=2)
    began = room.clock.now()
    report = room.app.withdrawals.takedown(article_id, by="cli:ana")
    assert states(report) == dict.fromkeys(CHANNELS, "waiting")
    assert {post.state for post in room.posts(article_id).values()} == {PostState.WITHDRAWN}
    await room.run()
    report = room.app.withdrawals.report(report.action)
    assert room.clock.now() - began < timedelta(seconds=60)
    waiting = [line for line in report.lines if line.state == "waiting"]
    assert 1 <= len(waiting) <= 3
    assert all(line.why and line.at for line in waiting)
    for _ in range(6):
        room.move(minutes=1)
        await room.run()
    report = room.app.withdrawals.report(report.action)
    assert states(report) == {
        "printed": "manual",
        "tg-ar": "notice",
        "tg-en": "notice",
        "tg-photo": "notice",
        "tg-ur": "notice",
        "x-main": "deleted",
    }
    public = room.public()
    assert public["tg-en"] == ["Withdrawn."]
    assert public["tg-photo"] == ["Withdrawn."]
    assert public["tg-ar"] == ["سُحب هذا الخبر."]
    assert public["tg-ur"] == ["یہ خبر واپس لے لی گئی ہے۔", "تازہ"]
    assert public["x-main"] == []
    assert room.app.ledger.post(room.posts(fresh)["tg-ur"].id).state is PostState.SENT
    assert not report.done
    room.app.withdrawals.deleted_by_hand(room.posts(article_id)["printed"].id, by="cli:ana")
    assert room.app.withdrawals.report(report.action).done


async def test_within_48_hours_telegram_deletes(room: Room) -> None:
    article_id = room.queue()
    await room.run()
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    assert room.public() == {name: [] for name in room.public()}
    [version] = versions(room.app.ledger, room.posts(article_id)["tg-photo"])
    assert version.end == "deleted"


async def test_a_takedown_cancels_what_waits(room: Room) -> None:
    room.app.ledger.pause("tg-en", by="cli:ana", reason="", now=room.clock.now())
    article_id = room.queue({"tg-en": "one", "tg-ur": "two"})
    await room.run()
    report = room.app.withdrawals.takedown(URL, by="cli:ana")
    assert states(report) == {"tg-en": "cancelled", "tg-ur": "waiting"}
    await room.run()
    assert room.posts(article_id)["tg-en"].state is PostState.CANCELLED


@pytest.mark.parametrize("fault", ["reset_after_processing", "hang_before_processing"])
async def test_what_is_unknown_is_taken_away_once_it_is_known_and_never_sent_again(
    room: Room, fault: str
) -> None:
    arrived = fault == "reset_after_processing"
    room.app.channels["tg-en"].deadline = 10.0 if arrived else 0.5
    room.sandbox.faults.add("telegram", "sendMessage", fault)  # type: ignore[arg-type]  # a name of a fault
    article_id = room.queue({"tg-en": "one"})
    await room.run()
    post = room.posts(article_id)["tg-en"]
    assert post.state is PostState.UNKNOWN
    report = room.app.withdrawals.takedown(article_id, by="cli:ana", redact=True)
    [line] = report.lines
    assert (line.state, line.why) == ("waiting", "it is unknown: taken away once it is known to be out")
    assert room.posts(article_id)["tg-en"].parts[0].text == "one"  # it may be looked for by its words
    if arrived:
        room.app.posts.resolve_sent(post.id, by="cli:ana", remote_id="1")
    else:
        room.app.posts.resolve_not_sent(post.id, by="cli:ana")
    await room.run()
    assert room.public()["tg-en"] == []
    after = room.posts(article_id)["tg-en"]
    assert after.state is (PostState.WITHDRAWN if arrived else PostState.CANCELLED)
    assert after.parts[0].text.startswith("redacted ")
    assert len(room.sandbox.telegram.chat("@sandbox").deleted) == int(arrived)


async def test_nobody_brings_it_again(room: Room) -> None:
    article_id = room.queue()
    await room.run()
    room.app.withdrawals.takedown(URL, by="cli:ana")
    await room.run()
    for day in range(90):
        room.move(days=1)
        now = room.clock.now()
        items = tuple(
            Item(f"{source}-{day}", url, "Harbour: 4.2 million visitors", text="The harbour had visitors.")
            for source, url in (("feed", URL), ("other", "http://www.example.org/harbour/"))
        )
        for source in ("feed", "other"):
            room.app.ledger.record_poll(source, PollResult(now, {}, items), now=now)
            for found in room.app.ledger.claim_found(source, now=now, lease=timedelta(minutes=1)):
                article = Article(found.item.guid, "The harbour.", found.item.url, found.item.title)
                planned = room.app.composition.plan(article, CHANNELS).posts
                assert planned
                assert room.app.ledger.take_in(found.article_id, article, planned, now=now) == []
                kept = room.app.ledger.kept(found.article_id)
                assert kept.article is None
                assert kept.note
                assert f"{article_id} was taken down by cli:ana" in kept.note
        with pytest.raises(UsageError, match="was taken down by cli:ana"):
            room.queue(url=URL)
    await room.run()
    assert all(texts == [] for texts in room.public().values())
    assert room.app.ledger.is_blocked(url=f"{URL}/")
    assert room.app.ledger.is_blocked(article_id=article_id)
    assert not room.app.ledger.is_blocked(url="https://example.org/other")


async def test_an_address_that_nobody_knows_yet_is_blocked(room: Room) -> None:
    report = room.app.withdrawals.takedown("https://example.org/coming", by="cli:ana")
    assert report.lines == ()
    with pytest.raises(UsageError, match="was taken down"):
        room.queue(url="https://example.org/coming")


async def test_redaction_takes_the_words_out_and_keeps_the_facts(room: Room) -> None:
    article_id = room.queue()
    await room.run()
    room.app.corrections.fix(article_id, "4.2", "2.4", by="cli:ana")
    await room.run()
    report = room.app.withdrawals.takedown(article_id, by="cli:ana", redact=True)
    await room.run()
    with room.app.ledger._database.read() as tx:  # type: ignore[attr-defined]
        for table in ("article", "post", "event", "action", "amendment", "change", "receipt"):
            for row in tx.execute(text(f"SELECT * FROM {table}")).mappings():
                said = " ".join(str(value) for value in row.values())
                for word in ("visitors", "tonnes", "4.2", "2.4", "مليون", "ملین"):
                    assert word not in said, (table, said)
    report = room.app.withdrawals.report(report.action)
    assert report.url == URL
    assert {line.state for line in report.lines} <= {"deleted", "manual"}
    assert room.app.ledger.kept(article_id).title is None


async def test_one_post_is_withdrawn_and_the_others_stay(room: Room) -> None:
    article_id = room.queue({"tg-en": "one", "tg-ur": "two"})
    await room.run()
    report = room.app.withdrawals.withdraw(room.posts(article_id)["tg-en"].id, by="cli:ana")
    assert states(report) == {"tg-en": "waiting"}
    await room.run()
    assert states(room.app.withdrawals.report(report.action)) == {"tg-en": "deleted"}
    assert room.public()["tg-ur"] == ["two"]
    assert not room.app.ledger.is_blocked(article_id=article_id)


async def test_what_never_was_out_can_not_be_withdrawn(room: Room) -> None:
    room.app.ledger.pause("tg-en", by="cli:ana", reason="", now=room.clock.now())
    post = room.posts(room.queue({"tg-en": "one"}))["tg-en"]
    with pytest.raises(InvalidTransition, match=f"newsbot cancel {post.id}"):
        room.app.withdrawals.withdraw(post.id, by="cli:ana")


async def test_what_a_delete_costs_is_counted_once(room: Room) -> None:
    article_id = room.queue({"x-main": "one"})
    await room.run()
    before = room.app.ledger.spent("x-main", now=room.clock.now())
    room.sandbox.faults.add("x", "DELETE *", "reset_after_processing")
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    room.move(minutes=1)
    await room.run()
    after = room.app.ledger.spent("x-main", now=room.clock.now())
    assert after - before == Decimal("0.01")
    assert room.public()["x-main"] == []


async def test_a_thread_that_is_being_sent_stops_before_its_next_part(room: Room) -> None:
    now = room.clock.now()
    parts = tuple(Part(word, 3, 4096) for word in ("one", "two"))
    new = NewPost(Draft("tg-en", "telegram", parts), now, None, "")
    article_id = room.app.ledger.add_article("by hand", Article(URL, "x", URL), now=now)
    room.app.ledger.queue(article_id, [new], now=now, again=False)
    claim = room.app.ledger.claim("tg-en", Terms(), now=now, lease=timedelta(minutes=1))
    assert isinstance(claim, Claim)
    receipt = await room.app.channels["tg-en"].send(parts[0], after=None)
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    more = room.app.ledger.next_part(claim.post.id, receipt, Terms(), now=now, lease=timedelta(minutes=1))
    assert more is None
    await room.run()
    assert room.public()["tg-en"] == []
    assert room.posts(article_id)["tg-en"].state is PostState.WITHDRAWN
    assert len(room.sandbox.telegram.chat("@sandbox").deleted) == 1
