"""Times as they are read back."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

__all__ = ["STAMP", "replace_stamps", "say_briefly", "say_time", "write_exactly"]

STAMP = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?Z")
"""A time, in UTC, as the ledger keeps it within texts."""


def say_time(at: datetime, zone: tzinfo) -> str:
    """``Mon 1 Dec 2026 08:00 PKT``: as it is read back to who wrote it."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def say_briefly(at: datetime, zone: tzinfo, now: datetime) -> str:
    """For a table: ``08:00`` today, ``Mon 08:00`` within three days, ``1 Dec 08:00``, ``1 Dec 2027``."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if abs(days) <= 3:  # noqa: PLR2004  a weekday further away could be the last one or the next
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def replace_stamps(text: str, say: Callable[[datetime], str]) -> str:
    """Say by ``say`` the times in a text that the ledger has kept."""
    return STAMP.sub(lambda found: _say_stamp(found[0], say), text)


def _say_stamp(stamp: str, say: Callable[[datetime], str]) -> str:
    try:
        return say(datetime.fromisoformat(stamp))
    except ValueError:  # somebody's own words, like 2026-99-99 08:00Z
        return stamp


def write_exactly(at: datetime, zone: tzinfo) -> str:
    """``2026-12-01 08:00``; with its distance from UTC where the zone's clock shows that twice."""
    local = at.astimezone(zone)
    twice = local.replace(fold=1 - local.fold).astimezone(UTC) != at.astimezone(UTC)
    return f"{local:%Y-%m-%dT%H:%M}{_offset(local)}" if twice else f"{local:%Y-%m-%d %H:%M}"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"
