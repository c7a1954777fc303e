"""Conversion of a source's items and articles' pages into an article's plain text and metadata."""

from newsbot.reading.page import Page, extract

__all__ = ["Page", "extract"]
