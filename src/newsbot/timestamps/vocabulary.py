"""The words that feeds use for months, weekdays, halves of the day and time zones.

They come from dateparser's data, which are from Unicode's CLDR, and from ``vocabulary.toml``. A word with two
meanings is not used.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsbot.files import load_toml
from newsbot.imports import IMPORT_LOCK

__all__ = [
    "AFTERNOON",
    "FORENOON",
    "OFFSET",
    "find_month",
    "find_weekday",
    "find_zone",
    "is_abbreviation",
    "is_noise",
    "is_weekday",
]

_DATA = load_toml(__package__, "vocabulary.toml")
_HALF_YEAR = ("january", "february", "march", "april", "may", "june")
_MONTHS = (*_HALF_YEAR, "july", "august", "september", "october", "november", "december")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"sept": "september", "tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
_LANGUAGES = (
    *("de", "fr", "es", "pt", "it", "nl", "ca", "ro", "sv", "da", "nb", "fi", "is", "et", "lv", "lt"),
    *("ru", "uk", "be", "bg", "sr", "mk", "pl", "cs", "sk", "sl", "hr", "hu", "el", "tr", "sq"),
    *("ar", "ur", "fa", "he", "hi", "bn", "id", "ms", "vi", "sw", "af"),
)
FORENOON = frozenset(_DATA["forenoon"].split(", "))
AFTERNOON = frozenset(_DATA["afternoon"].split(", "))
_NOISE = re.compile("|".join(_DATA["noise"].splitlines()), re.IGNORECASE)


def _key_by_name(names: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping of each listed name to its key; ``names`` maps keys to names separated by commas."""
    return {name: key for key, listed in names.items() for name in listed.split(", ")}


def is_noise(word: str) -> bool:
    """Return whether a word means nothing in a date, like "of" in "of November" or "Uhr" in "10 Uhr"."""
    return bool(_NOISE.fullmatch(word))


@lru_cache(1000)
def find_month(word: str) -> int | None:
    """Return the number of the month that a word names, 1 to 12; None if the word names no month."""
    key = _normalize_word(word)
    return _find_english_name(key, _MONTHS) or _foreign_names()[0].get(key)


@lru_cache(1000)
def find_weekday(word: str) -> int | None:
    """Return the weekday that a word names, from 0 (Monday) to 6; None if it names none or several."""
    key = _normalize_word(word)
    english = _find_english_name(key, _WEEKDAYS)
    numbers = {english} if english else _foreign_names()[1].get(key, set())
    return min(numbers) - 1 if len(numbers) == 1 else None


def is_weekday(word: str) -> bool:
    """Return whether a word is a weekday in any language, even if it has another meaning elsewhere."""
    return find_weekday(word) is not None or _normalize_word(word) in _foreign_names()[1]


def _find_english_name(key: str, names: tuple[str, ...]) -> int | None:
    """Return the number, from 1, of the English month or weekday that a word names; None if it names none.

    ``names`` are the English names, in order, and ``key`` is the word: a name or its first three letters.
    """
    name = _SHORT.get(key, key)
    fitting = (number for number, each in enumerate(names, start=1) if name in {each, each[:3]})
    return next(fitting, None)


@cache
def _foreign_names() -> tuple[dict[str, int], dict[str, set[int]]]:
    """Return two mappings: from non-English words to months, and from non-English words to weekdays.

    The first has the month of each word that means one month only, the second all weekdays that a word may
    mean. Months and weekdays count from 1.
    """
    months, weekdays = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        with IMPORT_LOCK:
            data = import_module(f"dateparser.data.date_translation_data.{language}").info
        for names, found in ((_MONTHS, months), (_WEEKDAYS, weekdays)):
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


OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?00)?")
"""The pattern of an offset from UTC in hours, with or without minutes: ``+5``, ``-0330``, ``+05:30``."""

# No time zone is further ahead of UTC than 14 hours.
_MOST = timedelta(hours=14)
_HOUR = 60  # The minutes in an hour: an offset from UTC with 60 or more minutes is wrong.
_IANA = re.compile(r"[A-Za-z][A-Za-z_]+(?:/[A-Za-z][A-Za-z0-9_+-]+){1,2}")

_HOURS = {name: float(hours) for name, hours in _key_by_name(_DATA["hours"]).items()}
_PLACES = _key_by_name(_DATA["places"])
_SPELLED = _key_by_name(_DATA["spelled"])


def is_abbreviation(word: str) -> bool:
    """Return whether a word is the abbreviation of a time zone, in capital letters."""
    return word.isupper() and (word in _HOURS or word in _PLACES)


def find_zone(name: str, offset: str | None, local: datetime, configured: tzinfo | None) -> tzinfo | None:
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
    match = OFFSET.fullmatch(offset)
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
