"""What a look asks of the way a CMS keeps its articles."""

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
    """A row without its body. ``mark`` is another whenever the row may be; ``live``: it is published.

    ``at`` has the value of each cursor column; ``until`` is the end of its embargo, aware. ``fresh`` is when
    it was published or edited, aware, if that is so short ago that a photo or tags may be on their way.
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
        """The id in the memory, which is JSON: a text has an apostrophe before it."""
        return str(self.id) if isinstance(self.id, int) else f"'{self.id}"


def parse_row_id(name: str) -> RowId:
    """The id that a `RowKey.name` stands for, of the type that the database compares it with."""
    return name[1:] if name.startswith("'") else int(name)


class PublishProgress(Enum):
    """How far a row has come that was published a moment ago."""

    DONE = "done"
    TERMS = "terms"
    """All but a photo, which may yet come."""
    COMING = "coming"
    """More is surely on its way."""
    UNKNOWN = "unknown"
    MUTE = "mute"
    """Nothing will ever tell."""


class MovedRows(NamedTuple):
    """The rows at or behind where a look began. Unless ``whole``, other rows there are as they were."""

    keys: list[RowKey]
    whole: bool


class RowSource(Protocol):
    """All methods ask within the transaction that is handed to them."""

    columns: tuple[str, ...]
    """The cursor columns, in the order of `RowKey.at`."""

    def begin(self, ask: "ReadTransaction", memory: "CursorState", *, newest: int) -> list[RowKey]:
        """First sight: all rows, or at the least the ``newest`` and whatever `past` can't know by itself."""
        ...

    def moved(self, ask: "ReadTransaction", memory: "CursorState", low: Sequence[Position]) -> MovedRows:
        """The rows at or behind ``low`` in any of the cursor columns, published or not."""
        ...

    def find(self, ask: "ReadTransaction", ids: Collection[str]) -> list[RowKey]:
        """Those of these rows (`RowKey.name`) that are there."""
        ...

    def at(self, ask: "ReadTransaction", url: str) -> list[RowKey]:
        """The rows of which one may have this address."""
        ...

    def items(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> Iterator[tuple[RowId, Item | None]]:
        """The whole rows; None for one that is not wanted."""
        ...

    def progress(self, ask: "ReadTransaction", keys: Sequence[RowKey]) -> dict[RowId, PublishProgress]:
        """Of fresh rows."""
        ...

    def statements(self, ask: "ReadTransaction") -> dict[str, str]:
        """What polls ask, by the column that they go by: SELECTs that end in its name, to be explained."""
        ...

    def past(self, key: RowKey, memory: "CursorState") -> bool:
        """Was the row published before the source was first looked at?"""
        ...
