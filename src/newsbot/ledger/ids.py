"""The short public ids of posts and articles: row numbers, scrambled, with a check character.

People type them by hand, so the alphabet has 31 characters (a prime number) without look-alikes. The
characters count as digits with the weights 1, 2, 3... from the right, and their weighted sum must be 7 for a
post and 19 for an article, modulo 31. The weights are distinct and none is 0, so every single wrong character
and every swap of neighbours changes the sum (ISO/IEC 7064 uses the same argument).
"""

from functools import lru_cache

from newsbot.errors import LedgerError, UsageError
from newsbot.reasons import LedgerCode, UsageCode

__all__ = ["article_id", "article_number", "post_id", "post_number"]

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_BASE = len(_ALPHABET)
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_LENGTHS = (3, 4, 5)  # An id without its check character has one of these lengths: 29.6 million ids in all.
# Row numbers are multiplied by this factor to scramble them. 31 does not divide the factor, so no two rows
# get the same id; the factor is large, so rows with neighbouring numbers get very different ids.
_MULTIPLIER = 18_061_987
# The remainders, modulo 31, of the weighted sums of a post's and an article's id. They differ, so an
# article's id without its prefix is never a post's id.
_POST, _ARTICLE = 7, 19
_PREFIX = "a-"


@lru_cache(maxsize=10_000)
def post_id(number: int) -> str:
    """Return the public id of the post in the row ``number``, which counts from 1."""
    return _encode_id(number, _POST)


@lru_cache(maxsize=10_000)
def article_id(number: int) -> str:
    """Return the public id of the article in the row ``number``, which counts from 1."""
    return _PREFIX + _encode_id(number, _ARTICLE)


@lru_cache(maxsize=10_000)
def post_number(text: str) -> int:
    """Decode a post's public id to its row number.

    Raises:
        UsageError: the text is no id of a post; the message names the text.
    """
    if (number := _decode_id(text.strip().lower(), _POST)) is None:
        raise UsageError(UsageCode.NO_POST_ID(ref=repr(text)))
    return number


def article_number(text: str) -> int:
    """Decode an article's public id to its row number.

    Raises:
        UsageError: the text is no id of an article; the message names the text.
    """
    bare = text.strip().lower()
    number = _decode_id(bare.removeprefix(_PREFIX), _ARTICLE) if bare.startswith(_PREFIX) else None
    if number is None:
        raise UsageError(UsageCode.NO_ARTICLE_ID(ref=repr(text)))
    return number


def _encode_id(number: int, kind: int) -> str:
    rest = number - 1
    for length in _LENGTHS:
        size = _BASE**length
        if rest < size:
            return _spell_id((rest * _MULTIPLIER + kind) % size, length, kind)
        rest -= size
    raise LedgerError(LedgerCode.NO_IDS_LEFT())


def _spell_id(scrambled: int, length: int, kind: int) -> str:
    text, weighed = "", 0
    # The digits of an id get their weights from the right, beginning with 2, because the check character has
    # the weight 1.
    for weight in range(2, length + 2):
        scrambled, digit = divmod(scrambled, _BASE)
        text, weighed = _ALPHABET[digit] + text, weighed + weight * digit
    return text + _ALPHABET[(kind - weighed) % _BASE]


def _decode_id(text: str, kind: int) -> int | None:
    length = len(text) - 1
    if length not in _LENGTHS or not set(text) <= _VALUE.keys():
        return None
    digits = [_VALUE[character] for character in text]
    if sum(weight * digit for weight, digit in enumerate(reversed(digits), start=1)) % _BASE != kind:
        return None
    size: int = _BASE**length
    scrambled = sum(digit * _BASE**place for place, digit in enumerate(reversed(digits[:-1])))
    before: int = sum(_BASE**shorter for shorter in _LENGTHS if shorter < length)
    unspread: int = (scrambled - kind) * pow(_MULTIPLIER, -1, size) % size
    return unspread + before + 1
