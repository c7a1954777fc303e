"""A summary out of the article's own sentences."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from newsbot.model import Article, Sentence, Summary
from newsbot.summarizers.bonds import Bond, bonds, ranges
from newsbot.summarizers.languages import tables
from newsbot.summarizers.ranking import is_scrap, rank
from newsbot.summarizers.sentences import split, without_headings

__all__ = ["ExtractSummarizer", "summarize"]

SHORT = 8  # sentences; in an article of fewer each may matter
MOST = 1_000  # sentences that are looked at; a news article has thirty


class ExtractSummarizer:
    """Position, TF-IDF and redundancy; verbatim, so nothing can be made up."""

    class Settings(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")

        kind: Literal["extract"] = "extract"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or self.Settings()

    def summarize(self, article: Article) -> Summary:
        """Every sentence that may be shown; left out are those that need one that is not there."""
        every, bound, order = _read(article.text, article.language, article.title)
        ranks = {index: place for place, index in enumerate(order)}
        return Summary(
            tuple(
                Sentence(every[i], every[i], i, ranks[i], bound[i].previous, bound[i].next)
                for i in sorted(order)
            )
        )


def summarize(text: str, sentences: int, language: str | None = None) -> list[str]:
    """At most ``sentences`` sentences of the text, in its order, each verbatim but for collapsed white space.

    The first never opens with a pronoun or connective that leans on what was left out, and a quote comes
    with its speaker; fewer are returned where only fewer can be had so. ``language`` is an ISO 639-1 code.
    """
    every, _, order = _read(text, language, room=sentences)
    return [every[index] for index in sorted(order)]


def _read(
    text: str, language: str | None, title: str | None = None, room: int | None = None
) -> tuple[list[str], list[Bond], list[int]]:
    """The article's sentences, what each needs, and the indices of those to show, by rank."""
    every = without_headings(split(text, language))[:MOST]
    bound = bonds(every, tables(language, text))
    needed = ranges(bound)
    if bound and not any(needed):  # nothing else can open, so the article's own opening may
        bound[0] = bound[0]._replace(previous=False)
        needed = ranges(bound)
    return every, bound, rank(every, _without_scraps(every, needed), title, room)


def _without_scraps(every: list[str], needed: list[range | None]) -> list[range | None]:
    """A scrap is only shown for another sentence's sake, in an article long enough to do without it."""
    if len(every) < SHORT:
        return needed
    scraps = {index for index, sentence in enumerate(every) if is_scrap(sentence)}
    worth = [run if run and not scraps.issuperset(run) else None for run in needed]
    return worth if any(worth) else needed
