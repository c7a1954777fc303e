"""What a check of a sentence against an article may find."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "FindingKind"]


class FindingKind(StrEnum):
    """The kinds of statements in a sentence that its article may not carry."""

    NUMBER = "number"
    """A number that the article does not have, or has for another thing."""
    UNIT = "unit"
    """A number whose unit, currency or percent sign is not that of the article."""
    DATE = "date"
    """A date, year, month, weekday or relative day that is not that of the article."""
    NAME = "name"
    """A name that the article does not have, or that has no part in what the sentence says."""
    PLACE = "place"
    """A country or city, like `NAME`."""
    ROLE = "role"
    """A role ("minister") that the article gives to another person."""
    GENDER = "gender"
    """A pronoun of the other gender."""
    QUOTE = "quote"
    """Quoted words that the article does not have."""
    SPEAKER = "speaker"
    """A quotation that the article gives to another speaker."""
    NEGATION = "negation"
    """A statement that the article denies, or a denial of what it states."""
    MODALITY = "modality"
    """A statement as a fact of what the article calls possible, alleged, planned or denied."""
    COMPARISON = "comparison"
    """A comparison or change in the other direction: "more", "rose", "highest"."""
    WORD = "word"
    """A word in the place of another word of an article's sentence that the sentence copies otherwise."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of a sentence that its article does not carry.

    ``words`` are the words in the sentence. ``source`` is the nearest thing in the article, or None if the
    article has nothing like it.
    """

    kind: FindingKind
    words: str
    source: str | None = None
