"""The kinds of summarizer. A new kind needs a new file here and one line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "summarizer_class"]

KINDS = {"extract": "newsbot.summarizers.extract:ExtractSummarizer"}


def summarizer_class(kind: str) -> Any:
    """Return the class of a kind of summarizer; ``kind`` may also be ``their_package.module:Class``.

    A class has ``Settings`` and is made by ``cls(settings)``.

    Raises:
        KeyError: The kind is unknown.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
