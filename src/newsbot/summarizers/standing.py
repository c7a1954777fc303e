# ruff: noqa: RUF001  punctuation of other scripts is the data
"""Whether a sentence can be shown at all: what is no sentence of the news, and who speaks in it."""

import re

import regex

from newsbot.summarizers.quotations import find
from newsbot.summarizers.words import words

__all__ = [
    "is_question",
    "is_row",
    "is_scrap",
    "opens_with_pronoun",
    "speaks_in_first_person",
    "speech_without_speaker",
]

_QUESTION = re.compile(r"[?？؟;][\"'”’)\]」』]*$")
_FIRST = re.compile(
    r"(?<![\w’'.])(?:I|I['’](?:m|ve|d|ll)|[Mm]e|[Mm]y|mine|[Mm]yself|[Ww]e|[Ww]e['’](?:re|ve|d|ll)|us|[Oo]urs?"
    r"|[Oo]urselves|[Ll]et['’]s)(?![\w’'])"
)
_FIRST_OTHERS = {
    "es": re.compile(
        r"\b(?:yo|nosotros|nosotras|mi|mis|nuestr[oa]s?|hemos|estamos|somos|creo|vamos)\b", re.IGNORECASE
    ),
    "pt": re.compile(r"\b(?:eu|nós|meu|minha|meus|minhas|noss[oa]s?|estamos|somos|vamos)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(?:je|j['’]|nous|mon|ma|mes|notre|nos)(?:\b|(?<=['’]))", re.IGNORECASE),
    "de": re.compile(r"\b(?:ich|wir|uns|mein\w*|unser\w*)\b", re.IGNORECASE),
    "it": re.compile(r"\b(?:io|noi|mio|mia|miei|nostr[oaie]|siamo|abbiamo)\b", re.IGNORECASE),
    "ru": re.compile(r"\b(?:я|мы|нас|нам|мой|моя|мои|наш\w*)\b", re.IGNORECASE),
    "ur": re.compile(r"(?<!\w)(?:میں نے|ہم|ہمارے|ہماری|ہمارا|میرے|میری|میرا)(?!\w)"),
    "hi": re.compile(r"(?<!\w)(?:मैं|मैंने|हम|हमने|हमारे|हमारी|हमारा|मेरा|मेरी|मेरे)(?!\w)"),
    "ar": re.compile(r"(?<!\w)(?:أنا|نحن)(?!\w)"),
    "ja": re.compile(r"(?:私|僕|俺|我々|わたし)(?:は|が|の|たち)"),
}
_ROW = regex.compile(
    r"\||^[(\[]?(?:\d{1,3}|[a-z])[.)\]]\s|^[•·▪●–—*-]\s|^\W*\d[\d\s.,:%/–-]*\W*$|(?:\d\s+){4,}|\t"
)
_LABEL = re.compile(
    r"^(?:photos?|image|picture|credit|video|watch|related|read|see also|more|source|note|editor['’]s note)\b"
    r"[^.!?]{0,60}(?::|\b(?:here|our|us|below|now)\b)"
    r"|^(?:updated?|updates|correction|advertisement|tags?|topics?|share|contact|copyright|click|subscribe"
    r"|sign up|follow|download|listen|join|visit|register|book|buy|rsvp)\b"
    r"[^.!?]{0,60}(?::|\b(?:here|our|us|below|now)\b)",
    re.IGNORECASE,
)
_ABOUT_PAGE = re.compile(
    r"\b(?:in this (?:article|post|guide|video|episode|issue)|click here|newsletter|getty images|file photo"
    r"|this (?:article|post|story|content|video|page) (?:is|was|has|describes|contains|first|originally)"
    r"|below,? (?:we|you|is|are)|use (?:the )?(?:promo )?code|promo code|terms and conditions|privacy policy"
    r"|affiliate|all times local|contributed to this report|thanks for (?:signing|reading)|sign(?:ed)? up)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:he|she|his|her|him|hers|himself|herself)\b", re.IGNORECASE)
_NAME = regex.compile(r"\p{Lu}[\p{L}'’.-]+")
_SAID = 2  # words outside of a quotation: a name and its verb
_LEAST_WORDS = 4
_CAPITALS = 10  # fewer may be a name


def is_question(sentence: str) -> bool:
    """Say whether it asks something."""
    return _QUESTION.search(sentence) is not None


def is_row(sentence: str) -> bool:
    """Say whether it is a row, a number, a label, or a line about the page."""
    if _ROW.search(sentence) or _LABEL.search(sentence) or _ABOUT_PAGE.search(sentence):
        return True
    return _shouts(sentence) or sum(map(str.isdigit, sentence)) > 0.3 * len(sentence)


def _shouts(sentence: str) -> bool:
    """Say whether most of its letters are capitals, if it has enough of them to tell."""
    if sum(map(str.isupper, sentence)) <= _CAPITALS:
        return False  # most sentences, at a fifth of the cost of looking at each letter
    letters = [char for char in sentence if char.isalpha()]
    return len(letters) > 2 * _CAPITALS and sum(map(str.isupper, letters)) > 0.5 * len(letters)


def is_scrap(sentence: str) -> bool:
    """Say whether it has hardly any words."""
    return len(words(sentence)) < _LEAST_WORDS


def speaks_in_first_person(sentence: str, language: str | None) -> bool:
    """Say whether words outside of its quotations say I or we: whose, a post can't tell."""
    outside = find([sentence]).outside(0, sentence)
    code = (language or "en")[:2].lower()
    return _FIRST_OTHERS.get(code, _FIRST).search(outside) is not None


def speech_without_speaker(sentence: str) -> bool:
    """Say whether it is direct speech with nobody named beside it."""
    quotations = find([sentence])
    if quotations.strays:
        return True
    spans = quotations.spans.get(0)
    if not spans:
        return False
    quoted = sum(end - start for start, end in spans)
    outside = words(quotations.outside(0, sentence))
    return quoted > 0.5 * len(sentence) and len(outside) < _SAID


def opens_with_pronoun(sentence: str, shown: str) -> bool:
    """Say whether a he or she comes before any name in it, with none in ``shown`` either."""
    found = _PRONOUN.search(sentence)
    if found is None:
        return False
    return _NAME.search(f"{shown} {sentence[: found.start()]}") is None
