# ruff: noqa: RUF001  The patterns have separators of other scripts on purpose.
"""Detection of numbers in a headline that the article's text does not confirm.

For such a number in the headline, the text has another number for the same thing, or none at all. The result
is a warning to an editor, who trusts warnings less after each false alarm. So every form of a number is
searched for in the text (digits of any script, words, magnitudes, both readings of "1.234"), and numbers that
are hardly a count of the news (a year, a model, a list's length) are ignored.
"""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain, takewhile
from math import floor, log10
from typing import NamedTuple

import regex

from newsbot.files import load_toml
from newsbot.summarizers.numerals import (
    ALL_WORDS,
    SCALES,
    WORDS,
    Numeral,
    Tokens,
    find_numerals,
    tokenize,
)

__all__ = ["find_differing_numbers"]

# Values of numbers that are not checked, because words like "no" and "a" have these values.
_PLAIN = frozenset([0.0, 1.0])
_YEAR = range(1900, 2100)
# The pattern matches characters that continue a number or a number word.
_MORE = re.compile(r"[.,]?\d|\w(?<=[^\W\d_]{2})")
_LIST = regex.compile(
    r"\b(?:\d+|three|four|five|six|seven|eight|nine|ten|eleven|twelve|tres|cuatro|cinco|seis|siete|ocho|nueve|diez"
    r"|trois|quatre|cinq|sept|huit|neuf|dix|drei|vier|fünf|sechs|sieben|acht|neun|zehn)"
    r"(?:\s[\p{L}’'-]+){0,3}\s(?:things|ways|tips|reasons|best|facts|questions|photos|pictures|ideas|steps|books"
    r"|films|movies|songs|places|signs|lessons|takeaways|rules|gifts|recipes|stories|cosas|razones|consejos|claves"
    r"|fotos|mejores|choses|raisons|conseils|façons|dinge|gründe|tipps|fragen|cose|motivi|consigli|coisas|razões"
    r"|dicas)\b|\b(?:top|best)\s\d+\b",
    regex.IGNORECASE,
)
_SCORE = regex.compile(r"(?<![\d.,-])\d{1,2}[-–]\d{1,2}(?!\d|[.,-]\d)")
_MODEL = regex.compile(r"(?:\p{Lu}[\p{L}\p{M}.’']*(?<!['’]s)|\b(?:no|nr|n)\.?|[#№§])\s?$")
_CURRENCY = regex.compile(
    r"(?<!\p{L})(?:Rs|PKR|INR|BDT|LKR|NPR|Tk|USD|EUR|GBP|CHF|AED|SAR|NGN|KES|KSh|Rp|RM|ZAR)\.?$",
    regex.IGNORECASE,
)
_GLUED = regex.compile(r"(?:\p{Lu}|\p{Ll})-?$")
_LETTERS = regex.compile(r"\p{L}*")
_SUFFIXES = frozenset(
    ["th", "st", "nd", "rd", "er", "re", "e", "ème", "te", "ter", "km", "kg", "cm", "am", "pm", "h"]
)
_COUNTERS = frozenset("人名件台校社国位死歳岁回年月日円元个個家头頭万億亿")
_SMALL = 3  # A text may count up to this many things without a number: "a man and a woman".
_ROUND = 1000  # A headline may round numbers that are at least this.
# The thing that a number counts is searched for in the first number of words around it, and words for
# casualties in the second number of words.
_NEAR, _FAR = 5, 15
_SENTENCE_ENDS = frozenset(".!?;:؛۔।。")
_CLAUSE_ENDS = _SENTENCE_ENDS | frozenset(",،、")
_DATA = load_toml(__package__, "numbers.toml")
_MONTHS = frozenset(_DATA["months"].split())
_STEM = 4  # Two words count as the same if this many of their first letters are the same.
_GROUP = {
    word: f"={place}" for place, line in enumerate(_DATA["casualties"].splitlines()) for word in line.split()
}
_CASUALTY = frozenset(_GROUP.values())
_FUNCTION = frozenset(_DATA["function_words"].split())


class _Number(NamedTuple):
    """A number in a headline or text, with the things that it counts.

    ``values`` are the values that the number may have, and ``text`` is how it is written. ``counts`` names
    the counted things: "%", "score", a word's stem, a month, or groups of words for casualties ("killed").
    ``around`` are the groups of words for casualties in the number's sentence.
    """

    values: frozenset[float]
    text: str
    counts: frozenset[str]
    around: frozenset[str]

    @property
    def is_loose(self) -> bool:
        """Return whether any of the equal numbers in the article's text confirms this number of the headline.

        A number that counts casualties, or a day of a month, is confirmed only by a number that counts the
        same.
        """
        return not any(what.startswith("=") for what in self.counts)


def find_differing_numbers(title: str, text: str, language: str | None) -> list[tuple[str, str]]:
    """Return the numbers of ``title`` that ``text`` does not confirm, each with the text's other number.

    The other number is "" unless exactly one number in the text counts the same thing.
    """
    asked = _headline_numbers(title, WORDS.get(language or "en", {}))
    if all(number.is_loose and _is_in_text(number.text, text) for number, _ in asked):
        return []
    found: list[tuple[str, str]] = []
    tokens = tokenize(text)
    scores = list(_SCORE.finditer(text))
    body = [_make_number(text, tokens, numeral, scores) for numeral in find_numerals(tokens, ALL_WORDS)]
    for number, named in asked:
        others = [each for each in body if number.counts & each.counts and not _is_year(each)]
        agreeing = [each for each in body if _is_equal_or_rounded(number, each)]
        if agreeing:
            if number.is_loose or not others or any(number.counts & each.around for each in agreeing):
                continue
        elif not others and (named or max(number.values) <= _SMALL or _LIST.search(title)):
            continue
        said = {each.values: each.text for each in others}
        found.append((number.text, next(iter(said.values())) if len(said) == 1 else ""))
    return found


def _headline_numbers(title: str, table: Mapping[str, float]) -> list[tuple[_Number, bool]]:
    """Return a headline's numbers, each with whether it may be part of a name ("Boeing 737")."""
    tokens = tokenize(title)
    scores = list(_SCORE.finditer(title))
    asked = []
    for numeral in find_numerals(tokens, table):
        number = _make_number(title, tokens, numeral, scores)
        token = tokens.found[numeral.first]
        if numeral.values & _PLAIN or _is_year(number) or _is_glued(title, token):
            continue
        if tokens.words[numeral.first] in SCALES and numeral.after == numeral.first + 1:
            continue  # A magnitude alone, like "thousands", is no exact number.
        if token["han"] and title[token.end() :][:1] not in _COUNTERS:
            continue
        alone = token["digits"] and not token["sign"] and numeral.after == numeral.first + 1
        before = title[: token.start()]
        model = (
            alone
            and _CASUALTY.isdisjoint(number.counts)
            and _MODEL.search(before)
            and not _CURRENCY.search(before.rstrip())
        )
        # A number with a slash, as in "9/11" and "24/7", may be part of a name.
        slashed = "/" in title[max(0, token.start() - 1) : token.end() + 1]
        asked.append((number, bool(model) or slashed))
    return asked


def _is_in_text(number: str, text: str) -> bool:
    if number != number.lower() and _is_in_text(number.lower(), text):
        return True
    place = text.find(number)
    while place >= 0:
        before, after = text[max(0, place - 1) : place], place + len(number)
        begins = not before.isalnum() and before not in {".", ","}
        if begins and not _MORE.match(text, after):
            return True
        place = text.find(number, place + 1)
    return False


def _is_year(number: _Number) -> bool:
    return number.text.isdecimal() and any(value in _YEAR for value in number.values)


def _is_equal_or_rounded(number: _Number, other: _Number) -> bool:
    """Return whether a headline's ``number`` equals the number ``other`` of the article's text, exactly or
    rounded.
    """
    if number.values & other.values:
        return True
    return any(_is_rounding_of(mine, value) for mine in number.values for value in other.values)


def _is_rounding_of(mine: float, value: float) -> bool:
    """Return whether ``mine`` is ``value`` rounded as in headlines: 4 for 4.2, 2.5 million for 2,512,345."""
    if mine < _ROUND:
        return float(mine).is_integer() and not float(value).is_integer() and abs(value - mine) < 1
    digits = f"{mine:.0f}".rstrip("0")
    unit = 10 ** (floor(log10(mine)) + 1 - len(digits))
    return unit > 1 and bool(abs(value - mine) < unit)


def _make_number(text: str, tokens: Tokens, numeral: Numeral, scores: Sequence[regex.Match[str]]) -> _Number:
    values, first, after = numeral
    token = tokens.found[first]
    written = text[token.start() : tokens.found[after - 1].end()].strip()
    if token["sign"]:
        counts = frozenset("%")
    elif any(score.start() <= token.start() < score.end() for score in scores):
        counts = frozenset(["score"])
    else:
        counts = _counted_things(tokens.words, first, after)
    return _Number(values, written, counts, _casualty_groups(tokens.words, first, after))


def _is_glued(text: str, token: regex.Match[str]) -> bool:
    """Return whether letters other than a currency's name touch the digits: "PS4", "COVID-19", "60fps"."""
    if not token["digits"]:
        return False
    before = text[: token.start()][-5:]
    if _GLUED.search(before) and not _CURRENCY.search(before):
        return True
    behind = _LETTERS.match(text, token.end())[0].lower()
    cased = behind != behind.upper()
    return cased and behind not in SCALES and behind not in _SUFFIXES


def _counted_things(words: Sequence[str], place: int, after: int) -> frozenset[str]:
    """Return the casualty groups ("killed") or month that a number counts, else the stem of the next word."""
    left, right = words[max(0, place - _NEAR) : place][::-1], words[after : after + _NEAR]
    if months := _month_of_day(left, right):
        return months
    if groups := _groups_within(_CLAUSE_ENDS, left, right):
        return groups
    noun = right[0] if right else ""
    tells = len(noun) >= _STEM and noun[0].isalpha() and noun not in _FUNCTION and noun not in SCALES
    return frozenset([noun[:_STEM]]) if tells else frozenset()


def _casualty_groups(words: Sequence[str], place: int, after: int) -> frozenset[str]:
    """Return the groups of words for casualties (such as "killed" and "dead") of which a word is in the
    number's sentence.
    """
    left, right = words[max(0, place - _FAR) : place][::-1], words[after : after + _FAR]
    return _groups_within(_SENTENCE_ENDS, left, right) | _month_of_day(left, right)


def _groups_within(ends: Container[str], *sides: Iterable[str]) -> frozenset[str]:
    """Return, for each side of a number, the groups of words for casualties (such as "killed" and "dead") of
    which a word is on this side.

    ``sides`` are the words before and after the number; each side is searched up to the first punctuation
    mark in ``ends``.
    """
    near = (takewhile(lambda word: word not in ends, side) for side in sides)
    return frozenset(_GROUP[word] for word in chain.from_iterable(near) if word in _GROUP)


def _month_of_day(left: Sequence[str], right: Sequence[str]) -> frozenset[str]:
    """Return the month next to a number that is a day of a month; an empty set if no month is next to it."""
    return frozenset(f"={word[:3]}" for word in (*left[:1], *right[:1]) if word in _MONTHS)
