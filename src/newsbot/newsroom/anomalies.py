"""Detect irregular articles, whose posts wait for an editor's approval, and describe why they are irregular.

The irregularities: far more new articles than usual, a page that seems redesigned, an article like another.
"""

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

# A sentence with fewer characters ("Photo: dpa") may recur in normal articles, so it is ignored.
_TELLING = 25
_SEEN = 2  # A sentence that at least this many earlier articles had too is a sign of a redesign.
_KNOWN = 8  # A length can be unusual only once this many articles of the source are known.
_TOO_SHORT = 0.25  # A text is too short below this fraction of the source's shortest text.
_TOO_LONG = 5  # A text is too long above this multiple of the source's longest text.
_SIMILAR = (Code.SIMILAR, Code.SIMILAR_OUT, Code.SIMILAR_TITLE, Code.SIMILAR_TITLE_OUT)
_KINDS: Mapping[ReasonCode, AnomalyKind] = {
    Code.FLOOD: "flood",
    **dict.fromkeys((Code.REPEATED_SENTENCE, Code.TEXT_OF_ONE_CHARACTER, Code.UNUSUAL_LENGTH), "redesign"),
    **dict.fromkeys(_SIMILAR, "alike"),
}


def find_anomaly_kind(held_for: Reason | None) -> AnomalyKind | None:
    """Return the kind of irregularity of an article for which a post is held; None if it is held for none.

    ``held_for`` is the reason why the post waits for an editor's approval, or None if it does not wait.
    """
    return _KINDS.get(held_for.code) if held_for else None


def find_similar_article(held_for: Reason | None) -> str | None:
    """Return the id of the earlier article that a held post's article resembles; None for another reason.

    ``held_for`` is the reason why a post waits for an editor's approval.
    """
    return str(held_for.params["id"]) if held_for and held_for.code in _SIMILAR else None


def describe_flood(name: str, count: int, usual: float) -> Reason | None:
    """Return why a source's new articles need approval if there are too many of them; None if there are not.

    Too many are over 5 and over 3 times ``usual``, the source's usual number (INTERFACE, config.yaml).
    """
    if count <= 5 or count <= 3 * usual:  # noqa: PLR2004  These are the rule's own figures.
        return None
    return Code.FLOOD(name=name, n=count, usual=round(usual))


def describe_redesign(shown: Sequence[str], text: str, before: Sequence[ShownArticle]) -> Reason | None:
    """Return why a site seems redesigned, so that something else than the article was read; None if not.

    ``shown`` are the sentences of the article's summary, ``text`` is the article's text, and ``before`` are
    the latest other articles of the same source.
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
    """Return the reason that names an earlier article which an article resembles, by its title if given.

    ``out_at`` is when the earlier article was published; None if it was not.
    """
    if title and out_at:
        return Code.SIMILAR_TITLE_OUT(id=article_id, title=title, at=out_at)
    if title:
        return Code.SIMILAR_TITLE(id=article_id, title=title)
    return Code.SIMILAR_OUT(id=article_id, at=out_at) if out_at else Code.SIMILAR(id=article_id)
