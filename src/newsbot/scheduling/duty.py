"""Who is asked when: the duty roster (`desk.duty` of config.yaml), in the newsroom's own time.

A shift is written ``mon-fri 08:00-16:00``, ``sat,sun 22:00-06:00`` (over midnight) or ``08:00-16:00`` (every
day). It holds whenever the clock on the wall shows one of its times, whatever that clock skips or repeats.
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
_AHEAD = 15  # days: two weeks of a weekly roster, from the day before


@dataclass(frozen=True, slots=True)
class Shift:
    """``days`` count from Monday as 0; one that ends at or before its ``start`` runs over midnight."""

    who: int
    days: frozenset[int]
    start: time
    end: time

    def is_active(self, local: datetime) -> bool:
        """Does it, at this time on the wall?"""
        clock, day = local.time().replace(fold=0), local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= clock < self.end
        return (day in self.days and clock >= self.start) or ((day - 1) % 7 in self.days and clock < self.end)


def parse_shift(who: int, text: str) -> Shift:
    """Raises ValueError with the forms that work."""
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
    """Raises ValueError where a word is no day, or three are tied together."""
    found: set[int] = set()
    for piece in text.replace(" ", "").split(","):
        days = [_DAYS.index(day) for day in piece.split("-", 1)]
        first, last = days[0], days[-1]
        found |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    return frozenset(found)


class DutyRoster:
    """The roster, in the order in which it is written."""

    def __init__(self, shifts: Sequence[Shift] = (), zone: tzinfo = UTC) -> None:
        self._shifts = tuple(shifts)
        self._zone = zone

    def list_on_duty(self, now: datetime) -> list[int]:
        """Whose shift it is."""
        local = now.astimezone(self._zone)
        return list(dict.fromkeys(shift.who for shift in self._shifts if shift.is_active(local)))

    def list_in_order(self, now: datetime) -> list[int]:
        """Everybody: who is on duty, then the others by when they are next."""
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
