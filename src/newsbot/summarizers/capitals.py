"""Restoration of an article's first words, which some sites set in capitals ("NIGHT buses will run ...").

The capitals belong to the page's layout. In a post they look like a mistake.
"""

from functools import lru_cache

import regex

__all__ = ["restore_opening"]

# The pattern matches words in capitals at a sentence's start, before a word in small letters.
_OPENING = regex.compile(
    r"(?P<words>\p{Lu}[\p{Lu}'’-]*(?: \p{Lu}[\p{Lu}'’-]*){0,4})(?=(?:['’]s)? \p{L}\p{Ll})"  # noqa: RUF001
)
_WORD = regex.compile(r"\p{L}[\p{L}'’-]*")  # noqa: RUF001
# Words in capitals at a sentence's start are changed only if one has at least this many letters, because a
# shorter word like "UN" is an abbreviation.
_LEAST = 4
# Abbreviations that are also ordinary words ("us", "who"); a text in capitals does not tell which is meant.
_AMBIGUOUS = frozenset({"AIDS", "IT", "US", "WHO"})


def restore_opening(sentence: str, article: str) -> str:
    """Return a sentence with its first words, which are in capitals, as ``article`` spells them elsewhere.

    Return the sentence unchanged if the article has one of the words in no other spelling, or if it has one
    of them in capitals elsewhere too, as it has NATO.
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
    """Return a word that is in capitals in small letters or, for a name, as the article mostly spells the
    name. Return None if the article does not show the right spelling.
    """
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
