"""Words that show that a sentence refers to an earlier sentence ("She", "However"), for each language.

The module also guesses the language of a text. The words are in ``anaphora.toml``, which says what each list
of words is for.
"""

import re
from dataclasses import dataclass
from functools import cache

from newsbot.files import load_toml

__all__ = ["AnaphoraTable", "find_tables", "guess_language", "load_tables"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AnaphoraTable:
    """The words of one language that show whether a sentence refers to another sentence.

    ``anaphora.toml`` explains the lists of words. ``heads`` has the first two words of each sentence opening
    that refers to an earlier sentence ("But she"), or the opening's first letter in a language without
    spaces. Most sentences begin with none of the ``heads``, and need no further check.
    """

    dangling: frozenset[str]
    fine: frozenset[str]
    pronouns: frozenset[str]
    said: frozenset[str]
    common: frozenset[str]
    spaced: bool
    conjunction: str
    heads: frozenset[str]


@cache
def load_tables() -> dict[str, AnaphoraTable]:
    """Read the words that refer to earlier sentences, for all languages, from ``anaphora.toml``, and return
    tables by ISO 639-1 code.
    """
    tables = load_toml(__package__, "anaphora.toml")
    return {code: _make_table(**columns) for code, columns in tables.items()}


def _make_table(
    dangling: str,
    fine: str,
    pronouns: str,
    said: str,
    *,
    common: str = "",
    spaced: bool = True,
    conjunction: str = "",
) -> AnaphoraTable:
    phrases = _split_phrases(dangling)
    heads = {" ".join(phrase.split()[:2]) if spaced else phrase[0] for phrase in phrases}
    return AnaphoraTable(
        phrases,
        _split_phrases(fine),
        _split_phrases(pronouns),
        _split_phrases(said),
        _split_phrases(common),
        spaced,
        conjunction,
        frozenset(heads | {conjunction}),
    )


def _split_phrases(column: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in column.split(",") if phrase.strip())


SAMPLE = 2_000  # A text's language is guessed from this many characters at its beginning.

LETTERS = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f]+")  # The pattern matches letters that are not Latin.
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


def find_tables(language: str | None, text: str) -> tuple[AnaphoraTable, ...]:
    """Return the table of words for a language, or for the guessed language of ``text`` if it is None.

    ``language`` is an ISO 639-1 code; "en-GB" and "EN" are accepted too. If no table exists for the language,
    return the tables of all languages: words of a wrong language hardly ever match.
    """
    tables = load_tables()
    code = (language or guess_language(text) or "").lower().replace("_", "-").partition("-")[0]
    return (tables[code],) if code in tables else tuple(tables.values())


def guess_language(text: str) -> str | None:
    """Return the likely ISO 639-1 code of a text, by its script or its commonest words; None if unclear."""
    sample = text[:SAMPLE]
    if not sample.isascii() and _count_letters(FOREIGN, sample) * 2 > _count_letters(LETTERS, sample):
        return next(
            (code for code, letters in SCRIPTS.items() if _count_letters(letters, sample) * 50 > len(sample)),
            None,
        )
    words = sample.lower().split()
    hits = {code: sum(map(table.common.__contains__, words)) for code, table in load_tables().items()}
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] * 12 > len(words) else None


def _count_letters(letters: re.Pattern[str], sample: str) -> int:
    return sum(map(len, letters.findall(sample)))
