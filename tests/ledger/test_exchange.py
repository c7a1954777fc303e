"""Many channels in one transaction: each gets what it would get alone; pace after a clock that went back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from sqlalchemy import event

from newsbot.ledger.ledger import Ledger
from newsbot.ledger.store import DiskReserve
from newsbot.model import Failure, Post, PostEvent, PostState
from newsbot.ports import CallEnding, CallFailure, Claim, ClaimRequest, ClaimTerms, ClaimWait, Rate
from newsbot.reasons import Code
from tests.ledger.exchanges import settle_call, store_part
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

BOT = Rate("bot", 30, 1.0, precise=True)
GROUP = Rate("group", 3, 60.0, precise=False)
NAMES = [f"c{number:02}" for number in range(40)]


def asks(*names: str, terms: ClaimTerms = TERMS) -> list[ClaimRequest]:
    return [ClaimRequest(name, terms, LEASE) for name in names]


def claims_of(ledger: Ledger, *names: str, terms: ClaimTerms = TERMS) -> list[Claim]:
    _, found = ledger.delivery.exchange((), asks(*names, terms=terms), now=NOW)
    return [claim for claim in found if isinstance(claim, Claim)]


def statements(ledger: Ledger, names: list[str]) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    engine = ledger._database._engine
    event.listen(engine, "before_cursor_execute", note)
    claims = claims_of(ledger, *names, terms=ClaimTerms((BOT,)))
    ledger.delivery.exchange([CallEnding(claim.post.id, receipt()) for claim in claims], (), now=NOW)
    event.remove(engine, "before_cursor_execute", note)
    assert len(claims) == len(names)
    return count


def test_forty_channels_take_hardly_more_statements_than_one(ledger: Ledger) -> None:
    add(ledger, *map(new_post, NAMES))
    add(ledger, *map(new_post, NAMES), guid="g2")
    one = statements(ledger, NAMES[:1])
    assert statements(ledger, NAMES) <= one + 3


def test_each_channel_gets_what_it_would_get_alone(ledger: Ledger) -> None:
    add(ledger, *map(new_post, ("busy", "free", "idle", "paused", "poor")))
    add(ledger, new_post("busy"), guid="g2")
    claimed(ledger, "busy")
    claimed(ledger, "idle")
    store_part(
        ledger.delivery, ledger.posts.list_posts(channel="idle")[0].id, receipt(), TERMS, now=NOW, lease=LEASE
    )
    ledger.channels.pause("paused", by="cli:ana", reason=Code.TEXT(words="wait"), now=NOW)
    add(ledger, new_post("rich", cost="0.20"), new_post("broke", cost="0.20"), guid="g3")
    broke = ClaimRequest("broke", ClaimTerms(limit_usd=Decimal("0.10")), LEASE)
    wanted = [*asks("busy", "free", "idle", "paused", "rich", "nobody"), broke]
    _, found = ledger.delivery.exchange((), wanted, now=NOW)
    kinds = [one if one is None else type(one) for one in found]
    assert kinds == [ClaimWait, Claim, None, ClaimWait, Claim, None, ClaimWait]
    assert ledger.posts.get_post(ledger.posts.list_posts(channel="free")[0].id).state is PostState.SENDING


def test_slots_of_one_exchange_keep_each_others_distance(ledger: Ledger) -> None:
    bot = Rate("bot", 3, 1.0, precise=True)
    add(ledger, *map(new_post, NAMES))
    slots = sorted(claim.send_at for claim in claims_of(ledger, *NAMES, terms=ClaimTerms((bot,))))
    assert len(slots) == len(NAMES)
    assert all(later - earlier >= SECOND / 30 for earlier, later in pairwise(slots))
    assert all(later - earlier >= SECOND for earlier, later in zip(slots, slots[3:], strict=False))


def test_a_window_is_counted_within_one_exchange_too(ledger: Ledger) -> None:
    add(ledger, *map(new_post, NAMES[:5]))
    terms = ClaimTerms((GROUP,))
    assert len(claims_of(ledger, NAMES[0], terms=terms)) == 1
    _, found = ledger.delivery.exchange((), asks(*NAMES[1:5], terms=terms), now=NOW)
    assert [type(one) for one in found] == [Claim, Claim, ClaimWait, ClaimWait]


def test_a_claim_that_is_out_of_date_is_not_taken_for_the_post(ledger: Ledger) -> None:
    add(ledger, new_post("a"), new_post("b"))
    late, again = claims_of(ledger, "a", "b")
    settle_call(ledger.delivery, late.post.id, PostEvent.LOSE, FAILURE, now=NOW)
    settle_call(ledger.delivery, again.post.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    assert claimed(ledger, "b").post.attempts == again.post.attempts + 1
    endings = [CallEnding(claim.post.id, receipt(), claim=claim) for claim in (late, again)]
    posts, _ = ledger.delivery.exchange(endings, (), now=NOW)
    assert posts == [ledger.posts.get_post(late.post.id), ledger.posts.get_post(again.post.id)]
    assert [post.state for post in posts if isinstance(post, Post)] == [PostState.SENT, PostState.SENT]
    assert [post.attempts for post in posts if isinstance(post, Post)] == [1, 2]


def test_endings_of_every_kind_are_stored_beside_new_claims(ledger: Ledger) -> None:
    add(ledger, new_post("a"), new_post("b", parts=(part("1"), part("2"))), new_post("c"))
    add(ledger, new_post("a"), guid="g2")
    whole, thread, lost = claims_of(ledger, "a", "b", "c")
    outcome = CallEnding(lost.post.id, CallFailure(PostEvent.LOSE, FAILURE))
    endings = [
        CallEnding(whole.post.id, receipt()),
        CallEnding(thread.post.id, receipt(), TERMS, LEASE),
        outcome,
    ]
    [sent, following, unknown], [after] = ledger.delivery.exchange(endings, asks("a"), now=NOW)
    assert isinstance(sent, Post)
    assert sent == ledger.posts.get_post(whole.post.id)
    assert sent.state is PostState.SENT
    assert isinstance(following, Claim)
    assert following.part == 1
    assert isinstance(unknown, Post)
    assert unknown.state is PostState.UNKNOWN
    assert isinstance(after, Claim)
    assert after.post.channel == "a"


def test_a_part_whose_last_call_ended_as_unknown_is_doubted(ledger: Ledger) -> None:
    add(ledger)
    assert not claimed(ledger).doubted
    post = ledger.posts.list_posts()[0]
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, FAILURE, now=NOW)
    assert not claimed(ledger).doubted
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, FAILURE, now=NOW)
    ledger.posts.apply_event(post.id, PostEvent.MISS, by="cli:ana", now=NOW)
    assert claimed(ledger).doubted


# ---------------------------------------------------------------- a clock that went back


def test_slots_of_a_clock_that_went_back_hold_nothing_up(ledger: Ledger) -> None:
    for number, rates in enumerate(((BOT,), (GROUP,))):
        terms = ClaimTerms(rates)
        for guid in "abcd":
            add(ledger, new_post(f"c{number}"), guid=f"{number}{guid}")
        for _ in range(3):
            claim = claimed(ledger, f"c{number}", terms, now=NOW + 24 * HOUR)
            store_part(ledger.delivery, claim.post.id, receipt(), terms, now=NOW + 24 * HOUR, lease=LEASE)
        assert claimed(ledger, f"c{number}", terms).send_at == NOW


def test_a_retry_after_of_a_clock_that_went_back_lasts_as_long_as_it_was_asked_for(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, guid="g2")
    tomorrow = NOW + 24 * HOUR
    post = claimed(ledger, now=tomorrow).post
    limited, later = Failure("rate-limited", Code.TEXT(words="wait")), tomorrow + 40 * SECOND
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, limited, now=tomorrow, due_at=later)
    assert waiting(ledger).until == NOW + 40 * SECOND
    assert waiting(ledger, now=NOW + 20 * SECOND).until == NOW + 40 * SECOND
    assert claimed(ledger, now=NOW + 40 * SECOND)


def test_the_gap_after_a_clock_that_went_back_is_no_day_long(ledger: Ledger) -> None:
    add(ledger)
    add(ledger, guid="g2")
    terms = ClaimTerms(gap=timedelta(minutes=10))
    claim = claimed(ledger, terms=terms, now=NOW + 24 * HOUR)
    store_part(ledger.delivery, claim.post.id, receipt(), terms, now=NOW + 24 * HOUR, lease=LEASE)
    assert claimed(ledger, terms=terms)


def test_what_went_out_in_a_day_that_never_was_holds_nobody_in_the_day_that_is(ledger: Ledger) -> None:
    """A clock ran a day ahead, and a post left each 10 minutes; then it was put right."""
    terms, ahead = ClaimTerms(gap=timedelta(minutes=10)), timedelta(minutes=10)
    for n in range(5):
        add(ledger, guid=f"g{n}")
    for at in (NOW, NOW + ahead, NOW + 24 * HOUR):
        sent(ledger, terms=terms, now=at)
    sent(ledger, terms=terms, now=NOW + SECOND)
    assert waiting(ledger, terms=terms, now=NOW + 2 * SECOND).until == NOW + SECOND + terms.gap


def test_tomorrows_posts_by_a_wrong_clock_are_none_of_todays(ledger: Ledger) -> None:
    for n in range(3):
        add(ledger, new_post(slot_at=NOW - (3 - n) * HOUR), guid=f"g{n}")
    sent(ledger, now=NOW + 24 * HOUR)
    terms = ClaimTerms(day=(NOW - HOUR, NOW + HOUR, 1), slot=(NOW - HOUR, NOW + HOUR))
    sent(ledger, terms=terms)
    assert waiting(ledger, terms=terms, now=NOW + SECOND).why == "per_day: 1 are out today"
    assert waiting(ledger, terms=replace(terms, day=None), now=NOW + SECOND).until == NOW + HOUR
    assert [post.goes for post in ledger.schedule.list_late_posts({"tg": NOW - HOUR}, now=NOW)] == [False]


# ---------------------------------------------------------------- the disk


def test_ballast_is_kept_given_and_taken_away(tmp_path: Path) -> None:
    ballast = DiskReserve(tmp_path / "ledger.db")
    ballast.keep()
    assert (tmp_path / "ledger.db-ballast").stat().st_size >= 64 * 1024
    ballast.release()
    assert not list(tmp_path.iterdir())
    ballast.keep()
    ballast.keep()
    ballast.close()
    assert not list(tmp_path.iterdir())


def test_a_post_that_is_claimed_ahead_delays_no_post_that_is_due(ledger: Ledger) -> None:
    soon = NOW + timedelta(milliseconds=200)
    add(ledger, new_post("soon", due_at=soon), new_post("now"))
    ahead, due = ClaimRequest("soon", TERMS, LEASE, at=soon), ClaimRequest("now", TERMS, LEASE)
    _, claims = ledger.delivery.exchange((), [ahead, due], now=NOW)
    assert [isinstance(claim, Claim) and claim.send_at for claim in claims] == [soon, NOW]


def test_while_another_post_is_in_flight_a_claim_ahead_is_asked_for_once_more_when_it_is_due(
    ledger: Ledger,
) -> None:
    """Whoever sends the other post may be done before that time, and then looks for nothing."""
    soon = NOW + timedelta(milliseconds=20)
    add(ledger)
    add(ledger, new_post(due_at=soon), guid="g2")
    claimed(ledger)
    ask = ClaimRequest("tg", TERMS, LEASE, at=soon)
    _, [wait] = ledger.delivery.exchange((), [ask], now=NOW)
    assert isinstance(wait, ClaimWait)
    assert wait.until == soon
    _, [wait] = ledger.delivery.exchange((), [ask], now=soon)
    assert isinstance(wait, ClaimWait)
    assert wait.until == soon + 2 * SECOND
