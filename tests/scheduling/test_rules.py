from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.ports import ChannelCalendar
from newsbot.reasons import Code
from newsbot.scheduling.rules import Plan, Rules, parse_duration, parse_quiet, parse_rate, parse_zone, plan

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_without_rules_a_post_goes_at_once() -> None:
    assert plan(Rules(), utc("2026-11-22 12:00")) == Plan(utc("2026-11-22 12:00"), Code.AS_SOON_AS_THERE())


@pytest.mark.parametrize(
    ("wanted", "due"),
    [
        ("2026-11-22 21:59", "2026-11-22 21:59"),
        ("2026-11-22 22:00", "2026-11-23 05:30"),
        ("2026-11-23 03:00", "2026-11-23 05:30"),
        ("2026-11-23 05:30", "2026-11-23 05:30"),
    ],
)
def test_quiet_hours_run_over_midnight_in_the_channels_zone(wanted: str, due: str) -> None:
    rules = Rules(quiet=parse_quiet("23:00-06:30"), zone=BERLIN)
    assert plan(rules, utc(wanted)).due_at == utc(due)


def test_quiet_hours_that_end_in_the_hour_a_spring_night_skips_end_when_that_hour_is_over() -> None:
    rules = Rules(quiet=parse_quiet("23:00-02:30"), zone=BERLIN)
    assert plan(rules, utc("2026-03-29 00:30")).due_at == utc("2026-03-29 01:00")


def test_quiet_hours_that_end_in_the_hour_an_autumn_night_repeats_are_over_once() -> None:
    rules = Rules(quiet=parse_quiet("23:00-02:30"), zone=BERLIN)
    first = plan(rules, utc("2026-10-24 23:00")).due_at
    assert first == utc("2026-10-25 00:30")
    assert plan(rules, utc("2026-10-25 02:00")).due_at == utc("2026-10-25 02:00")


def test_the_gap_counts_from_the_post_before() -> None:
    rules = Rules(gap=timedelta(minutes=30))
    taken = ChannelCalendar((utc("2026-11-22 11:45"),))
    due, reason, _ = plan(rules, utc("2026-11-22 12:00"), taken=taken)
    assert due == utc("2026-11-22 12:15")
    assert str(reason) == "30 min after the post before it"


@given(
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31)),  # noqa: DTZ001  made aware below
    st.sampled_from(["23:00-06:30", "00:00-23:59", "02:30-03:30", "12:00-13:00", "22:00-02:00"]),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Karachi"]),
)
def test_a_due_time_is_never_early_never_quiet_and_never_a_day_late(
    at: datetime, quiet: str, zone: str
) -> None:
    wanted = at.replace(tzinfo=UTC)
    rules = Rules(quiet=parse_quiet(quiet), zone=parse_zone(zone))
    due = plan(rules, wanted).due_at
    assert timedelta(0) <= due - wanted <= timedelta(hours=26)
    assert plan(rules, due).due_at == due


@pytest.mark.parametrize("text", ["23:00", "23:00-23:00", "25:00-06:00", "x-y", ""])
def test_quiet_hours_that_make_no_sense_are_refused_with_a_mend(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like|use `newsbot pause`"):
        parse_quiet(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("0s", 0)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("30/s", (30, 1)), ("20/min", (20, 60)), ("100/15min", (100, 900)), ("10000/day", (10000, 86400))],
)
def test_rates(text: str, rate: tuple[int, float]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["5", "m", "-5m", "5 weeks", "99999999999999d", "0/s", "30", "1/0min", ""])
def test_what_is_neither_says_how_to_write_it(text: str) -> None:
    for parse in (parse_duration, parse_rate):
        if parse is parse_duration and text == "0/s":
            continue
        with pytest.raises(ValueError, match=r"write it like|too long"):
            parse(text)
