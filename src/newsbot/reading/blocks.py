"""A page's elements, its lines of text, and the choice of the lines that are the article's running text.

This handles HTML and the tree that trafilatura makes of it (``head``, ``item``, ``quote``, ``row``, ``lb``).

A table row, a list entry or a quoted block makes sense only in its place on the page, which a post does not
keep. So it is left out, together with the words that announce it ("The main points are:"). If an article
consists mostly of such lines, they are kept as its text.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from newsbot.identity.texts import announces_more, split_words
from newsbot.imports import IMPORT_LOCK
from newsbot.reading.boilerplate import Line, is_sentence
from newsbot.reading.walls import text_weight

__all__ = [
    "BLOCK_INSIDE",
    "HEADINGS",
    "INLINE",
    "PARAGRAPHS",
    "drop_element",
    "drop_repeats",
    "extract_lines",
    "is_sentence_text",
    "is_text_longer",
    "kind_of",
    "mark_paragraphs",
    "names_of",
    "own_texts",
    "parse_markup",
    "select_running_text",
    "sentence_size",
    "text_size",
    "total_length",
]

# ---------------------------------------------------------------- elements of a page

PARAGRAPHS = frozenset({"p", "li", "dd", "dt", "td", "th", "blockquote", "figcaption", "pre"})
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
INLINE = frozenset(
    """
    a abbr b cite em font i mark q small span strong sub sup time u
    """.split()  # noqa: SIM905  This form is easier to read.
)
BLOCK_INSIDE = (
    ".//p | .//div | .//ul | .//ol | .//dl | .//table | .//section | .//article | .//h1 | .//h2 | .//h3"
    " | .//h4 | .//blockquote | .//figure | .//br | .//form"
)
_FEW = 3  # A page with fewer long paragraphs than this may have its text in other elements.
_LONG_PARAGRAPH = 100  # The least number of characters of a long paragraph.
_SENTENCE_END = re.compile(r"(?<!\.\.)[.!?؟۔।。！？][\s\"'”’»›)\]」』）]*$")
_END = 40  # The number of characters at a text's end in which the end of a sentence is looked for.
_WORDS = 4  # The fewest words of a sentence; fewer with a full stop are a label or an abbreviation.
_DENSE = 10  # The fewest characters of a sentence in a script without spaces between words.


def own_texts(element: Any) -> list[str]:
    """Return the texts that an element itself has: all text of a paragraph, or the text between children."""
    if element.tag in PARAGRAPHS:
        return ["".join(element.itertext())]
    if element.tag in INLINE or element.tag in HEADINGS:
        return []
    return [element.text or "", *(child.tail or "" for child in element)]


def is_sentence_text(text: str) -> bool:
    """Return whether a piece of text ends as a sentence does and is long enough for a sentence."""
    text = text.strip()
    if not text or not _SENTENCE_END.search(text[-_END:]):
        return False
    return len(text.split()) >= _WORDS or sum(char >= "\u2e80" for char in text) >= _DENSE


def sentence_size(element: Any) -> int:
    """Return the number of characters in the sentences that an element itself has, not its children."""
    return sum(map(len, filter(is_sentence_text, own_texts(element))))


def mark_paragraphs(tree: Any) -> None:
    """Rename a page's innermost blocks to ``p`` if its sentences are in such blocks and not in ``p``."""
    if sum(len("".join(each.itertext())) > _LONG_PARAGRAPH for each in tree.iter("p")) >= _FEW:
        return
    leaves = [each for each in tree.iter("div", "section", "center") if not each.xpath(BLOCK_INSIDE)]
    if sum(is_sentence_text("".join(leaf.itertext())) for leaf in leaves) >= _FEW:
        for leaf in leaves:
            leaf.tag = "p" if (leaf.text_content() or "").strip() else leaf.tag


def kind_of(element: Any) -> tuple[Any, ...]:
    """Return what an element has in common with others of its kind: its tag's name, class and depth."""
    if element is None:
        return ()
    return element.tag, element.get("class"), sum(1 for _ in element.iterancestors())


def names_of(element: Any) -> str:
    """Return an element's classes and id as one text."""
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def text_size(element: Any) -> int:
    """Return the number of characters in an element's text, without white space."""
    return sum(map(len, " ".join(element.itertext()).split()))


def is_text_longer(element: Any, size: int) -> bool:
    """Return whether an element's text has more than ``size`` characters, with white space collapsed."""
    return bool(element.xpath("string-length(normalize-space(.)) > $size", size=size))


def drop_element(element: Any) -> None:
    """Remove an element with its contents from its tree; the text that follows the element stays."""
    if element.getparent() is not None:
        element.drop_tree()


# ---------------------------------------------------------------- lines of text

_MOST = 0.5  # The share of a text from which its rows, entries or quotations are the text itself.
_ATTRIBUTES = re.compile(r"[:：]$")
_SPEECH = re.compile(r"[\"“«„「‚‘»]")
_LAST_SENTENCE_START = re.compile(r"(?<=[.!?؟۔।。！？])[\"'”’»)」』]*\s*(?=[^.!?؟۔।。！？]*$)")
_INNER_END = re.compile(r"[.!?؟۔।…][\"'”’»)\]]*\s|[。！？]")
_SURE_END = re.compile(r"(?:(?<=\w{4}[.!?])|(?<=[؟۔।…]))[\"'”’»)\]]*\s+|[。！？][」』）]*")
_REPEATED = 5  # The fewest words of a line that counts as a repetition inside another line.
_UNSPACED = 10  # The fewest characters of a repeated line in a script without spaces between words.
_ADDED = 4  # The most words that a line may add to a sentence that it repeats, like "Click to tweet".
_LINES = 400  # The most lines of an article that are compared with each other to find repetitions.
_LONG_QUOTE = 400  # A line of more characters than this is not a pull quote.


def total_length(lines: Iterable[Line]) -> int:
    """Return the number of characters in all lines together."""
    return sum(len(line.text) for line in lines)


def select_running_text(lines: Sequence[Line]) -> list[Line]:
    """Return an article's lines without table rows, lists of sentences, quoted blocks and empty headings.

    The lines that announce such a list ("The main points are:") are left out too.
    """
    total = sum(text_weight(line.text) for line in lines)
    kept: list[Line] = []
    headed = False  # True if the block of lines before the present one was left out.
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
    """Return the lines without the last line's last sentence if it announces what follows.

    If it is not certain where that sentence begins ("Mr. Reid said:"), the whole line stays.
    """
    others = any(line.kind != "heading" for line in lines[:-1])
    if not lines or lines[-1].kind == "heading" or not announces_more(lines[-1].text):
        return lines
    last = lines[-1].text
    if not _INNER_END.search(last[:-1]):
        # If no other line has text, the line stays, because the article would have no text without it.
        return lines[:-1] if others else lines
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
    """Return the lines without repeated lines, pull quotes and other lines that another line contains."""
    said = [" ".join(split_words(line.text)) for line in lines[:_LINES]]
    everything = "".join(f"\n {words} \n" for words in said)
    seen: set[str] = set()
    kept = []
    for line, words in zip(lines, said, strict=False):
        again = words in seen or everything.count(f" {words} ") > said.count(words)
        if len(line.text) > _LONG_QUOTE or not (
            (_is_enough(words) and again) or _has_addition(line.text, words, everything)
        ):
            kept.append(line)
        seen.add(words if _is_enough(words) else "")
    return [*kept, *lines[_LINES:]]


def _has_addition(text: str, words: str, everything: str) -> bool:
    """Return whether a line is a sentence of ``everything``, the whole text, followed by a few more words."""
    head, *tail = _LAST_SENTENCE_START.split(text, maxsplit=1)
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
    """.split()  # noqa: SIM905  This form is easier to read.
    )
)
_ROWS = frozenset({"tr", "row"})
_SILENT = frozenset(
    """
    audio button canvas embed figcaption form graphic head iframe input link math meta noscript object option
    script select style svg template textarea title video
    """.split()  # noqa: SIM905  This form is easier to read.
)
# These control characters are removed; libxml2 would end the document at a NUL.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_COLUMN = 600  # A table row with a cell of this many characters is part of the page's layout.
_CELL = 80  # A text of more characters than this is laid out in a table, and is no table cell.


def parse_markup(markup: str) -> Any:
    """Parse HTML, a document or a fragment, and return lxml's root element; None if it is empty."""
    with IMPORT_LOCK:
        from lxml.etree import ParserError  # noqa: PLC0415  Loaded only when there is something to parse.
        from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415

    data = _CONTROLS.sub("", markup).encode("utf-8", "replace")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return document_fromstring(data, parser=parser) if data.strip() else None
    except ParserError:
        return None


def extract_lines(root: Any) -> list[Line]:
    """Return the lines of text in ``root``, one or more for each block, without scripts, forms and captions.

    White space is collapsed.
    """
    return [
        Line(text, kind)
        for kind, raw in _iterate_blocks(root, "paragraph")
        for text in _split_paragraphs(raw)
    ]


def _iterate_blocks(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) for each block in an element; line breaks inside a block are newlines."""
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
    """Return the kind of line for the text of ``child``, which is inside text of the kind ``around``."""
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
    """Return the cells of a data table's row as one line; None if the table only arranges a page."""
    cells = [_element_text(cell) for cell in element]
    if any(len(cell) > _CELL for cell in cells):
        return None
    return " | ".join(filter(None, cells)) or None


def _split_paragraphs(raw: str) -> Iterator[str]:
    """Split text at line breaks: two of them end a paragraph, a single break only after a sentence."""
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
