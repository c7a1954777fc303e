"""Read a time that a person wrote, or explain why it can't be read and how to write it."""

from datetime import UTC, datetime, timedelta, tzinfo

from newsbot.errors import UsageError
from newsbot.newsroom.times.grammar import find_phrases
from newsbot.newsroom.times.lexing import NotUnderstood, tokenize
from newsbot.newsroom.times.resolving import NotATime, PossibleTime, find_instants
from newsbot.reasons import N_, UsageCode

__all__ = [
    "REFUSALS",
    "TimeRefused",
    "parse_time",
    "say_briefly",
    "say_time",
    "write_exactly",
]


def say_time(at: datetime, zone: tzinfo) -> str:
    """Format a time with its date and zone, so that the person who wrote it can check it:
    ``Mon 1 Dec 2026 08:00 PKT``.
    """
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def say_briefly(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Format a time briefly, for a table.

    The result is ``08:00`` for a time today, ``Mon 08:00`` within three days, else ``1 Dec 08:00``, or ``1
    Dec 2027`` in another year.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    # For a day further away than three days, it would not be clear which week the weekday is in.
    if abs(days) <= 3:  # noqa: PLR2004
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def write_exactly(at: datetime, zone: tzinfo) -> str:
    """Format a time as ``2026-12-01 08:00``; with its UTC offset if clocks are put
    back so that it comes twice.
    """
    local = at.astimezone(zone)
    twice = local.replace(fold=1 - local.fold).astimezone(UTC) != at.astimezone(UTC)
    return local.isoformat(timespec="minutes")[:22] if twice else f"{local:%Y-%m-%d %H:%M}"


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
    # If the reason is one of the following, newsbot accepts the text as a time once the person confirms the
    # time.
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
_FARTHEST = timedelta(days=36525)  # The farthest that a time may be in the future: a hundred years.
# The reasons why newsbot refuses a text, ordered by how much they tell the person who wrote it.
_TELLING = ("left out", "zone", "weekday", "no day", "unit", "no clock", "too far", "unknown")
_SHOWN = 60  # The most characters of a refused text that the message shows.


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
    # In UTC every day has 24 hours, so differences are right even across a clock change.
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


class _TimeReader:
    """The component that finds what one written time means, as a person in the time zone ``zone`` means it at
    the time ``now``.
    """

    def __init__(self, text: str, zone: tzinfo, now: datetime) -> None:
        self._text = text
        self._zone = zone
        self._now = now

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
            phrases = find_phrases(tokenize(self._text, self._list_own_names()))
        except NotUnderstood:
            phrases = set()
        for phrase in phrases:
            try:
                found.update(find_instants(phrase, self._now, self._zone))
            except NotATime as wrong:
                wrongs.append(wrong)
            except (OverflowError, ValueError):
                wrongs.append(NotATime("too far"))
        return found, min(wrongs, key=lambda wrong: (not wrong.settles, _TELLING.index(wrong.why)))

    def _list_own_names(self) -> set[str]:
        """Return the short names that the time zone has within the next year, such as "CET" and "CEST"."""
        days = (self._now + timedelta(days=30 * n) for n in range(13))
        return {name for day in days if (name := day.astimezone(self._zone).tzname())}

    def make_refusal(self, why: str, *times: datetime | None, asks: bool = False) -> TimeRefused:
        """Return the error that refuses the text for the reason ``why``,
        with an example of how to write the time.
        """
        tomorrow = (self._now + timedelta(days=1)).astimezone(self._zone)
        given = [at for at in times if at is not None]
        example = given[0] if given else tomorrow.replace(hour=8, minute=0, second=0, microsecond=0)
        return TimeRefused(
            why,
            text="".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in self._text[:_SHOWN]),
            times=tuple(given),
            example=write_exactly(example, self._zone),
            asks=asks,
        )
