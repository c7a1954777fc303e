"""What newsbot may find false when it compares a model's sentence with the article."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "FindingKind"]


class FindingKind(StrEnum):
    """The kinds of statements in a model's sentence that its article may not support."""

    NUMBER = "number"
    """The sentence has a number that the article does not have, or has for another thing."""
    UNIT = "unit"
    """The sentence has a number whose unit, currency or percent sign is not that of the article."""
    DATE = "date"
    """The sentence has a date, year, month, weekday or relative day that is not that of the article."""
    NAME = "name"
    """The sentence has a name that the article does not have, or that has no part in what the sentence says.
    """
    PLACE = "place"
    """The sentence has the name of a country or city that the article does not have."""
    ROLE = "role"
    """The sentence gives a role ("minister") to a person to whom the article does not give it."""
    GENDER = "gender"
    """The sentence has a pronoun ("she") of the other gender than the article has for the same person."""
    QUOTE = "quote"
    """The sentence quotes words that the article does not have."""
    SPEAKER = "speaker"
    """The sentence has a quotation that the article gives to another speaker."""
    NEGATION = "negation"
    """The sentence states what the article denies, or denies what the article states."""
    MODALITY = "modality"
    """The sentence states as a fact what the article calls possible, alleged, planned or denied."""
    COMPARISON = "comparison"
    """The sentence has a comparison or change in the other direction than the article: "more", "rose",
    "highest".
    """
    WORD = "word"
    """The sentence copies a sentence of the article, but with another word in the place of one of its words.
    """


@dataclass(frozen=True, slots=True)
class Finding:
    """One statement of a model's sentence that its article does not support.

    ``words`` are the words in the sentence. ``source`` is the nearest thing in the article, or None if the
    article has nothing like it.
    """

    kind: FindingKind
    words: str
    source: str | None = None
