"""The check for dates in a model's sentence that are not those of the article."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from newsbot.files import load_toml
from newsbot.summarizers.grounding.findings import Finding, FindingKind
from newsbot.summarizers.grounding.matching import SourceMatch
from newsbot.summarizers.grounding.placement import score_place
from newsbot.summarizers.grounding.text import Passage, SourceText, Word, fold
from newsbot.timestamps.parse import MONTHS, WEEKDAYS, load_language

__all__ = ["DateMention", "check_dates", "read_dates"]

_DATA = load_toml(__package__, "dates.toml")
_JOINING = frozenset(map(fold, _DATA["joining"].replace(",", " ").split()))
_BEFORE = frozenset(_DATA["before"].split())
_AMBIGUOUS = frozenset(
    ["may", "march", "mars", "mayo", "mai", "sun", "sat", "mar", "set", "dom", "mo", "so", "do"]
)
_SHORTEST = 4  # A Latin word of fewer letters counts as a month or weekday only beside a number.
_RELATIVE = [
    (line.split(",")[0].strip(), [fold(phrase.strip()) for phrase in line.split(",")])
    for line in _DATA["relative"].strip().splitlines()
]
_YEAR = regex.compile(r"(?<![\d.:/$€£¥₹-])(?<!\d\d\d,)((?:1[5-9]|20)\d\d)(?=年|s?(?![\d\p{L}]|[.,:/]\d))")
_NUMERIC = regex.compile(
    r"(?<![\d.,/-])(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})(?![\d/-])|(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)"
)
_JAPANESE = regex.compile(r"(\d{1,2})月(?:(\d{1,2})日)?")
_DAY = regex.compile(r"(\d{1,2})(?:st|nd|rd|th|º|ª|er)?")
_LAST_DAY = 31
# A date in a model's sentence counts as wrong if the words around it fit the words around another date of the
# article better, by this factor and this margin, than those around the same date.
_AHEAD, _MARGIN = 1.5, 0.15


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a sentence: what it is ("month", "weekday", "year", "relative"), its value and its place.

    The value of a month is (month, day); the day is 0 if the text has none.
    """

    what: str
    value: tuple[int, int] | int | str
    text: str
    start: int
    end: int


@cache
def _load_names(language: str) -> dict[str, tuple[str, int]]:
    """Return the words for months and weekdays in a language and in English, each with "month" or "weekday"
    and its number.
    """
    names: dict[str, tuple[str, int]] = {}
    for code in dict.fromkeys(["en", language]):
        try:
            data = load_language(code)
        except ModuleNotFoundError:
            continue
        for what, each in (("month", MONTHS), ("weekday", WEEKDAYS)):
            for number, name in enumerate(each, start=1):
                names |= {
                    fold(word.strip(".")): (what, number) for word in data.get(name, ()) if len(word) > 1
                }
    return names


@lru_cache(maxsize=2_000)
def read_dates(passage: Passage, language: str) -> tuple[DateMention, ...]:
    """Return the dates that a sentence mentions."""
    found = [*_read_named(passage, language), *_read_figures(passage.text), *_read_relative(passage)]
    return tuple(sorted(found, key=lambda each: each.start))


def _read_named(passage: Passage, language: str) -> Iterator[DateMention]:
    names = _load_names(language)
    for at, word in enumerate(passage.words):
        key = word.key.rpartition("-")[2]  # In a word like "mid-March", the last part is the month.
        what, number = names.get(word.key) or names.get(key) or names.get(key.rstrip("s")) or ("", 0)
        if not what:
            continue
        day, start, end = _find_day(passage.words, at) if what == "month" else (0, word.start, word.end)
        before = passage.words[at - 1].key if at else ""
        doubtful = word.key in _AMBIGUOUS or (len(word.key) < _SHORTEST and word.key.isascii())
        if doubtful and not day and not (word.has_capital and before in _BEFORE and word.key == "may"):
            continue
        value: tuple[int, int] | int = (number, day) if what == "month" else number
        yield DateMention(what, value, passage.text[start:end], start, end)


def _find_day(words: Sequence[Word], at: int) -> tuple[int, int, int]:
    """Return the day of the month beside the month's name at index ``at`` (0 if there is none), and the start
    and end of both in the text.
    """
    month = words[at]
    before = [word for word in words[max(0, at - 3) : at] if word.key not in _JOINING][-1:]
    after = [word for word in words[at + 1 : at + 3] if word.key not in _JOINING][:1]
    for word in (*before, *after):
        day = _DAY.fullmatch(word.key)
        if day and 0 < int(day[1]) <= _LAST_DAY:
            return int(day[1]), min(word.start, month.start), max(word.end, month.end)
    return 0, month.start, month.end


def _read_figures(text: str) -> Iterator[DateMention]:
    for found in _YEAR.finditer(text):
        yield DateMention("year", int(found[1]), found[0], *found.span())
    for found in _JAPANESE.finditer(text):
        yield DateMention("month", (int(found[1]), int(found[2] or 0)), found[0], *found.span())
    for found in _NUMERIC.finditer(text):
        yield DateMention("figures", found[0], found[0], *found.span())


def _read_relative(passage: Passage) -> Iterator[DateMention]:
    keys = [word.key for word in passage.words]
    text = fold(passage.text)
    for value, phrases in _RELATIVE:
        for phrase in phrases:
            if phrase not in text:
                continue
            if phrase[0] >= "\u2e80":
                at = text.index(phrase)
                yield DateMention("relative", value, phrase, at, at + len(phrase))
                continue
            parts = phrase.split()
            for at in range(len(keys) - len(parts) + 1):
                if keys[at : at + len(parts)] == parts:
                    start, end = passage.words[at].start, passage.words[at + len(parts) - 1].end
                    yield DateMention("relative", value, passage.text[start:end], start, end)


def check_dates(sentence: Passage, matches: Sequence[SourceMatch], article: SourceText) -> Iterator[Finding]:
    """Yield the dates in a model's sentence that its article does not have."""
    dates = read_dates(sentence, article.language)
    if not dates:
        return
    others = [
        (index, each)
        for index, passage in enumerate(article.passages)
        for each in read_dates(passage, article.language)
    ]
    near = {index for match in matches for index in range(match.index - 1, match.index + 2)}
    for date in dates:
        same = [(index, each) for index, each in others if each.what == date.what]
        equal = [index for index, each in same if _is_carried(date, each)]
        if not equal and (date.what != "relative" or any(index in near for index, _ in same)):
            yield Finding(FindingKind.DATE, date.text, _find_nearest(same or others, matches))
            continue
        if equal and (rival := _find_rival(sentence, date, same, article)):
            yield Finding(FindingKind.DATE, date.text, rival)


def _find_rival(
    sentence: Passage, date: DateMention, same: Sequence[tuple[int, DateMention]], article: SourceText
) -> str | None:
    """Return the date that the article has in the place where the sentence has ``date``; None if ``date``
    fits that place best.
    """
    at = sentence.find_index(date.start)
    mine, best, rival = 0.0, 0.0, ""
    for index, each in same:
        passage = article.passages[index]
        score = score_place(sentence, at, passage, passage.find_index(each.start), article)
        if _is_carried(date, each):
            mine = max(mine, score)
        elif score > best:
            best, rival = score, each.text
    return rival if best > _AHEAD * mine + _MARGIN else None


def _is_carried(date: DateMention, other: DateMention) -> bool:
    if isinstance(date.value, tuple) and isinstance(other.value, tuple):
        return date.value[0] == other.value[0] and date.value[1] in {0, other.value[1]}
    return date.value == other.value


def _find_nearest(others: Sequence[tuple[int, DateMention]], matches: Sequence[SourceMatch]) -> str | None:
    """Return the date in the article's sentence from which the sentence was likeliest made; else the
    article's only date of this kind, or None if it has several.
    """
    for match in matches:
        for index, each in others:
            if index == match.index:
                return each.text
    return others[0][1].text if len({each.value for _, each in others}) == 1 else None
