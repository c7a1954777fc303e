"""A tree of markup into lines, and which of these are an article's own running text.

Serves HTML and the tree that trafilatura makes of it (``head``, ``item``, ``quote``, ``row``, ``lb``).

A row, a list's entry or somebody's words in a block say something only where they stand; in a post they would
stand elsewhere. So would the words that announce them ("The main points are:"). Of an article that is mostly
made of them they are the text.
"""

# ruff: noqa: RUF001 punctuation of other scripts is meant
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from newsbot.identity.texts import announces_more, split_words
from newsbot.reading.boilerplate import Line, is_sentence
from newsbot.reading.walls import text_weight

__all__ = ["drop_repeats", "extract_lines", "parse_markup", "select_running_text"]

_MOST = 0.5  # share of the text from which rows, entries or quotations are the text
_ATTRIBUTES = re.compile(r"[:：]$")
_SPEECH = re.compile(r"[\"“«„「‚‘»]")
_ENDS = re.compile(r"(?<=[.!?؟۔।。！？])[\"'”’»)」』]*\s*(?=[^.!?؟۔।。！？]*$)")
_INNER_END = re.compile(r"[.!?؟۔।…][\"'”’»)\]]*\s|[。！？]")
_SURE_END = re.compile(r"(?:(?<=\w{4}[.!?])|(?<=[؟۔।…]))[\"'”’»)\]]*\s+|[。！？][」』）]*")
_REPEATED = 5  # words of a line that is a repetition where another has it whole
_UNSPACED = 10  # characters of a script without spaces that make as much
_ADDED = 4  # words behind a repeated sentence: "Click to tweet"
_LINES = 400  # that are looked at
_LONG = 400  # characters: a longer line is no pull quote


def select_running_text(lines: Sequence[Line]) -> list[Line]:
    """Leave out rows, lists with sentences and quoted blocks, what announces them, and empty headings."""
    total = sum(text_weight(line.text) for line in lines)
    kept: list[Line] = []
    headed = False  # whether what stood last was left out
    for kind, group in groupby(lines, key=lambda line: line.kind):
        block = list(group)
        size = sum(text_weight(line.text) for line in lines if line.kind == kind)
        if size <= _MOST * total and _is_apart(kind, block, kept):
            headed, kept = True, _drop_announcement(kept)
            continue
        if headed and kind == "heading":
            kept = _drop_last_heading(kept)
        kept += block
        headed = False
    return _drop_last_heading(kept)


def _is_apart(kind: str, block: list[Line], before: list[Line]) -> bool:
    if kind == "quote":
        said = bool(before) and bool(_ATTRIBUTES.search(before[-1].text))
        return not (said and all(_SPEECH.match(line.text) for line in block))
    return kind == "row" or (kind == "item" and any(is_sentence(line.text) for line in block))


def _drop_announcement(lines: list[Line]) -> list[Line]:
    """The lines without the last one's last sentence, if that announces what follows.

    If it is not certain where that sentence begins ("Mr. Reid said:"), all of the line stays.
    """
    others = any(line.kind != "heading" for line in lines[:-1])
    if not lines or lines[-1].kind == "heading" or not announces_more(lines[-1].text):
        return lines
    last = lines[-1].text
    if not _INNER_END.search(last[:-1]):
        return lines[:-1] if others else lines  # the article would have no text
    begins = list(_SURE_END.finditer(last[:-1]))
    end = begins[-1].end() if begins else 0
    if not end or _INNER_END.search(last[end:-1]):
        return lines
    return [*lines[:-1], lines[-1]._replace(text=last[:end].rstrip())]


def _drop_last_heading(lines: list[Line]) -> list[Line]:
    end = len(lines)
    while end and lines[end - 1].kind == "heading":
        end -= 1
    return lines[:end]


def drop_repeats(lines: Sequence[Line]) -> list[Line]:
    """Leave out pull quotes and other lines that another line has whole, and what is said a second time."""
    said = [" ".join(split_words(line.text)) for line in lines[:_LINES]]
    everything = "".join(f"\n {words} \n" for words in said)
    seen: set[str] = set()
    kept = []
    for line, words in zip(lines, said, strict=False):
        again = words in seen or everything.count(f" {words} ") > said.count(words)
        if len(line.text) > _LONG or not (
            (_is_enough(words) and again) or _has_addition(line.text, words, everything)
        ):
            kept.append(line)
        seen.add(words if _is_enough(words) else "")
    return [*kept, *lines[_LINES:]]


def _has_addition(text: str, words: str, everything: str) -> bool:
    """Whether a line is a sentence of the text with a few words behind it."""
    head, *tail = _ENDS.split(text, maxsplit=1)
    said = " ".join(split_words(head))
    few = bool(tail) and 0 < len(tail[0].split()) <= _ADDED
    return few and said != words and _is_enough(said) and everything.count(f" {said} ") > 1


def _is_enough(words: str) -> bool:
    single = sum(1 for word in words.split() if len(word) == 1 and word >= "\u0e00")
    return len(words.split()) - single >= _REPEATED or single >= _UNSPACED


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


def extract_lines(root: Any) -> list[Line]:
    """The text of ``root`` by its blocks, white space collapsed, silent elements left out."""
    return [
        Line(text, kind)
        for kind, raw in _iterate_blocks(root, "paragraph")
        for text in _split_paragraphs(raw)
    ]


def _iterate_blocks(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """(kind, text) per block; line breaks inside are newlines."""
    if element.tag in _ROWS and (row := _table_row_text(element)):
        yield "row", row
        return
    text = [_collapse_spaces(element.text)]
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else "script"
        if tag in {"br", "lb"}:
            text.append("\n")
        elif tag in _SILENT and not (tag == "head" and element.tag != "html"):
            pass
        else:
            inner = list(_iterate_blocks(child, _child_kind(child, tag, kind)))
            if tag in _BLOCKS or len(inner) > 1:
                yield kind, "".join(text)
                text = []
                yield from inner
            elif inner:
                text.append(inner[0][1])
        text.append(_collapse_spaces(child.tail))
    yield kind, "".join(text)


def _child_kind(child: Any, tag: str, around: str) -> str:
    """The kind of a child's text, inside text of the kind ``around``."""
    if tag in _CELLS:
        return (
            "paragraph"
            if any(text_weight(_element_text(cell)) > _COLUMN for cell in child.getparent())
            else "row"
        )
    kept = tag not in {"p", "div"} or around in {"quote", "item", "row"}
    return _KIND.get(tag, around if kept else "paragraph")


def _element_text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _collapse_spaces(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _table_row_text(element: Any) -> str | None:
    """The cells of a data table's row on one line; None for a table that lays out a page."""
    cells = [_element_text(cell) for cell in element]
    if any(len(cell) > _CELL for cell in cells):
        return None
    return " | ".join(filter(None, cells)) or None


def _split_paragraphs(raw: str) -> Iterator[str]:
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
