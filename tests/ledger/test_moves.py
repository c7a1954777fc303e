"""Guarded moves: only along the edges of the table, each with its event row."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update

from newsbot.errors import InvalidTransition, UsageError
from newsbot.ledger import ids, schema
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.transitions import set_event_cause
from newsbot.model import Failure, Post, PostEvent, PostState, content_hash, target
from newsbot.ports import ClaimWait
from newsbot.reasons import Code, UsageCode, join_reasons
from tests.ledger.exchanges import claim_next, settle_call, store_part
from tests.ledger.making import FAILURE, HOUR, LEASE, NOW, TERMS, add, claimed, new_post, part, receipt, sent

OF_THE_LEDGER = {PostEvent.CLAIM, PostEvent.FENCE}  # nobody asks for these: it makes them by itself
THROUGH_MOVE = [event for event in PostEvent if event not in OF_THE_LEDGER]


def brought(ledger: Ledger, state: PostState) -> Post:
    """A post that came to ``state`` the way that posts do."""
    held = "approval" if state is PostState.HELD else None
    [post] = add(ledger, new_post(held_for=held), guid=f"{state}")
    if state in {PostState.SCHEDULED, PostState.HELD}:
        return post
    if state is PostState.CANCELLED:
        return ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    claimed(ledger)
    if state is PostState.SENDING:
        return ledger.posts.get_post(post.id)
    if state in {PostState.SENT, PostState.WITHDRAWN}:
        store_part(ledger.delivery, post.id, receipt(), TERMS, now=NOW, lease=LEASE)
    ends = {
        PostState.RETRYING: PostEvent.NOT_SENT,
        PostState.FAILED: PostEvent.REFUSE,
        PostState.UNKNOWN: PostEvent.LOSE,
    }
    if state in ends:
        return settle_call(ledger.delivery, post.id, ends[state], FAILURE, now=NOW)
    if state is PostState.WITHDRAWN:
        return ledger.posts.apply_event(post.id, PostEvent.WITHDRAW, by="cli:ana", now=NOW)
    return ledger.posts.get_post(post.id)


@pytest.mark.parametrize("start", list(PostState))
def test_a_move_goes_along_an_edge_or_is_refused_and_changes_nothing(
    ledger: Ledger, start: PostState
) -> None:
    for event in THROUGH_MOVE:
        post = brought(ledger, start)
        assert post.state is start
        story = ledger.posts.list_events(post.id)
        end = target(start, event)
        if end is None or (start, event) == (PostState.FAILED, PostEvent.WITHDRAW):
            with pytest.raises(InvalidTransition) as refused:
                ledger.posts.apply_event(post.id, event, by="cli:ana", now=NOW)
            assert post.id in str(refused.value)
            assert f"{start}" in str(refused.value)
            assert ledger.posts.get_post(post.id) == post
            assert ledger.posts.list_events(post.id) == story
        else:
            moved = ledger.posts.apply_event(post.id, event, by="cli:ana", now=NOW, detail=Code.NOT_THERE())
            assert moved.state is end
            assert ledger.posts.get_post(post.id) == moved
            assert ledger.posts.list_events(post.id)[len(story) :] == [
                (NOW, event, "cli:ana", Code.NOT_THERE())
            ]
        free_the_channel(ledger)


def free_the_channel(ledger: Ledger) -> None:
    """Nothing of this test waits on the channel any more."""
    for post in ledger.posts.list_posts(states=[PostState.SENDING]):
        settle_call(ledger.delivery, post.id, PostEvent.REFUSE, FAILURE, now=NOW)
    for post in ledger.posts.list_posts(states=[PostState.SCHEDULED, PostState.RETRYING]):
        ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)


@pytest.mark.parametrize("start", list(PostState))
def test_only_a_claim_takes_a_post_into_sending(ledger: Ledger, start: PostState) -> None:
    post = brought(ledger, start)
    with pytest.raises(InvalidTransition):
        ledger.posts.apply_event(post.id, PostEvent.CLAIM, by="cli:ana", now=NOW)


def test_a_move_that_another_process_was_faster_with_is_refused_naming_the_new_state(
    opened: Callable[[], Ledger],
) -> None:
    here, there = opened(), opened()
    [post] = add(here, new_post(held_for="approval"))
    there.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ben", now=NOW)
    with pytest.raises(InvalidTransition, match=rf"post {post.id} is cancelled"):
        here.posts.approve(post.id, by="cli:ana", now=NOW, due_at=NOW, reason=Code.AS_SOON_AS_THERE())


def test_the_guard_is_in_the_write_itself(ledger: Ledger) -> None:
    """Even a post that was read in another state is not moved from there."""
    from newsbot.ledger.transitions import shift

    [post] = add(ledger)
    ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    with pytest.raises(InvalidTransition, match="is cancelled"), ledger._database.write() as tx:
        shift(tx, post, PostEvent.HOLD, by="system", now=NOW)
    assert ledger.posts.get_post(post.id).state is PostState.CANCELLED


def test_creation_is_the_first_line_of_the_story(ledger: Ledger) -> None:
    going, held = add(ledger, new_post("tg"), new_post("x", held_for="a flood"))
    assert ledger.posts.list_events(going.id) == [(NOW, "composed", "system", Code.AS_SOON_AS_THERE())]
    assert ledger.posts.list_events(held.id) == [
        (NOW, "composed", "system", Code.HELD_FOR(why=Code.TEXT(words="a flood")))
    ]


def test_an_approval_is_bound_to_the_content(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(held_for="approval"))
    later = NOW + HOUR
    moved = ledger.posts.approve(post.id, by="cli:ana", now=NOW, due_at=later, reason=Code.TIME_SET())
    assert (moved.state, moved.due_at, str(moved.reason)) == (
        PostState.SCHEDULED,
        later,
        "the time that was set",
    )
    assert moved.held_for is None
    with ledger._database.read() as tx:
        row = tx.execute(select(schema.approval)).one()
    assert (row.by, row.at, row.content) == ("cli:ana", NOW, content_hash(post.channel, post.parts))
    assert moved.approved == moved.content == row.content


def test_what_is_noted_names_the_command_that_it_is_the_work_of(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(held_for="approval"))
    with set_event_cause("123:7"):
        ledger.posts.approve(post.id, by="tg:111", now=NOW, due_at=NOW, reason=Code.AS_SOON_AS_THERE())
    ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="tg:111", now=NOW)
    with ledger._database.read() as tx:
        causes = tx.execute(select(schema.event.c.cause).order_by(schema.event.c.id)).scalars().all()
    assert causes == [None, "123:7", None]


def test_a_retry_resumes_at_the_first_part_without_a_receipt(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(parts=(part("1"), part("2"))))
    claimed(ledger)
    second = store_part(ledger.delivery, post.id, receipt(0), TERMS, now=NOW, lease=LEASE)
    assert second is not None
    settle_call(
        ledger.delivery, post.id, PostEvent.REFUSE, Failure("refused", Code.TEXT(words="too long")), now=NOW
    )
    retried = ledger.posts.apply_event(post.id, PostEvent.RETRY, by="cli:ana", now=NOW, expires_at=NOW + HOUR)
    assert (retried.state, retried.error, retried.expires_at) == (PostState.SCHEDULED, None, NOW + HOUR)
    claim = claimed(ledger)
    assert claim.part == 1
    assert claim.post.receipts == (receipt(0),)


def test_a_failed_post_with_receipts_can_be_withdrawn(ledger: Ledger) -> None:
    [post] = add(ledger, new_post(parts=(part("1"), part("2"))))
    claimed(ledger)
    store_part(ledger.delivery, post.id, receipt(0), TERMS, now=NOW, lease=LEASE)
    settle_call(ledger.delivery, post.id, PostEvent.REFUSE, FAILURE, now=NOW)
    assert (
        ledger.posts.apply_event(post.id, PostEvent.WITHDRAW, by="cli:ana", now=NOW).state
        is PostState.WITHDRAWN
    )


def test_a_post_that_a_person_found_keeps_its_receipt_and_went_out_when_it_was_called(
    ledger: Ledger,
) -> None:
    post = brought(ledger, PostState.UNKNOWN)
    found = ledger.posts.apply_event(
        post.id, PostEvent.FIND, by="cli:ana", now=NOW + HOUR, receipts=[receipt()]
    )
    assert (found.state, found.sent_at, found.receipts) == (PostState.SENT, NOW, (receipt(),))
    assert found.error is None
    assert ledger.posts.list_events(post.id)[-1].at == NOW + HOUR


def test_a_reschedule_changes_the_time_and_not_the_state(ledger: Ledger) -> None:
    later = NOW + 2 * HOUR
    for state in (PostState.HELD, PostState.SCHEDULED, PostState.RETRYING):
        post = brought(ledger, state)
        moved = ledger.schedule.reschedule(
            post.id, due_at=later, expires_at=later + HOUR, reason=Code.TIME_SET(), by="cli:ana", now=NOW
        )
        assert (moved.state, moved.due_at, moved.expires_at, moved.reason) == (
            state,
            later,
            later + HOUR,
            Code.TIME_SET(),
        )
        assert ledger.posts.list_events(post.id)[-1].event == "rescheduled"


@pytest.mark.parametrize("state", [PostState.SENT, PostState.UNKNOWN, PostState.CANCELLED])
def test_what_waits_no_more_can_not_be_rescheduled(ledger: Ledger, state: PostState) -> None:
    post = brought(ledger, state)
    with pytest.raises(InvalidTransition, match=f"is {state}"):
        ledger.schedule.reschedule(post.id, due_at=NOW, expires_at=None, reason=None, by="cli:ana", now=NOW)


def test_expiry_cancels_what_was_never_tried_and_fails_what_was(ledger: Ledger) -> None:
    over = NOW + HOUR
    tried, held, fresh, free = add(
        ledger,
        new_post("a", expires_at=over),
        new_post("b", expires_at=over, held_for="approval"),
        new_post("c", expires_at=over + HOUR),
        new_post("d"),
    )
    claimed(ledger, "a")
    settle_call(ledger.delivery, tried.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    assert ledger.posts.expire_posts(now=NOW) == []
    ended = {post.id: post for post in ledger.posts.expire_posts(now=over)}
    assert ended[tried.id].state is PostState.FAILED
    assert ended[held.id].state is PostState.CANCELLED
    assert ended.keys() == {tried.id, held.id}
    assert ended[tried.id].error == Failure(
        "expired", Code.WITH_CAUSE(what=UsageCode.NOT_IN_TIME(), why=FAILURE.reason)
    )
    assert ended[held.id].error == Failure(
        "expired",
        join_reasons([UsageCode.NOT_IN_TIME(), UsageCode.HELD_AT_END(why=Code.APPROVAL())]),
    )
    assert {ledger.posts.get_post(other.id).state for other in (fresh, free)} == {PostState.SCHEDULED}


def test_what_expires_behind_another_says_what_kept_its_channel(ledger: Ledger) -> None:
    """Only the first that is due is refused for its channel's money."""
    over = NOW + HOUR
    (dear,) = add(ledger, new_post(cost="1.00", expires_at=over + HOUR))
    (behind,) = add(ledger, new_post(due_at=NOW + timedelta(minutes=1), expires_at=over), guid="g2")
    poor = replace(TERMS, limit_usd=Decimal("0.50"))
    assert isinstance(claim_next(ledger.delivery, "tg", poor, now=NOW, lease=LEASE), ClaimWait)
    (ended,), refused = ledger.posts.expire_posts(now=over), ledger.posts.get_post(dear.id).error
    assert ended.id == behind.id
    assert ended.error
    assert refused
    assert ended.error.message == f"not sent in time (another post of its channel waited: {refused.message})"


def test_what_expires_on_a_paused_channel_says_so(ledger: Ledger) -> None:
    add(ledger, new_post(expires_at=NOW + HOUR))
    ledger.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words="a holiday"), now=NOW)
    (ended,) = ledger.posts.expire_posts(now=NOW + HOUR)
    assert ended.error
    assert ended.error.message == "not sent in time (its channel is paused: a holiday)"


def test_an_expired_post_is_never_claimed(ledger: Ledger) -> None:
    add(ledger, new_post(expires_at=NOW))
    assert claim_next(ledger.delivery, "tg", TERMS, now=NOW, lease=LEASE) is None


def test_a_repeat_is_refused_naming_the_post_unless_asked_for(ledger: Ledger) -> None:
    article_id = add(ledger)[0].article_id
    first = sent(ledger)
    with pytest.raises(UsageError, match=first.id):
        ledger.posts.queue_posts(article_id, [new_post()], now=NOW, again=False)
    assert ledger.posts.queue_posts(article_id, [new_post("other")], now=NOW, again=False)[0].revision == 1
    assert ledger.posts.queue_posts(article_id, [new_post()], now=NOW, again=True)[0].revision == 2
    with pytest.raises(UsageError, match="waiting"):
        ledger.posts.queue_posts(article_id, [new_post("other")], now=NOW, again=False)


def test_a_post_that_went_nowhere_may_be_queued_once_more(ledger: Ledger) -> None:
    post = brought(ledger, PostState.CANCELLED)
    assert ledger.posts.queue_posts(post.article_id, [new_post()], now=NOW, again=False)[0].revision == 2


def test_an_unknown_id_is_named(ledger: Ledger) -> None:
    for call in (ledger.posts.get_post, ledger.posts.list_events):
        with pytest.raises(UsageError, match="'zzzz'"):
            call("zzzz")
    nobody = ids.post_id(4711)
    with pytest.raises(UsageError, match=nobody):
        ledger.posts.get_post(nobody)
    with pytest.raises(UsageError, match=nobody):
        ledger.posts.apply_event(nobody, PostEvent.CANCEL, by="cli:ana", now=NOW)
    with pytest.raises(UsageError, match="a-zzzz"):
        ledger.posts.queue_posts("a-zzzz", [], now=NOW, again=False)


def test_lists_are_newest_first_or_by_due_time(ledger: Ledger) -> None:
    late, soon = add(ledger, new_post("tg", due_at=NOW + HOUR), new_post("x"))
    assert [post.id for post in ledger.posts.list_posts()] == [soon.id, late.id]
    assert [post.id for post in ledger.posts.list_posts(oldest_first=True)] == [soon.id, late.id]
    assert [post.id for post in ledger.posts.list_posts(channel="tg")] == [late.id]
    assert [post.id for post in ledger.posts.list_posts(limit=1)] == [soon.id]
    assert ledger.posts.list_posts(states=[PostState.SENT]) == []
    assert len(ledger.posts.list_posts(article_id=late.article_id, states=[PostState.SCHEDULED])) == 2


def test_the_database_itself_refuses_two_posts_in_flight_on_a_channel(ledger: Ledger) -> None:
    """The unique index stands behind the claim's own guard."""
    from newsbot.errors import LedgerError

    add(ledger, new_post())
    [other] = add(ledger, new_post(), guid="g2")
    claimed(ledger)
    number = ids.post_number(other.id)
    with pytest.raises(LedgerError), ledger._database.write() as tx:
        tx.execute(update(schema.post).where(schema.post.c.id == number).values(state="sending"))


def test_strange_characters_in_words_are_replaced_not_refused(ledger: Ledger) -> None:
    [post] = add(ledger)
    claimed(ledger)
    failed = settle_call(
        ledger.delivery,
        post.id,
        PostEvent.REFUSE,
        Failure("refused", Code.TEXT(words="a\0b\ud800c")),
        now=NOW,
    )
    assert failed.error == Failure("refused", Code.TEXT(words="a\0b\ud800c"))
    assert ledger.posts.list_events(post.id)[-1].detail == Code.TEXT(words="a\0b\ud800c")


def test_an_event_row_needs_its_post(ledger: Ledger) -> None:
    from newsbot.errors import LedgerError

    with pytest.raises(LedgerError), ledger._database.write() as tx:
        tx.execute(insert(schema.event).values(post_id=99, at=NOW, event="sent", by="nobody", detail=""))
