"""Split articles and sentences for their comparison: into sentences, words, and the stems of words."""

# ruff: noqa: RUF001  The patterns have letters of other scripts on purpose.

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log

import regex

from newsbot.summarizers.anaphora import guess_language
from newsbot.summarizers.quotations import find_in
from newsbot.summarizers.sentences import split

__all__ = ["Passage", "SourceText", "Word", "fold", "read_passage", "read_source", "to_stem"]

RECENT = (
    16  # The words of this many articles are cached, because an article's sentences are checked together.
)
_WORD = regex.compile(
    r"(?:\p{Lu}\.){2,}|\p{Han}+|[\p{Katakana}ー・]+|\p{Hiragana}+"
    r"|[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+"
    r"(?:['’.,٫٬-](?=[\p{L}\p{N}])[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+)*",
    regex.VERSION1,
)
_MARKS = regex.compile(r"[\u064b-\u065f\u0670\u0640\u06d6-\u06ed\u200b-\u200f\u2060-\u206f]")
_ACCENTS = regex.compile(r"[\u0300-\u036f]")
_LETTERS = str.maketrans("يىكةۃأإآؤۂۀ’", "ییکههااا" + "وہہ'")
_PLAIN = str.maketrans("هۃ", "ہہ")
_ENDINGS = {
    "latin": regex.compile(r"(?:'s|s'|ies|ied|ing|edly|ed|ly|es|s|e|y|n't)$"),
    "cyrillic": regex.compile(
        r"(?:иями|ями|ами|иях|ого|его|ому|ему|ыми|ими|ость|ости|ый|ий|ой|ая|яя|ое|ее|ые|ие|ую|юю|ых|их|ым|им|ом|ем"
        r"|ах|ях|ов|ев|ей|ам|ям|ть|ла|ло|ли|ет|ют|ит|ат|ят|ся|а|я|о|е|и|ы|у|ю|ь|й|л)$"
    ),
    "arabic": regex.compile(r"(?:یوں|ؤں|وں|یں|یاں|ات|ون|ین|ان|ہا|ہم|ے|ا|ی|ہ)$"),
    "devanagari": regex.compile(r"(?:ियों|ियां|ियाँ|ाओं|ों|ें|ाएं|ां|ाँ|े|ा|ी|ि|ो|ू)$"),
}
_ARABIC_PREFIX = regex.compile(r"^(?:[وف]?(?:بال|کال|لل|ال)|[وف](?=\w{4}))(?=\w{3})")
# Scripts from this character on have no spaces between words, so each group of this many neighbouring
# characters is compared as a word.
_UNSPACED, _PAIR = "\u2e80", 2
# A word is cut to a stem of at least as many letters as the first constant says and, in Latin and Cyrillic
# script, at most as many as the second says.
_LEAST, _LONGEST = 3, 6


@dataclass(frozen=True, slots=True)
class Word:
    """A word or number in a sentence: the ``text`` as written, the ``key`` that is the same for all
    spellings, the stem, and the start and end index in the sentence.
    """

    text: str
    key: str
    stem: str
    start: int
    end: int

    @property
    def has_capital(self) -> bool:
        return self.text[0].isupper()


@dataclass(frozen=True, eq=False, repr=False)
class Passage:
    """A sentence of the article or of a model's summary, split into its words."""

    text: str
    words: tuple[Word, ...]

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stem for word in self.words for stem in _split_stems(word.stem))

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(word.key for word in self.words)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """A mapping of each word stem in the sentence to the indices of the words that have this stem."""
        found = defaultdict[str, list[int]](list)
        for at, word in enumerate(self.words):
            for stem in _split_stems(word.stem):
                found[stem].append(at)
        return dict(found)

    def find_index(self, start: int) -> int:
        """Return the index of the word at the character index ``start`` of the sentence or, if no word is
        there, of the next word.
        """
        return next((at for at, word in enumerate(self.words) if word.end > start), len(self.words) - 1)

    @cached_property
    def quoted(self) -> tuple[tuple[int, int], ...]:
        """The start and end index of each quotation in the sentence."""
        return tuple(find_in(self.text).spans.get(0, ()))

    def is_quoted(self, at: int) -> bool:
        """Return whether the character with index ``at`` is inside a quotation."""
        return any(start <= at < end for start, end in self.quoted)


@dataclass(frozen=True, eq=False, repr=False)
class SourceText:
    """An article's sentences, with the weight of each word stem: a stem that few of the sentences have says
    more about which sentence is meant.
    """

    text: str
    language: str
    passages: tuple[Passage, ...]

    @cached_property
    def plain(self) -> str:
        """The article's text with all spellings of a word in one form, to search for phrases."""
        return to_plain(self.text)

    @cached_property
    def counts(self) -> Counter[str]:
        """A mapping of each word stem to the number of the article's sentences that have this stem."""
        return Counter(stem for passage in self.passages for stem in passage.stems)

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset().union(*(passage.keys for passage in self.passages))

    @cached_property
    def weights(self) -> dict[str, float]:
        """The weight of each word stem of the article, as `weigh` explains it."""
        return {
            stem: log((len(self.passages) + 1) / (count + 0.5)) + 0.1 for stem, count in self.counts.items()
        }

    def weigh(self, stem: str) -> float:
        """Return the weight of a word stem when a model's sentence is compared with the article's sentences:
        the fewer of the article's sentences have the stem, the higher its weight.

        A stem that the article lacks has the highest weight.
        """
        return self.weights.get(stem) or log((len(self.passages) + 1) / 0.5) + 0.1

    def weigh_all(self, stems: Iterable[str]) -> float:
        return sum(map(self.weigh, stems))


def fold(text: str) -> str:
    """Return a word in one form for all spellings: case, width, digits, Arabic letters and vowel signs."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded < "\u0250":
        # Accents of Latin letters are removed, because many people leave them out.
        folded = _ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    folded = _MARKS.sub("", folded).translate(_LETTERS).translate(_PLAIN)
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in folded)


def to_plain(text: str) -> str:
    """Return a text's words in one form for all spellings, separated by single spaces."""
    return " ".join(fold(found[0]) for found in _WORD.finditer(text))


def _split_stems(stem: str) -> Iterable[str]:
    """Return the parts of a word's stem by which the word is compared with other words: each pair of
    characters in a script without spaces between words, else the whole stem.
    """
    if len(stem) < _PAIR or stem[0] < _UNSPACED:
        return (stem,)
    return (stem[at : at + _PAIR] for at in range(len(stem) - 1))


@lru_cache(maxsize=20_000)
def to_stem(key: str) -> str:
    """Return the stem of a word ``key``; two forms of a word ("killed", "kills") have the same stem."""
    if not key or key[0].isdecimal() or len(key) <= _LEAST:
        return key
    if "\u0600" <= key[0] <= "\u06ff":
        stem = _ENDINGS["arabic"].sub("", _ARABIC_PREFIX.sub("", key))
    elif "\u0900" <= key[0] <= "\u097f":
        stem = _ENDINGS["devanagari"].sub("", key)
    elif "\u0400" <= key[0] <= "\u04ff":
        stem = _ENDINGS["cyrillic"].sub("", key)[:_LONGEST]
    elif key[0] >= _UNSPACED:
        return key
    else:
        stem = _ENDINGS["latin"].sub("", key)
        stem = stem[:-1] if len(stem) > _LEAST and stem[-1] == stem[-2] else stem
        stem = stem[:_LONGEST]
    return stem if len(stem) >= _LEAST else key


def read_passage(text: str) -> Passage:
    """Split a sentence into its words."""
    return Passage(text, tuple(_read_words(text)))


def _read_words(text: str) -> Iterable[Word]:
    for found in _WORD.finditer(text):
        key = fold(found[0]).removesuffix("'s")
        yield Word(found[0], key, to_stem(key), found.start(), found.end())


@lru_cache(maxsize=RECENT)
def read_source(text: str, language: str | None) -> SourceText:
    """Split an article into its sentences and their words.

    The language of ``text`` is guessed if it is None. The returned object is cached, so callers must not
    change it.
    """
    code = (language or guess_language(text) or "en").lower().replace("_", "-").partition("-")[0]
    sentences: Sequence[str] = split(text, code)
    return SourceText(text, code, tuple(map(read_passage, sentences)))
