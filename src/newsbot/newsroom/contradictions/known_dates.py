"""Dates in an article against dates that are known of the world: launches of spacecraft and single events.

The table (``known_dates.toml``) is small, general and can't become wrong: events of one day, each with
its names. Before its launch, a spacecraft has no flight; a single event has one date.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import regex

from newsbot.files import load_toml
from newsbot.newsroom.contradictions.dates import FoundDate, find_dates
from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, shorten

__all__ = ["find_known_contradictions"]

_YEAR = regex.compile(r"(?<![\d.,:/-])(?:1[4-9]|20)\d\d(?![\d%]|[.,:/-]\d)")
# Words of a flight, and words of the plan for a flight, which is older than the flight.
_FLIGHT = regex.compile(
    r"\b(?:launch(?:ed|es)?|lift(?:ed)?\soff|blast(?:ed)?\soff|land(?:ed|s|ing)?|touch(?:ed)?\sdown|on\sboard|aboard|orbit(?:ed|s|ing)?|return(?:ed|s)?|sent|brought|carried|placed|reach(?:ed|es)?|arriv(?:ed|es)|collected|photographed|captured|flew|docked|crash(?:ed)?|deployed|discovered|found|observed|successful(?:ly)?"
    r"|lanz\p{L}+|despeg\p{L}+|aterriz\p{L}+|alunizó|a\sbordo|llegó|órbita|gestartet|startete|landete|gelandet|an\sBord|erreichte|lancée?|décollé|alunie?|atterri|à\sbord|atteint|lançad[oa]|pousou|a\sbordo|lanciat[oa]|atterrat[oa])\b"
    r"|(?:روانہ|لانچ|اترا|اتری|اتارا|بھیجا|مدار|پہنچ|أُ?طلقت?|هبطت?|وصلت?|مدار|على\sمتن|打ち上げ|着陸|軌道|帰還|到着|लॉन्च|उतरा|पहुंच|запущен\p{L}*|посадк\p{L}+)"
)
_PLANNED = regex.compile(
    r"\b(?:plan\p{Ll}*|propos\p{Ll}+|announc\p{Ll}+|agree\p{Ll}*|select\p{Ll}+|chosen|approv\p{Ll}+|schedul\p{Ll}+|design\p{Ll}*|develop\p{Ll}*|built|build\p{Ll}*|since|before|until|after|expected|program(?:me)?\s(?:began|started)|funded|contract|signed|call\sfor|invited|delay\p{Ll}*|originally|predecessor|than|prepar\p{Ll}+|test(?:ed|s|ing)?|plane\p{Ll}*|anunci\p{Ll}+|propuest\p{Ll}+|geplant\p{Ll}*|angekündigt|prév\p{Ll}+|annonc\p{Ll}+|planejad\p{Ll}+)\b"
    r"|(?:منصوب|اعلان|معاہد|خطة|أعلن|اتفاق|計画|予定|योजना)"
)
# How near the name of an event and its date stand to each other: "the fall of the Berlin Wall in 1988".
_BETWEEN = regex.compile(
    r"^[\s,(،]{0,2}(?:(?:began|started|took\splace|happened|occurred|struck|of|on|in|en|de|del|am|im|vom|von|du|le|em|nel|wall|\p{Lu}\p{Ll}+|\d{1,2}(?:st|nd|rd|th)?|Jahre?|fiel|hit|عام|سنة|في|سال)[\s,.]{0,2}){0,4}$"
)


_ARTICLE = regex.compile(r"[\s,،]{0,2}(?:the|der|die|la|el|le)?\s?")


class _KnownEvent(NamedTuple):
    """An event of the table: its first day, the date as it is written, and the pattern of its names."""

    first: date
    written: str
    names: "regex.Pattern[str]"
    is_launch: bool

    def find_wrong_date(
        self, passage: ExaminedSentence, dates: Sequence[FoundDate], found: "regex.Match[str]"
    ) -> FoundDate | None:
        """Return a date that the passage gives to the event ``found`` in it, and that can't be its date."""
        if self.is_launch:
            return self._find_early(passage, dates)
        return next(
            (each for each in dates if self._is_other(each) and _is_beside(passage, each, found)), None
        )

    def _find_early(self, passage: ExaminedSentence, dates: Sequence[FoundDate]) -> FoundDate | None:
        """Return the date of a sentence about a flight, if all its dates are before the launch."""
        days = [day for each in dates if (day := each.last_day())]
        if not days or max(days) >= self.first or not _FLIGHT.search(passage.text):
            return None
        return None if _PLANNED.search(passage.text) or passage.has("future") else dates[-1]

    def _is_other(self, told: FoundDate) -> bool:
        has_month = "-" in self.written and told.month is not None
        return told.year != self.first.year or (has_month and told.month != self.first.month)


def _is_beside(passage: ExaminedSentence, told: FoundDate, found: "regex.Match[str]") -> bool:
    """Return whether a date stands right before or behind the name of an event, and not in the name."""
    if told.start >= found.end():
        return _BETWEEN.match(passage.text[found.end() : told.start]) is not None
    return (
        told.end <= found.start() and _ARTICLE.fullmatch(passage.text[told.end : found.start()]) is not None
    )


@cache
def _load_events() -> "tuple[regex.Pattern[str], tuple[_KnownEvent, ...]]":
    data = load_toml(__package__, "known_dates.toml")
    events = []
    for table in ("launches", "events"):
        for written, names in data[table].items():
            year, month, day = ([*map(int, written.split("-")), 1, 1])[:3]
            name = regex.compile(rf"(?<!\p{{L}})(?:{names})(?!\p{{Ll}})")
            events.append(_KnownEvent(date(year, month, day), written, name, table == "launches"))
    every = "|".join(f"(?:{names})" for table in ("launches", "events") for names in data[table].values())
    return regex.compile(every), tuple(events)


def find_known_contradictions(passages: Sequence[ExaminedSentence]) -> Iterator[Contradiction]:
    """Yield a date that an article gives to a known event and that is not, or can't be, its date."""
    every, events = _load_events()
    for passage in passages:
        if not passage.has_digits or not every.search(passage.text):
            continue
        dates = _list_years(passage)
        for event in events:
            found = event.names.search(passage.text)
            if found and (wrong := event.find_wrong_date(passage, dates, found)):
                quote = shorten(passage.text, min(found.start(), wrong.start), max(found.end(), wrong.end))
                yield Contradiction("launch" if event.is_launch else "event", quote, found[0], event.written)
                break


def _list_years(passage: ExaminedSentence) -> list[FoundDate]:
    """Return the dates of a passage that have a year, and all other numbers that may be years."""
    dates = [each for each in find_dates(passage, years=True) if each.year]
    for year in _YEAR.finditer(passage.text):
        if not any(each.start <= year.start() < each.end for each in dates):
            dates.append(FoundDate({"year": year[0]}, year.start(), year.end(), passage.language))
    return dates
