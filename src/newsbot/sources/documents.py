"""A file into an Item. Runs in a worker, as it guesses encodings and renders Markdown."""

import re

from newsbot.errors import ParseError
from newsbot.fetching.decoding import decode
from newsbot.model import Item

__all__ = ["KINDS", "document_item"]

KINDS = {".txt": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}
"""By suffix, in lower case."""

_DAMAGE = 0.01  # share of characters lost; a text with a byte broken stays far below it
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)


def document_item(data: bytes, guid: str, suffix: str) -> Item:
    """``suffix`` is a key of KINDS.

    Raises:
        ParseError: empty or not text; the message goes on from the file's name.
    """
    kind = KINDS[suffix]
    text = decode(data)
    if not text.strip():
        raise ParseError("is empty: write the article into it")
    if "\0" in text or text.count("\ufffd") > _DAMAGE * len(text):
        raise ParseError("is no text: save it as plain text in UTF-8")
    match kind:
        case "markdown":
            return _markdown(text, guid)
        case "html":
            return Item(guid, html=text)
        case _:
            return Item(guid, text=text)


def _markdown(text: str, guid: str) -> Item:
    from markdown_it import MarkdownIt  # noqa: PLC0415  heavy

    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    title = _FRONT_TITLE.search(front[1]) if front else None
    body = text[front.end() :] if front else text
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    return Item(guid, title=title[1].strip("\"'") if title else None, html=html)
