"""Slots, embargoes, the day's most and the breaking lane, where the ledger holds them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from newsbot.errors import SlotTaken, UsageError
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostEvent, PostState
from newsbot.ports import ChannelCalendar, Claim, ClaimTerms, NewDueTime
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next, settle_call
from tests.ledger.making import (
    FAILURE,
    HOUR,
    LEASE,
    NOW,
    SECOND,
    add,
    article,
    claimed,
    new_post,
    sent,
    waiting,
)

SLOT = NOW + HOUR
QUIET = (NOW - HOUR, NOW + HOUR)
PASSED = frozenset({"gap", "slots", "quiet", "per_day"})
EVERYTHING = ClaimTerms(
    gap=timedelta(minutes=10),
    quiet=QUIET,
    day=(NOW - HOUR, NOW + HOUR, 1),
    slot=(NOW - HOUR, NOW + HOUR),
    passed=PASSED,
)


def test_a_slot_has_one_post_and_the_second_hears_that_it_is_taken(ledger: Ledger) -> None:
    add(ledger, new_post(due_at=SLOT, slot_at=SLOT))
    with pytest.raises(SlotTaken):
        add(ledger, new_post(due_at=SLOT, slot_at=SLOT), guid="g2")
    [other] = add(ledger, new_post("x", due_at=SLOT, slot_at=SLOT), guid="g2")
    assert other.slot_at == SLOT


def test_what_is_over_gives_its_slot_back_and_a_retry_does_not_take_it_again(ledger: Ledger) -> None:
    [failed] = add(ledger, new_post(slot_at=SLOT))
    claimed(ledger)
    settle_call(ledger.delivery, failed.id, PostEvent.REFUSE, FAILURE, now=NOW)
    add(ledger, new_post(due_at=SLOT, slot_at=SLOT), guid="g2")
    again = ledger.posts.apply_event(failed.id, PostEvent.RETRY, by="cli:ana", now=NOW)
    assert (again.state, again.slot_at) == (PostState.SCHEDULED, None)


def test_the_calendar_knows_what_went_out_waits_and_holds_a_slot(ledger: Ledger) -> None:
    add(ledger, new_post())
    sent(ledger, now=NOW + SECOND)
    add(ledger, new_post(due_at=NOW + 2 * HOUR), new_post("x"), guid="g2")
    [held] = add(ledger, new_post(due_at=SLOT, slot_at=SLOT, held_for="approval"), guid="g3")
    add(ledger, new_post(due_at=NOW + 3 * HOUR, held_for="approval"), guid="g4")
    times = (NOW + SECOND, SLOT, NOW + 2 * HOUR)
    assert ledger.schedule.get_calendar("tg", since=NOW) == ChannelCalendar(times, frozenset({SLOT}))
    assert ledger.schedule.get_calendar("tg", since=NOW, without=[held.id]).slots == frozenset()
    assert ledger.schedule.get_calendar("tg", since=NOW + 4 * HOUR) == ChannelCalendar()


def test_slots_are_given_to_each_other_in_one_transaction_or_not_at_all(ledger: Ledger) -> None:
    [one] = add(ledger, new_post(due_at=SLOT, slot_at=SLOT))
    [two] = add(ledger, new_post(due_at=SLOT + HOUR, slot_at=SLOT + HOUR), guid="g2")
    swapped = [
        NewDueTime(one.id, SLOT + HOUR, Code.TEXT(words="later"), SLOT + HOUR),
        NewDueTime(two.id, SLOT, Code.TEXT(words="earlier"), SLOT),
    ]
    assert [post.slot_at for post in ledger.schedule.replan(swapped, by="clock", now=NOW)] == [
        SLOT + HOUR,
        SLOT,
    ]
    with pytest.raises(SlotTaken):
        ledger.schedule.replan([replace(new, slot_at=SLOT) for new in swapped], by="clock", now=NOW)
    assert ledger.posts.get_post(one.id).slot_at == SLOT + HOUR


def test_one_post_goes_between_two_slots_and_the_others_wait_for_the_next(ledger: Ledger) -> None:
    terms = ClaimTerms(slot=(NOW, SLOT))
    add(ledger, new_post(due_at=NOW - 9 * HOUR, slot_at=NOW - 9 * HOUR))
    [late] = add(ledger, new_post(due_at=NOW - 5 * HOUR, slot_at=NOW - 5 * HOUR), guid="g2")
    spans = {"tg": NOW}
    assert [one.goes for one in ledger.schedule.list_late_posts(spans, now=NOW)] == [True, False]
    sent(ledger, terms=terms, now=NOW)
    wait = waiting(ledger, terms=terms, now=NOW + SECOND)
    assert (wait.until, wait.pace) == (SLOT, False)
    assert [(one.post.id, one.goes) for one in ledger.schedule.list_late_posts(spans, now=NOW)] == [
        (late.id, False)
    ]
    assert claimed(ledger, terms=ClaimTerms(slot=(SLOT, SLOT + HOUR)), now=SLOT)


def test_a_days_most_counts_what_is_or_may_be_out(ledger: Ledger) -> None:
    terms = ClaimTerms(day=(NOW - HOUR, NOW + HOUR, 2))
    for guid in ("g1", "g2", "g3"):
        add(ledger, guid=guid)
    sent(ledger, terms=terms)
    lost = claimed(ledger, terms=terms, now=NOW + SECOND)
    settle_call(ledger.delivery, lost.post.id, PostEvent.LOSE, FAILURE, now=NOW + SECOND)
    wait = waiting(ledger, terms=terms, now=NOW + 2 * SECOND)
    assert (wait.until, wait.why) == (NOW + HOUR, "per_day: 2 are out today")
    assert claimed(ledger, terms=ClaimTerms(day=(NOW + HOUR, NOW + 25 * HOUR, 2)), now=NOW + HOUR)


def test_breaking_passes_every_rule_but_no_pause_and_no_embargo(ledger: Ledger) -> None:
    add(ledger)
    sent(ledger)
    add(ledger, new_post(slot_at=NOW), guid="g2")
    [breaking] = add(ledger, new_post(breaking=True, silent=True), guid="g3")
    assert waiting(ledger, terms=replace(EVERYTHING, passed=frozenset())).until
    ledger.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words="a break"), now=NOW)
    assert waiting(ledger, terms=EVERYTHING).why == "paused: a break"
    ledger.channels.resume("tg", by="cli:ana", now=NOW)
    ledger.schedule.set_embargo(breaking.article_id, NOW + SECOND, (), by="cli:ana", now=NOW)
    assert not isinstance(claim_next(ledger.delivery, "tg", EVERYTHING, now=NOW, lease=LEASE), Claim)
    claim = claimed(ledger, terms=EVERYTHING, now=NOW + SECOND)
    assert (claim.post.id, claim.post.silent) == (breaking.id, True)


def test_breaking_makes_its_sound_outside_of_quiet_hours(ledger: Ledger) -> None:
    add(ledger, new_post(breaking=True, silent=True))
    assert not claimed(ledger).post.silent


def test_an_embargo_holds_for_all_posts_of_the_article_also_those_queued_later(ledger: Ledger) -> None:
    until = NOW + 5 * HOUR
    [early, late] = add(ledger, new_post(expires_at=NOW + HOUR), new_post("x", due_at=until + HOUR))
    for post in ledger.schedule.set_embargo(early.article_id, until, (), by="cli:ana", now=NOW):
        assert post.embargo_until == until
    put_off = ledger.posts.get_post(early.id)
    assert (put_off.due_at, put_off.expires_at, str(put_off.reason)) == (
        until,
        until + HOUR,
        "when its embargo ends",
    )
    assert ledger.posts.get_post(late.id).due_at == until + HOUR
    [later] = ledger.posts.queue_posts(early.article_id, [new_post("console")], now=NOW, again=True)
    assert (later.due_at, later.embargo_until) == (until, until)
    moved = ledger.schedule.reschedule(
        early.id, due_at=NOW, expires_at=None, reason=Code.TIME_SET(), by="cli:ana", now=NOW, asked_at=NOW
    )
    assert moved.due_at == until
    assert claim_next(ledger.delivery, "tg", ClaimTerms(), now=until - SECOND, lease=LEASE) is None
    assert claimed(ledger, now=until)


def test_an_embargo_is_lengthened_by_one_and_ended_by_two(ledger: Ledger) -> None:
    [post] = add(ledger)
    name = post.article_id
    ledger.schedule.set_embargo(name, NOW + HOUR, (), by="cli:ana", now=NOW)
    with pytest.raises(UsageError, match="takes two people"):
        ledger.schedule.set_embargo(name, NOW + SECOND, (), by="cli:ana", now=NOW)
    for by in ("cli:ana", "tg:1", "cli:ana"):  # one person by two names
        lifted = ledger.schedule.lift_embargo(name, (), by=by, now=NOW, person=lambda _: "ana")
        assert (lifted.done, lifted.first_by) == (False, "cli:ana")
    ledger.schedule.set_embargo(name, NOW + 2 * HOUR, (), by="cli:ben", now=NOW)
    assert not ledger.schedule.lift_embargo(name, (), by="cli:ben", now=NOW).done, (
        "that wish was for another one"
    )
    times = [NewDueTime(post.id, NOW, Code.TEXT(words="lifted"))]
    assert ledger.schedule.lift_embargo(name, times, by="cli:ana", now=NOW).done
    assert ledger.posts.get_post(post.id).embargo_until is None
    assert claimed(ledger)
    with pytest.raises(UsageError, match="under no embargo"):
        ledger.schedule.lift_embargo(name, (), by="cli:ana", now=NOW)


def test_an_article_brings_its_embargo(ledger: Ledger) -> None:
    name = ledger.articles.add_article("cli", article(embargo_until=NOW + HOUR), now=NOW)
    [post] = ledger.posts.queue_posts(name, [new_post()], now=NOW, again=False)
    assert (post.due_at, post.embargo_until) == (NOW + HOUR, NOW + HOUR)
    assert ledger.schedule.get_embargo(name) == NOW + HOUR


def test_another_time_voids_an_approval_and_at_once_does_not(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(approval=1, held_for="approval"))
    ledger.posts.approve(post.id, by="cli:ana", now=NOW, due_at=SLOT, reason=Code.TIME_SET())
    times: dict[str, Any] = {"expires_at": None, "reason": Code.TIME_SET(), "by": "cli:ana", "now": NOW}
    assert ledger.schedule.reschedule(post.id, due_at=NOW, asked_at=NOW, **times).state is PostState.SCHEDULED
    held = ledger.schedule.reschedule(post.id, due_at=SLOT, set_at=SLOT, **times)
    assert (held.state, str(held.held_for)) == (PostState.HELD, "approval is void: it was for another time")
