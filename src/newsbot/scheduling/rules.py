"""A channel's rules for when posts may be sent, and the planning of posts by these rules.

The rules are a gap between posts, quiet hours, a daily limit, and slots (times of day at each of which one
post may be sent). Times of day are those of the channel's time zone, whose clocks may be put forward and
back. A plan says when a post may be sent by its channel's rules and by the posts that are planned already,
and for which reason at that time.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newsbot.ports import ChannelCalendar
from newsbot.reasons import Code, Reason, join_reasons

__all__ = [
    "DAYS",
    "FREE",
    "Plan",
    "QuietHours",
    "RateText",
    "Rules",
    "WeeklySchedule",
    "add_plan",
    "find_day_interval",
    "find_quiet_interval",
    "find_slot_interval",
    "find_time_on_day",
    "format_duration",
    "is_quiet_time",
    "iterate_slots",
    "parse_duration",
    "parse_quiet",
    "parse_rate",
    "parse_slot",
    "parse_zone",
    "plan",
    "spread",
]


_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


class Interval(NamedTuple):
    """A span of time in UTC that begins at ``since`` and ends just before ``until``."""

    since: datetime
    until: datetime


def find_time_on_day(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return the time in UTC at which the local clock in ``zone`` shows the time ``clock`` on ``day``.

    If the clock shows ``clock`` twice on that day (summer time ends), the first of both times is returned; if
    the clock skips ``clock`` (summer time begins), the moment at which the clock is put forward is returned.
    """
    shown = datetime.combine(day, clock, zone)
    by_old, by_new = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    return by_old if by_old <= by_new else _find_clock_change(by_new, by_old, zone)


def find_day_interval(at: datetime, zone: tzinfo) -> Interval:
    """Return the local day in ``zone`` that contains ``at``, from midnight to midnight."""
    day = at.astimezone(zone).date()
    since, until = (find_time_on_day(each, time(0), zone) for each in (day, day + _DAY))
    # If the clock is put back over midnight, it shows a part of the day twice. Then the day ends at the
    # second midnight.
    if until <= at:
        until = datetime.combine(day + _DAY, time(0), zone).replace(fold=1).astimezone(UTC)
    return Interval(min(since, at), until)


def _find_clock_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """Return the whole second between two times at which the UTC offset of a time zone changes (its clocks
    are put forward or back).
    """
    offset = after.astimezone(zone).utcoffset()
    low, high = 0, int((after - before) / _SECOND)
    while low < high:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle + 1
    return before + low * _SECOND


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class WeeklySchedule:
    """A weekly schedule: one time of day, on the days of the week that ``days`` names, or on every day if it
    is empty.
    """

    at: time
    days: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def iterate_back_from(self, at: datetime) -> Iterator[datetime]:
        """Iterate without end over the times of this weekly schedule up to ``at``, the latest first."""
        day = at.astimezone(self.zone).date() + _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when <= at and DAYS[day.weekday()] in (self.days or DAYS):
                yield when
            day -= _DAY

    def get_next(self, at: datetime) -> datetime:
        """Return the first time of this weekly schedule after ``at``."""
        day = at.astimezone(self.zone).date() - _DAY
        while True:
            when = find_time_on_day(day, self.at, self.zone)
            if when > at and DAYS[day.weekday()] in (self.days or DAYS):
                return when
            day += _DAY


_MINUTE = timedelta(minutes=1)
_Objection = tuple[Code, tuple[tuple[str, object], ...]]


class QuietHours(NamedTuple):
    """A channel's quiet hours between two local times; over midnight if ``end`` is before ``start``."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a channel that delay its posts.

    ``gap`` is the shortest time between two posts. If there are ``slots``, posts are sent at these times of
    day and at no other times. ``per_day`` is the most posts that are sent on one day of ``zone``; None for no
    limit.
    """

    gap: timedelta = timedelta(0)
    quiet: QuietHours | None = None
    zone: tzinfo = UTC
    slots: tuple[time, ...] = ()
    per_day: int | None = None


def parse_quiet(text: str) -> QuietHours:
    """Parse quiet hours like ``23:00-06:30`` from config.yaml.

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
    """Parse the name of an IANA time zone, in upper or lower case.

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
    """Find the time zone whose name or city is most like ``text`` (``New York``); None if no time zone is
    like the text.
    """
    asked = text.strip().lower().replace(" ", "_")
    known = {name.lower(): name for name in sorted(available_timezones(), reverse=True)}
    cities = {name.rpartition("/")[2]: whole for name, whole in known.items() if "/" in name}
    near = get_close_matches(asked, known if "/" in asked else cities, n=1, cutoff=0.8)
    return (known | cities)[near[0]] if near else None


def find_quiet_interval(rules: Rules, at: datetime) -> tuple[datetime, datetime] | None:
    """Return the start and end in UTC of the channel's quiet hours around ``at``; None if ``at`` is not
    within quiet hours.

    It is quiet whenever the local clock shows a time within the quiet hours. On a day on which the clock
    shows the time of their end twice, the quiet hours end at the first of both times after ``at``; on a day
    on which the clock skips that time, they end when the clock is put forward.
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
    """Return whether the quiet hours contain the time of day ``clock``."""
    start, end = quiet
    return start <= clock < end if start < end else clock >= start or clock < end


def _stop_at_clock_change(rules: Rules, quiet: QuietHours, at: datetime, until: datetime) -> datetime:
    """Return the end of quiet hours that begin before ``until``, if the clocks are put forward or back in
    between.

    The result is ``until`` or, if the local clock shows no quiet time after its change, the time of that
    change.
    """
    if at.astimezone(rules.zone).utcoffset() == until.astimezone(rules.zone).utcoffset():
        return until
    change = _find_clock_change(at.astimezone(UTC), until, rules.zone)
    return until if is_quiet_time(quiet, change.astimezone(rules.zone).time()) else min(change, until)


def _move_before_gap(rules: Rules, quiet: QuietHours, until: datetime) -> datetime:
    """Return the end of quiet hours: ``until`` or, if the local clock skips the time of day at which they
    end, the time at which the clock is put forward.

    This is needed because Python reads a skipped time of day as a later time.
    """
    while not is_quiet_time(quiet, (until - _MINUTE).astimezone(rules.zone).time()):
        until -= _MINUTE
    return until


class DailySlot(NamedTuple):
    """A time slot of a channel on one day, at which one post may be sent; ``clocks`` are the slot's local
    times of day.

    There are several ``clocks`` if the local clock, when it is put forward, skips several of the channel's
    slots together. ``skipped`` says whether the clock skips ``clocks``.
    """

    at: datetime
    clocks: tuple[time, ...]
    skipped: bool = False

    @property
    def shown(self) -> str:
        """Return the slot's local times of day as text, like ``08:00``."""
        return ", ".join(f"{clock:%H:%M}" for clock in self.clocks)


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
    """Iterate over a channel's time slots from ``at`` on, without end; over nothing if the rules have no
    slots.
    """
    day, last = at.astimezone(rules.zone).date() - _DAY, at - timedelta.resolution
    while rules.slots:
        for slot in _list_slots_on(rules, day):
            if slot.at > last:
                last = slot.at
                yield slot
        day += _DAY


def find_slot_interval(rules: Rules, at: datetime) -> Interval | None:
    """Return the interval around ``at`` from one time slot to the next; None if the rules have no slots."""
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
    """Return whether the local clock, when it is put forward, skips the times of day ``clocks``, and so shows
    another time of day at ``at``.
    """
    return at.astimezone(rules.zone).time().replace(fold=0) != clocks[0]


FREE = ChannelCalendar()
_APART = timedelta(minutes=10)
_FARTHEST = timedelta(days=3660)


class Plan(NamedTuple):
    """The time in UTC from which a post may be sent, with the reason for that time.

    ``slot_at`` is the time slot of the post; None if the channel's rules have no slots.
    """

    due_at: datetime
    reason: Reason
    slot_at: datetime | None = None


def plan(rules: Rules, wanted: datetime, *, taken: ChannelCalendar = FREE) -> Plan:
    """Plan a post: return the first time from ``wanted`` on that the rules and the other posts allow.

    ``taken`` are the times and the time slots of the channel's other posts.
    """
    return _plan_in_slot(rules, wanted, taken) if rules.slots else _plan_without_slots(rules, wanted, taken)


def spread(rules: Rules) -> Rules:
    """Return the rules by which many waiting posts of a channel are spread over time.

    If the channel has no time slots, the gap between two of these posts is at least ten minutes.
    """
    return rules if rules.slots else replace(rules, gap=max(rules.gap, _APART))


def add_plan(taken: ChannelCalendar, new: Plan) -> ChannelCalendar:
    """Return the calendar of a channel's planned posts with the plan ``new`` added."""
    times = tuple(sorted((*taken.times, new.due_at)))
    return ChannelCalendar(times, taken.slots | ({new.slot_at} if new.slot_at else set()))


def _plan_without_slots(rules: Rules, wanted: datetime, taken: ChannelCalendar) -> Plan:
    """Plan a post by gap, quiet hours and daily limit: apply each of these rules until none moves the post to
    a later time.
    """
    due, reasons = wanted, list[Reason]()
    while (pushed := _find_push(rules, due, taken)) is not None:
        due, why = pushed
        reasons += [why] if why not in reasons else []
    return Plan(due, join_reasons(reasons) if reasons else Code.AS_SOON_AS_THERE())


def _find_push(rules: Rules, at: datetime, taken: ChannelCalendar) -> tuple[datetime, Reason] | None:
    """Return the later time that the first violated rule demands for a post at ``at``, with the reason.

    Returns None if a post at ``at`` violates no rule.
    """
    if (before := _find_near_post(rules, at, taken)) is not None:
        return before + rules.gap, Code.GAP(n=rules.gap / _MINUTE)
    if span := find_quiet_interval(rules, at):
        return span[1], Code.QUIET_HOURS(time=rules.quiet)
    if _is_full(rules, at, taken):
        day = at.astimezone(rules.zone).date()
        return find_day_interval(at, rules.zone).until, Code.DAY_FULL(day=day, n=rules.per_day)
    return None


def _find_near_post(rules: Rules, at: datetime, taken: ChannelCalendar) -> datetime | None:
    """Return the time of the latest of the channel's posts whose distance from ``at`` is less than the
    channel's gap.

    Returns None if no post is that near.
    """
    if not rules.gap:
        return None
    first = bisect_right(taken.times, at - rules.gap)
    last = bisect_left(taken.times, at + rules.gap)
    return taken.times[last - 1] if last > first else None


def _is_full(rules: Rules, at: datetime, taken: ChannelCalendar) -> bool:
    if rules.per_day is None:
        return False
    day = find_day_interval(at, rules.zone)
    count = bisect_left(taken.times, day.until) - bisect_left(taken.times, day.since)
    return count >= rules.per_day


def _plan_in_slot(rules: Rules, wanted: datetime, taken: ChannelCalendar) -> Plan:
    passed: Counter[_Objection] = Counter()
    for slot in iterate_slots(rules, wanted):
        why = _find_objection(rules, slot.at, taken)
        if why is None or slot.at > wanted + _FARTHEST:
            return Plan(slot.at, _describe_slot(slot, wanted, rules.zone, passed), slot.at)
        passed[why] += 1
    raise AssertionError("slots have no end")


def _find_objection(rules: Rules, at: datetime, taken: ChannelCalendar) -> _Objection | None:
    if at in taken.slots:
        return Code.SLOTS_TAKEN, ()
    if _is_full(rules, at, taken):
        return Code.SLOTS_ON_FULL_DAY, (("most", rules.per_day),)
    if find_quiet_interval(rules, at):
        return Code.SLOTS_IN_QUIET_HOURS, ()
    if _find_near_post(rules, at, taken) is not None:
        return Code.SLOTS_NEAR_POST, (("least", rules.gap / _MINUTE),)
    return None


def _describe_slot(slot: DailySlot, wanted: datetime, zone: tzinfo, passed: Counter[_Objection]) -> Reason:
    """Describe a time slot for editors, like ``slot 08:00 on Tue 3 Nov (before it: 2 taken)``.

    The result names the day only if the slot is not on the day of ``wanted``. ``passed`` counts why earlier
    slots were not used.
    """
    day = slot.at.astimezone(zone).date()
    times = slot.shown
    found = Code.SLOT(time=times)
    if day != wanted.astimezone(zone).date():
        found = Code.SLOT_ON_DAY(time=times, day=day)
    if slot.skipped:
        found = join_reasons([found, Code.CLOCK_SKIPS_IT()])
    before = tuple(code(n=count, **dict(params)) for (code, params), count in passed.items())
    return Code.SLOT_AFTER_OTHERS(what=found, reasons=before) if before else found


_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400}
_DURATION = re.compile(r"(\d{1,8}(?:\.\d{1,6})?)\s*(s|min|m|h|d)")
_RATE = re.compile(r"(\d{1,8})\s*/\s*(\d{0,8})\s*(s|min|m|h|day|d)")


class RateText(NamedTuple):
    """A rate limit from config.yaml: at most ``calls`` calls in ``seconds`` seconds."""

    calls: int
    seconds: float


def parse_duration(text: str) -> timedelta:
    """Parse a duration like ``5m`` or ``24h`` from config.yaml.

    Raises:
        ValueError: the text has another form; the message shows the right ones.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise ValueError(f"{text!r} is not a duration: write it like 90s, 5m, 24h or 7d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def format_duration(length: timedelta) -> str:
    """Format a duration in the form that config.yaml uses, like ``2d`` or ``90m``."""
    for unit, size in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1))):
        if length % size == timedelta(0):
            return f"{length // size}{unit}"
    return f"{length.total_seconds():g}s"


def parse_rate(text: str) -> RateText:
    """Parse a rate from config.yaml: ``100/15min`` becomes (100, 900.0).

    Raises:
        ValueError: the text has another form; the message shows the right ones.
    """
    found = _RATE.fullmatch(text.strip().lower())
    if not found or not int(found[1]) or not int(found[2] or 1):
        raise ValueError(f"{text!r} is not a rate: write it like 30/s, 20/min, 100/15min or 10000/day")
    return RateText(int(found[1]), float(int(found[2] or 1) * _UNITS[found[3]]))
