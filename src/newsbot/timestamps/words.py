"""Months, weekdays and halves of the day in the languages that feeds are written in.

The words are dateparser's data, which come from Unicode's CLDR; a word with two meanings has none.
"""

# ruff: noqa: RUF001  letters of other scripts are meant

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from importlib import import_module

__all__ = ["AFTERNOON", "FORENOON", "find_month", "find_weekday", "is_noise", "is_weekday"]

_HALF_YEAR = ("january", "february", "march", "april", "may", "june")
_MONTHS = (*_HALF_YEAR, "july", "august", "september", "october", "november", "december")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {"sept": "september", "tues": "tuesday", "thur": "thursday", "thurs": "thursday"}
_LANGUAGES = (
    *("de", "fr", "es", "pt", "it", "nl", "ca", "ro", "sv", "da", "nb", "fi", "is", "et", "lv", "lt"),
    *("ru", "uk", "be", "bg", "sr", "mk", "pl", "cs", "sk", "sl", "hr", "hu", "el", "tr", "sq"),
    *("ar", "ur", "fa", "he", "hi", "bn", "id", "ms", "vi", "sw", "af"),
)
_ARABIC = {  # of the Levant and the Maghreb
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
    """Whether it only joins the others: "of" November, 10 "Uhr"."""
    return bool(_NOISE.fullmatch(word))


@lru_cache(1000)
def find_month(word: str) -> int | None:
    """1 to 12."""
    key = _key(word)
    return _english(key, _MONTHS) or _foreign()[0].get(key)


@lru_cache(1000)
def find_weekday(word: str) -> int | None:
    """0 (Monday) to 6."""
    key = _key(word)
    english = _english(key, _WEEKDAYS)
    numbers = {english} if english else _foreign()[1].get(key, set())
    return min(numbers) - 1 if len(numbers) == 1 else None


def is_weekday(word: str) -> bool:
    """Whether it is one in any language, also where it is another one in the next."""
    return find_weekday(word) is not None or _key(word) in _foreign()[1]


def _english(key: str, names: tuple[str, ...]) -> int | None:
    """The number of a name, whole or by its first three letters."""
    name = _SHORT.get(key, key)
    fitting = (number for number, each in enumerate(names, start=1) if name in {each, each[:3]})
    return next(fitting, None)


@cache
def _foreign() -> tuple[dict[str, int], dict[str, set[int]]]:
    """Months by the words that mean only one, and what each word for a weekday means."""
    months, weekdays = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for language in _LANGUAGES:
        data = import_module(f"dateparser.data.date_translation_data.{language}").info
        for names, found in ((_MONTHS, months), (_WEEKDAYS, weekdays)):
            for number, name in enumerate(names, start=1):
                for word in data.get(name, ()):
                    found[_key(word)].add(number)
                    found[_plain(_key(word))].add(number)
    for word, number in _ARABIC.items():
        months[_key(word)].add(number)
    return {word: min(numbers) for word, numbers in months.items() if len(numbers) == 1}, weekdays


def _key(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().strip(".")


def _plain(word: str) -> str:
    """Without accents, as many write it."""
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
