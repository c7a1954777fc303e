"""Words of other languages, by dateparser's dictionaries.

dateparser's parser drops words that it does not need and takes an hour for a month or a year; so it never
reads a phrase here. Its dictionaries say what one word means, and the grammar has to find a place for that.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from newsbot.newsroom.times.vocabulary import DayName, Reading, fold

__all__ = ["look_up"]

_LANGUAGES = (
    "bg", "bn", "ca", "cs", "da", "de", "el", "fa", "fi", "fr", "hi", "hr", "hu", "id", "it", "ms", "nb",
    "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "sw", "tr", "uk", "vi",
)  # fmt: skip
_SHORTEST = 4  # letters: "so" is a Sunday in German, and much else elsewhere
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = ("0 day ago", "in 1 day", "in 2 day")


def look_up(word: str) -> tuple[Reading, ...]:
    """All that a folded word means in any of those languages: a month, a weekday, today or tomorrow."""
    return _dictionary().get(word, ())


@cache
def _dictionary() -> dict[str, tuple[Reading, ...]]:
    found: dict[str, list[Reading]] = {}
    for language in _LANGUAGES:
        info = import_module(f"dateparser.data.date_translation_data.{language}").info
        for reading, words in _meanings(info):
            for word in map(fold, words):
                if len(word) >= _SHORTEST and reading not in found.setdefault(word, []):
                    found[word].append(reading)
    return {word: tuple(readings) for word, readings in found.items()}


def _meanings(info: dict[str, Any]) -> Iterator[tuple[Reading, list[str]]]:
    for n, name in enumerate(_MONTHS):
        yield Reading("month", n + 1), info.get(name, [])
    for n, name in enumerate(_WEEKDAYS):
        yield Reading("weekday", n), info.get(name, [])
    for n, name in enumerate(_DAYS):
        yield Reading("day", DayName(n)), info.get("relative-type", {}).get(name, [])
