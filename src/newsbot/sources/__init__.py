"""The kinds of source. A new one is a new file here and one line below."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "source_class"]

KINDS = {
    "database": "newsbot.sources.database.source:DatabaseSource",
    "feed": "newsbot.sources.feed:FeedSource",
    "folder": "newsbot.sources.folder:FolderSource",
}


def source_class(kind: str) -> Any:
    """The class of a kind, or of ``their_package.module:Class``; raises KeyError for an unknown kind.

    A class has ``Settings``, and is made by ``cls(name, settings, fetcher, workers)``.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
