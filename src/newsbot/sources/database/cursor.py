"""The state of a database source between polls, and the interface by which a scan gets rows.

A `RowSource` stands between a scan and the tables of a CMS. The state says how far a source has read, and
which rows it saw there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from newsbot.model import Item

if TYPE_CHECKING:
    from newsbot.sources.database.connection import ReadTransaction

__all__ = [
    "CursorState",
    "MovedRows",
    "Position",
    "PublishProgress",
    "RecentRow",
    "RowId",
    "RowKey",
    "RowSource",
    "lower_bound",
    "parse_row_id",
]

# ---------------------------------------------------------------- the rows of a CMS

Position: TypeAlias = datetime | date | int | Decimal | str | None
RowId: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row without its body.

    ``mark`` is a version token: it changes whenever the row may have. ``live``: the row is published.
    ``at``: the value of each cursor column. ``until``: the end of its embargo. ``fresh``: when the row was
    published or edited, if that was so recently that a photo or tags may still follow. Times have a zone.
    """

    id: RowId
    guid: str
    mark: str
    live: bool
    at: tuple[Position, ...]
    published_at: datetime | None = None
    until: datetime | None = None
    fresh: datetime | None = None

    @property
    def name(self) -> str:
        """The id as a key of the cursor, which is JSON: a text gets an apostrophe in front, a number none."""
        return str(self.id) if isinstance(self.id, int) else f"'{self.id}"


def parse_row_id(name: str) -> RowId:
    """Return the id of a `RowKey.name`, in the type that the database compares it with."""
    return name[1:] if name.startswith("'") else int(name)


class PublishProgress(Enum):
    """How much of a recently published article the CMS has written."""

    DONE = "done"
    """All is written."""
    TERMS = "terms"
    """All is written but a photo, which may still follow."""
    COMING = "coming"
    """More is certain to follow."""
    UNKNOWN = "unknown"
    """The tables don't show it yet."""
    MUTE = "mute"
    """The tables will never show it."""


class MovedRows(NamedTuple):
    """The rows at or after the position where a scan began.

    If not ``whole``, there may be more rows after that position, and these are unchanged.
    """

    keys: list[RowKey]
    whole: bool


class RowSource(Protocol):
    """The way a CMS keeps its articles. Each method uses only the transaction that it is given."""

    columns: tuple[str, ...]
    """The cursor columns, in the order of `RowKey.at`."""

    def begin(self, ask: "ReadTransaction", memory: "CursorState", *, newest: int) -> list[RowKey]:
        """Return the rows of the first scan.

        These are all rows, or at least the ``newest`` ones and those that `past` can't recognize later.
        """
        ...

    def find_moved(self, ask: "ReadTransaction", memory: "CursorState", low: Sequence[Position]) -> MovedRows:
        """Return the rows at or after ``low`` in any of the cursor columns, published or not."""
        ...

    def find(self, ask: "ReadTransaction", ids: Collection[str]) -> list[RowKey]:
        """Return those of the given rows (by `RowKey.name`) that still exist."""
        ...

    def find_by_url(self, ask: "ReadTransaction", url: str) -> list[RowKey]:
        """Return the candidates for the article with this address."""
        ...

    def items(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> Iterator[tuple[RowId, Item | None]]:
        """Yield the rows whole, as items, by id; None for a row that the settings exclude."""
        ...

    def progress(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> dict[RowId, PublishProgress]:
        """Return the progress of fresh rows, by id."""
        ...

    def statements(self, ask: "ReadTransaction") -> dict[str, str]:
        """Return the SELECTs of a poll by the column that they select by, for EXPLAIN.

        Each ends with the column's name, so that a condition can be appended.
        """
        ...

    def is_past(self, key: RowKey, memory: "CursorState") -> bool:
        """Say whether the row was published before the source's first poll."""
        ...


# ---------------------------------------------------------------- how far a source has read

_GIVEN = 200  # articles handed over last, which are checked for whether they are still published


class RecentRow(NamedTuple):
    """A row that was published or edited recently.

    ``first``: when it was first seen after that. ``changed``: when it last changed. ``look``: a hash of its
    item now. ``progress``: a value of `row_source.PublishProgress`. ``given``: the hash of the item that was
    handed over last, or "".
    """

    first: datetime
    changed: datetime
    look: str
    progress: str
    given: str = ""


@dataclass
class CursorState:
    """The state of a database source. Rows are keyed by their `RowKey.name`.

    ``high``: the furthest value of each cursor column.
    ``seen``: the marks of the rows within the overlap before that.
    ``given``: (guid, mark) of the articles handed over last.
    ``later``: rows to look at later, with the time (ISO 8601), such as the end of an embargo.
    ``young``: recent rows, which may be incomplete.
    ``own``: the data of the kind of rows, such as the preset ``wordpress``.
    ``checked_at``: when articles handed over were last looked up again (ISO 8601).
    ``marked``: whether the site leaves marks that show a row is complete. ``slow``: how long it takes.
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
        """Restore a state from the JSON values of `dump`."""
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
        """Return the state as JSON values, for `load`."""
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
        """Return the mark that a row had when it was last seen; None if it was not."""
        return self.seen.get(name) or self.given.get(name, ("", None))[1]

    def give(self, key: RowKey) -> None:
        """Remember an article that was handed over; beyond 200 articles the oldest is forgotten."""
        self.given.pop(key.name, None)
        self.given[key.name] = (key.guid, key.mark)
        for name in list(self.given)[:-_GIVEN]:
            del self.given[name]

    def see(self, marks: dict[str, str], *, whole: bool) -> None:
        """Store the marks of rows; unless they are the ``whole`` set, earlier marks are kept too."""
        self.seen = marks if whole else {**self.seen, **marks}

    def advance(self, columns: Iterable[str], keys: Iterable[RowKey]) -> None:
        """Move ``high`` on to the furthest value in each cursor column of the rows that were read."""
        for key in keys:
            for column, value in zip(columns, key.at, strict=True):
                if value is not None and _is_further(value, self.high.get(column)):
                    self.high[column] = value


def _is_further(value: Position, other: Position) -> bool:
    """Say whether ``value`` is further than ``other``; it is if their types differ (the column changed)."""
    if other is None or value is None or type(value) is not type(other):
        return True
    try:
        return bool(value > other)  # type: ignore[operator]  # both are of one type
    except TypeError:  # One time has a zone and the other has none.
        return True


def lower_bound(high: Position, overlap: timedelta | int, now: datetime, zone: tzinfo) -> Position:
    """Return the position where the next scan begins: the furthest one minus the overlap.

    It is never after the database's own time ``now``: otherwise one writer whose clock is ahead would hide
    the rows of others. ``zone`` is the time zone of times without one.
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


_NUMBERS = 1000  # the overlap of a numeric cursor if the setting is a duration


def _overlap_duration(overlap: timedelta | int) -> timedelta:
    return overlap if isinstance(overlap, timedelta) else timedelta(hours=1)


def _lower_text_bound(high: str, overlap: timedelta, now: datetime, zone: tzinfo) -> str:
    """Return the lower bound for times stored as text (SQLite).

    It is written with a blank between day and time, which sorts before a T, so both formats are found.
    """
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
