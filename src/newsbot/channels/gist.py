"""What a text comes down to when it is looked for: what platforms change when they show it is left out."""

import unicodedata

__all__ = ["gist", "resembles"]

_RUN = 4  # letters: two texts about different things share few runs of so many, in any language
_ENOUGH = 0.5  # of the shorter one's runs
_SELECTORS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"


def gist(text: str) -> str:
    """In NFC, without white space, invisible signs (directions, joiners) and emoji's variation selectors.

    Two texts that people would tell apart differ in more than these.
    """
    return "".join(char for char in unicodedata.normalize("NFC", text) if _counts(char))


def resembles(one: str, other: str) -> bool:
    """Might a platform have made one of the other? Generous, as a wrong no would send a post twice.

    Letters and digits alone count; where one text has hardly any, it may be anything.
    """
    runs, others = _runs(one), _runs(other)
    return len(runs & others) >= _ENOUGH * min(len(runs), len(others))


def _runs(text: str) -> set[str]:
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return {letters[at : at + _RUN] for at in range(len(letters) - _RUN + 1)}


def _counts(char: str) -> bool:
    return not char.isspace() and char not in _SELECTORS and unicodedata.category(char) not in {"Cc", "Cf"}
