"""Find the words of a model's sentence that stand in the place of other words of the article's sentence that
it copies.

A model often copies a sentence and changes one word. So a sentence is laid beside its likeliest source, and
the words between two equal parts are compared. This finds names in scripts without capitals too.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

from newsbot.summarizers.grounding.alignment import align
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.matching import SourceMatch
from newsbot.summarizers.grounding.names import find_names, index_names, is_place
from newsbot.summarizers.grounding.quantities import Quantity, is_carried, read_quantities
from newsbot.summarizers.grounding.text import Passage, SourceText, Word

__all__ = ["check_replacements"]

# A model's sentence counts as a copy of a sentence of the article if that sentence has at least this share of
# its words. Only in copies are replaced words looked for.
_COPIED = 0.6
_MOST = 4  # If more neighbouring words than this differ, the model has not just replaced a word.
_LEAST = 3  # A replacement is reported only if each new word has at least this many letters.
# A replacement is reported only if one of the replaced words of the article has a greater weight than this.
# Words that stand in few of the article's sentences have a great weight.
_TELLING = 1.0
_DIFFERENT = 2  # Two words count as spellings of the same word if they differ in fewer letters than this.
_ALIKE = 0.5  # Two words count as spellings of the same word if they agree in a greater share of letters.
_CASED = frozenset(["en", "es", "pt", "fr", "de", "it", "ru"])


def check_replacements(
    sentence: Passage, matches: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    """Yield the words of a model's sentence that stand in the place of other words of the article's sentence
    from which it was likeliest made.
    """
    if not matches or matches[0].share < _COPIED:
        return
    source = matches[0].passage
    for mine, theirs in _list_replacements(sentence, source):
        if kind := _find_kind(sentence, source, mine, theirs, article):
            yield Finding(kind, _cut(sentence, mine), _cut(source, theirs))


def _list_replacements(sentence: Passage, source: Passage) -> Iterator[tuple[list[Word], list[Word]]]:
    """Yield each difference of a model's sentence and an article's sentence: the words that the one and the
    other have between the same neighbouring words.
    """
    before = (0, 0, False)
    for block in align(sentence, source).blocks:
        some = list(sentence.words[before[0] : block.a])
        others = list(source.words[before[1] : block.b])
        enclosed = before[2] or block.size > 1
        if enclosed and some and others and max(len(some), len(others)) <= _MOST:
            yield some, others
        before = (block.a + block.size, block.b + block.size, block.size > 0)


def _find_kind(
    sentence: Passage, source: Passage, mine: list[Word], theirs: list[Word], article: SourceText
) -> FindingKind | None:
    if _has_other_number(sentence, source, mine, theirs, article):
        return FindingKind.NUMBER
    if article.language in _CASED:
        named = {word.key for name in find_names(sentence) for word in name}
        others = {word.key for name in find_names(source) for word in name}
        index = index_names(article)
        put = [word for word in mine if word.key in named & index.inner]
        instead = [
            word for word in theirs if word.key in others & index.inner and word.stem not in sentence.stems
        ]
        same = any(index.are_same(word.key, other.key) for word in put for other in instead)
        if put and instead and not same and not any(word.stem in source.stems for word in put):
            return FindingKind.PLACE if is_place(put[0].key, article.language) else FindingKind.NAME
        return None
    if _are_places(sentence, source, mine, theirs, article.language):
        return FindingKind.PLACE
    told = [word for word in theirs if article.weigh(word.stem) > _TELLING]
    new = all(word.stem not in article.counts and len(word.key) >= _LEAST for word in mine)
    counted = _list_numbers(sentence, mine, article.language)
    return FindingKind.WORD if new and told and not counted and not _is_spelling(mine, theirs) else None


def _are_places(
    sentence: Passage, source: Passage, mine: list[Word], theirs: list[Word], language: str
) -> bool:
    """Return whether the words ``mine`` of a model's sentence name a country or city, and the article's words
    ``theirs`` another one.
    """
    put = [word for word in mine if is_place(word.key, language) and word.stem not in source.stems]
    instead = [word for word in theirs if is_place(word.key, language) and word.stem not in sentence.stems]
    return bool(put and instead)


def _is_spelling(mine: Sequence[Word], theirs: Sequence[Word]) -> bool:
    """Return whether the words ``mine`` of a model's sentence are the article's words ``theirs`` in another
    spelling, or with another ending.
    """
    some, others = _join(mine), _join(theirs)
    start = _count_equal(some, others)
    some, others = some[start:], others[start:]
    end = _count_equal(some[::-1], others[::-1])
    some, others = some[: len(some) - end], others[: len(others) - end]
    if min(len(some), len(others)) < _DIFFERENT:
        return True
    return SequenceMatcher(None, some, others, autojunk=False).ratio() > _ALIKE


def _has_other_number(
    sentence: Passage, source: Passage, mine: list[Word], theirs: list[Word], article: SourceText
) -> bool:
    """Return whether a number in a model's sentence stands in the place of another number of the article's
    sentence.
    """
    put = _list_numbers(sentence, mine, article.language)
    instead = _list_numbers(source, theirs, article.language)
    return bool(put and instead) and not any(is_carried(each, other) for each in put for other in instead)


def _list_numbers(passage: Passage, words: list[Word], language: str) -> list[Quantity]:
    start, end = words[0].start, words[-1].end
    return [each for each in read_quantities(passage, language) if start <= each.start < end]


def _count_equal(some: str, others: str) -> int:
    """Return how many characters at the start of two texts are equal, to compare the spelling of words."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(some, others, strict=False)))


def _join(words: Sequence[Word]) -> str:
    return "".join(word.key for word in words)


def _cut(passage: Passage, words: Sequence[Word]) -> str:
    return passage.text[words[0].start : words[-1].end]
