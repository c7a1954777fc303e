"""What makes an article one to ask about before it is posted, and the words that say so.

A post that is held for a suspicion keeps it as its ``held_for``: `find_anomaly_kind` tells which it is.
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

_TELLING = 25  # characters: what is shorter ("Photo: dpa") may stand anywhere
_SEEN = 2  # articles that showed a sentence before it is told of
_KNOWN = 8  # articles, before a length can be unusual
_TOO_SHORT = 0.25  # of the shortest known
_TOO_LONG = 5  # times the longest known
_LIKE = re.compile(r"it looks like (a-\w+)")
_KINDS: Mapping[AnomalyKind, re.Pattern[str]] = {
    "flood": re.compile(r".* suddenly had \d+ new articles "),
    "redesign": re.compile(r"(?:a sentence stands in|its text has) "),
    "alike": _LIKE,
}


def find_anomaly_kind(held_for: str | None) -> AnomalyKind | None:
    """Which suspicion a post is held for, if it is one."""
    return next((kind for kind, words in _KINDS.items() if words.match(held_for or "")), None)


def find_similar_article(held_for: str | None) -> str | None:
    """The article that a post's looks like, where it is held for that."""
    found = _LIKE.match(held_for or "")
    return found[1] if found else None


def describe_flood(name: str, count: int, usual: float) -> str | None:
    """Why so many at once shall be held: over 5, and over 3 times what is usual (INTERFACE, config.yaml)."""
    if count <= 5 or count <= 3 * usual:  # noqa: PLR2004  the rule's own figures
        return None
    return f"{name} suddenly had {count} new articles (usually {usual:.0f}): are they really new?"


def describe_redesign(shown: Sequence[str], text: str, before: Sequence[ShownArticle]) -> str | None:
    """Why it looks as if the site was redesigned, and something else were read than its articles.

    ``shown`` are the sentences that stand for the article; ``before`` the source's latest others.
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
    """That an article is like one that the newsroom has."""
    named = f', "{title}"' if title else ""
    return f"it looks like {article_id}{named}{f', out {out_at:%Y-%m-%d %H:%MZ}' if out_at else ''}"
