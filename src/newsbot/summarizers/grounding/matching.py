"""Find the sentences of an article from which a model likely made its sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsbot.summarizers.grounding.text import Passage, SourceText, fold

__all__ = ["SourceMatch", "find_matches"]

_MOST = 3  # A model's sentence is compared with at most this many sentences of the article.
# An article's sentence counts as a source of a model's sentence only if it has at least this share of the
# words that the best source has.
_NEAR = 0.6
# If the model names an article's sentence as the evidence for its own sentence, this number is added to the
# share of common words by which the article's sentences are ranked.
_NAMED = 0.05


@dataclass(frozen=True, slots=True)
class SourceMatch:
    """A sentence of the article with its index, and the share that it has of the model's sentence's words."""

    index: int
    passage: Passage
    share: float


def find_matches(sentence: Passage, evidence: Sequence[str], article: SourceText) -> list[SourceMatch]:
    """Return the article's sentences with the most words of ``sentence``, the best first.

    ``evidence`` are the sentences that the model names; they are preferred, but may be wrong.
    """
    total = article.weigh_all(sentence.stems)
    if not total:
        return []
    named = {fold(each.strip()) for each in evidence}
    found = []
    for index, passage in enumerate(article.passages):
        shared = sentence.stems & passage.stems
        if shared:
            share = article.weigh_all(shared) / total
            gained = _NAMED if named and fold(passage.text.strip()) in named else 0.0
            found.append(SourceMatch(index, passage, share + gained))
    found.sort(key=lambda match: -match.share)
    return [match for match in found[:_MOST] if match.share >= _NEAR * found[0].share]
