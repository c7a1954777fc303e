"""Times of day on a wall clock that is put forward and back, and on days of the week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

__all__ = ["DAYS", "Interval", "WeeklySchedule", "find_clock_change", "find_day_interval", "find_time_on_day"]

_SECOND = timedelta(seconds=1)


class Interval(NamedTuple):
    """From ``since`` until just before ``until``, in UTC."""

    since: datetime
    until: datetime


def find_time_on_day(day: date, clock: time, zone: tzinfo) -> datetime:
    """When the wall in ``zone`` shows ``clock`` on ``day``, in UTC.

    What a day shows twice counts the first time; what it skips is at the change.
    """
    shown = datetime.combine(day, clock, zone)
    by_old, by_new = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    return by_old if by_old <= by_new else find_clock_change(by_new, by_old, zone)


def find_day_interval(at: datetime, zone: tzinfo) -> Interval:
    """The day that the wall in ``zone`` shows at ``at``, from midnight to midnight."""
    day = at.astimezone(zone).date()
    since, until = (
        find_time_on_day(day, time(0), zone),
        find_time_on_day(day + timedelta(days=1), time(0), zone),
    )
    if until <= at:  # put back over midnight: the day is shown again
        until = datetime.combine(day + timedelta(days=1), time(0), zone).replace(fold=1).astimezone(UTC)
    return Interval(min(since, at), until)


def find_clock_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """When, between the two, the clock is put forward or back; zones change on whole seconds."""
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
    """``days`` are those of the week on which it is, by name; all of them where none is named."""

    at: time
    days: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def iterate_back_from(self, at: datetime) -> Iterator[datetime]:
        """When it was, the latest first, ``at`` included; without end."""
        day = at.astimezone(self.zone).date() + _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when <= at and DAYS[day.weekday()] in (self.days or DAYS):
                yield when
            day -= _DAY

    def after(self, at: datetime) -> datetime:
        """When it is next."""
        day = at.astimezone(self.zone).date() - _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when > at and DAYS[day.weekday()] in (self.days or DAYS):
                return when
            day += _DAY
