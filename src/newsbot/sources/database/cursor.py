"""The stored state of a database source between polls, and the interface through which a scan reads rows.

A `RowSource` reads the tables of one kind of CMS. A `CursorState` says up to which row the source has read,
and which rows it has seen.
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
    """A row of a CMS's article table without its body: enough to see whether the article must be read again.

    ``guid`` is the guid of the row's article. ``mark`` is a version token that changes whenever the row may
    have changed. ``live`` says that the row is published. ``at`` has the row's value in each cursor column.
    ``until`` is the end of the article's embargo, or None. ``fresh`` is the time when the row was published
    or edited, if that was so recently that the CMS may still add a photo or tags, else None. All times have a
    time zone.
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
        """Return the row's id as a key of a JSON object: a text id gets an apostrophe in front."""
        return str(self.id) if isinstance(self.id, int) else f"'{self.id}"


def parse_row_id(name: str) -> RowId:
    """Convert the key `RowKey.name` of a row back to the row's id: a number or a text, like the database's
    values.
    """
    return name[1:] if name.startswith("'") else int(name)


class PublishProgress(Enum):
    """How much of an article that it publishes a CMS has already written to its tables."""

    DONE = "done"
    """The CMS has written all values of the article."""
    TERMS = "terms"
    """The CMS has written all values of the article but a photo, which may still follow."""
    COMING = "coming"
    """The CMS will certainly write more values of the article."""
    UNKNOWN = "unknown"
    """The tables don't show yet how much of the article the CMS has written."""
    MUTE = "mute"
    """The tables never show how much the CMS has written of this kind of article."""


class MovedRows(NamedTuple):
    """The rows that may have changed since the last scan: those at or after a position in the cursor columns.

    ``whole`` says that ``keys`` has all rows after the position. If not, the missing rows are unchanged.
    """

    keys: list[RowKey]
    whole: bool


class RowSource(Protocol):
    """The reader of the articles in a CMS's tables; each method queries the database only through ``ask``, a
    read-only transaction.
    """

    columns: tuple[str, ...]
    """The names of the columns by which changed rows are found, in the order of the values in `RowKey.at`."""

    def begin(self, ask: "ReadTransaction", memory: "CursorState", *, newest: int) -> list[RowKey]:
        """Return the rows for the first scan, and initialize ``memory``, the source's state.

        Return all rows of the tables, or at least the ``newest`` rows and those rows that `is_past` can't
        recognize as old at a later scan.
        """
        ...

    def find_moved(self, ask: "ReadTransaction", memory: "CursorState", low: Sequence[Position]) -> MovedRows:
        """Return the rows, published or not, that have in some cursor column a value at or after the column's
        position in ``low``.
        """
        ...

    def find(self, ask: "ReadTransaction", ids: Collection[str]) -> list[RowKey]:
        """Return those of the rows with the keys ``ids`` (`RowKey.name`) that still exist in the CMS's
        tables.
        """
        ...

    def find_by_url(self, ask: "ReadTransaction", url: str) -> list[RowKey]:
        """Return the rows that may be the article at the web address ``url``."""
        ...

    def items(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> Iterator[tuple[RowId, Item | None]]:
        """Yield the id and the whole article of each row; None for an article that the settings exclude."""
        ...

    def progress(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> dict[RowId, PublishProgress]:
        """Return, by a row's id, how much of each recently published article the CMS has written to its
        tables.
        """
        ...

    def statements(self, ask: "ReadTransaction") -> dict[str, str]:
        """Return the SELECT statements of a poll, each under the name of the column by which the statement
        selects rows.

        The command `check --online` passes these statements to EXPLAIN. Each statement ends with the column's
        name, so that a condition can be appended.
        """
        ...

    def is_past(self, key: RowKey, memory: "CursorState") -> bool:
        """Return whether a row was published before the source's first poll, and so is no news."""
        ...


# ---------------------------------------------------------------- how far a source has read

# This many of the articles reported last are looked up again by a scan, to notice that one was unpublished.
_GIVEN = 200


class RecentRow(NamedTuple):
    """A row that was published or edited recently, and so may still be incomplete.

    ``first`` is the time when a scan first saw the row in this edit, and ``changed`` the time when the row
    last changed. ``look`` is a hash of the row's article as the last scan read it, and ``progress`` a value
    of `PublishProgress`. ``given`` is the hash of the article that the source last reported for this row, or
    "".
    """

    first: datetime
    changed: datetime
    look: str
    progress: str
    given: str = ""


@dataclass
class CursorState:
    """The state of a database source, which is stored as JSON between polls. Rows are keyed by `RowKey.name`.

    ``high`` is the furthest value seen in each cursor column. ``seen`` are the marks (`RowKey.mark`) of the
    rows within the overlap before ``high``. ``given`` has guid and mark of the articles reported last.
    ``later`` are rows to read again, each with the time to do so (ISO 8601), such as the end of an embargo.
    ``young`` are rows that were published or edited recently and may be incomplete. ``own`` is data that only
    the `RowSource` reads and writes. ``checked_at`` is the time when the reported articles were last looked
    up again (ISO 8601). ``marked`` says whether the site's tables show how much of an article is written
    (`PublishProgress`), and ``slow`` is the time that publishing an article takes at this site.
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
        """Restore a state from the JSON object that `dump` returned."""
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
        """Return the state as a JSON object, from which `load` restores it."""
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
        """Return the version token (`RowKey.mark`) that a row had at the last scan that saw it; None for a
        new row.
        """
        return self.seen.get(name) or self.given.get(name, ("", None))[1]

    def give(self, key: RowKey) -> None:
        """Record that a row's article was reported to newsbot; forget all but the last 200 reported rows."""
        self.given.pop(key.name, None)
        self.given[key.name] = (key.guid, key.mark)
        for name in list(self.given)[:-_GIVEN]:
            del self.given[name]

    def see(self, marks: dict[str, str], *, whole: bool) -> None:
        """Store rows' version tokens (`RowKey.mark`); with ``whole``, forget the tokens of all other rows."""
        self.seen = marks if whole else {**self.seen, **marks}

    def advance(self, columns: Iterable[str], keys: Iterable[RowKey]) -> None:
        """Raise ``high`` to the furthest value that each cursor column has in the rows that a scan read."""
        for key in keys:
            for column, value in zip(columns, key.at, strict=True):
                if value is not None and _is_further(value, self.high.get(column)):
                    self.high[column] = value


def _is_further(value: Position, other: Position) -> bool:
    """Return whether the ``value`` of a cursor column is after ``other``; True if their types differ.

    The types differ if config.yaml names another column than before.
    """
    if other is None or value is None or type(value) is not type(other):
        return True
    try:
        return bool(value > other)  # type: ignore[operator]  # both are of one type
    except TypeError:  # Python can't compare a time that has a zone with one that has none.
        return True


def lower_bound(high: Position, overlap: timedelta | int, now: datetime, zone: tzinfo) -> Position:
    """Return the value of a cursor column at which the next scan begins: the furthest value less the overlap.

    The value is never after the database's own time ``now``: if it were, a row from a writer whose clock is
    ahead would hide the rows of other writers. ``zone`` is the time zone of times without one.
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


# A scan goes back by this amount in a numeric cursor column if the setting ``overlap`` is a duration.
_NUMBERS = 1000


def _overlap_duration(overlap: timedelta | int) -> timedelta:
    return overlap if isinstance(overlap, timedelta) else timedelta(hours=1)


def _lower_text_bound(high: str, overlap: timedelta, now: datetime, zone: tzinfo) -> str:
    """Return the value of a cursor column at which the next scan begins, for times stored as text (SQLite).

    The value has a blank between day and time. A blank sorts before a T, so rows in both formats are found.
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
