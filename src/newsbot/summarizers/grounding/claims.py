"""The check for denials, weakened statements and comparisons in a model's sentence that the article has the
other way round.

A statement is found in the article by its words: a word like "not" or "allegedly" is said of the words next
to it, and they are searched for in the sentences from which the sentence was likely made.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import regex

from newsbot.files import load_toml
from newsbot.summarizers.grounding.alignment import align
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.matching import SourceMatch
from newsbot.summarizers.grounding.text import Passage, SourceText, fold

__all__ = ["check_claims"]

_DATA = load_toml(__package__, "claims.toml")
_OPPOSITES = _DATA.pop("opposites")["comparison"]
_UNSPACED = frozenset(["ja", "zh", "ko"])
_WEAKENED = ("alleged", "possible", "planned", "denied")
_NUMBERED = regex.compile(r"[Nn]o\.?\s?\d")
_DENYING = ("negation", "implied", "denied")
# A word like "not" or "allegedly" (a cue) counts as near another word if it is at most this many words before
# it, or this many after it.
_BEFORE, _AFTER = 8, 5
_NEXT = 3  # The word "will", which makes a statement certain, belongs to a verb at most this many words away.
_ANY = (*_WEAKENED, "weak")
_CARRYING = {
    "alleged": _ANY,
    "possible": _ANY,
    "planned": _ANY,
    "denied": ("denied", "negation", "implied", "alleged"),
}
"""The kinds of cues (words like "allegedly") that a sentence may have for a weakened statement of the
article, by the kind of the article's cue.
"""
_NEAR = 5  # A word like "not" concerns the words that are at most this many words away from it.
# A word of fewer letters than this does not show which statement of the article a sentence repeats, except in
# scripts with short words.
_SHORTEST = 3
_FEW = 2  # Of the words that a word like "not" concerns, at most this many are looked for in the other text.
# A word stem that at least this share of an article's sentences has does not show which of its statements a
# sentence repeats.
_COMMON = 0.3
# Statements of a model's sentence are compared with a sentence of the article only if that sentence has at
# least this share of its words.
_ALIKE = 0.5


def _compile(phrases: str, language: str) -> regex.Pattern[str]:
    """Return a pattern that matches any of the ``phrases``, which commas separate; "*" in a phrase stands for
    any ending.
    """
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
    """Return the index of the first and last word of each phrase in a sentence that denies or weakens a
    statement in one way, such as "negation".

    Phrases in quotations are left out unless ``quoted`` is true.
    """
    pattern = _load_cues(language).get(kind)
    found = list(_find_phrases(passage, pattern, language)) if pattern else []
    if found and kind == "negation":
        # The "No" in "No. 1" is left out, because it stands for "number" and denies nothing.
        found = [cue for cue in found if not _NUMBERED.match(passage.text, passage.words[cue[1]].start)]
        harmless = {first for first, _ in _find_cues(passage, "phrases", language, quoted=True)}
        found = [cue for cue in found if cue[0] not in harmless]
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
        # A "May" with a capital within a sentence is the month, and weakens no statement as "may" does.
        if not (found[0] == "may" and first and passage.words[first].has_capital):
            yield first, last


def _list_governed(passage: Passage, cue: tuple[int, int], article: SourceText) -> list[str]:
    """Return the stems of the words that a phrase like "not" concerns, the nearest first, without words that
    don't show which statement is meant.
    """
    after = _DATA.get(article.language, {}).get("after", False)
    words = passage.words
    side = words[max(0, cue[0] - _NEAR) : cue[0]][::-1] if after else words[cue[1] + 1 : cue[1] + 1 + _NEAR]
    # In a language whose word for "not" follows the verb, the verb next to it is kept in any case, because it
    # says which of several clauses is denied.
    return [
        word.stem
        for word in side
        if len(word.stem) >= _SHORTEST and (after or _is_telling(word.stem, article))
    ][:_FEW]


def _is_telling(stem: str, article: SourceText) -> bool:
    if len(stem) < (_SHORTEST if stem[:1] < "\u0600" or stem[:1] >= "\u0900" else _SHORTEST + 1):
        return False
    return article.counts[stem] <= max(2, _COMMON * len(article.passages))


def _has_any(passage: Passage, kinds: Sequence[str], language: str) -> bool:
    return any(_find_cues(passage, kind, language, quoted=True) for kind in kinds)


def check_claims(sentence: Passage, matches: Sequence[SourceMatch], article: SourceText) -> Iterator[Finding]:
    """Yield what a model's sentence denies, states as a fact or compares in another way than the article."""
    alike = [match for match in matches if match.share >= _ALIKE]
    for match in alike[:1]:
        yield from _check_copy(sentence, match.passage, article.language)
    yield from _find_added_denial(sentence, matches, article)
    yield from _find_dropped(sentence, "negation", _DENYING, alike, article, FindingKind.NEGATION)
    for kind in _WEAKENED:
        found = list(_find_dropped(sentence, kind, _CARRYING[kind], alike, article, FindingKind.MODALITY))
        if found:
            yield found[0]
            break
    else:
        yield from _find_certainty(sentence, matches, article)
    yield from _check_comparisons(sentence, alike, article)


def _check_copy(sentence: Passage, source: Passage, language: str) -> Iterator[Finding]:
    """Yield the words like "not" or "allegedly" that a model's sentence adds to the article's sentence, or
    leaves out, between words that both have.
    """
    aligned = align(sentence, source)
    for cue in _find_cues(sentence, "negation", language):
        between = aligned.find_in_source(*cue)
        if between is not None and not _has_within(source, between, _DENYING, language):
            yield Finding(FindingKind.NEGATION, _cut(sentence, *cue), source.text)
    for kind, carried in (("negation", _DENYING), *_CARRYING.items()):
        for cue in _find_cues(source, kind, language):
            between = aligned.find_in_sentence(*cue)
            if between is not None and not _has_within(sentence, between, carried, language):
                finding = FindingKind.NEGATION if kind == "negation" else FindingKind.MODALITY
                words = max(between.start - 1, 0), min(between.stop, len(sentence.words) - 1)
                yield Finding(finding, _cut(sentence, *words), source.text)


def _has_within(passage: Passage, between: range, kinds: Sequence[str], language: str) -> bool:
    """Return whether a word that denies or weakens a statement ("not", "allegedly") is among the words
    ``between`` of a sentence or next to them.

    ``kinds`` are the kinds of such words that count.
    """
    return any(
        between.start - 1 <= last and first <= between.stop
        for kind in kinds
        for first, last in _find_cues(passage, kind, language, quoted=True)
    )


def _find_certainty(
    sentence: Passage, matches: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    """Yield the word "will" in a model's sentence if the article's sentences have "may" or the like, and no
    "will".
    """
    language = article.language
    cues = _find_cues(sentence, "future", language)
    if not cues or _has_any(sentence, ("possible",), language):
        return
    passages = [match.passage for match in matches]
    if any(_has_any(passage, ("future", "planned"), language) for passage in passages):
        return
    if any(_has_any(passage, ("possible", "weak"), language) for passage in passages):
        yield Finding(FindingKind.MODALITY, _cut(sentence, *cues[0]), passages[0].text)


def _find_added_denial(
    sentence: Passage, matches: Sequence[SourceMatch], article: SourceText
) -> Iterator[Finding]:
    """Yield the first denial ("not") in a model's sentence of words that the article does not deny."""
    language = article.language
    passages = [match.passage for match in matches]
    for cue in _find_cues(sentence, "negation", language):
        governed = _list_governed(sentence, cue, article)
        places = [
            (passage, at)
            for passage in passages
            for stem in governed
            for at in passage.positions.get(stem, ())
        ]
        if not places:
            denied = any(_has_any(passage, _DENYING, language) for passage in passages)
        else:
            denied = any(_has_near(passage, at, _DENYING, article) for passage, at in places)
        if passages and not denied:
            yield Finding(FindingKind.NEGATION, _cut(sentence, *cue), passages[0].text)
            return


def _find_dropped(
    sentence: Passage,
    kind: str,
    carried: Sequence[str],
    alike: Sequence[SourceMatch],
    article: SourceText,
    finding: FindingKind,
) -> Iterator[Finding]:
    """Yield the first statement that the article denies or weakens ("not", "allegedly") and that the model's
    sentence makes without such a word.

    ``kind`` is the kind of word in the article, ``carried`` are the kinds that suffice in the sentence.
    """
    for match in alike[:1]:
        for cue in _find_cues(match.passage, kind, article.language):
            governed = _list_governed(match.passage, cue, article)
            if _is_postponed(article) and not sentence.stems.issuperset(governed):
                continue
            for stem in governed:
                places = sentence.positions.get(stem)
                if not places:
                    continue
                at = places[0]
                infinitive = at and sentence.words[at - 1].key == "to" and kind == "planned"
                # If the sentence has "will" where the article has a word like "may", only such a word in the
                # sentence still weakens the statement, because "will" makes it certain.
                certain = kind == "possible" and _has_near(sentence, at, ("future",), article, far=_NEXT)
                asked = ("possible",) if certain else carried
                if not infinitive and not _has_near(sentence, at, asked, article):
                    yield Finding(finding, sentence.words[at].text, match.passage.text)
                    return
                break


def _has_near(
    passage: Passage, at: int, kinds: Sequence[str], article: SourceText, far: int = _BEFORE
) -> bool:
    """Return whether a word that denies or weakens a statement ("not", "allegedly") is at most ``far`` words
    from the word with the index ``at``.

    ``kinds`` are the kinds of such words that count.
    """
    behind = min(far, _AFTER)
    before, behind = (behind, far) if _is_postponed(article) else (far, behind)
    return any(
        at - before <= last and first <= at + behind
        for kind in kinds
        for first, last in _find_cues(passage, kind, article.language, quoted=True)
    )


def _is_postponed(article: SourceText) -> bool:
    """Return whether words like "not" follow the words that they concern in the article's language."""
    return bool(_DATA.get(article.language, {}).get("after", False))


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
