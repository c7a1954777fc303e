"""The planning of posts: when a post may be sent by its channel's rules and planned posts, and why then."""

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from newsbot.ports import ChannelCalendar
from newsbot.scheduling.days import find_day_interval
from newsbot.scheduling.rules import DailySlot, Rules, find_quiet_interval, iterate_slots

__all__ = ["AT_ONCE", "FREE", "Plan", "add_plan", "plan", "spread"]

FREE = ChannelCalendar()
AT_ONCE = "as soon as it is there"
_APART = timedelta(minutes=10)
_FARTHEST = timedelta(days=3660)
_MINUTE = timedelta(minutes=1)


class Plan(NamedTuple):
    """The time in UTC at which a post may be sent, and the reason; ``slot_at`` is its slot, if it has one."""

    due_at: datetime
    reason: str
    slot_at: datetime | None = None


def plan(rules: Rules, wanted: datetime, *, taken: ChannelCalendar = FREE) -> Plan:
    """Return the first time from ``wanted`` on that the rules and the ``taken`` times and slots allow."""
    return _plan_in_slot(rules, wanted, taken) if rules.slots else _plan_without_slots(rules, wanted, taken)


def spread(rules: Rules) -> Rules:
    """Return the rules for many waiting posts: without slots, the gap is at least ten minutes."""
    return rules if rules.slots else replace(rules, gap=max(rules.gap, _APART))


def add_plan(taken: ChannelCalendar, new: Plan) -> ChannelCalendar:
    """Return the calendar with ``new`` added."""
    times = tuple(sorted((*taken.times, new.due_at)))
    return ChannelCalendar(times, taken.slots | ({new.slot_at} if new.slot_at else set()))


# ---------------------------------------------------------------- without slots


def _plan_without_slots(rules: Rules, wanted: datetime, taken: ChannelCalendar) -> Plan:
    """Plan by gap, quiet hours and daily limit; ask all until none objects, as each may move the time."""
    due, reasons = wanted, list[str]()
    while (pushed := _find_push(rules, due, taken)) is not None:
        due, why = pushed
        reasons += [why] if why not in reasons else []
    return Plan(due, ", ".join(reasons) or AT_ONCE)


def _find_push(rules: Rules, at: datetime, taken: ChannelCalendar) -> tuple[datetime, str] | None:
    """Return the later time that the first objecting rule demands, and its reason; None if none objects."""
    if (before := _find_near_post(rules, at, taken)) is not None:
        return before + rules.gap, f"{rules.gap / _MINUTE:g} min after the post before it"
    if span := find_quiet_interval(rules, at):
        return span[1], f"after quiet hours {rules.quiet}"
    if _is_full(rules, at, taken):
        day = at.astimezone(rules.zone)
        return find_day_interval(
            at, rules.zone
        ).until, f"the day after {_format_day(day)}, which has its {rules.per_day}"
    return None


def _find_near_post(rules: Rules, at: datetime, taken: ChannelCalendar) -> datetime | None:
    """Return the time of the latest post that is less than a gap away from ``at``; None if there is none."""
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


# ---------------------------------------------------------------- with slots


def _plan_in_slot(rules: Rules, wanted: datetime, taken: ChannelCalendar) -> Plan:
    passed: Counter[str] = Counter()
    for slot in iterate_slots(rules, wanted):
        why = _find_objection(rules, slot.at, taken)
        if why is None or slot.at > wanted + _FARTHEST:
            return Plan(slot.at, _describe_slot(slot, wanted, rules.zone, passed), slot.at)
        passed[why] += 1
    raise AssertionError("slots have no end")  # pragma: no cover


def _find_objection(rules: Rules, at: datetime, taken: ChannelCalendar) -> str | None:
    if at in taken.slots:
        return "taken"
    if _is_full(rules, at, taken):
        return f"on a day that has its {rules.per_day}"
    if find_quiet_interval(rules, at):
        return "in quiet hours"
    if _find_near_post(rules, at, taken) is not None:
        return f"within {rules.gap / _MINUTE:g} min of another post"
    return None


def _describe_slot(slot: DailySlot, wanted: datetime, zone: tzinfo, passed: Counter[str]) -> str:
    """Describe a slot like ``slot 08:00 on Tue 3 Nov (before it: 2 taken)``; name only another day."""
    local = slot.at.astimezone(zone)
    words = f"slot {slot}"
    if local.date() != wanted.astimezone(zone).date():
        words += f" on {_format_day(local)}"
    before = ", ".join(f"{count} {why}" for why, count in passed.items())
    return f"{words} (before it: {before})" if before else words


def _format_day(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b}"
