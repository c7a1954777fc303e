"""The same text twice: from a feed and from the CMS behind it, or from an agency on two sites.

A sketch is the smallest hashes of a text's runs of four words (Broder's bottom-k sketch): the share that two
sketches have in common estimates the share that the texts do.
"""

import re
from zlib import crc32

__all__ = ["alike", "sketch"]

_RUN = 4  # words
_KEPT = 64  # hashes: the estimate is off by some 5 %
_LEAST = 40  # words; what is shorter says the same of different things
_ALIKE = 0.8
_WORD = re.compile(r"\w+")


def sketch(text: str) -> str | None:
    """Hexadecimal; None for a text too short to be known by it."""
    words = _WORD.findall(text.casefold())
    if len(words) < _LEAST:
        return None
    runs = {
        crc32(" ".join(words[n : n + _RUN]).encode("utf-8", "replace")) for n in range(len(words) - _RUN + 1)
    }
    return "".join(f"{number:08x}" for number in sorted(runs)[:_KEPT])


def alike(one: str, other: str) -> bool:
    """Are two sketches of texts that are nearly the same?"""
    mine, others = _hashes(one), _hashes(other)
    union = sorted(mine | others)[: min(_KEPT, max(len(mine), len(others)))]
    return sum(number in mine and number in others for number in union) >= _ALIKE * len(union)


def _hashes(text: str) -> set[str]:
    return {text[start : start + 8] for start in range(0, len(text), 8)}
