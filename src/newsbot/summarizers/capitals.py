"""Restoration of an article's first words, which some sites set in capitals ("NIGHT buses will run ...").

Such capitals belong to the page's layout. In a post they look like a mistake.
"""

from functools import lru_cache

import regex

__all__ = ["restore_opening"]

# This matches words in capitals before a word that is not.
_OPENING = regex.compile(
    r"(?P<words>\p{Lu}[\p{Lu}'’-]*(?: \p{Lu}[\p{Lu}'’-]*){0,4})(?=(?:['’]s)? \p{L}\p{Ll})"  # noqa: RUF001
)
_WORD = regex.compile(r"\p{L}[\p{L}'’-]*")  # noqa: RUF001
_LEAST = 4  # The fewest letters in capitals; fewer may be an abbreviation or the word "A".
_AMBIGUOUS = frozenset({"AIDS", "IT", "US", "WHO"})  # These abbreviations are ordinary words too.


def restore_opening(sentence: str, article: str) -> str:
    """Return a sentence whose first words are in capitals with the spelling that ``article`` uses for them.

    Nothing changes if the article does not have each of these words in another spelling, or has one of them
    in capitals elsewhere too, as it has NATO.
    """
    found = _OPENING.match(sentence)
    if found is None or not any(len(word) >= _LEAST for word in found["words"].split()):
        return sentence
    spellings = _count_spellings(article)
    restored = []
    for index, word in enumerate(found["words"].split()):
        plain = _restore_word(word, spellings)
        if plain is None:
            return sentence
        restored.append(plain if index else plain[:1].upper() + plain[1:])
    return " ".join(restored) + sentence[found.end() :]


def _restore_word(word: str, spellings: dict[str, dict[str, int]]) -> str | None:
    """Return a word in small letters or, if it is a name, as it is mostly written; None if unknown."""
    if len(word) == 1:
        return word.lower()
    known = spellings.get(word.lower(), {})
    others = {spelling: count for spelling, count in known.items() if spelling != word}
    if not others or known.get(word, 0) > 1 or word in _AMBIGUOUS:
        return None
    return word.lower() if word.lower() in others else max(others, key=lambda spelling: others[spelling])


@lru_cache(maxsize=1)
def _count_spellings(article: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for word in _WORD.findall(article):
        known = found.setdefault(word.lower(), {})
        known[word] = known.get(word, 0) + 1
    return found
