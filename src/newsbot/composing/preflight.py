"""Checks of a post's own text before the post is sent: leftovers of markup, days that have passed, photos
without an alternative text.

The checks only warn. Words for days come from ``preflight.toml``. A weekday counts only in a sentence that
tells what will be, because "on Monday" in an article of Tuesday usually is the Monday before it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import NamedTuple

from newsbot.composing.rewriting import strip_markup
from newsbot.files import load_toml
from newsbot.model import Part, PostWarning
from newsbot.reasons import WarningCode

__all__ = ["check_parts", "find_leftovers", "find_stale_words", "recheck_parts", "warn_of_stale_words"]

_TABLES = load_toml(__package__, "preflight.toml")
_UNSPACED = frozenset({"ja", "zh", "ko"})
_ADDRESS = re.compile(r"https?://\S+")
_SENTENCE_END = re.compile(r"(?<=[.!?؟\u06d4।。\uff01\uff1f])\s*|\n+")
_WEEK = 7
_OF_PARTS = frozenset({"markup", "no_alt"})  # The codes of the warnings that `check_parts` makes.
_SHOWN = 40  # At most this many characters of a leftover are shown to editors.
_TAGS = (
    "p|br|div|span|strong|em|b|i|u|a|img|h[1-6]|ul|ol|li|figure|figcaption|script|style|blockquote|iframe|"
    "table|td"
)
_SHORTCODES = (
    r"(?:wp_)?caption|gallery|embed|video|audio|playlist|more|nextpage|toc|contact-form-7|ad|ads|button|row|"
    r"column|(?:vc|et_pb|su|fusion|mk|av)_\w+"
)
_LEFTOVERS = re.compile(
    r"\{\{[^{}\n]{0,80}\}?\}?|\}\}|\{%[^{}\n]{0,80}%?\}?|\$\{\w+\}?"
    r"|&(?:amp;)*(?:[a-z]{2,8}|\#\d{2,6}|\#x[0-9a-f]{2,6});"
    rf"|</?(?:{_TAGS})(?:\s[^<>\n]{{0,200}})?/?>|<!--"
    rf"|\[/?(?:{_SHORTCODES})(?:\s[^\[\]\n]{{0,200}})?/?\]|\[[a-z][a-z0-9]*_\w+(?:\s[^\[\]\n]{{0,200}})?\]"
    r"|\[object \w+\]|\blorem ipsum\b",
    re.IGNORECASE,
)
# The word "undefined", which a script writes in place of a missing value. In a sentence about something
# undefined, one of the words below stands before it.
_UNDEFINED = re.compile(r"(?:\b(\w+) )?\bundefined\b")
_BEFORE_UNDEFINED = frozenset(
    """
    a an and as be been but currently deliberately for is are was were largely leaves left legally of or
    remain remained remains so still the to with yet
    """.split()  # noqa: SIM905  This form is easier to read.
)


def check_parts(parts: Sequence[Part]) -> Iterator[PostWarning]:
    """Yield the warnings about a post's messages that depend on nothing but the messages.

    They are about leftovers of markup or of a template, and about photos without an alternative text.
    """
    if words := next(find_leftovers(_show_text(parts)), None):
        yield PostWarning("markup", WarningCode.MARKUP_LEFT(words=words))
    if any(not (image.alt or "").strip() for part in parts for image in part.media):
        yield PostWarning("no_alt", WarningCode.PHOTO_WITHOUT_ALT())


def find_leftovers(text: str) -> Iterator[str]:
    """Yield the leftovers of markup and templates in a text that readers see, each cut to 40 characters."""
    for found in _LEFTOVERS.finditer(_ADDRESS.sub(" ", text)):
        yield found[0][:_SHOWN]
    for found in _UNDEFINED.finditer(text):
        if (found[1] or "").casefold() not in _BEFORE_UNDEFINED:
            yield "undefined"


def warn_of_stale_words(
    parts: Sequence[Part], language: str | None, published: datetime | None, sent: datetime, zone: tzinfo
) -> PostWarning | None:
    """Return the warning that a post says "tomorrow", say, and means another day than its readers will.

    ``published`` is when the article was published, ``sent`` when the post is to be sent; the days are those
    of ``zone``. Return None if no word is stale, or if the article's date or language is not known.
    """
    if published is None or language not in _TABLES:
        return None
    day = published.date() if _is_day_only(published) else published.astimezone(zone).date()
    words = find_stale_words(_show_text(parts), language, day, sent.astimezone(zone).date())
    if not words:
        return None
    return PostWarning("stale_date", WarningCode.STALE_DAY(words=", ".join(words), day=day))


def find_stale_words(text: str, language: str, published: date, sent: date) -> list[str]:
    """Return the words for days in a text of the day ``published`` that are wrong on the day ``sent``.

    A word like "today" is wrong on every later day. A weekday in a sentence about the future is wrong once
    that day has passed.
    """
    if sent <= published or language not in _TABLES:
        return []
    words = _load_words(language)
    found = [match[0] for match in words.days.finditer(text) if not _is_part_of_name(text, match)]
    for sentence in _SENTENCE_END.split(text):
        if words.future.search(sentence):
            found += _list_past_weekdays(sentence, words, published, sent)
    return list(dict.fromkeys(found))


def recheck_parts(warnings: Iterable[PostWarning], parts: Sequence[Part]) -> Iterator[PostWarning]:
    """Yield a post's ``warnings`` after its text was changed: those of `check_parts` are made again.

    The warning about stale words stays as long as the text has one of the words.
    """
    text = _show_text(parts)
    for warning in warnings:
        words = str(warning.reason.params.get("words", "")).split(", ")
        if warning.code == "stale_date" and not any(word in text for word in words):
            continue
        if warning.code not in _OF_PARTS:
            yield warning
    yield from check_parts(parts)


class _DayWords(NamedTuple):
    """The words for days of one language, as compiled expressions; ``weekdays`` begin with Monday."""

    days: re.Pattern[str]
    weekdays: tuple[re.Pattern[str], ...]
    future: re.Pattern[str]


@cache
def _load_words(language: str) -> _DayWords:
    table, spaced = _TABLES[language], language not in _UNSPACED
    weekdays = tuple(_compile(each, spaced=spaced) for each in table["weekdays"].split(";"))
    return _DayWords(
        _compile(table["days"], spaced=spaced), weekdays, _compile(table["future"], spaced=spaced)
    )


def _compile(words: str, *, spaced: bool) -> re.Pattern[str]:
    # The marks of vowels in scripts such as Devanagari are no word characters for `re`, so they are named.
    edge = r"\w\u0900-\u0963"
    joined = words.strip().replace("\n", "|")
    return re.compile(rf"(?<![{edge}])(?:{joined})(?![{edge}])" if spaced else joined, re.IGNORECASE)


def _is_part_of_name(text: str, match: re.Match[str]) -> bool:
    """Return whether a word for a day belongs to a name, as in "USA Today" or "Tomorrow Never Dies".

    Such a word has a capital letter, and its neighbour has one too. In German, nouns have capitals, so only
    the case of the word itself counts there.
    """
    if not match[0][0].isupper():
        return False
    before, after = text[: match.start()].split()[-1:], text[match.end() :].split()[:1]
    opens = not before or before[0][-1] in ".!?:;\"'”\u2019»)"
    return bool((not opens and before[0][0].isupper()) or (after and after[0][0].isupper() and not opens))


def _list_past_weekdays(sentence: str, words: _DayWords, published: date, sent: date) -> Iterable[str]:
    for number, pattern in enumerate(words.weekdays):
        ahead = (number - published.weekday()) % _WEEK or _WEEK
        if published + timedelta(days=ahead) < sent and (match := pattern.search(sentence)):
            yield match[0]


def _is_day_only(published: datetime) -> bool:
    """Return whether a time is midnight in UTC, which usually means that only the day is known."""
    return published.astimezone(UTC).time() == time.min


def _show_text(parts: Sequence[Part]) -> str:
    """Return the text of a post's messages as readers see it, without addresses."""
    return _ADDRESS.sub(" ", "\n".join(map(strip_markup, parts)))
