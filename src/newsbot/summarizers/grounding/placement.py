"""Find out whether the article has a number or name in the place that a model's sentence gives it.

A fact that the article has may still stand where the article has another one: the number of the injured for
that of the dead. The words around the fact tell which place of the article is meant.
"""

from collections.abc import Iterable

from newsbot.summarizers.grounding.text import Passage, SourceText

__all__ = ["score_place"]

# The words around a number or name tell which place of the article is meant: the nearer, the more they count.
# All words that are this many words or more away count equally little.
_FAR = 8
_NEAREST = 1.0


def score_place(
    sentence: Passage, at: int, passage: Passage, place: int, article: SourceText, without: Iterable[str] = ()
) -> float:
    """Return how well the words around a word of a model's sentence fit those around a word of the article.

    ``at`` is the word's index in ``sentence``, and ``place`` that in ``passage``. Shared words count more the
    rarer they are in the article, and the nearer they stand to both words. The stems in ``without`` don't
    count.
    """
    total = 0.0
    for stem in (sentence.stems & passage.stems).difference(without):
        mine = _measure_distance(sentence, stem, at)
        other = _measure_distance(passage, stem, place)
        if mine and other:
            total += article.weigh(stem) / (mine + other)
    return total


def _measure_distance(passage: Passage, stem: str, at: int) -> float:
    """Return how many words the word with the index ``at`` is away from the nearest word with the stem
    ``stem``; 0 if it is that word itself.
    """
    nearest = min(abs(each - at) for each in passage.positions[stem])
    return min(nearest, _FAR) + _NEAREST if nearest else 0
