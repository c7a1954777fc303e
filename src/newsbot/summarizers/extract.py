"""The summarizer ``extract``: it builds a summary from the article's own sentences."""

from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from typing import Literal, overload

from pydantic import BaseModel, ConfigDict

from newsbot.model import Article, PostWarning, Sentence, Summary
from newsbot.summarizers.anaphora import AnaphoraTable, find_tables
from newsbot.summarizers.cohesion import Cohesion, find_cohesion, sentence_ranges
from newsbot.summarizers.numbers import find_differing_number
from newsbot.summarizers.quotations import speakers
from newsbot.summarizers.ranking import is_scrap, rank_sentences
from newsbot.summarizers.sentences import drop_headings, iterate_sentences, split
from newsbot.summarizers.standfirst import judge_standfirst
from newsbot.summarizers.stories import ArticleText, tell_stories

__all__ = ["ExtractSummarizer", "summarize"]

SHORT = 8  # sentences; in a shorter article each sentence may matter
OPENING = 20  # lines at an article's start that stories are made from; no post shows more
MOST = 1_000  # sentences that are read at most; a news article has about thirty


class ExtractSummarizer:
    """A summarizer that selects sentences by position, TF-IDF and redundancy.

    Sentences are shown verbatim, so nothing can be made up.
    """

    class Settings(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")

        kind: Literal["extract"] = "extract"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or self.Settings()

    def summarize(self, article: Article) -> Summary:
        """Return the sentences of an article that may be shown, with its stories, standfirst and warnings.

        A sentence that needs another one that the article does not have is left out.
        """
        found = find_tables(article.language, article.text)
        spoken: dict[str, str] = {}
        sentences = _RankedSentences(article, found, spoken)
        if not article.title:
            return Summary(sentences, speakers=spoken)
        standfirst, why = judge_standfirst(article.summary, article.title, article.text, article.language)
        opening = list(
            islice(iterate_sentences(article.text, article.language), OPENING)
        )  # Headings and rows are included, as a story ends before them.
        text = ArticleText(article.title, opening, find_cohesion(opening, found), found, article.language)
        stories = tell_stories(text, standfirst)
        leads = (story[0].text for story in stories if story[0].index >= 0)
        spoken.update(speakers(article.title, opening, found))
        spoken.update(speakers(standfirst, [], found))
        number = _number_warning(article)
        warnings = {
            "standfirst_refused": (bool(why), f"The standfirst is not shown: {why}."),
            "thin": (
                not stories,
                "The article has hardly a sentence that can be shown: only its headline goes out.",
            ),
            "number": (bool(number), number),
        }
        return Summary(
            sentences,
            stories=stories,
            standfirst=standfirst,
            lead=next(leads, None),
            warnings=tuple(PostWarning(code, said) for code, (applies, said) in warnings.items() if applies),
            speakers=spoken,
        )


class _RankedSentences(Sequence[Sentence]):
    """The sentences that may be shown, ranked at the first access, as most posts use a story instead.

    The ranking also adds all speakers of the article to ``spoken``.
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


def _number_warning(article: Article) -> str:
    """Return a warning about a number in the headline that the article does not confirm; "" if there is none.

    There is no warning for an article that could not be read in full, as the number may be in the rest.
    """
    if not article.title or article.warnings:
        return ""
    found = find_differing_number(article.title, f"{article.text}\n{article.summary or ''}", article.language)
    if found is None:
        return ""
    number, other = found
    if other:
        return f"The headline says {number}, the text says {other}."
    return f"The headline says {number}, which the text does not."


def summarize(text: str, sentences: int, language: str | None = None) -> list[str]:
    """Return at most ``sentences`` sentences of the text, in its order, verbatim but for white space.

    The first sentence never opens with a pronoun or connective that refers to a sentence left out, and a
    quote comes with its speaker. Fewer sentences are returned if these rules allow no more. ``language`` is
    an ISO 639-1 code.
    """
    every, _, order = _read_sentences(split(text, language), find_tables(language, text), room=sentences)
    return [every[index] for index in sorted(order)]


def _read_sentences(
    lines: list[str], openers: tuple[AnaphoraTable, ...], title: str | None = None, room: int | None = None
) -> tuple[list[str], list[Cohesion], list[int]]:
    """Return the article's sentences, the cohesion of each, and the indices of those to show, by rank."""
    every = drop_headings(lines)[:MOST]
    bound = find_cohesion(every, openers)
    needed = sentence_ranges(bound)
    if bound and not any(needed):  # No other sentence can come first, so the article's first one may.
        bound[0] = bound[0]._replace(previous=False)
        needed = sentence_ranges(bound)
    return every, bound, rank_sentences(every, _drop_scraps(every, needed), title, room)


def _drop_scraps(every: list[str], needed: list[range | None]) -> list[range | None]:
    """Remove the ranges that consist of scraps only, unless the article is short or has nothing else."""
    if len(every) < SHORT:
        return needed
    scraps = {index for index, sentence in enumerate(every) if is_scrap(sentence)}
    worth = [run if run and not scraps.issuperset(run) else None for run in needed]
    return worth if any(worth) else needed
