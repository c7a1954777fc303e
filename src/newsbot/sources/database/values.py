"""What databases give for text, times and lists, however odd, into plain values. Never raises."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

__all__ = ["as_list", "as_text", "as_time", "lean"]

_YEARS = range(1970, 2101)  # beyond lie only slips and sentinels
_MILLISECONDS = 100_000_000_000  # as seconds it would be the year 5138
_MOST = 2_000_000  # characters of a body; no article has more
_DATA = re.compile(r"data:[\w/+.-]{0,80}(?:;[\w=+.-]{0,40}){0,4};base64,[A-Za-z0-9+/=\s]*")
_SEPARATORS = re.compile(r"\s*[,;|\n]\s*")


def as_text(value: Any) -> str | None:
    """None for nothing and for white space alone; bytes are UTF-8, or what Windows wrote."""
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
    """Aware, in UTC: ``zone`` is that of times without one. None for zero dates, sentinels, other things."""
    try:
        found = _time(value, zone)
        return found.astimezone(UTC) if found is not None and found.year in _YEARS else None
    except (ValueError, OverflowError, TypeError, ArithmeticError, OSError):
        return None


def as_list(value: Any) -> tuple[str, ...]:
    """A list of words: a database's own array, JSON, or text with separators."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip(" []")
    if isinstance(value, (list, tuple)):
        return _words(value)
    return _words(_SEPARATORS.split(as_text(value) or ""))


def lean(body: str | None) -> str | None:
    """A body without pictures written into it; what is still too long is cut."""
    if body is None or len(body) <= _MOST:
        return body
    return _DATA.sub("", body)[:_MOST]


def _words(values: Iterable[Any]) -> tuple[str, ...]:
    found = (as_text(value) for value in values if not isinstance(value, (dict, list)))
    return tuple(dict.fromkeys(text.strip() for text in found if text))


def _time(value: Any, zone: tzinfo) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return _epoch(float(value))
    text = (as_text(value) or "").strip()
    if not text or text.startswith("0000"):
        return None
    if re.fullmatch(r"\d{9,13}(?:\.\d+)?", text):
        return _epoch(float(text))
    return _written(text, zone)


def _epoch(number: float) -> datetime | None:
    seconds = number / 1000 if number >= _MILLISECONDS else number
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) if seconds > 0 else None


def _written(text: str, zone: tzinfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)
