"""The keys and sketches of texts, by which they are stored, looked up and compared.

A sketch is the smallest hashes of a text's runs of four words (Broder's bottom-k sketch): the share of hashes
that two sketches have in common estimates the share of runs that the texts have in common. Two similar texts
also share most of their very smallest hashes, so an index of these finds similar texts without reading them.
"""

import re
import unicodedata
from hashlib import blake2b
from zlib import crc32

__all__ = [
    "ENOUGH",
    "MARKS",
    "announces_more",
    "count_words",
    "estimate_likeness",
    "is_contained",
    "is_long_enough",
    "list_text_marks",
    "mark",
    "sketch",
    "split_words",
    "text_key",
]

ENOUGH = 25
"""The words that a text needs to identify its article: different articles may share a shorter text."""

MARKS = 8
"""The number of smallest hashes that a text is looked up by: texts that are 80 % alike share four of them."""

_RUN = 4  # words
_KEPT = 64  # hashes of a sketch: the error of the estimate is some 5 %
_LONG = 37  # hashes of a text of 40 words: a shorter text can't be identified by its sketch alone
_HASH = 8  # hexadecimal digits of a hash
_UNSPACED = (  # In scripts without spaces every character counts as a word.
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_HIDDEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")

_ANNOUNCES = re.compile(  # a colon of any script, or Hindi's visarga typed for one, or an arrow down
    "(?:[:\uff1a\ufe55\ufe13\ufe30\u2236\u1365\u1366\u1804][-\u2010-\u2015.\u06d4\u0964\u3002]*|\u0903"
    "|[\u2193\u2935\u25bc\u25be\u2b07\U0001f447][\ufe0f\U0001f3fb-\U0001f3ff]*)[\\s\"'\u201d\u2019\u00bb*_]*$"
)
_ENDING = 20  # characters that are searched at the end of a text


def announces_more(text: str) -> bool:
    """Return whether a text ends with a mark that announces something, like "The main points are:"."""
    return _ANNOUNCES.search(_HIDDEN.sub("", text[-_ENDING:])) is not None


def split_words(text: str) -> list[str]:
    """Split a text into case-folded words without punctuation, soft hyphens and direction marks."""
    return _WORD.findall(_HIDDEN.sub("", unicodedata.normalize("NFKC", text)).casefold())


def count_words(words: list[str]) -> int:
    """Count words as a reader would: two characters of a script without spaces are about one word."""
    # U+0E00, where the Thai block begins, is the lowest character of _UNSPACED.
    single = sum(1 for word in words if len(word) == 1 and ord(word) >= 0x0E00)  # noqa: PLR2004  Thai
    return len(words) - single // 2


def text_key(words: list[str]) -> str | None:
    """Return a hash of 128 bits that identifies the text; None for a text without words."""
    return _hash_text("\n".join(("text", *words))) if words else None


def sketch(words: list[str]) -> str | None:
    """Return the sketch in hexadecimal, smallest hash first; None for a text without words."""
    if not words:
        return None
    runs = {_hash_words(words[n : n + _RUN]) for n in range(max(1, len(words) - _RUN + 1))}
    return "".join(f"{number:08x}" for number in sorted(runs)[:_KEPT])


def estimate_likeness(one: str | None, other: str | None) -> float:
    """Estimate from two sketches which share of all runs of words the two texts have in common, 0 to 1."""
    mine, others = _split_hashes(one), _split_hashes(other)
    if not mine or not others:
        return 0.0
    union = sorted(mine | others)[: min(_KEPT, max(len(mine), len(others), _count_union(mine, others)))]
    return sum(number in mine and number in others for number in union) / len(union)


def is_contained(one: str | None, other: str | None) -> bool:
    """Return whether nearly all of the shorter text is in the longer one, like a teaser in its article."""
    mine, others = sorted((_split_hashes(one), _split_hashes(other)), key=len)
    if not mine:
        return False
    highest = max(others) if len(others) == _KEPT else "f" * _HASH
    known = [number for number in mine if number <= highest]
    return bool(known) and sum(number in others for number in known) >= 0.8 * len(known)


def is_long_enough(sketched: str | None) -> bool:
    """Return whether a text is long enough (40 words) to be identified by its sketch."""
    return len(sketched or "") >= _LONG * _HASH


def list_text_marks(sketched: str | None) -> list[int]:
    """Return the numbers by which similar texts are looked up; none for a short text."""
    if sketched is None or not is_long_enough(sketched):
        return []
    return [int(sketched[start : start + _HASH], 16) for start in range(0, MARKS * _HASH, _HASH)]


def mark(kind: str, *of: str) -> int:
    """Return the number to look up a title or guid by; it exceeds 32 bits, unlike the numbers of texts."""
    digest = blake2b("\n".join((kind, *of)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest) >> 2) | 1 << 61


def _count_union(mine: set[str], others: set[str]) -> int:
    """Count the union of two sketches if both are complete, as for short texts; return 0 otherwise."""
    return len(mine | others) if max(len(mine), len(others)) < _KEPT else 0


def _hash_words(words: list[str]) -> int:
    return crc32(" ".join(words).encode("utf-8", "replace"))


def _split_hashes(sketched: str | None) -> set[str]:
    text = sketched or ""
    return {text[start : start + _HASH] for start in range(0, len(text), _HASH)}


def _hash_text(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
