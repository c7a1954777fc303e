"""Channels and sources by the names that people type, whole or in part, for desk and command line."""

from collections.abc import Callable, Collection, Iterator
from typing import Literal

from newsbot.config.error_text import nearest
from newsbot.errors import UsageError

__all__ = ["NameKind", "UnknownName", "find_name", "find_names"]

NameKind = Literal["channel", "source"]

_BETWEEN = "-_. "


class UnknownName(UsageError):  # noqa: N818  a decision
    """Nothing has the name ``text``, or several have it in theirs: ``fits``, in config.yaml's order.

    ``known`` are all names there are.
    """

    def __init__(self, what: NameKind, text: str, known: Collection[str], fits: Collection[str]) -> None:
        self.what = what
        self.text = text
        self.known = tuple(known)
        self.fits = tuple(fits)
        super().__init__(self._format_message())

    def _format_message(self) -> str:
        if self.fits:
            return f"{self.text!r} fits {', '.join(self.fits)}: write more of the {self.what}'s name"
        mend = nearest(self.text, self.known, _list_names)
        return f"there is no {self.what} {self.text!r}. {mend}"


def _list_names(names: list[str]) -> str:
    return f"There are {', '.join(names)}." if names else "There is none."


def find_name(text: str, known: Collection[str], what: NameKind = "channel") -> str:
    """Return the name that is ``text``, else the only one that has it in it; letters by any case.

    What a word of a name begins with, or a name ends in, goes before what stands inside a word: ``x`` is
    ``x-main``, also beside ``next``.

    Raises:
        UnknownName: there is none, or several.
    """
    wanted = text.strip().casefold()
    for fits in _list_matches(wanted, known) if wanted else ():
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise UnknownName(what, text, known, fits)
    raise UnknownName(what, text, known, ())


def find_names(text: str | None, known: Collection[str]) -> list[str]:
    """Return the channel that is meant; all for None and ``all``.

    Raises:
        UnknownName: there is none, or several.
    """
    return list(known) if text is None or text.lower() == "all" else [find_name(text, known)]


def _list_matches(wanted: str, known: Collection[str]) -> Iterator[list[str]]:
    """Yield what fits, from the strictest reading to the loosest."""
    readings: tuple[Callable[[str], bool], ...] = (
        lambda name: name == wanted,
        lambda name: name.casefold() == wanted,
        lambda name: name.casefold().endswith(wanted) or _is_word_start(name.casefold(), wanted),
        lambda name: wanted in name.casefold(),
    )
    for fits in readings:
        yield [name for name in known if fits(name)]


def _is_word_start(name: str, wanted: str) -> bool:
    at = name.find(wanted)
    while at > 0 and name[at - 1] not in _BETWEEN:
        at = name.find(wanted, at + 1)
    return at >= 0
