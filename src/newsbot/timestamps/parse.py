"""Parse dates in feeds and pages to times in UTC; a date that is not certain becomes None.

The parser has to understand every word and number of a text, so that it guesses nothing: it takes no day from
a lone number and no zone from a name with two meanings, and does not assume which part of 05/11 is the month.
The words of months, weekdays, halves of the day and time zones come from dateparser's data, which are from
Unicode's CLDR, and from ``parse.toml``. A word with two meanings is not used.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsbot.files import load_toml
from newsbot.imports import IMPORT_LOCK

__all__ = [
    "MONTHS",
    "WEEKDAYS",
    "check_time",
    "find_month",
    "is_day_first",
    "is_weekday",
    "load_language",
    "parse_timestamp",
]


_DATA = load_toml(__package__, "parse.toml")
_HALF_YEAR = ("january", "february", "march", "april", "may", "june")
MONTHS = (*_HALF_YEAR, "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"sept": "september", "tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
_LANGUAGES = (
    *("de", "fr", "es", "pt", "it", "nl", "ca", "ro", "sv", "da", "nb", "fi", "is", "et", "lv", "lt"),
    *("ru", "uk", "be", "bg", "sr", "mk", "pl", "cs", "sk", "sl", "hr", "hu", "el", "tr", "sq"),
    *("ar", "ur", "fa", "he", "hi", "bn", "id", "ms", "vi", "sw", "af"),
)
_FORENOON = frozenset(_DATA["forenoon"].split(", "))
_AFTERNOON = frozenset(_DATA["afternoon"].split(", "))
_NOISE = re.compile("|".join(_DATA["noise"].splitlines()), re.IGNORECASE)


def _key_by_name(names: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping of each name to its key, for example of a month's name to its number.

    ``names`` maps each key to its names, separated by commas.
    """
    return {name: key for key, listed in names.items() for name in listed.split(", ")}


def _is_noise(word: str) -> bool:
    """Return whether a word means nothing in a date, like "of" in "of November" or "Uhr" in "10 Uhr"."""
    return bool(_NOISE.fullmatch(word))


@lru_cache(1000)
def find_month(word: str) -> int | None:
    """Return the number of the month that a word names, 1 to 12; None if the word names no month."""
    key = _normalize_word(word)
    return _find_english_name(key, MONTHS) or _foreign_names()[0].get(key)


@lru_cache(1000)
def _find_weekday(word: str) -> int | None:
    """Return the weekday that a word names, from 0 (Monday) to 6; None if it names none or several."""
    key = _normalize_word(word)
    english = _find_english_name(key, WEEKDAYS)
    numbers = {english} if english else _foreign_names()[1].get(key, set())
    return min(numbers) - 1 if len(numbers) == 1 else None


def is_weekday(word: str) -> bool:
    """Return whether a word is the name of a weekday in some language, even if it means something else in
    another language.
    """
    return _find_weekday(word) is not None or _normalize_word(word) in _foreign_names()[1]


def _find_english_name(key: str, names: tuple[str, ...]) -> int | None:
    """Return the number, from 1, of the English month or weekday that a word names; None if it names none.

    ``names`` are the English names, in order, and ``key`` is the word: a name or its first three letters.
    """
    name = _SHORT.get(key, key)
    fitting = (number for number, each in enumerate(names, start=1) if name in {each, each[:3]})
    return next(fitting, None)


def load_language(language: str) -> dict[str, Any]:
    """Return dateparser's dictionary of a language: the language's words by their English meaning."""
    with IMPORT_LOCK:
        found: dict[str, Any] = import_module(f"dateparser.data.date_translation_data.{language}").info
    return found


@cache
def _foreign_names() -> tuple[dict[str, int], dict[str, set[int]]]:
    """Return two mappings: from non-English words to months, and from non-English words to weekdays.

    The first has the month of each word that means one month only, the second all weekdays that a word may
    mean. Months and weekdays count from 1.
    """
    months, weekdays = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        data = load_language(language)
        for names, found in ((MONTHS, months), (WEEKDAYS, weekdays)):
            for number, name in enumerate(names, start=1):
                for word in data.get(name, ()):
                    found[_normalize_word(word)].add(number)
                    found[_strip_accents(_normalize_word(word))].add(number)
    for word, month in _key_by_name(_DATA["months"]).items():
        months[_normalize_word(word)].add(int(month))
    return {word: min(numbers) for word, numbers in months.items() if len(numbers) == 1}, weekdays


def _normalize_word(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip(".")


def _strip_accents(word: str) -> str:
    """Return a word without its accents, because many people leave accents out."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?00)?")
"""The pattern of an offset from UTC in hours, with or without minutes: ``+5``, ``-0330``, ``+05:30``."""

# The greatest offset from UTC that is accepted, because no time zone is further ahead than 14 hours.
_MOST = timedelta(hours=14)
_HOUR = 60  # The minutes in an hour. An offset from UTC like ``+05:75``, with 60 or more minutes, is refused.
_IANA = re.compile(r"[A-Za-z][A-Za-z_]+(?:/[A-Za-z][A-Za-z0-9_+-]+){1,2}")

_HOURS = {name: float(hours) for name, hours in _key_by_name(_DATA["hours"]).items()}
_PLACES = _key_by_name(_DATA["places"])
_SPELLED = _key_by_name(_DATA["spelled"])


def _is_abbreviation(word: str) -> bool:
    """Return whether a word is the abbreviation of a time zone, in capital letters."""
    return word.isupper() and (word in _HOURS or word in _PLACES)


def _find_zone(name: str, offset: str | None, local: datetime, configured: tzinfo | None) -> tzinfo | None:
    """Return the time zone that ``name`` and ``offset`` mean at the local time ``local``; None if unsure.

    The name or the offset may be missing. If both are missing, the zone is ``configured``, by default UTC. If
    both are given, they must agree, except that ``GMT+5`` is five hours ahead of UTC.
    """
    if offset is None:
        return _find_named_zone(name, local, configured) if name else configured or UTC
    fixed = _fixed_offset_zone(offset)
    if fixed is None or name.upper() in {"", "GMT", "UTC", "UT"}:
        return fixed
    named = _find_named_zone(name, local, configured)
    return fixed if named is None or named.utcoffset(local) == fixed.utcoffset(local) else None


def _fixed_offset_zone(offset: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(offset)
    if not match or int(match[3] or 0) >= _HOUR:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-ahead if match[1] == "-" else ahead) if ahead <= _MOST else None


def _find_named_zone(name: str, local: datetime, configured: tzinfo | None) -> tzinfo | None:
    upper = _SPELLED.get(name.upper(), name.upper())
    if upper in _HOURS:
        return timezone(timedelta(hours=_HOURS[upper]))
    if place := _PLACES.get(upper) or (name if _IANA.fullmatch(name) else None):
        try:
            return ZoneInfo(place)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    own = configured is not None and local.replace(tzinfo=configured).tzname() == upper
    return configured if own else None


# ruff: noqa: DTZ001, RUF001  The zone is added last, and punctuation of other scripts is intended.


_LONGEST = 100  # The most characters of a text that is parsed as a date.
# The first and the last year that a date may have; any other year is a mistake or a placeholder.
_FIRST, _LAST = 1990, 2100
# The days whose midnight, in any zone, programs write for a missing date, such as PHP's zero date and Apple's
# epoch.
_PLACEHOLDERS = {
    datetime(1999, 11, 30),
    datetime(2000, 1, 1),
    datetime(2001, 1, 1),
}
# The pattern matches a Unix time in seconds or milliseconds, from 2001 to 2033.
_UNIX = re.compile(r"(1\d{9})(?:\.\d+|\d{3})?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt ]?(\d\d)(\d\d)(\d\d)?)?(?=[Zz+\s-]|$)")
_JOINED = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)[Tt ](?=\d\d:)")
_EAST_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]")
_EAST_DAY = re.compile(
    r"\([月火水木金土日]\)|[月火水木金土日]曜日?|(?:星期|周|礼拜)[一二三四五六日天]|[월화수목금토일]요일"
)
_EAST_CLOCK = re.compile(r"(\d{1,2})\s*[時时点點시]\s*(?:(\d{1,2})\s*[分분])?\s*(?:(\d{1,2})\s*[秒초])?")
_HALVES = "|".join(re.escape(word) for word in sorted(_FORENOON | _AFTERNOON, key=len, reverse=True))
_CLOCK = re.compile(
    rf"""
    (?:(?P<before>{_HALVES})\s*)?
    (?<![\d:.+-])(?P<hour>\d{{1,2}})
    (?:
        (?::|\s?h\s?|\.(?=\d\d\s?uhr))(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?
        | \s?h(?=\s|$) | (?=\s?uhr\b) | (?=\s?(?:{_HALVES})(?!\w))
    )
    (?![\d:])
    (?:\s?(?P<after>{_HALVES})(?!\w))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/]|\.\s?)(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/]|\.\s?)(\d{1,2})\2(\d{4})(?!\d)")
_PLACE = re.compile(r"(?<![\w/])[A-Za-z][A-Za-z_]+(?:/[A-Za-z][A-Za-z0-9_+-]+){1,2}(?![\w/])")
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_AHEAD = re.compile(rf"(?:(?<=^)|(?<=\s)|(?<=GMT)|(?<=UTC)|(?<=UT)){_OFFSET.pattern}(?=\s|$)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|[eºª°]|\s?[ءم])(?![^\W\d_])", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,،、;|·/'’]+")
_DIGITS_OF_YEAR = 4
# A two-digit year below this number is of the 21st century (RFC 5322, 4.3), any other is of the 20th century.
_CENTURY_TURNS = 50
# The numbers of hours in half a day and in a day, by which times with AM and PM are converted.
_HALF_DAY, _DAY = 12, 24
_SIXTY = 60


class UntrustedDateError(ValueError):
    """The error that a text is no date, or is a date with several possible meanings."""


def parse_timestamp(
    text: object, *, zone: tzinfo | None = None, day_first: bool | None = None
) -> datetime | None:
    """Parse a date and return it in UTC to the second; return None if it is no date or is ambiguous.

    A day without a time of day means its midnight in UTC. A time without a zone is in ``zone``, by default
    UTC. ``day_first`` decides what 05/11/2026 means. Without it a weekday in the text decides; without a
    weekday the date is not certain.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    try:
        local, found = _parse_local_time(_normalize_text(text), zone, day_first=day_first)
    except (ValueError, OverflowError):
        return None
    return check_time(local, found)


def check_time(time: datetime, zone: tzinfo) -> datetime | None:
    """Convert a time to UTC; return None if it is a placeholder for a missing date.

    A time without a zone is in ``zone``.
    """
    local = time.replace(tzinfo=None)
    try:
        found = (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    placeholder = local in _PLACEHOLDERS or found.replace(tzinfo=None) in _PLACEHOLDERS
    return found if _FIRST <= found.year <= _LAST and not placeholder else None


def is_day_first(texts: Iterable[object]) -> bool | None:
    """Return whether dates like 22/11/2026 in ``texts`` have the day first; None if that is not clear."""
    found = set()
    for text in texts:
        match = _YEAR_LAST.search(text[:_LONGEST]) if isinstance(text, str) else None
        if match and max(int(match[1]), int(match[3])) > _HALF_DAY:
            found.add(int(match[1]) > _HALF_DAY)
    return found.pop() if len(found) == 1 else None


def _normalize_text(text: str) -> str:
    """Prepare a text to be parsed as a date: replace digits, spaces and signs by their ASCII forms, and
    remove direction marks.
    """
    if text.isascii():
        return " ".join(text.split())
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("\u2013", "-")
    text = "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char
        for char in text
        if unicodedata.category(char) != "Cf"
    )
    return " ".join(text.split())


def _parse_local_time(text: str, zone: tzinfo | None, *, day_first: bool | None) -> tuple[datetime, tzinfo]:
    """Return the local time that a text of a date means, and the time zone of that time.

    Raises:
        ValueError: the text is no date, or could mean two times.
    """
    if match := _UNIX.fullmatch(text):
        return datetime(1970, 1, 1) + timedelta(seconds=int(match[1])), UTC
    text = _EAST_DAY.sub(" ", _EAST_DATE.sub(r"\1-\2-\3 ", text))
    text = _EAST_CLOCK.sub(lambda match: f"{match[1]}:{match[2] or '00':0>2}:{match[3] or '00':0>2}", text)
    if compact := _COMPACT.match(text):
        return _read_compact(compact, text, zone)
    text = _JOINED.sub(r"\1-\2-\3 ", text)
    numeric, text = _take_match(_YEAR_FIRST, _YEAR_LAST, text=re.sub(r"(?i)(?<=\d)T(?=\d)", " ", text))
    since_midnight, text = _take_clock(text)
    place, text = _take_match(_PLACE, text=text)
    aside, text = _take_match(_ASIDE, text=text)
    offset, text = _take_match(_AHEAD, text=text)
    words = _split_words(_SUFFIX.sub("", text))
    weekday = next((found for word in words if (found := _find_weekday(word)) is not None), None)
    if numeric:
        day = _day_from_numbers(numeric, weekday, day_first=day_first)
    else:
        day, words = _day_from_words(words)
    name = " ".join([*([place[0]] if place else []), *_drop_noise(words)])
    if aside and not name and not offset and (_is_abbreviation(aside[1]) or not is_weekday(aside[1])):
        offset, name = _take_match(_AHEAD, text=aside[1])
    if since_midnight is None:
        return day, _require_zone(name, offset, day, UTC)
    local = day + since_midnight
    return local, _require_zone(name, offset, local, zone)


def _read_compact(match: re.Match[str], text: str, zone: tzinfo | None) -> tuple[datetime, tzinfo]:
    """Parse a date like 20261122T100000Z; return the local time and its time zone."""
    local = datetime(*(int(part or 0) for part in match.groups()))  # type: ignore[arg-type]  # The match has six groups of digits.
    zone = zone if match[4] else UTC
    offset, name = _take_match(_AHEAD, text=f" {text[match.end() :]}")
    return local, _require_zone(name, offset, local, zone)


def _require_zone(name: str, offset: re.Match[str] | None, local: datetime, zone: tzinfo | None) -> tzinfo:
    found = _find_zone(name.strip(), offset[0] if offset else None, local, zone)
    if found is None:
        raise UntrustedDateError
    return found


def _take_match(*patterns: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, str]:
    """Return the first match of any of the patterns in the text, and the text without the match.

    Without a match, returns None and the unchanged text.
    """
    for pattern in patterns:
        if match := pattern.search(text):
            return match, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _take_clock(text: str) -> tuple[timedelta | None, str]:
    """Return the time of day in a text as the time since midnight, and the text without it.

    The time is None if the text has no time of day.
    """
    match, rest = _take_match(_CLOCK, text=text)
    if match is None:
        return None, text
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if half := match["before"] or match["after"]:
        hour = _to_24_hours(hour, afternoon=half.casefold() in _AFTERNOON)
    # The hour 24 is accepted in 24:00, which is the midnight at the end of a day in ISO 8601.
    day_over = (hour, minute, second) == (_DAY, 0, 0)
    leap_second = second == _SIXTY
    wrong = minute >= _SIXTY or (second >= _SIXTY and not leap_second) or (hour >= _DAY and not day_over)
    if wrong or _CLOCK.search(rest):
        raise UntrustedDateError
    return timedelta(hours=hour, minutes=minute, seconds=second), rest


def _to_24_hours(hour: int, *, afternoon: bool) -> int:
    """Convert an hour of the morning or afternoon to the 24-hour clock.

    Hours from 13 to 23 with PM are accepted too, because some feeds write 20:28 PM.
    """
    if 0 < hour <= _HALF_DAY:
        return hour % _HALF_DAY + (_HALF_DAY if afternoon else 0)
    if afternoon == (hour == 0):
        raise UntrustedDateError
    return hour


def _split_words(text: str) -> list[str]:
    """Split the text of a date into words and numbers, in their order; a month's name of two words counts as
    one word.
    """
    words: list[str] = []
    for part in filter(None, _BETWEEN.split(text)):
        has_digits = any(map(str.isdigit, part))
        for word in filter(None, re.split(r"(\d+)|[-.]", part)) if has_digits else [part]:
            if words and not words[-1].isdigit() and find_month(f"{words[-1]} {word}"):
                words[-1] = f"{words[-1]} {word}"
            else:
                words.append(word)
    return words


def _drop_noise(words: list[str]) -> list[str]:
    """Return the words of a date without weekdays and words that mean nothing; keep abbreviations of time
    zones.

    CET counts as a time zone, although "čet" is a Thursday in Croatian.
    """
    return [word for word in words if _is_abbreviation(word) or not (is_weekday(word) or _is_noise(word))]


def _day_from_words(words: list[str]) -> tuple[datetime, list[str]]:
    """Parse a day like 22 November 2026 in a list of words; return the day's midnight and the other words."""
    months = [word for word in words if find_month(word)]
    # The Spanish word "mar" means March or Tuesday, so a word that may be a weekday is no month here.
    if len({find_month(word) for word in months}) > 1:
        months = [word for word in months if not is_weekday(word)]
    month, *others = {find_month(word) for word in months} or {None}
    numbers = [word for word in words if word.isdigit()]
    if month is None or others or len(numbers) != 2:  # noqa: PLR2004  A date has two numbers, a day and a year.
        raise UntrustedDateError
    day, year = numbers if len(numbers[1]) == _DIGITS_OF_YEAR else reversed(numbers)
    if len(year) != _DIGITS_OF_YEAR:
        day, year = numbers[0], ("20" if int(numbers[1]) < _CENTURY_TURNS else "19") + f"{numbers[1]:0>2}"
    return _make_midnight(int(year), month, int(day)), [
        word for word in words if word not in {*months, *numbers}
    ]


def _day_from_numbers(numeric: re.Match[str], weekday: int | None, *, day_first: bool | None) -> datetime:
    """Parse a day like 22/11/2026, and return its midnight.

    A day like 05/11/2026 needs ``day_first`` or a weekday to be certain. In dates with dots the day comes
    first.
    """
    if numeric.re is _YEAR_FIRST:
        return _make_midnight(int(numeric[1]), int(numeric[3]), int(numeric[4]))
    first, second, year = int(numeric[1]), int(numeric[3]), int(numeric[4])
    readings = {
        order: _make_midnight(year, month, day)
        for order, day, month in ((True, first, second), (False, second, first))
        if month <= _HALF_DAY
    }
    order = True if numeric[2].startswith(".") else day_first
    possible = {readings[order]} if order in readings else set(readings.values())
    if len(possible) > 1 and weekday is not None:
        possible = {day for day in possible if day.weekday() == weekday}
    if len(possible) != 1:
        raise UntrustedDateError
    return possible.pop()


def _make_midnight(year: int, month: int, day: int) -> datetime:
    return datetime.combine(date(year, month, day), datetime.min.time())
