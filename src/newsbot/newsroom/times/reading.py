"""Read a time that a person wrote, or explain why it can't be read and how to write it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from newsbot.errors import UsageError
from newsbot.newsroom.times.grammar import Duration, Phrase, Weekday, find_phrases
from newsbot.newsroom.times.words import (
    Date,
    DayName,
    DayPart,
    NotUnderstood,
    OwnZoneName,
    WallClock,
    tokenize,
)
from newsbot.newsroom.wording import write_exactly
from newsbot.reasons import N_, UsageCode

__all__ = [
    "EXAMPLES",
    "REFUSALS",
    "TimeRefused",
    "parse_time",
]


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


def _resolve_phrase(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
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
        starts = _find_occurrences(local, zone)
    for start in starts:
        at = start + timedelta(seconds=float(span.seconds))
        yield PossibleTime(at, from_now=True, exempt=span.plus, bare=span.bare)


def _resolve_days(phrase: Phrase, now: datetime, zone: tzinfo) -> Iterator[PossibleTime]:
    """Yield the instants of a written day and time of day,
    in the time zone that the text names or else ``zone``.

    "Today" may be the date in the named zone or in the newsroom's zone.
    """
    assert phrase.clock  # noqa: S101  `_resolve_phrase` has checked that the reading has a time of day.
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
    assert phrase.clock  # noqa: S101  `_resolve_phrase` has checked that the reading has a time of day.
    days = [day, day + timedelta(days=1)] if phrase.clock.midnight else [day]
    if phrase.clock.midnight and isinstance(phrase.day, DayName) and phrase.day.part:
        # "Midnight tonight" means the end of the night, so the start of today is no possible time.
        days = days[1:]
    written = isinstance(phrase.day, Date) and phrase.day.year is None
    for each in days:
        for at in _filter_by_zone_name(
            _find_occurrences(datetime.combine(each, _make_time(wall)), zone), phrase, zone
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
            # The clock showed the written time of day more than three hours ago today, so that time is past
            # even if clocks were put back since then.
            continue
        try:
            found = [
                at for at in _filter_by_zone_name(_find_occurrences(naive, zone), phrase, zone) if at > now
            ]
        except NotATime:
            if naive > local.replace(tzinfo=None):
                raise
            # Today, clocks were put forward over the written time of day, before now, so the time of the next
            # day is meant.
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
        # If the year does not have the written day, the next year is tried: the day may be a 29 February. A
        # day that exists in no year is refused after the last year.
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
        # The week is counted from Monday (0) and from Sunday (6), because people differ on which day begins
        # it.
        for begins in (0, 6):
            first = today - timedelta(days=(today.weekday() - begins) % _WEEK)
            days.add(first + timedelta(days=(wanted.weekday - begins) % _WEEK + _WEEK * wanted.weeks))
    yield from sorted(days)


def _find_occurrences(local: datetime, zone: tzinfo) -> list[datetime]:
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


EXAMPLES = N_("18:30, +20m, tomorrow 9am")
"""Examples of how to write a time, for the messages that refuse a written time."""

REFUSALS = {
    "unknown": UsageCode.NO_TIME,
    "no clock": UsageCode.NO_CLOCK_TIME,
    "unit": UsageCode.NO_UNIT,
    "bare": UsageCode.BARE_LENGTH,
    "two": UsageCode.TWO_TIMES,
    "left out": UsageCode.TIME_LEFT_OUT,
    "zone": UsageCode.OTHER_ZONE,
    "weekday": UsageCode.OTHER_WEEKDAY,
    "no day": UsageCode.NO_SUCH_DAY,
    "past": UsageCode.TIME_IS_PAST,
    "too far": UsageCode.TIME_TOO_FAR,
    # newsbot accepts a text that it refuses as "far", "next year" or "near" once a person confirms the time.
    "far": UsageCode.TIME_FAR,
    "next year": UsageCode.TIME_NEXT_YEAR,
    "near": UsageCode.TIME_NEAR,
}


class TimeRefused(UsageError):  # noqa: N818  The name says what was decided, so it does not end in "Error".
    """The error that newsbot does not accept a written text as a time.

    ``why`` is a key of `REFUSALS`, ``text`` is the written text, ``times`` are the times that the text can
    mean, and ``example`` is a valid way to write the time. ``asks`` says that newsbot accepts ``times[0]`` if
    the person confirms it.
    """

    def __init__(self, why: str, *, text: str, times: tuple[datetime, ...], example: str, asks: bool) -> None:
        self.why = why
        self.text = text
        self.times = times
        self.example = example
        self.asks = asks
        given: dict[str, object] = {"text": text, "examples": EXAMPLES, "example": example}
        given |= dict(zip(("first", "second"), times, strict=False))
        code = REFUSALS[why]
        super().__init__(code(**{name: given[name] for name in code.parameters}))


_NEAR = timedelta(minutes=2)
# The farthest that a written time may be in the future: a hundred years.
_FARTHEST = timedelta(days=36525)
# The reasons why newsbot refuses a text, ordered by how much they tell the person who wrote it.
_TELLING = ("left out", "zone", "weekday", "no day", "unit", "no clock", "too far", "unknown")
_SHOWN = 60  # The most characters of a refused time, as a person wrote it, that the error message shows.


def parse_time(
    text: str, *, zone: tzinfo, now: datetime, said_at: datetime | None = None, confirmed: bool = False
) -> datetime:
    """Return the instant, in UTC, that the written ``text`` means to a person in the time zone ``zone``.

    If the text was written earlier, at ``said_at``, it means what it meant then; but a length of time counts
    from ``now``.

    Unless ``confirmed``, two kinds of times are refused too: times more than a year ahead, and times two
    minutes away or less, unless written with "now" or +. Then the error has ``asks`` set, so that the person
    can confirm the time.

    Raises:
        TimeRefused: the text is no time, is ambiguous, is past, or has to be confirmed.
    """
    # Times are compared in UTC, where every day has 24 hours, so that their differences are right even across
    # a clock change.
    now = now.astimezone(UTC)
    read = _TimeReader(text, zone, said_at.astimezone(UTC) if said_at else now)
    found = read.resolve()
    if said_at and found.from_now:
        read = _TimeReader(text, zone, now)
        found = read.resolve()
    if found.at < now:
        raise read.make_refusal("past", found.at)
    if found.at - now > _FARTHEST:
        raise read.make_refusal("too far")
    if not confirmed and (why := _find_confirmation_reason(found, now)):
        raise read.make_refusal(why, found.at, asks=True)
    return found.at


def _find_confirmation_reason(found: PossibleTime, now: datetime) -> str | None:
    """Return the reason why a person has to confirm the time, as a key of `REFUSALS`;
    None if no confirmation is needed.
    """
    leap_day = (now.month, now.day) == (2, 29)
    first = now.replace(month=3, day=1) if leap_day else now
    if found.at > first.replace(year=now.year + 1):
        return "far"
    if found.next_year:
        return "next year"
    if found.at - now <= _NEAR and not found.exempt:
        return "near"
    return None


@dataclass(frozen=True)
class _TimeReader:
    """The component that finds what one written time means, as a person in the time zone ``zone`` means it at
    the time ``now``.
    """

    text: str
    zone: tzinfo
    now: datetime

    def resolve(self) -> PossibleTime:
        """Return the one time that the text can mean.

        Raises:
            TimeRefused: the text can mean no time, or several times.
        """
        found, wrong = self._find_instants()
        times = sorted({each.at for each in found})
        if not times or wrong.settles:
            raise self.make_refusal(wrong.why, wrong.at)
        if len(times) > 1:
            raise self.make_refusal("two", *times[:2])
        if all(each.bare for each in found):
            raise self.make_refusal("bare", times[0])
        return PossibleTime(
            times[0],
            from_now=all(each.from_now for each in found),
            exempt=all(each.exempt for each in found),
            next_year=any(each.next_year for each in found),
        )

    def _find_instants(self) -> tuple[set[PossibleTime], NotATime]:
        """Return all times that the text can mean, and the most helpful reason why a
        reading of the text is no time.
        """
        found, wrongs = set[PossibleTime](), [NotATime("unknown")]
        try:
            phrases = find_phrases(tokenize(self.text, self._list_own_names()))
        except NotUnderstood:
            phrases = set()
        for phrase in phrases:
            try:
                found.update(_resolve_phrase(phrase, self.now, self.zone))
            except NotATime as wrong:
                wrongs.append(wrong)
            except (OverflowError, ValueError):
                wrongs.append(NotATime("too far"))
        return found, min(wrongs, key=lambda wrong: (not wrong.settles, _TELLING.index(wrong.why)))

    def _list_own_names(self) -> set[str]:
        """Return the short names that the time zone has within the next year, such as "CET" and "CEST"."""
        days = (self.now + timedelta(days=30 * n) for n in range(13))
        return {name for day in days if (name := day.astimezone(self.zone).tzname())}

    def make_refusal(self, why: str, *times: datetime | None, asks: bool = False) -> TimeRefused:
        """Return the error that refuses the text for the reason ``why``,
        with an example of how to write the time.
        """
        tomorrow = (self.now + timedelta(days=1)).astimezone(self.zone)
        given = [at for at in times if at is not None]
        example = given[0] if given else tomorrow.replace(hour=8, minute=0, second=0, microsecond=0)
        return TimeRefused(
            why,
            text="".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self.text[:_SHOWN]),
            times=tuple(given),
            example=write_exactly(example, self.zone),
            asks=asks,
        )
