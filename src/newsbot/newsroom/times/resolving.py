"""Turn one reading of a written time into the instants that it can mean,
by a time zone's clock and calendar.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from newsbot.newsroom.times.grammar import Duration, Phrase, Weekday
from newsbot.newsroom.times.lexing import Date, OwnZoneName, WallClock
from newsbot.newsroom.times.vocabulary import DayName, DayPart

__all__ = ["NotATime", "PossibleTime", "find_instants", "find_occurrences"]

# The number of years in which newsbot looks for a written date without a year; in nine years,
# there is always a 29 February.
_YEARS = 9
_HALF_A_DAY = 12
_FAR_FOR_A_DATE = timedelta(days=183)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class PossibleTime:
    """One instant, in UTC, that a written time can mean.

    ``from_now`` says that the time counts from now, and ``exempt`` that the text has "now" or +, so that a
    near time needs no confirmation. ``bare`` says that the text is only a length of time. ``next_year`` says
    that the text is a date without a year which is next year, because it is long past this year.
    """

    at: datetime
    from_now: bool = False
    exempt: bool = False
    bare: bool = False
    next_year: bool = False


# The name of this exception says that a reading is no time, so the name does not end in "Error".
class NotATime(Exception):  # noqa: N818
    """The error that one reading of a text is no time, with the reason ``why`` (a key of `REFUSALS`).

    ``at`` is a time to suggest instead, or None. ``settles`` says that the text most likely means this
    reading, so that the text is refused whatever its other readings are.
    """

    def __init__(self, why: str, at: datetime | None = None, *, settles: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.at = at
        self.settles = settles


def find_instants(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Yield all instants that one reading of a written time can mean.

    There are two if clocks are put back over that time, or if the text names the weekday of today.

    Raises:
        NotATime: the reading means no time; the error says why. OverflowError, ValueError: the calendar
            has no such time.
    """
    filled = {name for name in ("now", "day", "weekday", "clock", "zone", "span", "without_unit")
              if getattr(phrase, name) is not None}  # fmt: skip
    if filled == {"now"} and not phrase.parts:
        yield PossibleTime(now, from_now=True, exempt=True)
    elif filled == {"without_unit"} and not phrase.parts:
        raise NotATime("unit")
    elif phrase.span and filled == {"span"} and not phrase.parts:
        yield from _resolve_span(phrase.span, now, zone)
    elif phrase.clock and (
        not (phrase.span.seconds or phrase.span.bare) and filled <= {"span", "clock", "zone"}
        if phrase.span
        else not {"now", "without_unit"} & filled
    ):
        yield from _resolve_days(phrase, now, zone)
    elif {"day", "weekday"} & filled and not {"span", "now", "without_unit", "clock"} & filled:
        raise NotATime("no clock", settles=isinstance(phrase.day, Date) and not phrase.parts)
    else:
        raise NotATime("unknown")


def _resolve_span(span: Duration, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Yield ``now`` plus a length of time: first its calendar days, to the same time of day,
    then its seconds.

    There are two results if clocks are put back over the time of day.
    """
    starts = [now]
    if span.days:
        local = now.astimezone(zone).replace(tzinfo=None) + timedelta(days=span.days)
        starts = find_occurrences(local, zone)
    for start in starts:
        at = start + timedelta(seconds=float(span.seconds))
        yield PossibleTime(at, from_now=True, exempt=span.plus, bare=span.bare)


def _resolve_days(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Yield the instants of a written day and time of day,
    in the time zone that the text names or else ``zone``.

    "Today" may be the date in the named zone or in the newsroom's zone.
    """
    assert phrase.clock  # noqa: S101  `find_instants` has checked that the reading has a time of day.
    named = zone if isinstance(phrase.zone, OwnZoneName | None) else phrase.zone
    wall = _apply_parts(phrase.clock.wall, () if phrase.clock.midnight else phrase.parts)
    todays = {now.astimezone(each).date() for each in (zone, named)}
    if phrase.day is None and phrase.weekday is None and phrase.span is None:
        yield from _resolve_next(wall, phrase, now, named)
        return
    for today in sorted(todays):
        for day in _list_days(phrase, wall, today, now, named):
            if phrase.weekday and phrase.day and day.weekday() != phrase.weekday.weekday:
                raise NotATime("weekday")
            yield from _resolve_day(day, wall, phrase, now, named)


def _resolve_day(
    day: date, wall: WallClock, phrase: Phrase, now: datetime, zone: tzinfo
) -> Iterator[PossibleTime]:
    assert phrase.clock  # noqa: S101  `find_instants` has checked that the reading has a time of day.
    days = [day, day + timedelta(days=1)] if phrase.clock.midnight else [day]
    if phrase.clock.midnight and isinstance(phrase.day, DayName) and phrase.day.part:
        # "Midnight tonight" means the end of the night, so the start of today is no possible time.
        days = days[1:]
    written = isinstance(phrase.day, Date) and phrase.day.year is None
    for each in days:
        for at in _filter_by_zone_name(
            find_occurrences(datetime.combine(each, _make_time(wall)), zone), phrase, zone
        ):
            local = now.astimezone(zone)
            rolled = written and each.year > local.year and at - now > _FAR_FOR_A_DATE
            yield PossibleTime(at, next_year=rolled)


def _resolve_next(wall: WallClock, phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Yield the next instants after ``now`` at which the zone's clock shows the time of day ``wall``."""
    local = now.astimezone(zone)
    for days in range(3):
        naive = datetime.combine(local.date() + timedelta(days=days), _make_time(wall))
        if naive < local.replace(tzinfo=None) - timedelta(hours=3):
            # The clock showed this time of day more than three hours ago, so it is past even if clocks were
            # put back since then.
            continue
        try:
            found = [
                at for at in _filter_by_zone_name(find_occurrences(naive, zone), phrase, zone) if at > now
            ]
        except NotATime:
            if naive > local.replace(tzinfo=None):
                raise
            # Clocks were put forward over this time today, before now, so the time of the next day is meant.
            continue
        if found:
            yield from map(PossibleTime, found)
            return


def _filter_by_zone_name(found: Collection[datetime], phrase: Phrase, zone: tzinfo) -> list[datetime]:
    """Return those of the instants at which the time zone has the short name that the text has,
    such as "CEST".

    Return all if the text has no short name.

    Raises:
        NotATime: the zone has that name at none of the instants.
    """
    if not isinstance(phrase.zone, OwnZoneName):
        return sorted(found)
    fits = [at for at in found if at.astimezone(zone).tzname() == phrase.zone.name]
    if not fits:
        raise NotATime("zone")
    return sorted(fits)


def _apply_parts(wall: WallClock, parts: Collection[DayPart]) -> WallClock:
    """Return the time of day on the 24-hour clock that the text means by words such as "evening" or "am".

    Raises:
        NotATime: the words don't agree with the hour.
    """
    if not parts:
        return wall
    hours = {wall.hour, (wall.hour + _HALF_A_DAY) % 24} if wall.hour <= _HALF_A_DAY else {wall.hour}
    for part in parts:
        hours = {hour for hour in hours if part.first <= hour <= part.last}
        if wall.hour == _HALF_A_DAY and not part.twelve:
            hours = set()
    if len(hours) != 1:
        raise NotATime("unknown")
    return wall._replace(hour=hours.pop())


def _make_time(wall: WallClock) -> time:
    return time(wall.hour, wall.minute, wall.second, wall.microsecond)


# ---------------------------------------------------------------- which days a reading can mean


def _list_days(phrase: Phrase, wall: WallClock, today: date, now: datetime, zone: tzinfo) -> Iterator[date]:
    if phrase.span:
        yield today + timedelta(days=phrase.span.days)
    elif isinstance(phrase.day, DayName):
        yield today + timedelta(days=phrase.day.days)
    elif isinstance(phrase.day, Date):
        yield _find_calendar_day(phrase.day, wall, now, zone)
    elif phrase.weekday:
        yield from _list_weekdays(phrase.weekday, wall, today, now, zone)


def _find_calendar_day(written: Date, wall: WallClock, now: datetime, zone: tzinfo) -> date:
    """Return the date that was written; if it has no year, the next date of that month and day.

    Raises:
        NotATime: the calendar has no such day.
    """
    if written.year is not None:
        return _make_date(written.year, written.month, written.day)
    local = now.astimezone(zone).replace(tzinfo=None)
    for year in range(local.year, local.year + _YEARS):
        try:
            day = date(year, written.month, written.day)
        # The year does not have the written day: the day is a 29 February, or never exists.
        except ValueError:
            continue
        if datetime.combine(day, _make_time(wall)) >= local:
            return day
    raise NotATime("no day")


def _make_date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotATime("no day") from None


def _list_weekdays(
    wanted: Weekday, wall: WallClock, today: date, now: datetime, zone: tzinfo
) -> Iterator[date]:
    """Yield the next date of the weekday ``wanted``, or all dates that it can be if the text names a week.

    People differ on what "next Friday" means, and on which day a week begins.
    """
    ahead = (wanted.weekday - today.weekday()) % _WEEK
    coming = today + timedelta(days=ahead)
    if ahead == 0 and datetime.combine(today, _make_time(wall)) <= now.astimezone(zone).replace(tzinfo=None):
        coming += timedelta(days=_WEEK)
    days = {coming, today + timedelta(days=_WEEK)} if ahead == 0 else {coming}
    if wanted.weeks is not None:
        days = {coming}
        for begins in (0, 6):  # A week begins on Monday (0) or on Sunday (6).
            first = today - timedelta(days=(today.weekday() - begins) % _WEEK)
            days.add(first + timedelta(days=(wanted.weekday - begins) % _WEEK + _WEEK * wanted.weeks))
    yield from sorted(days)


# ---------------------------------------------------------------- clocks that are put forward or back


def find_occurrences(local: datetime, zone: tzinfo) -> list[datetime]:
    """Return the instants at which the zone's clock shows ``local``:
    two if clocks are put back over that time.

    Raises:
        NotATime: the clock never shows ``local``, because clocks are put forward over that time.
    """
    found, shifted = set[datetime](), local
    for fold in (0, 1):
        at = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        back = at.astimezone(zone).replace(tzinfo=None, fold=0)
        if back == local:
            found.add(at)
        shifted = max(shifted, back)
    if not found:
        raise NotATime("left out", shifted.replace(tzinfo=zone).astimezone(UTC), settles=True)
    return sorted(found)
