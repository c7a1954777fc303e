"""Split a written time into tokens (words, numbers and signs), each with every meaning that it can have.

The words of the desk's five languages come from ``words.toml``. dateparser's own parser drops words that
it does not need, and takes an hour for a month or a year. So newsbot reads from dateparser only its
dictionaries, for the meaning of single words; newsbot's grammar has to find a use for each word. If a word
has several meanings, the grammar tries each.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from newsbot.files import load_toml
from newsbot.timestamps.parse import MONTHS, WEEKDAYS, load_language

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "WEEK",
    "Date",
    "DayName",
    "DayPart",
    "NotUnderstood",
    "OwnZoneName",
    "Reading",
    "Token",
    "WallClock",
    "fold",
    "load_lexicon",
    "tokenize",
]


class Reading(NamedTuple):
    """One meaning of a token (word or number) of a written time: its ``kind`` in the grammar,
    and its value.
    """

    kind: str
    value: Any = None


class DayPart(NamedTuple):
    """A part of the day: the hours ``first`` to ``last``.
    ``twelve`` says that people use it with 12 o'clock.
    """

    first: int
    last: int
    twelve: bool = True


class DayName(NamedTuple):
    """A day counted from today ("tomorrow" is 1),
    with the part of the day that a word like "tonight" includes.
    """

    days: int
    part: DayPart | None = None


SECOND, MINUTE, HOUR, DAY, WEEK = "second", "minute", "hour", "day", "week"

# 午後12時 is noon to some people and midnight to others, so newsbot refuses 12 o'clock with
# these two words (午前 and 午後).
_DAY_PARTS = {
    "am": DayPart(0, 11),
    "pm": DayPart(12, 23),
    "gozen": DayPart(0, 11, twelve=False),
    "gogo": DayPart(12, 23, twelve=False),
    "dawn": DayPart(0, 6),
    "morning": DayPart(1, 11),
    "midday": DayPart(11, 15),
    "afternoon": DayPart(12, 20),
    "evening": DayPart(16, 23),
    "night": DayPart(18, 23),
}
_ALIKE = str.maketrans("يىئةہۃھأإآٱك", "یییههههااااک")
# The pattern of the Arabic word for "every". Written with the Urdu form of its first letter,
# the word is Urdu for "tomorrow".
_EVERY = re.compile(r"(?<!\w)كل(?!\w)")
_KANA_MARKS = "\u3099\u309a"


@cache
def load_lexicon() -> dict[str, tuple[Reading, ...]]:
    """Return every word of the file ``words.toml``, in the form for comparisons that `fold` makes, with all
    its meanings.
    """
    found: dict[str, list[Reading]] = {}
    for kind, meanings in load_toml(__package__, "words.toml").items():
        for key, words in (meanings if isinstance(meanings, dict) else {None: meanings}).items():
            made = _make_readings(kind, None if key is None else _parse_value(kind, key))
            for word in words.split("|"):
                readings = found.setdefault(fold(word), [])
                readings += [each for each in made if each not in readings]
    return {word: tuple(readings) for word, readings in found.items()}


def _parse_value(kind: str, key: str) -> Any:
    """Return what the words mean that ``words.toml`` lists under ``key`` in the table ``kind``."""
    match kind:
        case "day":
            days, _, part = key.partition(" ")
            return DayName(int(days), _DAY_PARTS[part] if part else None)
        case "part":
            return _DAY_PARTS[key]
        case "unit":
            return key
        case "span":
            amount, unit = key.split()
            return int(amount), unit
        case _:
            return int(key)


def _make_readings(kind: str, value: Any) -> list[Reading]:
    """Return the meanings of a word in a written time: the one of this ``kind`` in the grammar (such as a
    weekday) with this ``value``, and for a word for a number also an amount of units, such as the "two" of
    "two hours".
    """
    amounts = [Reading("amount", Fraction(value))] if kind == "number" else []
    return [Reading(kind, value), *amounts]


def fold(text: str) -> str:
    """Return a text in a form in which words can be compared.

    Case, accents, width, direction marks, the script of digits, variants of letters and extra spaces are made
    uniform.
    """
    text = unicodedata.normalize("NFKC", text).casefold().replace("ـ", "")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not _is_mark(c))
    text = "".join(_fold_character(c) for c in unicodedata.normalize("NFC", text))
    every = {found.start() for found in _EVERY.finditer(text)}
    folded = text.translate(_ALIKE)
    for at in every:
        folded = folded[:at] + "ك" + folded[at + 1 :]
    return " ".join(folded.split())


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Cf"} and character not in _KANA_MARKS


def _fold_character(character: str) -> str:
    # The Arabic decimal sign is replaced by a comma, so that the grammar has to know only one such sign.
    if character == "٫":
        return ","
    is_digit = unicodedata.category(character) == "Nd"
    return str(unicodedata.digit(character)) if is_digit else character


_LANGUAGES = (
    "bg", "bn", "ca", "cs", "da", "de", "el", "fa", "fi", "fr", "hi", "hr", "hu", "id", "it", "ms", "nb",
    "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "sw", "tr", "uk", "vi",
)  # fmt: skip

# Shorter words of dateparser's dictionaries are ignored, because they are ambiguous: "so" is Sunday in
# German, but has other meanings in other languages.
_SHORTEST = 4
_DAYS = ("0 day ago", "in 1 day", "in 2 day")


def _look_up(word: str) -> tuple[Reading, ...]:
    """Return all meanings of a word (after `fold`) in dateparser's dictionaries: a month, a weekday,
    today or tomorrow.
    """
    return _load_dictionary().get(word, ())


@cache
def _load_dictionary() -> dict[str, tuple[Reading, ...]]:
    found: dict[str, list[Reading]] = {}
    for language in _LANGUAGES:
        for reading, words in _list_meanings(load_language(language)):
            for word in map(fold, words):
                if len(word) >= _SHORTEST and reading not in found.setdefault(word, []):
                    found[word].append(reading)
    return {word: tuple(readings) for word, readings in found.items()}


def _list_meanings(info: dict[str, Any]) -> Iterator[tuple[Reading, list[str]]]:
    for n, name in enumerate(MONTHS):
        yield Reading("month", n + 1), info.get(name, [])
    for n, name in enumerate(WEEKDAYS):
        yield Reading("weekday", n), info.get(name, [])
    for n, name in enumerate(_DAYS):
        yield Reading("day", DayName(n)), info.get("relative-type", {}).get(name, [])


_LONGEST = 100  # The most characters that a written time may have.
_MOST = 24  # The most tokens (words and numbers) that a written time may have.
# The largest offset of a time zone from UTC, in hours; the Line Islands have this offset.
_MOST_HOURS_FROM_UTC = 14

Token = tuple[Reading, ...]


# The name of this exception says what happened to the text, so the name does not end in "Error".
class NotUnderstood(Exception):  # noqa: N818
    """The error that a written time contains something that is no word, number or sign of the grammar."""


class WallClock(NamedTuple):
    """A written time of day by the 24-hour clock."""

    hour: int
    minute: int = 0
    second: int = 0
    microsecond: int = 0


class Date(NamedTuple):
    """A written calendar day; if its ``year`` is None, the next day of that month and number is meant."""

    year: int | None
    month: int
    day: int


class OwnZoneName(NamedTuple):
    """A short name that the newsroom's own time zone has at some time of the year, such as "PKT",
    "CEST" or "+03".
    """

    name: str


def tokenize(text: str, own_names: Collection[str]) -> list[Token]:
    """Split a written time into tokens (words, numbers and signs);
    ``own_names`` are short names of the newsroom's zone.

    Raises:
        NotUnderstood: a part of the text has no meaning here, or the text is far too long for a time.
    """
    folded = fold(text).strip("\"'“”«»‘’`!?؟。۔;؛ ") if len(text) <= _LONGEST else ""
    if not folded or len(folded) > _LONGEST:
        raise NotUnderstood
    own = {fold(name): name for name in own_names}
    found, at = list[Token](), 0
    while at < len(folded):
        token, at = _read_token(folded, at, own)
        if token:
            found.append(token)
    if len(found) > _MOST or _has_list(found):
        raise NotUnderstood
    return found


def _has_list(tokens: Sequence[Token]) -> bool:
    """Return whether two numbers follow each other with at most a comma between them, as in "9, 10 December";
    such a text lists several days, and so is refused.
    """
    kinds = [{reading.kind for reading in token} for token in tokens]
    bare = ["number" in each for each in kinds if not each & {"glue", "comma"}]
    return any(one and other for one, other in pairwise(bare))


def _read_token(text: str, at: int, own: dict[str, str]) -> tuple[Token, int]:
    if text[at] == " " or _JOINT.match(text, at):
        return (), at + 1
    for read in (_make_zone_reader(own), _read_figure, _read_word):
        if found := read(text, at):
            return found
    raise NotUnderstood


# The pattern of signs that have no meaning: the dot after an abbreviation or ordinal,
# and the hyphens of 1-Dec-2026.
_JOINT = re.compile(r"(?<=\w)\.(?= |$)|(?<=\d)-(?=[^\W\d_])|(?<=[^\W\d_])-(?=\d)")


def _read_number(digits: str) -> Sequence[Reading]:
    readings = [Reading("amount", Fraction(int(digits)))]
    if len(digits) <= 2:  # noqa: PLR2004  Numbers of hours, minutes, days and months have at most two digits.
        readings.append(Reading("number", int(digits)))
    if len(digits) == 2:  # noqa: PLR2004
        readings.append(Reading("two digits", int(digits)))
    if len(digits) == 4:  # noqa: PLR2004
        readings.append(Reading("year", int(digits)))
    return readings


def _read_clock(hour: str, minute: str, second: str | None = None, fraction: str | None = None) -> Token:
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    values = WallClock(int(hour), int(minute), int(second or 0), micro)
    # A time of day that no clock shows, such as 25:00, has no meaning.
    fits = values.hour < 24 and values.minute < 60 and values.second < 60  # noqa: PLR2004
    return (Reading("clock", values),) if fits else ()


def _read_either_date(first: str, _: str, second: str, year: str | None = None) -> Token:
    """Return a token with both meanings of a date like 05/11; a day that does not exist is dropped later."""
    whole = int(year) if year else None
    return tuple(
        Reading("date", Date(whole, month, day))
        for day, month in {(int(first), int(second)), (int(second), int(first))}
        if month <= 12  # noqa: PLR2004  A year has twelve months.
    )


def _read_stamp(
    year: str,
    month: str,
    day: str,
    hour: str,
    minute: str,
    second: str | None,
    part: str | None,
    zone: str | None,
) -> Token:
    """Return the token of a timestamp by RFC 3339, as newsbot's JSON has them;
    () if the timestamp is no valid time.
    """
    date = Date(int(year), int(month), int(day))
    offset = None if zone is None else _make_offset(zone[0], zone[1:3], zone[-2:]) if zone != "z" else UTC
    clocks = _read_clock(hour, minute, second, part)
    wrong = not clocks or (zone is not None and offset is None)
    return () if wrong else (Reading("stamp", (date, clocks[0].value, offset)),)


_FIGURES: tuple[tuple[re.Pattern[str], Callable[..., Sequence[Reading]]], ...] = tuple(
    (re.compile(pattern if pattern[-1] in "月年" else pattern + r"(?!\d|[:/.,-]\d)"), read)
    for pattern, read in (
        (
            r"(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(z|[+-]\d\d:?\d\d)",
            _read_stamp,
        ),
        (
            r"(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(z|[+-]\d\d:?\d\d)?",
            _read_stamp,
        ),
        (
            r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})",
            lambda y, _, m, d: [Reading("date", Date(int(y), int(m), int(d)))],
        ),
        (r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", _read_either_date),
        (r"(\d{1,2})(/)(\d{1,2})", _read_either_date),
        (r"(\d{1,2})[:.](\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?", _read_clock),
        (r"(\d{1,9})[.,](\d{1,2})", lambda a, b: [Reading("amount", Fraction(f"{a}.{b}"))]),
        (r"(\d{1,2})月", lambda n: [Reading("month", int(n))]),
        (r"(\d{4})年", lambda n: [Reading("year", int(n))]),
        (r"(\d{1,15})", _read_number),
    )
)


def _read_figure(text: str, at: int) -> tuple[Token, int] | None:
    """Return the longest number or numeric date at the index ``at`` of the text, as a token,
    and its end index.

    Return None if the text has no digit there.
    """
    found = [(match, read) for pattern, read in _FIGURES if (match := pattern.match(text, at))]
    if not found:
        return None
    end = max(match.end() for match, _ in found)
    readings = [each for match, read in found if match.end() == end for each in read(*match.groups())]
    if not readings:
        raise NotUnderstood
    return tuple(readings), end


_OFFSET = re.compile(r"(?:(?:utc|gmt) ?([+-])(\d{1,2})(?::?(\d\d))?|(\+)(\d\d):?(\d\d))(?![\w:])")
_NAMED = re.compile(r"[a-z_]+(?:/[a-z0-9_+-]+)+")
_SHORT = re.compile(r"[a-z]+(?!\w)|[+-]\d\d(?:\d\d)?(?![\w:.,])")
_ABBREVIATIONS = {  # The hours from UTC of short zone names that mean the same zone everywhere.
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3, "msk": 3,
    "pkt": 5, "jst": 9,
}  # fmt: skip


def _make_zone_reader(own: dict[str, str]) -> Callable[[str, int], tuple[Token, int] | None]:
    def read(text: str, at: int) -> tuple[Token, int] | None:
        if found := _OFFSET.match(text, at):
            sign, hours, minutes = found.groups()[:3] if found[1] else found.groups()[3:]
            zone = _make_offset(sign, hours, minutes or "00")
            return ((Reading("zone", zone),), found.end()) if zone else None
        if (found := _NAMED.match(text, at)) and (name := _load_zone_names().get(found[0])):
            return (Reading("zone", ZoneInfo(name)),), found.end()
        found = _SHORT.match(text, at)
        return _read_short_zone(found[0], own, found.end()) if found else None

    return read


def _read_short_zone(word: str, own: dict[str, str], end: int) -> tuple[Token, int] | None:
    readings = [Reading("zone", OwnZoneName(own[word]))] if word in own else []
    if word in _ABBREVIATIONS:
        readings.append(Reading("zone", timezone(timedelta(hours=_ABBREVIATIONS[word]))))
    readings += load_lexicon().get(word, ()) if readings else ()
    return (tuple(readings), end) if readings else None


def _make_offset(sign: str, hours: str, minutes: str) -> tzinfo | None:
    whole = timedelta(hours=int(hours), minutes=int(minutes))
    if whole > timedelta(hours=_MOST_HOURS_FROM_UTC) or minutes not in {"00", "30", "45"}:
        # An offset of over 14 hours, or with other minutes than these, is refused, because no time zone has
        # it.
        return None
    return timezone(-whole if sign == "-" else whole)


@cache
def _load_zone_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


_RUN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WEEKDAYS = (
    # The characters of the seven weekdays are known words. Each can also follow a number as a mark, like 日
    # for the day of a month, or be a part of a longer word.
    "月火水木金土日"
)
_NUMERALS = "0123456789一二三四五六七八九十"


def _read_word(text: str, at: int) -> tuple[Token, int] | None:
    """Return the longest known word at the index ``at`` of the text, as a token, and its end index.

    Words of ``words.toml`` take precedence over those of dateparser's dictionaries.
    """
    known = load_lexicon()
    longest = min(max(map(len, known)), len(text) - at)
    for length in range(longest, 0, -1):
        word, end = text[at : at + length], at + length
        if word in known and not (_is_letter(word[-1]) and end < len(text) and _is_letter(text[end])):
            return _choose_by_place(word, known[word], text[at - 1] if at else " "), end
    found = _RUN.match(text, at)
    readings = _look_up(found[0]) if found else ()
    return (readings, found.end()) if found and readings else None


def _choose_by_place(word: str, readings: Token, before: str) -> Token:
    """Return the meanings that 日 (or another weekday's character) has where the text ``before`` precedes it.

    By itself, 日 is Sunday; after a number, it marks a day of the month.
    """
    if word not in _WEEKDAYS:
        return readings
    is_mark = before in _NUMERALS
    return tuple(reading for reading in readings if (reading.kind != "weekday") == is_mark)


def _is_letter(character: str) -> bool:
    """Return whether a character is a letter of a script that separates words by spaces."""
    return character.isalpha() and character < "\u3040"
