"""What the timer of many processes asks the ledger: what is due, and what nobody does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from newsbot.ledger.ledger import Ledger
from newsbot.model import Item
from newsbot.ports import IllustratedPost, PollResult
from tests.ledger.exchanges import claim_poll, record_poll
from tests.ledger.making import HOUR, LEASE, NOW, SECOND, add, article, new_post, part, poll

MINUTE = timedelta(minutes=1)


def polled(ledger: Ledger, **next_polls: int) -> None:
    """Sources that were polled, and the seconds until they are due."""
    for name, seconds in next_polls.items():
        record_poll(ledger.sources, name, PollResult(NOW + seconds * SECOND), now=NOW)


def test_due_sources_come_longest_due_first_and_only_so_many(ledger: Ledger) -> None:
    polled(ledger, a=-1, b=-3, c=-2, later=7, latest=9)
    due, following = ledger.due_work.list_due_sources(now=NOW, most=2)
    assert list(due.items()) == [("b", NOW - 3 * SECOND), ("c", NOW - 2 * SECOND)]
    assert following == NOW + 7 * SECOND
    due, following = ledger.due_work.list_due_sources(now=NOW, most=9, without=["b", "later"])
    assert list(due) == ["c", "a"]
    assert following == NOW + 9 * SECOND


def test_blocked_sources_are_not_due(ledger: Ledger) -> None:
    polled(ledger, a=-1, b=7)
    for name in ("a", "b"):
        ledger.sources.block_source(name, by="cli:ana", now=NOW)
    assert ledger.due_work.list_due_sources(now=NOW, most=9) == ({}, None)


def test_a_source_that_a_service_polls_is_due_again_once_the_service_has_ended(
    opened: Callable[[], Ledger],
) -> None:
    here, there = opened(), opened()
    if here._database.sqlite:
        pytest.skip("one service runs on SQLite")
    here.acquire_instance_lock()
    there.acquire_instance_lock()
    assert here.due_work.filter_unpolled_sources(["a", "b"]) == {"a", "b"}
    polled(there, b=-1)
    for name in ("a", "b"):
        assert claim_poll(there.sources, name, now=NOW, lease=MINUTE)
    assert here.due_work.filter_unpolled_sources(["a", "b"]) == set()
    assert here.due_work.list_due_sources(now=NOW, most=9) == ({}, None)
    there.close()
    assert here.due_work.list_due_sources(now=NOW, most=9, held=False) == ({}, None)
    due = {"a": None, "b": NOW - SECOND}
    assert here.due_work.list_due_sources(now=NOW, most=9) == (due, None)
    assert here.due_work.list_due_sources(now=NOW + MINUTE, most=9, held=False) == (due, None)


def test_a_service_gives_back_the_polls_that_it_could_not_store(opened: Callable[[], Ledger]) -> None:
    here, there = opened(), opened()
    here.acquire_instance_lock()
    if here._database.sqlite:
        pytest.skip("the one service keeps its claims in memory")
    there.acquire_instance_lock()
    polled(here, a=-1)
    assert claim_poll(here.sources, "a", now=NOW, lease=MINUTE)
    there.sources.release_polls(["a"])
    here.sources.release_polls(["b"])
    assert claim_poll(there.sources, "a", now=NOW, lease=MINUTE) is None
    here.sources.release_polls(["a"])
    assert claim_poll(there.sources, "a", now=NOW, lease=MINUTE)


def test_sources_that_were_polled_before_the_clock_was_set_back_are_named(ledger: Ledger) -> None:
    polled(ledger, a=1)
    assert ledger.due_work.list_sources_polled_ahead(now=NOW - SECOND) == []
    assert ledger.due_work.list_sources_polled_ahead(now=NOW - HOUR) == ["a"]


def test_sources_wait_whose_articles_or_changes_can_be_claimed(opened: Callable[[], Ledger]) -> None:
    here, there = opened(), opened()
    there.acquire_instance_lock()
    assert here.due_work.list_waiting_sources(now=NOW) == []
    poll(there, "a")
    assert here.due_work.list_waiting_sources(now=NOW) == ["site"]
    [found] = there.articles.claim_found("site", now=NOW, lease=LEASE)
    assert there.due_work.list_waiting_sources(now=NOW) == []
    assert there.due_work.list_waiting_sources(now=NOW + LEASE) == ["site"]
    there.articles.store_read_article(found.article_id, article("a"), [], now=NOW)
    record_poll(there.sources, "site", PollResult(NOW, changed=(Item("a", title="Other"),)), now=NOW)
    assert there.due_work.list_waiting_sources(now=NOW) == ["site"]
    assert there.changes.claim_changes("site", now=NOW, lease=LEASE)
    assert there.due_work.list_waiting_sources(now=NOW) == []
    there.close()
    if not here._database.sqlite:
        here.acquire_instance_lock()
        assert here.due_work.list_waiting_sources(now=NOW) == ["site"]


def test_an_item_knows_of_claims_on_those_before_it(ledger: Ledger) -> None:
    first, second, third = poll(ledger, "a", "b", "c")
    ledger.articles.claim_found("site", now=NOW, lease=LEASE, limit=2)
    until = NOW + LEASE - SECOND
    assert not ledger.articles.has_earlier_claim("site", first, until=until)
    assert ledger.articles.has_earlier_claim("site", third, until=until)
    assert not ledger.articles.has_earlier_claim("other", third, until=until)
    assert not ledger.articles.has_earlier_claim("site", third, until=NOW + LEASE)
    ledger.articles.store_read_article(first, article("a"), [], now=NOW)
    assert not ledger.articles.has_earlier_claim("site", second, until=until)


def test_channels_with_breaking_news_that_is_due_are_named(ledger: Ledger) -> None:
    add(
        ledger,
        new_post("tg"),
        new_post("x", breaking=True),
        new_post("far", due_at=NOW + HOUR, breaking=True),
    )
    add(ledger, new_post("held", breaking=True, held_for="approval"), guid="g2")
    assert ledger.due_work.list_breaking_channels(until=NOW) == ["x"]


def test_photos_of_all_channels_are_known_before_their_posts_are_due(ledger: Ledger) -> None:
    photo = (part(photo=True),)
    late = add(ledger, new_post("tg", parts=photo, due_at=NOW + MINUTE), guid="g1")
    soon = add(ledger, new_post("x", parts=photo, due_at=NOW + SECOND), new_post("tg"), guid="g2")
    add(ledger, new_post("past", parts=photo, due_at=NOW - SECOND), guid="g3")
    add(ledger, new_post("held", parts=photo, due_at=NOW + SECOND, held_for="approval"), guid="g4")
    add(ledger, new_post("far", parts=photo, due_at=NOW + HOUR), guid="g5")
    urls = (photo[0].media[0].url,)
    assert ledger.delivery.list_all_illustrated_posts(now=NOW, until=NOW + MINUTE) == [
        IllustratedPost(soon[0].id, "x", NOW + SECOND, breaking=False, urls=urls),
        IllustratedPost(late[0].id, "tg", NOW + MINUTE, breaking=False, urls=urls),
    ]
