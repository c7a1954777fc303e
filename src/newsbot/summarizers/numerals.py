# ruff: noqa: RUF001  separators of other scripts are the data
"""Numbers of a text, in the digits of any script, as words, and with the magnitudes behind them."""

from collections.abc import Mapping, Sequence
from math import log10, prod
from typing import NamedTuple

import regex

from newsbot.summarizers.number_words import DIGITS_OF_HAN, JOINING, POWERS_OF_HAN, SCALES

__all__ = ["Numeral", "Tokens", "numerals", "tokenize"]

_TOKEN = regex.compile(
    r"(?P<digits>\d{1,3}(?:[\u00a0\u202f '’]\d{3})+(?!\d)|\d+(?:[.,٬٫،]\d+)*)"
    r"(?P<sign>\s?(?:%|٪|％|(?:percent|per\scent|pct|Prozent|por\sciento)\b|فیصد|في\sالمئة|प्रतिशत|फीसदी))?"
    r"|(?P<han>[〇一二三四五六七八九十百千万萬億亿兆零两兩]+)|(?P<word>[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*)"
    r"|(?P<stop>[.,;:!?،؛۔।。、](?=\s|$))"
)
_SPACES = regex.compile(r"[\s'’\u00a0\u202f]")
_GROUPS = regex.compile(r"\d{1,3}(?:[.,٬]\d{3})+$|\d{1,3}(?:,\d{2})*,\d{3}$")  # the latter: India's lakhs
_APART = regex.compile(r"\d{1,2}(?:\.\d\d|,\d{4})")  # "9.30 a.m.", "April 23,1616"
_HAN = DIGITS_OF_HAN.keys() | POWERS_OF_HAN.keys()
_HUNDRED, _THOUSAND = 100, 1000


class Numeral(NamedTuple):
    """``values`` are its possible readings; ``first`` and ``after`` tell which tokens it takes."""

    values: frozenset[float]
    first: int
    after: int


class Tokens(NamedTuple):
    """``found`` are digits, words and stops; ``words`` are the same in lower case."""

    found: list[regex.Match[str]]
    words: list[str]


def tokenize(text: str) -> Tokens:
    """Return what a text is made of, as far as numbers go."""
    found = list(_TOKEN.finditer(text))
    return Tokens(found, [token[0].lower() for token in found])


def numerals(tokens: Tokens, table: Mapping[str, int]) -> list[Numeral]:
    """Return the numbers among tokens; ``table`` has those that are words."""
    numbers: list[Numeral] = []
    place = 0
    while place < len(tokens.found):
        word = tokens.words[place]
        if word not in table and word not in SCALES and word.isalpha() and word[0] not in _HAN:
            place += 1  # most words, at a tenth of the cost
            continue
        values, after = _values(tokens, place, table)
        if values:
            numbers.append(Numeral(frozenset(values), place, after))
        place = after
    return numbers


def _values(tokens: Tokens, place: int, table: Mapping[str, int]) -> tuple[set[float], int]:
    token, word, after = tokens.found[place], tokens.words[place], place + 1
    if token["digits"]:
        return _scaled(_readings(token["digits"]), tokens, after)
    if token["han"]:
        return {_han(token["han"])}, after
    if (value := _word(word, table)) is not None:
        spelled, after = _spelled(value, tokens.words, after, table)
        return {spelled}, after
    return ({float(SCALES[word])} if SCALES.get(word, 0) >= _THOUSAND else set()), after


def _readings(digits: str) -> set[float]:
    """Return what "1.234" may mean; digits of any script are read."""
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


def _scaled(values: set[float], tokens: Tokens, after: int) -> tuple[set[float], int]:
    """Multiply by the magnitudes behind a number ("2.5 million", "3 mil millones", "3億")."""
    while after < len(tokens.words):
        han, word = tokens.found[after]["han"], tokens.words[after]
        if word in SCALES:
            keep = values if word in ("m", "b", "k") else set()  # metres, too
            values = keep | {round(value * SCALES[word], 6) for value in values}
        elif han and POWERS_OF_HAN.keys() >= set(han):
            values = {value * prod(map(POWERS_OF_HAN.__getitem__, han)) for value in values}
            more = tokens.found[after + 1] if after + 1 < len(tokens.found) else None
            if more and more["digits"] and more.start() == tokens.found[after].end():  # "2万5000"
                values = {value + added for value in values for added in _readings(more["digits"])}
                after += 1
        else:
            break
        after += 1
    return values, after


def _word(word: str, table: Mapping[str, int]) -> int | None:
    """Return the value of a number's word, or of "twenty-five"."""
    if word in table:
        return table[word]
    parts = word.split("-")
    for count in range(len(parts), 0, -1):
        value = table.get("-".join(parts[:count]))
        if value is not None:  # "quatre-vingt-douze"; of "four-seat" the four
            more = table.get("-".join(parts[count:]), 0)
            return value + more if more < _step(value) else value
    return None


def _step(value: float) -> float:
    """Return below what a number may follow ``value``: 10 behind "twenty", 20 behind "soixante"."""
    return 20 if value in (60, 80) else 10 ** int(log10(value)) if value else 0


def _spelled(value: float, words: Sequence[str], after: int, table: Mapping[str, int]) -> tuple[float, int]:
    """Read on: "two hundred and fifty thousand"."""
    total, part = 0.0, value
    while after < len(words):
        step = after + (words[after] in JOINING and after + 1 < len(words))
        more = _word(words[step], table)
        if scale := SCALES.get(words[step]):
            total, part = (total, part * scale) if scale == _HUNDRED else ((total + part) * scale, 0.0)
        elif more and (not part or more < _step(part) or _is_arabic_unit(words[step], part, more)):
            part += more
        else:
            break
        after = step + 1
    return total + part, after


def _is_arabic_unit(word: str, unit: float, more: float) -> bool:
    """Say whether tens follow a unit, as in Arabic: five ten, five and twenty."""
    return unit < 10 <= more < 100 and word.startswith(("عشر", "و"))  # noqa: PLR2004


def _han(text: str) -> float:
    """Read 二千三百, 一万二千 or 二〇二四."""
    if all(char in DIGITS_OF_HAN for char in text):
        return float("".join(str(DIGITS_OF_HAN[char]) for char in text))
    total = part = digit = 0
    for char in text:
        if char in DIGITS_OF_HAN:
            digit = DIGITS_OF_HAN[char]
        elif (power := POWERS_OF_HAN[char]) >= 10**4:
            total += (part + digit or 1) * power
            part = digit = 0
        else:
            part += (digit or 1) * power
            digit = 0
    return float(total + part + digit)
