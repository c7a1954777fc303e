"""Properties of a page's elements: their own runs of text, their size, their names."""

# ruff: noqa: RUF001  punctuation of other scripts is meant

import re
from typing import Any

__all__ = [
    "BLOCK_INSIDE",
    "HEADINGS",
    "INLINE",
    "PARAGRAPHS",
    "drop_element",
    "is_sentence_text",
    "is_text_longer",
    "kind_of",
    "mark_paragraphs",
    "names_of",
    "own_texts",
    "text_size",
]

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
_FEW = 3  # maximum long paragraphs of a page whose text may be in other elements
_LONG = 100  # minimum characters of such a paragraph
_ENDS = re.compile(r"(?<!\.\.)[.!?؟۔।。！？][\s\"'”’»›)\]」』）]*$")
_END = 40  # characters at a text's end that are examined
_WORDS = 4  # minimum words; fewer with a full stop are a label or an abbreviation
_DENSE = 10  # the same limit in characters, for scripts without spaces


def own_texts(element: Any) -> list[str]:
    """Return an element's own runs of text: all text of a paragraph, else only the text between children."""
    if element.tag in PARAGRAPHS:
        return ["".join(element.itertext())]
    if element.tag in INLINE or element.tag in HEADINGS:
        return []
    return [element.text or "", *(child.tail or "" for child in element)]


def is_sentence_text(text: str) -> bool:
    """Return whether a run of text ends as a sentence does and is long enough for one."""
    text = text.strip()
    if not text or not _ENDS.search(text[-_END:]):
        return False
    return len(text.split()) >= _WORDS or sum(char >= "\u2e80" for char in text) >= _DENSE


def mark_paragraphs(tree: Any) -> None:
    """Turn the innermost blocks of a page into paragraphs if its sentences are in them and not in ``p``."""
    if sum(len("".join(each.itertext())) > _LONG for each in tree.iter("p")) >= _FEW:
        return
    leaves = [each for each in tree.iter("div", "section", "center") if not each.xpath(BLOCK_INSIDE)]
    if sum(is_sentence_text("".join(leaf.itertext())) for leaf in leaves) >= _FEW:
        for leaf in leaves:
            leaf.tag = "p" if (leaf.text_content() or "").strip() else leaf.tag


def kind_of(element: Any) -> tuple[Any, ...]:
    """Return what an element has in common with others of its kind: name, class, depth."""
    if element is None:
        return ()
    return element.tag, element.get("class"), sum(1 for _ in element.iterancestors())


def names_of(element: Any) -> str:
    """Return an element's classes and id."""
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def text_size(element: Any) -> int:
    """Return the number of characters in an element's text, without white space."""
    return sum(map(len, " ".join(element.itertext()).split()))


def is_text_longer(element: Any, size: int) -> bool:
    """Return whether an element's text has more than ``size`` characters.

    A run of white space counts as one.
    """
    return bool(element.xpath("string-length(normalize-space(.)) > $size", size=size))


def drop_element(element: Any) -> None:
    """Remove an element from its tree; the text after it stays."""
    if element.getparent() is not None:
        element.drop_tree()
