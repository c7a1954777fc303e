"""The sentences of an article with their numbers, and the search for words of a meaning among them."""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import islice
from typing import NamedTuple

import regex

from newsbot.files import load_toml
from newsbot.summarizers.numbers import WORDS, Numeral, Tokens, find_numerals, tokenize
from newsbot.summarizers.sentences import iterate_sentences

__all__ = ["Contradiction", "ExaminedSentence", "compile_words", "load_words", "read_passages", "shorten"]

_DATA = load_toml(__package__, "passages.toml")
_DIGIT = re.compile(r"\d")
_NUMBER = r"(?P<number>\d{1,3})"
_YEAR = r"(?<![\d.,:/-])(?P<year>(?:18|19|20)\d\d)(?![\d%]|[.,:]\d)"
# The number of characters of a place in a text that a warning quotes.
_QUOTED = 160
# No article has more text than this that is examined; what follows is a transcript or a list.
_MOST_SENTENCES = 150


class ExaminedSentence:
    """A sentence of an article, or its headline, with the numbers in it."""

    def __init__(self, text: str, language: str, index: int) -> None:
        self.text, self.language, self.index = text, language, index

    @cached_property
    def opening_lower(self) -> str:
        """The text with a small first letter, as words are inside of a sentence."""
        return self.text[:1].lower() + self.text[1:]

    @cached_property
    def tokens(self) -> Tokens:
        """The tokens (digits, words, punctuation) of the passage."""
        return tokenize(self.text)

    @cached_property
    def has_digits(self) -> bool:
        """Whether the passage has digits of any script."""
        return _DIGIT.search(self.text) is not None

    @cached_property
    def numerals(self) -> list[Numeral]:
        """The numbers of the passage, in digits and in words of its language."""
        return find_numerals(self.tokens, WORDS.get(self.language, WORDS["en"]))

    def span(self, numeral: Numeral) -> tuple[int, int]:
        """Return the index of a number's first character, and the index after its last one."""
        found = self.tokens.found
        return found[numeral.first].start(), found[numeral.after - 1].end()

    def has(self, meaning: str) -> bool:
        """Return whether the passage has a word of the meaning, which is a table of ``passages.toml``."""
        return compile_words(meaning, self.language).search(self.opening_lower) is not None

    def find_all(self, meaning: str) -> Iterator[regex.Match[str]]:
        """Yield the matches of a meaning's patterns; ``meaning`` is a table of ``passages.toml``."""
        yield from compile_words(meaning, self.language).finditer(self.text)


class Contradiction(NamedTuple):
    """Two places of an article that contradict each other; ``second`` is "" if one place contradicts itself.

    ``kind`` names what the contradiction is about. ``fact`` is what newsbot computed, such as the right sum.
    """

    kind: str
    first: str
    second: str = ""
    fact: str = ""


def read_passages(text: str, language: str, *, most: int = _MOST_SENTENCES) -> list[ExaminedSentence]:
    """Split an article's text into its sentences, without those after the first ``most``."""
    sentences = islice(iterate_sentences(text, language), most)
    return [ExaminedSentence(sentence, language, index) for index, sentence in enumerate(sentences)]


@cache
def compile_words(meaning: str, language: str) -> "regex.Pattern[str]":
    """Compile the patterns of a meaning for a language: its own, those of "all", and English ones as well
    where a language has none.
    """
    table = _DATA[meaning]
    lines = [line for key in ("all", language) for line in table.get(key, "").split("\n") if line]
    if not lines:
        lines = ["(?!)"]
    patterns = (_fill(line) for line in lines)
    return regex.compile("|".join(f"(?:{each})" for each in patterns))


def _fill(line: str) -> str:
    return line.replace("<N>", _NUMBER).replace("<Y>", _YEAR)


def load_words(meaning: str, language: str) -> str:
    """Return a language's own text in a table of ``passages.toml``; "" if it has none."""
    found: str = _DATA[meaning].get(language, "")
    return found


def shorten(text: str, start: int = 0, end: int | None = None) -> str:
    """Return at most 160 characters of a text, whole words around the characters ``start`` to ``end``."""
    text = text.strip()
    if len(text) <= _QUOTED:
        return text
    room = max(0, _QUOTED - ((end or start) - start)) // 2
    first, last = max(0, start - room), min(len(text), max(start - room, 0) + _QUOTED)
    if first:
        first = text.find(" ", first, start) + 1 or first
    if last < len(text):
        last = max(text.rfind(" ", end or start, last), 0) or last
    return f"{'…' if first else ''}{text[first:last].strip()}{'…' if last < len(text) else ''}"
