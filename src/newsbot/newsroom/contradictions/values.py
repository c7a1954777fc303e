"""Two values of one thing in an article's text."""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from newsbot.newsroom.contradictions.counts import NAME, UNCASED, Count, content, quote
from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, compile_words
from newsbot.summarizers.numbers import is_rounding_of
from newsbot.summarizers.sentences import words

__all__ = ["are_different", "find_two_values", "is_exact"]

# Two sentences tell the same if this part of the shorter one's words is in the other one: more in scripts
# without capital letters, where names can't be compared, and less if both numbers count casualties.
_ALIKE, _ALIKE_UNCASED, _ALIKE_CASUALTIES = 0.6, 0.75, 0.35
_SHARED, _SHARED_CASUALTIES = 3, 2  # And they share at least so many words.
# A sentence is told again if this part of its words is the same; a shorter sentence may be a row of a list.
_REPEATED, _FEW_WORDS = 0.85, 7
# The most words of a plain sentence about an event's victims, and the most numbers of them in an article.
_PLAIN, _TOLLS = 14, 3
_SHORT = 3  # A longer first word of a sentence may be a name.
# So many characters before and behind a number say whether it is exact and counts the whole.
_BEFORE, _BEHIND = 22, 24
# The pattern of what is no sentence: a row of a table, a line of a program.
_CODE = regex.compile(r"[{}=|<>]|\w_\w|\(\)")
_RANGE = regex.compile(r"\s?(?:[-–]|to|or|a|bis|oder|سے|یا)\s?\d")
_YEAR = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_AGE = regex.compile(r"\b(?:was|is|turned|aged)\s$")

_content = lru_cache(500)(content)


def find_two_values(counts: Sequence[Count]) -> Iterator[Contradiction]:
    """Yield a pair of places that give one thing two values; ``counts`` are all numbers of a text."""
    told = [each for each in counts if len(each.values) == 1 and each.things]
    if found := _find_pair(told) or _find_wrong_toll(told) or _find_wrong_reference(told):
        yield found


def _find_pair(told: Sequence[Count]) -> Contradiction | None:
    """Return two sentences that tell the same with different numbers.

    Three sentences with three numbers ("Step 2 ...", "Step 3 ...") are the rows of a list.
    """
    for place, one in enumerate(told):
        found = [other for other in told[place + 1 :] if _are_alike(one, other)]
        if len({other.value for other in found}) == 1:
            return Contradiction("values", quote(one), quote(found[0]))
        if found:
            return None
    return None


def _are_alike(one: Count, other: Count) -> bool:
    """Return whether two sentences tell the same with different numbers."""
    if one.passage is other.passage or not one.things & other.things or not are_different(one, other):
        return False
    return _is_repeated(one, other) or _tell_same(one, other)


def are_different(one: Count, other: Count) -> bool:
    """Return whether two numbers have values of which neither is the other one rounded."""
    mine, others = one.value, other.value
    if mine == others or min(mine, others) <= 1:
        return False
    return not is_rounding_of(mine, others) and not is_rounding_of(others, mine)


def _is_repeated(one: Count, other: Count) -> bool:
    """Return whether two sentences have the same words but for the one number, or nearly so."""
    mine, others = _words_around(one), _words_around(other)
    names = _has_other_names(one.passage.text, other.passage.text)
    if len(mine) < _FEW_WORDS or names or _CODE.search(one.passage.text):
        return False
    common = (Counter(mine) & Counter(others)).total()
    return common >= _REPEATED * max(len(mine), len(others))


def _words_around(count: Count) -> list[str]:
    text = count.passage.text
    return [word.casefold() for word in words(f"{text[: count.start]} {text[count.end :]}")]


def _tell_same(one: Count, other: Count) -> bool:
    """Return whether two sentences share most words, and both have an exact number of their own."""
    first, second = one.passage, other.passage
    mine, others = _content(first.text), _content(second.text)
    casualties = bool(one.casualties & other.casualties)
    cased = not UNCASED.search(first.text)
    least = _ALIKE_CASUALTIES if casualties else _ALIKE if cased else _ALIKE_UNCASED
    shared = len(mine & others)
    if shared < (_SHARED_CASUALTIES if casualties else _SHARED) or shared < least * min(
        len(mine), len(others)
    ):
        return False
    if _has_other_names(first.text, second.text) or _CODE.search(first.text):
        return False
    sourced = first.has("sourced") and second.has("sourced")
    return not sourced and _is_unchanged(one) and _is_unchanged(other)


def _is_unchanged(count: Count) -> bool:
    """Return whether a number is exact, of the whole, and its sentence tells of no change."""
    return is_exact(count) and not count.passage.has("changed")


def is_exact(count: Count) -> bool:
    """Return whether the words beside a number call it neither an estimate, a range nor a part."""
    text, language = count.passage.opening_lower, count.passage.language
    before, behind = text[max(0, count.start - _BEFORE) : count.start], text[count.end : count.end + _BEHIND]
    if compile_words("approximate", language).search(before) or _RANGE.match(behind) or _AGE.search(before):
        return False
    partial = compile_words("partial", language)
    return not partial.search(before) and not partial.search(behind)


def _has_other_names(one: str, other: str) -> bool:
    """Return whether each of two sentences has names that the other lacks: they tell of different things.

    The first word of a sentence may be a name.
    """
    mine, others = (set(NAME.findall(text)) for text in (one, other))
    if mine - others and others - mine:
        return True
    first, second = (next(iter(words(text)), "") for text in (one, other))
    long = min(len(first), len(second)) > _SHORT
    return long and first not in words(other) and second not in words(one)


def _find_wrong_toll(told: Sequence[Count]) -> Contradiction | None:
    """Return a plain sentence with another number of killed or injured: "Officials say 12 people died"."""
    for count in told:
        if not count.casualties or not _is_plain(count.passage) or not is_exact(count):
            continue
        others = [
            each for each in told if each.casualties & count.casualties and each.passage is not count.passage
        ]
        values = {each.value: each for each in reversed(others) if each.value > 1}
        if not values or len(values) > _TOLLS or count.value in values:
            continue
        other = values[max(values)]
        if are_different(count, other) and _is_unchanged(other):
            return Contradiction("values", quote(other), quote(count))
    return None


def _is_plain(passage: ExaminedSentence) -> bool:
    """Return whether a sentence is short, and names no person, place, date or change.

    Such a sentence tells of the article's own event. Every noun of German has a capital letter.
    """
    named = passage.language != "de" and NAME.search(passage.text)
    dated = _YEAR.search(passage.text)
    return not named and not dated and len(words(passage.text)) <= _PLAIN and not passage.has("changed")


def _find_wrong_reference(told: Sequence[Count]) -> Contradiction | None:
    """Return a number of things that were counted before, with another result: "all 45 people injured"."""
    for place, count in enumerate(told):
        if not _is_definite(count):
            continue
        earlier = [
            each for each in told[:place] if each.things & count.things and each.passage is not count.passage
        ]
        if len({each.value for each in earlier}) != 1 or not are_different(earlier[0], count):
            continue
        first, text = earlier[0], count.passage.text
        shared = _content(text) & _content(first.passage.text)
        same = len(shared) > 1 and not _has_other_names(text, first.passage.text)
        if same and is_exact(first) and _is_unchanged(count):
            return Contradiction("values", quote(first), quote(count))
    return None


def _is_definite(count: Count) -> bool:
    """Return whether a number has an article or "all" before it, so that the text has named its things."""
    pattern = compile_words("definite", count.passage.language)
    found = pattern.finditer(count.passage.text, max(0, count.start - _BEFORE), count.end)
    return any(each.end() == count.end for each in found)
