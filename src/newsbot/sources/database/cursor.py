"""What a database source remembers between polls: how far it came, and which rows it saw there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from newsbot.sources.database.row_source import Position, RowKey

__all__ = ["CursorState", "RecentRow", "is_further", "lower_bound"]

_GIVEN = 200  # articles that are looked after: whether they are still published


class RecentRow(NamedTuple):
    """A row that was published or edited a moment ago: when it was first seen so, when it last changed, how
    it looks, how far it is (`rows.Progress`), and how it looked when it was handed over.
    """

    first: datetime
    changed: datetime
    look: str
    progress: str
    given: str = ""


@dataclass
class CursorState:
    """``high`` is the furthest value of each cursor column; ``seen`` maps the rows from there back to the
    overlap to their marks; ``given`` maps the last articles handed over to (guid, mark); ``later`` those to
    be looked at after their embargo to when it ends; ``young`` are those that may not be whole, ``marked``
    and ``slow`` what was learnt from them; ``own`` is the preset's. Rows go by their `RowKey.name`.
    """

    high: dict[str, Position] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    given: dict[str, tuple[str, str]] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    young: dict[str, RecentRow] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    checked_at: str = ""
    marked: bool = True
    slow: timedelta = timedelta(0)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> "CursorState":
        return cls(
            high={name: _load_position(value) for name, value in data.get("high", {}).items()},
            seen=dict(data.get("seen", {})),
            given={name: (guid, mark) for name, (guid, mark) in data.get("given", {}).items()},
            later=dict(data.get("later", {})),
            young={
                name: RecentRow(datetime.fromisoformat(first), datetime.fromisoformat(changed), *looks)
                for name, (first, changed, *looks) in data.get("young", {}).items()
            },
            own=dict(data.get("own", {})),
            checked_at=data.get("checked_at", ""),
            marked=data.get("marked", True),
            slow=timedelta(seconds=data.get("slow", 0)),
        )

    def dump(self) -> dict[str, Any]:
        """JSON values, for `load`."""
        return {
            "high": {name: _dump_position(value) for name, value in self.high.items()},
            "seen": self.seen,
            "given": {name: list(pair) for name, pair in self.given.items()},
            "later": self.later,
            "young": {
                name: [young.first.isoformat(), young.changed.isoformat(), *young[2:]]
                for name, young in self.young.items()
            },
            "own": self.own,
            "checked_at": self.checked_at,
            "marked": self.marked,
            "slow": round(self.slow.total_seconds(), 3),
        }

    def mark(self, name: str) -> str | None:
        """The mark that the row had when it was last seen."""
        return self.seen.get(name) or self.given.get(name, ("", None))[1]

    def give(self, key: RowKey) -> None:
        """Note an article that was handed over; the oldest of many is no longer looked after."""
        self.given.pop(key.name, None)
        self.given[key.name] = (key.guid, key.mark)
        for name in list(self.given)[:-_GIVEN]:
            del self.given[name]

    def see(self, marks: dict[str, str], *, whole: bool) -> None:
        """Note the marks of rows; where they are not all, those of before still hold."""
        self.seen = marks if whole else {**self.seen, **marks}

    def advance(self, columns: Iterable[str], keys: Iterable[RowKey]) -> None:
        """To the furthest of what was read."""
        for key in keys:
            for column, value in zip(columns, key.at, strict=True):
                if value is not None and is_further(value, self.high.get(column)):
                    self.high[column] = value


def is_further(value: Position, other: Position) -> bool:
    """Is ``value`` further? Of another type than before (the column was changed), it is."""
    if other is None or value is None or type(value) is not type(other):
        return True
    try:
        return bool(value > other)  # type: ignore[operator]  # both are of one type
    except TypeError:  # times with a zone and without
        return True


def lower_bound(high: Position, overlap: timedelta | int, now: datetime, zone: tzinfo) -> Position:
    """Where the next look begins: the overlap behind the furthest row.

    It is never ahead of the database's own clock: one writer whose clock runs ahead would hide the others.
    """
    match high:
        case datetime():
            here = now if high.tzinfo else now.astimezone(zone).replace(tzinfo=None)
            return min(high, here) - _overlap_duration(overlap)
        case date():
            return min(high, now.astimezone(zone).date()) - max(_overlap_duration(overlap), timedelta(days=1))
        case str():
            return _lower_text_bound(high, _overlap_duration(overlap), now, zone)
        case int() | Decimal():
            return high - (overlap if isinstance(overlap, int) else _NUMBERS)
    return high


_NUMBERS = 1000  # of a numbered cursor, where the overlap is a duration


def _overlap_duration(overlap: timedelta | int) -> timedelta:
    return overlap if isinstance(overlap, timedelta) else timedelta(hours=1)


def _lower_text_bound(high: str, overlap: timedelta, now: datetime, zone: tzinfo) -> str:
    """For times kept as text (SQLite). A blank sorts before a T, so both ways of writing are found."""
    try:
        furthest = datetime.fromisoformat(high)
    except ValueError:
        return high
    here = now if furthest.tzinfo else now.astimezone(zone).replace(tzinfo=None)
    return (min(furthest, here) - overlap).strftime("%Y-%m-%d %H:%M:%S")


def _dump_position(value: Position) -> list[str]:
    match value:
        case datetime():
            return ["time", value.isoformat()]
        case date():
            return ["day", value.isoformat()]
        case int():
            return ["whole", str(value)]
        case Decimal():
            return ["number", str(value)]
    return ["text", str(value)]


def _load_position(pair: list[str]) -> Position:
    kind, value = pair
    match kind:
        case "time":
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found
        case "day":
            return date.fromisoformat(value)
        case "whole":
            return int(value)
        case "number":
            return Decimal(value)
    return value
