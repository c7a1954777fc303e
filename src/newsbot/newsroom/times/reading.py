"""Read a time, or say why not and how to write it."""

from datetime import UTC, datetime, timedelta, tzinfo

from newsbot.newsroom.times.grammar import phrases_of
from newsbot.newsroom.times.lexing import NotUnderstood, tokens_of
from newsbot.newsroom.times.refusals import TimeRefused
from newsbot.newsroom.times.resolving import Instant, Wrong, instants_of
from newsbot.newsroom.times.saying import write_exactly

__all__ = ["parse_time"]

_NEAR = timedelta(minutes=2)
_FARTHEST = timedelta(days=36525)  # a hundred years
_TELLING = ("left out", "zone", "weekday", "no day", "unit", "no clock", "too far", "unknown")  # best first
_SHOWN = 60  # characters of what was written


def parse_time(
    text: str, *, zone: tzinfo, now: datetime, said_at: datetime | None = None, confirmed: bool = False
) -> datetime:
    """Read the instant that ``text`` means to somebody in ``zone``, in UTC.

    It means what it meant at ``said_at``, where that was some time ago; a length of time counts from ``now``.

    Unless ``confirmed``, a time is refused too that is over a year ahead, or two minutes away or less and
    said without now or +. Such a refusal ``asks``, so that a person can say yes to it.

    Raises:
        TimeRefused: it is no time, can be two, is past, or has to be confirmed.
    """
    now = now.astimezone(UTC)  # where an hour is an hour, also when clocks change
    read = _Read(text, zone, said_at.astimezone(UTC) if said_at else now)
    found = read.found()
    if said_at and found.from_now:
        read = _Read(text, zone, now)
        found = read.found()
    if found.at < now:
        raise read.refused("past", found.at)
    if found.at - now > _FARTHEST:
        raise read.refused("too far")
    if not confirmed and (why := _asks(found, now)):
        raise read.refused(why, found.at, asks=True)
    return found.at


def _asks(found: Instant, now: datetime) -> str | None:
    """Why a person has to say yes to it."""
    if found.at > _year_later(now):
        return "far"
    if found.next_year:
        return "next year"
    if found.at - now <= _NEAR and not found.exempt:
        return "near"
    return None


def _year_later(now: datetime) -> datetime:
    leap_day = (now.month, now.day) == (2, 29)
    return now.replace(year=now.year + 1, month=3, day=1) if leap_day else now.replace(year=now.year + 1)


class _Read:
    """One text, by one zone, at one time."""

    def __init__(self, text: str, zone: tzinfo, now: datetime) -> None:
        self._text = text
        self._zone = zone
        self._now = now

    def found(self) -> Instant:
        """The one time that it can mean."""
        found, wrong = self._instants()
        times = sorted({each.at for each in found})
        if not times or wrong.settles:
            raise self.refused(wrong.why, wrong.at)
        if len(times) > 1:
            raise self.refused("two", *times[:2])
        if all(each.bare for each in found):
            raise self.refused("bare", times[0])
        return Instant(
            times[0],
            from_now=all(each.from_now for each in found),
            exempt=all(each.exempt for each in found),
            next_year=any(each.next_year for each in found),
        )

    def _instants(self) -> tuple[set[Instant], Wrong]:
        """All that it can mean; and the most telling reason why some reading means nothing."""
        found, wrongs = set[Instant](), [Wrong("unknown")]
        try:
            phrases = phrases_of(tokens_of(self._text, self._own_names()))
        except NotUnderstood:
            phrases = set()
        for phrase in phrases:
            try:
                found.update(instants_of(phrase, self._now, self._zone))
            except Wrong as wrong:
                wrongs.append(wrong)
            except (OverflowError, ValueError):
                wrongs.append(Wrong("too far"))
        return found, min(wrongs, key=lambda wrong: (not wrong.settles, _TELLING.index(wrong.why)))

    def _own_names(self) -> set[str]:
        """The zone's short names in the months around."""
        days = (self._now + timedelta(days=30 * n) for n in range(13))
        return {name for day in days if (name := day.astimezone(self._zone).tzname())}

    def refused(self, why: str, *times: datetime | None, asks: bool = False) -> TimeRefused:
        """Why not, with how to write it."""
        tomorrow = (self._now + timedelta(days=1)).astimezone(self._zone)
        given = [at for at in times if at is not None]
        example = given[0] if given else tomorrow.replace(hour=8, minute=0, second=0, microsecond=0)
        return TimeRefused(
            why,
            text="".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self._text[:_SHOWN]),
            times=tuple(given),
            zone=self._zone,
            example=write_exactly(example, self._zone),
            asks=asks,
        )
