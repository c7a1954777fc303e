"""The checks of a model's answer: its form, its language and length, and whether the article carries it.

Each sentence of the answer names the article's sentences that carry it. A sentence that they do not carry is
replaced by its source if that stands by itself, and dropped if not; see `grounding` for what is checked.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from newsbot.composing.safety import clean_line, find_addresses, find_tags
from newsbot.errors import SummarizerError
from newsbot.model import PostWarning, Sentence
from newsbot.reasons import Code, WarningCode
from newsbot.summarizers.anaphora import find_tables
from newsbot.summarizers.cohesion import find_cohesion
from newsbot.summarizers.grounding import find_ungrounded
from newsbot.summarizers.llm_prompt import NumberedArticle, addresses_model
from newsbot.summarizers.sentences import words

__all__ = [
    "VERDICTS",
    "CheckedAnswer",
    "Evidence",
    "WrittenSentence",
    "build_claims_message",
    "check_claims",
    "check_length",
    "parse_answer",
    "parse_verdicts",
]

VERDICTS: dict[str, Any] = {
    "name": "verdicts",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"unsupported": {"type": "array", "items": {"type": "integer"}}},
        "required": ["unsupported"],
        "additionalProperties": False,
    },
}
"""The form of a second model's answer, as JSON Schema."""

_MOST_SENTENCES = 12
# A summary may be longer than was asked for by this factor; posts show as many of its sentences as fit.
_TOLERANCE = 1.5
# If less than this share of a model's sentences is carried by the article, the rest is not trusted either.
_LEAST_CARRIED = 0.5
# A sentence of which fewer of the longer words are in the article does not retell it. Of 768 sentences that
# people wrote about CNN's articles (shared/data/texts/cnndm.jsonl, the first 400), 1.8 % have fewer.
_LEAST_SHARED = 0.4
_SHORT = 4  # Words of fewer Latin letters, such as "the", say nothing about a sentence's subject.
_STEM = 5  # Words count as the same if they begin with the same letters.
_FENCE = re.compile(r"```[A-Za-z]*\s*\n?(.*?)```", re.DOTALL)
# The numbers of sources that some models write into the sentence too: "... on Tuesday [3]."
_CITATION = re.compile(r"\s*[\[(]\s*\d+(?:\s*[,;]\s*\d+)*\s*[\])](?=\W*$)")


class WrittenSentence(BaseModel):
    """One sentence of a model's answer, with the numbers of the article's sentences that carry it."""

    model_config = ConfigDict(strict=True, frozen=True)

    text: str = Field(min_length=1)
    sources: tuple[int, ...] = Field(min_length=1)


_WRITTEN = TypeAdapter(tuple[WrittenSentence, ...])


def parse_answer(text: str) -> tuple[WrittenSentence, ...]:
    """Return the sentences of a model's answer: JSON by `llm_prompt.SCHEMA`, alone, in a fence or in a text.

    Raises:
        SummarizerError: the answer has no such JSON, or no sentence.
    """
    fenced = _FENCE.search(text)
    for candidate in filter(None, (fenced[1] if fenced else "", text, *_find_objects(text))):
        try:
            data = json.loads(candidate)
            claims = _WRITTEN.validate_json(json.dumps(data["sentences"]))
        except (ValueError, KeyError, TypeError, ValidationError, RecursionError):
            continue
        if not claims:
            raise SummarizerError(Code.SUMMARIZER_SILENT(), answered=True)
        return tuple(map(_clean_sentence, claims[:_MOST_SENTENCES]))
    raise SummarizerError(Code.SUMMARIZER_UNREADABLE(), answered=True)


def _find_objects(text: str) -> list[str]:
    """Return the text from the first brace to the last one, in which the JSON object of an answer may be."""
    start, end = text.find("{"), text.rfind("}")
    return [text[start : end + 1]] if 0 <= start < end else []


def _clean_sentence(claim: WrittenSentence) -> WrittenSentence:
    text = clean_line(claim.text)
    return WrittenSentence(text=_CITATION.sub("", text) or text, sources=claim.sources)


def check_length(claims: Sequence[WrittenSentence], length: int | None) -> None:
    """Check that an answer is not far longer than the ``length`` in characters that was asked for.

    Raises:
        SummarizerError: the answer is too long.
    """
    written = sum(len(claim.text) for claim in claims)
    if length is not None and written > length * _TOLERANCE:
        raise SummarizerError(Code.SUMMARIZER_TOO_LONG(n=written, most=length), answered=True)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an article says, as the checks need it.

    ``text`` is the headline and the sentences that the model saw. ``alone`` are the article's sentences that
    can be understood by themselves. ``translated`` says that the summary is in another language.
    """

    numbered: NumberedArticle
    text: str
    language: str | None
    alone: Collection[str]
    translated: bool = False

    def shares_words(self, sentence: str) -> bool:
        """Return whether enough words of a sentence are in the article, so that it may be about the same.

        This finds a sentence without any number or name that tells of something else.
        """
        own, known = _list_stems(sentence), set(_list_stems(self.text.replace("\n", " ")))
        return self.translated or sum(stem in known for stem in own) >= len(own) * _LEAST_SHARED

    def find_sources(self, claim: WrittenSentence) -> list[str]:
        """Return the article's sentences that a claim names; [] if the model did not see one of them."""
        known: Mapping[int, str] = self.numbered.sentences
        numbers = sorted(set(claim.sources))
        return [known[number] for number in numbers] if all(number in known for number in numbers) else []


def _list_stems(text: str) -> list[str]:
    """Return the beginnings of the words of a text that say something about its subject."""
    return [word[:_STEM] for word in words(text) if len(word) >= _SHORT or not word.isascii()]


class CheckedAnswer(NamedTuple):
    """The sentences of an answer that may be shown; ``kept`` of the ``written`` ones passed the checks."""

    sentences: tuple[Sentence, ...]
    kept: int
    written: int
    warnings: tuple[PostWarning, ...] = ()


def check_claims(
    claims: Sequence[WrittenSentence], evidence: Evidence, *, strict: bool, vetoed: Collection[int] = ()
) -> CheckedAnswer:
    """Check each claim against the article, and return the sentences that may be shown.

    With ``strict``, a claim that the article does not carry is replaced or dropped; else it gets a warning,
    unless it has words that can't come from the article.
    ``vetoed`` are the indices of claims that a second model does not find to be carried.

    Raises:
        SummarizerError: too little of the answer is carried by the article.
    """
    shown: list[Sentence | None] = []
    warnings: list[PostWarning] = []
    kept = 0
    for index, claim in enumerate(claims):
        sources, number = evidence.find_sources(claim), min(claim.sources)
        foreign = _find_foreign_words(claim, sources, evidence)
        why = foreign or (claim.text if index in vetoed else _find_uncarried_words(claim, sources, evidence))
        if why is None or (not strict and foreign is None):
            shown.append(Sentence(claim.text, " ".join(sources), number - 1, index))
            warnings += [_make_warning(claim, why)] if why else []
            kept += why is None
        elif len(sources) == 1 and sources[0] in evidence.alone:
            shown.append(Sentence(sources[0], sources[0], number - 1, index))
        else:
            shown.append(None)
    sentences = _drop_leaning(shown, evidence)
    trusted = kept if strict else kept + len(warnings)
    if not sentences or trusted < len(claims) * _LEAST_CARRIED:
        raise SummarizerError(Code.SUMMARIZER_NOT_CARRIED(n=kept, count=len(claims)), answered=True)
    return CheckedAnswer(sentences, kept, len(claims), tuple(warnings))


def _make_warning(claim: WrittenSentence, why: str) -> PostWarning:
    told = WarningCode.NOT_GROUNDED(why=Code.TEXT(words=why), words=claim.text)
    return PostWarning("not_grounded", told)


def _find_foreign_words(claim: WrittenSentence, sources: Sequence[str], evidence: Evidence) -> str | None:
    """Return the words of a claim that can't come from the article, as of an instruction that a model obeyed;
    None if there are none.

    A claim with such words is never shown.
    """
    said = " ".join(sources)
    if not sources or addresses_model(claim.text) or not evidence.shares_words(claim.text):
        return claim.text
    addresses = (claim.text[url.start : url.end] for url in find_addresses(claim.text))
    return next((mark for mark in (*addresses, *find_tags(claim.text)) if mark not in said), None)


def _find_uncarried_words(claim: WrittenSentence, sources: Sequence[str], evidence: Evidence) -> str | None:
    """Return the words of a claim that its sources do not carry; None if they carry all of it."""
    found = find_ungrounded(claim.text, sources, evidence.text, evidence.language)
    return ", ".join(dict.fromkeys(finding.words for finding in found)) if found else None


def _drop_leaning(shown: Sequence[Sentence | None], evidence: Evidence) -> tuple[Sentence, ...]:
    """Return the sentences that are left, without those that lean on a dropped one before them."""
    texts = [each.text if each else "" for each in shown]
    bonds = find_cohesion(texts, find_tables(evidence.language, evidence.text))
    left: list[Sentence] = []
    gap = False
    known: set[str] = set()
    for each, bond in zip(shown, bonds, strict=True):
        if each is None or (gap and bond.previous) or each.text in known:
            gap = True
            continue
        gap = False
        known.add(each.text)
        left.append(each)
    return tuple(left)


def build_claims_message(claims: Sequence[WrittenSentence], evidence: Evidence) -> str:
    """Return the message by which a second model is asked about the claims: each with its sources."""
    asked = [
        {"claim": index, "text": claim.text, "sources": evidence.find_sources(claim)}
        for index, claim in enumerate(claims)
    ]
    return json.dumps(asked, ensure_ascii=False)


def parse_verdicts(text: str, count: int) -> set[int]:
    """Return the indices of the claims that a second model does not find to be supported.

    An answer that can't be read vetoes nothing, because the second model may only add to the other checks.
    """
    for candidate in (text, *_find_objects(text)):
        try:
            data: Any = json.loads(candidate)
            numbers = data["unsupported"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(numbers, list):
            return {number for number in numbers if type(number) is int and 0 <= number < count}
    return set()
