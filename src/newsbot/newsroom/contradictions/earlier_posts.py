"""The numbers of an article against those that the newsroom's own earlier posts gave for the same thing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from newsbot.composing.rewriting import strip_markup
from newsbot.model import Article, PostWarning
from newsbot.newsroom.contradictions.counts import (
    NAME,
    UNCASED,
    Count,
    content,
    find_counts,
    has_number,
    quote,
)
from newsbot.newsroom.contradictions.passages import ExaminedSentence, read_passages
from newsbot.newsroom.contradictions.values import are_different, is_exact
from newsbot.newsroom.contradictions.warnings import CONTRADICTION
from newsbot.ports import SentPost
from newsbot.reasons import WarningCode

__all__ = ["NEWER_NUMBER", "compare_with_posts", "may_differ_from_posts"]

NEWER_NUMBER = "newer_number"
"""The code of the warning that a toll has risen since an earlier post, which is no contradiction."""

_LEAD = 6  # So many first sentences of an article say what it is about, and are compared with posts.
_SHARED, _ALIKE = 4, 0.35  # A post of the same subject shares so many words, and this part of the shorter.
_BEGINNING = 800  # So many characters hardly have more sentences than are compared.
_TELLING = 2  # Two numbers of a noun are of one thing if their sentences share more than this many words.


def compare_with_posts(article: Article, sent: Sequence[SentPost]) -> Article:
    """Return the article with a warning if it gives another number than a post ``sent`` before, newest first.

    A toll (killed, injured, arrested) that is higher now is an update: its warning has a code of its own.
    """
    told = _read_lead(article)
    mine = [count for passage in told for count in find_counts(passage)]
    if not mine:
        return article
    subject = content(" ".join(passage.text for passage in told))
    names = {name for passage in told for name in NAME.findall(passage.text)}
    for post in sent:
        text = "\n\n".join(map(strip_markup, post.parts))
        if _is_of_subject(text, subject, names) and (warning := _find_difference(post, text, mine)):
            return replace(article, warnings=(*article.warnings, warning))
    return article


def may_differ_from_posts(article: Article) -> bool:
    """Return whether the beginning of an article may have a number, in digits or in words."""
    beginning = f"{article.title or ''} {article.text[:_BEGINNING]}"
    return has_number(beginning, article.language or "en")


def _read_lead(article: Article) -> list[ExaminedSentence]:
    language = article.language or "en"
    headline = [ExaminedSentence(article.title, language, -1)] if article.title else []
    return [*headline, *read_passages(article.text, language, most=_LEAD)]


def _is_of_subject(text: str, subject: frozenset[str], names: set[str]) -> bool:
    """Return whether a post tells of an article's subject: by many of its words, and by one of its names."""
    others = content(text)
    shared = len(others & subject)
    named = UNCASED.search(text) is not None or any(name in text for name in names)
    return named and shared >= _SHARED and shared >= _ALIKE * min(len(others), len(subject))


def _find_difference(post: SentPost, text: str, mine: Sequence[Count]) -> PostWarning | None:
    """Return the warning about the first number of a post that the article gives differently."""
    language = mine[0].passage.language
    theirs = [count for passage in read_passages(text, language) for count in find_counts(passage)]
    for one in theirs:
        others = list(_list_other_values(one, mine))
        if others and is_exact(one):
            other = others[0]
            rose = bool(one.casualties & other.casualties) and other.value > one.value
            code = WarningCode.NUMBER_ROSE if rose else WarningCode.CONTRADICTION_POST
            said = code(at=post.sent_at, ref=post.id, words=quote(one), other=quote(other))
            return PostWarning(NEWER_NUMBER if rose else CONTRADICTION, said)
    return None


def _list_other_values(one: Count, mine: Sequence[Count]) -> Iterator[Count]:
    """Yield the article's numbers for the thing of a post's number, unless one of them is that number."""
    alike = [each for each in mine if _are_of_one_thing(one, each)]
    if not any(each.values & one.values for each in alike):
        yield from (each for each in alike if are_different(one, each) and is_exact(each))


def _are_of_one_thing(one: Count, other: Count) -> bool:
    if one.casualties or other.casualties:
        return bool(one.casualties & other.casualties)
    shared = content(one.passage.text) & content(other.passage.text)
    return bool(one.things & other.things) and len(shared) > _TELLING
