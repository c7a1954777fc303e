"""Conversion of a page, a feed's content or scraped text into an article's text and metadata."""

from newsbot.reading.page import Page, extract

__all__ = ["Page", "extract"]
