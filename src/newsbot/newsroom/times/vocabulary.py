"""The words for times in the desk's five languages, with their meanings,
as the file ``vocabulary.toml`` lists them.

Before newsbot looks up a word, `fold` removes case, accents and variants of letters. If a word has several
meanings, the grammar tries each.
"""

import re
import unicodedata
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from newsbot.files import load_toml

__all__ = ["DAY", "HOUR", "MINUTE", "SECOND", "WEEK", "DayName", "DayPart", "Reading", "fold", "load_lexicon"]


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
    """Return every word of the file ``vocabulary.toml``, as `fold` makes it, with all its meanings."""
    found: dict[str, list[Reading]] = {}
    for kind, meanings in load_toml(__package__, "vocabulary.toml").items():
        for key, words in (meanings if isinstance(meanings, dict) else {None: meanings}).items():
            made = _make_readings(kind, None if key is None else _parse_value(kind, key))
            for word in words.split("|"):
                readings = found.setdefault(fold(word), [])
                readings += [each for each in made if each not in readings]
    return {word: tuple(readings) for word, readings in found.items()}


def _parse_value(kind: str, key: str) -> Any:
    """Return the value of the words that ``vocabulary.toml`` lists under ``key`` in the table ``kind``."""
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
    """Return the meaning with this kind and value; a word for a number gets a second meaning,
    an amount of units.
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
    if character == "٫":  # The character is the Arabic decimal sign, which becomes a comma.
        return ","
    is_digit = unicodedata.category(character) == "Nd"
    return str(unicodedata.digit(character)) if is_digit else character
