"""The grammar of written times: which words and numbers mean a day, a time of day,
a length of time or a zone.

The grammar finds every reading of a text, and each reading uses every token (word or number) once. So nothing
is guessed: newsbot refuses a text whose readings are two different times. It refuses 05/11, which can be May
or November, but not 05/05 or 25/12.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from fractions import Fraction
from typing import Any, NamedTuple

from newsbot.newsroom.times.words import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    WEEK,
    Date,
    DayName,
    DayPart,
    OwnZoneName,
    Token,
    WallClock,
)

__all__ = ["Duration", "Phrase", "Weekday", "find_phrases"]

_SECONDS = {SECOND: 1, MINUTE: 60, HOUR: 3600}
_DAYS = {DAY: 1, WEEK: 7}
_CLOCK_FACE = 12


class ClockTime(NamedTuple):
    """A written time of day.

    ``midnight`` says that the text has the word "midnight", which may be the start or the end of a day.
    """

    wall: WallClock
    midnight: bool = False


class Weekday(NamedTuple):
    """A written weekday, in the week that is ``weeks`` weeks from now.

    If ``weeks`` is None, the next day with this name is meant.
    """

    weekday: int
    weeks: int | None = None


class Duration(NamedTuple):
    """A written length of time from now: a number of calendar days, then a number of seconds.

    ``plus`` says that the length was written with +, ``bare`` that it was written without + and without a
    word that means "from now".
    """

    days: int
    seconds: Fraction
    plus: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """One reading of a written time: what its words and numbers say about the day, the time of day,
    the zone and so on.

    A reading fills each field at most once. ``parts`` may be several parts of the day that agree, like
    "morning".
    """

    now: bool | None = None
    day: DayName | Date | None = None
    weekday: Weekday | None = None
    clock: ClockTime | None = None
    zone: tzinfo | OwnZoneName | None = None
    span: Duration | None = None
    without_unit: Fraction | None = None
    parts: tuple[DayPart, ...] = ()

    def fill(self, found: Mapping[str, Any]) -> "Phrase | None":
        """Return this reading of a written time with the fields ``found`` filled as well.

        Return None if one of these fields is filled already.
        """
        new = {name: value for name, value in found.items() if value is not None}
        parts = (*self.parts, *new.pop("parts", ()))
        if any(getattr(self, name) is not None for name in new):
            return None
        return replace(self, **new, parts=parts)


# The fields of a `Phrase` (reading) that some tokens fill; None if the tokens have no such meaning.
Filling = Mapping[str, Any] | None


def _make_day(name: DayName) -> Filling:
    return {"day": name, "parts": (name.part,) if name.part else ()}


def _make_date(month: int, day: int, year: int | None = None) -> Filling:
    return {"day": Date(year, month, day)}


def _make_stamp(stamp: tuple[Date, WallClock, tzinfo | None]) -> Filling:
    date, wall, zone = stamp
    return {"day": date, "clock": ClockTime(wall), "zone": zone}


def _make_clock(hour: int, minute: int = 0) -> Filling:
    fits = hour < 24 and minute < 60  # noqa: PLR2004  A clock has 24 hours and 60 minutes.
    return {"clock": ClockTime(WallClock(hour, minute))} if fits else None


def _make_minutes_past(minutes: int, hour: int) -> Filling:
    """Return the time of day that is some minutes past an hour ("half past nine").

    Negative ``minutes`` are before the hour ("ten to nine").
    """
    if not 1 <= hour < 24:  # noqa: PLR2004  A clock has 24 hours.
        return None
    return _make_clock(hour, minutes) if minutes > 0 else _make_clock(hour - 1, 60 + minutes)


def _make_noon(wall: WallClock | None = None) -> Filling:
    return {"clock": ClockTime(WallClock(12))} if wall in {None, WallClock(12)} else None


def _make_midnight(wall: WallClock | None = None) -> Filling:
    fits = wall in {None, WallClock(0), WallClock(12)}
    return {"clock": ClockTime(WallClock(0), midnight=True)} if fits else None


def _make_span(*pairs: tuple[Fraction, str], plus: bool = False, bare: bool = False) -> Filling:
    """Return the length of time that amounts of units have together, such as 2 hours and 30 minutes.

    Return None if the days of all amounts make no whole number ("1.5 days"), or if a unit occurs twice.
    """
    days = sum((amount * _DAYS[unit] for amount, unit in pairs if unit in _DAYS), Fraction())
    seconds = sum((amount * _SECONDS[unit] for amount, unit in pairs if unit in _SECONDS), Fraction())
    units = [unit for _, unit in pairs]
    if days.denominator != 1 or len(set(units)) < len(units):
        return None
    return {"span": Duration(int(days), seconds, plus, bare)}


def _make_bare_span(*pairs: tuple[Fraction, str]) -> Filling:
    """Return a length of time written without + or "in"; None for 18h, which means six in the evening."""
    is_clock = len(pairs) == 1 and pairs[0][1] == HOUR and pairs[0][0] > _CLOCK_FACE
    return None if is_clock else _make_span(*pairs, bare=True)


def _make_form(pattern: str, make: Callable[..., Filling]) -> tuple[tuple[str, ...], Callable[..., Filling]]:
    return tuple(pattern.split(", ")), make


# Each entry has a sequence of token kinds, and the function that makes fields of a `Phrase` (reading) from
# tokens of these kinds. A "?" marks an optional token; the value (or None) of a token marked ":" is an
# argument of the function.
_FORMS = (
    _make_form("now", lambda: {"now": True}),
    _make_form("part:", lambda part: {"parts": (part,)}),
    _make_form("zone:", lambda zone: {"zone": zone}),
    # The next forms are the ways to write a day, such as a weekday or a date.
    _make_form("day:", _make_day),
    _make_form("date:", lambda date: {"day": date}),
    _make_form("stamp:", _make_stamp),
    _make_form("number:, ordinal?, month:, year:?", lambda day, month, year: _make_date(month, day, year)),
    _make_form("month:, number:, ordinal?, day mark?, year:?", _make_date),
    _make_form("year:, month:, number:, day mark?", lambda year, month, day: _make_date(month, day, year)),
    _make_form("weekday:", lambda weekday: {"weekday": Weekday(weekday)}),
    _make_form("which:, weekday:", lambda weeks, weekday: {"weekday": Weekday(weekday, weeks)}),
    _make_form("weekday:, which:", lambda weekday, weeks: {"weekday": Weekday(weekday, weeks)}),
    # The next forms are the ways to write a time of day.
    _make_form("at?, clock:, hour mark?", lambda wall: {"clock": ClockTime(wall)}),
    _make_form("at?, number:, hour mark?", _make_clock),
    _make_form("at?, number:, hour mark, two digits:, minute mark?", _make_clock),
    _make_form("at?, number:, hour mark, number:, minute mark", _make_clock),
    _make_form(
        "at?, number:, hour mark?, past after:", lambda hour, minutes: _make_minutes_past(minutes, hour)
    ),
    _make_form("at?, past:, number:, hour mark?", _make_minutes_past),
    _make_form("at?, noon", _make_noon),
    _make_form("at?, number:, noon", lambda hour: _make_noon(WallClock(hour))),
    _make_form("at?, clock:, noon", _make_noon),
    _make_form("at?, midnight", _make_midnight),
    _make_form("at?, number:, midnight", lambda hour: _make_midnight(WallClock(hour))),
    _make_form("at?, clock:, midnight", _make_midnight),
    # The next forms are the ways to write a length of time.
    _make_form("plus, amount:, unit:", lambda *of: _make_span(of, plus=True)),
    _make_form("plus, amount:, unit:, amount:, unit:", lambda *of: _make_span(of[:2], of[2:], plus=True)),
    _make_form("plus, amount:", lambda amount: {"without_unit": amount}),
    _make_form("in, amount:, unit:", lambda *of: _make_span(of)),
    _make_form("in, amount:, unit:, and?, amount:, unit:", lambda *of: _make_span(of[:2], of[2:])),
    _make_form("in, span:", lambda of: _make_span((Fraction(of[0]), of[1]))),
    _make_form("amount:, unit:, after", lambda *of: _make_span(of)),
    _make_form("amount:, unit:, and?, amount:, unit:, after", lambda *of: _make_span(of[:2], of[2:])),
    _make_form("span:, after", lambda of: _make_span((Fraction(of[0]), of[1]))),
    _make_form("amount:, unit:", lambda *of: _make_bare_span(of)),
    _make_form("amount:, unit:, and?, amount:, unit:", lambda *of: _make_bare_span(of[:2], of[2:])),
    _make_form("span:", lambda of: _make_bare_span((Fraction(of[0]), of[1]))),
)


def find_phrases(tokens: Sequence[Token]) -> set[Phrase]:
    """Return every reading of a written time's tokens (words and numbers) that uses all of the tokens."""
    return set(_walk(tokens, 0, Phrase()))


def _walk(tokens: Sequence[Token], at: int, phrase: Phrase) -> Iterator[Phrase]:
    if at == len(tokens):
        yield phrase
        return
    if _is_glue(tokens[at]) or (at == 0 and _is_kind(tokens[at], "lead")):
        yield from _walk(tokens, at + 1, phrase)
    for pattern, make in _FORMS:
        for values, end in _match_form(pattern, tokens, at):
            found = make(*values)
            more = phrase.fill(found) if found is not None else None
            if more is not None:
                yield from _walk(tokens, end, more)


def _match_form(
    pattern: Sequence[str], tokens: Sequence[Token], at: int, values: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Yield, for each way to match the token kinds in ``pattern`` with the tokens from index ``at`` on, the
    values of the matched tokens and the index after the last of them.
    """
    if not pattern:
        yield values, at
        return
    element, rest = pattern[0], pattern[1:]
    kind = element.rstrip("?:")
    if at < len(tokens):
        for reading in tokens[at]:
            if reading.kind == kind:
                given = (*values, reading.value) if ":" in element else values
                yield from _match_form(rest, tokens, at + 1, given)
        if values and _is_glue(tokens[at]):
            yield from _match_form(pattern, tokens, at + 1, values)
    if element.endswith("?"):
        yield from _match_form(rest, tokens, at, (*values, None) if ":" in element else values)


def _is_glue(token: Token) -> bool:
    return _is_kind(token, "glue") or _is_kind(token, "comma")


def _is_kind(token: Token, kind: str) -> bool:
    return any(reading.kind == kind for reading in token)
