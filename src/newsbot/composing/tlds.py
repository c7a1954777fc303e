"""The top-level domains, and where one stands in a text."""

import re
from collections.abc import Iterable
from importlib.resources import files

__all__ = ["ALL", "LINKED", "TopLevelDomains"]

_ALNUM = re.compile("[A-Za-z0-9]*")
_PUNYCODE = re.compile("xn--[-0-9a-z]+", re.IGNORECASE | re.ASCII)
_MAY_FOLLOW = re.compile("[^0-9a-zA-Z@+-]|\\Z")


class TopLevelDomains:
    """A list of them. Upper and lower case are the same, as JavaScript compares them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        unicode = sorted((name for name in self._names if not name.isascii()), key=len, reverse=True)
        self._unicode = {_fold(name): len(name) for name in unicode}
        self._starts = frozenset(name[0] for name in self._unicode)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def end(self, text: str, start: int, stop: int) -> int | None:
        """The end of the one that begins at ``start`` of ``text[:stop]``; None for none."""
        if _fold(text[start : start + 1]) in self._starts:
            for name, length in self._unicode.items():
                end = start + length
                if _fold(text[start : min(end, stop)]) == name and _MAY_FOLLOW.match(text, end, stop):
                    return end
        end = _ALNUM.match(text, start, stop).end()  # type: ignore[union-attr]  # it matches the empty string
        if end > start and text[start:end] in self and _MAY_FOLLOW.match(text, end, stop):
            return end
        punycode = _PUNYCODE.match(text, start, stop)
        return punycode.end() if punycode else None


def _fold(text: str) -> str:
    return "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    """As JavaScript folds case without its ``u`` flag: one to one, and never from another script to ASCII."""
    upper = character.upper()
    if len(upper) != 1 or (upper.isascii() and not character.isascii()):
        return character
    return upper


def _read_names() -> list[str]:
    text = files(__package__).joinpath("tlds.txt").read_text("utf-8")
    return " ".join(line for line in text.splitlines() if not line.startswith("#")).split()


_NAMES = _read_names()

LINKED = TopLevelDomains(name for name in _NAMES if not name.startswith("+"))
"""Those that twitter-text links, so that they count as a URL."""

ALL = TopLevelDomains(name.removeprefix("+") for name in _NAMES)
"""Those and the newer ones, which X may link."""
