"""Dates of an article that can't be: a wrong weekday, an event that is told before it happens, an end before
its beginning, and a duration that its years contradict.
"""

# ruff: noqa: RUF001  The patterns have signs of other scripts on purpose.

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

import regex

from newsbot.newsroom.contradictions.passages import Contradiction, ExaminedSentence, compile_words, shorten
from newsbot.timestamps.parse import MONTHS, WEEKDAYS, load_language

__all__ = ["FoundDate", "find_date_contradictions", "find_dates", "read_month", "read_weekday"]

_SPACE = r"[ \u00a0\u202f]"
_WORD = r"\p{L}[\p{L}\p{M}]*(?:-feira)?"
_MONTH = r"(?P<month>\p{L}[\p{L}\p{M}]{2,})\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)(?![\d%]|[.,:/-]\d)"
_JOINED_YEAR = rf"(?:(?:{_SPACE}del?|,|،)?{_SPACE}{_YEAR})?"
_DIGITS = regex.compile(r"(?<![\d.,:/])\d{1,4}(?!\d)")
# What may stand before and behind the digits of a day or a year.
_MONTH_BEFORE = regex.compile(rf"(?<!\p{{L}}){_MONTH}{_SPACE}$")
_MONTH_BEFORE_YEAR = regex.compile(rf"(?<!\p{{L}}){_MONTH}(?:{_SPACE}(?:de|del|of))?,?{_SPACE}$")
_MONTH_AFTER = regex.compile(rf"(?:st|nd|rd|th|er|º|\.)?(?:{_SPACE}(?:de|of))?{_SPACE}{_MONTH}{_JOINED_YEAR}")
_YEAR_AFTER = regex.compile(rf"(?:st|nd|rd|th)?(?![\d\p{{L}}%]|[.,:/]\d){_JOINED_YEAR}")
_EAST = regex.compile(r"(?:(?P<year>(?:19|20)\d\d)年)?(?<!\d)(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?")
_NUMERIC = regex.compile(r"(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>(?:19|20)\d\d)(?!\d)")
_WEEKDAY_BEFORE = regex.compile(
    rf"({_WORD})\.?[,،]?{_SPACE}\(?(?:(?:the|dem|den|der|el|le|il|dia|día|på){_SPACE})?$"
)
_WEEKDAY_AFTER = regex.compile(
    rf"(?:[,،]{_SPACE}(?:(?:a|un|une|ein|eine|einem){_SPACE})?|{_SPACE}?\((?:a{_SPACE})?)({_WORD})|[（(]?([月火水木金土日])(?:曜日?|[）)])"
)
_BARE_YEAR = regex.compile(
    rf"(?:(?<!\p{{L}})(?:[Ii]n|[Ee]n|[Ee]m|[Ii]m{_SPACE}Jahre?|[Nn]el|عام|سنة|سال|в){_SPACE})(?P<year>(?:1[5-9]|20)\d\d)(?![\d%\p{{L}}]|[.,:/-]\d|s\b)"
    rf"|(?<![\d.,:/-])(?P<year>(?:1[5-9]|20)\d\d)(?:ء)?{_SPACE}?(?:میں|में|年(?!\d))"
)
_EAST_WEEKDAYS = "月火水木金土日"
_NO_MONTHS = frozenset(["may", "march"])
# Spellings of weekdays that the library's tables lack.
_MORE_WEEKDAYS = {
    "الإثنين": 0,
    "الاثنين": 0,
    "الأربعاء": 2,
    "الاربعاء": 2,
    "الأحد": 6,
    "الاحد": 6,
    "سوموار": 0,
    "سنیچر": 5,
}
_RANGE = regex.compile(
    r"(?:\b(?:from|between|de|desde|entre|von|zwischen|dal|tra)\s|\()(?P<from>(?:1[5-9]|20)\d\d)"
    r"(?:\s(?:to|and|until|till|a|hasta|y|à|et|bis|und|al|e)\s|\s?[-–—]\s?)(?P<to>(?:1[5-9]|20)\d\d)(?!\d)"
    r"|(?P<from>(?:1[5-9]|20)\d\d)\s?(?:سے|من|から)\s?(?P<to>(?:1[5-9]|20)\d\d)\s?(?:تک|まで|年まで)"
    r"|(?<!\p{L})(?:من|بين)\s(?:عام\s)?(?P<from>(?:1[5-9]|20)\d\d)\s(?:إلى|حتى|و)\s?(?:عام\s)?(?P<to>(?:1[5-9]|20)\d\d)"
    r"|(?P<from>(?:1[5-9]|20)\d\d)年から(?P<to>(?:1[5-9]|20)\d\d)年"
)
_DURATION = regex.compile(
    r"(?P<count>\d{1,3})(?:\s|-)?(?:years?|años|anos|anni|ans|Jahre[ns]?|سال|سنوات|سنة|عاما|साल|лет)(?![\p{L}\p{M}])|(?P<count>\d{1,3})年間"
)
_LASTED = regex.compile(
    r"\b(?:last(?:ed|s)|for|spent|served|ruled|reigned|led|during|durante|duró|gobernó|pendant|duré|dauerte|lang|regierte|durou|durò|per)\b"
    r"|(?:تک|استمر|لمدة|دامت|続い|間)"
)
_AGO = regex.compile(
    r"(?:(?P<count>\d{1,3})\syears\sago|hace\s(?P<count>\d{1,3})\saños|vor\s(?P<count>\d{1,3})\sJahren"
    r"|il\sy\sa\s(?P<count>\d{1,3})\sans|há\s(?P<count>\d{1,3})\sanos|(?P<count>\d{1,3})\sanni\sfa"
    r"|(?P<count>\d{1,3})\sسال\s(?:پہلے|قبل)|قبل\s(?P<count>\d{1,3})\s(?:سنوات|سنة|عاما|أعوام)|(?P<count>\d{1,3})年前)"
    r"[\s,،、(]{0,2}(?:in|en|im\sJahr|em|nel|یعنی|عام|في\sعام|の)?\s?(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
    r"|\b(?:in|In|en|En|Im\sJahr)\s(?P<year>(?:1[5-9]|20)\d\d),?\s(?:(?P<count>\d{1,3})\syears\sago|hace\s(?P<count>\d{1,3})\saños|vor\s(?P<count>\d{1,3})\sJahren|il\sy\sa\s(?P<count>\d{1,3})\sans)"
)
_DIED = regex.compile(
    r"\b(?:and\sdied|died|murió|falleció|starb|gestorben|morreu|mort(?:e)?|morto|morta)\b[^.;]{0,30}?(?P<year>(?:1[5-9]|20)\d\d)"
    r"|(?P<year>(?:1[5-9]|20)\d\d)(?:ء)?\s?(?:میں)\s(?:انتقال|وفات)|(?:توفي|توفيت|وتوفي)[^.]{0,20}?(?P<year>(?:1[5-9]|20)\d\d)"
    r"|(?P<year>(?:1[5-9]|20)\d\d)年[^。、]{0,8}(?:死去|亡くな)"
)
# The first year of a span, and words for its end, in one sentence: "opened in 1990 and closed in 1985".
_BEGAN = regex.compile(
    r"\b(?:opened|founded|began|started|launched|established|married|elected|abrió|fundad[oa]|comenzó|inaugurad[oa]|gegründet|eröffnet|begann|fondée?|ouvert|commencé)\b[^.;,]{0,25}?\b(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
)
_ENDED = regex.compile(
    r"\b(?:closed|ended|dissolved|shut(?:\sdown)?|divorced|demolished|cerró|terminó|disuelt[oa]|geschlossen|endete|aufgelöst|fermé|terminé)\b[^.;,]{0,25}?\b(?P<year>(?:1[5-9]|20)\d\d)(?!\d)"
)
# An article's own date may be a day off where it was written in another zone.
_MARGIN = timedelta(days=2)
# A date without a year is in the article's year only this near to the article's date.
_NEAR = timedelta(days=120)
# Words this many characters around a date say whether it is told as past or as a plan.
_BEFORE, _BEHIND = 80, 45
_TWELVE = 12


class FoundDate:
    """A date in a passage: its year, month and day as far as they are written, and the weekday beside it."""

    def __init__(self, found: Mapping[str, str | None], start: int, end: int, language: str) -> None:
        month = found.get("month") or ""
        self.year = int(year) if (year := found.get("year")) else None
        self.month = int(month) if month.isdecimal() else read_month(month, language)
        self.day = int(day) if (day := found.get("day")) else None
        self.weekday: int | None = None
        self.start, self.end = start, end

    def first_day(self) -> date | None:
        """Return the first day that the date may mean; None without a year, and for no day of a calendar."""
        if self.year is None:
            return None
        return _make_date(self.year, self.month or 1, self.day or 1)

    def last_day(self) -> date | None:
        """Return the last day that the date may mean; None without a year, and for no day of a calendar."""
        if self.year is None:
            return None
        if self.day and self.month:
            return _make_date(self.year, self.month, self.day)
        if self.month:
            return date(self.year + self.month // 12, self.month % 12 + 1, 1) - timedelta(days=1)
        return date(self.year, 12, 31)


def _make_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find_dates(passage: ExaminedSentence, *, years: bool = False) -> list[FoundDate]:
    """Return the dates in a passage; with ``years``, also years that stand alone after a preposition."""
    found: list[FoundDate] = []
    for digits in _DIGITS.finditer(passage.text):
        if found and digits.start() < found[-1].end:
            continue
        each = _read_date(passage, digits)
        if each and (each.month or each.year) and (each.month or 1) <= _TWELVE:
            each.weekday = _find_weekday_beside(passage, each)
            found.append(each)
    if years:
        for year in _BARE_YEAR.finditer(passage.text):
            if not any(year.start() < each.end and each.start < year.end() for each in found):
                found.append(FoundDate({"year": year["year"]}, year.start(), year.end(), passage.language))
    return sorted(found, key=lambda each: each.start)


def _read_date(passage: ExaminedSentence, digits: "regex.Match[str]") -> FoundDate | None:
    """Return the date to which digits belong, as its year, its day or all of it; None if they are none."""
    text, language = passage.text, passage.language
    start, end = digits.span()
    for pattern in (_EAST, _NUMERIC):
        if found := pattern.match(text, start):
            return FoundDate(found.groupdict(), start, found.end(), language)
    before = text[max(0, start - 22) : start]
    if end - start > 2:  # noqa: PLR2004  A day has at most two digits.
        month = _MONTH_BEFORE_YEAR.search(before)
        if (
            not month
            or not read_month(month["month"], language)
            or not regex.match(_YEAR, text[start : end + 2])
        ):
            return None
        return FoundDate({"month": month["month"], "year": digits[0]}, start - len(month[0]), end, language)
    if (found := _MONTH_AFTER.match(text, end)) and read_month(found["month"], language):
        return FoundDate({"day": digits[0], **found.groupdict()}, start, found.end(), language)
    if (
        (month := _MONTH_BEFORE.search(before))
        and read_month(month["month"], language)
        and (found := _YEAR_AFTER.match(text, end))
    ):
        parts = {"day": digits[0], "month": month["month"], "year": found["year"]}
        return FoundDate(parts, start - len(month[0]), found.end(), language)
    return None


def _find_weekday_beside(passage: ExaminedSentence, each: FoundDate) -> int | None:
    """Return the weekday right before or behind a date; None if no weekday is there."""
    before = _WEEKDAY_BEFORE.search(passage.text[max(0, each.start - 24) : each.start])
    if before and (day := read_weekday(before[1], passage.language)) is not None:
        each.start -= len(before[0])
        return day
    after = _WEEKDAY_AFTER.match(passage.text, each.end)
    if after is None:
        return None
    return read_weekday(after[1] or after[2], passage.language)


@cache
def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return the names of months and weekdays in a language: "March" is 3, "Monday" is 0."""
    try:
        data = load_language(language)
    except ImportError:
        data = {}
    tables = []
    for names, first in ((MONTHS, 1), (WEEKDAYS, 0)):
        listed = {name: [name, *data.get(name, ())] for name in names}
        tables.append(
            {
                unicodedata.normalize("NFC", word).casefold().strip("."): number
                for number, some in enumerate(listed.values(), first)
                for word in some
                if (len(word.strip(".")) > 2 or not word.isascii())  # noqa: PLR2004
            }
        )
    return tables[0], tables[1] | _MORE_WEEKDAYS


@cache
def read_month(word: str, language: str) -> int | None:
    """Return the number of the month that a word names in a language, from 1; None if it names none."""
    is_short = len(word) <= 3 and word == word.lower() != word.upper()  # noqa: PLR2004
    return None if is_short or word in _NO_MONTHS else _names(language)[0].get(word.casefold().strip("."))


@cache
def read_weekday(word: str, language: str) -> int | None:
    """Return the weekday that a word names in a language, from 0 for Monday; None if it names none.

    English and German weekdays have a capital letter.
    """
    if len(word) == 1:
        return _EAST_WEEKDAYS.index(word) if word in _EAST_WEEKDAYS else None
    if language in {"en", "de"} and not word[:1].isupper():
        return None
    return _names(language)[1].get(word.casefold().strip("."))


def find_date_contradictions(
    passages: Sequence[ExaminedSentence], published: datetime | None, now: datetime
) -> Iterator[Contradiction]:
    """Yield what is wrong with the dates of an article that appeared at ``published`` and is read ``now``."""
    day = published.astimezone(UTC).date() if published else None
    latest = min(filter(None, (day, now.astimezone(UTC).date())))
    for passage in passages:
        if not passage.has_digits:
            continue
        dates = find_dates(passage, years=True)
        yield from _find_wrong_weekdays(passage, dates, day)
        yield from _find_told_too_early(passage, dates, latest)
        yield from _find_reversed(passage)
        yield from _find_wrong_durations(passage, day)


def _find_wrong_weekdays(
    passage: ExaminedSentence, dates: Sequence[FoundDate], published: date | None
) -> Iterator[Contradiction]:
    for each in dates:
        if each.weekday is None or each.day is None or each.month is None:
            continue
        day = _resolve_day(each, published)
        if day and day.weekday() != each.weekday:
            yield Contradiction("weekday", shorten(passage.text, each.start, each.end), fact=day.isoformat())


def _resolve_day(each: FoundDate, published: date | None) -> date | None:
    """Return the day that a date means; None if it has no year and is not near the article's own date."""
    if each.year is not None:
        return each.first_day()
    if published is None or each.month is None or each.day is None:
        return None
    years = (published.year - 1, published.year, published.year + 1)
    days = (_make_date(year, each.month, each.day) for year in years)
    near = [day for day in days if day and abs(day - published) <= _NEAR]
    return near[0] if len(near) == 1 else None


def _find_told_too_early(
    passage: ExaminedSentence, dates: Sequence[FoundDate], latest: date
) -> Iterator[Contradiction]:
    """Yield a date after the article's own that the sentence tells as past."""
    for each in dates:
        day = each.first_day()
        if not day or day <= latest + _MARGIN:
            continue
        beside = passage.text[max(0, each.start - _BEFORE) : each.end + _BEHIND]
        if not passage.has("past") or compile_words("future", passage.language).search(beside):
            continue
        yield Contradiction("not_yet", shorten(passage.text, each.start, each.end), fact=latest.isoformat())
        return


def _find_reversed(passage: ExaminedSentence) -> Iterator[Contradiction]:
    """Yield periods and lives that end before they begin."""
    for found in _RANGE.finditer(passage.text):
        if int(found["from"]) > int(found["to"]):
            yield Contradiction("reversed", shorten(passage.text, found.start(), found.end()))
    birth = next(passage.find_all("birth"), None)
    began, ended, died = (pattern.search(passage.text) for pattern in (_BEGAN, _ENDED, _DIED))
    for first, second in ((birth, died), (began, ended)):
        if first and second and int(first["year"]) > int(second["year"]):
            yield Contradiction("reversed", shorten(passage.text, first.start(), second.end()))


def _find_wrong_durations(passage: ExaminedSentence, published: date | None) -> Iterator[Contradiction]:
    """Yield numbers of years that do not fit the years beside them, nor the article's own year."""
    for found in _AGO.finditer(passage.text):
        if published and abs(published.year - int(found["count"]) - int(found["year"])) > 1:
            yield Contradiction("duration", shorten(passage.text, found.start(), found.end()))
    span = _RANGE.search(passage.text)
    if span and _LASTED.search(passage.text):
        years = int(span["to"]) - int(span["from"])
        counts = [int(each["count"]) for each in _DURATION.finditer(passage.text)]
        if len(counts) == 1 and years > 0 and abs(counts[0] - years) > 1:
            yield Contradiction("duration", shorten(passage.text, span.start(), span.end()))
