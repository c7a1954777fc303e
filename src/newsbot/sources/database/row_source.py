"""What a look asks of the way a CMS keeps its articles."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from newsbot.model import Item

if TYPE_CHECKING:
    from newsbot.sources.database.connection import Ask
    from newsbot.sources.database.cursor import Memory

__all__ = ["Key", "Moved", "Position", "Progress", "RowId", "Rows", "row_id"]

Position: TypeAlias = datetime | date | int | Decimal | str | None
RowId: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Key:
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


def row_id(name: str) -> RowId:
    """The id that a `Key.name` stands for, of the type that the database compares it with."""
    return name[1:] if name.startswith("'") else int(name)


class Progress(Enum):
    """How far a row has come that was published a moment ago."""

    DONE = "done"
    TERMS = "terms"
    """All but a photo, which may yet come."""
    COMING = "coming"
    """More is surely on its way."""
    UNKNOWN = "unknown"
    MUTE = "mute"
    """Nothing will ever tell."""


class Moved(NamedTuple):
    """The rows at or behind where a look began. Unless ``whole``, other rows there are as they were."""

    keys: list[Key]
    whole: bool


class Rows(Protocol):
    """All methods ask within the transaction that is handed to them."""

    columns: tuple[str, ...]
    """The cursor columns, in the order of `Key.at`."""

    def begin(self, ask: "Ask", memory: "Memory", *, newest: int) -> list[Key]:
        """First sight: all rows, or at the least the ``newest`` and whatever `past` can't know by itself."""
        ...

    def moved(self, ask: "Ask", memory: "Memory", low: Sequence[Position]) -> Moved:
        """The rows at or behind ``low`` in any of the cursor columns, published or not."""
        ...

    def find(self, ask: "Ask", ids: Collection[str]) -> list[Key]:
        """Those of these rows (`Key.name`) that are there."""
        ...

    def at(self, ask: "Ask", url: str) -> list[Key]:
        """The rows of which one may have this address."""
        ...

    def items(self, ask: "Ask", keys: Sequence[Key]) -> Iterator[tuple[RowId, Item | None]]:
        """The whole rows; None for one that is not wanted."""
        ...

    def progress(self, ask: "Ask", keys: Sequence[Key]) -> dict[RowId, Progress]:
        """Of fresh rows."""
        ...

    def statements(self, ask: "Ask") -> dict[str, str]:
        """What polls ask, by the column that they go by: SELECTs that end in its name, to be explained."""
        ...

    def past(self, key: Key, memory: "Memory") -> bool:
        """Was the row published before the source was first looked at?"""
        ...
