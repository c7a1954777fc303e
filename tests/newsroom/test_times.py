from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsbot.errors import UsageError
from newsbot.newsroom.times import parse_time, say_time

KARACHI = ZoneInfo("Asia/Karachi")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # 17:00 in Karachi


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("18:30", "Sun 22 Nov 2026 18:30 PKT"),
        ("09:00", "Mon 23 Nov 2026 09:00 PKT"),
        ("+20m", "Sun 22 Nov 2026 17:20 PKT"),
        ("+2h", "Sun 22 Nov 2026 19:00 PKT"),
        ("tomorrow 9am", "Mon 23 Nov 2026 09:00 PKT"),
        ("2026-12-01 08:00", "Tue 1 Dec 2026 08:00 PKT"),
        ("1 December 8:00", "Tue 1 Dec 2026 08:00 PKT"),
    ],
)
def test_times_as_people_write_them(text: str, said: str) -> None:
    assert say_time(parse_time(text, zone=KARACHI, now=NOW), KARACHI) == said


@pytest.mark.parametrize("text", ["", "soon-ish maybe", "99:99", "+", "+5 parsecs", "yesterday 9am"])
def test_what_is_no_time_or_past_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time(text, zone=KARACHI, now=NOW)


def test_a_time_of_day_that_a_spring_night_skips_is_after_the_gap() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)
    assert parse_time("02:30", zone=berlin, now=now) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
