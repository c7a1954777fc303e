"""The kinds of summarizer in config.yaml. A new kind needs a module in this package and a line in `KINDS`."""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "summarizer_class"]

KINDS = {
    "extract": "newsbot.summarizers.extract:ExtractSummarizer",
    "llm": "newsbot.summarizers.llm:LlmSummarizer",
}


def summarizer_class(kind: str) -> Any:
    """Return the summarizer class for the value of ``kind`` in config.yaml.

    ``kind`` may also name a class of another package: ``their_package.module:Class``. This class needs an
    attribute ``Settings``, the model of the summarizer's keys in config.yaml, and is called as
    ``cls(settings)``.

    Raises:
        KeyError: ``kind`` is neither in `KINDS` nor has a colon.
    """
    return resolve_name(kind if ":" in kind else KINDS[kind])
