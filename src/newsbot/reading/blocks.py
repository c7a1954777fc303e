"""A tree of markup into lines: one paragraph, heading, list item, quote or table row each.

Serves HTML and the tree that trafilatura makes of it (``head``, ``item``, ``quote``, ``row``, ``lb``).
"""

import re
from collections.abc import Iterator
from typing import Any

from newsbot.reading.furniture import Line, is_sentence
from newsbot.reading.walls import weight

__all__ = ["lines_of", "parse_markup"]

_KIND = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "head", "dt"), "heading"),
    **dict.fromkeys(("li", "item", "dd"), "item"),
    **dict.fromkeys(("blockquote", "quote"), "quote"),
}
_CELLS = frozenset({"td", "th", "cell"})
_BLOCKS = (
    frozenset(_KIND)
    | _CELLS
    | set(
        """
    address article aside body center details div dl fieldset figcaption figure footer form header hr html
    list main nav ol p pre row section summary table tbody tfoot thead tr ul
    """.split()  # noqa: SIM905  reads as the list it is
    )
)
_ROWS = frozenset({"tr", "row"})
_SILENT = frozenset(
    """
    audio button canvas embed figcaption form graphic head iframe input link math meta noscript object option
    script select style svg template textarea title video
    """.split()  # noqa: SIM905  reads as the list it is
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f]")  # a NUL ends the document for libxml2
_COLUMN = 600  # characters: a row with such a cell lays out a page
_CELL = 80  # characters: longer is text laid out in a table, not a table's cell


def parse_markup(markup: str) -> Any:
    """The tree of a document or a piece of one, whatever it is; None where nothing is in it."""
    from lxml.etree import ParserError  # noqa: PLC0415  only where there is something to parse
    from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415

    data = _CONTROLS.sub("", markup).encode("utf-8", "replace")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return document_fromstring(data, parser=parser) if data.strip() else None
    except ParserError:
        return None


def lines_of(root: Any) -> list[Line]:
    """The text of ``root`` by its blocks, white space collapsed, silent elements left out."""
    return [Line(text, kind) for kind, raw in _blocks(root, "paragraph") for text in _split(raw)]


def _blocks(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """(kind, text) per block; line breaks inside are newlines."""
    if element.tag in _ROWS and (row := _row(element)):
        yield "row", row
        return
    text = [_flat(element.text)]
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else "script"
        if tag in {"br", "lb"}:
            text.append("\n")
        elif tag in _SILENT and not (tag == "head" and element.tag != "html"):
            pass
        else:
            inner = list(_blocks(child, _kind(child, tag, kind)))
            if tag in _BLOCKS or len(inner) > 1:
                yield kind, "".join(text)
                text = []
                yield from inner
            elif inner:
                text.append(inner[0][1])
        text.append(_flat(child.tail))
    yield kind, "".join(text)


def _kind(child: Any, tag: str, around: str) -> str:
    """The kind of a child's text, inside text of the kind ``around``."""
    if tag in _CELLS:
        return "paragraph" if any(weight(_plain(cell)) > _COLUMN for cell in child.getparent()) else "row"
    kept = tag not in {"p", "div"} or around in {"quote", "item", "row"}
    return _KIND.get(tag, around if kept else "paragraph")


def _plain(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _row(element: Any) -> str | None:
    """The cells of a data table's row on one line; None for a table that lays out a page."""
    cells = [_plain(cell) for cell in element]
    if any(len(cell) > _CELL for cell in cells):
        return None
    return " | ".join(filter(None, cells)) or None


def _split(raw: str) -> Iterator[str]:
    """Two breaks end a paragraph; one does behind a sentence, else it is white space."""
    if "\n" not in raw:
        if text := raw.strip():
            yield " ".join(text.split())
        return
    line = ""
    for breaks, piece in re.findall(r"((?:\s*\n)*)\s*([^\n]*)", raw):
        if line and (breaks.count("\n") > 1 or is_sentence(line)):
            yield line
            line = ""
        line = f"{line} {' '.join(piece.split())}".strip()
    if line:
        yield line
