"""The morning's brief tells what happened since the last one, and no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.newsroom.alerts import DailyBrief, find_last_brief_time, make_brief
from newsbot.newsroom.status import AccountBudget
from tests.ledger.making import HOUR, NOW, add, new_post, sent

BERLIN = ZoneInfo("Europe/Berlin")


class Noon:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def told(ledger: Ledger, since: datetime = NOW - 10 * HOUR) -> DailyBrief:
    return make_brief(
        ledger, Noon(), since=since, channels=["tg", "x"], budgets={"x": Decimal(50)}, troubles=[]
    )


def test_what_went_out_since_is_told_and_the_breaking_lane_apart(ledger: Ledger) -> None:
    add(ledger, new_post("tg", due_at=NOW - 20 * HOUR), guid="before")
    sent(ledger, now=NOW - 20 * HOUR)
    add(ledger, replace(new_post("tg", due_at=NOW - 9 * HOUR), breaking=True), guid="night")
    breaking = sent(ledger, now=NOW - 9 * HOUR)
    add(ledger, new_post("x", due_at=NOW - HOUR), guid="day")
    usual = sent(ledger, "x", now=NOW - HOUR)
    found = told(ledger)
    assert [post.id for post in found.out] == [breaking.id, usual.id]
    assert [post.id for post in found.breaking] == [breaking.id]
    assert found.budgets == (AccountBudget(("x",), Decimal(0), Decimal(50)),)


def test_what_waits_today_what_is_held_and_what_came_to_nothing(ledger: Ledger) -> None:
    assert told(ledger).is_empty
    [soon] = add(ledger, new_post("tg", due_at=NOW + HOUR), guid="soon")
    add(ledger, new_post("tg", due_at=NOW + 30 * HOUR), guid="tomorrow")
    [held] = add(ledger, new_post("tg", held_for="approval"), guid="held")
    [late] = add(ledger, new_post("x", held_for="approval", expires_at=NOW - HOUR), guid="late")
    add(ledger, new_post("x", held_for="approval", expires_at=NOW - 11 * HOUR), guid="earlier")
    ledger.posts.expire_posts(now=NOW)
    found = told(ledger)
    assert [post.id for post in found.waiting] == [soon.id]
    assert [post.id for post in found.held] == [held.id]
    assert [post.id for post in found.ended] == [late.id]
    assert not found.is_empty


def test_the_last_brief_is_by_the_clock_on_the_wall() -> None:
    at = time(7, 30)
    winter = datetime(2026, 11, 26, 6, 29, tzinfo=UTC)
    assert find_last_brief_time(at, BERLIN, winter) == datetime(2026, 11, 25, 6, 30, tzinfo=UTC)
    assert find_last_brief_time(at, BERLIN, winter + timedelta(minutes=1)) == datetime(
        2026, 11, 26, 6, 30, tzinfo=UTC
    )
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert find_last_brief_time(at, BERLIN, summer) == datetime(2026, 7, 1, 5, 30, tzinfo=UTC)


def test_a_brief_at_an_hour_that_a_day_skips_comes_once_that_day() -> None:
    change = datetime(2026, 3, 29, tzinfo=UTC)
    due = {find_last_brief_time(time(2, 30), BERLIN, change + timedelta(minutes=n)) for n in range(24 * 60)}
    assert sorted(due) == [datetime(2026, 3, 28, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
