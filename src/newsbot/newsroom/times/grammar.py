"""The grammar: which tokens side by side say a day, a time of day, a length of time, a zone.

Every reading of a text is found, and each uses every token once. That is what makes a guess impossible: a
text with two readings is refused where they are two times, so 05/11 is, and 05/05 or 25/12 is not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from fractions import Fraction
from typing import Any, NamedTuple

from newsbot.newsroom.times.lexing import Date, OwnName, Token, WallClock
from newsbot.newsroom.times.vocabulary import DAY, HOUR, MINUTE, SECOND, WEEK, DayName, Part

__all__ = ["Clock", "Phrase", "Span", "Weekday", "phrases_of"]

_SECONDS = {SECOND: 1, MINUTE: 60, HOUR: 3600}
_DAYS = {DAY: 1, WEEK: 7}
_CLOCK_FACE = 12


class Clock(NamedTuple):
    """``midnight``: the word, which ends one day and begins another."""

    wall: WallClock
    midnight: bool = False


class Weekday(NamedTuple):
    """``weeks`` from this one; None: simply the next such day."""

    weekday: int
    weeks: int | None = None


class Span(NamedTuple):
    """From now: days of the calendar, then seconds. ``bare``: no + and no word says that it is from now."""

    days: int
    seconds: Fraction
    plus: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """One reading of a text: each place is filled once at most. Parts of a day can be many that agree."""

    now: bool | None = None
    day: DayName | Date | None = None
    weekday: Weekday | None = None
    clock: Clock | None = None
    zone: tzinfo | OwnName | None = None
    span: Span | None = None
    without_unit: Fraction | None = None
    parts: tuple[Part, ...] = ()

    def with_(self, found: Mapping[str, Any]) -> "Phrase | None":
        """It with more of its places filled; None where one of them is filled already."""
        new = {name: value for name, value in found.items() if value is not None}
        parts = (*self.parts, *new.pop("parts", ()))
        if any(getattr(self, name) is not None for name in new):
            return None
        return replace(self, **new, parts=parts)


# ---------------------------------------------------------------- what a form makes of its tokens

Found = Mapping[str, Any] | None  # the places that are filled; None: it can't be that


def _day(name: DayName) -> Found:
    return {"day": name, "parts": (name.part,) if name.part else ()}


def _date(month: int, day: int, year: int | None = None) -> Found:
    return {"day": Date(year, month, day)}


def _stamp(stamp: tuple[Date, WallClock, tzinfo | None]) -> Found:
    date, wall, zone = stamp
    return {"day": date, "clock": Clock(wall), "zone": zone}


def _clock(hour: int, minute: int = 0) -> Found:
    fits = hour < 24 and minute < 60  # noqa: PLR2004  a clock's own figures
    return {"clock": Clock(WallClock(hour, minute))} if fits else None


def _past(minutes: int, hour: int) -> Found:
    """Half past nine, a quarter to ten."""
    if not 1 <= hour < 24:  # noqa: PLR2004  as above
        return None
    return _clock(hour, minutes) if minutes > 0 else _clock(hour - 1, 60 + minutes)


def _noon(wall: WallClock | None = None) -> Found:
    return {"clock": Clock(WallClock(12))} if wall in {None, WallClock(12)} else None


def _midnight(wall: WallClock | None = None) -> Found:
    fits = wall in {None, WallClock(0), WallClock(12)}
    return {"clock": Clock(WallClock(0), midnight=True)} if fits else None


def _span(*pairs: tuple[Fraction, str], plus: bool = False, bare: bool = False) -> Found:
    """Whole days of the calendar, and a length of time."""
    days = sum((amount * _DAYS[unit] for amount, unit in pairs if unit in _DAYS), Fraction())
    seconds = sum((amount * _SECONDS[unit] for amount, unit in pairs if unit in _SECONDS), Fraction())
    units = [unit for _, unit in pairs]
    if days.denominator != 1 or len(set(units)) < len(units):
        return None
    return {"span": Span(int(days), seconds, plus, bare)}


def _bare(*pairs: tuple[Fraction, str]) -> Found:
    """Nobody means "in 18 hours" by 18h."""
    is_clock = len(pairs) == 1 and pairs[0][1] == HOUR and pairs[0][0] > _CLOCK_FACE
    return None if is_clock else _span(*pairs, bare=True)


def _form(pattern: str, make: Callable[..., Found]) -> tuple[tuple[str, ...], Callable[..., Found]]:
    return tuple(pattern.split(", ")), make


# Kinds of tokens side by side. "?" may be left out; ":" is given to the function, in order, or None.
_FORMS = (
    _form("now", lambda: {"now": True}),
    _form("part:", lambda part: {"parts": (part,)}),
    _form("zone:", lambda zone: {"zone": zone}),
    # days
    _form("day:", _day),
    _form("date:", lambda date: {"day": date}),
    _form("stamp:", _stamp),
    _form("number:, ordinal?, month:, year:?", lambda day, month, year: _date(month, day, year)),
    _form("month:, number:, ordinal?, day mark?, year:?", _date),
    _form("year:, month:, number:, day mark?", lambda year, month, day: _date(month, day, year)),
    _form("weekday:", lambda weekday: {"weekday": Weekday(weekday)}),
    _form("which:, weekday:", lambda weeks, weekday: {"weekday": Weekday(weekday, weeks)}),
    _form("weekday:, which:", lambda weekday, weeks: {"weekday": Weekday(weekday, weeks)}),
    # times of day
    _form("at?, clock:, hour mark?", lambda wall: {"clock": Clock(wall)}),
    _form("at?, number:, hour mark?", _clock),
    _form("at?, number:, hour mark, two digits:, minute mark?", _clock),
    _form("at?, number:, hour mark, number:, minute mark", _clock),
    _form("at?, number:, hour mark?, past after:", lambda hour, minutes: _past(minutes, hour)),
    _form("at?, past:, number:, hour mark?", _past),
    _form("at?, noon", _noon),
    _form("at?, number:, noon", lambda hour: _noon(WallClock(hour))),
    _form("at?, clock:, noon", _noon),
    _form("at?, midnight", _midnight),
    _form("at?, number:, midnight", lambda hour: _midnight(WallClock(hour))),
    _form("at?, clock:, midnight", _midnight),
    # lengths of time
    _form("plus, amount:, unit:", lambda *of: _span(of, plus=True)),
    _form("plus, amount:, unit:, amount:, unit:", lambda *of: _span(of[:2], of[2:], plus=True)),
    _form("plus, amount:", lambda amount: {"without_unit": amount}),
    _form("in, amount:, unit:", lambda *of: _span(of)),
    _form("in, amount:, unit:, and?, amount:, unit:", lambda *of: _span(of[:2], of[2:])),
    _form("in, span:", lambda of: _span((Fraction(of[0]), of[1]))),
    _form("amount:, unit:, after", lambda *of: _span(of)),
    _form("amount:, unit:, and?, amount:, unit:, after", lambda *of: _span(of[:2], of[2:])),
    _form("span:, after", lambda of: _span((Fraction(of[0]), of[1]))),
    _form("amount:, unit:", lambda *of: _bare(of)),
    _form("amount:, unit:, and?, amount:, unit:", lambda *of: _bare(of[:2], of[2:])),
    _form("span:", lambda of: _bare((Fraction(of[0]), of[1]))),
)


def phrases_of(tokens: Sequence[Token]) -> set[Phrase]:
    """Every reading of them all."""
    return set(_walk(tokens, 0, Phrase()))


def _walk(tokens: Sequence[Token], at: int, phrase: Phrase) -> Iterator[Phrase]:
    if at == len(tokens):
        yield phrase
        return
    if _is_glue(tokens[at]) or (at == 0 and _is(tokens[at], "lead")):
        yield from _walk(tokens, at + 1, phrase)
    for pattern, make in _FORMS:
        for values, end in _match(pattern, tokens, at):
            found = make(*values)
            more = phrase.with_(found) if found is not None else None
            if more is not None:
                yield from _walk(tokens, end, more)


def _match(
    pattern: Sequence[str], tokens: Sequence[Token], at: int, values: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """The values of each way in which the tokens from ``at`` on fit, and where it ends."""
    if not pattern:
        yield values, at
        return
    element, rest = pattern[0], pattern[1:]
    kind = element.rstrip("?:")
    if at < len(tokens):
        for reading in tokens[at]:
            if reading.kind == kind:
                given = (*values, reading.value) if ":" in element else values
                yield from _match(rest, tokens, at + 1, given)
        if values and _is_glue(tokens[at]):
            yield from _match(pattern, tokens, at + 1, values)
    if element.endswith("?"):
        yield from _match(rest, tokens, at, (*values, None) if ":" in element else values)


def _is_glue(token: Token) -> bool:
    return _is(token, "glue") or _is(token, "comma")


def _is(token: Token, kind: str) -> bool:
    return any(reading.kind == kind for reading in token)
