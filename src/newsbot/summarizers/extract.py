"""The summarizer ``extract``, which builds a summary from the article's own sentences.

Sentences are ranked by position, TF-IDF (frequent in the article, but in few of its sentences) and
redundancy. A sentence's value is the sum of its words' weights. The value is reduced for a sentence far down
the article, for a sentence too long to be read at a glance, and for words that a higher ranked sentence has.
The ranking is the same for all languages. Each constant is from the middle of the range in which ROUGE-1 (the
share of an editor's words that the summary has) hardly changes (``tests.bench.texts``).
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from math import exp, log
from operator import attrgetter
from typing import Literal, overload
from unicodedata import east_asian_width

from newsbot.identity.texts import announces_more
from newsbot.model import Article, PostWarning, Sentence, Summary
from newsbot.reasons import Reason, WarningCode
from newsbot.scheduling.settings import StrictModel
from newsbot.summarizers.anaphora import AnaphoraTable, find_tables
from newsbot.summarizers.cohesion import Cohesion, find_cohesion, find_quoted_cohesion, sentence_ranges
from newsbot.summarizers.numbers import find_differing_numbers
from newsbot.summarizers.quotations import speakers
from newsbot.summarizers.sentences import drop_headings, iterate_sentences, split, words
from newsbot.summarizers.standfirst import judge_standfirst
from newsbot.summarizers.stories import ArticleText, tell_stories

__all__ = ["ExtractSummarizer", "is_scrap", "rank_sentences", "summarize"]

SHORT = 8  # In an article with fewer sentences than this, even very short sentences may be shown.
BEGINNING = 4_000  # Full names are looked up in this many characters at an article's beginning.
OPENING = 14  # The text of a post may come from this many lines at an article's beginning.
MOST = 1_000  # At most this many sentences of an article are read; a news article has about thirty.


class ExtractSummarizer:
    """The summarizer that selects an article's sentences by position, TF-IDF and redundancy.

    A post shows the sentences as they are in the article, so no summary has an invented statement.
    """

    class Settings(StrictModel):
        kind: Literal["extract"] = "extract"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or self.Settings()

    def summarize(self, article: Article) -> Summary:
        """Return the sentences of an article that posts may show, with the article's stories (texts for a
        post), standfirst and warnings.

        A sentence that needs another sentence to be understood is left out if the article lacks that
        sentence.
        """
        found = find_tables(article.language, article.text)
        spoken: dict[str, str] = {}
        sentences = _RankedSentences(article, found, spoken)
        standfirst, why = judge_standfirst(article.summary, article.title, article.text, article.language)
        opening = list(
            islice(iterate_sentences(article.text, article.language), OPENING)
        )  # The lines include headings and table rows, because a story (a post's text) ends before these.
        bonds = find_quoted_cohesion(opening, found)
        text = ArticleText(
            article.title or "", opening, bonds, found, article.language, article.text[:BEGINNING]
        )
        stories = tell_stories(text, standfirst)
        if not article.title and not stories:
            # Without a headline and a story, the post would have no words at all, so the best sentence for
            # which the post has room is its story.
            stories = tuple((each,) for each in sorted(sentences, key=attrgetter("rank")))
        leads = (story[0].text for story in stories if story[0].index >= 0)
        spoken.update(speakers(article.title, opening, found))
        spoken.update(speakers(standfirst, [], found))
        warnings = {
            "standfirst_refused": why and WarningCode.STANDFIRST_REFUSED(why=why),
            "thin": None if stories else WarningCode.ONLY_HEADLINE(),
        }
        numbers = (PostWarning("number", each) for each in _warn_of_numbers(article, standfirst))
        return Summary(
            sentences,
            stories=stories,
            standfirst=standfirst,
            lead=next(leads, None),
            warnings=(
                *(PostWarning(code, reason) for code, reason in warnings.items() if reason),
                *numbers,
            ),
            speakers=spoken,
        )


class _RankedSentences(Sequence[Sentence]):
    """The sentences of an article that posts may show, each with its rank.

    The sentences are ranked when they are first used, because most posts use a story (the article's first
    sentences) instead. The ranking also adds the speakers of all quotations in the article to the attribute
    ``spoken``.
    """

    def __init__(self, article: Article, openers: tuple[AnaphoraTable, ...], spoken: dict[str, str]) -> None:
        self._article, self._openers, self._spoken = article, openers, spoken

    @cached_property
    def _rank_sentences(self) -> tuple[Sentence, ...]:
        lines = split(self._article.text, self._article.language)
        self._spoken.update(speakers(self._article.title, lines, self._openers))
        every, bound, order = _read_sentences(lines, self._openers, self._article.title)
        ranks = {index: place for place, index in enumerate(order)}
        return tuple(
            Sentence(every[i], every[i], i, ranks[i], bound[i].previous, bound[i].next) for i in sorted(order)
        )

    def __len__(self) -> int:
        return len(self._rank_sentences)

    @overload
    def __getitem__(self, index: int) -> Sentence: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Sentence, ...]: ...
    def __getitem__(self, index: int | slice) -> Sentence | tuple[Sentence, ...]:
        return self._rank_sentences[index]


def _warn_of_numbers(article: Article, standfirst: str | None) -> Iterator[Reason]:
    """Yield a warning for each number in the headline that the text does not confirm.

    If the text confirms all numbers in the headline, the numbers in the standfirst that the post shows are
    checked. An article that could not be read in full gets no warning, as the number may be in the rest.
    """
    if not article.title or article.is_incomplete:
        return
    whole = f"{article.text}\n{article.summary or ''}"
    differs, missing = WarningCode.HEADLINE_NUMBER_DIFFERS, WarningCode.HEADLINE_NUMBER_MISSING
    found = find_differing_numbers(article.title, whole, article.language)
    if not found and standfirst:
        differs, missing = WarningCode.STANDFIRST_NUMBER_DIFFERS, WarningCode.STANDFIRST_NUMBER_MISSING
        found = find_differing_numbers(standfirst, article.text, article.language)
    for number, other in dict.fromkeys(found):
        yield differs(number=number, other=other) if other else missing(number=number)


def summarize(text: str, sentences: int, language: str | None = None) -> list[str]:
    """Return at most ``sentences`` sentences of a text, in its order, with only white space changed.

    The first sentence never opens with a pronoun or connective that refers to a sentence left out, and a
    quotation comes with its speaker. Fewer sentences are returned if these rules allow no more. ``language``
    is an ISO 639-1 code.
    """
    every, _, order = _read_sentences(split(text, language), find_tables(language, text), room=sentences)
    return [every[index] for index in sorted(order)]


def _read_sentences(
    lines: list[str], openers: tuple[AnaphoraTable, ...], title: str | None = None, room: int | None = None
) -> tuple[list[str], list[Cohesion], list[int]]:
    """Return an article's sentences, the neighbouring sentences that each needs, and the indices of the
    sentences that a post may show.

    The indices are in the order of the sentences' ranks, the most informative sentence first.
    """
    every = drop_headings(lines)[:MOST]
    bound = find_cohesion(every, openers)
    needed = sentence_ranges(bound)
    # If no sentence of an article could be shown, its first sentence may be shown.
    if bound and not any(needed):
        bound[0] = bound[0]._replace(previous=False)
        needed = sentence_ranges(bound)
    return every, bound, rank_sentences(every, _drop_scraps(every, needed), title, room)


def _drop_scraps(every: list[str], needed: list[range | None]) -> list[range | None]:
    """Replace a range of sentences to show together by None if all sentences in the range are too short.

    Return the ranges unchanged for a short article, and if no range would be left.
    """
    if len(every) < SHORT:
        return needed
    scraps = {index for index, sentence in enumerate(every) if is_scrap(sentence)}
    worth = [run if run and not scraps.issuperset(run) else None for run in needed]
    return worth if any(worth) else needed


# ---------------------------------------------------------------- the ranking of sentences

PICKS = 8  # Redundancy is computed for this many of the best ranked sentences; few posts show more.
# A word's weight is its term frequency with the first exponent, times its inverse document frequency (its
# rarity among the article's sentences) with the second.
FREQUENCY, RARITY = 1.2, 0.2
# The weight of a word that occurs only once in an article is multiplied by this factor, because the word is
# hardly the article's subject.
ONCE = 0.55
NAMED = 1.5  # The weight of a word that is also in the headline is multiplied by this factor.
REPEATED = 0.25  # The weight of a word in an already chosen sentence is multiplied by this factor.
# A sentence's value is multiplied by a factor that falls with the sentence's position in the article: from 1
# towards the first number, at the rate of the second.
FAR, FADING = 0.45, 0.5
# A sentence is read at a glance if its width is at most this many columns (two for a CJK character).
WIDTH = 135
# The value of a sentence wider than `WIDTH` is multiplied by (`WIDTH` / its width) with this exponent.
LONGER = 0.9
SPEECH = 0.75  # The value of direct speech, which is seldom the news itself, is multiplied by this factor.
# The values of a question and of a sentence with too few words are multiplied by this factor.
QUESTION = SCRAP = 0.3
SCRAP_WORDS = 5  # A sentence with fewer words than this counts as having too few words.
SCRAP_WIDTH = 20  # A sentence narrower than this, in columns, is not shown even if a post has room for it.

QUESTION_MARKS = ("?", "؟", "？")  # noqa: RUF001  Some are Arabic and Chinese.
QUOTES = "\"'“”‘’«»„「」『』() "  # noqa: RUF001

# The pattern matches characters that may be two columns wide; no character before Hangul is.
MAYBE_WIDE = re.compile("[\u1100-\U0010ffff]")


def rank_sentences(
    sentences: Sequence[str],
    needed: Sequence[range | None],
    title: str | None = None,
    room: int | None = None,
) -> list[int]:
    """Return the indices of the sentences that a post may show, the most informative first.

    ``needed`` has for each sentence the range of sentences to show with it, or None if it can't be shown.
    Sentences that need each other come one after the other. With ``room``, at most that many indices are
    returned.
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
    """The sentences of an article during ranking, each with the value that it would add to the summary."""

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
        """Return the index of the sentence that adds the greatest value to the ``chosen`` sentences.

        Of equal sentences, the article's first is returned.

        Values only fall when further sentences are chosen, so an older value is an upper bound, and most
        values need not be computed again.
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
        """Return, by index, the mean value of each sentence and the sentences that must be shown with it."""
        self._compute_weight(chain.from_iterable(left.values()))
        return self._compute_gains(left, chosen)

    def say(self, indices: Iterable[int]) -> None:
        """Reduce the weights of the words in sentences that were just chosen, so that further sentences with
        these words are less likely to be chosen.
        """
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
    """Return each word's TF-IDF weight within the article: how often it occurs, and in how few sentences."""
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
    """Return the factor for a sentence's value: below 1 for a long sentence, a question, direct speech, or a
    sentence with too few words, else 1.
    """
    width = _text_width(sentence)
    value = float((WIDTH / width) ** LONGER) if width > WIDTH else 1.0
    if sentence.rstrip(QUOTES).endswith(QUESTION_MARKS):
        value *= QUESTION
    if sentence[0] in QUOTES:
        value *= SPEECH
    return value * SCRAP if len(tokens) < SCRAP_WORDS or sentence.isupper() else value


def is_scrap(sentence: str) -> bool:
    """Return whether a sentence is too narrow to be useful, or announces something that does not follow."""
    narrow = len(sentence) < SCRAP_WIDTH and _text_width(sentence) < SCRAP_WIDTH
    return narrow or announces_more(sentence)


def _text_width(sentence: str) -> int:
    """Return a text's width in columns: each character of Chinese, Japanese or Korean counts as two."""
    if sentence.isascii():
        return len(sentence)
    return len(sentence) + sum(east_asian_width(char) in "WF" for char in MAYBE_WIDE.findall(sentence))
