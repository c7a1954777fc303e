"""A channel's slots: the instants at which one post each may go."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from newsbot.scheduling.days import Span, on_day
from newsbot.scheduling.rules import Rules

__all__ = ["Slot", "parse_slot", "slot_span", "slots_from"]

_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """``clocks`` are the times of day that it is the slot of: several where a day skips them together."""

    at: datetime
    clocks: tuple[time, ...]
    skipped: bool = False

    def __str__(self) -> str:
        names = " and ".join(f"{clock:%H:%M}" for clock in self.clocks)
        return f"{names}, which the clock skips that day" if self.skipped else names


def parse_slot(text: str) -> time:
    """``08:00``; raises ValueError with the form that works."""
    try:
        hour, minute = (int(part) for part in text.strip().split(":"))
        return time(hour, minute)
    except ValueError:
        raise ValueError(f"{text!r} is no time of day: write it like 08:00") from None


def slots_from(rules: Rules, at: datetime) -> Iterator[Slot]:
    """Every slot from ``at`` on, without end; none where the rules have none."""
    day, last = at.astimezone(rules.zone).date() - _DAY, at - timedelta.resolution
    while rules.slots:
        for slot in _slots_on(rules, day):
            if slot.at > last:
                last = slot.at
                yield slot
        day += _DAY


def slot_span(rules: Rules, at: datetime) -> Span | None:
    """From the slot that was there last until the next one; None where the rules have none."""
    since = None
    for slot in slots_from(rules, at - 2 * _DAY - timedelta(hours=2)):
        if slot.at > at:
            return Span(since or at, slot.at)
        since = slot.at
    return None


def _slots_on(rules: Rules, day: date) -> list[Slot]:
    found: dict[datetime, list[time]] = {}
    for clock in sorted(rules.slots):
        found.setdefault(on_day(day, clock, rules.zone), []).append(clock)
    return [Slot(at, tuple(clocks), _skips(rules, at, clocks)) for at, clocks in sorted(found.items())]


def _skips(rules: Rules, at: datetime, clocks: list[time]) -> bool:
    """Does the wall show another time then?"""
    return at.astimezone(rules.zone).time().replace(fold=0) != clocks[0]
