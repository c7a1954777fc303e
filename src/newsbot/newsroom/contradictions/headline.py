"""An article's headline against its text: numbers, weekdays, places, and what rises or falls."""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

import regex

from newsbot.newsroom.contradictions.counts import Count, content, find_counts, quote, stem
from newsbot.newsroom.contradictions.dates import read_weekday
from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, load_words, shorten
from newsbot.summarizers.numbers import find_differing_numbers
from newsbot.summarizers.sentences import words

__all__ = ["find_headline_contradictions"]

# The first sentences of a text tell again what the headline says.
_LEAD = 4
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:-feira)?")
_PLACE = regex.compile(
    r"(?<!\p{L})(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]utside|en|cerca\sde|em|perto\sde|à|bei|nahe|près\sde)\s"
    r"(\p{Lu}[\p{L}\p{M}'’-]+(?:\s\p{Lu}[\p{L}\p{M}'’-]+)?)"
    r"|(?<!\p{L})(?:في|قرب)\s([\p{Arabic}]{3,})|(?<![\p{L}])([\p{Arabic}]{3,})\s(?:میں|کے\sقریب)"
    r"|([\p{Han}\p{Katakana}ー]{2,6})で"
)
_EAST_WEEKDAY = regex.compile(r"([月火水木金土日])曜")
_SHORT = 3  # A short word may be an abbreviation of a weekday, or a common word.
_SAME_LETTERS = 3  # "France" and "French" have so many first letters in common.
_ENOUGH = 0.5  # A sentence with this part of the headline's words tells the same.
_LONG_ENOUGH = 80  # A text with fewer characters may name no place.


def find_headline_contradictions(
    headline: ExaminedSentence, passages: Sequence[ExaminedSentence], text: str
) -> Iterator[Contradiction]:
    """Yield what the headline says and the text says differently."""
    lead = passages[:_LEAD]
    yield from _find_numbers(headline, passages, text)
    yield from _find_weekdays(headline, passages)
    yield from _find_directions(headline, lead)
    yield from _find_places(headline, lead, text)


def _find_numbers(
    headline: ExaminedSentence, passages: Sequence[ExaminedSentence], text: str
) -> Iterator[Contradiction]:
    for number, other in find_differing_numbers(headline.text, text, headline.language):
        place = _find_number(other, passages) if other else _find_like(headline, number, passages)
        if place:
            yield Contradiction("headline", shorten(headline.text), place)


def _find_number(number: str, passages: Sequence[ExaminedSentence]) -> str | None:
    """Return a quotation of the first sentence that has the number as a whole word."""
    pattern = regex.compile(rf"(?<![\d\p{{L}}.,]){regex.escape(number)}(?![\d\p{{Ll}}])")
    for passage in passages:
        if found := pattern.search(passage.text):
            return shorten(passage.text, found.start(), found.end())
    return None


def _find_like(headline: ExaminedSentence, number: str, passages: Sequence[ExaminedSentence]) -> str | None:
    """Return a quotation of the first sentence with a number of what the headline's number counts."""
    counts = find_counts(headline)
    mine = next((each for each in counts if headline.text[each.start : each.end].strip() == number), None)
    told = [count for passage in passages for count in find_counts(passage)] if mine else []
    alike = [count for count in told if mine and mine.things & count.things]
    return quote(alike[0]) if mine and alike and not _is_sum(mine, told) else None


def _is_sum(mine: Count, told: Sequence[Count]) -> bool:
    """Return whether a number of the headline is the sum of two or three numbers of one sentence, or one of
    them and one more.
    """
    values: dict[int, list[float]] = {}
    for count in told:
        values.setdefault(count.passage.index, []).append(count.value)
    for some in values.values():
        runs = [some[start : start + size] for size in (2, 3) for start in range(len(some) - size + 1)]
        if any(sum(run) in mine.values for run in runs) or any(abs(each - mine.value) == 1 for each in some):
            return True
    return False


def _find_weekdays(
    headline: ExaminedSentence, passages: Sequence[ExaminedSentence]
) -> Iterator[Contradiction]:
    """Yield a headline's weekday if the text names only another one."""
    mine = _weekdays(headline)
    if len(mine) != 1:
        return
    told: dict[int, ExaminedSentence] = {}
    for passage in passages:
        for day in _weekdays(passage):
            told.setdefault(day, passage)
    if len(told) == 1 and not told.keys() & mine:
        yield Contradiction("headline", shorten(headline.text), shorten(next(iter(told.values())).text))


def _weekdays(passage: ExaminedSentence) -> set[int]:
    """Return the weekdays that a passage names in full, from 0 for Monday."""
    long = (word for word in _WORD.findall(passage.text) if len(word) > _SHORT or not word.isascii())
    east = (found[1] for found in _EAST_WEEKDAY.finditer(passage.text))
    return {day for word in chain(long, east) if (day := read_weekday(word, passage.language)) is not None}


@cache
def _directions(language: str) -> tuple[frozenset[str], frozenset[str]]:
    up, _, down = load_words("directions", language).partition("/")
    return frozenset(up.split()), frozenset(down.split())


def _find_directions(headline: ExaminedSentence, lead: Sequence[ExaminedSentence]) -> Iterator[Contradiction]:
    """Yield a lead that says "falls" where the headline says "rises", of the same things."""
    mine = _direction(headline)
    if not mine:
        return
    told = [passage for passage in lead if _direction(passage)]
    alike = [passage for passage in told if _tells_same(headline, passage)]
    if alike and all(_direction(passage) == -mine for passage in alike) and len(alike) == len(told):
        yield Contradiction("direction", shorten(headline.text), shorten(alike[0].text))


def _direction(passage: ExaminedSentence) -> int:
    """Return 1 if a passage tells of a rise, -1 if of a fall, 0 if of neither or both."""
    up, down = _directions(passage.language)
    if passage.language in {"ja", "zh"}:
        return any(word in passage.text for word in up) - any(word in passage.text for word in down)
    said = {word.casefold() for word in _WORD.findall(passage.text)}
    return (not said.isdisjoint(up)) - (not said.isdisjoint(down))


def _tells_same(headline: ExaminedSentence, passage: ExaminedSentence) -> bool:
    """Return whether a sentence tells of the headline's subject: two of its words, or its first one in the
    first sentence.
    """
    shared = _find_shared_words(headline, passage)
    first = next(iter(words(headline.text)), "")
    return len(shared) > 1 or (passage.index == 0 and stem(first) in shared)


def _find_shared_words(headline: ExaminedSentence, passage: ExaminedSentence) -> frozenset[str]:
    up, down = _directions(headline.language)
    verbs = {stem(word) for word in up | down}
    return (content(headline.text) & content(passage.text)) - verbs


def _find_places(
    headline: ExaminedSentence, lead: Sequence[ExaminedSentence], text: str
) -> Iterator[Contradiction]:
    """Yield a place of the headline that the text never names, where the lead tells the same of another."""
    places = [_first_group(found) for found in _PLACE.finditer(headline.text)]
    if len(places) != 1 or len(text) < _LONG_ENOUGH or _is_named(places[0], text):
        return
    for passage in lead:
        named = map(_first_group, _PLACE.finditer(passage.text))
        others = [place for place in named if not _is_named(place, headline.text)]
        about = content(headline.text) - content(" ".join(places))
        shared = _find_shared_words(headline, passage) & about
        if others and len(shared) > 1 and len(shared) >= _ENOUGH * len(about):
            yield Contradiction("headline", shorten(headline.text), shorten(passage.text))
            return


def _first_group(found: regex.Match[str]) -> str:
    return str(next(group for group in found.groups() if group))


def _is_named(place: str, text: str) -> bool:
    """Return whether a text has a word of a place's name, in any form: "France" is named by "French"."""
    said = text.casefold()
    return any(word[: max(_SAME_LETTERS, len(word) - 3)].casefold() in said for word in place.split())
