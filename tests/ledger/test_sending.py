"""The sender's side: claims and their guards, threads, settlements, late answers, rescue."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from newsbot.errors import InvalidTransition
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.rate_limits import LEFT_OFFSET
from newsbot.model import Failure, Post, PostEvent, PostState
from newsbot.newsroom.status import AccountBudget, list_account_budgets
from newsbot.ports import (
    CallEnding,
    CallFailure,
    Claim,
    ClaimRequest,
    ClaimTerms,
    ClaimWait,
    IllustratedPost,
    Rate,
    ReadAllowance,
)
from newsbot.reasons import Code
from tests.ledger.exchanges import claim_next, settle_call, store_part
from tests.ledger.making import (
    FAILURE,
    HOUR,
    LEASE,
    NOW,
    SECOND,
    TERMS,
    add,
    claimed,
    new_post,
    part,
    receipt,
    sent,
    waiting,
)

CHAT = Rate("chat", 1, 1.0, precise=True)
MONEY = ClaimTerms(limit_usd=Decimal("0.30"))


def test_a_claim_is_committed_before_the_call(opened: Callable[[], Ledger]) -> None:
    here, there = opened(), opened()
    [post] = add(here)
    claim = claimed(here)
    assert (claim.part, claim.send_at, claim.lease_until) == (0, NOW, NOW + LEASE)
    seen = there.posts.get_post(post.id)
    assert (seen.state, seen.attempts) == (PostState.SENDING, 1)
    assert claim.post == seen


def test_the_earliest_due_goes_first_and_nothing_before_its_time(ledger: Ledger) -> None:
    later, soon = (
        add(ledger, new_post(due_at=NOW + delay), guid=f"{delay}")[0] for delay in (2 * SECOND, SECOND)
    )
    assert ledger.delivery.list_next_due_times(after=NOW) == {"tg": NOW + SECOND}
    assert ledger.delivery.list_next_due_times(after=NOW + SECOND) == {"tg": NOW + 2 * SECOND}
    assert ledger.delivery.list_next_due_times(after=NOW + 2 * SECOND) == {}
    assert ledger.delivery.list_due_channels(now=NOW) == []
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None
    assert ledger.delivery.list_due_channels(now=NOW + SECOND) == ["tg"]
    assert sent(ledger, now=NOW + 2 * SECOND).id == soon.id
    assert sent(ledger, now=NOW + 2 * SECOND).id == later.id


def test_one_post_of_a_channel_is_in_flight_at_a_time(ledger: Ledger) -> None:
    add(ledger, new_post("tg"), new_post("x"))
    add(ledger, new_post("tg"), guid="g2")
    claimed(ledger)
    assert "in flight" in waiting(ledger).why
    assert ledger.delivery.list_due_channels(now=NOW) == ["x"]
    assert claimed(ledger, "x").post.channel == "x"


def test_a_receipt_makes_it_sent(ledger: Ledger) -> None:
    add(ledger)
    post = sent(ledger)
    assert (post.state, post.sent_at, post.receipts) == (PostState.SENT, NOW, (receipt(),))
    assert [event.event for event in ledger.posts.list_events(post.id)] == ["composed", "sending", "sent"]


def test_a_thread_goes_part_by_part_under_one_claim_each(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(parts=(part("1"), part("2"), part("3"))))
    claim = claimed(ledger, terms=ClaimTerms((CHAT,)))
    slots = [claim.send_at]
    for number in range(2):
        after = store_part(
            ledger.delivery, post.id, receipt(number), ClaimTerms((CHAT,)), now=slots[-1], lease=LEASE
        )
        assert after is not None
        assert (after.part, after.lease_until) == (number + 1, after.send_at + LEASE)
        assert len(after.post.receipts) == number + 1
        slots.append(after.send_at)
    assert (
        store_part(ledger.delivery, post.id, receipt(2), ClaimTerms((CHAT,)), now=slots[-1], lease=LEASE)
        is None
    )
    assert ledger.posts.get_post(post.id).state is PostState.SENT
    assert ledger.posts.get_post(post.id).attempts == 3
    assert all(later - earlier >= SECOND for earlier, later in pairwise(slots))


def test_a_thread_that_fails_goes_on_with_the_same_part(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(parts=(part("1"), part("2"))))
    claimed(ledger)
    store_part(ledger.delivery, post.id, receipt(0), TERMS, now=NOW, lease=LEASE)
    assert (
        settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW).state
        is PostState.RETRYING
    )
    assert claimed(ledger).part == 1


# ---------------------------------------------------------------- guards


def test_a_paused_channel_sends_nothing_and_says_what_is_in_flight(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, guid="g2")
    flying = claimed(ledger).post
    assert ledger.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words="wait"), now=NOW) == [flying]
    store_part(ledger.delivery, flying.id, receipt(), TERMS, now=NOW, lease=LEASE)
    state = ledger.channels.get_channel("tg")
    assert (state.state, str(state.reason), state.paused_by, state.paused_at) == (
        "paused",
        "wait",
        "cli:ana",
        NOW,
    )
    assert ledger.delivery.list_next_due_times(after=NOW - SECOND) == {}
    assert ledger.delivery.list_due_channels(now=NOW) == []
    assert waiting(ledger) == ClaimWait(None, "paused: wait")
    ledger.channels.resume("tg", by="cli:ana", now=NOW)
    assert ledger.channels.get_channel("tg").state == "active"
    assert claimed(ledger)


def test_the_gap_counts_from_the_latest_that_went_out(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, guid="g2")
    terms = ClaimTerms(gap=timedelta(minutes=10))
    sent(ledger, terms=terms)
    wait = waiting(ledger, terms=terms, now=NOW + SECOND)
    assert (wait.until, wait.pace) == (NOW + timedelta(minutes=10), False)
    assert claimed(ledger, terms=terms, now=NOW + timedelta(minutes=10))


@pytest.mark.parametrize("precise", [True, False])
def test_a_call_counts_against_its_pace_from_its_end(ledger: Ledger, *, precise: bool) -> None:
    """It may have arrived as late as that: a photo was fetched first, or the machine was slow."""
    terms = ClaimTerms(rates=(Rate("chat", 1, 1.0, precise=precise),))
    add(ledger, new_post(), guid="g1")
    add(ledger, new_post(), guid="g2")
    slow = claimed(ledger, terms=terms)
    end = NOW + 5 * SECOND
    assert store_part(ledger.delivery, slow.post.id, receipt(), terms, now=end, lease=LEASE) is None
    assert claimed(ledger, terms=terms, now=end).send_at >= end + SECOND


@pytest.mark.parametrize(
    ("took", "quickest", "later"), [(0.5, 0.0, 1.503), (0.5, 0.04, 1.463), (0.04, 0.04, 1.003)]
)
def test_a_call_that_is_known_to_have_arrived_before_its_end_counts_from_then(
    ledger: Ledger, took: float, quickest: float, later: float
) -> None:
    terms = ClaimTerms(rates=(Rate("chat", 1, 1.0, precise=True),))
    add(ledger, new_post(), guid="g1")
    add(ledger, new_post(), guid="g2")
    first = claimed(ledger, terms=terms)
    end = NOW + timedelta(seconds=took)
    ledger.delivery.exchange(
        [CallEnding(first.post.id, receipt(), claim=first, quickest=quickest)], (), now=end
    )
    send_at, expected = claimed(ledger, terms=terms, now=end).send_at, NOW + timedelta(seconds=later)
    assert expected <= send_at <= expected + LEFT_OFFSET


def test_a_near_slot_is_reserved_and_a_far_one_is_waited_for(ledger: Ledger) -> None:
    for number in range(3):
        add(ledger, guid=f"g{number}")
    terms = ClaimTerms((Rate("chat", 1, 10.0, precise=True),))
    slots = [claimed(ledger, terms=terms).send_at]
    store_part(
        ledger.delivery,
        ledger.posts.list_posts(states=[PostState.SENDING])[0].id,
        receipt(),
        terms,
        now=NOW,
        lease=LEASE,
    )
    near = claimed(ledger, terms=terms, now=NOW + SECOND)
    assert NOW <= near.send_at - timedelta(seconds=10.03) <= NOW + LEFT_OFFSET
    store_part(ledger.delivery, near.post.id, receipt(), terms, now=NOW + SECOND, lease=LEASE)
    far = claim_next(ledger.delivery, "tg", terms, now=NOW + SECOND, lease=timedelta(seconds=20))
    third = near.send_at + timedelta(seconds=10.03)
    assert far == ClaimWait(third, "pace", pace=True)
    assert claimed(ledger, terms=terms, now=third).send_at == third
    assert slots == [NOW]


def test_a_window_is_counted_over_restarts(opened: Callable[[], Ledger]) -> None:
    terms = ClaimTerms((Rate("group", 3, 60.0, precise=False),))
    first = opened()
    for number in range(4):
        add(first, guid=f"g{number}")
    for _ in range(3):
        sent(first, terms=terms)
    first.close()
    wait = waiting(opened(), terms=terms)
    assert wait.pace
    assert wait.until
    assert NOW <= wait.until - timedelta(seconds=60.5) <= NOW + LEFT_OFFSET


def test_what_no_window_sees_any_more_is_forgotten(ledger: Ledger) -> None:
    from sqlalchemy import func, select

    from newsbot.ledger import schema

    for number in range(5):
        add(ledger, guid=f"g{number}")
        sent(ledger, terms=ClaimTerms((CHAT,)), now=NOW + number * HOUR)
    with ledger._database.read() as tx:
        assert tx.execute(select(func.count()).select_from(schema.pace_log)).scalar() == 1


def test_a_429_with_a_key_moves_that_key_only(ledger: Ledger) -> None:
    mine, other = (
        ClaimTerms((CHAT, Rate("bot", 30, 1.0, precise=True))),
        ClaimTerms((Rate("bot", 30, 1.0, precise=True),)),
    )
    [post, _] = add(ledger, new_post("tg"), new_post("x"))
    claimed(ledger, terms=mine)
    later = NOW + timedelta(seconds=40)
    limited = Failure("rate-limited", Code.TEXT(words="asked to wait"))
    retried = settle_call(
        ledger.delivery, post.id, PostEvent.NOT_SENT, limited, now=NOW, due_at=later, rate_key="chat"
    )
    assert (retried.state, retried.due_at) == (PostState.RETRYING, later)
    assert claimed(ledger, "x", other, now=NOW + SECOND).send_at == NOW + SECOND
    add(ledger, guid="g2")
    wait = waiting(ledger, terms=mine, now=NOW + SECOND)
    assert wait == ClaimWait(later, "the platform asked to wait", pace=True)


def test_a_429_without_a_key_holds_the_channel(ledger: Ledger) -> None:
    [post] = add(ledger)
    add(ledger, guid="g2")
    claimed(ledger)
    later = NOW + timedelta(seconds=40)
    settle_call(
        ledger.delivery,
        post.id,
        PostEvent.NOT_SENT,
        Failure("rate-limited", Code.TEXT(words="wait")),
        now=NOW,
        due_at=later,
    )
    assert waiting(ledger, now=NOW + SECOND) == ClaimWait(later, "the platform asked to wait", pace=True)
    assert claimed(ledger, now=later)


# ---------------------------------------------------------------- money


def test_money_is_reserved_before_the_call_and_stops_hard(ledger: Ledger) -> None:
    for number in range(2):
        add(ledger, new_post("x", cost="0.20"), guid=f"g{number}")
    assert (ledger.channels.get_spending("x", now=NOW), ledger.channels.get_committed_cost("x")) == (
        Decimal(0),
        Decimal("0.40"),
    )
    first = claimed(ledger, "x", MONEY).post
    assert (ledger.channels.get_spending("x", now=NOW), ledger.channels.get_committed_cost("x")) == (
        Decimal("0.20"),
        Decimal("0.20"),
    )
    store_part(ledger.delivery, first.id, receipt(), MONEY, now=NOW, lease=LEASE)
    for _ in range(3):
        wait = waiting(ledger, "x", MONEY)
        assert (wait.until, wait.pace) == (None, False)
        assert wait.why.startswith("budget: $0.20 of $0.30")
    [blocked] = ledger.posts.list_posts(states=[PostState.SCHEDULED])
    assert blocked.error
    assert (blocked.error.code, blocked.error.message) == ("budget", wait.why)
    assert [event.event for event in ledger.posts.list_events(blocked.id)] == ["composed", "waits"]
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.20")


def test_a_new_month_has_new_money(ledger: Ledger) -> None:
    for number in range(2):
        add(ledger, new_post("x", cost="0.20"), guid=f"g{number}")
    sent(ledger, "x", MONEY)
    waiting(ledger, "x", MONEY)
    december = NOW + timedelta(days=9)
    assert sent(ledger, "x", MONEY, now=december).error is None
    assert ledger.channels.get_spending("x", now=december) == Decimal("0.20")
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.20")


@pytest.mark.parametrize(
    ("event", "left"),
    [(PostEvent.NOT_SENT, "0"), (PostEvent.REFUSE, "0"), (PostEvent.LOSE, "0.20")],
)
def test_money_comes_back_where_surely_nothing_was_sent(ledger: Ledger, event: PostEvent, left: str) -> None:
    add(ledger, new_post("x", cost="0.20"))
    post = claimed(ledger, "x", MONEY).post
    settle_call(ledger.delivery, post.id, event, FAILURE, now=NOW)
    assert ledger.channels.get_spending("x", now=NOW) == Decimal(left)


def test_an_unknown_that_is_surely_absent_gives_its_money_back_and_takes_it_again(ledger: Ledger) -> None:
    add(ledger, new_post("x", cost="0.20"))
    post = claimed(ledger, "x", MONEY).post
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, FAILURE, now=NOW)
    ledger.posts.apply_event(post.id, PostEvent.MISS, by="cli:ana", now=NOW)
    assert ledger.channels.get_spending("x", now=NOW) == 0
    sent(ledger, "x", MONEY)
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.20")


def test_channels_of_one_account_have_one_budget(ledger: Ledger) -> None:
    """Whoever posts, edits, deletes or reads: it is the account that pays."""
    ledger.channels.hold_stranded_posts({"x": "x:42", "x-ur": "x:42", "x-own": "x:43"}, now=NOW)
    for name in ("x", "x-ur", "x-own"):
        add(ledger, new_post(name, cost="0.20"), guid=name)
    assert ledger.channels.get_committed_cost("x-ur") == Decimal("0.40")
    first = claimed(ledger, "x", MONEY).post
    assert waiting(ledger, "x-ur", MONEY).why.startswith("budget: $0.20 of $0.30")
    claimed(ledger, "x-own", MONEY)
    ledger.delivery.set_aside("x-ur", Decimal("0.01"), 5, None, now=NOW)
    ledger.delivery.settle_reads("x-ur", Decimal("0.01"), ReadAllowance(5, 2, ["7", "8"]), began=NOW, now=NOW)
    ledger.delivery.set_aside("x", Decimal("0.01"), 1, None, now=NOW)
    ledger.delivery.settle_reads("x", Decimal("0.01"), ReadAllowance(1, 1, ["7"]), began=NOW, now=NOW)
    assert {name: ledger.channels.get_spending(name, now=NOW) for name in ("x", "x-ur", "x-own")} == {
        "x": Decimal("0.22"),
        "x-ur": Decimal("0.22"),
        "x-own": Decimal("0.20"),
    }
    settle_call(ledger.delivery, first.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    assert list_account_budgets(ledger.channels, {"x": Decimal(3), "x-ur": Decimal(2)}, now=NOW) == [
        AccountBudget(("x", "x-ur"), Decimal("0.02"), Decimal(2))
    ]


def test_a_thread_of_which_a_part_is_out_keeps_its_money_and_pays_once(ledger: Ledger) -> None:
    add(ledger, new_post("x", cost="0.30", parts=(part("1"), part("2"))))
    post = claimed(ledger, "x", MONEY).post
    store_part(ledger.delivery, post.id, receipt(0), MONEY, now=NOW, lease=LEASE)
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.30")
    assert claimed(ledger, "x", MONEY).part == 1
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.30")


def test_micro_dollars_are_exact(ledger: Ledger) -> None:
    for number in range(10):
        add(ledger, new_post("x", cost="0.015"), guid=f"g{number}")
    for _ in range(10):
        sent(ledger, "x", ClaimTerms(limit_usd=Decimal("0.15")))
    assert ledger.channels.get_spending("x", now=NOW) == Decimal("0.15")


# ---------------------------------------------------------------- the end of a call


def test_a_retry_waits_for_its_time_and_keeps_why(ledger: Ledger) -> None:
    add(ledger)
    post = claimed(ledger).post
    later = NOW + timedelta(seconds=5)
    retrying = settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW, due_at=later)
    assert (retrying.state, retrying.error, retrying.due_at) == (PostState.RETRYING, FAILURE, later)
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None
    assert sent(ledger, now=later).error is None


def test_a_channel_that_is_refused_pauses_with_the_reason(ledger: Ledger) -> None:
    add(ledger)
    post = claimed(ledger).post
    refused = Failure("channel-refused", Code.TEXT(words="the bot was kicked: add it again"))
    assert (
        settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, refused, now=NOW, pause=True).state
        is PostState.RETRYING
    )
    state = ledger.channels.get_channel("tg")
    assert (state.state, state.reason) == ("paused", refused.reason)


def test_a_post_that_was_refused_with_its_channel_goes_first_once_it_sends_again(ledger: Ledger) -> None:
    first = add(ledger, new_post())[0]
    later = NOW + timedelta(minutes=5)
    add(ledger, new_post(due_at=later), guid="g2")
    settle_call(ledger.delivery, claimed(ledger).post.id, PostEvent.NOT_SENT, FAILURE, now=NOW, pause=True)
    ledger.channels.resume("tg", by="cli:ana", now=later)
    assert claimed(ledger, now=later + HOUR).post.id == first.id


def test_a_refused_photo_is_taken_off_the_part_in_flight_only(ledger: Ledger) -> None:
    add(ledger, new_post(parts=(part("1", photo=True), part("2", photo=True))))
    post = claimed(ledger).post
    store_part(ledger.delivery, post.id, receipt(0), TERMS, now=NOW, lease=LEASE)
    after = settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW, drop_media=True)
    assert [bool(one.media) for one in after.parts] == [True, False]
    assert after.parts[1] == part("2")


def test_a_settled_post_is_not_settled_again(ledger: Ledger) -> None:
    add(ledger)
    post = sent(ledger)
    with pytest.raises(InvalidTransition, match=post.id):
        settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW)


# ---------------------------------------------------------------- rescue, and late answers


def test_a_late_no_ends_no_call_but_its_own(ledger: Ledger) -> None:
    """Rescued, said to be absent, claimed again: then the first sender hears that its own call failed."""
    add(ledger)
    first = claimed(ledger)
    later = NOW + LEASE
    ledger.delivery.recover_posts(now=later)
    ledger.posts.apply_event(first.post.id, PostEvent.MISS, by="editor", now=later, due_at=later)
    late = CallEnding(first.post.id, CallFailure(PostEvent.NOT_SENT, FAILURE), claim=first)
    [[waits], _] = ledger.delivery.exchange([late], (), now=later)
    assert isinstance(waits, Post)
    assert waits.state is PostState.RETRYING
    second = claimed(ledger, now=later)
    [[flies], _] = ledger.delivery.exchange([late], (), now=later)
    assert isinstance(flies, Post)
    assert flies.state is PostState.SENDING
    assert store_part(ledger.delivery, second.post.id, receipt(), TERMS, now=later, lease=LEASE) is None
    assert ledger.posts.get_post(first.post.id).state is PostState.SENT


def lost(ledger: Ledger, parts: int = 1) -> str:
    """The id of a post whose lease ran out in mid-call."""
    add(ledger, new_post(parts=tuple(part(str(number)) for number in range(parts))))
    claimed(ledger)
    [post] = ledger.delivery.recover_posts(now=NOW + LEASE)
    assert post.state is PostState.UNKNOWN
    assert post.error is not None
    assert post.error.code == "unknown"
    return post.id


def test_a_lease_that_is_over_makes_it_unknown_and_never_sends_it_again(ledger: Ledger) -> None:
    post_id = lost(ledger)
    far = NOW + timedelta(days=30)
    assert claim_next(ledger.delivery, "tg", TERMS, now=far, lease=LEASE) is None
    assert ledger.delivery.list_next_due_times(after=NOW - LEASE) == {}
    assert ledger.delivery.recover_posts(now=far) == ledger.posts.expire_posts(now=far) == []
    assert ledger.posts.list_events(post_id)[-1].by == "rescuer"


def test_a_lease_that_runs_is_left_alone(ledger: Ledger) -> None:
    add(ledger)
    claimed(ledger)
    assert ledger.delivery.recover_posts(now=NOW + LEASE - SECOND) == []


def test_a_late_receipt_settles_an_unknown(ledger: Ledger) -> None:
    post_id = lost(ledger)
    assert store_part(ledger.delivery, post_id, receipt(), TERMS, now=NOW + HOUR, lease=LEASE) is None
    post = ledger.posts.get_post(post_id)
    assert (post.state, post.receipts, post.error) == (PostState.SENT, (receipt(),), None)
    assert post.attempts == 1


def test_a_late_receipt_of_a_thread_leaves_the_rest_to_be_sent(ledger: Ledger) -> None:
    post_id = lost(ledger, parts=2)
    assert store_part(ledger.delivery, post_id, receipt(0), TERMS, now=NOW + HOUR, lease=LEASE) is None
    assert ledger.posts.get_post(post_id).state is PostState.RETRYING
    assert claimed(ledger, now=NOW + HOUR).part == 1


@pytest.mark.parametrize("event", [PostEvent.NOT_SENT, PostEvent.REFUSE])
def test_a_late_proof_of_absence_lets_an_unknown_be_tried_again(ledger: Ledger, event: PostEvent) -> None:
    post_id = lost(ledger)
    settled = settle_call(ledger.delivery, post_id, event, FAILURE, now=NOW + HOUR)
    assert (settled.state, settled.error) == (PostState.RETRYING, FAILURE)


def test_a_late_loss_of_an_unknown_changes_nothing(ledger: Ledger) -> None:
    post_id = lost(ledger)
    before = ledger.posts.get_post(post_id)
    assert settle_call(ledger.delivery, post_id, PostEvent.LOSE, FAILURE, now=NOW + HOUR) == before


def test_a_receipt_after_an_editors_word_still_keeps_it_from_being_sent_again(ledger: Ledger) -> None:
    """Declared absent, then the late sender proves that it is out: completed without another call."""
    post_id = lost(ledger)
    ledger.posts.apply_event(post_id, PostEvent.MISS, by="cli:ana", now=NOW)
    assert store_part(ledger.delivery, post_id, receipt(), TERMS, now=NOW, lease=LEASE) is None
    assert ledger.posts.get_post(post_id).state is PostState.RETRYING
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW + HOUR, lease=LEASE) is None
    post = ledger.posts.get_post(post_id)
    assert (post.state, post.attempts) == (PostState.SENT, 1)


@pytest.mark.parametrize("end", [PostEvent.SKIP, PostEvent.FIND])
def test_a_receipt_for_what_is_over_is_kept_as_evidence(ledger: Ledger, end: PostEvent) -> None:
    post_id = lost(ledger)
    over = ledger.posts.apply_event(post_id, end, by="cli:ana", now=NOW)
    assert store_part(ledger.delivery, post_id, receipt(), TERMS, now=NOW, lease=LEASE) is None
    post = ledger.posts.get_post(post_id)
    assert (post.state, post.receipts) == (over.state, (receipt(),))


def test_two_receipts_for_one_part_keep_the_first(ledger: Ledger) -> None:
    add(ledger)
    post = sent(ledger)
    other = receipt(0).__class__(0, "another")
    assert store_part(ledger.delivery, post.id, other, TERMS, now=NOW, lease=LEASE) is None
    assert ledger.posts.get_post(post.id) == post


def test_an_unknown_holds_up_no_other_post(ledger: Ledger) -> None:
    lost(ledger)
    [other] = add(ledger, guid="g2")
    assert claimed(ledger, now=NOW + HOUR).post.id == other.id


def test_counts_are_by_channel_and_state_and_recent_for_sent(ledger: Ledger) -> None:
    for number in range(3):
        add(ledger, guid=f"g{number}")
    sent(ledger, now=NOW)
    sent(ledger, now=NOW + 2 * HOUR)
    assert ledger.channels.count_posts(since=NOW + HOUR) == {
        ("tg", PostState.SENT): 1,
        ("tg", PostState.SCHEDULED): 1,
    }


def test_only_posts_that_are_nearly_due_and_have_photos_are_named_for_theirs(ledger: Ledger) -> None:
    photo = (part(photo=True),)
    later = new_post(due_at=NOW + 2 * SECOND, parts=photo, breaking=True)
    [first], [second] = add(ledger, new_post(parts=photo), guid="g1"), add(ledger, later, guid="g3")
    add(ledger, guid="g2")
    add(ledger, new_post(due_at=NOW + HOUR, parts=photo), new_post("x", parts=photo), guid="g4")
    add(ledger, new_post(parts=photo, held_for="approval", approval=1), guid="g5")
    url = photo[0].media[0].url
    assert ledger.delivery.list_illustrated_posts(["tg"], until=NOW + 5 * SECOND) == [
        IllustratedPost(first.id, "tg", NOW, breaking=False, urls=(url,)),
        IllustratedPost(second.id, "tg", NOW + 2 * SECOND, breaking=True, urls=(url,)),
    ]
    assert ledger.delivery.list_illustrated_posts([], until=NOW) == []


def test_a_post_whose_photo_is_late_is_passed_over_and_keeps_its_place(ledger: Ledger) -> None:
    [first], [second] = add(ledger, guid="g1"), add(ledger, guid="g2")
    ask = ClaimRequest("tg", TERMS, LEASE, late=frozenset({first.id}))
    _, [claim] = ledger.delivery.exchange((), [ask], now=NOW)
    assert isinstance(claim, Claim)
    assert claim.post.id == second.id
    ledger.delivery.exchange([CallEnding(second.id, receipt(), claim=claim)], (), now=NOW)
    assert ledger.delivery.exchange((), [ask], now=NOW) == ([], [None])
    assert claimed(ledger).post.id == first.id


def test_a_breaking_post_whose_photo_is_late_passes_no_gap_either(ledger: Ledger) -> None:
    terms = ClaimTerms(gap=HOUR, passed=frozenset({"gap"}))
    add(ledger, guid="g1")
    sent(ledger, terms=terms)
    [_], [breaking] = add(ledger, guid="g2"), add(ledger, new_post(breaking=True), guid="g3")
    ask = ClaimRequest("tg", terms, LEASE, late=frozenset({breaking.id}))
    _, [held_up] = ledger.delivery.exchange((), [ask], now=NOW + SECOND)
    assert held_up == ClaimWait(NOW + HOUR, "gap of 1:00:00")
    assert claimed(ledger, terms=terms, now=NOW + SECOND).post.id == breaking.id
