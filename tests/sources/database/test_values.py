"""What databases give for a time is read by the rule for all dates."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from newsbot.sources.database.query import as_start, as_time
from newsbot.timestamps import parse_timestamp

KARACHI, NEW_YORK = ZoneInfo("Asia/Karachi"), ZoneInfo("America/New_York")
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 22, 15),  # noqa: DTZ001  as a driver gives it
        datetime(2026, 11, 22, 5, tzinfo=NEW_YORK),
        "2026-11-22 15:00:00",
        "2026-11-22T10:00:00Z",
        "Sun, 22 Nov 2026 10:00:00 +0000",
        "22 نومبر 2026 15:00",
        b"2026-11-22 15:00:00.000",
        TEN.timestamp(),
        int(TEN.timestamp()) * 1000,
        Decimal(int(TEN.timestamp())),
        str(int(TEN.timestamp())),
    ],
)
def test_a_time_is_one_however_it_is_kept(value: Any) -> None:
    assert as_time(value, KARACHI) == TEN


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "0000-00-00 00:00:00", "1970-01-01 00:00:00", 0, -1, 5, True, "12:30", "2003", "soon"),
        *("05/11/2026", "2026-02-30", "1999-11-30 00:00:00", "3000-01-01 00:00", [], {}, float("inf")),
        *(datetime(1970, 1, 1), datetime(1999, 11, 30), datetime(2001, 1, 1), date(1, 1, 1)),  # noqa: DTZ001
        datetime.max,  # noqa: DTZ901
    ],
)
def test_what_stands_for_no_time_or_for_two_is_none(value: Any) -> None:
    assert as_time(value, UTC) is None
    if isinstance(value, str):
        assert parse_timestamp(value) is None


def test_a_day_is_its_midnight_in_utc_and_an_embargo_ends_by_the_newsrooms_clock() -> None:
    """One that ended at midnight in Greenwich would end the evening before in New York."""
    for day in (date(2026, 11, 22), "2026-11-22"):
        assert as_time(day, NEW_YORK) == datetime(2026, 11, 22, tzinfo=UTC)
        assert as_start(day, NEW_YORK) == datetime(2026, 11, 22, 5, tzinfo=UTC)
    assert as_start("2026-11-22 15:00", KARACHI) == TEN
