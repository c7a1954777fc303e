"""Find channels and sources by their name or a part of it,
for the desk (the editors' chat) and the command line.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Literal

from newsbot.config.checking import find_near_name
from newsbot.errors import UsageError
from newsbot.reasons import Reason, UsageCode, list_names

__all__ = ["UnknownName", "find_name", "find_names"]

NameKind = Literal["channel", "source"]

_BETWEEN = "-_. "
_UNKNOWN = {"channel": UsageCode.NO_SUCH_CHANNEL, "source": UsageCode.NO_SUCH_SOURCE}
_SEVERAL = {"channel": UsageCode.SEVERAL_CHANNELS, "source": UsageCode.SEVERAL_SOURCES}


class UnknownName(UsageError):  # noqa: N818  The name says what was decided, so it does not end in "Error".
    """The error that no channel or source has a name like ``text``, or that several do.

    ``fits`` are the names that match, in the order of config.yaml, and ``known`` are all names.
    """

    def __init__(self, what: NameKind, text: str, known: Collection[str], fits: Collection[str]) -> None:
        self.what = what
        self.text = text
        self.known = tuple(known)
        self.fits = tuple(fits)
        super().__init__(self._explain())

    def _explain(self) -> Reason:
        if self.fits:
            return _SEVERAL[self.what](name=repr(self.text), reasons=list_names(self.fits))
        return _UNKNOWN[self.what](name=repr(self.text), mend=_suggest_names(self.text, self.known))


def _suggest_names(text: str, known: Collection[str]) -> Reason:
    if meant := find_near_name(text, known):
        return UsageCode.DID_YOU_MEAN(name=meant)
    return UsageCode.THERE_ARE(reasons=list_names(sorted(known))) if known else UsageCode.THERE_IS_NONE()


def find_name(text: str, known: Collection[str], what: NameKind = "channel") -> str:
    """Return the channel's or source's name that equals ``text``, or else the only name that contains
    ``text``.

    Upper and lower case are not distinguished. A match at the start of a word or at the end of a name takes
    precedence over a match inside a word: ``x`` finds ``x-main``, even if there is a ``next``.

    Raises:
        UnknownName: no name matches, or several do.
    """
    wanted = text.strip().casefold()
    for fits in _list_matches(wanted, known) if wanted else ():
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise UnknownName(what, text, known, fits)
    raise UnknownName(what, text, known, ())


def find_names(text: str | None, known: Collection[str]) -> list[str]:
    """Return the names of the channels that ``text`` means; all channels if it is None or ``all``.

    Raises:
        UnknownName: no name matches, or several do.
    """
    return list(known) if text is None or text.lower() == "all" else [find_name(text, known)]


def _list_matches(wanted: str, known: Collection[str]) -> Iterator[list[str]]:
    """Yield, for each way to compare names, a list of the names that match ``wanted``;
    the strictest way is first.
    """
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
