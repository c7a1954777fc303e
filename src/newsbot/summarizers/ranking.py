"""Which sentences tell most: position, TF-IDF and redundancy.

A sentence is worth the sum of its words' weights, less far down the article, less where it is too long to be
read at one go, and less in the words that a sentence before it in the ranking said. Nothing here
knows a language. The constants were chosen from the middle of where ROUGE-1
stays level (``tests.bench.texts``).
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain
from math import exp, log
from unicodedata import east_asian_width

from newsbot.identity.texts import announces_more
from newsbot.summarizers.words import words

__all__ = ["is_scrap", "rank_sentences"]

PICKS = 8  # sentences whose rank minds what was said before; few posts show more
FREQUENCY, RARITY = 1.2, 0.2  # exponents of TF and of IDF within the article
ONCE = 0.55  # worth of a word that comes once: it hardly is what the article is about
NAMED = 1.5  # worth of a word of the title
REPEATED = 0.25  # worth of a word that was said before
FAR, FADING = 0.45, 0.5  # a sentence far down is worth FAR of the first; how fast it gets there
WIDTH = 135  # columns that are read at one go
LONGER = 0.9  # how much of what lies beyond is taken off again
SPEECH = 0.75  # direct speech is colour before it is news
QUESTION = SCRAP = 0.3
SCRAP_WORDS = 5  # fewer are a scrap
SCRAP_WIDTH = 20  # columns; less is not even worth the room that is left over

QUESTION_MARKS = ("?", "؟", "？")  # noqa: RUF001  Arabic's and Chinese's
QUOTES = "\"'“”‘’«»„「」『』() "  # noqa: RUF001

MAYBE_WIDE = re.compile("[\u1100-\U0010ffff]")  # from Hangul on; no wide character comes before it


def rank_sentences(
    sentences: Sequence[str],
    needed: Sequence[range | None],
    title: str | None = None,
    room: int | None = None,
) -> list[int]:
    """Indices of all that may be shown, the most telling first; what must stand together comes together.

    With ``room`` for so many sentences, only those that fit into it.
    """
    pool = _SentencePool(sentences, title)
    left = {i: run for i, run in enumerate(needed) if run}
    order: dict[int, None] = {}
    while len(order) < (PICKS if room is None else room):
        left = {i: run for i, run in left.items() if i not in order and _has_room_for(run, order, room)}
        if not left:
            return list(order)
        best = pool.best(left, order)
        pool.say([i for i in left[best] if i not in order])
        order.update(dict.fromkeys((best, *left[best])))
    if room is None:
        left = {i: run for i, run in left.items() if i not in order}
        gains = pool.gains(left, order)
        for best in sorted(left, key=gains.__getitem__, reverse=True):
            order.update(dict.fromkeys((best, *left[best])))
    return list(order)


def _has_room_for(run: range, order: Mapping[int, None], room: int | None) -> bool:
    if room is None or len(run) == 1:
        return True
    return len(order) + len(run) <= room or len(order.keys() | run) <= room


class _SentencePool:
    """What each sentence would still add to those that were chosen."""

    def __init__(self, sentences: Sequence[str], title: str | None) -> None:
        tokens = [words(sentence) for sentence in sentences]
        frequency = Counter(chain.from_iterable(tokens))
        named = frequency.keys() & words(title or "")
        telling = {word for word, count in frequency.items() if count > 1} | named
        kept = [list(filter(telling.__contains__, some)) for some in tokens]
        self._words = [dict.fromkeys(some) for some in kept]
        self._word_weights = _word_weights(frequency, self._words, named)
        once = ONCE * _rarity(len(sentences), 1)
        self._rest = [once * (len(a) - len(b)) for a, b in zip(tokens, kept, strict=True)]
        self._worth = [_position_score(i) * _form_score(s, tokens[i]) for i, s in enumerate(sentences)]
        self._values = [0.0] * len(sentences)
        self._stale = set(range(len(sentences)))
        self._said: set[str] = set()
        self._compute_weight(range(len(sentences)))

    def best(self, left: Mapping[int, range], chosen: Container[int]) -> int:
        """The first of those that add most.

        Values only fall as words are said, so what a sentence would have added before is a bound: most
        sentences need not be weighed again.
        """
        bounds = self._compute_gains(left, chosen)
        best, most = -1, -1.0
        for i in sorted(bounds, key=bounds.__getitem__, reverse=True):
            if bounds[i] < most:
                break
            self._compute_weight(left[i])
            gain = self._mean_gain(left[i], chosen)
            if gain > most or (gain == most and i < best):
                best, most = i, gain
        return best

    def gains(self, left: Mapping[int, range], chosen: Container[int]) -> dict[int, float]:
        """By sentence, the mean of what it and those that must stand with it would add."""
        self._compute_weight(chain.from_iterable(left.values()))
        return self._compute_gains(left, chosen)

    def say(self, indices: Iterable[int]) -> None:
        """Words of these sentences are worth less from now on, wherever they come again."""
        for word in set(chain.from_iterable(self._words[i] for i in indices)) - self._said:
            self._word_weights[word] *= REPEATED
            self._said.add(word)
        self._stale.update(range(len(self._values)))

    def _compute_gains(self, left: Mapping[int, range], chosen: Container[int]) -> dict[int, float]:
        values = self._values
        return {i: values[i] if len(run) == 1 else self._mean_gain(run, chosen) for i, run in left.items()}

    def _mean_gain(self, run: range, chosen: Container[int]) -> float:
        new = [self._values[i] for i in run if i not in chosen]
        return sum(new) / len(new)

    def _compute_weight(self, indices: Iterable[int]) -> None:
        for i in indices:
            if i in self._stale:
                total = self._rest[i] + sum(map(self._word_weights.__getitem__, self._words[i]))
                self._values[i] = self._worth[i] * total
                self._stale.remove(i)


def _word_weights(
    frequency: Mapping[str, int], sentences: Sequence[Iterable[str]], named: Container[str]
) -> dict[str, float]:
    """TF-IDF within the article: how often a word comes, and in how few of the sentences."""
    holders = Counter(chain.from_iterable(sentences))
    rarity = {count: _rarity(len(sentences), count) for count in set(holders.values())}
    return {
        word: frequency[word] ** FREQUENCY * rarity[count] * (NAMED if word in named else 1)
        for word, count in holders.items()
    }


def _rarity(sentences: int, holders: int) -> float:
    return float(log((sentences + 1) / holders) ** RARITY)


def _position_score(index: int) -> float:
    return FAR + (1 - FAR) * exp(-FADING * index)


def _form_score(sentence: str, tokens: Sequence[str]) -> float:
    """Down with what reads badly in a summary, whatever it says."""
    width = _text_width(sentence)
    value = float((WIDTH / width) ** LONGER) if width > WIDTH else 1.0
    if sentence.rstrip(QUOTES).endswith(QUESTION_MARKS):
        value *= QUESTION
    if sentence[0] in QUOTES:
        value *= SPEECH
    return value * SCRAP if len(tokens) < SCRAP_WORDS or sentence.isupper() else value


def is_scrap(sentence: str) -> bool:
    """Too little to be worth its room, or a pointer to something that was cut off behind its colon."""
    narrow = len(sentence) < SCRAP_WIDTH and _text_width(sentence) < SCRAP_WIDTH
    return narrow or announces_more(sentence)


def _text_width(sentence: str) -> int:
    """Columns: a character of Chinese, Japanese or Korean says as much as two."""
    if sentence.isascii():
        return len(sentence)
    return len(sentence) + sum(east_asian_width(char) in "WF" for char in MAYBE_WIDE.findall(sentence))
