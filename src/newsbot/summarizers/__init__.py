"""The kinds of summarizer in config.yaml. A new kind needs a module here and one line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "summarizer_class"]

KINDS = {"extract": "newsbot.summarizers.extract:ExtractSummarizer"}


def summarizer_class(kind: str) -> Any:
    """Return the class of a kind of summarizer; ``kind`` may also be ``their_package.module:Class``.

    The class has ``Settings``, and a summarizer is made by ``cls(settings)``.

    Raises:
        KeyError: ``kind`` is neither in `KINDS` nor has a colon.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
