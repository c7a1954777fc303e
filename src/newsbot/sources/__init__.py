"""The kinds of source in config.yaml. A new kind needs a module in this package and a line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "source_class"]

KINDS = {
    "database": "newsbot.sources.database.source:DatabaseSource",
    "feed": "newsbot.sources.feed:FeedSource",
    "folder": "newsbot.sources.folder:FolderSource",
}


def source_class(kind: str) -> Any:
    """Return the source class for the value of ``kind`` in config.yaml.

    ``kind`` may also name a class of another package: ``their_package.module:Class``. This class needs an
    attribute ``Settings``, a subclass of `SourceSettings`, and is called as ``cls(name, settings, fetcher,
    workers)``.

    Raises:
        KeyError: ``kind`` is neither in `KINDS` nor has a colon.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
