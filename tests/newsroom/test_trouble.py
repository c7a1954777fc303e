"""What needs a person, each told by one key as long as it is the same."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from newsbot.ledger import open_ledger, schema
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Item, PostEvent, PostState
from newsbot.newsroom.alerts import Alert, AlertFinder, exhausted_at, find_silence_bounds
from newsbot.newsroom.anomalies import describe_flood
from newsbot.ports import ClaimTerms, NewDueTime, PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll, settle_call
from tests.ledger.making import HOUR, NOW, add, claimed, end_call, new_post

DAY = timedelta(days=1)


def silent_since(found: Collection[datetime], now: datetime) -> datetime | None:
    bounds = find_silence_bounds(found)
    return bounds[0] if bounds and now > bounds[1] else None


@dataclass
class Moved:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def troubles(ledger: Ledger, at: datetime = NOW, limit: str = "1.00") -> list[Alert]:
    budgets = {"x": Decimal(limit)}
    looking = AlertFinder(ledger, Moved(at), sources=["site"], channels=["tg", "x"], budgets=budgets)
    found = looking.now()
    assert found == looking.now()
    return found


def test_where_all_is_well_there_is_none(ledger: Ledger) -> None:
    add(ledger, new_post(held_for="approval"))
    assert troubles(ledger) == []


def test_what_may_be_out_comes_before_what_failed(ledger: Ledger) -> None:
    add(ledger, new_post("tg"), new_post("x"))
    failed, unknown = end_call(ledger, "x", PostEvent.REFUSE), end_call(ledger, "tg", PostEvent.LOSE)
    found = troubles(ledger)
    assert [(one.kind, one.post_ids[0], str(one.why)) for one in found] == [
        ("unknown", unknown, "because of unknown"),
        ("failed", failed, "because of refused"),
    ]
    assert not [one for one in troubles(ledger, NOW + 2 * DAY) if one.kind == "failed"]


def test_a_channel_that_a_person_paused_is_no_trouble_but_one_that_was_refused(ledger: Ledger) -> None:
    add(ledger, new_post("tg"), new_post("x"))
    end_call(ledger, "x", PostEvent.NOT_SENT, pause=True)
    ledger.channels.pause("tg", by="tg:111", reason=Code.TEXT(words="a break"), now=NOW)
    [one] = troubles(ledger)
    assert (one.kind, one.name, str(one.why)) == ("paused", "x", "because of not sent")


def test_a_flood_is_one_question(ledger: Ledger) -> None:
    why = describe_flood("site", 30, 2)
    for number in range(30):
        add(ledger, new_post("tg", held_for=why), new_post("x", held_for=why), guid=f"g{number}")
    [one] = troubles(ledger)
    assert (one.kind, len(one.post_ids), one.why) == ("flood", 60, why)


def test_an_answer_moves_all_posts_of_a_question_at_once(ledger: Ledger) -> None:
    why = describe_flood("site", 30, 2)
    posts = add(ledger, new_post("tg", held_for=why), new_post("x", held_for=why))
    times = {post.id: NewDueTime(post.id, NOW + HOUR, Code.TEXT(words="after quiet hours")) for post in posts}
    ids = [post.id for post in posts]
    released = ledger.posts.release(ids, times, by="tg:111", now=NOW)
    assert [(post.state, post.due_at) for post in released] == [(PostState.SCHEDULED, NOW + HOUR)] * 2
    assert ledger.posts.release(ids, times, by="tg:222", now=NOW) == []
    assert len(ledger.posts.cancel_all(ids, by="tg:222", now=NOW, detail=Code.TEXT(words="not new"))) == 2
    assert troubles(ledger) == []


def test_a_budget_is_told_of_at_each_step_with_the_day_on_which_it_ends(ledger: Ledger) -> None:
    for number in range(6):
        add(ledger, new_post("x", cost="0.10"), guid=f"g{number}")
        claim = claimed(ledger, "x", ClaimTerms(limit_usd=Decimal("1.00")))
        settle_call(
            ledger.delivery, claim.post.id, PostEvent.LOSE, Failure("code", Code.TEXT(words="why")), now=NOW
        )
    [one] = [one for one in troubles(ledger) if one.kind == "budget"]
    assert (one.percent, one.name, str(one.why)) == (50, "x", "$0.60 of $1.00")
    assert one.exhausted_at is None  # 21.5 of 30 days for 60 %: it lasts
    [one] = [one for one in troubles(ledger, limit="0.70") if one.kind == "budget"]
    assert one.percent == 80
    assert one.exhausted_at is not None
    assert one.exhausted_at.day == 26
    [one] = [one for one in troubles(ledger, limit="0.60") if one.kind == "budget"]
    assert (one.percent, one.exhausted_at) == (100, NOW)


def test_money_that_lasts_runs_out_never() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    assert exhausted_at(Decimal(0), Decimal(10), at) is None
    assert exhausted_at(Decimal(5), Decimal(10), at) is None
    assert exhausted_at(Decimal(6), Decimal(10), at) == datetime(2026, 11, 26, tzinfo=UTC)


def test_a_source_that_fails_again_and_again_is_trouble_and_once_is_none(ledger: Ledger) -> None:
    error = Failure("fetch", Code.TEXT(words="the site does not answer"))
    for count in range(1, 4):
        record_poll(ledger.sources, "site", PollResult(NOW + HOUR, error=error), now=NOW)
        assert [one.kind for one in troubles(ledger)] == ["failing"] * (count == 3)


def test_a_silence_is_unusual_by_what_was_usual() -> None:
    """Eight a day by day, none at night: the night is no silence, a day is."""
    days = [NOW - DAY * day for day in range(10)]
    found = [day - timedelta(hours=hour) for day in days for hour in range(0, 16, 2)]
    last = max(found)
    assert silent_since(found, last + timedelta(hours=10)) is None
    assert silent_since(found, last + timedelta(hours=16)) == last
    assert silent_since(found[:5], last + 30 * DAY) is None


def test_a_silent_source_is_told_of(ledger: Ledger) -> None:
    for hour in range(12):
        items = (Item(f"g{hour}"),)
        at = NOW - timedelta(hours=20 - hour)
        record_poll(ledger.sources, "site", PollResult(NOW + HOUR, take=items), now=at)
    [one] = troubles(ledger)
    assert (one.kind, one.name, one.since) == ("silent", "site", NOW - timedelta(hours=9))


GAPS = st.sampled_from([(0, 1, 30), (30, 200), (1, 30, 239, 240, 241), (0, 30, 300, 700, 3000)]).flatmap(
    lambda few: st.integers(1, 80).flatmap(
        lambda most: st.lists(st.sampled_from(few), min_size=most, max_size=most)
    )
)
"""Minutes between articles: the step is four hours."""


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(gaps=[30] * 79, quiet=7)
@given(gaps=GAPS, quiet=st.sampled_from([1, 5, 6, 7, 12, 30]))
def test_few_of_its_times_say_of_a_silent_source_what_all_of_them_do(
    ledger: Ledger, gaps: list[int], quiet: int
) -> None:
    began = NOW - 10 * DAY
    times = [began + timedelta(minutes=minutes) for minutes in accumulate(gaps, initial=0)]
    with ledger._database.write() as tx:
        tx.execute(delete(schema.article))
        rows = [{"guid_key": str(number), "found_at": at, "wake_at": at} for number, at in enumerate(times)]
        alike = {"source": "site", "state": "ready", "first_sight": False, "tries": 0}
        tx.execute(insert(schema.article), [alike | row for row in rows])
    now = times[-1] + timedelta(hours=quiet)
    found = ledger.sources.list_found_times("site", since=began)
    assert set(found) <= set(times)
    assert silent_since(found, now) == silent_since(times, now)
