"""Alerts go before cards and leave none out; what asks a person can be answered, also by leaving it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from newsbot.desk import card_sync as following
from newsbot.desk.card_sync import CardSync
from newsbot.desk.cards import render_card
from newsbot.desk.i18n import Translator
from newsbot.desk.messenger import ChatRateLimiter, Rank
from newsbot.ledger import ids
from newsbot.ledger.articles import refresh_article
from newsbot.ledger.transitions import note
from newsbot.model import Failure, Item, Post, PostEvent, Receipt, TimelineEvent
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.status import list_needs
from newsbot.newsroom.wording import say_charge
from newsbot.ports import ClaimTerms, NewAction, NewAmendment, PollResult
from newsbot.reasons import Code, PlatformCode, Reason
from tests.ledger.exchanges import record_poll, settle_call, store_part
from tests.ledger.making import LEASE, add, claimed, new_post, part

from .stand import ADMIN, EDITOR, GROUP, Stand, standing


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        await CardSync(made.desk).update_all()  # a desk that is new begins with what is new
        yield made


def fail(stand: Stand, guid: str = "failed") -> Post:
    now = stand.clock.now()
    [post] = add(stand.ledger, new_post("tg", due_at=now), guid=guid, now=now)
    claimed(stand.ledger, "tg", now=now)
    return settle_call(
        stand.ledger.delivery,
        post.id,
        PostEvent.REFUSE,
        Failure("refused", Code.TEXT(words="chat not found")),
        now=now,
    )


def send(stand: Stand, note: Reason | None = None) -> Post:
    now = stand.clock.now()
    [post] = add(stand.ledger, new_post("tg", due_at=now), guid=f"sent {note}", now=now)
    claimed(stand.ledger, "tg", now=now)
    receipt = Receipt(0, "1", "https://t.me/example/1", note)
    store_part(stand.ledger.delivery, post.id, receipt, ClaimTerms(), now=now, lease=LEASE)
    return stand.ledger.posts.get_post(post.id)


def flag(
    stand: Stand,
    post: Post,
    detail: Reason | str = "title: Tram -> Trams",
    event: TimelineEvent = TimelineEvent.ARTICLE_EDITED,
) -> None:
    """Its source did that to its article."""
    with stand.ledger._database.write() as tx:
        number = ids.post_number(post.id)
        reason = detail if isinstance(detail, Reason) else Code.TEXT(words=detail)
        note(tx, number, event, by="system", now=stand.clock.now(), detail=reason)


class NoCards(ChatRateLimiter):
    """A group whose cards have to wait."""

    @asynccontextmanager
    async def wait_for_turn(self, chat_id: int, rank: Rank) -> AsyncIterator[None]:  # noqa: ARG002
        if rank == "card":
            await asyncio.Event().wait()
        yield


async def test_an_alert_is_said_while_cards_wait_for_their_pace(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_EVERY", 0.01)
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    stand.desk.voice.pace = NoCards()
    fail(stand)
    for number in range(30):
        stand.post(title=f"story {number}")
    look = asyncio.create_task(CardSync(stand.desk).update_all())
    messages = stand.sandbox.telegram.chats[GROUP].messages
    async with asyncio.timeout(60):
        while not messages:
            await asyncio.sleep(0.01)
    look.cancel()
    await asyncio.wait({look})
    assert [message.text.split(":")[0] for message in messages] == ["Failed"]


def test_answers_go_before_alerts_and_alerts_before_cards() -> None:
    now = 100.0
    pace = ChatRateLimiter(lambda: now)
    lane = pace.get_pace(GROUP)
    ranks: tuple[Rank, ...] = ("answer", "alert", "card")
    lane.waiting["alert"] = 1
    assert [pace.get_wait(GROUP, rank) <= 0 for rank in ranks] == [True, True, False]
    lane.waiting["answer"] = 1
    assert [pace.get_wait(GROUP, rank) <= 0 for rank in ranks] == [True, False, False]
    lane.waiting.clear()
    lane.ended.extend([now - 1.0] * 14)
    assert [pace.get_wait(GROUP, rank) <= 0 for rank in ranks] == [True, True, False]
    lane.ended.extend([now - 1.0] * 3)
    assert [pace.get_wait(GROUP, rank) <= 0 for rank in ranks] == [True, False, False]


async def test_posts_that_failed_besides_the_latest_are_counted(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.alerts._MOST_FAILED", 3)
    for number in range(3):
        fail(stand, f"g{number}")
    look = AlertFinder(stand.ledger, stand.clock, sources=(), channels=("tg",), budgets={})
    assert [one.kind for one in look.now()] == ["failed"] * 3
    for number in range(3, 8):
        fail(stand, f"g{number}")
    assert [(one.kind, one.others) for one in look.now()[3:]] == [("failed too", 5)]
    assert len({one.key for one in look.now()}) == 4


async def test_what_is_out_and_edited_since_can_be_left_as_it_is(stand: Stand) -> None:
    post = send(stand)
    flag(stand, post)
    [line] = list_needs(stand.ledger, stand.clock, sources=(), channels=("tg",))
    assert f"newsbot skip {post.id} leaves it as it is" in line
    [said] = await stand.says(EDITOR, "/status")
    assert f"Out, and their articles changed since: {post.id}." in said
    assert f"/skip {post.id}" in said
    [said] = await stand.says(EDITOR, f"/skip {post.id}")
    assert "Left as it is." in said
    assert list_needs(stand.ledger, stand.clock, sources=(), channels=("tg",)) == []
    [said] = await stand.says(EDITOR, "/status")
    assert "changed since" not in said
    assert [event.event for event in stand.ledger.posts.list_events(post.id)][-1] == "left as it is"
    [said] = await stand.says(EDITOR, f"/skip {post.id}")
    assert f"{post.id} is out: that can't be done now." in said
    flag(stand, post, "title: Trams -> Tram")
    assert len(list_needs(stand.ledger, stand.clock, sources=(), channels=("tg",))) == 1, (
        "a later edit asks again"
    )


async def test_a_fix_in_question_has_a_button_that_leaves_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    post = send(stand)
    flag(
        stand,
        post,
        Code.CORRECTION_UNDONE(by="tg:1"),
    )
    stand.clock.at += timedelta(minutes=1)
    await CardSync(stand.desk).update_all()
    assert "Fix it again?" in stand.sandbox.telegram.chats[GROUP].messages[-1].text
    [said] = await stand.presses(EDITOR, stand.buttons()["Leave it: tg"])
    assert said.startswith("Left as it is.")
    assert stand.ledger.changes.list_flagged_posts(["tg"], since=stand.clock.now() - LEASE) == []


async def test_an_article_that_is_gone_at_its_source_is_taken_down_or_left_up_by_one_word(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    post = send(stand)
    flag(stand, post, "the article is not published at its source any more", event=TimelineEvent.ARTICLE_GONE)
    [said] = await stand.says(EDITOR, "/status")
    assert f"Out, and not published at their source any more: {post.article_id}." in said
    assert f"/takedown {post.article_id} takes one away everywhere, /skip {post.article_id} leaves" in said
    assert "changed since" not in said
    stand.clock.at += timedelta(minutes=1)
    await CardSync(stand.desk).update_all()
    alert = stand.sandbox.telegram.chats[GROUP].messages[-1].text
    assert alert.startswith(
        "Take it down? Title is out on tg, and its article is not published at its source"
    )
    assert f"/takedown {post.article_id} takes it away everywhere, /skip {post.article_id} leaves" in alert
    [said] = await stand.presses(EDITOR, stand.buttons()["Leave it: tg"])
    assert said.startswith("Left as it is.")
    assert stand.ledger.changes.list_flagged_posts(["tg"], since=stand.clock.now() - LEASE) == []


async def test_an_edit_of_what_is_out_is_told_and_taken_over_by_two_presses(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    post = send(stand)
    number = ids.article_number(post.article_id)
    known = stand.ledger.articles.get_article(post.article_id).article
    assert known
    edited = replace(known, title="Trams on Wednesday", text="The trams start on Wednesday, not before.")
    with stand.ledger._database.write() as tx:
        refresh_article(tx, number, edited, now=stand.clock.now())
    flag(stand, post, 'title: "Trams on Tuesday" > "Trams on Wednesday"')
    stand.clock.at += timedelta(minutes=1)
    await CardSync(stand.desk).update_all()
    alert = stand.sandbox.telegram.chats[GROUP].messages[-1].text
    assert alert.startswith("Update it? ")
    assert "Wednesday" in alert
    assert list(stand.buttons()) == ["Update", "Leave it"]
    (asked,) = await stand.presses(EDITOR, stand.buttons()["Update"])
    assert asked.startswith("This would change:")
    assert stand.ledger.actions.list_actions(post.article_id) == []
    await stand.presses(EDITOR, stand.buttons()["Yes, put it right"])
    [action] = stand.ledger.actions.list_actions(post.article_id)
    assert action.what == "correct"


async def test_an_article_that_could_not_be_posted_is_told(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    ledger, now = stand.ledger, stand.clock.now()
    result = PollResult(now + timedelta(hours=1), take=(Item("unread"),))
    [found] = record_poll(ledger.sources, "site", result, now=now)
    ledger.articles.claim_found("site", now=now, lease=timedelta(hours=1))
    why = Failure("read", Code.TEXT(words="there is no text in it"))
    ledger.articles.postpone_article(found, why, retry_at=None, title="The night bus")
    stand.clock.at += timedelta(minutes=1)
    await CardSync(stand.desk).update_all()
    alert = stand.sandbox.telegram.chats[GROUP].messages[-1].text
    assert alert == "Not posted: The night bus: there is no text in it"


async def test_a_source_that_is_read_again_is_told_once_to_those_who_were_told(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look is that of a service that has just started."""
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    messages = stand.sandbox.telegram.chats[GROUP].messages
    read, fails = (
        PollResult(stand.clock.now()),
        PollResult(stand.clock.now(), error=Failure("fetch", Code.TEXT(words="no answer"))),
    )

    async def look(*results: PollResult) -> list[str]:
        for each in results:
            stand.clock.at += timedelta(hours=1)
            record_poll(stand.ledger.sources, "drop", each, now=stand.clock.now())
        before = len(messages)
        await CardSync(stand.desk).update_all()
        return [message.text for message in messages[before:]]

    assert await look(read, fails, fails, read) == []
    assert await look(fails, fails, fails) == ["drop can't be read: no answer"]
    assert await look(read, fails) == [], "it fails again"
    assert await look(read) == ["drop is read again. It could not be read for 6 hours, since 16:00."]
    assert await look() == []
    assert await look(read) == []


async def test_that_a_source_is_read_again_is_not_told_to_a_chat_that_did_not_know(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsbot.newsroom.notices._GATHER", timedelta(0))
    messages = stand.sandbox.telegram.chats[GROUP].messages
    told = f'{{"since": null, "chats": [{EDITOR}]}}'
    stand.ledger.alerts.record_notices({"trouble:failing:drop": told}, stand.clock.now())
    record_poll(stand.ledger.sources, "drop", PollResult(stand.clock.now()), now=stand.clock.now())
    await CardSync(stand.desk).update_all()
    assert messages == []
    assert stand.ledger.alerts.list_notices("trouble") == []


async def test_a_photo_that_was_left_out_is_said_on_the_card_and_by_show(stand: Stand) -> None:
    late = PlatformCode.PHOTO_LATE(url="https://example.org/a.jpg", n=5)
    post = send(stand, PlatformCode.PHOTO_LEFT_OUT(why=late))
    await CardSync(stand.desk).update_all()
    card = stand.sandbox.telegram.chats[GROUP].messages[-1].text
    for text in (card, *await stand.says(EDITOR, f"/show {post.id}")):
        assert "⚠ photo left out: https://example.org/a.jpg took longer than 5 s" in text


async def test_what_is_to_be_taken_down_is_public_until_it_is_gone(stand: Stand) -> None:
    post, now, words = send(stand), stand.clock.now(), Translator("en", UTC, now=stand.clock.now())
    removal = NewAmendment(post.id, 0, "delete", post.parts[0])
    new = NewAction("takedown", post.article_id, "tg:111", seen=(post,), amendments=[removal], block=True)
    stand.ledger.actions.perform_action(new, now=now)
    card = render_card(stand.desk.room, [stand.ledger.posts.get_post(post.id)], words)
    assert ("tg · is to be taken down, and still public" in card.text, card.over) == (True, False)
    for command in ("show", "why"):
        [said] = await stand.says(ADMIN, f"/{command} {post.id}")
        assert "tg: it was asked 12:00 to be taken down, and is still public." in said
    stand.ledger.actions.record_manual_removal(post.id, by="tg:111", now=now)
    card = render_card(stand.desk.room, [stand.ledger.posts.get_post(post.id)], words)
    assert ("tg · withdrawn" in card.text, card.over) == (True, True)
    assert "still public" not in "".join(await stand.says(ADMIN, f"/show {post.id}"))


@pytest.mark.parametrize(
    ("usd", "texts", "said"),
    [
        ("0.015", ("Words.",), "$0.015 for a post"),
        ("0.20", ("Words https://example.org/a",), "$0.20 for a post with a link"),
        ("0.215", ("Words https://example.org/a", "More."), "$0.215 for a post with a link and a post"),
        ("0.4", ("example.org", "example.com"), "$0.40 for 2 posts with a link"),
    ],
)
def test_a_price_says_what_it_is_for(usd: str, texts: tuple[str, ...], said: str) -> None:
    assert say_charge(Decimal(usd), [part(text) for text in texts]) == said


def test_a_photos_words_are_named_where_they_cost() -> None:
    assert say_charge(Decimal("0.020"), [part(photo=True)]) == "$0.02 for a post and an alt text"


async def test_status_names_the_articles_that_could_not_be_posted(stand: Stand) -> None:
    """As the command line does: both ask the newsroom what needs a person."""
    ledger, now = stand.ledger, stand.clock.now()
    later = now + timedelta(hours=1)
    [found] = record_poll(ledger.sources, "site", PollResult(later, take=(Item("unread"),)), now=now)
    ledger.articles.claim_found("site", now=now, lease=timedelta(hours=1))
    why = Failure("read", Code.TEXT(words="there is no text in it"))
    ledger.articles.postpone_article(found, why, retry_at=None, title="The night bus")
    [said] = await stand.says(EDITOR, "/status")
    assert f"Not posted: The night bus, {found}: there is no text in it" in said
    [shown] = ledger.articles.list_failed_articles(since=now - later.resolution)
    assert shown.title == "The night bus"
