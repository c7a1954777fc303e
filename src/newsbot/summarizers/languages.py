"""Which table of openers an article is read by."""

import re

from newsbot.summarizers.openers import ALL, LANGUAGES, Openers

__all__ = ["guess", "tables"]

SAMPLE = 2_000  # characters; enough for a guess

LETTERS = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f]+")  # letters of other scripts than Latin
SCRIPTS = {
    "ja": re.compile("[\u3041-\u30ff]+"),
    "zh": re.compile("[\u4e00-\u9fff]+"),
    "ko": re.compile("[\uac00-\ud7af]+"),
    "hi": re.compile("[\u0900-\u097f]+"),
    "ru": re.compile("[\u0400-\u04ff]+"),
    "ur": re.compile("[ٹڈڑںےہۓۃ]+"),
    "fa": re.compile("[پچژگکی]+"),
    "ar": re.compile("[\u0620-\u064a]+"),
}
COMMON = {  # words that hardly an article of that language does without
    "en": frozenset(["the", "of", "and", "to", "in", "is", "was", "for", "that", "with"]),
    "es": frozenset(["el", "la", "los", "las", "de", "que", "en", "y", "del", "por", "con", "una"]),
    "fr": frozenset(["le", "la", "les", "des", "et", "est", "dans", "une", "du", "que", "pour", "au"]),
    "de": frozenset(["der", "die", "das", "und", "den", "von", "mit", "ist", "im", "ein", "nicht", "dem"]),
    "pt": frozenset(["o", "os", "as", "de", "que", "não", "do", "da", "em", "uma", "para", "com"]),
    "it": frozenset(["il", "di", "che", "è", "per", "della", "un", "una", "del", "nel", "con", "gli"]),
}


def tables(language: str | None, text: str) -> tuple[Openers, ...]:
    """The openers of an ISO 639-1 code ("en-GB" and "EN" do too); without one that is known, of a guess."""
    code = (language or "").lower().replace("_", "-").partition("-")[0]
    if code not in LANGUAGES:
        code = guess(text) or ""
    return (LANGUAGES[code],) if code in LANGUAGES else ALL


def guess(text: str) -> str | None:
    """The language by its script, or by its commonest words; None where neither tells."""
    sample = text[:SAMPLE]
    if not sample.isascii() and _count(FOREIGN, sample) * 2 > _count(LETTERS, sample):
        return next(
            (code for code, letters in SCRIPTS.items() if _count(letters, sample) * 50 > len(sample)),
            None,
        )
    words = sample.lower().split()
    hits = {code: sum(map(common.__contains__, words)) for code, common in COMMON.items()}
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] * 12 > len(words) else None


def _count(letters: re.Pattern[str], sample: str) -> int:
    return sum(map(len, letters.findall(sample)))
