"""The words of feeds for months, weekdays, halves of the day and time zones.

The words are dateparser's data, which come from Unicode's CLDR; a word with two meanings is not used.
"""

# ruff: noqa: RUF001 letters of other scripts are intended
import re
import unicodedata
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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

_HALF_YEAR = ("january", "february", "march", "april", "may", "june")
_MONTHS = (*_HALF_YEAR, "july", "august", "september", "october", "november", "december")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"sept": "september", "tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
_LANGUAGES = (
    *("de", "fr", "es", "pt", "it", "nl", "ca", "ro", "sv", "da", "nb", "fi", "is", "et", "lv", "lt"),
    *("ru", "uk", "be", "bg", "sr", "mk", "pl", "cs", "sk", "sl", "hr", "hu", "el", "tr", "sq"),
    *("ar", "ur", "fa", "he", "hi", "bn", "id", "ms", "vi", "sw", "af"),
)
_ARABIC = {  # the months of the Levant and the Maghreb
    "كانون الثاني": 1,
    "شباط": 2,
    "آذار": 3,
    "نيسان": 4,
    "أيار": 5,
    "حزيران": 6,
    "تموز": 7,
    "آب": 8,
    "أيلول": 9,
    "تشرين الأول": 10,
    "تشرين الثاني": 11,
    "كانون الأول": 12,
    "جانفي": 1,
    "فيفري": 2,
    "أفريل": 4,
    "جوان": 6,
    "جويلية": 7,
    "أوت": 8,
    "يوليوز": 7,
    "غشت": 8,
    "شتنبر": 9,
    "نونبر": 11,
    "دجنبر": 12,
}
FORENOON = frozenset(
    {"a.m.", "am", "a. m.", "午前", "上午", "오전", "ص", "صباحا", "صباحاً", "πμ", "π.μ.", "पूर्वाह्न"}
)
AFTERNOON = frozenset(
    {"p.m.", "pm", "p. m.", "午後", "下午", "오후", "م", "مساء", "مساءً", "μμ", "μ.μ.", "अपराह्न"}
)
_NOISE = re.compile(
    r"[-.]|at|on|of|the|hrs?|hs|um|uhr|den|der|à|a|le|las|los|de|del|do|da|om|kl\.?|klo|o|ob|às|ore|alle|il|og|ve"
    r"|г\.?|года|року|в|о|с|في|الساعة|بجے|کو|بوقت",
    re.IGNORECASE,
)


def is_noise(word: str) -> bool:
    """Return whether a word means nothing in a date, like "of" in "of November" or "Uhr" in "10 Uhr"."""
    return bool(_NOISE.fullmatch(word))


@lru_cache(1000)
def find_month(word: str) -> int | None:
    """Return the number of the month that a word names, 1 to 12; None if it names none."""
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
    """Return whether a word is a weekday in any language, even if it has other meanings in others."""
    return find_weekday(word) is not None or _normalize_word(word) in _foreign_names()[1]


def _find_english_name(key: str, names: tuple[str, ...]) -> int | None:
    """Return the position, from 1, of a name that is written whole or as its first three letters."""
    name = _SHORT.get(key, key)
    fitting = (number for number, each in enumerate(names, start=1) if name in {each, each[:3]})
    return next(fitting, None)


@cache
def _foreign_names() -> tuple[dict[str, int], dict[str, set[int]]]:
    """Return the month of each unambiguous word, and all weekdays that each word means, both from 1."""
    months, weekdays = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        with IMPORT_LOCK:
            data = import_module(f"dateparser.data.date_translation_data.{language}").info
        for names, found in ((_MONTHS, months), (_WEEKDAYS, weekdays)):
            for number, name in enumerate(names, start=1):
                for word in data.get(name, ()):
                    found[_normalize_word(word)].add(number)
                    found[_strip_accents(_normalize_word(word))].add(number)
    for word, number in _ARABIC.items():
        months[_normalize_word(word)].add(number)
    return {word: min(numbers) for word, numbers in months.items() if len(numbers) == 1}, weekdays


def _normalize_word(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip(".")


def _strip_accents(word: str) -> str:
    """Remove the accents of a word, as many people leave them out."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?00)?")
"""An offset from UTC in hours, with or without minutes: ``+5``, ``-0330``, ``+05:30``."""

_MOST = timedelta(hours=14)  # No zone is farther ahead of UTC.
_HOUR = 60  # minutes
_IANA = re.compile(r"[A-Za-z][A-Za-z_]+(?:/[A-Za-z][A-Za-z0-9_+-]+){1,2}")

# The hours ahead of UTC of abbreviations with one meaning in use, or one by RFC 5322 (the American ones).
# Those with several meanings (IST, AST, SST, AMT, GST, ECT) count only if the configured zone uses them.
_HOURS = {
    name: hours
    for hours, names in {
        -10: ("HST",),
        -9: ("AKST",),
        -8: ("PST", "AKDT"),
        -7: ("MST", "PDT"),
        -6: ("CST", "MDT"),
        -5: ("EST", "CDT", "PET", "COT"),
        -4: ("EDT", "CLT", "VET"),
        -3.5: ("NST",),
        -3: ("BRT", "ART", "UYT", "CLST"),
        -2.5: ("NDT",),
        0: ("Z", "UT", "UTC", "UCT", "GMT", "WET"),
        1: ("BST", "WEST", "CET", "MET", "MEZ", "WAT"),
        2: ("CEST", "MEST", "MESZ", "EET", "CAT", "SAST"),
        3: ("EEST", "MSK", "TRT", "EAT"),
        3.5: ("IRST",),
        4.5: ("AFT",),
        5: ("PKT", "UZT"),
        5.75: ("NPT",),
        7: ("ICT", "WIB"),
        8: ("HKT", "SGT", "MYT", "PHT", "WITA", "AWST"),
        9: ("JST", "KST", "WIT"),
        9.5: ("ACST",),
        10: ("AEST",),
        10.5: ("ACDT",),
        11: ("AEDT",),
        12: ("NZST",),
        13: ("NZDT",),
    }.items()
    for name in names
}
_PLACES = {
    short: place
    for shorts, place in (
        (("ET", "EASTERN", "EASTERN TIME"), "America/New_York"),
        (("CT", "CENTRAL", "CENTRAL TIME"), "America/Chicago"),
        (("MT", "MOUNTAIN", "MOUNTAIN TIME"), "America/Denver"),
        (("PT", "PACIFIC", "PACIFIC TIME"), "America/Los_Angeles"),
    )
    for short in shorts
}
_SPELLED = {
    "GREENWICH MEAN TIME": "GMT",
    "COORDINATED UNIVERSAL TIME": "UTC",
    "CENTRAL EUROPEAN TIME": "CET",
    "CENTRAL EUROPEAN STANDARD TIME": "CET",
    "CENTRAL EUROPEAN SUMMER TIME": "CEST",
    "EASTERN EUROPEAN TIME": "EET",
    "EASTERN EUROPEAN STANDARD TIME": "EET",
    "EASTERN EUROPEAN SUMMER TIME": "EEST",
    "BRITISH SUMMER TIME": "BST",
    "MOSCOW STANDARD TIME": "MSK",
    "PAKISTAN STANDARD TIME": "PKT",
    "JAPAN STANDARD TIME": "JST",
    "KOREAN STANDARD TIME": "KST",
    "SINGAPORE STANDARD TIME": "SGT",
    "HONG KONG STANDARD TIME": "HKT",
    **{
        f"{name.upper()} {kind.upper()} TIME": f"{name[0]}{kind[0]}T"
        for name in ("Eastern", "Central", "Mountain", "Pacific")
        for kind in ("Standard", "Daylight")
    },
}


def is_abbreviation(word: str) -> bool:
    """Return whether a word is the abbreviation of a zone, in capitals."""
    return word.isupper() and (word in _HOURS or word in _PLACES)


def find_zone(name: str, offset: str | None, local: datetime, configured: tzinfo | None) -> tzinfo | None:
    """Return the zone of ``name`` and ``offset`` at ``local`` (a naive time); None if that is not certain.

    Either may be missing; if both are, it is the ``configured`` zone (UTC by default). If both are given,
    they must agree, except that ``GMT+5`` is five hours ahead of UTC.
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
