"""Which runs of code points X counts as one emoji."""

from importlib.resources import files

import regex

__all__ = ["EMOJI"]

_JOINER = "\u200d"
_TONE = "[\U0001f3fb-\U0001f3ff]"
_TONED = (
    "[\\p{Emoji_Modifier_Base}--[\U0001f90c\U0001f91d\U0001f977\U0001fa70-\U0001ffff]]"  # 12.0 had not these
)
_NATIONS = (
    "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067",
    "\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074",
    "\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073",
)
"""England, Scotland, Wales, as tag characters behind a black flag."""
_HANDSHAKE = "\U0001f91d"  # the one joined sequence where both people may carry a skin tone


def _sequence(codes: str) -> str:
    """A pattern for one joined sequence, given as ``1F469-2695``: its tones and U+FE0F are optional."""
    first, *rest = (chr(int(code, 16)) for code in codes.split("-"))
    toned = len(rest) == 1 or rest[0] == _HANDSHAKE
    start = first + (f"(?:{_TONE}|\ufe0f)?" if toned else "\ufe0f?")
    last = f"{_TONE}?" if toned and len(rest) > 1 else ""
    return start + "".join(f"{_JOINER}{char}\ufe0f?" for char in rest) + last


def _flag(letters: str) -> str:
    return "".join(chr(ord(letter) - ord("A") + 0x1F1E6) for letter in letters)


def _by_first(patterns: list[str]) -> str:
    """Alternatives told apart by their first character, so that a text is looked at once."""
    first = sorted({pattern[0] for pattern in patterns})
    tails = {char: [p[1:] for p in patterns if p[0] == char] for char in first}
    return "|".join(f"{char}(?:{'|'.join(tails[char])})" for char in first)


def _pattern() -> str:
    lines = files(__package__).joinpath("emoji.txt").read_text("utf-8").splitlines()
    flags, *joined = [line for line in lines if not line.startswith("#")]
    sequences = sorted(" ".join(joined).split(), key=len, reverse=True)
    return "|".join(
        (
            _by_first([_sequence(codes) for codes in sequences]),
            f"{_TONED}{_TONE}",
            "[0-9#*]\ufe0f?\u20e3",
            _by_first([_flag(letters) for letters in flags.split()]),
            f"\U0001f3f4(?:{'|'.join(_NATIONS)})\U000e007f",
            "[[\\p{Emoji}--\\p{Emoji_Presentation}]--[0-9#*]]\ufe0f?",
        )
    )


EMOJI = regex.compile(_pattern(), regex.V1)
"""One emoji that would count as something else than the sum of its code points."""
