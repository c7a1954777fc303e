"""The length of a text as each platform counts it."""

import re
import unicodedata
from collections.abc import Callable
from importlib.resources import files

from newsbot.composing.urls import ALL, SplitUrl, Url, find_urls

__all__ = ["EMOJI", "URL_WEIGHT", "measure", "telegram_length", "x_length", "x_urls"]

_JOINER = "\u200d"
_VARIANT = "\ufe0f"  # variation selector 16, which asks for a picture
_TONE = "[\U0001f3fb-\U0001f3ff]"


def _read_table() -> dict[str, list[str]]:
    """Return the entries of ``emoji.txt`` by their names."""
    lines = files(__package__).joinpath("emoji.txt").read_text("utf-8").splitlines()
    table: dict[str, list[str]] = {}
    for word in " ".join(line for line in lines if not line.startswith("#")).split():
        if word.endswith(":"):
            entries = table.setdefault(word.removesuffix(":"), [])
        else:
            entries.append(word)
    return table


def _character_class(entries: list[str]) -> str:
    """Return a pattern's character class for entries like ``231A`` or ``2194-2199``."""
    spans = (entry.partition("-") for entry in entries)
    return "[" + "".join(f"{chr(int(a, 16))}-{chr(int(b or a, 16))}" for a, _, b in spans) + "]"


def _sequence_pattern(codes: str) -> str:
    """Return the characters of ``1F468-2764*-1F468``, joined by U+200D; a star stands for U+FE0F."""
    parts = codes.split("-")
    return _JOINER.join(chr(int(part.rstrip("*"), 16)) + _VARIANT * part.endswith("*") for part in parts)


def _flag_pattern(letters: str) -> str:
    return "".join(chr(ord(letter) - ord("A") + 0x1F1E6) for letter in letters)


def _group_by_first_character(sequences: list[str]) -> str:
    """Return a pattern that groups sequences by their first character, longer ones first, for one pass."""
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


EMOJI = re.compile(_emoji_pattern())
"""The pattern of one emoji whose length is not the sum of its code points."""


URL_WEIGHT = 23

_LIGHT = re.compile("[\\u0000-\\u10FF\\u2000-\\u200D\\u2010-\\u201F\\u2032-\\u2037]")
_MAYBE_EMOJI = re.compile("[\u200d\u20e3\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e007f]")
_PROTOCOL = re.compile("https?://[^\\s/]\\S*", re.IGNORECASE)
_TAG = re.compile("<[^<>]*>")
_ENTITY = re.compile("&(?:#(?:[xX]([0-9a-fA-F]+)|([0-9]+))|(lt|gt|amp|quot)(?![a-zA-Z0-9]));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LAST_CODE = 0x10FFFF


def x_length(text: str) -> int:
    """Return X's weighted length by twitter-text's config v3, in units of a Latin letter, in linear time.

    A URL is 23 whatever its length, an emoji 2 however many code points it has, and any other character 1 in
    the ranges that v3 names (Latin to Georgian, most general punctuation), else 2. The result is the same as
    that of ``parseTweet`` in X's own JavaScript library (docs/adr/0023).
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
    plain, emoji = EMOJI.subn("", text) if _MAYBE_EMOJI.search(text) else (text, 0)
    return 2 * emoji + 2 * len(plain) - len(_LIGHT.findall(plain))


def x_urls(text: str) -> list[str]:
    """Return what X may link, and so price as a link, with or without ``https://``.

    This is more than `x_length` counts as URLs: newer top-level domains, and everything with a protocol, even
    if its host is not known, because no list of top-level domains is complete.
    """
    text = unicodedata.normalize("NFC", text)
    found: list[str] = []
    done = 0
    for url in [*find_urls(text, ALL), Url(len(text), len(text))]:
        found += _PROTOCOL.findall(text, done, url.start)
        found.append(text[url.start : url.end])
        done = url.end
    return found[:-1]


def telegram_length(html: str) -> int:
    """Return the UTF-16 units of what Telegram shows for ``html``: tags gone, entities decoded, trimmed."""
    shown = _ENTITY.sub(_decode_entity, _TAG.sub("", html)).strip()
    return len(shown.encode("utf-16-le", "surrogatepass")) // 2


def _decode_entity(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal[:9])
    return chr(code) if 0 < code <= _LAST_CODE else match[0]


def measure(name: str) -> Callable[[str], int]:
    """Return the measure that a channel's limits name (`Limits.measure`)."""
    return {"telegram": telegram_length, "x": x_length, "plain": len}[name]
