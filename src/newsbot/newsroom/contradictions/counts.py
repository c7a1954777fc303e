"""The numbers of an article that count something, and the words by which two sentences are compared."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

from typing import NamedTuple

import regex

from newsbot.newsroom.contradictions.dates import find_dates
from newsbot.newsroom.contradictions.passages import ExaminedSentence, shorten
from newsbot.summarizers.numbers import CASUALTIES, Numeral
from newsbot.summarizers.sentences import words

__all__ = ["EAST", "NAME", "UNCASED", "Count", "content", "find_counts", "has_number", "quote", "stem"]

EAST = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
UNCASED = regex.compile(r"[\p{Arabic}\p{Devanagari}\p{Han}\p{Hangul}]")
NAME = regex.compile(r"(?<=[\p{L}\p{N},;)]\s)\p{Lu}[\p{L}\p{M}]{2,}")
"""The pattern of a word with a capital letter that does not begin its sentence."""

_STEM, _LEAST = 5, 4  # Two words count as the same if this many of their first letters are the same.
_SHORT = 3  # A word with so few letters is hardly a sentence's subject.
_NEAR = 5  # A word for casualties this near behind a number says what it counts.
_THINGS = 3  # What a number counts is among this many words behind it.
_PERCENT = frozenset(["percent", "per", "prozent", "فیصد"])
_EAST_CASUALTIES = {
    "=0": regex.compile(r"人(?:が|の)?(?:死亡|死者|犠牲|亡くな)"),
    "=1": regex.compile(r"人(?:が|の)?(?:けが|負傷|重軽傷|重傷|軽傷)"),
}
_YEAR = regex.compile(r"(?:19|20)\d\d")
# What follows a number that counts nothing: a time of day, an ordinal, an age, a part of a longer number.
_BEHIND_OTHERS = regex.compile(
    r"\s?(?:[ap]\.?m\b|st\b|nd\b|rd\b|th\b|º|°|:|/|年|月|日|時|歳|Uhr\b|بجے|h\b|[-–]\d|[-–]year|-)"
)
_BEFORE_OTHERS = regex.compile(
    r"(?:\b(?:[Nn]o|[Nn]r|Article|Section|Chapter|Flight|Route|Channel|Page|Room|Group|Round|Day|Season|Episode"
    r"|Grade|Level|Phase|Part|Stage|aged?)\.?\s|[\p{L}\d]-|[#№$€£¥₹]\s?|[:/])$"
)
# A name with a number, like "Boeing 737", has no counted thing behind it.
_NAMED = regex.compile(r"\p{Lu}\p{L}+\s$")
_THING_BEHIND = regex.compile(r"\s?[\p{L}%]")


class Count(NamedTuple):
    """A number that counts something; ``things`` are the stems of what it counts, or the casualties' kind."""

    values: frozenset[float]
    things: frozenset[str]
    passage: ExaminedSentence
    start: int
    end: int

    @property
    def value(self) -> float:
        """The number's value, the least one where it may have two."""
        return min(self.values)

    @property
    def is_share(self) -> bool:
        """Return whether the number is a percentage."""
        return "%" in self.things

    @property
    def casualties(self) -> frozenset[str]:
        """The kinds of casualties that the number counts."""
        return frozenset(thing for thing in self.things if thing.startswith("="))


def stem(word: str) -> str:
    """Return the letters of a word by which its forms are compared: all but its ending."""
    longest = _LEAST if UNCASED.search(word) else _STEM
    return word[: max(_LEAST, min(longest, len(word) - 2))].casefold()


def content(text: str) -> frozenset[str]:
    """Return the stems of a text's words that may say what it is about: no numbers and no short words."""
    return frozenset(
        stem(word)
        for word in words(text)
        if (len(word) > _SHORT or EAST.match(word)) and not word[0].isdecimal()
    )


def quote(count: Count) -> str:
    """Return the place of a number in its sentence, for a warning."""
    return shorten(count.passage.text, count.start, count.end)


def has_number(text: str, language: str) -> bool:
    """Return whether a text has a number, in digits or in words of its language."""
    return ExaminedSentence(text, language, 0).numerals != []


def find_counts(passage: ExaminedSentence) -> list[Count]:
    """Return the numbers of a passage that count things: no dates, ages, scores, names or ordinals."""
    if not passage.numerals:
        return []
    dates = find_dates(passage)
    found = []
    for numeral in passage.numerals:
        start, end = passage.span(numeral)
        in_date = any(each.start < end and start < each.end for each in dates)
        if not in_date and _counts(passage.text, start, end):
            found.append(Count(numeral.values, _find_things(passage, numeral), passage, start, end))
    return found


def _counts(text: str, start: int, end: int) -> bool:
    if _YEAR.fullmatch(text, start, end) or _BEHIND_OTHERS.match(text, end):
        return False
    before = text[max(0, start - 16) : start]
    named = _NAMED.search(before) and not _THING_BEHIND.match(text, end)
    return not (text[start].isdecimal() and (named or _BEFORE_OTHERS.search(before)))


def _find_things(passage: ExaminedSentence, numeral: Numeral) -> frozenset[str]:
    """Return the stems of the words behind a number, and the kinds of casualties that words near it name."""
    tokens, text = passage.tokens, passage.text
    if tokens.found[numeral.first]["sign"]:
        return frozenset(["%"])
    _, end = passage.span(numeral)
    if counter := EAST.match(text, end):
        kinds = (kind for kind, pattern in _EAST_CASUALTIES.items() if pattern.match(text, end))
        return frozenset([*kinds, counter[0]])
    near: list[str] = []
    for place in range(numeral.after, min(numeral.after + _NEAR, len(tokens.words))):
        if tokens.found[place]["stop"]:
            break
        near.append(tokens.words[place])
    if near and near[0] in _PERCENT:
        return frozenset(["%"])
    beside = [*tokens.words[max(0, numeral.first - 2) : numeral.first], *near]
    groups = (CASUALTIES[word] for word in beside if word in CASUALTIES)
    nouns = (stem(word) for word in near[:_THINGS] if len(word) > 2 and not word[0].isdecimal())  # noqa: PLR2004
    return frozenset([*groups, *nouns])
