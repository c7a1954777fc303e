"""What is out is taken away: one post, or an article everywhere and for good."""

import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from newsbot.errors import InvalidTransition, UsageError
from newsbot.ledger import schema
from newsbot.model import Article, Draft, Item, Part, Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.composition import PostRequest
from newsbot.newsroom.history import list_versions
from newsbot.newsroom.takedowns import TakedownReport
from newsbot.ports import Claim, ClaimTerms, NewPost, PollResult
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next, record_poll, store_part
from tests.newsroom.outroom import CHANNELS, Room, opened

URL = "https://example.org/harbour"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with opened(tmp_path) as room:
        yield room


def states(report: TakedownReport) -> dict[str, str]:
    return {line.channel: line.state for line in report.lines}


async def test_a_takedown_is_accounted_for_and_goes_on_until_the_platforms_are_back(room: Room) -> None:
    """Six channels, X and one chat failing, a photo with caption past 48 h among them."""
    article_id = room.queue()
    await room.run()
    room.move(hours=49)
    fresh = room.queue({"tg-ur": "تازہ"}, url="https://example.org/other")
    await room.run()
    room.app.ledger.channels.pause(
        "tg-en", by="cli:ana", reason=Code.TEXT(words="paused"), now=room.clock.now()
    )
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
    assert room.app.ledger.posts.get_post(room.posts(fresh)["tg-ur"].id).state is PostState.SENT
    assert not report.done
    room.app.withdrawals.record_deletion(room.posts(article_id)["printed"].id, by="cli:ana")
    assert room.app.withdrawals.report(report.action).done


async def test_platforms_that_are_away_for_hours_are_asked_until_they_are_back(room: Room) -> None:
    """Telegram is away for so long that what it could have deleted is too old by then."""
    article_id = room.queue()
    await room.run()
    room.move(hours=20)
    room.sandbox.faults.add("x", "DELETE *", "503", times=10_000)
    for method in ("deleteMessage*", "editMessage*"):
        room.sandbox.faults.add("telegram", method, "reset_before_read", times=10_000)
    report = room.app.withdrawals.takedown(article_id, by="cli:ana")
    for _ in range(60):
        await room.run()
        room.move(minutes=30)
    report = room.app.withdrawals.report(report.action)
    away = {line.channel: line.why for line in report.lines if line.state == "waiting"}
    assert away.keys() == {"tg-ar", "tg-en", "tg-photo", "tg-ur", "x-main"}
    assert all(away.values())
    room.sandbox.faults.clear()
    for _ in range(3):
        await room.run()
        room.move(minutes=10)
    done = states(room.app.withdrawals.report(report.action))
    assert done == dict.fromkeys(("tg-ar", "tg-en", "tg-photo", "tg-ur"), "notice") | {
        "printed": "manual",
        "x-main": "deleted",
    }
    assert room.public()["x-main"] == []
    assert room.public()["tg-en"] == ["Withdrawn."]


async def test_within_48_hours_telegram_deletes(room: Room) -> None:
    article_id = room.queue()
    await room.run()
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    assert room.public() == {name: [] for name in room.public()}
    [version] = list_versions(room.app.ledger.actions, room.posts(article_id)["tg-photo"])
    assert version.end == "deleted"


async def test_a_takedown_cancels_what_waits(room: Room) -> None:
    room.app.ledger.channels.pause("tg-en", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
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
    assert (line.state, str(line.why)) == ("waiting", "it is unknown: taken away once it is known to be out")
    assert room.posts(article_id)["tg-en"].parts[0].text == "one"  # it may be looked for by its words
    if arrived:
        room.app.posts.resolve_sent(post.id, by="cli:ana", remote_id="1")
    else:
        room.app.posts.resolve_not_sent(post.id, by="cli:ana")
    await room.run()
    assert room.public()["tg-en"] == []
    after = room.posts(article_id)["tg-en"]
    assert after.state is (PostState.WITHDRAWN if arrived else PostState.CANCELLED)
    assert after.parts[0].redacted
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
            record_poll(room.app.ledger.sources, source, PollResult(now, {}, items), now=now)
            for found in room.app.ledger.articles.claim_found(source, now=now, lease=timedelta(minutes=1)):
                article = Article(found.item.guid, "The harbour.", found.item.url, found.item.title)
                planned = room.app.composition.plan(article, PostRequest(CHANNELS)).posts
                assert planned
                assert (
                    room.app.ledger.articles.store_read_article(found.article_id, article, planned, now=now)
                    == []
                )
                kept = room.app.ledger.articles.get_article(found.article_id)
                assert kept.article is None
                assert kept.note
                assert f"{article_id} was taken down by cli:ana" in str(kept.note)
        with pytest.raises(UsageError, match="was taken down by cli:ana"):
            room.queue(url=URL)
    await room.run()
    assert all(texts == [] for texts in room.public().values())
    assert room.app.ledger.actions.is_blocked(url=f"{URL}/")
    assert room.app.ledger.actions.is_blocked(article_id=article_id)
    assert not room.app.ledger.actions.is_blocked(url="https://example.org/other")


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
    with room.app.ledger._database.read() as tx:
        for table in ("article", "post", "event", "action", "amendment", "change", "receipt"):
            for row in tx.execute(text(f"SELECT * FROM {table}")).mappings():
                said = " ".join(str(value) for value in row.values())
                for word in ("visitors", "tonnes", "4.2", "2.4", "مليون", "ملین"):
                    assert word not in said, (table, said)
    report = room.app.withdrawals.report(report.action)
    assert report.url is None
    assert {line.state for line in report.lines} <= {"deleted", "manual"}
    assert room.app.ledger.articles.get_article(article_id).title is None


async def test_one_post_is_withdrawn_and_the_others_stay(room: Room) -> None:
    article_id = room.queue({"tg-en": "one", "tg-ur": "two"})
    await room.run()
    report = room.app.withdrawals.withdraw(room.posts(article_id)["tg-en"].id, by="cli:ana")
    assert states(report) == {"tg-en": "waiting"}
    await room.run()
    assert states(room.app.withdrawals.report(report.action)) == {"tg-en": "deleted"}
    assert room.public()["tg-ur"] == ["two"]
    assert not room.app.ledger.actions.is_blocked(article_id=article_id)


async def test_what_never_was_out_can_not_be_withdrawn(room: Room) -> None:
    room.app.ledger.channels.pause("tg-en", by="cli:ana", reason=Code.TEXT(words=""), now=room.clock.now())
    post = room.posts(room.queue({"tg-en": "one"}))["tg-en"]
    with pytest.raises(InvalidTransition, match=f"newsbot cancel {post.id}"):
        room.app.withdrawals.withdraw(post.id, by="cli:ana")


async def test_what_a_delete_costs_is_counted_once(room: Room) -> None:
    article_id = room.queue({"x-main": "one"})
    await room.run()
    before = room.app.ledger.channels.get_spending("x-main", now=room.clock.now())
    room.sandbox.faults.add("x", "DELETE *", "reset_after_processing")
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    await room.run()
    room.move(minutes=1)
    await room.run()
    after = room.app.ledger.channels.get_spending("x-main", now=room.clock.now())
    assert after - before == Decimal("0.01")
    assert room.public()["x-main"] == []


async def test_a_thread_that_is_being_sent_stops_before_its_next_part(room: Room) -> None:
    now = room.clock.now()
    parts = tuple(Part(word, 3, 4096) for word in ("one", "two"))
    new = NewPost(Draft("tg-en", "telegram", parts), now, None, None)
    article_id = room.app.ledger.articles.add_article("by hand", Article(URL, "x", URL), now=now)
    room.app.ledger.posts.queue_posts(article_id, [new], now=now, again=False)
    claim = claim_next(room.app.ledger.delivery, "tg-en", ClaimTerms(), now=now, lease=timedelta(minutes=1))
    assert isinstance(claim, Claim)
    receipt = await room.app.channels["tg-en"].send(parts[0], after=None)
    room.app.withdrawals.takedown(article_id, by="cli:ana")
    more = store_part(
        room.app.ledger.delivery, claim.post.id, receipt, ClaimTerms(), now=now, lease=timedelta(minutes=1)
    )
    assert more is None
    await room.run()
    assert room.public()["tg-en"] == []
    assert room.posts(article_id)["tg-en"].state is PostState.WITHDRAWN
    assert len(room.sandbox.telegram.chat("@sandbox").deleted) == 1


# ---------------------------------------------------------------- digests


@asynccontextmanager
async def gathering(folder: Path, **more: Any) -> AsyncIterator[tuple[Room, list[str], Post]]:
    """Two articles that were out on tg-en and printed, and their digest, made and not yet sent."""
    digest = {"digest": {"at": "18:00", "most": 5}}
    async with opened(folder, tg_en=digest, printed=digest | more) as room:
        made = []
        for name in ("harbour", "bridge"):
            article = Article(name, f"Words of {name}.", f"https://example.org/{name}", f"About {name}")
            ledger, now = room.app.ledger, room.clock.now()
            made.append(ledger.articles.add_article("by hand", article, now=now))
            new = [room._new(channel, name, photo=False) for channel in ("tg-en", "printed")]
            ledger.posts.queue_posts(made[-1], new, now=now, again=True)
        await room.run()
        room.move(hours=24)
        digests = {post.channel: post for post in room.app.regulars.make() if post.role == "digest"}
        yield room, made, digests["tg-en"]


def shown(room: Room, post: Post) -> str:
    return room.app.ledger.posts.get_post(post.id).parts[0].text


async def test_a_digest_that_waits_goes_out_without_what_was_taken_down(tmp_path: Path) -> None:
    async with gathering(tmp_path) as (room, (harbour, _), digest):
        assert "About harbour" in shown(room, digest)
        report = room.app.withdrawals.takedown(harbour, by="cli:ana")
        assert "About harbour" not in shown(room, digest)
        assert "About bridge" in shown(room, digest)
        assert ("tg-en", digest.id, "recomposed") in {(x.channel, x.post_id, x.state) for x in report.lines}
        kept = room.app.ledger.articles.get_article(digest.article_id).article
        assert kept
        assert "harbour" not in kept.text
        await room.run()
        assert "About harbour" not in str(room.public()["tg-en"])
        assert "About bridge" in str(room.public()["tg-en"])


async def test_a_digest_that_is_out_is_edited_or_deleted_as_its_channel_can(tmp_path: Path) -> None:
    async with gathering(tmp_path) as (room, (harbour, _), digest):
        await room.run()
        printed = next(
            post
            for post in room.app.ledger.posts.list_posts()
            if post.role == "digest" and post.channel != "tg-en"
        )
        report = room.app.withdrawals.takedown(harbour, by="cli:ana")
        of_it = {line.post_id: line.state for line in report.lines}
        assert of_it[digest.id] == of_it[printed.id] == "waiting"
        await room.run()
        of_it = {x.post_id: x.state for x in room.app.withdrawals.report(report.action).lines}
        assert of_it[digest.id] == "edited"
        assert of_it[printed.id] == "manual"
        assert "About harbour" not in str(room.public()["tg-en"])
        assert "About bridge" in str(room.public()["tg-en"])
        assert room.app.ledger.posts.get_post(digest.id).state is PostState.SENT
        assert room.app.ledger.posts.get_post(printed.id).state is PostState.WITHDRAWN


async def test_a_digest_of_nothing_else_goes_whole(tmp_path: Path) -> None:
    async with gathering(tmp_path) as (room, (harbour, bridge), digest):
        room.app.withdrawals.takedown(bridge, by="cli:ana")
        report = room.app.withdrawals.takedown(harbour, by="cli:ana")
        assert room.app.ledger.posts.get_post(digest.id).state is PostState.CANCELLED
        assert (digest.id, "cancelled") in {(line.post_id, line.state) for line in report.lines}
        await room.run()
        assert not [text for text in room.public()["tg-en"] if "About" in text]


# ---------------------------------------------------------------- redaction

CANARY = "Zephyrine Quillfeather embezzled the orphanage's marmalade fund"


def dumped(room: Room) -> str:
    """Everything that is in the database: each row of every table, and SQLite's whole file."""
    found = []
    with room.app.ledger._database.read() as tx:
        for table in schema.metadata.sorted_tables:
            rows = tx.execute(text(f"SELECT * FROM {table}")).mappings()
            found += [f"{table.name} {dict(row)}" for row in rows]
    url = room.app.ledger._database.url
    if url.drivername.startswith("sqlite"):
        path = Path(str(url.database))
        with closing(sqlite3.connect(path)) as plain:
            plain.execute("VACUUM")
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found += [each.read_bytes().decode("latin-1") for each in path.parent.glob(f"{path.name}*")]
    return "\n".join(found)


async def test_no_sentence_of_what_was_redacted_is_left_in_the_database(tmp_path: Path, url: str) -> None:
    digest = {"digest": {"at": "18:00", "most": 5}}
    async with opened(tmp_path, url, tg_en=digest, printed=digest) as room:
        ledger, now = room.app.ledger, room.clock.now()
        bridge = "https://example.org/bridge"
        other = room.queue({"tg-en": "The bridge is open"}, url=bridge, title="Bridge open")
        texts = {"tg-en": f"<b>{CANARY}</b>", "x-main": CANARY, "printed": CANARY, "tg-photo": CANARY}
        address = "https://example.org/quillfeather-marmalade"
        article_id = room.queue(texts, url=address, text=f"{CANARY}. It was 4.2 million.", title=CANARY)
        await room.run()
        room.app.corrections.fix(article_id, "embezzled", "borrowed", by="cli:ana")
        await room.run()
        room.move(hours=24)
        room.app.regulars.make()
        await room.run()
        like = room.queue({}, url="https://example.org/like", title="Something like it")
        held = room._new("tg-ur", "Another", photo=False)
        held = replace(held, held_for=Code.SIMILAR_TITLE(id=article_id, title=CANARY))
        ledger.posts.queue_posts(like, [held], now=now, again=True)
        said = (f"/edit {article_id} {CANARY} today", f"/post {address}", f"/show {other}")
        for told in [DeskUpdate(1, n, now, 1, 111, each) for n, each in enumerate(said)]:
            ledger.desk.store_update(told)
            ledger.desk.finish_update(told, f"<b>{CANARY}</b>: shown")
        ledger.desk.save_memo("desk: trouble x", f"Failed: {CANARY}", now=now)
        card = ledger.desk.add_card(1, "article", article_id, now=now)
        ledger.desk.update_card(card.id, message_id=7, shown="digest", closed_at=now)
        assert dumped(room).count("marmalade fund") > len(texts)
        room.app.withdrawals.takedown(article_id, by="cli:ana", redact=True)
        await room.run()
        words = re.compile("marmalade|Quillfeather", re.IGNORECASE)
        assert [line[:300] for line in dumped(room).splitlines() if words.search(line)] == []
        assert ledger.actions.is_blocked(url=address), "it is known by its key"
        assert [each.subject for each in ledger.desk.list_cards()] == [article_id], (
            "its card has to be shown again"
        )
        kept = ledger.desk.get_update(1, 2)
        assert kept
        assert kept.said == f"/show {other}"
        assert ledger.articles.get_article(other).title == "Bridge open"
        assert find_anomaly_kind(ledger.posts.list_posts(article_id=like)[0].held_for) == "alike"
