"""Times of day on days of the week, like every Friday at 18:00."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from newsbot.scheduling.days import on_day

__all__ = ["DAYS", "Weekly"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Weekly:
    """``days`` are those of the week on which it is, by name; all of them where none is named."""

    at: time
    days: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def back_from(self, at: datetime) -> Iterator[datetime]:
        """When it was, the latest first, ``at`` included; without end."""
        day = at.astimezone(self.zone).date() + _DAY
        while True:
            when = on_day(day, self.at, self.zone)
            if when <= at and DAYS[day.weekday()] in (self.days or DAYS):
                yield when
            day -= _DAY

    def after(self, at: datetime) -> datetime:
        """When it is next."""
        day = at.astimezone(self.zone).date() - _DAY
        while True:
            when = on_day(day, self.at, self.zone)
            if when > at and DAYS[day.weekday()] in (self.days or DAYS):
                return when
            day += _DAY
