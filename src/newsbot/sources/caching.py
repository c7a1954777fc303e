"""What HTTP's cache rules (RFC 9111) let a poll leave out, and how long they ask it to wait."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

__all__ = ["conditions", "doubtful", "memory", "trusted_too_often", "wait"]

_TRUSTED = timedelta(hours=1)
_TRUSTED_TIMES = 6
_LONGEST_WAIT = timedelta(hours=24)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b", re.IGNORECASE)


def memory(headers: Mapping[str, str]) -> dict[str, Any]:
    """What to remember of a whole answer for the next request; validators exactly as given."""
    kept = {"etag": "etag", "modified": "last-modified", "whole_at": "date"}
    return {key: headers[name] for key, name in kept.items() if headers.get(name)}


def conditions(cursor: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a conditional request: both, as WordPress wants all that is sent to match."""
    named = {"If-None-Match": cursor.get("etag"), "If-Modified-Since": cursor.get("modified")}
    return {name: str(value) for name, value in named.items() if value}


def trusted_too_often(cursor: Mapping[str, Any]) -> bool:
    """Would the next 304 be the sixth in a row? Then the whole is asked for at once; see `doubtful`."""
    return int(cursor.get("unchanged", 0)) + 1 >= _TRUSTED_TIMES


def doubtful(cursor: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Has 304 been the answer for an hour by the site's own clock?

    WordPress makes its ETag from a time in seconds, so a 304 hides a second post in the same second, and a
    scheduled post published after a newer one.
    """
    then, now = _date(cursor.get("whole_at")), _date(headers.get("date"))
    return bool(then and now and now - then >= _TRUSTED)


def wait(headers: Mapping[str, str], ttl: int | None) -> timedelta | None:
    """The least interval the site asks for: its freshness, or the feed's ttl (minutes); a day at most."""
    asked = max(_fresh(headers), timedelta(minutes=ttl or 0))
    return min(asked, _LONGEST_WAIT) if asked > timedelta(0) else None


def _fresh(headers: Mapping[str, str]) -> timedelta:
    rules = headers.get("cache-control", "")
    if _UNCACHED.search(rules):
        return timedelta(0)
    if age := _MAX_AGE.search(rules):
        spent = headers.get("age", "").strip()[:9]
        return timedelta(seconds=int(age[1]) - (int(spent) if spent.isascii() and spent.isdigit() else 0))
    expires, now = _date(headers.get("expires")), _date(headers.get("date"))
    return expires - now if expires and now else timedelta(0)


def _date(value: object) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(value or ""))
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else None
