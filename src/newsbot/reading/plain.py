"""Text scraped from a page into a title and a body."""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
from typing import NamedTuple

from newsbot.reading.clean import clean_line, clean_paragraphs, clean_text
from newsbot.reading.furniture import Line, is_label, is_sentence, strip_furniture

__all__ = ["PlainText", "read_text"]

_TITLE = 350  # characters: a headline may be that long, a paragraph without an end is longer
_WRAPPED = 100  # characters: lines of hard-wrapped text are shorter
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_ITEM = re.compile(r"(?:[-*•‣▪◦·–]|\d{1,2}[.)])\s+")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}$")


class PlainText(NamedTuple):
    """``body`` has its paragraphs separated by one blank line; ``title`` is None where there is none."""

    title: str | None
    body: str


def read_text(text: str) -> PlainText:
    """The first line is the title where it looks like one: short, without a full stop, a body behind it.

    Paragraphs are what blank lines separate; where there are none, every line is one. Never raises.
    """
    lines = [
        Line(line, "item" if _ITEM.match(line) else "paragraph") for line in _paragraphs(clean_text(text))
    ]
    start = next((index for index, line in enumerate(lines) if not is_label(line.text)), 0)
    lines = lines[start:]
    title = lines[0].text if len(lines) > 1 and _is_title(lines[0].text) else None
    body = strip_furniture(lines[1:] if title else lines, title=title)
    return PlainText(title, clean_paragraphs(line.text for line in body))


def _is_title(line: str) -> bool:
    if len(line) > _TITLE or not any(map(str.isalpha, line)):
        return False
    asks = line.endswith(("?", "!", "؟", "？", "！"))
    return asks or not is_sentence(line) or bool(_INITIALS.search(line))


def _paragraphs(text: str) -> list[str]:
    blocks = [block for block in _BLANK.split(text.strip()) if block.strip()]
    lines = [line for block in blocks for line in _block_lines(block)]
    return list(filter(None, map(clean_line, lines)))


def _block_lines(block: str) -> list[str]:
    """The lines of a block are paragraphs, unless they are one that was wrapped to a width."""
    lines = block.split("\n")
    inner = lines[:-1]
    wrapped = inner and all(40 < len(line.rstrip()) <= _WRAPPED for line in inner)  # noqa: PLR2004  narrower: verse
    if wrapped and sum(map(is_sentence, inner)) <= len(inner) / 2 and not any(map(_ITEM.match, lines)):
        return [" ".join(lines)]
    return lines
