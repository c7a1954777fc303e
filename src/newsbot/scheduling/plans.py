"""When a post may go by its channel's rules and what is taken there already, and why then."""

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from newsbot.ports import Calendar
from newsbot.scheduling.days import day_span
from newsbot.scheduling.rules import Rules, Slot, quiet_span, slots_from

__all__ = ["AT_ONCE", "FREE", "Plan", "plan", "spread", "with_plan"]

FREE = Calendar()
AT_ONCE = "as soon as it is there"
_APART = timedelta(minutes=10)
_FARTHEST = timedelta(days=3660)
_MINUTE = timedelta(minutes=1)


class Plan(NamedTuple):
    """When a post may go, in UTC, and why then; ``slot_at`` is the slot that it takes, if it takes one."""

    due_at: datetime
    reason: str
    slot_at: datetime | None = None


def plan(rules: Rules, wanted: datetime, *, taken: Calendar = FREE) -> Plan:
    """The first time from ``wanted`` on that the rules allow beside what is ``taken``."""
    return _in_slot(rules, wanted, taken) if rules.slots else _free(rules, wanted, taken)


def spread(rules: Rules) -> Rules:
    """The rules by which many that wait are spread out: ten minutes apart where nothing else parts them."""
    return rules if rules.slots else replace(rules, gap=max(rules.gap, _APART))


def with_plan(taken: Calendar, new: Plan) -> Calendar:
    """What is taken once ``new`` is."""
    times = tuple(sorted((*taken.times, new.due_at)))
    return Calendar(times, taken.slots | ({new.slot_at} if new.slot_at else set()))


# ---------------------------------------------------------------- without slots


def _free(rules: Rules, wanted: datetime, taken: Calendar) -> Plan:
    """Each rule may push the time into another's way, so they are asked until none objects."""
    due, reasons = wanted, list[str]()
    while (pushed := _pushed(rules, due, taken)) is not None:
        due, why = pushed
        reasons += [why] if why not in reasons else []
    return Plan(due, ", ".join(reasons) or AT_ONCE)


def _pushed(rules: Rules, at: datetime, taken: Calendar) -> tuple[datetime, str] | None:
    """To when the first rule that objects to ``at`` puts it off, and its words."""
    if (before := _too_near(rules, at, taken)) is not None:
        return before + rules.gap, f"{rules.gap / _MINUTE:g} min after the post before it"
    if span := quiet_span(rules, at):
        return span[1], f"after quiet hours {rules.quiet}"
    if _is_full(rules, at, taken):
        day = at.astimezone(rules.zone)
        return day_span(at, rules.zone).until, f"the day after {_day(day)}, which has its {rules.per_day}"
    return None


def _too_near(rules: Rules, at: datetime, taken: Calendar) -> datetime | None:
    """The latest post that is less than a gap away from ``at``."""
    if not rules.gap:
        return None
    first = bisect_right(taken.times, at - rules.gap)
    last = bisect_left(taken.times, at + rules.gap)
    return taken.times[last - 1] if last > first else None


def _is_full(rules: Rules, at: datetime, taken: Calendar) -> bool:
    if rules.per_day is None:
        return False
    day = day_span(at, rules.zone)
    count = bisect_left(taken.times, day.until) - bisect_left(taken.times, day.since)
    return count >= rules.per_day


# ---------------------------------------------------------------- with slots


def _in_slot(rules: Rules, wanted: datetime, taken: Calendar) -> Plan:
    passed: Counter[str] = Counter()
    for slot in slots_from(rules, wanted):
        why = _objection(rules, slot.at, taken)
        if why is None or slot.at > wanted + _FARTHEST:
            return Plan(slot.at, _say(slot, wanted, rules.zone, passed), slot.at)
        passed[why] += 1
    raise AssertionError("slots have no end")  # pragma: no cover


def _objection(rules: Rules, at: datetime, taken: Calendar) -> str | None:
    if at in taken.slots:
        return "taken"
    if _is_full(rules, at, taken):
        return f"on a day that has its {rules.per_day}"
    if quiet_span(rules, at):
        return "in quiet hours"
    if _too_near(rules, at, taken) is not None:
        return f"within {rules.gap / _MINUTE:g} min of another post"
    return None


def _say(slot: Slot, wanted: datetime, zone: tzinfo, passed: Counter[str]) -> str:
    """``slot 08:00 on Tue 3 Nov (before it: 2 taken)``; the day only where it is another one."""
    local = slot.at.astimezone(zone)
    words = f"slot {slot}"
    if local.date() != wanted.astimezone(zone).date():
        words += f" on {_day(local)}"
    before = ", ".join(f"{count} {why}" for why, count in passed.items())
    return f"{words} (before it: {before})" if before else words


def _day(local: datetime) -> str:
    return f"{local:%a} {local.day} {local:%b}"
