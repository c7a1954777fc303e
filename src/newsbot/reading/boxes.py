"""Removal of boxes, captions and notes inside or after an article's text from the tree of its page.

Most of a page's sentences are in the article's paragraphs, whose containers look alike. An element between or
after these paragraphs is a box, and is removed, if its shape says so: a form, a button, links, a photo, or a
label without a sentence. A paragraph of the article itself is removed only at the end of the text, as a note:
all of it is in italics, in bold or in small print, or it stands after a rule.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from newsbot.reading.blocks import (
    BLOCK_INSIDE,
    HEADINGS,
    INLINE,
    drop_element,
    get_class_and_id,
    is_sentence_text,
    is_text_longer,
    kind_of,
    own_texts,
    sentence_size,
    text_size,
)
from newsbot.reading.walls import text_weight

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
# An article is in the kind of element (tag, class and depth) with the most text in sentences, and in every
# kind that has at least this share of this amount of text.
_ALIKE = 0.3
_MOST = 0.5  # An article's paragraphs must have at least this share of the text of all sentences in the page.
# Boxes (forms, links and labels beside the text) are looked for in a page only if its article has at least
# this many sentences.
_LEAST = 3
# An element of a page is no box (form, links, label) if it has more than this share of the article's
# sentences.
_LITTLE = 0.25
# A table cell of a page with this many weighted characters (CJK: 3 each) may hold its article.
_CELL = 600
# A paragraph with at least this many weighted characters (CJK: 3 each) is no caption of a picture.
_LONG = 120
# A picture's caption has at most the first number of characters; a note or label beside an article has at
# most the second.
_CAPTION, _NOTE = 300, 400
_LINKED = 0.3  # An element of a page points to other pages if at least this share of its text is in links.
_NEARLY = 0.9  # A paragraph is a note in italics, bold or small print if at least this share of its text is.
# If more than this share of an article's text is in italics or bold, italics and bold mark no notes.
_SOME = 0.3
# Paragraphs at an article's end count as notes only if the article has this many plain paragraphs.
_PLAIN = 2


class _TextElements(NamedTuple):
    """The elements of a page that form its article's text.

    ``paragraphs`` are the article's paragraphs in the page's order, and ``containers`` the elements around
    them. ``kinds`` are the containers' tags, classes and depths (`kind_of`), and ``around`` are the
    containers and all their ancestors. ``order`` is the position of each element in the page, and ``said``
    the number of characters in the article's sentences.
    """

    paragraphs: list[Any]
    containers: set[Any]
    kinds: set[tuple[Any, ...]]
    around: set[Any]
    order: dict[Any, int]
    said: int


def drop_boxes(tree: Any) -> None:
    """Remove boxes, captions and notes inside and after the article's text from the page's tree."""
    for element in list(_find_captions(tree)):
        drop_element(element)
    text = _find_text(tree)
    if text is None:
        return
    for element in list(_find_boxes(text)):
        drop_element(element)
    for rule in (_find_end_notes, _find_asides):
        for element in list(rule(text.paragraphs)):
            drop_element(element)


# ---------------------------------------------------------------- captions of pictures


def _find_captions(tree: Any) -> Iterator[Any]:
    """Yield a page's blocks that hold a picture and few words, and captions in italics or small print."""
    pictures = list(tree.iter("img", "picture", "video", "amp-img", "iframe"))
    wide: set[Any] = set()
    blocks = (_caption_block(picture, wide) for picture in pictures)
    usual = Counter(each.get("class") for each in tree.iter("p")).most_common(1)
    found = dict.fromkeys(block for block in blocks if block is not None and not _has_paragraph(block, usual))
    said = {block: _count_sentence_characters(block) for block in found}
    few = not any(said.values()) or sum(said.values()) <= _LITTLE * _count_sentence_characters(tree)
    yield from (block for block in found if few or not said[block])


def _caption_block(picture: Any, wide: set[Any]) -> Any:
    """Return the element that holds a picture and its caption; None if the picture has no caption.

    Elements that are too large to be a picture with a caption are added to ``wide``.
    """
    block = picture
    for around in picture.iterancestors():
        if around in wide or around.tag in {"body", "main", "article"} or _is_wide(around):
            wide.add(around)
            break
        block = around
    if block.tag in {"td", "tr", "tbody"} or (
        block.tag == "p" and _count_sentence_characters(block) and not _is_apart(block)
    ):
        return None
    if text_size(block):
        return None if block.tag in INLINE else block
    line = block.getnext()
    behind = (
        line is not None and line.tag == "p" and text_size(line) <= _CAPTION and line.find(".//a") is None
    )
    return line if behind and _is_apart(line) and not _is_bold_lead(line) else None


def _is_bold_lead(line: Any) -> bool:
    """Return whether a line after a picture is a long sentence in bold: the article's lead, no caption."""
    bold = line.find(".//b") is not None or line.find(".//strong") is not None
    return bold and text_weight("".join(line.itertext())) >= _LONG and sentence_size(line) > 0


def _has_paragraph(block: Any, usual: list[tuple[Any, int]]) -> bool:
    """Return whether a picture's ``block`` has a long paragraph with the class of the page's paragraphs."""
    return any(
        text_weight("".join(each.itertext())) >= _LONG
        and _count_sentence_characters(each)
        and [each.get("class")] == [name for name, _ in usual]
        for each in block.iter("p")
        if not _is_apart(each)
    )


def _is_wide(element: Any) -> bool:
    return is_text_longer(element, _CAPTION) or bool(element.xpath(".//h1 | .//h2"))


def _count_sentence_characters(element: Any) -> int:
    """Return the number of characters of the sentences in an HTML element and in all elements inside it."""
    return sum(sentence_size(each) for each in element.iter() if isinstance(each.tag, str))


# ---------------------------------------------------------------- the elements with the article's text


def _find_text(tree: Any) -> _TextElements | None:
    """Find the paragraphs of a page's article: the containers of these paragraphs look alike and have most of
    the page's sentences. Return None if no containers have most of them.
    """
    order = {element: number for number, element in enumerate(tree.iter())}
    speakers = [element for element in order if isinstance(element.tag, str) and _has_own_sentence(element)]
    said = {each: sum(map(len, _own_sentences(each))) for each in speakers}
    holders = {each: _paragraph_container(each) for each in speakers}
    totals: Counter[tuple[Any, ...]] = Counter()
    for each in speakers:
        totals[kind_of(holders[each])] += said[each]
    best = max(totals.values(), default=0)
    kinds = {kind for kind, total in totals.items() if total >= _ALIKE * best}
    paragraphs = [each for each in speakers if kind_of(holders[each]) in kinds]
    own = _drop_stray_paragraphs(paragraphs, holders, said)
    kinds = kinds if len(own) == len(paragraphs) else set()
    paragraphs = own
    size = sum(said[each] for each in paragraphs)
    if sum(len(_own_sentences(each)) for each in paragraphs) < _LEAST or size < _MOST * sum(said.values()):
        return None
    containers = {holders[each] for each in paragraphs}
    around = {above for each in containers for above in (each, *each.iterancestors())}
    return _TextElements(paragraphs, containers, kinds, around, order, size)


def _drop_stray_paragraphs(paragraphs: list[Any], holders: dict[Any, Any], said: dict[Any, int]) -> list[Any]:
    """Return a page's paragraphs without those that follow the container with most of the text.

    Return all paragraphs if no container has most of the text.
    """
    held: Counter[Any] = Counter()
    for each in paragraphs:
        held[holders[each]] += said[each]
    fullest = max(held, key=held.__getitem__, default=None)
    if fullest is None or held[fullest] < (1 - _LITTLE) * held.total():
        return paragraphs
    last = max(index for index, each in enumerate(paragraphs) if holders[each] is fullest)
    return paragraphs[: last + 1]


def _has_own_sentence(element: Any) -> bool:
    """Return whether an element has a sentence of its own outside lists, quotations and small table cells."""
    if element.tag not in _LEAVES and element.tag not in {"td", "article", "body"}:
        return False
    if any(above.tag in {"li", "blockquote", "figure", "a"} for above in element.iterancestors()):
        return False
    if element.tag == "td" and text_weight(element.text_content()) < _CELL:
        return False
    return bool(_own_sentences(element))


def _own_sentences(element: Any) -> list[str]:
    """Return the sentences in an element's own text; in a table cell, a line break ends a sentence."""
    cell = [element.text or "", *(child.tail or "" for child in element)]
    return [text for text in (cell if element.tag == "td" else own_texts(element)) if is_sentence_text(text)]


def _paragraph_container(speaker: Any) -> Any:
    """Return the parent of a paragraph, or the element itself if its text is split by line breaks."""
    leaf = speaker.tag == "p" or (speaker.tag in _LEAVES and not speaker.xpath(BLOCK_INSIDE))
    parent = speaker.getparent()
    return parent if leaf and parent is not None else speaker


# ---------------------------------------------------------------- boxes beside or after the article's text


def _find_boxes(text: _TextElements) -> Iterator[Any]:
    """Yield the boxes (forms, links, labels ...) that stand beside or after an article's paragraphs."""
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


def _is_box(element: Any, text: _TextElements, *, within: bool, behind: bool) -> bool:
    if element.tag in INLINE | _ROOTS or ((within or not behind) and element.tag in _OWN | set(HEADINGS)):
        return False
    size, said = text_size(element), _count_sentence_characters(element)
    if not size or said > _LITTLE * text.said:
        return False
    if element.tag == "p":
        return behind and not within and kind_of(element.getparent()) not in text.kinds
    if element.xpath(_INTERACTIVE) or _linked_length(element) >= _LINKED * size:
        return True
    if behind and not within:
        return not any(kind_of(each) in text.kinds for each in element.iter())
    return (behind and size <= _NOTE) or _is_card(element, said)


def _is_card(element: Any, said: int) -> bool:
    """Return whether an element between an article's paragraphs is a small label or a box with a heading.

    An element with sentences is a box if it has a heading and either little text or a list, table or
    quotation. ``said`` is the number of characters in the element's sentences.
    """
    small = text_size(element) <= _NOTE
    headed = element.xpath(".//h2 | .//h3 | .//h4 | .//h5")
    if not said:
        return small and not (len(headed) == 1 and text_size(headed[0]) == text_size(element))
    return bool(headed) and (small or bool(element.xpath(".//ul | .//ol | .//table | .//blockquote")))


def _linked_length(element: Any) -> int:
    if element.tag == "a":
        return text_size(element)
    return sum(text_size(link) for link in element.iter("a"))


# ---------------------------------------------------------------- notes among the article's paragraphs


def _find_asides(paragraphs: list[Any]) -> Iterator[Any]:
    """Yield paragraphs that have a link and are wholly in italics, bold or small print; yield none if much of
    the article is printed so.
    """
    first, *_ = paragraphs
    beside = [
        each
        for holder in {_paragraph_container(each): None for each in paragraphs}
        for each in holder.iterchildren("p")
    ]
    apart = [each for each in beside if _is_apart(each)]
    if sum(map(text_size, apart)) <= _SOME * sum(map(text_size, beside)):
        yield from (each for each in apart if each is not first and each.find(".//a") is not None)


def _find_end_notes(paragraphs: list[Any]) -> Iterator[Any]:
    """Yield the notes at an article's end, which are in italics, bold or small print, or follow a rule."""
    container = paragraphs[-1].getparent()
    if paragraphs[-1].tag != "p":
        yield from _find_last_lines(paragraphs[-1])
    if container is None or paragraphs[-1].tag != "p":
        return
    blocks = [each for each in container if isinstance(each.tag, str) and each.tag != "br"]
    begin = len(blocks)
    while begin > 0 and _ends_nothing(blocks[begin - 1]):
        begin -= 1
    rules = [index for index, each in enumerate(blocks) if _is_rule(each)]
    line = rules[-1] if rules else -1
    behind = [each for each in blocks[line + 1 :] if text_size(each)]
    few = len(behind) <= _LEAST and all(text_size(each) <= _NOTE for each in behind)
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
    if len(plain) >= _PLAIN and not apart and sum(map(text_size, notes)) <= sum(map(text_size, plain)) / 2:
        yield from blocks[begin:]


def _find_last_lines(container: Any) -> Iterator[Any]:
    """Yield the elements in italics, bold or small print at the end of a text whose lines are separated by
    line breaks.
    """
    for element in reversed(list(container)):
        if (element.tail or "").strip() or element.tag not in INLINE | {"br", "hr"}:
            return
        if text_size(element) and not _is_apart_itself(element):
            return
        yield element


def _ends_nothing(block: Any) -> bool:
    return (
        not text_size(block)
        or _is_rule(block)
        or (block.tag in _LEAVES and (_is_apart(block) or bool(_NOTE_NAMES.search(get_class_and_id(block)))))
    )


def _is_rule(block: Any) -> bool:
    return (
        block.tag == "hr"
        or block.find(".//hr") is not None
        or bool(_RULE.fullmatch("".join(block.itertext()).strip()))
    )


def _is_apart(paragraph: Any) -> bool:
    """Return whether (nearly) all text of a paragraph is in italics, bold or small print."""
    outer = [
        each
        for each in paragraph.iter(*_APART, "font")
        if _is_apart_itself(each) and not any(map(_is_apart_itself, each.iterancestors()))
    ]
    size = text_size(paragraph)
    return bool(size) and sum(map(text_size, outer)) >= _NEARLY * size


def _is_apart_itself(element: Any) -> bool:
    small = element.tag == "font" and (element.get("size") or "") in {"1", "-1", "-2"}
    return element.tag in _APART or small
