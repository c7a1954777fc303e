"""Detect irregular articles, whose posts wait for an editor's approval, and describe why they are irregular.

The irregularities are: far more new articles of a source than usual, a page that seems redesigned, and an
article that resembles an earlier article.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from newsbot.ports import ShownArticle
from newsbot.reasons import Code, Reason, ReasonCode

__all__ = [
    "describe_flood",
    "describe_likeness",
    "describe_redesign",
    "find_anomaly_kind",
    "find_similar_article",
]

AnomalyKind = Literal["flood", "redesign", "alike"]

# A sentence with fewer characters than this (such as "Photo: dpa") may recur in normal articles, so it is no
# sign of a redesigned page.
_TELLING = 25
# If at least this many earlier articles of a source had the same sentence as a new article, the source's
# pages seem redesigned.
_SEEN = 2
# An article's length can be unusual only once newsbot knows this many earlier articles of the source.
_KNOWN = 8
# An article is too short if it has less than this fraction of the length of the source's shortest article.
_TOO_SHORT = 0.25
# An article is too long if it has more than this multiple of the length of the source's longest article.
_TOO_LONG = 5
_SIMILAR = (Code.SIMILAR, Code.SIMILAR_OUT, Code.SIMILAR_TITLE, Code.SIMILAR_TITLE_OUT)
_KINDS: Mapping[ReasonCode, AnomalyKind] = {
    Code.FLOOD: "flood",
    **dict.fromkeys((Code.REPEATED_SENTENCE, Code.TEXT_OF_ONE_CHARACTER, Code.UNUSUAL_LENGTH), "redesign"),
    **dict.fromkeys(_SIMILAR, "alike"),
}


def find_anomaly_kind(held_for: Reason | None) -> AnomalyKind | None:
    """Return the kind of irregularity (such as a flood of articles) for which a post is held; None without
    one.

    ``held_for`` is the reason why the post waits for an editor's approval, or None if the post does not wait.
    """
    return _KINDS.get(held_for.code) if held_for else None


def find_similar_article(held_for: Reason | None) -> str | None:
    """Return the id of the earlier article that a held post's article resembles.

    ``held_for`` is the reason why the post waits for an editor's approval. Return None if the post is held
    for another reason.
    """
    return str(held_for.params["id"]) if held_for and held_for.code in _SIMILAR else None


def describe_flood(name: str, count: int, usual: float) -> Reason | None:
    """Return the reason why the ``count`` new articles of one poll of a source are too many to post unseen;
    None if they are not too many.

    They are too many if they are over 5 and over 3 times ``usual``, the source's usual number of new articles
    in a poll.
    """
    if count <= 5 or count <= 3 * usual:  # noqa: PLR2004
        return None
    return Code.FLOOD(name=name, n=count, usual=round(usual))


def describe_redesign(shown: Sequence[str], text: str, before: Sequence[ShownArticle]) -> Reason | None:
    """Return the reason why a source's pages seem redesigned, in which case newsbot has read something else
    than the article; None if they seem unchanged.

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
    """Return the reason which says that an article resembles an earlier article.

    The earlier article is named by its ``title``, or by ``article_id`` if it has none. ``out_at`` is when the
    earlier article was published; None if it was not.
    """
    if title and out_at:
        return Code.SIMILAR_TITLE_OUT(id=article_id, title=title, at=out_at)
    if title:
        return Code.SIMILAR_TITLE(id=article_id, title=title)
    return Code.SIMILAR_OUT(id=article_id, at=out_at) if out_at else Code.SIMILAR(id=article_id)
