"""What the ledger knows of the search for unknown posts, and what it lets end it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Post, PostEvent, PostState, Receipt
from newsbot.ports import UnknownPost
from newsbot.reasons import Code
from tests.ledger.exchanges import settle_call, store_part

from .conftest import Open
from .making import HOUR, LEASE, NOW, SECOND, TERMS, add, claimed, new_post, part, receipt, sent

LOST = Failure("unknown", Code.TEXT(words="no answer"))


def lost(ledger: Ledger, channel: str = "tg", *, text: str = "text", guid: str = "g1") -> Post:
    """An unknown post, settled as such by its own sender."""
    (post,) = add(ledger, new_post(channel, parts=(part(text),)), guid=guid)
    claimed(ledger, channel)
    return settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=NOW + SECOND)


def doubt(ledger: Ledger, post: Post) -> UnknownPost:
    (found,) = [one for one in ledger.delivery.list_unknown_posts() if one.post.id == post.id]
    return found


def message(number: int, channel: str = "example") -> Receipt:
    return Receipt(0, str(number), f"https://t.me/{channel}/{number}")


def found(ledger: Ledger, one: UnknownPost, *numbers: int) -> Post | None:
    receipts = [message(number) for number in numbers]
    return ledger.delivery.settle_found(one, receipts, sent_at=NOW, now=NOW + HOUR)


def test_a_doubt_tells_when_its_call_began_and_ended(ledger: Ledger) -> None:
    post = lost(ledger)
    one = doubt(ledger, post)
    assert one.post == post
    assert (one.began, one.ended_at) == ((NOW,), NOW + SECOND)
    assert (one.looks, one.look_at, one.absent_since) == (0, None, None)


def test_of_two_that_would_look_one_does(opened: Open) -> None:
    ledger, other = opened(), opened()
    one = doubt(ledger, lost(ledger))
    (mine,) = ledger.delivery.claim_looks([one], until=NOW + HOUR)
    assert other.delivery.claim_looks([one], until=NOW + HOUR) == []
    assert (mine.looks, mine.look_at) == (1, NOW + HOUR)
    ledger.delivery.record_search(mine, look_at=NOW + 2 * HOUR, absent_since=NOW, now=NOW)
    (later,) = other.delivery.list_unknown_posts()
    assert (later.looks, later.look_at, later.absent_since) == (1, NOW + 2 * HOUR, NOW)


def test_what_is_given_up_is_not_looked_for_again_and_says_so(ledger: Ledger) -> None:
    post = lost(ledger)
    (mine,) = ledger.delivery.claim_looks(ledger.delivery.list_unknown_posts(), until=NOW + HOUR)
    ledger.delivery.record_search(mine, look_at=None, absent_since=None, now=NOW)
    assert ledger.delivery.list_unknown_posts() == []
    assert ledger.posts.get_post(post.id).state is PostState.UNKNOWN
    last = ledger.posts.list_events(post.id)[-1]
    assert (last.event, last.by) == ("given up", "reconciler")


def test_what_was_found_is_sent_with_its_receipt(ledger: Ledger) -> None:
    post = lost(ledger)
    settled = found(ledger, doubt(ledger, post), 7)
    assert settled
    assert (settled.state, settled.sent_at, settled.error) == (PostState.SENT, NOW, None)
    assert settled.receipts == (message(7),)
    assert ledger.posts.list_events(post.id)[-1][1:] == (
        "found",
        "reconciler",
        Code.TEXT(words="https://t.me/example/7"),
    )
    assert ledger.delivery.list_unknown_posts() == []


def test_a_found_part_lets_the_rest_of_its_thread_go_on(ledger: Ledger) -> None:
    (post,) = add(ledger, new_post(parts=(part("one"), part("two"), part("three"))))
    claimed(ledger)
    store_part(ledger.delivery, post.id, receipt(0), TERMS, now=NOW, lease=LEASE)
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=NOW)
    settled = found(ledger, doubt(ledger, post), 7)
    assert settled
    assert (settled.state, settled.next_part) == (PostState.RETRYING, 2)
    assert claimed(ledger, now=NOW + HOUR).part == 2


def test_a_message_settles_one_post_even_where_two_services_find_it(opened: Open) -> None:
    ledger, other = opened(), opened()
    first, second = lost(ledger, guid="g1"), lost(ledger, guid="g2")
    doubts = doubt(ledger, first), doubt(other, second)
    assert found(ledger, doubts[0], 7)
    assert found(other, doubts[1], 7) is None
    assert ledger.delivery.filter_unclaimed_receipts("tg", [message(7), message(8)]) == [message(8)]
    assert found(other, doubts[1], 7, 8)
    assert [one.remote_id for one in ledger.posts.get_post(second.id).receipts] == ["8"]


def test_another_entry_for_the_same_place_has_the_same_messages(ledger: Ledger) -> None:
    """Numbers alone are not the same message: each chat counts its own."""
    assert found(ledger, doubt(ledger, lost(ledger, "tg")), 7)
    other = doubt(ledger, lost(ledger, "again", guid="g2"))
    assert found(ledger, other, 7) is None
    elsewhere = ledger.delivery.settle_found(other, [message(7, "elsewhere")], sent_at=NOW, now=NOW)
    assert elsewhere
    assert elsewhere.state is PostState.SENT


def test_nothing_is_found_while_the_same_words_are_in_flight(ledger: Ledger) -> None:
    post = lost(ledger, text="Goal!", guid="g1")
    add(ledger, new_post(parts=(part("Goal!"),)), guid="g2")
    claim = claimed(ledger)
    assert found(ledger, doubt(ledger, post), 7) is None
    store_part(ledger.delivery, claim.post.id, message(7), TERMS, now=NOW, lease=LEASE)
    assert found(ledger, doubt(ledger, post), 7) is None
    assert found(ledger, doubt(ledger, post), 8)


def test_what_is_surely_absent_waits_again_and_gives_its_money_back(ledger: Ledger) -> None:
    (post,) = add(ledger, new_post("x", cost="0.20"))
    claimed(ledger, "x")
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=NOW)
    assert ledger.channels.get_spending("x", now=NOW) > 0
    settled = ledger.delivery.settle_absent(doubt(ledger, post), now=NOW + HOUR, detail=Code.NOT_THERE())
    assert settled
    assert (settled.state, settled.due_at) == (PostState.RETRYING, NOW + HOUR)
    assert ledger.channels.get_spending("x", now=NOW) == 0
    assert ledger.posts.list_events(post.id)[-1][1:] == ("surely absent", "reconciler", Code.NOT_THERE())


@pytest.mark.parametrize("word", [PostEvent.SKIP, PostEvent.MISS, PostEvent.FIND])
def test_a_persons_word_comes_before_what_a_look_says_later(ledger: Ledger, word: PostEvent) -> None:
    post = lost(ledger)
    one = doubt(ledger, post)
    decided = ledger.posts.apply_event(post.id, word, by="cli:ana", now=NOW)
    assert found(ledger, one, 7) is None
    assert ledger.delivery.settle_absent(one, now=NOW, detail=Code.TEXT(words="")) is None
    assert ledger.posts.get_post(post.id) == decided


def test_a_skipped_post_says_that_it_was_left_in_doubt_and_no_error_of_its_call(ledger: Ledger) -> None:
    skipped = ledger.posts.apply_event(lost(ledger).id, PostEvent.SKIP, by="cli:ana", now=NOW + HOUR)
    assert skipped.error
    assert skipped.error.code == "skipped"
    assert skipped.error.message == "left as it is: whether it is out was not known (no answer)"


def test_a_doubt_about_one_call_says_nothing_of_the_next(ledger: Ledger) -> None:
    post = lost(ledger)
    old = doubt(ledger, post)
    assert ledger.delivery.settle_absent(old, now=NOW, detail=Code.TEXT(words=""))
    claimed(ledger, now=NOW + HOUR)
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=NOW + HOUR)
    assert ledger.delivery.settle_absent(old, now=NOW + HOUR, detail=Code.TEXT(words="")) is None
    one = doubt(ledger, post)
    assert (one.looks, one.began) == (0, (NOW, NOW + HOUR))
    assert found(ledger, one, 7)


def test_absence_is_no_proof_while_the_caller_may_only_be_stopped(opened: Open) -> None:
    """Its lease is over; when it goes on, its call may leave yet."""
    stopped, ledger = opened(), opened()
    if stopped._database.sqlite:
        pytest.skip("one service at a time: every other holder is dead")
    stopped.acquire_instance_lock()
    ledger.acquire_instance_lock()
    (post,) = add(stopped)
    claimed(stopped)
    (rescued,) = ledger.delivery.recover_posts(now=NOW + 2 * LEASE)
    assert rescued.state is PostState.UNKNOWN
    assert (
        ledger.delivery.settle_absent(doubt(ledger, post), now=NOW + HOUR, detail=Code.TEXT(words="")) is None
    )
    stopped.close()
    settled = ledger.delivery.settle_absent(doubt(ledger, post), now=NOW + HOUR, detail=Code.TEXT(words=""))
    assert settled
    assert settled.state is PostState.RETRYING


def test_a_dead_callers_post_can_be_absent(opened: Open) -> None:
    dead, ledger = opened(), opened()
    dead.acquire_instance_lock()
    (post,) = add(dead)
    claimed(dead)
    dead.close()
    ledger.acquire_instance_lock()
    assert [one.id for one in ledger.delivery.recover_posts(now=NOW)] == [post.id]
    assert ledger.delivery.settle_absent(doubt(ledger, post), now=NOW, detail=Code.TEXT(words=""))


def test_the_mark_is_the_channels_last_message_before_the_call(ledger: Ledger) -> None:
    def mark() -> str | None:
        (one,) = ledger.delivery.claim_looks(ledger.delivery.list_unknown_posts(), until=NOW)
        return one.mark

    add(ledger, guid="g0")
    sent(ledger)
    add(ledger, new_post("x"), guid="g1")
    other = claimed(ledger, "x")
    store_part(ledger.delivery, other.post.id, Receipt(0, "other"), TERMS, now=NOW, lease=LEASE)
    post = lost(ledger, guid="g2")
    add(ledger, guid="g3")
    later = claimed(ledger)
    store_part(ledger.delivery, later.post.id, Receipt(0, "later"), TERMS, now=NOW, lease=LEASE)
    assert mark() == "id-0"
    ledger.delivery.settle_absent(doubt(ledger, post), now=NOW, detail=Code.TEXT(words=""))
    assert ledger.delivery.list_unknown_posts() == []


def test_a_message_of_another_day_is_no_mark(ledger: Ledger) -> None:
    add(ledger, guid="g0")
    sent(ledger)
    late = NOW + timedelta(days=2)
    (post,) = add(ledger, new_post(due_at=late), guid="g1")
    claimed(ledger, now=late)
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=late)
    (one,) = ledger.delivery.claim_looks(ledger.delivery.list_unknown_posts(), until=late)
    assert one.mark is None


def test_an_answer_that_comes_after_the_find_changes_nothing(ledger: Ledger) -> None:
    (post,) = add(ledger, new_post(parts=(part("one"), part("two"))))
    claimed(ledger)
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, LOST, now=NOW)
    assert found(ledger, doubt(ledger, post), 7)
    following = claimed(ledger, now=NOW + HOUR)
    late = replace(message(7), part=0)
    assert store_part(ledger.delivery, post.id, late, TERMS, now=NOW + HOUR, lease=LEASE) is None
    assert ledger.posts.get_post(post.id).state is PostState.SENDING
    assert ledger.posts.get_post(post.id).attempts == following.post.attempts
    assert store_part(ledger.delivery, post.id, Receipt(1, "8"), TERMS, now=NOW + HOUR, lease=LEASE) is None
    assert ledger.posts.get_post(post.id).state is PostState.SENT
