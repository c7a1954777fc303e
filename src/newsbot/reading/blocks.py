"""The elements of an article's page, their lines of text, and the choice of the lines that are running text.

The functions read HTML and the XML tree that the library trafilatura makes of HTML (``head``, ``item``,
``quote``, ``row``, ``lb``).

A table row, a list entry or a quoted block makes sense only in its place on the page, and a post does not
show the page's layout. So these lines are left out of the article's text, together with the words that
announce them ("The main points are:"). If an article consists mostly of such lines, they are kept as its
text.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import regex

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
    "get_class_and_id",
    "is_sentence_text",
    "is_text_longer",
    "kind_of",
    "mark_paragraphs",
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
# If a page has fewer long ``<p>`` elements than `_FEW`, its text may be in elements other than ``<p>``.
# A long one has at least `_LONG_PARAGRAPH` characters.
_FEW = 3
_LONG_PARAGRAPH = 100
_SENTENCE_END = re.compile(r"(?<!\.\.)[.!?؟۔।。！？][\s\"'”’»›)\]」』）]*$")
# The pattern matches sixty Thai or Lao letters that only spaces and digits separate.
_UNSTOPPED = re.compile("(?:[\u0e00-\u0eff][\\s\\d]*){60}")
_END = 40  # The end of a sentence is searched for in this many characters at the end of a text.
# A sentence has at least this many words; a shorter text with a full stop is a label or an abbreviation.
_WORDS = 4
# The patterns match a whole word in small letters at a text's end, and the start of a name.
_SMALL_WORD, _NAME_START = regex.compile(r"(?:^|[\s(])\p{Ll}{3,20}$"), regex.compile(r"\p{Lu}\p{Ll}{2}")
_LONGEST_WORD = 24  # A word before a name is looked for in this many characters.
_CODE = frozenset({"code", "pre", "kbd", "samp", "tt"})
_DENSE = 10  # In a script without spaces between words, a sentence has at least this many characters.


def own_texts(element: Any) -> list[str]:
    """Return the pieces of text that belong to an HTML element itself and not to its child elements.

    For a paragraph, a list entry or a table cell, return all its text as one piece. For an inline element or
    a heading, return [].
    """
    if element.tag in PARAGRAPHS:
        return ["".join(element.itertext())]
    if element.tag in INLINE or element.tag in HEADINGS:
        return []
    return [element.text or "", *(child.tail or "" for child in element)]


def is_sentence_text(text: str) -> bool:
    """Return whether a text ends with a full stop or the like and has enough words for a sentence.

    Thai and Lao have no full stops, so any long text in them counts as a sentence.
    """
    text = text.strip()
    if not text or not _SENTENCE_END.search(text[-_END:]):
        return _UNSTOPPED.search(text) is not None
    return len(text.split()) >= _WORDS or sum(char >= "\u2e80" for char in text) >= _DENSE


def sentence_size(element: Any) -> int:
    """Return the number of characters in an HTML element's own sentences.

    Sentences of its child elements don't count, except in a paragraph, a list entry or a table cell.
    """
    return sum(map(len, filter(is_sentence_text, own_texts(element))))


def mark_paragraphs(tree: Any) -> None:
    """Rename a page's innermost ``div`` elements to ``p`` if the page's sentences are in ``div`` elements.

    Change nothing if the page already has three long ``p`` elements.
    """
    if sum(len("".join(each.itertext())) > _LONG_PARAGRAPH for each in tree.iter("p")) >= _FEW:
        return
    leaves = [each for each in tree.iter("div", "section", "center") if not each.xpath(BLOCK_INSIDE)]
    if sum(is_sentence_text("".join(leaf.itertext())) for leaf in leaves) >= _FEW:
        for leaf in leaves:
            leaf.tag = "p" if (leaf.text_content() or "").strip() else leaf.tag


def _separate_words(tree: Any) -> None:
    """Put a space where a page lacks it between a word and a name in a link or in bold: "and<a>Annie</a>".

    Only a whole word in small letters is separated, and only from a word with one capital, because parts of
    names like "<b>You</b>Tube" may be set apart too. Program code has such words of its own.
    """
    for element in tree.iter("a", "b", "em", "i", "strong"):
        previous, parent = element.getprevious(), element.getparent()
        before = previous.tail if previous is not None else parent.text if parent is not None else None
        if _is_glued(before, element.text) and not _is_in_code(element):
            element.text = f" {element.text}"
        if not len(element) and _is_glued(element.text, element.tail) and not _is_in_code(element):
            element.tail = f" {element.tail}"


def _is_glued(left: str | None, right: str | None) -> bool:
    return bool(left and right and _NAME_START.match(right) and _SMALL_WORD.search(left[-_LONGEST_WORD:]))


def _is_in_code(element: Any) -> bool:
    return any(around.tag in _CODE for around in element.iterancestors())


def kind_of(element: Any) -> tuple[Any, ...]:
    """Return an HTML element's tag, class and depth in the page; elements of one layout have the same."""
    if element is None:
        return ()
    return element.tag, element.get("class"), sum(1 for _ in element.iterancestors())


def get_class_and_id(element: Any) -> str:
    """Return an HTML element's class names and its id as one text."""
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def text_size(element: Any) -> int:
    """Return the number of characters in an HTML element's text, without white space."""
    return sum(map(len, " ".join(element.itertext()).split()))


def is_text_longer(element: Any, size: int) -> bool:
    """Return whether an HTML element's text has over ``size`` characters, with white space collapsed."""
    return bool(element.xpath("string-length(normalize-space(.)) > $size", size=size))


def drop_element(element: Any) -> None:
    """Remove an HTML element and its contents from the page's tree, but not the text that follows it."""
    if element.getparent() is not None:
        element.drop_tree()


# ---------------------------------------------------------------- the lines of text of an article's page

# An article's table rows, list entries or quotations are kept if they are over this share of its text.
_MOST = 0.5
_ATTRIBUTES = re.compile(r"[:：]$")
_SPEECH = re.compile(r"[\"“«„「‚‘»]")
_LAST_SENTENCE_START = re.compile(r"(?<=[.!?؟۔।。！？])[\"'”’»)」』]*\s*(?=[^.!?؟۔।。！？]*$)")
_INNER_END = re.compile(r"[.!?؟۔।…][\"'”’»)\]]*\s|[。！？]")
_SURE_END = re.compile(r"(?:(?<=\w{4}[.!?])|(?<=[؟۔।…]))[\"'”’»)\]]*\s+|[。！？][」』）]*")
# A line of an article is removed as a repetition of another line only if it has this many words.
_REPEATED = 5
# In a script without spaces between words, a repeated line is removed only if it has this many characters.
_UNSPACED = 10
_ADDED = 4  # A repeated sentence is removed with at most this many words after it, like "Click to tweet".
_LINES = 400  # At most this many lines of an article are compared with each other to find repetitions.
# A line of an article with more characters than this is no pull quote (a repeated quotation).
_LONG_QUOTE = 400


def total_length(lines: Iterable[Line]) -> int:
    """Return the number of characters in all ``lines`` of a page together."""
    return sum(len(line.text) for line in lines)


def select_running_text(lines: Sequence[Line]) -> list[Line]:
    """Return an article's lines without table rows, lists of sentences, quoted blocks and empty headings.

    The lines that announce a list ("The main points are:") are left out too.
    """
    total = sum(text_weight(line.text) for line in lines)
    kept: list[Line] = []
    headed = False  # True if the article's previous block of lines was left out.
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
    """Return an article's lines without the sentence at their end that announces a list.

    If it is not certain where this sentence begins ("Mr. Reid said:"), return the lines unchanged.
    """
    others = any(line.kind != "heading" for line in lines[:-1])
    if not lines or lines[-1].kind == "heading" or not announces_more(lines[-1].text):
        return lines
    last = lines[-1].text
    if not _INNER_END.search(last[:-1]):
        # If the article has no other text, the line that announces a list stays in the article.
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
    """Return an article's lines without those that repeat another line or a part of it (pull quotes)."""
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
    """Return whether a line is a sentence of the article's text ``everything`` with a few words added."""
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
# libxml2 would end the document at a NUL, so NUL and other control characters are removed from HTML.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_COLUMN = 600  # A table with a cell of this many characters only arranges the page and shows no data.
_CELL = 80  # A table around a text of more characters than this only arranges the page and shows no data.


def parse_markup(markup: str) -> Any:
    """Parse an HTML document or fragment, and return lxml's root element, or None if the HTML is empty."""
    with IMPORT_LOCK:
        from lxml.etree import ParserError  # noqa: PLC0415  Loaded only when there is something to parse.
        from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415

    data = _CONTROLS.sub("", markup).encode("utf-8", "replace")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = document_fromstring(data, parser=parser) if data.strip() else None
    except ParserError:
        return None
    if tree is not None:
        _separate_words(tree)
    return tree


def extract_lines(root: Any) -> list[Line]:
    """Return the lines of text in the element ``root``, at least one for each block element.

    Scripts, forms and captions are left out. White space is collapsed.
    """
    return [
        Line(text, kind)
        for kind, raw in _iterate_blocks(root, "paragraph")
        for text in _split_paragraphs(raw)
    ]


def _iterate_blocks(element: Any, kind: str) -> Iterator[tuple[str, str]]:
    """Yield each block in an HTML element as its kind (paragraph, heading, item ...) and its text; line
    breaks in the block become newlines.
    """
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
    """Return the kind (paragraph, heading, item ...) of the text in ``child``, an element in a block of the
    kind ``around``.
    """
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
    """Return the cells of a table's row as one line; None if the table only arranges the page."""
    cells = [_element_text(cell) for cell in element]
    if any(len(cell) > _CELL for cell in cells):
        return None
    return " | ".join(filter(None, cells)) or None


def _split_paragraphs(raw: str) -> Iterator[str]:
    """Split a text into paragraphs: at two line breaks in a row, or at one that follows a sentence."""
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
