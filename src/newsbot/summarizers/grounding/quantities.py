"""The check for numbers in a model's sentence whose value, unit or counted thing is another one than in the
article.
"""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import regex

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.placement import score_place
from newsbot.summarizers.grounding.text import Passage, SourceText, fold, to_stem
from newsbot.summarizers.numbers import ALL_WORDS, SCALES, WORDS, find_numerals, tokenize

__all__ = ["Quantity", "check_quantities", "is_carried", "read_quantities"]

_DATA = load_toml(__package__, "quantities.toml")
_UNITS: dict[str, str] = {
    fold(word): line.split()[0] for line in _DATA["units"].splitlines() for word in line.split()
}
_BEFORE = frozenset(map(fold, _DATA["before"].split()))


def _split_phrases(tables: Mapping[str, str]) -> dict[str, list[tuple[str, ...]]]:
    """Split the lists of phrases like "at least" in a file of words; return the phrases by kind.

    A phrase is a tuple of its words, in small letters and one spelling.
    """
    return {
        kind: [tuple(fold(phrase).split()) for phrase in " ".join(lines.split()).split(",") if phrase.strip()]
        for kind, lines in tables.items()
    }


_BOUNDS = _split_phrases(_DATA["bounds"])
_DIRECTIONS = _split_phrases(_DATA["directions"])
# The values of numbers that are not checked, because words like "no" and "a" have these values.
_PLAIN = frozenset([0.0, 1.0])
_NEAR = 4  # The thing that a number counts is looked for among this many words before and after it.
_ROUNDING = {"least": (1.0, 1.35), "about": (0.97, 1.03)}
_TIMES = frozenset(["second", "minute", "hour", "day", "week", "month", "year", "decade", "century"])
_SCORE = regex.compile(r"(?<![\d.,/–-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\d.,/–-]\d|\d)")
_SMALL_SCALE = _THOUSANDFOLD = 1000
_LARGE = 1000  # For a number at least this large, a model's sentence may leave out "more than".
# A number in a model's sentence counts as wrong if the words around it fit the words around another number of
# the article better, by this factor and this margin, than those around the same number.
_AHEAD, _MARGIN = 1.6, 0.2


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
    context: str


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
    # A word like "13-year-old" counts as one word, so its parts after the number, in which a unit may be, are
    # looked at one by one.
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
        to_stem(following[0]) if following else "",
        passage.text[before[-2].start if before[-2:-1] else start : after[0].end if after else end],
    )


def _find_unit(text: str, start: int, end: int, before: Sequence[str], after: Sequence[str]) -> str:
    """Return the unit (a currency, percent, metres) of the number from ``start`` to ``end`` in a text; "" if
    it has none.
    """
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
    """Return which kinds of phrases, such as "at least" or "about", stand directly before or after a number.

    ``table`` has the phrases by kind.
    """
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
    """Yield the numbers in a model's sentence that its article does not have.

    ``dated`` are the places in the sentence that are dates, which are checked elsewhere.
    """
    for quantity in read_quantities(sentence, article.language):
        if any(start <= quantity.start < end for start, end in dated):
            continue
        if quantity.text.lower() in SCALES:
            if len(quantity.text) > 1 and not _has_size(max(quantity.values), article):
                yield Finding(FindingKind.UNIT, quantity.text)
            continue
        if quantity.values & _PLAIN and not quantity.text[0].isdigit():
            continue
        if finding := _check_quantity(sentence, quantity, article):
            yield finding


@lru_cache(maxsize=16)
def _list_quantities(article: SourceText) -> list[tuple[Passage, Quantity]]:
    return [(passage, each) for passage in article.passages for each in read_quantities(passage, None)]


def _has_size(scale: float, article: SourceText) -> bool:
    """Return whether the article has a number of the size that a word like "millions" alone means."""
    return any(
        scale <= value < scale * _THOUSANDFOLD
        for _, each in _list_quantities(article)
        for value in each.values
    )


def _check_quantity(sentence: Passage, quantity: Quantity, article: SourceText) -> Finding | None:
    others = _list_quantities(article)
    equal = [(passage, each) for passage, each in others if is_carried(quantity, each)]
    if not equal:
        return Finding(FindingKind.NUMBER, quantity.text, _find_nearest(quantity, others))
    same = [(passage, each) for passage, each in equal if _is_same_unit(quantity, each)]
    if not same:
        return Finding(FindingKind.UNIT, quantity.text, equal[0][1].text)
    rivals = [
        (passage, each)
        for passage, each in others
        if each.unit == quantity.unit and not is_carried(quantity, each) and not each.values & _PLAIN
    ]
    at = sentence.find_index(quantity.start)
    mine, source = max(((_score(sentence, at, *each, article), each[1]) for each in same), key=_first)
    best, rival = max(
        ((_score(sentence, at, *each, article), each[1]) for each in rivals),
        key=_first,
        default=(0.0, quantity),
    )
    if best > _AHEAD * mine + _MARGIN:
        return Finding(FindingKind.NUMBER, quantity.text, rival.text)
    if _differs_in_exactness(quantity, source) or _differs_in_direction(quantity, source):
        return Finding(FindingKind.NUMBER, quantity.text, source.context)
    return None


def _first(pair: tuple[float, Quantity]) -> float:
    return pair[0]


def _differs_in_exactness(quantity: Quantity, source: Quantity) -> bool:
    """Return whether the article's number is a bound ("at least 12"), but the number in the model's sentence
    is exact or another bound.
    """
    if quantity.values.isdisjoint(source.values) or "about" in source.bounds | quantity.bounds:
        return False
    same = source.noun == quantity.noun and source.unit == quantity.unit
    # For a large number, words like "more than" are not compared, because most people tell "more than $550
    # million" as "$550 million".
    return same and max(quantity.values) < _LARGE and not source.bounds <= quantity.bounds


def _differs_in_direction(quantity: Quantity, source: Quantity) -> bool:
    """Return whether a number is a change ("by 15 %") in a model's sentence, and the result of a change ("to
    15 %") in the article, or the reverse.
    """
    return bool(quantity.unit and quantity.direction and source.direction) and (
        quantity.direction != source.direction
    )


def _score(sentence: Passage, at: int, passage: Passage, other: Quantity, article: SourceText) -> float:
    return score_place(sentence, at, passage, passage.find_index(other.start), article)


def is_carried(quantity: Quantity, other: Quantity) -> bool:
    """Return whether a model's number ``quantity`` equals the article's number ``other``, or rounds it
    correctly or with a word like "about".
    """
    if quantity.values & other.values:
        return True
    for mine in quantity.values:
        for value in other.values:
            for bound in quantity.bounds if _count_digits(mine) <= _count_digits(value) else ():
                low, high = _ROUNDING.get(bound, (1.0, 1.0))
                if mine * low <= value <= mine * high:
                    return True
            if _is_rounding(mine, value, quantity.bounds):
                return True
    return False


def _count_digits(value: float) -> int:
    """Return the number of significant digits of a number, without final zeros: 2 for 1200."""
    return len(f"{value:f}".rstrip("0").replace(".", "").strip("0"))


def _is_rounding(mine: float, value: float, bounds: frozenset[str]) -> bool:
    """Return whether a model's number ``mine`` correctly rounds the article's ``value``, as 2.5 million for
    2,512,345.

    A rounding to one digit has to say that it is one ("about 3 million").
    """
    digits = f"{mine:.0f}".rstrip("0")
    unit = float(10 ** (len(f"{mine:.0f}") - len(digits)))
    says_so = "about" in bounds or (not bounds and mine >= _SMALL_SCALE and len(digits) > 1)
    return says_so and unit > 1 and abs(value - mine) <= unit / 2


def _is_same_unit(quantity: Quantity, other: Quantity) -> bool:
    if quantity.unit == other.unit:
        return True
    if quantity.unit and other.unit:
        return False
    # If only the model's or only the article's number has a unit, this has to be a unit of time, as in "the
    # 13-year-old" and "Naib, 13".
    return (quantity.unit or other.unit) in _TIMES


def _find_nearest(quantity: Quantity, others: Sequence[tuple[Passage, Quantity]]) -> str | None:
    """Return the number in the article, as written there, that counts the same thing as a sentence's number;
    None if there is none.
    """
    same = [each for _, each in others if each.unit == quantity.unit and each.near & quantity.near]
    return max(same, key=lambda each: len(each.near & quantity.near)).text if same else None
