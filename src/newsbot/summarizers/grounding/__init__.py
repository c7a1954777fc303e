"""Grounding: checks whether an article supports a sentence that a model wrote about it.

The checks compare words, without a model: numbers, dates, names, quotations, denials and the like. They are a
tripwire and no proof: a sentence without a finding may still be wrong. docs/grounding.md says what they find.
"""

from collections.abc import Sequence

from newsbot.summarizers.grounding.claims import check_claims
from newsbot.summarizers.grounding.dates import check_dates, read_dates
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.matching import find_matches
from newsbot.summarizers.grounding.names import check_names
from newsbot.summarizers.grounding.persons import check_persons
from newsbot.summarizers.grounding.quantities import check_quantities
from newsbot.summarizers.grounding.quotes import check_quotes
from newsbot.summarizers.grounding.replacements import check_replacements
from newsbot.summarizers.grounding.text import read_passage, read_source
from newsbot.summarizers.sentences import collapse_spaces

__all__ = ["Finding", "FindingKind", "find_ungrounded"]


def find_ungrounded(
    sentence: str, evidence: Sequence[str], text: str, language: str | None
) -> tuple[Finding, ...]:
    """Return what a sentence says that its article does not support; an empty tuple if nothing was found.

    ``evidence`` are the article's sentences that the sentence is said to be made from. They may be missing or
    wrong: the article's best matching sentences are looked at too. ``text`` is the article's headline and
    text. ``language`` is an ISO 639-1 code, or None to guess it. A sentence that stands in ``text`` word for
    word is always supported.
    """
    asked = collapse_spaces(sentence)
    if not asked or asked in collapse_spaces(text):
        return ()
    article = read_source(text, language)
    passage = read_passage(asked)
    matches = find_matches(passage, evidence, article)
    dated = [(date.start, date.end) for date in read_dates(passage, article.language)]
    found = [
        *check_quotes(passage, article),
        *check_quantities(passage, article, dated),
        *check_dates(passage, matches, article),
        *check_names(passage, article),
        *check_persons(passage, article),
        *check_claims(passage, matches, article),
        *check_replacements(passage, matches, article),
    ]
    return tuple(dict.fromkeys(found))
