"""Choosing what has room: whole sentences of a summary, whole words of a title."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import regex

from newsbot.model import Sentence, Summary

__all__ = ["ELLIPSIS", "choose", "cut", "join_sentences"]

ELLIPSIS = "…"

Fits = Callable[[str], bool]

_UNSPACED_END = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u3000-\u303f\uff00-\uff65][”\u2019]?\Z"
)
_UNSPACED_START = regex.compile(
    r"[“\u2018]?[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\u3000-\u303f\uff00-\uff65]"
)
_FIRST_UNSPACED = "\u2018"  # an opening quotation mark
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
)
_GRAPHEME = regex.compile(r"\X")
_WORD_EDGE = regex.compile(r"(?w)\b")
_LOOSE_END = regex.compile(r"(?r)[\s\p{Pd}\p{Ps}\p{Pi},;:،؛、\uff0c\uff1b\uff1a/|·•&\u200b.]+\Z")


def join_sentences(texts: Iterable[str]) -> str:
    """Joined by a space, or by nothing where both sides are written without spaces (Chinese, Japanese)."""
    joined: list[str] = []
    for text in texts:
        joined += [" ", text] if joined and _spaced(joined[-1], text) else [text]
    return "".join(joined)


def _spaced(left: str, right: str) -> bool:
    return right < _FIRST_UNSPACED or not (_UNSPACED_END.search(left) and _UNSPACED_START.match(right))


def choose(
    summary: Summary, texts: Sequence[str], budget: int, length: Callable[[str], int], fits: Fits
) -> list[int]:
    """Which sentences to show, as places in ``texts`` (what each looks like); none where no whole one fits.

    Taken by rank, each with the neighbours that it needs, as long as they are within ``budget`` by ``length``
    and the text that they make together ``fits``. No further sentence would fit.
    """

    def together(places: Sequence[int]) -> bool:
        text = join_sentences(texts[place] for place in places)
        return length(text) <= budget and fits(text)

    if summary.abstract:
        return _beginning(len(texts), together)
    lengths = [length(text) for text in texts]
    groups = _groups(summary.sentences, lengths, budget)
    quick = _take(groups, _Choice(texts, lengths), budget, lambda _: True)
    if not quick or together(quick):
        return quick
    return _take(groups, _Choice(texts, lengths), budget, together)


def _beginning(count: int, together: Callable[[Sequence[int]], bool]) -> list[int]:
    """An abstract is shown from its start, without gaps."""
    return next((list(range(end)) for end in range(count, 0, -1) if together(range(end))), [])


class _Choice:
    """Sentences chosen so far, in article order; knows what a further group would add to their length."""

    def __init__(self, texts: Sequence[str], lengths: Sequence[int]) -> None:
        self._texts, self._lengths = texts, lengths
        self.places: list[int] = []
        self.used = 0

    def with_group(self, group: range) -> list[int]:
        low, high = self._span(group)
        return [*self.places[:low], *group, *self.places[high:]]

    def has(self, group: range) -> bool:
        low, high = self._span(group)
        return high - low == len(group)

    def cost(self, group: range) -> int:
        """Only the neighbours' joins change, so only they are measured."""
        low, high = self._span(group)
        left, right = self.places[max(low - 1, 0) : low], self.places[high : high + 1]
        return self._size([*left, *group, *right]) - self._size([*left, *self.places[low:high], *right])

    def add(self, group: range) -> None:
        self.used += self.cost(group)
        self.places = self.with_group(group)

    def _span(self, group: range) -> tuple[int, int]:
        return bisect_left(self.places, group.start), bisect_left(self.places, group.stop)

    def _size(self, places: Sequence[int]) -> int:
        joins = sum(_spaced(self._texts[left], self._texts[right]) for left, right in pairwise(places))
        return sum(self._lengths[place] for place in places) + joins


def _take(
    groups: Sequence[range], choice: _Choice, budget: int, together: Callable[[Sequence[int]], bool]
) -> list[int]:
    """Greedy by rank. A group that was too long may fit once a part of it is in, so until nothing changes."""
    before = -1
    while len(choice.places) != before:
        before = len(choice.places)
        for group in groups:
            fresh = not choice.has(group) and choice.used + choice.cost(group) <= budget
            if fresh and together(choice.with_group(group)):
                choice.add(group)
    return choice.places


def _groups(sentences: Sequence[Sentence], lengths: Sequence[int], budget: int) -> list[range]:
    """Each sentence with all that it can't do without, the best first; those that have room at all."""
    by_rank = sorted(range(len(sentences)), key=lambda place: (sentences[place].rank, place))
    groups = (_group(sentences, lengths, place, budget) for place in by_rank)
    return [group for group in groups if group is not None]


def _group(sentences: Sequence[Sentence], lengths: Sequence[int], place: int, budget: int) -> range | None:
    """None where it is too long, or where one that is needed is not there to be shown."""
    first = last = place
    size = lengths[place]
    while size <= budget and sentences[first].needs_previous:
        if first == 0 or sentences[first - 1].index != sentences[first].index - 1:
            return None
        first -= 1
        size += max(lengths[first], 1)
    while size <= budget and sentences[last].needs_next:
        if last + 1 == len(sentences) or sentences[last + 1].index != sentences[last].index + 1:
            return None
        last += 1
        size += max(lengths[last], 1)
    return range(first, last + 1) if size <= budget else None


def cut(text: str, fits: Fits) -> str:
    """The text, or as many of its words as fit with an ellipsis; never inside a grapheme; maybe nothing.

    Where words are written without spaces, or one alone is too long, between graphemes at a word's edge
    if there is one.
    """
    if fits(text):
        return text
    edges = [match.end() for match in _GRAPHEME.finditer(text)]
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[: edges[middle - 1]] + ELLIPSIS) else (low, middle - 1)
    for count in range(low, 0, -1):
        shown = _end_well(text, edges[count - 1])
        if shown and fits(shown + ELLIPSIS):
            return shown + ELLIPSIS
    return ""


def _end_well(text: str, end: int) -> str:
    """``text[:end]`` back to the end of a word, without the punctuation that led on."""
    stop = _word_end(text, end)
    return _trim(text[:stop]) or _trim(text[:end])


def _trim(text: str) -> str:
    return str(_LOOSE_END.sub("", text, count=1))


def _word_end(text: str, end: int) -> int:
    if text[end : end + 1].isspace():
        return end
    spaced = max(text.rfind(" ", 0, end), text.rfind("\u3000", 0, end))
    if spaced > 0 and not _UNSPACED.search(text, spaced, end + 1):
        return spaced
    inside = [match.start() for match in _WORD_EDGE.finditer(text, max(spaced, 0), end + 1)]
    return max((edge for edge in inside if 0 < edge <= end), default=end)
