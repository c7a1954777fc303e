"""Denials, weakened statements and comparisons of a sentence that its article has the other way round.

A statement is found in the article by its words: a word like "not" or "allegedly" is said of the words next
to it, and they are searched for in the sentences from which the sentence was likely made.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import regex

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.matching import SourceMatch
from newsbot.summarizers.grounding.text import Passage, SourceText, fold

__all__ = ["check_claims"]

_DATA = load_toml(__package__, "claims.toml")
_OPPOSITES = _DATA.pop("opposites")["comparison"]
_UNSPACED = frozenset(["ja", "zh", "ko"])
_WEAKENED = ("alleged", "possible", "planned", "denied")
_NEAR = 5  # A word like "not" concerns the words that are at most this many words away from it.
# A word of fewer letters than this does not show which statement is meant, except in scripts with short
# words.
_SHORTEST = 3
_FEW = 2  # Of the words that a word like "not" concerns, at most this many are compared.
# A word stem that at least this share of an article's sentences has does not show which statement is meant.
_COMMON = 0.3
# A sentence is compared with a sentence of the article that has at least this share of its words.
_ALIKE = 0.4


def _compile(phrases: str, language: str) -> regex.Pattern[str]:
    """Return a pattern for any of some phrases separated by commas; "*" is any ending."""
    spaced = language not in _UNSPACED
    any_letters = r"\S*" if spaced else ""
    parts = [
        regex.escape(fold(phrase.strip()), special_only=True).replace(r"\*", any_letters)
        for phrase in phrases.split(",")
        if phrase.strip()
    ]
    joined = "|".join(sorted(parts, key=len, reverse=True))
    return regex.compile(rf"(?<!\S)(?:{joined})(?!\S)" if spaced else f"(?:{joined})")


@cache
def _load_cues(language: str) -> dict[str, regex.Pattern[str]]:
    table = _DATA.get(language, {})
    return {kind: _compile(phrases, language) for kind, phrases in table.items() if kind != "after"}


@lru_cache(maxsize=4_000)
def _find_cues(
    passage: Passage, kind: str, language: str, *, quoted: bool = False
) -> tuple[tuple[int, int], ...]:
    """Return the first and last word of each phrase in a sentence that is of one kind, such as "negation".

    Phrases in quotations are left out unless ``quoted`` is true.
    """
    pattern = _load_cues(language).get(kind)
    found = _find_phrases(passage, pattern, language) if pattern else ()
    return tuple(cue for cue in found if quoted or not passage.is_quoted(passage.words[cue[0]].start))


def _find_phrases(passage: Passage, pattern: regex.Pattern[str], language: str) -> Iterator[tuple[int, int]]:
    if language in _UNSPACED:
        for found in pattern.finditer(passage.text):
            at = [
                i
                for i, word in enumerate(passage.words)
                if word.start < found.end() and word.end > found.start()
            ]
            if at:
                yield at[0], at[-1]
        return
    text = " ".join(word.key for word in passage.words)
    for found in pattern.finditer(text):
        first = text.count(" ", 0, found.start())
        last = first + found[0].count(" ")
        # A "May" with a capital inside a sentence is left out, because it is the month.
        if not (found[0] == "may" and first and passage.words[first].has_capital):
            yield first, last


def _list_governed(passage: Passage, cue: tuple[int, int], article: SourceText) -> list[str]:
    """Return the stems of the words that a phrase like "not" concerns, the nearest first, without words that
    don't show which statement is meant.
    """
    after = _DATA.get(article.language, {}).get("after", False)
    words = passage.words
    side = words[max(0, cue[0] - _NEAR) : cue[0]][::-1] if after else words[cue[1] + 1 : cue[1] + 1 + _NEAR]
    return [word.stem for word in side if _is_telling(word.stem, article)][:_FEW]


def _is_telling(stem: str, article: SourceText) -> bool:
    if len(stem) < _SHORTEST and stem[:1] < "\u0600":
        return False
    return article.counts[stem] <= max(2, _COMMON * len(article.passages))


def _has_any(passage: Passage, kinds: Sequence[str], language: str) -> bool:
    return any(_find_cues(passage, kind, language, quoted=True) for kind in kinds)


def check_claims(sentence: Passage, matches: Sequence[SourceMatch], article: SourceText) -> Iterator[Finding]:
    """Yield what a sentence denies, states as a fact or compares in another way than the article."""
    alike = [match for match in matches if match.share >= _ALIKE]
    yield from _check_negation(sentence, alike, matches, article)
    yield from _check_modality(sentence, alike, article)
    yield from _check_comparisons(sentence, alike, article)


def _check_negation(
    sentence: Passage, alike: Sequence[SourceMatch], matches: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    language = article.language
    denials = _find_cues(sentence, "negation", language)
    kinds = ("negation", "implied", "denied")
    if not denials:
        if not _has_any(sentence, kinds, language):
            yield from _find_dropped(sentence, "negation", alike, article, FindingKind.NEGATION)
        return
    for cue in denials:
        governed = _list_governed(sentence, cue, article)
        said = [passage for passage in article.passages if not passage.stems.isdisjoint(governed)]
        sources = [*said, *(match.passage for match in matches)]
        if sources and not any(_has_any(passage, kinds, language) for passage in sources):
            yield Finding(FindingKind.NEGATION, _cut(sentence, *cue), matches[0].passage.text)
            return


def _check_modality(
    sentence: Passage, alike: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    language = article.language
    if _has_any(sentence, (*_WEAKENED, "weak"), language):
        return
    for kind in _WEAKENED:
        if kind == "planned" and _has_any(sentence, ("future",), language):
            continue
        found = list(_find_dropped(sentence, kind, alike, article, FindingKind.MODALITY))
        if found:
            yield found[0]
            return


def _find_dropped(
    sentence: Passage, kind: str, alike: Sequence[SourceMatch], article: SourceText, finding: FindingKind
) -> Iterator[Finding]:
    """Yield the first statement that has a phrase of one kind, such as "allegedly", in the article but not in
    the sentence.
    """
    for match in alike[:1]:
        for cue in _find_cues(match.passage, kind, article.language):
            governed = _list_governed(match.passage, cue, article)
            if governed and governed[0] in sentence.stems:
                at = next((i for i, each in enumerate(sentence.words) if each.stem == governed[0]), 0)
                if at and sentence.words[at - 1].key == "to" and kind == "planned":
                    continue
                word = sentence.words[at]
                yield Finding(finding, word.text, match.passage.text)
                return


def _cut(passage: Passage, first: int, last: int) -> str:
    return passage.text[passage.words[first].start : passage.words[last].end]


@cache
def _load_opposites(unspaced: bool) -> list[tuple[regex.Pattern[str], regex.Pattern[str]]]:  # noqa: FBT001
    language = "ja" if unspaced else "en"
    pairs = [line.split("|") for line in _OPPOSITES.strip().splitlines()]
    chosen = [pair for pair in pairs if (pair[0].strip()[0] >= "\u2e80") == unspaced]
    return [(_compile(one, language), _compile(other, language)) for one, other in chosen]


def _check_comparisons(
    sentence: Passage, alike: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    if not alike:
        return
    language = article.language
    source = alike[0].passage
    for pair in _load_opposites(language in _UNSPACED):
        for mine, opposite in (pair, pair[::-1]):
            cues = list(_find_phrases(sentence, mine, language))
            if not cues or any(True for _ in _find_phrases(source, mine, language)):
                continue
            others = list(_find_phrases(source, opposite, language))
            if others and not any(True for _ in _find_phrases(sentence, opposite, language)):
                yield Finding(FindingKind.COMPARISON, _cut(sentence, *cues[0]), _cut(source, *others[0]))
                return
