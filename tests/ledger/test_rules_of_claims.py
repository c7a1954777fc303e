"""What was due in time and goes late still keeps to its channel's gap and quiet hours."""

from datetime import timedelta

from newsbot.delivery.outcomes import classify
from newsbot.errors import NotCalled
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostEvent, PostState
from newsbot.ports import CallEnding, Claim, ClaimTerms, ClaimWait
from newsbot.reasons import PlatformCode
from tests.ledger.exchanges import claim_next, settle_call, store_part
from tests.ledger.making import (
    FAILURE,
    HOUR,
    LEASE,
    NOW,
    SECOND,
    add,
    claimed,
    new_post,
    part,
    receipt,
    sent,
    waiting,
)

GAP = ClaimTerms(gap=timedelta(minutes=10))
QUIET = ClaimTerms(quiet=(NOW - HOUR, NOW + HOUR))


def test_what_may_be_out_counts_for_the_gap(ledger: Ledger) -> None:
    add(ledger, guid="g1")
    add(ledger, guid="g2")
    first = claimed(ledger, terms=GAP)
    settle_call(ledger.delivery, first.post.id, PostEvent.LOSE, FAILURE, now=NOW)
    assert waiting(ledger, terms=GAP, now=NOW + SECOND).until == NOW + GAP.gap
    assert claimed(ledger, terms=GAP, now=NOW + GAP.gap)


def test_a_thread_that_failed_half_told_counts_for_the_gap(ledger: Ledger) -> None:
    add(ledger, new_post(parts=(part(), part())), guid="g1")
    add(ledger, guid="g2")
    thread = claimed(ledger, terms=GAP)
    assert store_part(ledger.delivery, thread.post.id, receipt(), GAP, now=NOW, lease=LEASE)
    settle_call(ledger.delivery, thread.post.id, PostEvent.REFUSE, FAILURE, now=NOW)
    assert waiting(ledger, terms=GAP, now=NOW + SECOND).until == NOW + GAP.gap


def test_what_was_surely_not_sent_holds_nobody_and_a_thread_never_holds_itself(ledger: Ledger) -> None:
    add(ledger, new_post(parts=(part(), part())), guid="g1")
    thread = claimed(ledger, terms=GAP)
    assert store_part(ledger.delivery, thread.post.id, receipt(), GAP, now=NOW, lease=LEASE)
    settle_call(ledger.delivery, thread.post.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    again = claimed(ledger, terms=GAP, now=NOW + SECOND)
    assert (again.post.id, again.part) == (thread.post.id, 1)
    settle_call(ledger.delivery, thread.post.id, PostEvent.NOT_SENT, FAILURE, now=NOW, due_at=NOW + HOUR)


def test_a_post_whose_call_was_not_made_keeps_its_turn(ledger: Ledger) -> None:
    """Another service goes on where one stopped, in the order of the channel."""
    add(ledger, guid="g1")
    add(ledger, new_post(due_at=NOW + SECOND), guid="g2")
    first = claimed(ledger)
    stopped = classify(NotCalled(PlatformCode.STOPPED_BEFORE_CALL()), attempts=1, now=NOW + 2 * SECOND)
    call = CallEnding(first.post.id, stopped, claim=first)
    ledger.delivery.exchange((call,), (), now=NOW + 2 * SECOND)
    assert claimed(ledger, now=NOW + 3 * SECOND).post.id == first.post.id


def test_the_gap_is_of_one_channel(ledger: Ledger) -> None:
    add(ledger, new_post("tg"), new_post("x"))
    sent(ledger, "tg", GAP)
    assert claimed(ledger, "x", GAP, now=NOW + SECOND)


def test_what_was_due_before_the_quiet_hours_waits_until_they_are_over(ledger: Ledger) -> None:
    add(ledger, new_post(due_at=NOW - 2 * HOUR))
    wait = waiting(ledger, terms=QUIET)
    assert wait == ClaimWait(NOW + HOUR, "quiet hours")
    assert claimed(ledger, now=NOW + HOUR)


def test_what_a_person_gave_a_time_in_the_quiet_hours_goes_past_what_waits_and_is_tried_again(
    ledger: Ledger,
) -> None:
    [late] = add(ledger, new_post(due_at=NOW - 2 * HOUR), guid="g1")
    add(ledger, new_post(due_at=NOW - SECOND), guid="by rules")
    [given] = add(ledger, new_post(due_at=NOW - SECOND, set_at=NOW - SECOND), guid="g2")
    claim = claimed(ledger, terms=QUIET)
    assert claim.post.id == given.id
    settle_call(ledger.delivery, given.id, PostEvent.NOT_SENT, FAILURE, now=NOW, due_at=NOW + SECOND)
    again = claimed(ledger, terms=QUIET, now=NOW + SECOND)
    assert again.post.id == given.id
    assert store_part(ledger.delivery, given.id, receipt(), QUIET, now=NOW, lease=LEASE) is None
    assert not isinstance(claim_next(ledger.delivery, "tg", QUIET, now=NOW + 2 * SECOND, lease=LEASE), Claim)
    assert ledger.posts.get_post(late.id).state is PostState.SCHEDULED


def test_a_retry_that_would_fall_into_the_quiet_hours_waits_for_their_end(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(due_at=NOW - 2 * HOUR))
    claimed(ledger, now=NOW - 2 * HOUR)
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW - 2 * HOUR, due_at=NOW)
    assert waiting(ledger, terms=QUIET).why == "quiet hours"


def test_a_call_by_a_clock_that_was_ahead_gives_no_leave_in_the_quiet_hours(ledger: Ledger) -> None:
    """It was noon when it was called; then the clock was set right, and it is quiet."""
    [post] = add(ledger, new_post(due_at=NOW - 2 * HOUR))
    claimed(ledger, now=NOW + 2 * HOUR)
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW, due_at=NOW)
    assert waiting(ledger, terms=QUIET, now=NOW + SECOND).why == "quiet hours"
