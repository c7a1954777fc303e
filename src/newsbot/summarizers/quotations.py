"""Where quotations begin and end, across the sentences of an article."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Quotations", "find", "find_in", "stretches"]

RECENT = 300  # sentences; those of one article are asked about again
REACH = 12  # sentences that a quotation may run over; a mark still open then is a stray one
SINGLE_REACH = 4  # single marks are apostrophes more often than not

# All begin with one class, which `re` searches for fast; an apostrophe stands between letters; two single
# marks make a double one.
MARKS = re.compile(
    r"[\"“”„«»「」『』‹›'’‘`](?!(?<=[^\W_]['’‘`])[^\W_])(?:(?<=')'|(?<=’)’|(?<=‘)‘|(?<=`)`)?"  # noqa: RUF001
)
OPENING = frozenset("“„«「『‹‘")  # noqa: RUF001
CLOSING = frozenset("”»」』›’")  # noqa: RUF001
FAMILIES = {  # marks of one family close each other, as “this”, „this“ and »this« do
    **dict.fromkeys("'‘’`", "single"),  # noqa: RUF001
    **dict.fromkeys("「」", "corner"),
    **dict.fromkeys("『』", "white corner"),
}


class _Mark(NamedTuple):
    """``opens`` is None where the text around doesn't tell."""

    sentence: int
    start: int
    end: int
    opens: bool | None


class Quotations(NamedTuple):
    """``spans``: by sentence, the (start, end) that are quoted.

    ``joined``: sentences behind which a quotation goes on in the next. ``strays``: sentences with a mark
    that opens and never closes.
    """

    spans: dict[int, list[tuple[int, int]]]
    joined: set[int]
    strays: set[int]

    def outside(self, index: int, sentence: str) -> str:
        """The sentence without what is quoted in it."""
        kept, at = [], 0
        for start, end in sorted(self.spans.get(index, ())):
            kept.append(sentence[at:start])
            at = max(at, end)
        return " ".join([*kept, sentence[at:]])


def find(sentences: Sequence[str]) -> Quotations:
    """Match the marks, each family for itself; apostrophes that match nothing are let be.

    Nobody changes what this returns.
    """
    return _find(tuple(sentences))


@lru_cache(maxsize=RECENT)
def _find(sentences: tuple[str, ...]) -> Quotations:
    families: defaultdict[str, list[_Mark]] = defaultdict(list)
    for index, sentence in enumerate(sentences):
        for found in MARKS.finditer(sentence):
            mark, (start, end) = found[0], found.span()
            opens = _direction(mark, sentence[start - 1 : start], sentence[end : end + 1])
            families[FAMILIES.get(mark, "double")].append(_Mark(index, start, end, opens))
    quotations = Quotations({}, set(), set())
    for family, marks in families.items():
        reach = SINGLE_REACH if family == "single" else REACH
        for opening, closing in _pairs(marks, reach):
            if closing is not None:
                _cover(quotations, sentences, opening, closing)
            elif family != "single":
                quotations.strays.add(opening.sentence)
    return quotations


def find_in(sentence: str) -> Quotations:
    """Match the marks of one sentence alone."""
    return _find((sentence,))


def stretches(quotations: Quotations) -> Iterator[tuple[int, int]]:
    """First and last sentence of each stretch that a quotation holds together."""
    last = -1
    for first in sorted(quotations.spans):
        if first <= last:
            continue
        last = first
        while last in quotations.joined:
            last += 1
        yield first, last


def _direction(mark: str, before: str, after: str) -> bool | None:
    """“ may close (German), ” may open (Swedish), and " does both: the characters around it tell."""
    if mark in "「『」』":
        return mark in OPENING
    glued_before = bool(before) and not before.isspace() and before not in "([{-–—:¡¿"  # noqa: RUF001
    glued_after = bool(after) and not after.isspace() and after not in ".,;:!?)]}-–—…،؛؟۔।"  # noqa: RUF001
    if glued_before != glued_after:
        return glued_after
    return mark in OPENING if mark in OPENING or mark in CLOSING else None


def _pairs(marks: Sequence[_Mark], reach: int) -> Iterator[tuple[_Mark, _Mark | None]]:
    """Each opening mark with the one that closes it, or None.

    A quotation of several paragraphs opens each of them anew and closes once, so a second opening mark at
    the start of a sentence goes on with the first; elsewhere it shows that the first was a stray one.
    """
    opened: _Mark | None = None
    for mark in marks:
        if opened is not None and mark.sentence - opened.sentence > reach:
            yield opened, None
            opened = None
        opens = opened is None if mark.opens is None else mark.opens
        if opened is not None and not opens:
            yield opened, mark
            opened = None
        elif opened is None and opens:
            opened = mark
        elif opened is not None and (mark.start > 0 or mark.sentence == opened.sentence):
            yield opened, None
            opened = mark
    if opened is not None:
        yield opened, None


def _cover(quotations: Quotations, sentences: Sequence[str], opening: _Mark, closing: _Mark) -> None:
    for index in range(opening.sentence, closing.sentence + 1):
        start = opening.start if index == opening.sentence else 0
        end = closing.end if index == closing.sentence else len(sentences[index])
        quotations.spans.setdefault(index, []).append((start, end))
    quotations.joined.update(range(opening.sentence, closing.sentence))
