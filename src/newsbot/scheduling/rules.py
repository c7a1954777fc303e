"""A channel's rules for when posts may be sent: gap, quiet hours, daily limit and slots of one post each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsbot.scheduling.days import Interval, find_clock_change, find_time_on_day

__all__ = [
    "DailySlot",
    "QuietHours",
    "Rules",
    "find_quiet_interval",
    "find_slot_interval",
    "is_quiet_time",
    "iterate_slots",
    "parse_quiet",
    "parse_slot",
    "parse_zone",
]

_MINUTE = timedelta(minutes=1)


class QuietHours(NamedTuple):
    """Quiet hours between two local times of day; if ``end`` is before ``start``, they run over midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that delay a post of a channel.

    If there are ``slots``, posts are only sent at these times of day. ``per_day`` is the most posts that are
    sent on one day of ``zone``.
    """

    gap: timedelta = timedelta(0)
    quiet: QuietHours | None = None
    zone: tzinfo = UTC
    slots: tuple[time, ...] = ()
    per_day: int | None = None


def parse_quiet(text: str) -> QuietHours:
    """Parse quiet hours like ``23:00-06:30``.

    Raises:
        ValueError: the text has another form; the message shows the right one.
    """
    try:
        start, end = (time.fromisoformat(half.strip()) for half in text.split("-"))
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day to another: write it like 23:00-06:30") from None
    if start == end:
        raise ValueError(f"{text!r} would be quiet all day: use `newsbot pause` for that")
    return QuietHours(start, end)


def parse_zone(text: str) -> ZoneInfo:
    """Parse the name of an IANA zone, in any case.

    Raises:
        ValueError: there is no such zone; the message has the nearest one, or an example.
    """
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = {name.lower(): name for name in available_timezones()}
        if right := known.get(text.strip().lower()):
            return ZoneInfo(right)
        near = _find_near_zone(text)
        mend = f"did you mean {near}?" if near else "write it like Asia/Karachi or UTC"
        raise ValueError(f"{text!r} is no time zone: {mend}") from None


def _find_near_zone(text: str) -> str | None:
    """Find the zone with the nearest name or city: ``Karachi``, ``asia/karachi``, ``New York``."""
    asked = text.strip().lower().replace(" ", "_")
    known = {name.lower(): name for name in sorted(available_timezones(), reverse=True)}
    cities = {name.rpartition("/")[2]: whole for name, whole in known.items() if "/" in name}
    near = get_close_matches(asked, known if "/" in asked else cities, n=1, cutoff=0.8)
    return (known | cities)[near[0]] if near else None


def find_quiet_interval(rules: Rules, at: datetime) -> tuple[datetime, datetime] | None:
    """Return the start and end in UTC of the quiet hours at ``at``; None outside of quiet hours.

    It is quiet whenever the local clock shows a time within them. On a day that repeats the end's time, the
    first end after ``at`` counts; on a day that skips it, they end when the clock is put forward.
    """
    if rules.quiet is None:
        return None
    local = at.astimezone(rules.zone)
    start, end = rules.quiet
    clock = local.time().replace(fold=0)
    if not is_quiet_time(rules.quiet, clock):
        return None
    first = local.date() - timedelta(days=0 if clock >= start else 1)
    last = local.date() + timedelta(days=1 if clock >= end else 0)
    since = datetime.combine(first, start, rules.zone).astimezone(UTC)
    until = datetime.combine(last, end, rules.zone)
    if until.astimezone(UTC) <= at:
        until = until.replace(fold=1)
    ends = _move_before_gap(rules, rules.quiet, until.astimezone(UTC))
    return min(since, at), _stop_at_clock_change(rules, rules.quiet, at, ends)


def is_quiet_time(quiet: QuietHours, clock: time) -> bool:
    """Return whether it is quiet when the local clock shows ``clock``."""
    start, end = quiet
    return start <= clock < end if start < end else clock >= start or clock < end


def _stop_at_clock_change(rules: Rules, quiet: QuietHours, at: datetime, until: datetime) -> datetime:
    """Return ``until``, or the earlier time at which the clock changes to a time that is not quiet."""
    if at.astimezone(rules.zone).utcoffset() == until.astimezone(rules.zone).utcoffset():
        return until
    change = find_clock_change(at.astimezone(UTC), until, rules.zone)
    return until if is_quiet_time(quiet, change.astimezone(rules.zone).time()) else min(change, until)


def _move_before_gap(rules: Rules, quiet: QuietHours, until: datetime) -> datetime:
    """Move an end that the clock skips back to the change, as Python reads it as a time after the change."""
    while not is_quiet_time(quiet, (until - _MINUTE).astimezone(rules.zone).time()):
        until -= _MINUTE
    return until


_DAY = timedelta(days=1)


class DailySlot(NamedTuple):
    """A slot on one day; ``clocks`` are its times of day, several if the clock skips them together."""

    at: datetime
    clocks: tuple[time, ...]
    skipped: bool = False

    def __str__(self) -> str:
        names = " and ".join(f"{clock:%H:%M}" for clock in self.clocks)
        return f"{names}, which the clock skips that day" if self.skipped else names


def parse_slot(text: str) -> time:
    """Parse a time of day like ``08:00``.

    Raises:
        ValueError: the text has another form; the message shows the right one.
    """
    try:
        hour, minute = (int(part) for part in text.strip().split(":"))
        return time(hour, minute)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day: write it like 08:00") from None


def iterate_slots(rules: Rules, at: datetime) -> Iterator[DailySlot]:
    """Iterate over the slots from ``at`` on, without end; over nothing if the rules have no slots."""
    day, last = at.astimezone(rules.zone).date() - _DAY, at - timedelta.resolution
    while rules.slots:
        for slot in _list_slots_on(rules, day):
            if slot.at > last:
                last = slot.at
                yield slot
        day += _DAY


def find_slot_interval(rules: Rules, at: datetime) -> Interval | None:
    """Return the interval from the latest slot to the next one; None if the rules have no slots."""
    since = None
    for slot in iterate_slots(rules, at - 2 * _DAY - timedelta(hours=2)):
        if slot.at > at:
            return Interval(since or at, slot.at)
        since = slot.at
    return None


def _list_slots_on(rules: Rules, day: date) -> list[DailySlot]:
    found: dict[datetime, list[time]] = {}
    for clock in sorted(rules.slots):
        found.setdefault(find_time_on_day(day, clock, rules.zone), []).append(clock)
    return [
        DailySlot(at, tuple(clocks), _is_skipped(rules, at, clocks)) for at, clocks in sorted(found.items())
    ]


def _is_skipped(rules: Rules, at: datetime, clocks: list[time]) -> bool:
    """Return whether the clock skips the slot's time, so that it shows another one at ``at``."""
    return at.astimezone(rules.zone).time().replace(fold=0) != clocks[0]
