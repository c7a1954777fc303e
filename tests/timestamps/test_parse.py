"""Dates as the world writes them, each with the one time that it can mean, or none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.timestamps import is_day_first, parse_timestamp
from tests.timestamps.forms import FORMS


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "expected"), FORMS.items())
def test_a_date_is_what_it_says_or_nothing(text: str, expected: str | None) -> None:
    assert parse_timestamp(text) == (at(expected) if expected else None)


def test_there_are_many_of_them() -> None:
    assert len(FORMS) >= 120


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-11-22 15:00", "Asia/Karachi", "2026-11-22T10:00:00"),
        ("2026-07-22 12:00", "Europe/Berlin", "2026-07-22T10:00:00"),
        ("2026-11-22T10:00:00Z", "Asia/Karachi", "2026-11-22T10:00:00"),
        ("22 Nov 2026", "Asia/Karachi", "2026-11-22T00:00:00"),
        ("20261122", "America/New_York", "2026-11-22T00:00:00"),
        ("Sun, 22 Nov 2026 15:30:00 IST", "Asia/Kolkata", "2026-11-22T10:00:00"),
        ("Sun, 22 Nov 2026 12:00:00 IST", "Asia/Jerusalem", "2026-11-22T10:00:00"),
        ("Sun, 22 Nov 2026 12:00:00 IST", "Europe/Berlin", None),
    ],
)
def test_a_zone_is_for_times_without_one_and_for_a_name_with_several_meanings(
    text: str, zone: str, expected: str | None
) -> None:
    assert parse_timestamp(text, zone=ZoneInfo(zone)) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("05/11/2026", True, "2026-11-05T00:00:00"),
        ("05/11/2026", False, "2026-05-11T00:00:00"),
        ("11/22/2026", True, "2026-11-22T00:00:00"),
        ("22/11/2026", False, "2026-11-22T00:00:00"),
        ("05.11.2026", False, "2026-11-05T00:00:00"),
    ],
)
def test_the_order_is_used_where_the_date_leaves_it_open(
    text: str,
    day_first: bool,  # noqa: FBT001
    expected: str,
) -> None:
    assert parse_timestamp(text, day_first=day_first) == at(expected)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["05/11/2026", "22/11/2026"], True),
        (["05/11/2026", "11/22/2026 10:00"], False),
        (["05/11/2026", None, "Sun, 22 Nov 2026 10:00:00 GMT"], None),
        (["22/11/2026", "11/22/2026"], None),
        ([], None),
    ],
)
def test_the_order_comes_from_dates_that_are_certain(
    texts: list[str | None],
    expected: bool | None,  # noqa: FBT001
) -> None:
    assert is_day_first(texts) is expected


@given(st.text(max_size=120))
def test_nothing_raises(text: str) -> None:
    parse_timestamp(text)


@pytest.mark.parametrize("value", [None, 5, ["2026-11-22"], "", " ", "x" * 200])
def test_what_is_no_text_is_no_date(value: object) -> None:
    assert parse_timestamp(value) is None


@given(st.datetimes(datetime(1999, 12, 1), datetime(2099, 12, 31)), st.integers(-56, 56))  # noqa: DTZ001
def test_the_standards_read_back(local: datetime, quarters: int) -> None:
    """RFC 5322 and ISO 8601, to the second, whatever the offset."""
    offset = timedelta(minutes=15 * quarters)
    aware = local.replace(microsecond=0, minute=local.minute or 1, tzinfo=UTC) - offset
    sign, minutes = "-" if quarters < 0 else "+", abs(15 * quarters)
    ahead = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    there = aware + offset
    assert parse_timestamp(f"{there:%a, %d %b %Y %H:%M:%S} {ahead}") == aware
    assert parse_timestamp(f"{there:%Y-%m-%dT%H:%M:%S}{ahead[:3]}:{ahead[3:]}") == aware
