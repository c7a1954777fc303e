"""Find the facts of a text that an editor checks before it is posted: its figures, dates and names."""

# ruff: noqa: RUF001  The regular expressions contain separators and signs of other scripts on purpose.

import re
from collections.abc import Iterator

import regex

from newsbot.files import load_toml
from newsbot.summarizers.numbers import find_numerals, tokenize
from newsbot.timestamps.parse import find_month, is_weekday

__all__ = ["find_facts", "is_fact_in_text"]

_DATA = load_toml(__package__, "facts.toml")


def _any_of(words: str) -> str:
    """Return a regular expression for any of the words, the longest word first, so that a shorter word does
    not match in its place.
    """
    return "|".join(regex.escape(word) for word in sorted(words.split(" "), key=len, reverse=True))


def _read_words(key: str) -> str:
    return " ".join(_DATA[key].split())


_SPACE = r"[ \u00a0\u202f]"
_NUMBER = regex.compile(r"\d[\d.,:/٫٬]*")
_BEFORE = regex.compile(
    rf"(?:[$€£¥₹₨]{_SPACE}?|(?<![\p{{L}}\d])(?:{_any_of(_read_words('currencies_before'))})\.?{_SPACE}?)$"
)
# The pattern of a unit that follows its number without a space, as in "62.5bn", "12pc" and "2nd".
_GLUED = regex.compile(r"(?:[A-Za-zµ]{1,3}|°[CF]?)(?![\p{L}\p{M}\d])")
_AFTER = regex.compile(
    rf"{_SPACE}?(?:[$€£¥₹₨]|[%٪％]|(?:円|ドル|ユーロ|ポンド|ルピー|元))"
    rf"|{_SPACE}(?:{_any_of(_read_words('units'))})(?![\p{{L}}\p{{M}}\d])"
    rf"|{_SPACE}(?:de{_SPACE})?(?:{_any_of(_read_words('currencies_after'))})(?![\p{{L}}\p{{M}}\d])"
)
_RANGE = regex.compile(r"[-–](?=\d)")
# The pattern of the beginning of a name that contains a number, such as "PS-114" and "G20".
_NAME_BEFORE = regex.compile(r"(?<![\p{L}\d])\p{Lu}[\p{Latin}]*-?$")

_DAY = r"(?<![\d.,:/])\d{1,2}(?:st|nd|rd|th|º)?"
_YEAR = rf"(?:(?:{_SPACE}de|,)?{_SPACE}(?:19|20)\d\d(?!\d))"
_MONTH = r"(?P<month>\p{L}[\p{L}\p{M}]{2,})\.?"
_DATES = (
    regex.compile(rf"{_DAY}(?:{_SPACE}(?:de|of))?{_SPACE}{_MONTH}{_YEAR}?"),
    regex.compile(rf"(?<!\p{{L}}){_MONTH}{_SPACE}\d{{1,2}}(?:st|nd|rd|th)?(?![\d\p{{L}}]|[.,:/]\d){_YEAR}?"),
    regex.compile(rf"(?<!\p{{L}}){_MONTH}{_YEAR}"),
    regex.compile(r"(?:\d{4}年)?\d{1,2}月(?:\d{1,2}日)?|\d{4}年"),
    regex.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)"),
)
_TIME = regex.compile(
    rf"(?<![\d.,:/])\d{{1,2}}(?:[:.]\d\d)?{_SPACE}?(?:[ap]\.{_SPACE}?m\.|[ap]m\b|[AP]M\b|بجے)"
    r"|(?:午前|午後)?\d{1,2}時(?:\d{1,2}分)?"
)
_WORD_BEFORE = regex.compile(rf"(?<!\p{{L}})([\p{{L}}\p{{M}}]+),?{_SPACE}(?:(?:the|el){_SPACE})?$")
# A word of at most this many letters, such as "dec", counts as a month only if it has a capital letter or its
# script has no capitals.
_SHORT_MONTH = 3
_NO_MONTHS = frozenset(["may", "march"])  # "May" and "March" count as months only with a capital letter.

_NAME_WORD = r"\p{Lu}[\p{L}\p{M}\p{N}_'’-]+"
_NAME = regex.compile(
    rf"\b{_NAME_WORD}(?:[ ](?:(?:{_any_of(_read_words('joining'))})[ ]){{0,2}}{_NAME_WORD})*"
)
_SENTENCE_START = regex.compile(
    r"(?:^|[\n.!?…:|–—](?:[\"'”’»)\]])*\s+|[\n]\s*)[\"'“‘«(\[#@]*$|^[\"'“‘«(\[]*$"
)
_POSSESSIVE = regex.compile(r"['’]s?(?= |$)")
_OPENERS = frozenset(_DATA["openers"].split())
# If more than this number of words in a row have capitals, and these words are at least this fraction of
# their line, the line is a headline in which all words have capitals, so the words are no name.
_MOST_WORDS, _MOST_OF_LINE = 4, 0.8
# From the character U+2E80 on, scripts write no spaces between words, so a fact may adjoin their letters.
_LETTER = r"[^\W\u2e80-\U0010ffff]"


def find_facts(text: str) -> list[str]:
    """Return the figures, dates and names of a text as the text writes them, each once, the names last.

    A figure includes its currency, magnitudes and unit ("Rs62.5bn", "3 lakh 40 thousand", "4 %"), a date its
    weekday, month and year. A name that is a part of another fact is left out.
    """
    spans = sorted([*_find_dates(text), *_find_figures(text)], key=lambda span: (span[0], -span[1]))
    figures, rest, after = list[str](), list(text), 0
    for start, end in spans:
        # A figure inside another fact is left out, such as the number 30 of the date "30 November".
        if start >= after:
            figures.append(text[start:end])
            after = end
        rest[start:end] = "\0" * (end - start)
    found = dict.fromkeys(fact for each in figures if (fact := each.strip(" ,:/")))
    names = dict.fromkeys(_find_names("".join(rest)))
    return [*found, *(name for name in names if not _is_part_of_any(name, [*found, *names]))]


def is_fact_in_text(fact: str, text: str) -> bool:
    """Return whether a text contains the figure or name ``fact`` exactly,
    and not inside a longer word or number.
    """
    return re.search(rf"(?<!{_LETTER}){re.escape(fact)}(?!{_LETTER})", text) is not None


def _is_part_of_any(name: str, facts: list[str]) -> bool:
    return any(name != fact and is_fact_in_text(name, fact) for fact in facts)


def _find_dates(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end index of each date and each time of day in a text."""
    for pattern in _DATES:
        for found in pattern.finditer(text):
            month = found.groupdict().get("month")
            if month is not None and not _is_month(month):
                continue
            start = found.start()
            before = _WORD_BEFORE.search(text[:start])
            if before and is_weekday(before[1]):
                start = before.start()
            yield start, found.end()
    for found in _TIME.finditer(text):
        yield found.span()


def _is_month(word: str) -> bool:
    is_short = len(word) <= _SHORT_MONTH and word == word.lower() != word.upper()
    return not is_short and word not in _NO_MONTHS and find_month(word) is not None


def _find_figures(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end index of each figure in a text, with its currency, magnitudes and unit."""
    tokens = tokenize(text)
    ends = {
        tokens.found[numeral.first].start(): tokens.found[numeral.after - 1].end()
        for numeral in find_numerals(tokens, {})
    }
    after = 0
    for found in _NUMBER.finditer(text):
        if found.start() < after:
            # These digits are skipped, because they belong to the figure that was found before them, like the
            # 40 of "3 lakh 40".
            continue
        currency = _BEFORE.search(text, max(after, found.start() - 6), found.start())
        if not currency and _NAME_BEFORE.search(text[after : found.start()]):
            continue
        after = _find_end(text, found.start(), ends)
        if (between := _RANGE.match(text, after)) and not currency:
            after = _find_end(text, between.end(), ends)
        yield (currency or found).start(), after


def _find_end(text: str, start: int, ends: dict[int, int]) -> int:
    """Return the end index of the figure that begins at ``start`` in a text; magnitudes ("lakh") and a unit
    ("%") after the number belong to the figure.
    """
    number = _NUMBER.match(text, start)
    assert number  # noqa: S101  The caller has found a number at this index.
    end = max(start + len(number[0].rstrip(".,:/")), ends.get(start, 0))
    for unit in (_GLUED, _AFTER):
        if found := unit.match(text, end):
            end = found.end()
    return end


def _find_names(text: str) -> Iterator[str]:
    """Yield the names in a text: words with capitals, unless a single one begins a sentence."""
    for found in _NAME.finditer(text):
        words = found[0].split(" ")
        begins = _SENTENCE_START.search(text[: found.start()]) is not None
        while words and words[0].lower() in _OPENERS:
            del words[0]
            begins = False
        is_plain_word = len(words) == 1 and begins and not regex.search(r"\d", words[0])
        if not words or is_plain_word or _is_title_case(text, found.span(), len(words)):
            continue
        pieces = _POSSESSIVE.split(" ".join(words))
        yield from (name for each in pieces if len(name := each.strip(" '’-")) > 1)


def _is_title_case(text: str, span: tuple[int, int], count: int) -> bool:
    """Return whether the line around the ``count`` words with capitals at ``span`` is a headline in which all
    words have capitals, so that these words are no name.
    """
    start, end = text.rfind("\n", 0, span[0]) + 1, text.find("\n", span[1])
    line = text[start : end if end >= 0 else None].split()
    begins = not any(character.isalnum() for character in text[start : span[0]])
    return begins and count > _MOST_WORDS and count >= _MOST_OF_LINE * len(line)
