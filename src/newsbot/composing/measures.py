"""Functions that count the length of a text, each as one of the platforms does."""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

import regex

from newsbot.composing.urls import ALL, SplitUrl, Url, find_urls

__all__ = [
    "URL_WEIGHT",
    "count_bytes",
    "count_characters",
    "count_graphemes",
    "count_utf16_units",
    "count_weighted",
    "find_possible_links",
]

_GRAPHEME = regex.compile(r"\X")
_JOINER = "\u200d"
# Behind some characters, the variation selector 16 (U+FE0F) makes an emoji, a coloured picture, of the
# character.
_VARIANT = "\ufe0f"
_TONE = "[\U0001f3fb-\U0001f3ff]"


def _read_table() -> dict[str, list[str]]:
    """Return the entries of the file ``emoji.txt`` as lists, by their heading in the file."""
    lines = files(__package__).joinpath("emoji.txt").read_text("utf-8").splitlines()
    table: dict[str, list[str]] = {}
    for word in " ".join(line for line in lines if not line.startswith("#")).split():
        if word.endswith(":"):
            entries = table.setdefault(word.removesuffix(":"), [])
        else:
            entries.append(word)
    return table


def _character_class(entries: list[str]) -> str:
    """Return a regular expression's character class for code points as ``emoji.txt`` writes them, like
    ``231A`` or ``2194-2199``.
    """
    spans = (entry.partition("-") for entry in entries)
    return "[" + "".join(f"{chr(int(a, 16))}-{chr(int(b or a, 16))}" for a, _, b in spans) + "]"


def _sequence_pattern(codes: str) -> str:
    """Return the emoji of an entry like ``1F468-2764*-1F468``: its characters, joined by U+200D.

    A star stands for U+FE0F.
    """
    parts = codes.split("-")
    return _JOINER.join(chr(int(part.rstrip("*"), 16)) + _VARIANT * part.endswith("*") for part in parts)


def _flag_pattern(letters: str) -> str:
    return "".join(chr(ord(letter) - ord("A") + 0x1F1E6) for letter in letters)


def _group_by_first_character(sequences: list[str]) -> str:
    """Return a regular expression that matches any of the emoji ``sequences``.

    The sequences are grouped by first character to match fast. Longer sequences come first, so that a shorter
    one does not match in their place.
    """
    tails: dict[str, list[str]] = {}
    for sequence in sorted(sequences, key=lambda each: (-len(each), each)):
        tails.setdefault(sequence[0], []).append(sequence[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in tails.items())


def _emoji_pattern() -> str:
    table = _read_table()
    gender = f"{_JOINER}[\u2640\u2642]{_VARIANT}"
    at_work = "|".join(map(_sequence_pattern, table["work"]))
    nations = "|".join(
        "".join(chr(ord(letter) - ord("a") + 0xE0061) for letter in name) for name in table["nations"]
    )
    return "|".join(
        (
            f"[\U0001f468\U0001f469]{_TONE}?{_JOINER}(?:{at_work})",
            f"{_character_class(table['gendered-if-marked'])}(?:{_TONE}|{_VARIANT}){gender}",
            f"{_character_class(table['gendered'])}{_TONE}?{gender}",
            _group_by_first_character([_sequence_pattern(codes) for codes in table["joined"]]),
            f"[#*0-9]{_VARIANT}?\u20e3",
            f"{_character_class(table['toned-and-marked'])}{_VARIANT}?{_TONE}?",
            f"{_character_class(table['marked'])}{_VARIANT}",
            f"{_character_class(table['toned'])}{_TONE}",
            f"\U0001f3f4(?:{nations})\U000e007f",
            _group_by_first_character([_flag_pattern(letters) for letters in table["flags"]]),
        )
    )


_EMOJI = re.compile(_emoji_pattern())
"""The pattern of one emoji that X counts as 2, although it has several code points."""


URL_WEIGHT = 23
# The lengths of this many texts, as X counts them, are cached, because a post's text is measured repeatedly.
_RECENT = 50

_LIGHT = re.compile("[\\u0000-\\u10FF\\u2000-\\u200D\\u2010-\\u201F\\u2032-\\u2037]")
_MAYBE_EMOJI = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e007f]")
_PROTOCOL = re.compile("https?://[^\\s/]\\S*", re.IGNORECASE)


def count_characters(text: str) -> int:
    """Return the length of a text in Unicode code points."""
    return len(text)


def count_graphemes(text: str) -> int:
    """Return the length of a text in graphemes: a letter with its marks counts 1, and a whole emoji 1."""
    return len(text) if text.isascii() and "\r" not in text else sum(1 for _ in _GRAPHEME.finditer(text))


def count_utf16_units(text: str) -> int:
    """Return the length of a text in UTF-16 units, as Telegram counts: two for a character above U+FFFF."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def count_bytes(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=_RECENT)
def count_weighted(text: str) -> int:
    """Return a text's length as X counts it (twitter-text's config v3), in linear time.

    Each URL counts 23, and each emoji 2. Any other character counts 1 if it is in the ranges that v3 names
    (Latin to Georgian, most general punctuation), and 2 if not. The result is the same as that of
    ``parseTweet`` in X's own JavaScript library (docs/adr/0023).
    """
    text = unicodedata.normalize("NFC", text)
    total, done = 0, 0
    for url in find_urls(text):
        total += _weigh_text(text[done : url.start]) + URL_WEIGHT
        total += 2 * isinstance(url, SplitUrl)
        done = url.end
    return total + _weigh_text(text[done:])


def _weigh_text(text: str) -> int:
    if text.isascii():
        return len(text)
    plain, emoji = _EMOJI.subn("", text) if _MAYBE_EMOJI.search(text) else (text, 0)
    return 2 * emoji + 2 * len(plain) - len(_LIGHT.findall(plain))


def find_possible_links(text: str) -> list[str]:
    """Return the words in a text that X may turn into links; X charges more for posts with links.

    The result has all URLs that X counts as URLs, names under newer top-level domains, and everything after
    ``http://`` or ``https://``, because no list of top-level domains is complete.
    """
    text = unicodedata.normalize("NFC", text)
    found: list[str] = []
    done = 0
    for url in [*find_urls(text, ALL), Url(len(text), len(text))]:
        found += _PROTOCOL.findall(text, done, url.start)
        found.append(text[url.start : url.end])
        done = url.end
    return found[:-1]
