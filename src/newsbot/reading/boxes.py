"""What stands inside and behind an article's text without being part of it: boxes, captions, notes.

The text is where most of a page's sentences are: paragraphs whose containers look alike. What stands between
or behind them in an element of its own is a box, and is judged by its shape: a form or a button, links, a
photo, a label without a sentence. Of the text's own paragraphs those are notes that stand at its end and are
set apart as a whole, in italics, in bold, in small print or behind a line.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from newsbot.reading.markup import (
    BLOCK_INSIDE,
    HEADINGS,
    INLINE,
    drop,
    exceeds,
    is_said,
    kind_of,
    names_of,
    size_of,
    texts_of,
)
from newsbot.reading.walls import weight

__all__ = ["drop_boxes"]

_LEAVES = frozenset({"p", "div", "section", "center", "font"})
_OWN = frozenset(
    {"ul", "ol", "dl", "blockquote", "table", "pre", "figure", "hr", "br", "img", "picture", "aside"}
)
_ROOTS = frozenset({"html", "head", "body", "main", "article", "tbody", "thead", "tfoot", "table"})
_INTERACTIVE = "self::form or .//form or .//input or .//button or .//select or .//textarea"
_APART = frozenset({"em", "i", "strong", "b", "small"})
_RULE = re.compile(r"[\W_]{1,12}")
_NOTE_NAMES = re.compile(
    r"(?:^|[-_\s])(?:\w*note|disclaimer|disclosure|caption|credit|updated?|correction|tagline|bio|copyright|follow|more|share)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_ALIKE = 0.3  # share of the fullest kind of container's sentences that another kind needs to be the text too
_MOST = 0.5  # share of the page's sentences that the text has to have
_LEAST = 3  # paragraphs of a text in which boxes are told from it
_LITTLE = 0.25  # share of the text's sentences that a box has at most
_CELL = 600  # characters of a table's cell that lays out a page
_LONG = 120  # characters of a paragraph that is no caption where it looks like the text's
_CAPTION, _NOTE = 300, 400  # characters of a caption, of a note or a label
_LINKED = 0.3  # share of a box that is links where it points elsewhere
_NEARLY = 0.9  # share of a paragraph that is set apart where all of it is
_SOME = 0.3  # share of the paragraphs that may be set apart before it is how the text is written
_PLAIN = 2  # paragraphs of plain text that have to stand before notes


class _Text(NamedTuple):
    """The text's paragraphs in order, and the elements that hold them."""

    paragraphs: list[Any]
    containers: set[Any]
    kinds: set[tuple[Any, ...]]
    around: set[Any]
    order: dict[Any, int]
    said: int


def drop_boxes(tree: Any) -> None:
    """Take out of a tree the boxes inside and behind its text, and the notes at the text's end."""
    for element in list(_captions(tree)):
        drop(element)
    text = _find_text(tree)
    if text is None:
        return
    for element in list(_boxes(text)):
        drop(element)
    for rule in (_notes, _asides):
        for element in list(rule(text.paragraphs)):
            drop(element)


# ---------------------------------------------------------------- captions


def _captions(tree: Any) -> Iterator[Any]:
    """Blocks of a picture and a few words, and the line in italics or small print behind a picture."""
    pictures = list(tree.iter("img", "picture", "video", "amp-img", "iframe"))
    wide: set[Any] = set()
    blocks = (_caption(picture, wide) for picture in pictures)
    usual = Counter(each.get("class") for each in tree.iter("p")).most_common(1)
    found = dict.fromkeys(block for block in blocks if block is not None and not _has_paragraph(block, usual))
    said = {block: _said_in(block) for block in found}
    few = not any(said.values()) or sum(said.values()) <= _LITTLE * _said_in(tree)
    yield from (block for block in found if few or not said[block])


def _caption(picture: Any, wide: set[Any]) -> Any:
    """The block of a picture's caption, None where it has none; ``wide`` are elements known to be more."""
    block = picture
    for around in picture.iterancestors():
        if around in wide or around.tag in {"body", "main", "article"} or _is_wide(around):
            wide.add(around)
            break
        block = around
    if block.tag in {"td", "tr", "tbody"} or (block.tag == "p" and _said_in(block) and not _is_apart(block)):
        return None
    if size_of(block):
        return None if block.tag in INLINE else block
    line = block.getnext()
    behind = line is not None and line.tag == "p" and size_of(line) <= _CAPTION and line.find(".//a") is None
    return line if behind and _is_apart(line) else None


def _has_paragraph(block: Any, usual: list[tuple[Any, int]]) -> bool:
    """Whether a picture's block holds a paragraph as long as the text's, and of the class that most have."""
    return any(
        weight("".join(each.itertext())) >= _LONG
        and _said_in(each)
        and [each.get("class")] == [name for name, _ in usual]
        for each in block.iter("p")
        if not _is_apart(each)
    )


def _is_wide(element: Any) -> bool:
    return exceeds(element, _CAPTION) or bool(element.xpath(".//h1 | .//h2"))


def _said_in(element: Any) -> int:
    """How many characters of sentences an element holds."""
    return sum(
        sum(map(len, filter(is_said, texts_of(each)))) for each in element.iter() if isinstance(each.tag, str)
    )


# ---------------------------------------------------------------- where the text is


def _find_text(tree: Any) -> _Text | None:
    """The paragraphs whose containers look alike and say most; None where that is not clear."""
    order = {element: number for number, element in enumerate(tree.iter())}
    speakers = [element for element in order if isinstance(element.tag, str) and _speaks(element)]
    said = {each: sum(map(len, _sayings(each))) for each in speakers}
    holders = {each: _holder(each) for each in speakers}
    totals: Counter[tuple[Any, ...]] = Counter()
    for each in speakers:
        totals[kind_of(holders[each])] += said[each]
    best = max(totals.values(), default=0)
    kinds = {kind for kind, total in totals.items() if total >= _ALIKE * best}
    paragraphs = [each for each in speakers if kind_of(holders[each]) in kinds]
    own = _without_strays(paragraphs, holders, said)
    kinds = kinds if len(own) == len(paragraphs) else set()
    paragraphs = own
    size = sum(said[each] for each in paragraphs)
    if sum(len(_sayings(each)) for each in paragraphs) < _LEAST or size < _MOST * sum(said.values()):
        return None
    containers = {holders[each] for each in paragraphs}
    around = {above for each in containers for above in (each, *each.iterancestors())}
    return _Text(paragraphs, containers, kinds, around, order, size)


def _without_strays(paragraphs: list[Any], holders: dict[Any, Any], said: dict[Any, int]) -> list[Any]:
    """Where one container has most of the text, what stands behind it in others is none."""
    held: Counter[Any] = Counter()
    for each in paragraphs:
        held[holders[each]] += said[each]
    fullest = max(held, key=held.__getitem__, default=None)
    if fullest is None or held[fullest] < (1 - _LITTLE) * held.total():
        return paragraphs
    last = max(index for index, each in enumerate(paragraphs) if holders[each] is fullest)
    return paragraphs[: last + 1]


def _speaks(element: Any) -> bool:
    """Whether an element holds a sentence itself, and not in a list, a quotation or a table's cell."""
    if element.tag not in _LEAVES and element.tag not in {"td", "article", "body"}:
        return False
    if any(above.tag in {"li", "blockquote", "figure", "a"} for above in element.iterancestors()):
        return False
    if element.tag == "td" and weight(element.text_content()) < _CELL:
        return False
    return bool(_sayings(element))


def _sayings(element: Any) -> list[str]:
    """The runs of an element's own text that are sentences; a cell holds them between its line breaks."""
    cell = [element.text or "", *(child.tail or "" for child in element)]
    return [text for text in (cell if element.tag == "td" else texts_of(element)) if is_said(text)]


def _holder(speaker: Any) -> Any:
    """The element around a paragraph; one that holds text between line breaks is its own."""
    leaf = speaker.tag == "p" or (speaker.tag in _LEAVES and not speaker.xpath(BLOCK_INSIDE))
    parent = speaker.getparent()
    return parent if leaf and parent is not None else speaker


# ---------------------------------------------------------------- boxes


def _boxes(text: _Text) -> Iterator[Any]:
    """Elements beside the text's paragraphs, from the first of them on, that are boxes."""
    first, last = (text.order[text.paragraphs[index]] for index in (0, -1))
    own = set(text.paragraphs)
    for around in text.around:
        if around in own and around not in text.containers:
            continue
        for element in around:
            if not isinstance(element.tag, str) or element in text.around or element in own:
                continue
            place = text.order[element]
            within = around in text.containers
            begun = place > first or (element.tag == "td" and around in text.around)
            if begun and _is_box(element, text, within=within, behind=place > last):
                yield element


def _is_box(element: Any, text: _Text, *, within: bool, behind: bool) -> bool:
    if element.tag in INLINE | _ROOTS or ((within or not behind) and element.tag in _OWN | set(HEADINGS)):
        return False
    size, said = size_of(element), _said_in(element)
    if not size or said > _LITTLE * text.said:
        return False
    if element.tag == "p":
        return behind and not within and kind_of(element.getparent()) not in text.kinds
    if element.xpath(_INTERACTIVE) or _linked(element) >= _LINKED * size:
        return True
    if behind and not within:
        return not any(kind_of(each) in text.kinds for each in element.iter())
    return (behind and size <= _NOTE) or _is_card(element, said)


def _is_card(element: Any, said: int) -> bool:
    """Whether an element between paragraphs is a label, or a heading with a few words or a list below it."""
    small = size_of(element) <= _NOTE
    headed = element.xpath(".//h2 | .//h3 | .//h4 | .//h5")
    if not said:
        return small and not (len(headed) == 1 and size_of(headed[0]) == size_of(element))
    return bool(headed) and (small or bool(element.xpath(".//ul | .//ol | .//table | .//blockquote")))


def _linked(element: Any) -> int:
    if element.tag == "a":
        return size_of(element)
    return sum(size_of(link) for link in element.iter("a"))


# ---------------------------------------------------------------- notes among the paragraphs


def _asides(paragraphs: list[Any]) -> Iterator[Any]:
    """Paragraphs behind the first that are set apart as a whole and hold a link, where few are."""
    first, *_ = paragraphs
    beside = [
        each for holder in {_holder(each): None for each in paragraphs} for each in holder.iterchildren("p")
    ]
    apart = [each for each in beside if _is_apart(each)]
    if sum(map(size_of, apart)) <= _SOME * sum(map(size_of, beside)):
        yield from (each for each in apart if each is not first and each.find(".//a") is not None)


def _notes(paragraphs: list[Any]) -> Iterator[Any]:
    """What ends the text and is set apart from it."""
    container = paragraphs[-1].getparent()
    if paragraphs[-1].tag != "p":
        yield from _last_lines(paragraphs[-1])
    if container is None or paragraphs[-1].tag != "p":
        return
    blocks = [each for each in container if isinstance(each.tag, str) and each.tag != "br"]
    begin = len(blocks)
    while begin > 0 and _ends_nothing(blocks[begin - 1]):
        begin -= 1
    rules = [index for index, each in enumerate(blocks) if _is_rule(each)]
    line = rules[-1] if rules else -1
    behind = [each for each in blocks[line + 1 :] if size_of(each)]
    few = len(behind) <= _LEAST and all(size_of(each) <= _NOTE for each in behind)
    if (
        0 <= line < begin
        and few
        and (len(rules) == 1 or any(each.find(".//a") is not None for each in behind))
    ):
        begin = line
    notes = set(blocks[begin:])
    before = [each for each in blocks[:begin] if each.tag == "p" or each in set(paragraphs)]
    plain = [each for each in paragraphs if each not in notes and not _is_apart(each)]
    apart = sum(map(_is_apart, before)) > _SOME * len(before)
    if len(plain) >= _PLAIN and not apart and sum(map(size_of, notes)) <= sum(map(size_of, plain)) / 2:
        yield from blocks[begin:]


def _last_lines(container: Any) -> Iterator[Any]:
    """What ends a text between line breaks and is set apart from it."""
    for element in reversed(list(container)):
        if (element.tail or "").strip() or element.tag not in INLINE | {"br", "hr"}:
            return
        if size_of(element) and not _is_apart_itself(element):
            return
        yield element


def _ends_nothing(block: Any) -> bool:
    return (
        not size_of(block)
        or _is_rule(block)
        or (block.tag in _LEAVES and (_is_apart(block) or _is_named_note(block)))
    )


def _is_named_note(block: Any) -> bool:
    return bool(_NOTE_NAMES.search(names_of(block)))


def _is_rule(block: Any) -> bool:
    return (
        block.tag == "hr"
        or block.find(".//hr") is not None
        or bool(_RULE.fullmatch("".join(block.itertext()).strip()))
    )


def _is_apart(paragraph: Any) -> bool:
    """Whether all of a paragraph is in italics, in bold or in small print."""
    outer = [
        each
        for each in paragraph.iter(*_APART, "font")
        if _is_apart_itself(each) and not any(map(_is_apart_itself, each.iterancestors()))
    ]
    size = size_of(paragraph)
    return bool(size) and sum(map(size_of, outer)) >= _NEARLY * size


def _is_apart_itself(element: Any) -> bool:
    small = element.tag == "font" and (element.get("size") or "") in {"1", "-1", "-2"}
    return element.tag in _APART or small
