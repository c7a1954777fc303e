"""What a text comes down to when it is looked for: what platforms change when they show it is left out."""

import unicodedata

__all__ = ["gist"]

_SELECTORS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"


def gist(text: str) -> str:
    """In NFC, without white space, invisible signs (directions, joiners) and emoji's variation selectors.

    Two texts that people would tell apart differ in more than these.
    """
    return "".join(char for char in unicodedata.normalize("NFC", text) if _counts(char))


def _counts(char: str) -> bool:
    return not char.isspace() and char not in _SELECTORS and unicodedata.category(char) not in {"Cc", "Cf"}
