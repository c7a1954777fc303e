"""The check for quotations in a model's sentence that the article lacks, or gives to another speaker."""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.text import Passage, SourceText, fold, to_plain
from newsbot.summarizers.quotations import speakers

__all__ = ["check_quotes"]

_TRIM = " .,;:!?،۔।。、\"'“”‘’«»„「」『』()[]—–-…"
# The pattern matches what is left out of a quotation before it is compared: "[the mayor]" and "...".
_GAP = regex.compile(r"\s*(?:\[[^\]]*\]|\(\.\.\.\)|…|\.\.\.)\s*")
# The speaker of a quotation is searched for in this many sentences before it, and in this many after it.
_BEFORE, _AROUND = 6, 2
_SPEECH = 3  # The speaker of a quotation of fewer words than this is not checked.


def check_quotes(sentence: Passage, article: SourceText) -> Iterator[Finding]:
    """Yield the quotations of a sentence that are not in the article, or have another speaker there."""
    for start, end in sentence.quoted:
        quoted = sentence.text[start:end].strip(_TRIM)
        parts = [plain for each in _GAP.split(quoted) if (plain := to_plain(each))]
        if not all(f" {part} " in f" {article.plain} " for part in parts) and not _is_written_apart(
            parts, article
        ):
            yield Finding(FindingKind.QUOTE, quoted, _find_nearest(parts, article))
        elif len(quoted.split()) >= _SPEECH and (other := _find_other_speaker(sentence, parts[0], article)):
            yield Finding(FindingKind.SPEAKER, *other)


def _is_written_apart(parts: Sequence[str], article: SourceText) -> bool:
    """Return whether quoted words are a short title, such as "Show Boat", which the article only writes in
    another way.
    """
    title = "".join(parts).replace(" ", "")
    return len(parts) == 1 and parts[0].count(" ") < _SPEECH - 1 and title in article.plain.replace(" ", "")


def _find_nearest(parts: Sequence[str], article: SourceText) -> str | None:
    """Return the article's sentence with the most of the words that a model's sentence quotes; None if no
    sentence has more than half of them.
    """
    asked = {word for part in parts for word in part.split()}
    best = max(article.passages, key=lambda passage: len(asked & passage.keys), default=None)
    return best.text if best and len(asked & best.keys) * 2 > len(asked) else None


@lru_cache(maxsize=16)
def _find_speakers(article: SourceText) -> dict[str, str]:
    tables = find_tables(article.language, article.text)
    return speakers(None, [passage.text for passage in article.passages], tables)


def _find_other_speaker(sentence: Passage, quoted: str, article: SourceText) -> tuple[str, str] | None:
    """Return the speaker whom the sentence names and the one whom the article names, if they differ.

    Only names are compared: a speaker may be described ("the mayor") in many ways.
    """
    tables = find_tables(article.language, article.text)
    named = speakers(None, [sentence.text], tables).get(sentence.text)
    asked = _list_names(named or "")
    told = _find_speakers(article)
    for at, passage in enumerate(article.passages):
        if asked and f" {quoted} " in f" {to_plain(passage.text)} ":
            speaker = told.get(passage.text, "")
            around = frozenset().union(
                *(each.keys for each in article.passages[max(0, at - _BEFORE) : at + _AROUND + 1])
            )
            names = _list_names(speaker)
            apart = not any(asked & each.keys and names & each.keys for each in article.passages)
            if names and not asked & names and apart:
                return named or "", speaker
            if not names and asked.isdisjoint(around):
                return named or "", speaker or passage.text
            return None
    return None


def _list_names(speaker: str) -> frozenset[str]:
    return frozenset(
        fold(word).removesuffix("'s") for word in speaker.split() if word[0].isupper() or word[0] >= "\u0600"
    )
