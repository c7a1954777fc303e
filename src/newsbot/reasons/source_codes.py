"""The reasons of errors of sources: downloads, feeds, pages, files, databases."""

from newsbot.reasons.table import ReasonCode

__all__ = ["SourceCode"]


class SourceCode(ReasonCode):
    """Say what keeps a source, a page or a file from being read."""
