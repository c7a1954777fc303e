"""Anomalies that a person is asked about before an article is posted, and the texts that describe them.

A post that is held for an anomaly has that text as its ``held_for``; `find_anomaly_kind` recognizes it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from newsbot.newsroom.numbers import say_count
from newsbot.ports import ShownArticle

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
_LIKE = re.compile(r"it looks like (a-\w+)")
_KINDS: Mapping[AnomalyKind, re.Pattern[str]] = {
    "flood": re.compile(r".* suddenly had \d+ new articles "),
    "redesign": re.compile(r"(?:a sentence stands in|its text has) "),
    "alike": _LIKE,
}


def find_anomaly_kind(held_for: str | None) -> AnomalyKind | None:
    """Return the anomaly that a post is held for, if any."""
    return next((kind for kind, words in _KINDS.items() if words.match(held_for or "")), None)


def find_similar_article(held_for: str | None) -> str | None:
    """Return the article that a held post's article resembles, where that is the reason."""
    found = _LIKE.match(held_for or "")
    return found[1] if found else None


def describe_flood(name: str, count: int, usual: float) -> str | None:
    """Say why so many new articles are held: over 5 and over 3 times the usual (INTERFACE, config.yaml)."""
    if count <= 5 or count <= 3 * usual:  # noqa: PLR2004  These are the rule's own figures.
        return None
    return f"{name} suddenly had {count} new articles (usually {usual:.0f}): are they really new?"


def describe_redesign(shown: Sequence[str], text: str, before: Sequence[ShownArticle]) -> str | None:
    """Return why the site seems redesigned, so that something other than its articles was read.

    ``shown`` are the sentences of the article's summary; ``before`` are the source's latest other articles.
    """
    for sentence in shown:
        others = sum(sentence in one.sentences for one in before)
        if others >= _SEEN and len(sentence) >= _TELLING:
            return f'a sentence stands in {others + 1} summaries: "{sentence}": was it read right?'
    lengths = [one.length for one in before]
    if len(lengths) < _KNOWN or _TOO_SHORT * min(lengths) <= len(text) <= _TOO_LONG * max(lengths):
        return None
    usual = f"usually {min(lengths)} to {max(lengths)}"
    return f"its text has {say_count(len(text), 'character')} ({usual}): was it read right?"


def describe_likeness(article_id: str, title: str | None, out_at: datetime | None) -> str:
    """Return the text that says which known article an article resembles."""
    named = f', "{title}"' if title else ""
    return f"it looks like {article_id}{named}{f', out {out_at:%Y-%m-%d %H:%MZ}' if out_at else ''}"
