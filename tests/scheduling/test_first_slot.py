"""Every due time is the first that the rules allow: no slot is skipped and none is given twice.

Held against a slow and simple reading of the rules: minute by minute, by what the clock on the wall shows.
"""

from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbot.ports import ChannelCalendar
from newsbot.scheduling.rules import QuietHours, Rules, parse_quiet, parse_zone, plan

MINUTE = timedelta(minutes=1)
QUIET = [
    "23:00-06:30",
    "00:00-06:00",
    "18:00-00:00",
    "01:30-02:30",
    "02:00-03:00",
    "22:15-02:15",
    "12:00-12:01",
]
CHANGES = {  # the instants at which clocks change, some of them at midnight, one by half an hour
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "America/Santiago": ["2026-04-05T03:00", "2026-09-06T04:00"],
    "Asia/Karachi": ["2026-11-22T00:00"],
}
NEAR = st.sampled_from(
    [
        (parse_zone(zone), datetime.fromisoformat(at).replace(tzinfo=UTC))
        for zone, changes in CHANGES.items()
        for at in changes
    ]
)


def is_quiet(quiet: QuietHours, zone: tzinfo, at: datetime) -> bool:
    shown = at.astimezone(zone).time()
    if quiet.start < quiet.end:
        return quiet.start <= shown < quiet.end
    return not quiet.end <= shown < quiet.start


def since(last: datetime | None) -> ChannelCalendar:
    return ChannelCalendar((last,) if last else ())


def first_allowed(rules: Rules, wanted: datetime, last: datetime | None) -> datetime:
    at = wanted
    while (last and at < last + rules.gap) or (rules.quiet and is_quiet(rules.quiet, rules.zone, at)):
        at += MINUTE
    return at


@settings(max_examples=300)
@given(
    NEAR, st.integers(-1800, 900), st.sampled_from(QUIET), st.integers(0, 90), st.none() | st.integers(0, 120)
)
def test_a_due_time_is_the_first_minute_that_the_rules_allow_around_every_change_of_the_clocks(
    near: tuple[tzinfo, datetime], before: int, quiet: str, gap: int, since_last: int | None
) -> None:
    zone, change = near
    wanted = change + before * MINUTE
    last = None if since_last is None else wanted - since_last * MINUTE
    rules = Rules(gap * MINUTE, parse_quiet(quiet), zone)
    assert plan(rules, wanted, taken=since(last)).due_at == first_allowed(rules, wanted, last)


def test_an_hour_that_comes_twice_is_quiet_only_while_the_wall_shows_quiet_hours() -> None:
    """New York puts its clock back from 02:00 to 01:00: from 01:00 to 01:30 it is not quiet a second time."""
    rules = Rules(quiet=parse_quiet("01:30-02:30"), zone=parse_zone("America/New_York"))
    before = datetime(2026, 11, 1, 5, 59, tzinfo=UTC)
    assert plan(rules, before).due_at == before + MINUTE
    assert plan(rules, before + 31 * MINUTE).due_at == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


@given(
    NEAR, st.sampled_from(QUIET), st.integers(1, 200), st.lists(st.integers(0, 60), min_size=2, max_size=30)
)
def test_posts_that_come_one_after_another_each_have_a_slot_of_their_own_a_gap_apart(
    near: tuple[tzinfo, datetime], quiet: str, gap: int, arrivals: list[int]
) -> None:
    zone, change = near
    rules = Rules(gap * MINUTE, parse_quiet(quiet), zone)
    now, dues = change - timedelta(hours=12), list[datetime]()
    for after in arrivals:
        now += after * MINUTE
        due = plan(rules, now, taken=ChannelCalendar(tuple(sorted(dues)))).due_at
        assert due >= now
        assert all(abs(due - other) >= rules.gap for other in dues)
        assert not is_quiet(parse_quiet(quiet), zone, due)
        dues.append(due)


@given(NEAR, st.integers(-1800, 900), st.sampled_from(QUIET), st.integers(0, 90))
def test_every_due_time_says_why_then_and_not_earlier(
    near: tuple[tzinfo, datetime], before: int, quiet: str, gap: int
) -> None:
    zone, change = near
    wanted = change + before * MINUTE
    last = wanted - 30 * MINUTE
    due, reason, _ = plan(Rules(gap * MINUTE, parse_quiet(quiet), zone), wanted, taken=since(last))
    if due == wanted:
        assert str(reason) == "at once, as no rule delays it"
    elif due == last + gap * MINUTE and not is_quiet(parse_quiet(quiet), zone, due - MINUTE):
        assert str(reason) == f"{gap} min after the post before it"
    else:
        assert set(str(reason).split(", ")) <= {
            f"after quiet hours {quiet}",
            f"{gap} min after the post before it",
        }


@pytest.mark.parametrize(
    ("quiet", "wanted", "due"),
    [
        ("18:00-00:00", "2026-11-22T23:59", "2026-11-23T00:00"),
        ("18:00-00:00", "2026-11-23T00:00", "2026-11-23T00:00"),
        ("00:00-06:00", "2026-11-23T00:00", "2026-11-23T06:00"),
        ("00:00-06:00", "2026-11-22T23:59", "2026-11-22T23:59"),
    ],
)
def test_midnight_belongs_to_the_day_that_begins(quiet: str, wanted: str, due: str) -> None:
    at = plan(Rules(quiet=parse_quiet(quiet)), datetime.fromisoformat(wanted).replace(tzinfo=UTC)).due_at
    assert at == datetime.fromisoformat(due).replace(tzinfo=UTC)
