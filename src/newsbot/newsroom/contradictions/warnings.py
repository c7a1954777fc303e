"""The warnings about contradictions that an article has from when it is read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from newsbot.model import Article, PostWarning
from newsbot.newsroom.contradictions import find_contradictions
from newsbot.newsroom.contradictions.passages import Contradiction
from newsbot.reasons import Reason, WarningCode
from newsbot.summarizers.sentences import collapse_spaces

if TYPE_CHECKING:
    from newsbot.model import Item
    from newsbot.newsroom.intake import FullText, ItemReader
    from newsbot.ports import Clock, ThreadRunner

__all__ = [
    "CONTRADICTION",
    "CheckedReader",
    "drop_fixed_contradictions",
    "drop_settled_contradictions",
    "warn_of_contradictions",
]

CONTRADICTION = "contradiction"
"""The code of the warnings, by which `preflight: {hold: [contradiction]}` names them."""

_PAIRS = {
    "headline": WarningCode.CONTRADICTION_HEADLINE,
    "direction": WarningCode.CONTRADICTION_HEADLINE,
    "ages": WarningCode.CONTRADICTION_AGES,
    "values": WarningCode.CONTRADICTION_VALUES,
}
_SINGLE = {
    "birth": WarningCode.CONTRADICTION_BIRTH,
    "reversed": WarningCode.CONTRADICTION_REVERSED,
    "duration": WarningCode.CONTRADICTION_DURATION,
}
_NUMBERED = {"sum": WarningCode.CONTRADICTION_SUM, "shares": WarningCode.CONTRADICTION_SHARES}
_DATED = {"weekday": WarningCode.CONTRADICTION_WEEKDAY, "not_yet": WarningCode.CONTRADICTION_NOT_YET}
_KNOWN = {"launch": WarningCode.CONTRADICTION_LAUNCH, "event": WarningCode.CONTRADICTION_EVENT}


class CheckedReader:
    """A reader of articles that adds warnings about contradictions to the articles which ``reader`` reads.

    An article is examined once, on the thread of ``beside``, so that composing its posts takes no longer.
    """

    def __init__(self, reader: "ItemReader", clock: "Clock", beside: "ThreadRunner") -> None:
        self._reader, self._clock, self._beside = reader, clock, beside

    async def read(self, item: "Item", *, full_text: "FullText" = "auto") -> Article:
        """Return the item's article with its contradictions as warnings.

        Raises:
            ReadError, FetchError, ParseError: `ArticleReader.read` says when.
        """
        article = await self._reader.read(item, full_text=full_text)
        return await self._beside(warn_of_contradictions, article, self._clock.now())


def warn_of_contradictions(article: Article, now: datetime) -> Article:
    """Return the article with a warning for each contradiction in it, in place of such earlier warnings.

    An article of which only a part could be read gets none, because the rest may explain everything.
    """
    others = tuple(warning for warning in article.warnings if warning.code != CONTRADICTION)
    if article.is_incomplete:
        return article
    found = (PostWarning(CONTRADICTION, _describe(each)) for each in find_contradictions(article, now))
    return replace(article, warnings=(*others, *found))


def drop_settled_contradictions(article: Article) -> Article:
    """Return the article without warnings about contradictions that quote what it does not say any more.

    A fix of one of the two places settles the contradiction.
    """
    if not any(warning.code == CONTRADICTION for warning in article.warnings):
        return article
    text = collapse_spaces(" ".join(filter(None, (article.title, article.summary, article.text))))
    kept = (
        warning for warning in article.warnings if warning.code != CONTRADICTION or _is_said(warning, text)
    )
    return replace(article, warnings=tuple(kept))


def drop_fixed_contradictions(
    warnings: Sequence[PostWarning], fix: Callable[[str], str]
) -> tuple[PostWarning, ...]:
    """Return a post's warnings without those about contradictions whose quotations ``fix`` changes."""
    return tuple(
        each for each in warnings if each.code != CONTRADICTION or each.reason.map_texts(fix) == each.reason
    )


def _is_said(warning: PostWarning, text: str) -> bool:
    quotes = (warning.reason.params.get(name) for name in ("words", "other"))
    return all(collapse_spaces(str(quote).strip("…")) in text for quote in quotes if quote is not None)


def _describe(finding: Contradiction) -> Reason:
    both = " … ".join(filter(None, (finding.first, finding.second)))
    kind = finding.kind
    if kind in _PAIRS:
        return _PAIRS[kind](words=finding.first, other=finding.second)
    if kind in _NUMBERED:
        return _NUMBERED[kind](number=finding.fact, words=both)
    if kind in _DATED:
        return _DATED[kind](day=date.fromisoformat(finding.fact), words=finding.first)
    if kind in _KNOWN:
        return _KNOWN[kind](name=finding.second, date=finding.fact, words=finding.first)
    return _SINGLE[kind](words=both)
