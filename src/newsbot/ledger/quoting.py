"""Which stored texts quote an article, so that its words can be taken out of these too."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

__all__ = ["Quoted"]

_WINDOW = 16  # characters in a row that are the article's own
_TELLING = 6  # a whole title that is shorter may be anybody's
_TAG = re.compile(r"<[^<>]*>")
_ADDRESS = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


class Quoted:
    """``texts`` are all that was said of an article, ``names`` its ids and those of its posts."""

    def __init__(
        self,
        texts: Iterable[str],
        *,
        titles: Iterable[str] = (),
        names: Iterable[str] = (),
        urls: Iterable[str] = (),
    ) -> None:
        heads = [_plain(title) for title in titles]
        pieces = {*heads, *(_plain(_LINK.sub(" ", text)) for text in texts)}
        self._windows = {window for piece in pieces for window in _windows(piece)}
        self._short = {head for head in heads if _TELLING <= len(head) < _WINDOW}
        self._urls = {_ADDRESS.sub("", url).rstrip("/").casefold() for url in urls}
        named = "|".join(map(re.escape, names))
        self._named = re.compile(rf"(?<![\w-])(?:{named})(?!\w)", re.IGNORECASE) if named else None

    def by(self, text: str | None) -> bool:
        """Does it say some of it?"""
        said = _plain(text or "")
        if any(url in _ADDRESS.sub("", said) for url in self._urls if url):
            return True
        if any(piece in said for piece in self._short):
            return True
        return any(window in self._windows for window in _windows(said))

    def about(self, text: str | None) -> bool:
        """Does it name the article or one of its posts, or quote it?"""
        return bool(text and self._named and self._named.search(text)) or self.by(text)


def _windows(text: str) -> Iterator[str]:
    return (text[end - _WINDOW : end] for end in range(_WINDOW, len(text) + 1))


def _plain(text: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", text)).casefold().split())
