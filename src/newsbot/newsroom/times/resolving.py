"""From a reading of what was written to the instants that it can mean, by a zone's clock and calendar."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from newsbot.newsroom.times.grammar import Duration, Phrase, Weekday
from newsbot.newsroom.times.lexing import Date, OwnZoneName, WallClock
from newsbot.newsroom.times.vocabulary import DayName, DayPart

__all__ = ["NotATime", "PossibleTime", "find_instants", "find_occurrences"]

_YEARS = 9  # until a 29 February surely comes
_HALF_A_DAY = 12
_FAR_FOR_A_DATE = timedelta(days=183)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class PossibleTime:
    """One time that a text can mean, in UTC.

    ``from_now``: it is counted from now; ``exempt``: the text says now or +. ``bare``: it is only a length of
    time. ``next_year``: a date whose year was not written, and which is long past in this year.
    """

    at: datetime
    from_now: bool = False
    exempt: bool = False
    bare: bool = False
    next_year: bool = False


class NotATime(Exception):  # noqa: N818  what a reading can't be
    """A reading means no time; ``why`` is a code of `TimeRefused`, ``at`` a time that would do instead.

    ``settles``: the text may well mean just that, so that no other reading of it counts.
    """

    def __init__(self, why: str, at: datetime | None = None, *, settles: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.at = at
        self.settles = settles


def find_instants(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """All that one reading can mean: two where a clock is put back, or a weekday is today's.

    Raises:
        Wrong: none at all, and why.
        OverflowError, ValueError: it is no time in any calendar.
    """
    filled = {name for name in ("now", "day", "weekday", "clock", "zone", "span", "without_unit")
              if getattr(phrase, name) is not None}  # fmt: skip
    if filled == {"now"} and not phrase.parts:
        yield PossibleTime(now, from_now=True, exempt=True)
    elif filled == {"without_unit"} and not phrase.parts:
        raise NotATime("unit")
    elif phrase.span and filled == {"span"} and not phrase.parts:
        yield from _resolve_span(phrase.span, now, zone)
    elif (
        phrase.span and not (phrase.span.seconds or phrase.span.bare) and filled <= {"span", "clock", "zone"}
    ) or (phrase.clock and not phrase.span and not {"now", "without_unit"} & filled):
        yield from _resolve_days(phrase, now, zone)
    elif {"day", "weekday"} & filled and not {"span", "now", "without_unit", "clock"} & filled:
        raise NotATime("no clock", settles=isinstance(phrase.day, Date) and not phrase.parts)
    else:
        raise NotATime("unknown")


def _resolve_span(span: Duration, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Days by the calendar, at the same time of day; then so many seconds."""
    starts = [now]
    if span.days:
        local = now.astimezone(zone).replace(tzinfo=None) + timedelta(days=span.days)
        starts = find_occurrences(local, zone)
    for start in starts:
        at = start + timedelta(seconds=float(span.seconds))
        yield PossibleTime(at, from_now=True, exempt=span.plus, bare=span.bare)


def _resolve_days(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """At a time of day. Which day today is, both the newsroom and the zone that was named say."""
    assert phrase.clock  # noqa: S101  the caller looked
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
    assert phrase.clock  # noqa: S101  as above
    days = [day, day + timedelta(days=1)] if phrase.clock.midnight else [day]
    if phrase.clock.midnight and isinstance(phrase.day, DayName) and phrase.day.part:
        days = days[1:]  # tonight's
    written = isinstance(phrase.day, Date) and phrase.day.year is None
    for each in days:
        for at in _filter_by_zone_name(
            find_occurrences(datetime.combine(each, _make_time(wall)), zone), phrase, zone
        ):
            local = now.astimezone(zone)
            rolled = written and each.year > local.year and at - now > _FAR_FOR_A_DATE
            yield PossibleTime(at, next_year=rolled)


def _resolve_next(wall: WallClock, phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """The next such time of day."""
    local = now.astimezone(zone)
    for days in range(3):
        naive = datetime.combine(local.date() + timedelta(days=days), _make_time(wall))
        if naive < local.replace(tzinfo=None) - timedelta(hours=3):
            continue  # surely past, whatever the clocks did
        try:
            found = [
                at for at in _filter_by_zone_name(find_occurrences(naive, zone), phrase, zone) if at > now
            ]
        except NotATime:
            if naive > local.replace(tzinfo=None):
                raise
            continue  # it was left out a moment ago
        if found:
            yield from map(PossibleTime, found)
            return


def _filter_by_zone_name(found: Collection[datetime], phrase: Phrase, zone: tzinfo) -> list[datetime]:
    """Those at which the newsroom's zone has the short name that was written."""
    if not isinstance(phrase.zone, OwnZoneName):
        return sorted(found)
    fits = [at for at in found if at.astimezone(zone).tzname() == phrase.zone.name]
    if not fits:
        raise NotATime("zone")
    return sorted(fits)


def _apply_parts(wall: WallClock, parts: Collection[DayPart]) -> WallClock:
    """The time of day by the 24-hour clock, unless parts of the day say which half is meant."""
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


# ---------------------------------------------------------------- days


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
    """A date; where no year is written, the next time it comes."""
    if written.year is not None:
        return _make_date(written.year, written.month, written.day)
    local = now.astimezone(zone).replace(tzinfo=None)
    for year in range(local.year, local.year + _YEARS):
        try:
            day = date(year, written.month, written.day)
        except ValueError:  # 29 February, or no day at all
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
    """The next such day.

    With a week named, all that it can mean: people differ on "next", and on the day that a week begins with.
    """
    ahead = (wanted.weekday - today.weekday()) % _WEEK
    coming = today + timedelta(days=ahead)
    if ahead == 0 and datetime.combine(today, _make_time(wall)) <= now.astimezone(zone).replace(tzinfo=None):
        coming += timedelta(days=_WEEK)
    days = {coming, today + timedelta(days=_WEEK)} if ahead == 0 else {coming}
    if wanted.weeks is not None:
        days = {coming}
        for begins in (0, 6):  # on Monday, on Sunday
            first = today - timedelta(days=(today.weekday() - begins) % _WEEK)
            days.add(first + timedelta(days=(wanted.weekday - begins) % _WEEK + _WEEK * wanted.weeks))
    yield from sorted(days)


# ---------------------------------------------------------------- clocks


def find_occurrences(local: datetime, zone: tzinfo) -> list[datetime]:
    """The instants at which the zone's clock shows ``local``: two where it is put back.

    Raises:
        Wrong: it never does, as it is put forward over that.
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
