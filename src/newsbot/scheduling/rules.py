"""A channel's schedule: quiet hours and gap, from its rules and a time to a due time with its reason."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["Plan", "Quiet", "Rules", "parse_quiet", "parse_zone", "plan", "quiet_span"]


_MINUTE = timedelta(minutes=1)


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
    span = quiet_span(rules, due)
    return Plan(span[1], f"after quiet hours {rules.quiet}") if span else Plan(due, reason)


def quiet_span(rules: Rules, at: datetime) -> tuple[datetime, datetime] | None:
    """Since when and until when the quiet hours last that hold at ``at``, in UTC; None outside of them.

    They hold whenever the clock on the wall shows one of their times: on a day that repeats the end's, the
    first end after ``at`` counts, and on a day that skips it, the instant at which the clock is put forward.
    """
    if rules.quiet is None:
        return None
    local = at.astimezone(rules.zone)
    start, end = rules.quiet
    clock = local.time().replace(fold=0)
    if not _shows_quiet(rules.quiet, clock):
        return None
    first = local.date() - timedelta(days=0 if clock >= start else 1)
    last = local.date() + timedelta(days=1 if clock >= end else 0)
    since = datetime.combine(first, start, rules.zone).astimezone(UTC)
    until = datetime.combine(last, end, rules.zone)
    if until.astimezone(UTC) <= at:
        until = until.replace(fold=1)
    return min(since, at), _unless_skipped(rules, rules.quiet, until.astimezone(UTC))


def _shows_quiet(quiet: Quiet, clock: time) -> bool:
    start, end = quiet
    return start <= clock < end if start < end else clock >= start or clock < end


def _unless_skipped(rules: Rules, quiet: Quiet, until: datetime) -> datetime:
    """A time of day that a day skips is read as one after the change: back to the change then."""
    while not _shows_quiet(quiet, (until - _MINUTE).astimezone(rules.zone).time()):
        until -= _MINUTE
    return until
