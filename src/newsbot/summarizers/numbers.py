"""Numbers in a text, and the numbers in a headline that the article's text does not confirm.

Numbers are digits of any script, number words, and magnitudes ("2.5 million"). In an article's text the
number words of all languages count. A word that means something else in the text's language can only
suppress a warning, which does no harm. In a headline only the words of its own language count. The words are
in ``numbers.toml``.

For a number in the headline that is not confirmed, the text has another number for the same thing, or none at
all. The result is a warning to an editor, who trusts warnings less after each false alarm. So every form of a
number is searched for in the text (digits of any script, words, magnitudes, both readings of "1.234"), and
numbers that are hardly a count of the news (a year, a model, a list's length) are ignored.
"""

# ruff: noqa: RUF001  The patterns have letters and separators of other scripts on purpose.

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain, takewhile
from math import floor, inf, log10, prod
from typing import NamedTuple

import regex

from newsbot.files import load_toml

__all__ = [
    "CASUALTIES",
    "WORDS",
    "Numeral",
    "Tokens",
    "find_differing_numbers",
    "find_numerals",
    "is_rounding_of",
    "tokenize",
]

# ---------------------------------------------------------------- finding the numbers in a text

_DATA = load_toml(__package__, "numbers.toml")


def _parse_values(lines: str) -> dict[str, float]:
    """Parse lines that each have a number and the words for this number; return the numbers by word."""
    rows = (line.split() for line in lines.splitlines())
    return {word: float(value) for value, *words in rows for word in words}


WORDS: dict[str, dict[str, float]] = {code: _parse_values(lines) for code, lines in _DATA["words"].items()}
"""The number words of each language and their values."""

# Each Arabic number word is added with the word for "and" before it, because both are written as one word.
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
_BARE_DIGITS = 3  # This many digits may follow "thousand" directly: "4 thousand 300".


class Numeral(NamedTuple):
    """A number in a text.

    ``values`` are the values that the number may have, as "1.234" has two. The number consists of the tokens
    from the index ``first`` up to the index ``after``, which is not included.
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
    """Return the factor for which a word of magnitude stands, such as 1 000 000 for "million".

    Return 0 for another word, and for a magnitude below 1000 that is not written in Chinese characters.
    """
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
        # The most parts that are a number word together count: all parts of "quatre-vingt-douze", but only
        # the first part of "four-seat".
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


# ---------------------------------------------------------------- numbers of a headline that the text lacks

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
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_FIGURE = re.compile(rf"[\d{''.join(_HAN)}]")
_SUFFIXES = frozenset(
    ["th", "st", "nd", "rd", "er", "re", "e", "ème", "te", "ter", "km", "kg", "cm", "am", "pm", "h"]
)
_COUNTERS = frozenset("人名件台校社国位死歳岁回年月日円元个個家头頭万億亿")
# A number up to this one may be missing in the text, which may count so few things without a number: "a man
# and a woman".
_SMALL = 3
_ROUND = 1000  # From this number on, whole numbers may be rounded in a headline; below it, only decimals.
# The thing that a number counts is searched for in the first number of words around it, and words for
# casualties in the second number of words.
_NEAR, _FAR = 5, 15
_SENTENCE_ENDS = frozenset(".!?;:؛۔।。")
_CLAUSE_ENDS = _SENTENCE_ENDS | frozenset(",،、")
_MONTHS = frozenset(_DATA["months"].split())
_STEM = 4  # Two words count as the same if this many of their first letters are the same.
CASUALTIES = {
    word: f"={place}" for place, line in enumerate(_DATA["casualties"].splitlines()) for word in line.split()
}
_CASUALTY = frozenset(CASUALTIES.values())
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
    known = (word in table or word in SCALES for word in _LETTERS.findall(title.lower()))
    if not _FIGURE.search(title) and not any(known):
        return []
    tokens = tokenize(title)
    scores = list(_SCORE.finditer(title))
    asked = []
    for numeral in find_numerals(tokens, table):
        number = _make_number(title, tokens, numeral, scores)
        token = tokens.found[numeral.first]
        if numeral.values & _PLAIN or _is_year(number) or _is_glued(title, token):
            continue
        if tokens.words[numeral.first] in SCALES and numeral.after == numeral.first + 1:
            continue  # A magnitude alone, like "thousands", is not checked, because it is no exact number.
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
        # A number with a slash counts as one that may be part of a name, as in "9/11" and "24/7".
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
    return any(is_rounding_of(mine, value) for mine in number.values for value in other.values)


def is_rounding_of(mine: float, value: float) -> bool:
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
    following = _LETTERS.match(text, token.end())
    behind = following[0].lower() if following else ""
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
    return frozenset(CASUALTIES[word] for word in chain.from_iterable(near) if word in CASUALTIES)


def _month_of_day(left: Sequence[str], right: Sequence[str]) -> frozenset[str]:
    """Return the month next to a number that is a day of a month; an empty set if no month is next to it."""
    return frozenset(f"={word[:3]}" for word in (*left[:1], *right[:1]) if word in _MONTHS)
