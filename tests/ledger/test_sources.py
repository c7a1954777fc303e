"""Sources and articles: polls claimed once, items stored with the poll's memory, read under a lease."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from newsbot.errors import UsageError
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Image, Item
from newsbot.ports import PollResult, SourceState
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_poll, compare_items, get_source, record_poll
from tests.ledger.making import HOUR, LEASE, NOW, SECOND, add, article, new_post, poll

MINUTE = timedelta(minutes=1)
ERROR = Failure("fetch", Code.TEXT(words="the site does not answer"))


def unseen(ledger: Ledger, *guids: str, source: str = "site") -> frozenset[str]:
    return compare_items(ledger.sources, source, [Item(guid) for guid in guids]).new


def test_a_source_that_was_never_polled_is_new(ledger: Ledger) -> None:
    assert get_source(ledger.sources, "site") == SourceState("site")


def test_a_poll_is_claimed_once_until_its_lease_is_over(opened: Callable[[], Ledger]) -> None:
    here, there = opened(), opened()
    assert claim_poll(here.sources, "site", now=NOW, lease=MINUTE) == SourceState("site")
    assert claim_poll(there.sources, "site", now=NOW, lease=MINUTE) is None
    assert claim_poll(here.sources, "site", now=NOW, lease=MINUTE) is None
    assert claim_poll(there.sources, "site", now=NOW + MINUTE, lease=MINUTE) is not None


def test_a_poll_is_due_after_its_interval_or_when_the_last_is_old_enough(ledger: Ledger) -> None:
    poll(ledger)
    assert claim_poll(ledger.sources, "site", now=NOW + MINUTE, lease=MINUTE) is None
    assert claim_poll(ledger.sources, "site", now=NOW + MINUTE, lease=MINUTE, least=2 * MINUTE) is None
    assert claim_poll(ledger.sources, "site", now=NOW + MINUTE, lease=MINUTE, least=MINUTE) is not None
    assert claim_poll(ledger.sources, "site", now=NOW + HOUR, lease=MINUTE) is not None


def test_a_poll_leaves_items_and_memory_together(ledger: Ledger) -> None:
    taken, recorded = Item("b"), Item("a")
    result = PollResult(NOW + HOUR, {"etag": "e"}, (taken,), (recorded,), first_sight=True)
    [article_id] = record_poll(ledger.sources, "site", result, now=NOW)
    assert claim_poll(ledger.sources, "site", now=NOW + HOUR, lease=MINUTE) == SourceState(
        "site", "ok", {"etag": "e"}, NOW, NOW, NOW, NOW + HOUR, usual_new=0.0, read_at=NOW
    )
    assert unseen(ledger, "a", "b", "c") == {"c"}
    assert unseen(ledger, "a", source="other") == {"a"}
    [found] = ledger.articles.claim_found("site", now=NOW, lease=LEASE)
    assert (found.article_id, found.item, found.first_sight) == (article_id, taken, True)


def test_an_item_that_the_source_had_is_passed_over(ledger: Ledger) -> None:
    assert len(poll(ledger, "a", "b")) == 2
    assert len(poll(ledger, "b", "c", "c")) == 1


def test_a_failed_poll_keeps_the_memory_and_counts(ledger: Ledger) -> None:
    poll(ledger)
    for _ in range(2):
        record_poll(ledger.sources, "site", PollResult(NOW + 2 * HOUR, error=ERROR), now=NOW + HOUR)
    state = get_source(ledger.sources, "site")
    assert (state.state, state.failures, state.error) == ("failing", 2, ERROR)
    assert (state.first_poll_at, state.last_polled_at) == (NOW, NOW + HOUR)
    claimed = claim_poll(ledger.sources, "site", now=NOW + 2 * HOUR, lease=MINUTE)
    assert claimed is not None
    assert claimed.cursor == {"etag": "e"}
    poll(ledger, now=NOW + 2 * HOUR)
    assert (get_source(ledger.sources, "site").state, get_source(ledger.sources, "site").error) == (
        "ok",
        None,
    )


def test_a_source_that_only_failed_was_not_seen_yet(ledger: Ledger) -> None:
    record_poll(ledger.sources, "site", PollResult(NOW + HOUR, error=ERROR), now=NOW)
    assert get_source(ledger.sources, "site").first_poll_at is None


def test_what_is_usual_follows_the_polls_that_had_any_but_no_flood(ledger: Ledger) -> None:
    poll(ledger, "a", "b")
    poll(ledger)
    assert get_source(ledger.sources, "site").usual_new == 2
    poll(ledger, *(f"flood{number}" for number in range(50)), hold=Code.FLOOD(name="site", n=50, usual=2))
    assert get_source(ledger.sources, "site").usual_new == 2
    poll(ledger, "c", "d", "e", "f", "g", "h", "i")
    assert get_source(ledger.sources, "site").usual_new == pytest.approx(3)


@pytest.mark.parametrize("guid", ["nul\0", "half \ud800 a pair", "long" * 50_000, "", "اردو"])
def test_hostile_items_come_back_as_they_were(ledger: Ledger, guid: str) -> None:
    item = Item(
        guid,
        url=guid,
        title=guid,
        html=f"<p>{guid}</p>",
        published_at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        image=Image("https://example.org/a.jpg"),
        tags=("a", guid),
    )
    record_poll(ledger.sources, "site", PollResult(NOW, take=(item,)), now=NOW)
    assert unseen(ledger, guid) == set()
    [found] = ledger.articles.claim_found("site", now=NOW, lease=LEASE)
    assert found.item == item


def test_found_items_are_leased_oldest_first_and_come_back_after_the_lease(ledger: Ledger) -> None:
    ids = poll(ledger, "a", "b", "c")
    first = ledger.articles.claim_found("site", now=NOW, lease=LEASE, limit=2)
    assert [found.article_id for found in first] == list(ids[:2])
    assert [found.article_id for found in ledger.articles.claim_found("site", now=NOW, lease=LEASE)] == [
        ids[2]
    ]
    assert ledger.articles.claim_found("site", now=NOW, lease=LEASE) == []
    again = ledger.articles.claim_found("site", now=NOW + LEASE, lease=LEASE)
    assert [(found.article_id, found.tries) for found in again] == [(one, 1) for one in ids]
    assert ledger.articles.claim_found("other", now=NOW + 9 * LEASE, lease=LEASE) == []


def test_what_could_not_be_read_waits_or_ends(ledger: Ledger) -> None:
    poll(ledger, "a")
    [found] = ledger.articles.claim_found("site", now=NOW, lease=LEASE)
    ledger.articles.postpone_article(found.article_id, ERROR, retry_at=NOW + HOUR)
    assert ledger.articles.claim_found("site", now=NOW + HOUR - SECOND, lease=LEASE) == []
    [again] = ledger.articles.claim_found("site", now=NOW + HOUR, lease=LEASE)
    assert (found.tries, again.tries) == (0, 1)
    ledger.articles.postpone_article(again.article_id, ERROR, retry_at=None)
    assert ledger.articles.claim_found("site", now=NOW + 9 * HOUR, lease=LEASE) == []
    assert unseen(ledger, "a") == set()


def test_taking_in_makes_the_article_and_its_posts_at_once(ledger: Ledger) -> None:
    [article_id] = poll(ledger, "a")
    ledger.articles.claim_found("site", now=NOW, lease=LEASE)
    read = article(
        "a", title=None, published_at=NOW, tags=("x",), image=Image("https://example.org/i", "alt")
    )
    posts = ledger.articles.store_read_article(
        article_id, read, [new_post("tg"), new_post("x", held_for="a flood")], now=NOW
    )
    assert [(post.channel, post.article_id, post.state) for post in posts] == [
        ("tg", article_id, "scheduled"),
        ("x", article_id, "held"),
    ]
    assert ledger.articles.get_article(article_id).article == read
    assert ledger.articles.find_article(url=read.url or "") == (article_id, read)
    assert ledger.articles.claim_found("site", now=NOW + 9 * HOUR, lease=LEASE) == []


def test_taking_in_twice_queues_once(ledger: Ledger) -> None:
    """Two readers after a lease that ran out: the second gets what the first queued."""
    [article_id] = poll(ledger, "a")
    first = ledger.articles.store_read_article(article_id, article("a"), [new_post()], now=NOW)
    assert ledger.articles.store_read_article(article_id, article("a"), [new_post()], now=NOW) == first
    assert ledger.posts.list_posts() == first


def test_an_article_that_a_person_posted_before_it_was_read_is_not_posted_there_again(
    ledger: Ledger,
) -> None:
    [article_id] = poll(ledger, "g1")
    by_hand = add(ledger, new_post("tg"), guid="g1")
    assert by_hand[0].article_id == article_id
    read = ledger.articles.store_read_article(article_id, article(), [new_post("tg"), new_post("x")], now=NOW)
    assert [post.channel for post in read] == ["x"]


def test_an_article_by_hand_is_the_old_one_where_it_is_known(ledger: Ledger) -> None:
    first = ledger.articles.add_article("cli", article("g1"), now=NOW)
    assert ledger.articles.add_article("cli", article("g1", url=None), now=NOW) == first
    again = ledger.articles.add_article("cli", article("g1"), now=NOW)
    assert again == first
    assert ledger.articles.add_article("site", article("g2", url="https://example.org/g1"), now=NOW) == first
    assert ledger.articles.add_article("site", article("g3"), now=NOW) != first


def test_an_article_that_is_not_there_is_named(ledger: Ledger) -> None:
    assert ledger.articles.find_article(url="https://example.org/none") is None
    with pytest.raises(UsageError, match="a-aaaa"):
        ledger.articles.store_read_article("a-aaaa", article(), [], now=NOW)


def test_an_article_that_a_person_posted_stays_known_after_its_sources_first_sight(ledger: Ledger) -> None:
    """Its feed brings the same address under a guid of its own, without any post."""
    (queued,) = add(ledger, guid="g1")
    seen = Item("another guid", url="https://example.org/g1")
    first = PollResult(NOW + HOUR, {}, record=(seen,), first_sight=True)
    record_poll(ledger.sources, "site", first, now=NOW)
    found = ledger.articles.add_article("cli", article("g1"), now=NOW)
    with pytest.raises(UsageError, match=queued.id):
        ledger.posts.queue_posts(found, [new_post()], now=NOW, again=False)


def test_what_a_service_claimed_and_does_not_work_at_is_given_back(opened: Callable[[], Ledger]) -> None:
    """As where its database went between the claim and the work."""
    here, there = opened(), opened()
    here.acquire_instance_lock()
    poll(here, "a", "b")
    assert len(here.articles.claim_found("site", now=NOW, lease=MINUTE)) == 2
    assert here.articles.claim_found("site", now=NOW, lease=MINUTE) == []
    there.articles.release_source("site", now=NOW)  # is no service
    here.articles.release_source("other", now=NOW)
    assert here.articles.claim_found("site", now=NOW, lease=MINUTE) == []
    here.articles.release_source("site", now=NOW)
    assert len(here.articles.claim_found("site", now=NOW, lease=MINUTE)) == 2
