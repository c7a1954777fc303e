"""From when the posts of an article age."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest

from newsbot.newsroom.planning import find_age_start

FOUND = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)


def test_an_article_ages_from_its_date_or_from_when_it_was_found() -> None:
    old = FOUND - timedelta(hours=30)
    assert find_age_start(old, FOUND) == old
    assert find_age_start(FOUND + timedelta(hours=5), FOUND) == FOUND
    assert find_age_start(None, FOUND) == FOUND


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5))])
def test_a_day_without_a_time_ages_from_its_end(zone: tzinfo) -> None:
    """What was published yesterday, at some time, may be an hour old."""
    midnight = MIDNIGHT.astimezone(zone)
    assert find_age_start(midnight, FOUND) == FOUND
    assert find_age_start(midnight, FOUND + timedelta(days=3)) == MIDNIGHT + timedelta(hours=36)
