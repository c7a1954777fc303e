"""A channel's schedule: quiet hours and gap, from its rules and a time to a due time with its reason."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Plan", "Quiet", "Rules", "parse_quiet", "parse_zone", "plan"]


class Quiet(NamedTuple):
    """Local times of day; ``end`` before ``start`` runs over midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


class Plan(NamedTuple):
    """When a post may go, in UTC, and why then."""

    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds a post back that could go at once."""

    gap: timedelta = timedelta(0)
    quiet: Quiet | None = None
    zone: tzinfo = UTC


def parse_quiet(text: str) -> Quiet:
    """``23:00-06:30``; raises ValueError with the form that works."""
    try:
        start, end = (time.fromisoformat(half.strip()) for half in text.split("-"))
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day to another: write it like 23:00-06:30") from None
    if start == end:
        raise ValueError(f"{text!r} would be quiet all day: use `newsbot pause` for that")
    return Quiet(start, end)


def parse_zone(text: str) -> ZoneInfo:
    """An IANA zone; raises ValueError with an example."""
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone: write it like Asia/Karachi or UTC") from None


def plan(rules: Rules, wanted: datetime, *, last: datetime | None = None) -> Plan:
    """The first time from ``wanted`` on that the rules allow. ``last``: the channel's latest post."""
    due, reason = wanted, "as soon as it is there"
    if last is not None and last + rules.gap > due:
        due, reason = last + rules.gap, f"{rules.gap.total_seconds() / 60:g} min after the post before it"
    end = _quiet_until(rules, due)
    return Plan(end, f"after quiet hours {rules.quiet}") if end else Plan(due, reason)


def _quiet_until(rules: Rules, at: datetime) -> datetime | None:
    """When the quiet hours that hold at ``at`` end, in UTC; None outside of them.

    On a day that skips or repeats the end's local time, the first instant at or after it counts.
    """
    if rules.quiet is None:
        return None
    local = at.astimezone(rules.zone)
    start, end = rules.quiet
    clock = local.time().replace(fold=0)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    until = datetime.combine(day, end, rules.zone).astimezone(UTC)
    return until if until > at else datetime.combine(day, end, rules.zone).replace(fold=1).astimezone(UTC)
