"""Find what an article contradicts within itself: its headline, its sums, ages, dates and numbers.

An editor who is warned without cause stops to read warnings, so a doubtful case is no contradiction.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from newsbot.model import Article
from newsbot.newsroom.contradictions.ages import find_age_contradictions
from newsbot.newsroom.contradictions.counts import find_counts
from newsbot.newsroom.contradictions.dates import find_date_contradictions
from newsbot.newsroom.contradictions.headline import find_headline_contradictions
from newsbot.newsroom.contradictions.known_dates import find_known_contradictions
from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, read_passages
from newsbot.newsroom.contradictions.sums import find_wrong_sums
from newsbot.newsroom.contradictions.values import find_two_values

__all__ = ["Contradiction", "find_contradictions"]

_LONGEST = 30_000  # The most characters of a text that are examined.
_MOST = 5  # No more contradictions of an article are told.


def find_contradictions(article: Article, now: datetime) -> list[Contradiction]:
    """Return what an article contradicts within itself, at most five places; it is read ``now``."""
    language = article.language or "en"
    text = article.text[:_LONGEST]
    passages = read_passages(text, language)
    headline = ExaminedSentence(article.title, language, -1) if article.title else None
    found: dict[str, Contradiction] = {}
    for each in _find_all(article, headline, passages, now):
        found.setdefault(each.first, each)
    return list(found.values())[:_MOST]


def _find_all(
    article: Article, headline: ExaminedSentence | None, passages: list[ExaminedSentence], now: datetime
) -> Iterator[Contradiction]:
    every = [headline, *passages] if headline else passages
    if headline:
        yield from find_headline_contradictions(
            headline, passages, f"{article.text}\n{article.summary or ''}"
        )
    counts = [find_counts(passage) for passage in passages]
    yield from find_wrong_sums(passages, counts)
    yield from find_two_values(list(chain.from_iterable(counts)))
    yield from find_age_contradictions(headline, passages, article.published_at, now)
    yield from find_date_contradictions(every, article.published_at, now)
    yield from find_known_contradictions(every)
