"""The rows of the ledger's tables as the database stores them, read in the same order on SQLite and
PostgreSQL.

A move copies and compares rows in this form: numbers, texts and booleans, as the database's driver returns
them, before newsbot decodes a time or JSON. So nothing is decoded that could not be encoded in the same way
again.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    String,
    Table,
    TypeDecorator,
    collate,
    column,
    func,
    literal,
    select,
    table,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from newsbot.ledger.schema import instance, metadata

__all__ = ["Row", "StoredTable", "find_difference", "list_stored_tables"]

# The number of rows of a table that a move of the ledger reads at once; it is small, because a row with a
# long article takes some hundred kilobytes.
_AT_ONCE = 500
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

Row = Sequence[Any]


class StoredTable:
    """One table of the ledger, whose rows a move to PostgreSQL reads in the order of their primary key."""

    def __init__(self, described: Table) -> None:
        self.name = described.name
        self.columns = [each.name for each in described.columns]
        self.key = [self.columns.index(each.name) for each in described.primary_key]
        # The column whose numbers the database assigns; None if the table has no such column.
        self.numbered: str | None = getattr(described.autoincrement_column, "name", None)
        types = [_find_stored_type(each) for each in described.columns]
        self._texts = [number for number, each in enumerate(types) if isinstance(each, String)]
        parts = [column(name, kind) for name, kind in zip(self.columns, types, strict=True)]
        self._table = table(self.name, *parts)
        self._keys = [parts[number] for number in self.key]

    def count(self, tx: Connection) -> int:
        """Return the number of rows that this table of the ledger has."""
        return int(tx.execute(select(func.count()).select_from(self._table)).scalar_one())

    def find_last_number(self, tx: Connection) -> int:
        """Return the greatest number that the database assigned to a row of the table; 0 without rows."""
        if self.numbered is None:
            return 0
        return tx.execute(select(func.max(self._table.c[self.numbered]))).scalar() or 0

    def read(self, tx: Connection, *, after: Row = (), limit: int | None = None) -> Iterator[list[Row]]:
        """Yield the table's rows in lists, in the order of the primary key, beginning after the row with the
        key ``after``.

        Every list but the last one has the same length.
        """
        # Texts are sorted by their bytes on both databases, whatever the locale of PostgreSQL's database is,
        # so that both return the rows in the same order.
        collation = "BINARY" if tx.dialect.name == "sqlite" else "C"
        order = [collate(each, collation) if isinstance(each.type, String) else each for each in self._keys]
        found = select(*self._table.columns).order_by(*order).limit(limit)
        if after:
            values = [literal(value, each.type) for value, each in zip(after, self._keys, strict=True)]
            found = found.where(tuple_(*self._keys) > tuple_(*values))
        result = tx.execute(found, execution_options={"yield_per": _AT_ONCE})
        for rows in result.partitions():
            yield [tuple(row) for row in rows]

    def get_key(self, row: Row) -> Row:
        """Return the values of the row's primary key."""
        return [row[number] for number in self.key]

    def find_nul(self, rows: Sequence[Row]) -> bool:
        """Return whether a text in the rows has a NUL character, which PostgreSQL can't store."""
        return any(_has_nul(row[number]) for row in rows for number in self._texts)

    def replace_nul(self, row: Row) -> tuple[Row, int]:
        """Return the row with U+FFFD in place of each NUL character, which PostgreSQL can't store, and the
        number of characters replaced.

        The key of a row stays as it is.
        """
        places = [n for n in self._texts if n not in self.key and _has_nul(row[n])]
        count = sum(row[n].count("\0") for n in places)
        new = [value.replace("\0", _REPLACEMENT) if n in places else value for n, value in enumerate(row)]
        return tuple(new), count


def list_stored_tables() -> list[StoredTable]:
    """Return the ledger's tables, each after the tables to which its foreign keys refer.

    The table of services is the last one, because each attempt to move the ledger changes it.
    """
    others = [each for each in metadata.sorted_tables if each is not instance]
    return [StoredTable(each) for each in (*others, instance)]


def find_difference(
    stored: StoredTable, source: Iterator[list[Row]], copy: Iterator[list[Row]]
) -> Iterator[Row | None]:
    """Compare a table's rows with their copies, list by list.

    Yield None for each pair of equal lists. At the first row that differs or is missing, yield the row's key,
    and end.
    """
    for ours, theirs in zip_longest(source, copy, fillvalue=()):
        expected = [stored.replace_nul(row)[0] for row in ours] if stored.find_nul(ours) else list(ours)
        if expected == list(theirs):
            yield None
            continue
        pairs = zip_longest(expected, theirs)
        row, other = next((one, two) for one, two in pairs if one != two)
        yield stored.get_key(row if row is not None else other)
        return


def _has_nul(value: object) -> bool:
    return isinstance(value, str) and "\0" in value


def _find_stored_type(described: Column[Any]) -> TypeEngine[Any]:
    kind = described.type
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
