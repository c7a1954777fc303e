"""Align a model's sentence with one of the article's sentences: find which words are the same in both, and
which words stand between the same words.
"""

from difflib import SequenceMatcher
from functools import lru_cache

from newsbot.summarizers.grounding.text import Passage

__all__ = ["Alignment", "align"]

# To find replaced words, some words of a model's sentence are matched with those words of the article's
# sentence that stand between the same neighbours (or the reverse). The neighbours of the first words are at
# most this many words away.
_NEXT = 2
# The same two neighbours must be at most this many words apart in the other sentence, or the words between
# them do not match.
_GAP = 4


class Alignment:
    """The words that a model's sentence and one of the article's sentences have in the same order."""

    def __init__(self, sentence: Passage, source: Passage) -> None:
        mine, theirs = ([word.key for word in each.words] for each in (sentence, source))
        matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
        self.blocks = matcher.get_matching_blocks()
        pairs = [(block.a + at, block.b + at) for block in self.blocks for at in range(block.size)]
        self._sources = dict(pairs)
        self._sentences = {theirs: mine for mine, theirs in pairs}
        self._lengths = len(mine), len(theirs)

    def find_in_source(self, first: int, last: int) -> range | None:
        """Return the words of the article's sentence that stand in the place of some words of the model's
        sentence: between the equal words before and after them.

        The words of the model's sentence have the indices ``first`` to ``last``. Return None if the article's
        sentence does not have the words before and after them close to each other.
        """
        return _find_between(self._sources, first, last, *self._lengths)

    def find_in_sentence(self, first: int, last: int) -> range | None:
        """Return the words of the model's sentence that stand in the place of some words of the article's
        sentence.
        """
        return _find_between(self._sentences, first, last, *self._lengths[::-1])


@lru_cache(maxsize=100)
def align(sentence: Passage, source: Passage) -> Alignment:
    """Find the words that a model's sentence shares with one of the article's sentences; cache the result."""
    return Alignment(sentence, source)


def _find_between(pairs: dict[int, int], first: int, last: int, length: int, others: int) -> range | None:
    before = next((pairs[at] for at in range(first - 1, first - 1 - _NEXT, -1) if at in pairs), None)
    after = next((pairs[at] for at in range(last + 1, last + 1 + _NEXT) if at in pairs), None)
    if before is None and first == 0:
        before = -1 if after is not None and after <= 1 else None
    if after is None and last >= length - 1:
        after = others if before is not None and before >= others - _NEXT else None
    if before is None or after is None or not 0 < after - before <= _GAP:
        return None
    return range(before + 1, after)
