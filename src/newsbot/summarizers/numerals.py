"""Finding of numbers in a text: digits of any script, number words, and magnitudes ("2.5 million").

In an article's text the number words of all languages count. A word that means something else in the text's
language can only suppress a warning, which does no harm. In a headline only the words of its own language
count. The words are in ``numerals.toml``.
"""

# ruff: noqa: RUF001  The patterns have letters and separators of other scripts on purpose.
from collections.abc import Mapping, Sequence
from itertools import chain
from math import inf, log10, prod
from typing import NamedTuple

import regex

from newsbot.files import load_toml

__all__ = [
    "ALL_WORDS",
    "SCALES",
    "WORDS",
    "Numeral",
    "Tokens",
    "find_numerals",
    "tokenize",
]


_DATA = load_toml(__package__, "numerals.toml")


def _parse_values(lines: str) -> dict[str, float]:
    """Parse lines that each have a number and the words for this number; return the numbers by word."""
    rows = (line.split() for line in lines.splitlines())
    return {word: float(value) for value, *words in rows for word in words}


WORDS: dict[str, dict[str, float]] = {code: _parse_values(lines) for code, lines in _DATA["words"].items()}
"""The number words of each language and their values."""

# In Arabic, the word for "and" is written together with the next word.
WORDS["ar"] |= {f"و{word}": value for word, value in WORDS["ar"].items()}
ALL_WORDS: dict[str, float] = dict(chain.from_iterable(table.items() for table in WORDS.values()))
"""The number words of all languages and their values.

If two languages share a word ("six", "once"), the word has the value of the later language in `WORDS`.
"""

SCALES = _parse_values(_DATA["all"]["scales"])
_JOINING = frozenset(_DATA["all"]["joining"].split())
_DIGITS_OF_HAN = _parse_values(_DATA["han"]["digits"])
_POWERS_OF_HAN = _parse_values(_DATA["han"]["powers"])


_TOKEN = regex.compile(
    r"(?P<digits>\d{1,3}(?:[\u00a0\u202f '’]\d{3})+(?!\d)|\d+(?:[.,٬٫،]\d+)*)"
    r"(?P<sign>\s?(?:%|٪|％|(?:percent|per\scent|pct|Prozent|por\sciento)\b|فیصد|في\sالمئة|प्रतिशत|फीसदी))?"
    r"|(?P<han>[〇一二三四五六七八九十百千万萬億亿兆零两兩]+)|(?P<word>[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*)"
    r"|(?P<stop>[.,;:!?،؛۔।。、](?=\s|$))"
)
_SPACES = regex.compile(r"[\s'’\u00a0\u202f]")
# The pattern matches digits in groups of three, or in India's groups of two (lakhs).
_GROUPS = regex.compile(r"\d{1,3}(?:[.,٬]\d{3})+$|\d{1,3}(?:,\d{2})*,\d{3}$")
# The pattern matches the digits of "9.30 a.m." and "April 23,1616", each of which may be two numbers.
_APART = regex.compile(r"\d{1,2}(?:\.\d\d|,\d{4})")
_HAN = _DIGITS_OF_HAN.keys() | _POWERS_OF_HAN.keys()
_HUNDRED, _THOUSAND = 100, 1000
_PUNCTUATION = frozenset(".,;:!?()")
_HALF_MORE = frozenset(_DATA["all"]["half_more"].split())
# Letters that may mean a magnitude or a unit; "m" may be million or metres.
_AMBIGUOUS = frozenset(["m", "b", "k"])
# Words that join the parts of a number, without "a": Spanish "3 millones a 400 mil" is two numbers.
_AND = _JOINING - {"a"}
_BARE_DIGITS = 3  # A number of this many digits may follow "thousand" without a magnitude of its own.


class Numeral(NamedTuple):
    """A number in a text.

    ``values`` are the values that the number may have. The number consists of the tokens from the index
    ``first`` up to the index ``after``, which is not included.
    """

    values: frozenset[float]
    first: int
    after: int


class Tokens(NamedTuple):
    """The tokens of a text.

    ``found`` are the matches for digits, words and punctuation marks; ``words`` are their texts in lower
    case.
    """

    found: list[regex.Match[str]]
    words: list[str]


def tokenize(text: str) -> Tokens:
    """Split a text into the tokens (digits, words, punctuation) among which `find_numerals` finds numbers."""
    found = list(_TOKEN.finditer(text))
    return Tokens(found, [token[0].lower() for token in found])


def find_numerals(tokens: Tokens, table: Mapping[str, float]) -> list[Numeral]:
    """Return the numbers among a text's tokens; ``table`` maps number words to their values."""
    numbers: list[Numeral] = []
    place = 0
    while place < len(tokens.found):
        word = tokens.words[place]
        known = word in table or word in SCALES or word in _HALF_MORE
        if not known and ((word.isalpha() and word[0] not in _HAN) or word in _PUNCTUATION):
            # Most words are no numbers and are skipped here, in a tenth of the time that reading a number
            # takes.
            place += 1
            continue
        values, after = _read_values(tokens, place, table)
        if values:
            numbers.append(Numeral(frozenset(values), place, after))
        place = after
    return numbers


def _read_values(tokens: Tokens, place: int, table: Mapping[str, float]) -> tuple[set[float], int]:
    """Read the number whose first token has the index ``place``, such as "3 lakh 40 thousand".

    A number consists of parts, each with a magnitude. A larger magnitude after a smaller one belongs to both
    parts: "3 mil 400 millones" is 3,400 million. Return the possible values and the index after the number's
    last token. The values are an empty set if no number begins at ``place``.
    """
    if tokens.found[place]["han"]:
        return {_read_han_number(tokens.words[place])}, place + 1
    part, after = _read_part(tokens, place, table)
    if not part and SCALES.get(tokens.words[place], 0) >= _THOUSAND:
        part, after = {1.0}, place
    total, least = {0.0}, inf
    while part:
        while scale := _read_scale(tokens, after):
            scaled = {round(value * scale, 6) for value in (_add(total, part) if scale > least else part)}
            total = scaled if scale > least else _add(total, scaled)
            if tokens.words[after] in _AMBIGUOUS:
                return total | part, after + 1
            part, least, after = {0.0}, scale, after + 1
        more, following = _read_next_part(tokens, place, after, table, least)
        if not more:
            break
        part, after = more, following
    return _add(total, part), after


def _read_part(tokens: Tokens, place: int, table: Mapping[str, float]) -> tuple[set[float], int]:
    """Read digits, or number words below a thousand, with a "hundred" after them.

    Return the possible values and the index after the last token read. The values are an empty set if no
    number begins at ``place``.
    """
    word = tokens.words[place]
    if word in _HALF_MORE and place + 1 < len(tokens.words):
        values, after = _read_part(tokens, place + 1, table)
        return {value + 0.5 for value in values}, after
    if digits := tokens.found[place]["digits"]:
        values, after = _digit_readings(digits), place + 1
        if after < len(tokens.words) and SCALES.get(tokens.words[after]) == _HUNDRED:
            return {value * _HUNDRED for value in values}, after + 1
        return values, after
    if (value := _word_value(word, table)) is None:
        return set(), place + 1
    spelled, after = _read_spelled_number(value, tokens.words, place + 1, table)
    return {spelled}, after


def _digit_readings(digits: str) -> set[float]:
    """Return the possible values of digits with separators ("1.234"), in any script."""
    if digits.isascii() and digits.isdecimal():
        return {float(digits)}
    plain = _SPACES.sub("", digits)
    found: set[float] = set()
    if _GROUPS.fullmatch(plain) or plain.isdecimal():
        found.add(float(int(regex.sub(r"\D", "", plain))))
    parts = regex.split(r"[.,٫،]", plain)
    if len(parts) == 2:  # noqa: PLR2004
        found.add(float(f"{int(parts[0])}.{''.join(str(int(char)) for char in parts[1])}"))
    if not found or _APART.fullmatch(plain):
        found |= {float(int(part)) for part in parts if part.isdecimal()}
    return found


def _read_scale(tokens: Tokens, place: int) -> float:
    """Return the token's magnitude if it is at least 1000 or in Chinese characters, else 0."""
    if place >= len(tokens.words):
        return 0
    han, scale = tokens.found[place]["han"], SCALES.get(tokens.words[place], 0)
    if han and _POWERS_OF_HAN.keys() >= set(han):
        return prod(map(_POWERS_OF_HAN.__getitem__, han))
    return scale if scale >= _THOUSAND else 0


def _read_next_part(
    tokens: Tokens, first: int, after: int, table: Mapping[str, float], least: float
) -> tuple[set[float], int]:
    """Return the values of a number's next part ("40 thousand" after "3 lakh") and the index after it.

    The values are an empty set if the number has no further part. The number begins at the token ``first``,
    and the part would begin at ``after``. ``least`` is the number's smallest magnitude so far, infinite if it
    had none. A part has a magnitude of its own, or touches the characters before it ("2万5000"), or has three
    digits or "hundred" after "thousand", or is in words like the first part.
    """
    place = after + (after + 1 < len(tokens.words) and tokens.words[after] in _AND)
    if least == inf or place >= len(tokens.words) or not _is_adjacent(tokens, after):
        return set(), after
    values, following = _read_part(tokens, place, table)
    if not values or max(values) >= least:
        return set(), after
    if scale := _read_scale(tokens, following):
        return (values, following) if scale < least or least == _THOUSAND else (set(), after)
    digits, before = tokens.found[place]["digits"], tokens.found[after - 1]
    if digits:
        attached = before["han"] and before.end() == tokens.found[place].start()
        bare = least == _THOUSAND and place == after and digits.isdecimal() and len(digits) == _BARE_DIGITS
        follows = attached or bare or following > place + 1
    else:
        follows = not tokens.found[first]["digits"]
    return (values, following) if follows else (set(), after)


def _is_adjacent(tokens: Tokens, place: int) -> bool:
    """Return whether only white space separates the token ``place`` from the token before it."""
    before, token = tokens.found[place - 1], tokens.found[place]
    return not token.string[before.end() : token.start()].strip()


def _add(some: set[float], others: set[float]) -> set[float]:
    return {round(one + other, 6) for one in some for other in others}


def _word_value(word: str, table: Mapping[str, float]) -> float | None:
    """Return the value of a number word, perhaps with hyphens ("twenty-five"); None for any other word."""
    if word in table:
        return table[word]
    parts = word.split("-")
    for count in range(len(parts), 0, -1):
        value = table.get("-".join(parts[:count]))
        # In "quatre-vingt-douze" all parts are a number, in "four-seat" only the first is.
        if value is not None:
            more = table.get("-".join(parts[count:]), 0)
            return value + more if more < _following_limit(value) else value
    return None


def _following_limit(value: float) -> float:
    """Return the bound below which a number may be added to ``value``: 10 after "twenty", 20 after
    "soixante".
    """
    return 20 if value in (60, 80) else 10 ** int(log10(value)) if value else 0


def _read_spelled_number(
    value: float, words: Sequence[str], after: int, table: Mapping[str, float]
) -> tuple[float, int]:
    """Read the rest of a number in words, up to a magnitude ("two hundred and fifty" before "thousand").

    ``value`` is the value of the number's first word, ``after`` the index of the next word. Return the whole
    value and the index after the number's last word.
    """
    while after < len(words):
        step = after + (words[after] in _JOINING and after + 1 < len(words))
        more = _word_value(words[step], table)
        if SCALES.get(words[step]) == _HUNDRED:
            value *= _HUNDRED
        elif more and (more < _following_limit(value) or _is_arabic_unit(words[step], value, more)):
            value += more
        else:
            break
        after = step + 1
    return value, after


def _is_arabic_unit(word: str, unit: float, more: float) -> bool:
    """Return whether an Arabic word is the tens after a unit, as in "five ten" or "five and twenty"."""
    return unit < 10 <= more < 100 and word.startswith(("عشر", "و"))  # noqa: PLR2004


def _read_han_number(text: str) -> float:
    """Return the value of a number in Chinese characters: 二千三百, 一万二千 or 二〇二四."""
    if all(char in _DIGITS_OF_HAN for char in text):
        return float("".join(f"{_DIGITS_OF_HAN[char]:.0f}" for char in text))
    total = part = digit = 0.0
    for char in text:
        if char in _DIGITS_OF_HAN:
            digit = _DIGITS_OF_HAN[char]
        elif (power := _POWERS_OF_HAN[char]) >= 10**4:
            total += (part + digit or 1) * power
            part = digit = 0.0
        else:
            part += (digit or 1) * power
            digit = 0.0
    return float(total + part + digit)
