"""Which runs of code points X counts as one emoji."""

import re
from importlib.resources import files

__all__ = ["EMOJI"]

_JOINER = "\u200d"
_VARIANT = "\ufe0f"  # variation selector 16: shown as a picture
_TONE = "[\U0001f3fb-\U0001f3ff]"


def _read_table() -> dict[str, list[str]]:
    """The entries of ``emoji.txt`` behind each name."""
    lines = files(__package__).joinpath("emoji.txt").read_text("utf-8").splitlines()
    table: dict[str, list[str]] = {}
    for word in " ".join(line for line in lines if not line.startswith("#")).split():
        if word.endswith(":"):
            entries = table.setdefault(word.removesuffix(":"), [])
        else:
            entries.append(word)
    return table


def _one_of(entries: list[str]) -> str:
    """A character class, given as ``231A`` or ``2194-2199``."""
    spans = (entry.partition("-") for entry in entries)
    return "[" + "".join(f"{chr(int(a, 16))}-{chr(int(b or a, 16))}" for a, _, b in spans) + "]"


def _sequence(codes: str) -> str:
    """``1F468-2764*-1F468``: joined by U+200D, a star is U+FE0F."""
    parts = codes.split("-")
    return _JOINER.join(chr(int(part.rstrip("*"), 16)) + _VARIANT * part.endswith("*") for part in parts)


def _flag(letters: str) -> str:
    return "".join(chr(ord(letter) - ord("A") + 0x1F1E6) for letter in letters)


def _by_first(sequences: list[str]) -> str:
    """Alternatives by their first character, so that a text is looked at once; longer ones first."""
    tails: dict[str, list[str]] = {}
    for sequence in sorted(sequences, key=lambda each: (-len(each), each)):
        tails.setdefault(sequence[0], []).append(sequence[1:])
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in tails.items())


def _pattern() -> str:
    table = _read_table()
    gender = f"{_JOINER}[\u2640\u2642]{_VARIANT}"
    at_work = "|".join(map(_sequence, table["work"]))
    nations = "|".join(
        "".join(chr(ord(letter) - ord("a") + 0xE0061) for letter in name) for name in table["nations"]
    )
    return "|".join(
        (
            f"[\U0001f468\U0001f469]{_TONE}?{_JOINER}(?:{at_work})",
            f"{_one_of(table['gendered-if-marked'])}(?:{_TONE}|{_VARIANT}){gender}",
            f"{_one_of(table['gendered'])}{_TONE}?{gender}",
            _by_first([_sequence(codes) for codes in table["joined"]]),
            f"[#*0-9]{_VARIANT}?\u20e3",
            f"{_one_of(table['toned-and-marked'])}{_VARIANT}?{_TONE}?",
            f"{_one_of(table['marked'])}{_VARIANT}",
            f"{_one_of(table['toned'])}{_TONE}",
            f"\U0001f3f4(?:{nations})\U000e007f",
            _by_first([_flag(letters) for letters in table["flags"]]),
        )
    )


EMOJI = re.compile(_pattern())
"""One emoji that counts as something else than the sum of its code points."""
