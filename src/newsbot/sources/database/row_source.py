"""The interface between a scan and the tables of a CMS: `RowSource` and its row types."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from newsbot.model import Item

if TYPE_CHECKING:
    from newsbot.sources.database.connection import ReadTransaction
    from newsbot.sources.database.cursor import CursorState

__all__ = ["MovedRows", "Position", "PublishProgress", "RowId", "RowKey", "RowSource", "parse_row_id"]

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

    def moved(self, ask: "ReadTransaction", memory: "CursorState", low: Sequence[Position]) -> MovedRows:
        """Return the rows at or after ``low`` in any of the cursor columns, published or not."""
        ...

    def find(self, ask: "ReadTransaction", ids: Collection[str]) -> list[RowKey]:
        """Return those of the given rows (by `RowKey.name`) that still exist."""
        ...

    def at(self, ask: "ReadTransaction", url: str) -> list[RowKey]:
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

    def past(self, key: RowKey, memory: "CursorState") -> bool:
        """Say whether the row was published before the source's first poll."""
        ...
