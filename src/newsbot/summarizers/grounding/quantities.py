"""Numbers in a sentence whose value, unit or counted thing is not that of the article."""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.text import Passage, SourceText, fold, to_stem
from newsbot.summarizers.numbers import ALL_WORDS, SCALES, WORDS, find_numerals, tokenize

__all__ = ["Quantity", "check_quantities", "read_quantities"]

_DATA = load_toml(__package__, "quantities.toml")
_UNITS: dict[str, str] = {
    fold(word): line.split()[0] for line in _DATA["units"].splitlines() for word in line.split()
}
_BEFORE = frozenset(map(fold, _DATA["before"].split()))


def _split_phrases(tables: Mapping[str, str]) -> dict[str, list[tuple[str, ...]]]:
    """Return the phrases of each table of a word file, each as its folded words."""
    return {
        kind: [tuple(fold(phrase).split()) for phrase in " ".join(lines.split()).split(",") if phrase.strip()]
        for kind, lines in tables.items()
    }


_BOUNDS = _split_phrases(_DATA["bounds"])
_DIRECTIONS = _split_phrases(_DATA["directions"])
_PLAIN = frozenset([0.0, 1.0])  # Values of words like "no" and "a", which are not checked.
_NEAR = 4  # A number counts a thing that is named within this many words.
_ROUNDING = {"least": (1.0, 1.35), "most": (0.7, 1.0), "about": (0.85, 1.15)}
_TIMES = frozenset(["second", "minute", "hour", "day", "week", "month", "year", "decade", "century"])
_SCORE = regex.compile(r"(?<![\d.,/–-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\d.,/–-]\d|\d)")
_SMALL_SCALE = 1000


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a sentence.

    ``unit`` is the first word of the unit's line in the word file, or "". ``bounds`` are the words about its
    exactness ("least", "most", "about"), and ``direction`` is "by", "to", "from" or "". ``near`` are the
    stems of the words around it.
    """

    values: frozenset[float]
    text: str
    start: int
    unit: str
    bounds: frozenset[str]
    direction: str
    near: frozenset[str]
    noun: str


@lru_cache(maxsize=2_000)
def read_quantities(passage: Passage, language: str | None) -> tuple[Quantity, ...]:
    """Return the numbers of a sentence; if ``language`` is None, number words of all languages count."""
    tokens = tokenize(passage.text)
    table = ALL_WORDS if language is None else WORDS.get(language, {})
    found = []
    for numeral in find_numerals(tokens, table):
        first, last = tokens.found[numeral.first], tokens.found[numeral.after - 1]
        found.append(_make_quantity(passage, numeral.values, first.start(), last.end()))
    return tuple(found)


def _make_quantity(passage: Passage, values: frozenset[float], start: int, end: int) -> Quantity:
    text = passage.text[start:end].strip()
    before = [word for word in passage.words if word.end <= start][-_NEAR:]
    after = [word for word in passage.words if word.start >= start + len(text)][:_NEAR]
    # A word like "13-year-old" is one word of the passage; its parts after the number are looked at one by
    # one.
    inner = [word for word in passage.words if word.start <= start < word.end]
    rest = [part for word in inner for part in word.key.split("-")[1:]]
    keys_before = [word.key for word in before]
    keys_after = [*rest, *(word.key for word in after)]
    unit = _find_unit(passage.text, start, start + len(text), keys_before, keys_after)
    following = keys_after[1:] if keys_after[:1] and _UNITS.get(keys_after[0]) == unit else keys_after
    near = frozenset(to_stem(key) for key in (*keys_before, *keys_after))
    return Quantity(
        values,
        text,
        start,
        unit,
        _find_kinds(_BOUNDS, keys_before, following),
        min(_find_kinds(_DIRECTIONS, keys_before[-1:], following[:1]), default=""),
        near,
        to_stem(keys_after[0]) if keys_after else "",
    )


def _find_unit(text: str, start: int, end: int, before: Sequence[str], after: Sequence[str]) -> str:
    """Return the unit of the number from ``start`` to ``end``, or ""."""
    glued = regex.match(r"\s?([$€£¥₹₨%٪％°]|[A-Za-z]{1,3}(?![\p{L}\p{N}]))", text[end:])
    sign = regex.search(r"(\p{L}*\$|[€£¥₹₨])\s?$", text[:start])
    inside = regex.search(
        r"[%٪％]|percent|per\scent|pct|Prozent|por\sciento|فیصد|في\sالمئة|प्रतिशत|फीसदी", text[start:end]
    )
    if inside:
        return "%"
    if sign:
        return _UNITS.get(fold(sign[1]), "$")
    if glued and (unit := _UNITS.get(fold(glued[1]))):
        return unit
    if before and before[-1] in _BEFORE:
        return _UNITS[before[-1]]
    for count in (1, 2):
        if unit := _UNITS.get("-".join(after[:count])):
            return unit
    # A currency may stand a word or two after the number: "2.4 million US dollars", "15 de dólares".
    return next((_UNITS[key] for key in after[:3] if key in _UNITS and _UNITS[key] in "$€£¥₹"), "")


def _find_kinds(
    table: Mapping[str, Sequence[tuple[str, ...]]], before: Sequence[str], after: Sequence[str]
) -> frozenset[str]:
    """Return the kinds of phrases that stand directly before or after a number."""
    return frozenset(
        kind
        for kind, phrases in table.items()
        if any(
            tuple(before[-len(phrase) :]) == phrase
            or (phrase[0] > "\u0600" and tuple(after[: len(phrase)]) == phrase)
            for phrase in phrases
        )
    )


def check_quantities(
    sentence: Passage, article: SourceText, dated: Sequence[tuple[int, int]]
) -> Iterator[Finding]:
    """Yield the numbers of a sentence that the article does not carry.

    ``dated`` are the places in the sentence that are dates, which are checked elsewhere.
    """
    for quantity in read_quantities(sentence, article.language):
        if any(start <= quantity.start < end for start, end in dated):
            continue
        if quantity.text.lower() in SCALES or (quantity.values & _PLAIN and not quantity.text[0].isdigit()):
            continue
        if finding := _check_quantity(quantity, article):
            yield finding


def _check_quantity(quantity: Quantity, article: SourceText) -> Finding | None:
    others = [each for passage in article.passages for each in read_quantities(passage, None)]
    equal = [each for each in others if _is_carried(quantity, each)]
    if not equal:
        return Finding(FindingKind.NUMBER, quantity.text, _find_nearest(quantity, others))
    same_unit = [each for each in equal if _is_same_unit(quantity, each)]
    if not same_unit:
        return Finding(FindingKind.UNIT, quantity.text, equal[0].text)
    return None


def _is_carried(quantity: Quantity, other: Quantity) -> bool:
    """Return whether a number equals another one, or is a rounding of it that says so or is correct."""
    if quantity.values & other.values:
        return True
    for mine in quantity.values:
        for value in other.values:
            for bound in quantity.bounds:
                low, high = _ROUNDING[bound]
                if mine * low <= value <= mine * high:
                    return True
            if mine >= _SMALL_SCALE and _is_rounding(mine, value):
                return True
    return False


def _is_rounding(mine: float, value: float) -> bool:
    """Return whether ``mine`` is ``value`` rounded correctly, like 2.5 million for 2,512,345."""
    digits = f"{mine:.0f}".rstrip("0")
    unit = 10 ** (len(f"{mine:.0f}") - len(digits))
    return unit > 1 and len(digits) > 1 and abs(value - mine) <= unit / 2


def _is_same_unit(quantity: Quantity, other: Quantity) -> bool:
    if quantity.unit == other.unit:
        return True
    if quantity.unit and other.unit:
        return False
    # If only one of the two numbers has a unit, the other may leave it out: "rose 5 to 12 percent", "the
    # 13-year-old" and "Naib, 13".
    return (quantity.unit or other.unit) in _TIMES or not quantity.unit


def _find_nearest(quantity: Quantity, others: Sequence[Quantity]) -> str | None:
    """Return the number of the article, as written there, that counts the same thing as a sentence's number;
    None if there is none.
    """
    same = [each for each in others if each.unit == quantity.unit and each.near & quantity.near]
    return max(same, key=lambda each: len(each.near & quantity.near)).text if same else None
