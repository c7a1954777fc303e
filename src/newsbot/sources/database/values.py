"""What databases give for text, times and lists, however odd, into plain values. Never raises."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from newsbot.timestamps import check_time, parse_timestamp

__all__ = ["as_list", "as_start", "as_text", "as_time", "shorten_body"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
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
    """Aware, in UTC, by the one rule for dates (docs/adr, "A date means one time, or none").

    ``zone`` is that of times without one; a day without a time of day is its midnight in UTC. None for zero
    dates, placeholders, other things.
    """
    if isinstance(value, datetime):
        return check_time(value, zone)
    if isinstance(value, date):
        return check_time(datetime.combine(value, time()), UTC)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return parse_timestamp(f"{value:.0f}")
    return parse_timestamp((as_text(value) or "").strip(), zone=zone)


def as_start(value: Any, zone: tzinfo) -> datetime | None:
    """The same for when something may begin: on a day without a time at midnight by ``zone``'s clock."""
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if day is None and isinstance(value, str) and _DAY.fullmatch(value.strip()):
        day = date.fromisoformat(value.strip())
    return as_time(datetime.combine(day, time()) if day else value, zone)


def as_list(value: Any) -> tuple[str, ...]:
    """A list of words: a database's own array, JSON, or text with separators."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip(" []")
    if isinstance(value, (list, tuple)):
        return _clean_words(value)
    return _clean_words(_SEPARATORS.split(as_text(value) or ""))


def shorten_body(body: str | None) -> str | None:
    """A body without pictures written into it; what is still too long is cut."""
    if body is None or len(body) <= _MOST:
        return body
    return _DATA.sub("", body)[:_MOST]


def _clean_words(values: Iterable[Any]) -> tuple[str, ...]:
    found = (as_text(value) for value in values if not isinstance(value, (dict, list)))
    return tuple(dict.fromkeys(text.strip() for text in found if text))
