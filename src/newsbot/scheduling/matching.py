"""What editors look for in an article: words, or ``/patterns/``.

Words are found whole, in any case and script: written with or without vowel signs, soft hyphens, joiners and
the Arabic or Urdu form of a letter. In scripts without spaces between words they are found anywhere.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

__all__ = ["Term", "TooSlow", "parse_term"]

_LONGEST = 500  # characters of a term: a longer one is a mistake
_SECONDS = 0.25  # of the processor, for one pattern in one text
_UNSEEN = regex.compile(
    r"[\p{Cf}\u0640\u064b-\u065f\u0670]"
)  # soft hyphens, joiners, marks; tatweel, vowel signs
_ONE_LETTER = str.maketrans(
    "\u064a\u0649\u0643", "\u06cc\u06cc\u06a9"
)  # Arabic yeh, alef maksura and kaf as Urdu's
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_IN_WORD = r"[\p{L}\p{M}\p{N}_]"


class TooSlow(Exception):  # noqa: N818  says what happened; never leaves scheduling
    """A pattern needs more time for this text than it gets."""


@dataclass(frozen=True, slots=True)
class Term:
    """``written`` is as it stands in config.yaml."""

    written: str
    pattern: Any  # regex has no public type for it

    def __str__(self) -> str:
        return self.written

    def found(self, text: str) -> bool:
        """Is it in ``text``?

        Raises:
            TooSlow: nobody knows.
        """
        looked = text if self.is_pattern else _folded(text)
        try:
            return self.pattern.search(looked, timeout=_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise TooSlow(self.written) from None

    def is_whole(self, text: str) -> bool:
        """Is it all of ``text``? A pattern need only be in it.

        Raises:
            TooSlow: nobody knows.
        """
        return self.found(text) if self.is_pattern else _folded(text).split() == _folded(self.written).split()

    @property
    def is_pattern(self) -> bool:
        return self.written.startswith("/")


def parse_term(text: str) -> Term:
    """Words, or a regular expression between slashes; raises ValueError with what to write."""
    if len(text) > _LONGEST:
        raise ValueError(f"is over {_LONGEST} characters: write several, in brackets")
    if text.startswith("/"):
        return _pattern(text)
    words = _folded(text).split()
    if not words:
        raise ValueError("has no words: write some, or a pattern between slashes, like /dead|killed/")
    together = r"\s+".join(map(regex.escape, words))
    before, after = (_edge(words[0][0]), _edge(words[-1][-1]))
    start = rf"(?<!{_IN_WORD})" if before else ""
    end = rf"(?!{_IN_WORD})" if after else ""
    return Term(text, regex.compile(start + together + end))


def _edge(letter: str) -> bool:
    """Does a word end where this letter has no other beside it?"""
    return bool(regex.match(_IN_WORD, letter)) and not regex.match(_UNSPACED, letter)


def _pattern(text: str) -> Term:
    inner = text[1:-1]
    if len(text) < 3 or not text.endswith("/"):  # noqa: PLR2004  two slashes and something between
        raise ValueError(f"{text!r} begins a pattern that never ends: write it like /dead|killed/")
    try:
        found = regex.compile(inner, regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(
            f"{text!r} is no regular expression ({error}): write it like /dead|killed/"
        ) from None
    if found.search("", timeout=_SECONDS):
        raise ValueError(f"{text!r} is found in everything: write what has to be there, like /dead|killed/")
    return Term(text, found)


@lru_cache(maxsize=8)  # the rules of an article look at the same few texts
def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    return unicodedata.normalize("NFC", folded).translate(_ONE_LETTER)
