"""Times as people write them: ``18:30``, ``tomorrow 9am``, ``+20m``, ``2026-12-01 08:00``."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from newsbot.errors import UsageError
from newsbot.scheduling.durations import parse_duration

__all__ = ["parse_time", "say_briefly", "say_time"]

_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")


def parse_time(text: str, *, zone: tzinfo, now: datetime) -> datetime:
    """The instant that ``text`` means to somebody in ``zone``, in UTC; a bare time of day is the next one.

    Raises:
        UsageError: it can't be read, or is past.
    """
    text = text.strip()
    found = _relative(text, now) or _clock(text, zone, now) or _free(text, zone, now)
    if found is None:
        raise UsageError(f"{text!r} is no time: write it like 18:30, +20m, tomorrow 9am or 2026-12-01 08:00")
    if found < now - timedelta(minutes=1):
        raise UsageError(f"{text!r} is {say_time(found, zone)}, which is past")
    return found


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


def _relative(text: str, now: datetime) -> datetime | None:
    if not text.startswith("+"):
        return None
    try:
        return now + parse_duration(text[1:])
    except (ValueError, OverflowError):
        return None


def _clock(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:  # noqa: PLR2004  a clock's own figures
        return None
    local = now.astimezone(zone)
    today = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0, fold=0)
    at = today.astimezone(UTC)
    return at if at > now else (today + timedelta(days=1)).astimezone(UTC)


def _free(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    import dateparser  # noqa: PLC0415  0.3 s to import, and few commands need it

    settings = {
        "RELATIVE_BASE": now.astimezone(zone).replace(tzinfo=None),
        "PREFER_DATES_FROM": "future",
        "DATE_ORDER": "YMD" if text[:4].isdigit() else "DMY",
    }
    found: datetime | None = dateparser.parse(text, settings=settings)
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
