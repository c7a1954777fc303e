"""Anomalies that a person is asked about before an article is posted, and the reasons that describe them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from newsbot.ports import ShownArticle
from newsbot.reasons import Code, Reason, ReasonCode

__all__ = [
    "AnomalyKind",
    "describe_flood",
    "describe_likeness",
    "describe_redesign",
    "find_anomaly_kind",
    "find_similar_article",
]

AnomalyKind = Literal["flood", "redesign", "alike"]

_TELLING = 25  # characters; a shorter sentence ("Photo: dpa") may occur anywhere
_SEEN = 2  # articles that showed a sentence before its repetition is reported
_KNOWN = 8  # articles needed before a length can be unusual
_TOO_SHORT = 0.25  # times the shortest known length
_TOO_LONG = 5  # times the longest known length
_SIMILAR = (Code.SIMILAR, Code.SIMILAR_OUT, Code.SIMILAR_TITLE, Code.SIMILAR_TITLE_OUT)
_KINDS: Mapping[ReasonCode, AnomalyKind] = {
    Code.FLOOD: "flood",
    **dict.fromkeys((Code.REPEATED_SENTENCE, Code.TEXT_OF_ONE_CHARACTER, Code.UNUSUAL_LENGTH), "redesign"),
    **dict.fromkeys(_SIMILAR, "alike"),
}


def find_anomaly_kind(held_for: Reason | None) -> AnomalyKind | None:
    """Return the anomaly that a post is held for, if any."""
    return _KINDS.get(held_for.code) if held_for else None


def find_similar_article(held_for: Reason | None) -> str | None:
    """Return the article that a held post's article resembles, where that is the reason."""
    return str(held_for.params["id"]) if held_for and held_for.code in _SIMILAR else None


def describe_flood(name: str, count: int, usual: float) -> Reason | None:
    """Say why so many new articles are held: over 5 and over 3 times the usual (INTERFACE, config.yaml)."""
    if count <= 5 or count <= 3 * usual:  # noqa: PLR2004  These are the rule's own figures.
        return None
    return Code.FLOOD(name=name, n=count, usual=round(usual))


def describe_redesign(shown: Sequence[str], text: str, before: Sequence[ShownArticle]) -> Reason | None:
    """Return why the site seems redesigned, so that something other than its articles was read.

    ``shown`` are the sentences of the article's summary; ``before`` are the source's latest other articles.
    """
    for sentence in shown:
        others = sum(sentence in one.sentences for one in before)
        if others >= _SEEN and len(sentence) >= _TELLING:
            return Code.REPEATED_SENTENCE(n=others + 1, words=sentence)
    lengths = [one.length for one in before]
    if len(lengths) < _KNOWN or _TOO_SHORT * min(lengths) <= len(text) <= _TOO_LONG * max(lengths):
        return None
    if len(text) == 1:
        return Code.TEXT_OF_ONE_CHARACTER(least=min(lengths), most=max(lengths))
    return Code.UNUSUAL_LENGTH(n=len(text), least=min(lengths), most=max(lengths))


def describe_likeness(article_id: str, title: str | None, out_at: datetime | None) -> Reason:
    """Return the reason that says which known article an article resembles."""
    if title and out_at:
        return Code.SIMILAR_TITLE_OUT(id=article_id, title=title, at=out_at)
    if title:
        return Code.SIMILAR_TITLE(id=article_id, title=title)
    return Code.SIMILAR_OUT(id=article_id, at=out_at) if out_at else Code.SIMILAR(id=article_id)
