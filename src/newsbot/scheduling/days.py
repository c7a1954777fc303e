"""Local times of day and days of the week, with clocks that are put forward and back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

__all__ = ["DAYS", "Interval", "WeeklySchedule", "find_clock_change", "find_day_interval", "find_time_on_day"]

_SECOND = timedelta(seconds=1)


class Interval(NamedTuple):
    """A span of time in UTC, from ``since`` up to but without ``until``."""

    since: datetime
    until: datetime


def find_time_on_day(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the time in UTC at which the local clock in ``zone`` shows ``clock`` on ``day``.

    If the clock shows it twice, the first time counts; if the clock skips it, the time of the change counts.
    """
    shown = datetime.combine(day, clock, zone)
    by_old, by_new = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    return by_old if by_old <= by_new else find_clock_change(by_new, by_old, zone)


def find_day_interval(at: datetime, zone: tzinfo) -> Interval:
    """Return the local day in ``zone`` at ``at``, from midnight to midnight."""
    day = at.astimezone(zone).date()
    since, until = (
        find_time_on_day(day, time(0), zone),
        find_time_on_day(day + timedelta(days=1), time(0), zone),
    )
    if until <= at:  # The clock was put back over midnight, so the day occurs twice.
        until = datetime.combine(day + timedelta(days=1), time(0), zone).replace(fold=1).astimezone(UTC)
    return Interval(min(since, at), until)


def find_clock_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return when the clock changes between two times; zones change on whole seconds."""
    offset = after.astimezone(zone).utcoffset()
    low, high = 0, int((after - before) / _SECOND)
    while low < high:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle + 1
    return before + low * _SECOND


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WeeklySchedule:
    """A time of day on some days of the week; ``days`` holds their names, or nothing for all days."""

    at: time
    days: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def iterate_back_from(self, at: datetime) -> Iterator[datetime]:
        """Iterate over the past occurrences without end, the latest first; ``at`` itself may be one."""
        day = at.astimezone(self.zone).date() + _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when <= at and DAYS[day.weekday()] in (self.days or DAYS):
                yield when
            day -= _DAY

    def after(self, at: datetime) -> datetime:
        """Return the next occurrence after ``at``."""
        day = at.astimezone(self.zone).date() - _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when > at and DAYS[day.weekday()] in (self.days or DAYS):
                return when
            day += _DAY
