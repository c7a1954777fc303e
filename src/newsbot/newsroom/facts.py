"""Find the facts of a text that an editor checks before it is posted: its figures, dates and names."""

# ruff: noqa: RUF001  The patterns have separators and signs of other scripts on purpose.

import re

from newsbot.summarizers.numerals import find_numerals, tokenize

__all__ = ["find_facts", "is_fact_in_text"]

_FIGURE = re.compile(r"[$€£¥₹]?\d[\d.,:/٫٬]*")
_UNIT = re.compile(r"\s?(?:%|٪|％|(?:km|kg)(?!\w))")
_WORD = r"[A-ZÀ-Þ][\w'\u2019-]+"
# This matches a name: capitalized words that are not at the start of a sentence.
_NAME = re.compile(
    rf"(?<![.!?…]\s)(?<!^)\b{_WORD}(?:[ ](?:(?:de|la|von|van|al|bin)[ ])?{_WORD})*", re.MULTILINE
)
_LETTER = r"[^\W\u2e80-\U0010ffff]"  # Scripts from this character on have no spaces between words.


def find_facts(text: str) -> list[str]:
    """Return the figures and names of a text as they are written in it, each once, the figures first.

    A figure includes its currency, magnitudes and unit: "$12 million", "3 lakh 40 thousand", "4 %".
    """
    found = [*_find_figures(text), *_NAME.findall(text)]
    return list(dict.fromkeys(fact for each in found if (fact := each.strip(" .,:/"))))


def is_fact_in_text(fact: str, text: str) -> bool:
    """Return whether a text has this fact as it is written, and not inside a longer word or number."""
    return re.search(rf"(?<!{_LETTER}){re.escape(fact)}(?!{_LETTER})", text) is not None


def _find_figures(text: str) -> list[str]:
    tokens = tokenize(text)
    ends = {
        tokens.found[numeral.first].start(): tokens.found[numeral.after - 1].end()
        for numeral in find_numerals(tokens, {})
    }
    figures, after = list[str](), 0
    for found in _FIGURE.finditer(text):
        if found.start() < after:
            continue  # The figure is a later part of the number found before it, like the 40 of "3 lakh 40".
        digits = re.search(r"\d", found[0])
        start = found.start() + (digits.start() if digits else 0)
        after = max(found.end(), ends.get(start, 0))
        if unit := _UNIT.match(text, after):
            after = unit.end()
        figures.append(text[found.start() : after])
    return figures
