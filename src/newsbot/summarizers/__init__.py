"""The kinds of summarizer. A new one is a new file here and one line below."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "summarizer_class"]

KINDS = {"extract": "newsbot.summarizers.extract:ExtractSummarizer"}


def summarizer_class(kind: str) -> Any:
    """The class of a kind, or of ``their_package.module:Class``; raises KeyError for an unknown kind.

    A class has ``Settings`` and is made by ``cls(settings)``.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
