"""What needs a person, as it is now: whichever service changed it, and whatever was read before."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Item, Post, PostEvent, PostState
from newsbot.newsroom.alerts import Alert, AlertFinder
from newsbot.newsroom.anomalies import describe_flood
from newsbot.newsroom.stranded import find_stranded
from newsbot.ports import AmendmentResult, AmendmentTerms, NewAction, NewAmendment, PollResult
from newsbot.reasons import Code
from tests.ledger.conftest import Open
from tests.ledger.exchanges import record_poll, settle_call
from tests.ledger.hot import FixedClock
from tests.ledger.making import HOUR, LEASE, NOW, add, article, claimed, new_post, part, sent

DAY = timedelta(days=1)
Look = Callable[[], list[Alert]]


@pytest.fixture
def other(opened: Open) -> Ledger:
    """The ledger of a second service, which works while the first one looks."""
    return opened()


@pytest.fixture
def look(opened: Open) -> Look:
    """What one and the same desk shows, each time that it is asked."""
    troubles = AlertFinder(
        opened(), FixedClock(), sources=(), channels=("tg",), budgets={}, targets={"tg": "console:here"}
    )
    return lambda: troubles.read_posts(troubles.now())


def refuse(ledger: Ledger, why: str) -> Post:
    post = claimed(ledger).post
    return settle_call(
        ledger.delivery, post.id, PostEvent.REFUSE, Failure("refused", Code.TEXT(words=why)), now=NOW
    )


def test_a_post_that_fails_again_is_another_alert_with_its_own_reason(look: Look, other: Ledger) -> None:
    add(other)
    post = refuse(other, "the bot is no member")
    [first] = look()
    assert (first.kind, str(first.why), first.post) == ("failed", "the bot is no member", post)
    other.posts.apply_event(post.id, PostEvent.RETRY, by="cli:ana", now=NOW)
    assert look() == []
    post = refuse(other, "the text is too long")
    [second] = look()
    assert (str(second.why), second.post) == ("the text is too long", post)
    assert second.key != first.key


def test_an_edited_article_is_shown_with_its_new_title(look: Look, other: Ledger) -> None:
    [number] = record_poll(
        other.sources, "site", PollResult(NOW + HOUR, take=(Item("g1", title="Old"),)), now=NOW
    )
    [found] = other.articles.claim_found("site", now=NOW, lease=LEASE)
    why = describe_flood("site", 30, 2)
    other.articles.store_read_article(
        found.article_id, article(title="Old"), [new_post(held_for=why)], now=NOW
    )
    [before] = look()
    assert before.post
    assert before.post.article_title == "Old"
    edited = PollResult(NOW + HOUR, changed=(Item("g1", title="New", text="Other words."),))
    record_poll(other.sources, "site", edited, now=NOW)
    [change] = other.changes.claim_changes("site", now=NOW, lease=LEASE)
    other.changes.settle_edit(change, article(title="New"), {}, {}, now=NOW)
    [after] = look()
    assert after.post == other.posts.list_posts(article_id=number)[0]
    assert after.post.article_title == "New"
    assert after.key == before.key, "it is told once"


def test_what_is_settled_is_no_alert_any_more(look: Look, other: Ledger) -> None:
    add(other)
    post = claimed(other).post
    settle_call(
        other.delivery, post.id, PostEvent.LOSE, Failure("unknown", Code.TEXT(words="no answer")), now=NOW
    )
    [unknown] = look()
    assert (unknown.kind, str(unknown.why), unknown.since) == ("unknown", "no answer", NOW)
    assert unknown.post
    assert unknown.post.state is PostState.UNKNOWN
    other.posts.apply_event(post.id, PostEvent.FIND, by="cli:ana", now=NOW + HOUR)
    assert look() == []


def test_an_amendment_that_fails_is_an_alert_until_it_is_done_by_hand(look: Look, other: Ledger) -> None:
    add(other)
    out = sent(other)
    assert look() == []
    gone = NewAmendment(out.id, 0, "delete", before=part())
    seen = tuple(other.posts.list_posts(article_id=out.article_id))
    other.actions.perform_action(
        NewAction("withdraw", out.article_id, "cli:ana", None, amendments=(gone,), seen=seen), now=NOW
    )
    found = other.actions.claim_amendment("tg", AmendmentTerms(), now=NOW, lease=LEASE)
    assert isinstance(found, tuple)
    assert look() == []
    by_hand = AmendmentResult(
        failure=Failure("too-old", Code.TEXT(words="it is older than two days")), by_hand=True
    )
    other.actions.settle_amendment(found[0], by_hand, now=NOW)
    [told] = look()
    assert (told.kind, str(told.why), told.link) == (
        "amendment",
        "it is older than two days",
        "https://t.me/example/0",
    )
    assert (told.by_hand, told.post) == (True, other.posts.get_post(out.id))
    other.actions.record_manual_removal(out.id, by="cli:ana", now=NOW)
    assert look() == []


def test_what_waits_for_a_channel_that_is_gone_is_one_alert_for_all_of_it(look: Look, other: Ledger) -> None:
    first, second = add(other, new_post("gone"), new_post("gone", due_at=NOW + HOUR, held_for="approval"))
    [told] = look()
    assert (told.kind, told.name, told.post_ids) == ("stranded", "gone", (first.id, second.id))
    other.posts.apply_event(first.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    assert [each.post_ids for each in look()] == [(second.id,)]
    [found] = find_stranded(other.alerts, {"tg": None})
    assert ([post.id for post in found.waiting], found.amendments) == ([second.id], 0)


def test_names_and_targets_may_hold_any_character(other: Ledger) -> None:
    """They stand in the text of the statement, where quotes, percent signs and colons have meanings."""
    names = ["it's", 'a "b"', "50%", "%s %(x)s", ":name", "a\\b", "ف"]
    posts = {name: add(other, new_post(name, target=f"{name}:1"))[0] for name in names}
    same: dict[str, str | None] = {name: f"{name}:1" for name in names}
    assert other.alerts.list_urgent_posts(same) == []
    for name in names:
        found = other.alerts.list_urgent_posts(same | {name: f"{name}:2"})
        assert [each.id for each in found] == [posts[name].id]


def test_what_only_waits_for_its_approval_is_no_alert(look: Look, other: Ledger) -> None:
    add(other, new_post(held_for="approval"), new_post())
    assert look() == []


def test_what_failed_is_an_alert_for_a_day(other: Ledger) -> None:
    add(other)
    refuse(other, "no")
    [failed], count = other.alerts.list_recent_failures(since=NOW, limit=5)
    assert (failed.attempts, count) == (1, 1)
    within_its_minute = NOW.replace(second=59)
    assert other.alerts.list_recent_failures(since=within_its_minute, limit=5) == ([failed], 1)
    assert other.alerts.list_recent_failures(since=NOW + DAY, limit=5) == ([], 0)


def test_of_many_failed_posts_the_rest_is_counted(look: Look, other: Ledger) -> None:
    add(other, *(new_post() for _ in range(52)))
    for _ in range(52):
        refuse(other, "no")
    found, count = other.alerts.list_recent_failures(since=NOW, limit=2)
    assert (len(found), count) == (2, 52)
    assert [each.others for each in look() if each.kind == "failed too"] == [2]
