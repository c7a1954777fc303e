"""Conversion of database values, however odd, to plain texts, times and lists. Nothing here raises."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from newsbot.timestamps import check_time, parse_timestamp

__all__ = ["as_list", "as_start", "as_text", "as_time", "shorten_body"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOST = 2_000_000  # characters of a body, more than any article has
_DATA = re.compile(r"data:[\w/+.-]{0,80}(?:;[\w=+.-]{0,40}){0,4};base64,[A-Za-z0-9+/=\s]*")
_SEPARATORS = re.compile(r"\s*[,;|\n]\s*")


def as_text(value: Any) -> str | None:
    """Return a value as text; None for NULL and for white space alone.

    Bytes are decoded as UTF-8, or else as Windows-1252.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError:
            value = data.decode("cp1252", "replace")
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    return text if text.strip() else None


def as_time(value: Any, zone: tzinfo) -> datetime | None:
    """Return a value as a time in UTC, by the rule for dates (docs/adr, "A date means one time, or none").

    ``zone`` is the time zone of times without one. A day without a time of day becomes its midnight in UTC.
    None for zero dates, placeholders and anything else.
    """
    if isinstance(value, datetime):
        return check_time(value, zone)
    if isinstance(value, date):
        return check_time(datetime.combine(value, time()), UTC)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return parse_timestamp(f"{value:.0f}")
    return parse_timestamp((as_text(value) or "").strip(), zone=zone)


def as_start(value: Any, zone: tzinfo) -> datetime | None:
    """Return the time when something may begin, as `as_time` does, but a mere day begins in ``zone``."""
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if day is None and isinstance(value, str) and _DAY.fullmatch(value.strip()):
        day = date.fromisoformat(value.strip())
    return as_time(datetime.combine(day, time()) if day else value, zone)


def as_list(value: Any) -> tuple[str, ...]:
    """Return a value as a list of words: an array of the database, JSON, or a text with separators."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip(" []")
    if isinstance(value, (list, tuple)):
        return _clean_words(value)
    return _clean_words(_SEPARATORS.split(as_text(value) or ""))


def shorten_body(body: str | None) -> str | None:
    """Remove embedded pictures (``data:`` URLs) from a body of over 2 000 000 characters, then cut it."""
    if body is None or len(body) <= _MOST:
        return body
    return _DATA.sub("", body)[:_MOST]


def _clean_words(values: Iterable[Any]) -> tuple[str, ...]:
    found = (as_text(value) for value in values if not isinstance(value, (dict, list)))
    return tuple(dict.fromkeys(text.strip() for text in found if text))
