"""Ages in an article that contradict each other or a year of birth."""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import regex

from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, compile_words, shorten

__all__ = ["find_age_contradictions"]

_NAME = (
    r"(?:(?:\p{Lu}[\p{L}\p{M}'’.-]*)"
    r"(?:\s(?:(?:de|da|del|van|von|bin|al|la|der)\s)?\p{Lu}[\p{L}\p{M}'’-]+){0,3})"
)
_BEFORE = regex.compile(
    rf"({_NAME})(?:,?\s?\(?(?:who\sis|is|who\sturned|aged|de|tiene|con|âgée?\sde|a|ist|di)?\s?,?\s?)$"
)
_APPOSITION = regex.compile(rf"({_NAME}),\s(?:an?|the|el|la|une?|der|die|ein|eine)\s$")
_AFTER = regex.compile(rf"^[,\s)]{{0,3}}(?:(?!from|of|in|who|and|was|is|aus)\p{{Ll}}+\s){{0,2}}({_NAME})")
# Two words of a script without capital letters, before or after an age: a person's name.
_UNCASED = r"([\p{Arabic}\p{Devanagari}\p{M}]+\s[\p{Arabic}\p{Devanagari}\p{M}]+)"
_UNCASED_AFTER = regex.compile(rf"^\s{_UNCASED}")
_UNCASED_BEFORE = regex.compile(rf"{_UNCASED}[\s،(]{{0,2}}$")
_EAST_BEFORE = regex.compile(
    r"([\p{Han}\p{Katakana}ー・]{2,10}?)(?:さん|氏|容疑者|選手|議員|社長|会長)[、（(は]{0,2}$"
)
# Ages that stand before the name: "the 34-year-old Ruth Feldman".
_LEADING = regex.compile(r"year|jährig|سالہ|वर्षीय|летн", regex.IGNORECASE)
_WHOLE_NAME = regex.compile(rf"{_NAME}")
_PRONOUN = regex.compile(
    r"(?:He|She|Now|The|Él|Ella|El|La|Er|Sie|Der|Die|Il|Elle|Ele|Ela|Lui|Lei)\b|(?:وہ|ان\s|اس\s|هو\s|هي\s|彼)"
)
_YEAR = regex.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_OR_AGO = regex.compile(rf"{_YEAR.pattern}|\bago\b")
_OLDEST = 120


class _Told(NamedTuple):
    """An age or a year of birth that a passage tells; ``name`` is the person's, "" if it is not clear."""

    value: int
    name: str
    passage: ExaminedSentence
    start: int
    end: int


def find_age_contradictions(
    headline: ExaminedSentence | None,
    passages: Sequence[ExaminedSentence],
    published: datetime | None,
    now: datetime,
) -> Iterator[Contradiction]:
    """Yield ages that contradict a year of birth, another age of the same person, or the headline's age."""
    ages = [each for passage in passages for each in _find_told(passage, "age")]
    births = [each for passage in passages for each in _find_told(passage, "birth")]
    yield from _find_wrong_births(births, ages, _find_years(passages, published, now))
    yield from _find_two_ages(ages)
    if headline:
        yield from _find_headline_ages(headline, passages, ages)


def _find_told(passage: ExaminedSentence, meaning: str) -> Iterator[_Told]:
    if not passage.has_digits:
        return
    for found in passage.find_all(meaning):
        parts = found.groupdict()
        written = parts.get("number") or parts.get("year")
        if written is None or (meaning == "age" and not 0 < int(written) <= _OLDEST):
            continue
        yield _Told(int(written), _find_name(passage, found), passage, found.start(), found.end())


def _find_name(passage: ExaminedSentence, found: regex.Match[str]) -> str:
    """Return the name of the person whose age or year of birth a pattern has found; "" if it is not clear."""
    before, after = passage.text[: found.start()][-60:], passage.text[found.end() :][:60]
    if "year" in found.groupdict() and found["year"]:
        names = [name[0] for name in _WHOLE_NAME.finditer(passage.text) if " " in name[0]]
        ways = [] if names else [(_EAST_BEFORE, before), (_UNCASED_BEFORE, before)]
    elif _LEADING.search(found[0]) and not found[0].rstrip().endswith("years old"):
        names, ways = [], [(_AFTER, after), (_UNCASED_AFTER, after), (_APPOSITION, before)]
    else:
        names, ways = [], [(_BEFORE, before), (_EAST_BEFORE, before), (_UNCASED_BEFORE, before)]
    names += [named[1] for pattern, text in ways if (named := pattern.search(text))]
    return names[0].removesuffix("'s").removesuffix("’s").strip(" .,'’") if names else ""


def _is_of_another_time(age: _Told) -> bool:
    """Return whether words beside an age say that it is the age at another time: "when she was 60"."""
    text = age.passage.text[max(0, age.start - 18) : age.end + 14]
    return compile_words("then", age.passage.language).search(text) is not None


def _is_of_another_year(age: _Told) -> bool:
    """Return whether an age is the one that a person had on dying in a year that the sentence names."""
    return age.passage.has("death") and _YEAR_OR_AGO.search(age.passage.text) is not None


def _is_same_person(one: _Told, other: _Told) -> bool:
    """Return whether two places are surely about one person, by the name or within a sentence."""
    if one.passage is other.passage and not (one.name.isascii() and other.name.isascii()):
        return True
    if one.name and other.name:
        mine, others = one.name.split(), other.name.split()
        short, long = sorted((mine, others), key=len)
        return short == long[-len(short) :]
    if one.passage is other.passage:
        return True
    first, second = sorted((one, other), key=lambda each: each.passage.index)
    follows = second.passage.index == first.passage.index + 1
    return follows and bool(_PRONOUN.match(second.passage.text))


def _find_wrong_births(
    births: Sequence[_Told], ages: Sequence[_Told], years: tuple[int, int]
) -> Iterator[Contradiction]:
    """Yield ages that a person born in a year does not have in the article's year, one of ``years``."""
    earliest, latest = years
    for birth in births:
        mine = [age for age in ages if _is_same_person(birth, age)]
        beside = {age.value for age in mine if age.passage is birth.passage}
        if len(beside) > 1 or birth.passage.has("death"):
            continue
        for age in mine:
            fits = earliest - 1 <= birth.value + age.value <= latest
            if not fits and not _is_of_another_time(age) and not _is_of_another_year(age):
                yield Contradiction(
                    "birth", _quote(birth), "" if birth.passage is age.passage else _quote(age)
                )
                break


def _find_years(
    passages: Sequence[ExaminedSentence], published: datetime | None, now: datetime
) -> tuple[int, int]:
    """Return the first and the last year in which the article may have been written."""
    if published:
        return published.year, published.year
    dated = (passage for passage in passages if _YEAR.search(passage.text) and not passage.has("future"))
    years = [int(each) for passage in dated for each in _YEAR.findall(passage.text)]
    told = [year for year in years if year <= now.year]
    return max(told, default=1900), now.year


def _find_two_ages(ages: Sequence[_Told]) -> Iterator[Contradiction]:
    named = [age for age in ages if age.name and not _is_of_another_time(age)]
    for place, one in enumerate(named):
        for other in named[place + 1 :]:
            if one.value == other.value or one.passage is other.passage or not _is_same_person(one, other):
                continue
            surname = one.name.split()[-1]
            family = {age.name for age in ages if " " in age.name and age.name.split()[-1] == surname}
            if len(family) <= 1 or one.name == other.name:
                yield Contradiction("ages", _quote(one), _quote(other))
                return


def _find_headline_ages(
    headline: ExaminedSentence, passages: Sequence[ExaminedSentence], ages: Sequence[_Told]
) -> Iterator[Contradiction]:
    told = list(_find_told(headline, "age"))
    known = {age.value for age in ages}
    text = " ".join(passage.text for passage in passages)
    for each in told:
        is_told = regex.search(rf"(?<!\d){each.value}(?!\d)", text)
        if len(known) == 1 and each.value not in known and not is_told:
            yield Contradiction("headline", _quote(each), _quote(ages[0]))


def _quote(told: _Told) -> str:
    return shorten(told.passage.text, told.start, told.end)
