"""Calls of several services on one ledger: none leaves while a window is full by what all have sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic, sleep

import pytest

from newsbot.errors import LedgerError
from newsbot.ledger import delivery
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostEvent, PostState
from newsbot.ports import CallEnding, Claim, ClaimRequest, ClaimTerms, Rate
from tests.ledger.exchanges import settle_call
from tests.ledger.making import FAILURE, LEASE, NOW, add, claimed, new_post, receipt

BOT = Rate("bot", 2, 1.0, precise=True)
TERMS = ClaimTerms((BOT,))
QUICKEST = 0.04


@pytest.fixture
def shared(ledger: Ledger, url: str) -> Ledger:
    """A ledger of which nobody knows that it is used by one service alone."""
    if url.startswith("sqlite"):
        pytest.skip("one service at a time uses a ledger on SQLite")
    assert ledger.delivery.is_shared
    return ledger


def flying(ledger: Ledger, *channels: str, now: datetime = NOW) -> list[Claim]:
    """A claim on each channel, with slots half a second apart."""
    add(ledger, *(new_post(name) for name in channels), guid=f"{channels}")
    return [claimed(ledger, name, TERMS, now=now) for name in channels]


def leave(ledger: Ledger, claim: Claim, now: datetime, *, ahead: int = 0) -> float:
    return ledger.delivery.record_call_start(claim, {BOT: ahead}, quickest=QUICKEST, now=now)


def landed(ledger: Ledger, claim: Claim, now: datetime) -> None:
    ledger.delivery.exchange([CallEnding(claim.post.id, receipt(), claim=claim)], (), now=now)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_calls_that_are_late_together_leave_the_rest_of_their_window_empty(ledger: Ledger) -> None:
    one, two, three = flying(ledger, "a", "b", "c")
    assert after(1.003) <= three.send_at <= after(1.003001)
    late = after(0.9)
    assert leave(ledger, one, late) == leave(ledger, two, late) == 0
    landed(ledger, one, after(0.94))
    landed(ledger, two, after(0.94))
    assert leave(ledger, three, after(1.02)) == pytest.approx(0.9 + 1.002 - 1.02)
    assert leave(ledger, three, after(1.91)) == 0


def test_no_call_leaves_whose_service_was_taken_for_ended(
    ledger: Ledger, opened: Callable[[], Ledger]
) -> None:
    """It was suspended or cut off: an editor may have sent the post again meanwhile."""
    ledger.acquire_instance_lock()
    [claim] = flying(ledger, "a")
    [post] = opened().delivery.recover_posts(now=claim.lease_until)
    assert post.state is PostState.UNKNOWN
    with pytest.raises(LedgerError, match="too old"):
        leave(ledger, claim, claim.lease_until)


def lonely(ledger: Ledger) -> bool:
    """Does it know, once it has looked, that no other service is there?"""
    ledger.delivery.list_due_channels(now=NOW)
    return not ledger.delivery.is_shared


def wait_until(holds: Callable[[], bool], *, seconds: float = 30) -> None:
    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end, "it never held"
        sleep(0.02)


def test_one_that_is_alone_need_not_write_down_what_leaves(
    opened: Callable[[], Ledger], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opened()
    one.acquire_instance_lock()
    assert one.delivery.is_shared == url.startswith("postgresql")  # nobody has looked
    assert lonely(one)
    if url.startswith("postgresql"):
        other = opened()
        other.acquire_instance_lock()
        monkeypatch.setattr(delivery, "monotonic", lambda: monotonic() + 1.5)
        assert not lonely(one)
        other.close()
        wait_until(lambda: lonely(one))  # the server lets go of a closed session's lock a moment later
        monkeypatch.setattr(delivery, "monotonic", lambda: monotonic() + 5)
        assert one.delivery.is_shared  # it has not looked for a while


def test_a_call_that_has_yet_to_leave_is_in_nobodys_way(ledger: Ledger) -> None:
    *_, three = flying(ledger, "a", "b", "c")
    assert leave(ledger, three, three.send_at) == 0


def test_a_call_in_flight_may_not_have_arrived_yet_however_long_ago_it_left(ledger: Ledger) -> None:
    one, two, three = flying(ledger, "a", "b", "c")
    leave(ledger, one, one.send_at)
    leave(ledger, two, two.send_at)
    assert leave(ledger, three, after(20)) == pytest.approx(1.002 - QUICKEST)


def test_a_call_counts_from_when_it_can_have_arrived(ledger: Ledger) -> None:
    one, two, three = flying(ledger, "a", "b", "c")
    leave(ledger, one, one.send_at)
    leave(ledger, two, two.send_at)
    landed(ledger, one, after(0.7))  # 0.7 s, where the quickest took 0.04
    landed(ledger, two, after(0.75))
    assert leave(ledger, three, after(1.02)) == pytest.approx(0.66 + 1.002 - 1.02)


def test_a_call_that_is_held_again_does_not_stand_in_its_own_way(ledger: Ledger) -> None:
    one, two = flying(ledger, "a", "b")
    assert leave(ledger, one, one.send_at) == 0
    assert leave(ledger, two, two.send_at) == 0
    assert leave(ledger, two, two.send_at + timedelta(seconds=0.1)) == 0


def test_those_that_wait_longer_go_first(ledger: Ledger) -> None:
    one, two = flying(ledger, "a", "b")
    assert leave(ledger, one, one.send_at) == 0
    landed(ledger, one, after(0.04))
    assert leave(ledger, two, after(0.6), ahead=1) == pytest.approx(0.402)
    assert leave(ledger, two, after(0.6)) == 0


def test_what_left_late_is_what_the_next_slots_are_reserved_from(ledger: Ledger) -> None:
    for claim in flying(ledger, "a", "b"):
        leave(ledger, claim, after(3))
    [third] = flying(ledger, "c", now=after(3.1))
    assert third.send_at == after(4.003)


def test_a_call_that_hangs_is_not_forgotten(ledger: Ledger) -> None:
    """What no window sees any more is deleted every ten seconds; this one has yet to count."""
    one, two = flying(ledger, "a", "b")
    [three] = flying(ledger, "c", now=after(12))
    landed(ledger, three, after(12.1))
    assert leave(ledger, one, after(20.4)) == leave(ledger, two, after(20.4)) == 0
    [four] = flying(ledger, "d", now=after(20.5))
    assert leave(ledger, four, after(21)) > 0


def test_a_call_that_was_not_made_after_all_is_over(ledger: Ledger) -> None:
    one, two, three = flying(ledger, "a", "b", "c")
    leave(ledger, one, one.send_at)
    leave(ledger, two, two.send_at)
    for claim in (one, two):
        settle_call(
            ledger.delivery, claim.post.id, PostEvent.NOT_SENT, FAILURE, now=after(0.6), due_at=NOW + LEASE
        )
    assert leave(ledger, three, after(1.7)) == 0


ONE = Rate("bot", 1, 1.0, precise=True)


def test_a_call_whose_turn_is_now_counts_for_the_other_services_from_its_claim_on(shared: Ledger) -> None:
    add(shared, new_post("a"), new_post("b"))
    one, two = (claimed(shared, name, ClaimTerms((ONE,))) for name in ("a", "b"))
    assert (one.counted, two.counted) == (True, False)
    wait = shared.delivery.record_call_start(two, {ONE: 0}, quickest=QUICKEST, now=after(5))
    assert wait == pytest.approx(1.002 - QUICKEST)  # the first may arrive any moment
    landed(shared, one, after(5))
    later = shared.delivery.record_call_start(two, {ONE: 0}, quickest=QUICKEST, now=after(6.1))
    assert later == 0


def test_calls_claimed_together_count_only_as_far_as_the_limit_allows(shared: Ledger) -> None:
    add(shared, *(new_post(name) for name in "abc"))
    fast = ClaimTerms((Rate("bot", 2, 0.01, precise=True),))
    asks = [ClaimRequest(name, fast, LEASE) for name in "abc"]
    _, claims = shared.delivery.exchange((), asks, now=NOW)
    assert [isinstance(claim, Claim) and claim.counted for claim in claims] == [True, True, False]


def test_where_calls_hang_the_next_one_does_not_count_before_it_leaves(shared: Ledger) -> None:
    for claim in flying(shared, "a", "b"):
        leave(shared, claim, claim.send_at)
    [third] = flying(shared, "c", now=after(20))
    assert (third.send_at, third.counted) == (after(20), False)


def test_where_no_other_service_is_no_call_counts_before_it_leaves(ledger: Ledger) -> None:
    ledger.acquire_instance_lock()
    assert lonely(ledger)
    assert not flying(ledger, "a")[0].counted
