"""The kinds of source. A new kind needs a new file here and one line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "source_class"]

KINDS = {
    "database": "newsbot.sources.database.source:DatabaseSource",
    "feed": "newsbot.sources.feed:FeedSource",
    "folder": "newsbot.sources.folder:FolderSource",
}


def source_class(kind: str) -> Any:
    """Return the class of a kind of source; ``kind`` may also be ``their_package.module:Class``.

    A class has ``Settings``, and is made by ``cls(name, settings, fetcher, workers)``.

    Raises:
        KeyError: The kind is unknown.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
