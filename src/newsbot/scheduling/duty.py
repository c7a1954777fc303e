"""The duty roster (`desk.duty` in config.yaml): which editors newsbot asks to approve posts at which time.

A shift is written ``mon-fri 08:00-16:00``, ``sat,sun 22:00-06:00`` (over midnight) or ``08:00-16:00`` (every
day). A shift is active whenever the local clock shows a time within it, whatever times that clock skips or
repeats.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

__all__ = ["DutyRoster", "Shift", "parse_shift"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:\s*[-,]\s*[a-z]{3})*)\s+)?(?P<start>\d\d:\d\d)\s*-\s*(?P<end>\d\d:\d\d)"
)
_MEND = "write it like mon-fri 08:00-16:00, sat,sun 22:00-06:00 or 08:00-16:00"
# The number of days in which newsbot searches for a person's next shift. A weekly roster repeats within that
# time.
_AHEAD = 15


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly shift of one person: ``who`` is the person's user id; ``days`` are weekdays, Monday being 0.

    If ``end`` is not after ``start``, the shift runs over midnight.
    """

    who: int
    days: frozenset[int]
    start: time
    end: time

    def is_active(self, local: datetime) -> bool:
        """Return whether the person's shift is active at this time in the newsroom's zone."""
        clock, day = local.time().replace(fold=0), local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= clock < self.end
        return (day in self.days and clock >= self.start) or ((day - 1) % 7 in self.days and clock < self.end)


def parse_shift(who: int, text: str) -> Shift:
    """Parse a shift like ``mon-fri 08:00-16:00`` of the person with the user id ``who``.

    Raises:
        ValueError: the text has another form; the message shows the right ones.
    """
    wrong = ValueError(f"{text!r} is no time of duty: {_MEND}")
    found = _FORM.fullmatch(text.strip().lower())
    if not found:
        raise wrong
    try:
        start, end = (time.fromisoformat(found[name]) for name in ("start", "end"))
        return Shift(who, _parse_days(found["days"] or "mon-sun"), start, end)
    except ValueError:
        raise wrong from None


def _parse_days(text: str) -> frozenset[int]:
    """Parse days like ``mon-fri`` or ``sat,sun`` into weekday numbers, Monday being 0.

    Raises:
        ValueError: a word is no day, or a range has three days.
    """
    found: set[int] = set()
    for piece in text.replace(" ", "").split(","):
        days = [_DAYS.index(day) for day in piece.split("-", 1)]
        first, last = days[0], days[-1]
        found |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    return frozenset(found)


class DutyRoster:
    """The duty roster: all people's shifts, in the order of config.yaml, with the newsroom's time zone."""

    def __init__(self, shifts: Sequence[Shift] = (), zone: tzinfo = UTC) -> None:
        self._shifts = tuple(shifts)
        self._zone = zone

    def list_on_duty(self, now: datetime) -> list[int]:
        """Return the user ids of the people on duty at ``now``, in the order of config.yaml."""
        local = now.astimezone(self._zone)
        return list(dict.fromkeys(shift.who for shift in self._shifts if shift.is_active(local)))

    def list_in_order(self, now: datetime) -> list[int]:
        """Return the user ids of all people with shifts: those on duty first, then by their next shift."""
        coming = sorted(self._list_next_shifts(now), key=lambda each: each[0])
        return list(dict.fromkeys([*self.list_on_duty(now), *(who for _, who in coming)]))

    def _list_next_shifts(self, now: datetime) -> Iterator[tuple[datetime, int]]:
        today = now.astimezone(self._zone).date()
        for shift in self._shifts:
            for day in (today + timedelta(days=n) for n in range(_AHEAD)):
                at = datetime.combine(day, shift.start, self._zone).astimezone(UTC)
                if day.weekday() in shift.days and at > now:
                    yield at, shift.who
                    break
