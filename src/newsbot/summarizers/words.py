"""Splitting of sentences into words of any script, to compare sentences with each other."""

import re
from functools import lru_cache
from string import ascii_letters, digits

import regex

__all__ = ["words"]

RECENT = 300  # sentences in the cache; the sentences of one article are split repeatedly
IN_WORDS = f"{ascii_letters}{digits}_'".encode()
LETTERS = bytes(byte if byte in IN_WORDS else ord(" ") for byte in range(256)).lower()
LONE = re.compile(r"'(?:(?<!\w')|(?!\w))", re.ASCII)  # a quotation mark, not an apostrophe in a word
BEYOND_LATIN = re.compile("[\u0300-\u1fff\u2070-\U0010ffff]")  # Curly quotes and dashes occur in Latin too.
PLAIN = re.compile(r"\w+(?:['’]\w+)*")  # noqa: RUF001  `re` is faster but cuts at combining marks.
WORD = regex.compile(r"\w+(?:['’]\w+)*")  # noqa: RUF001
UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+|[^\W_]+"
)
MAYBE_UNSPACED = re.compile("[\u0e00-\u1dff\u2e80-\U0010ffff]")  # Thai to Khmer, and Han and later


@lru_cache(maxsize=RECENT)
def words(sentence: str) -> tuple[str, ...]:
    """Return the words of a sentence in lower case.

    For scripts that don't separate words, or that attach particles to them, these are pairs of characters.
    """
    if sentence.isascii():
        return tuple(_ascii_words(sentence))
    if not BEYOND_LATIN.search(sentence):
        return tuple(PLAIN.findall(sentence.lower()))
    found = tuple(WORD.findall(sentence.lower()))
    if not MAYBE_UNSPACED.search(sentence):
        return found
    return tuple(
        part for word in found for part in (_character_pairs(word) if MAYBE_UNSPACED.search(word) else [word])
    )


def _ascii_words(sentence: str) -> list[str]:
    """Return the words of an ASCII sentence: the matches of `PLAIN`, in a third of its time."""
    if "'" in sentence:
        sentence = LONE.sub(" ", sentence)
    return sentence.encode().translate(LETTERS).decode().split()


def _character_pairs(word: str) -> list[str]:
    runs: list[str] = UNSPACED.findall(word)
    return [run[i : i + 2] for run in runs for i in range(max(1, len(run) - 1))]
