"""Many rows in one statement, whose text is the same for any number of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Insert, Table, bindparam, func, insert, select

__all__ = ["insert_all"]


def insert_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """``rows`` have the same columns, and ids of their own are given to them."""
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(insert(table), rows)
        return
    names = tuple(rows[0])
    tx.execute(_from_arrays(table, names), {name: [row[name] for row in rows] for name in names})


@cache
def _from_arrays(table: Table, names: tuple[str, ...]) -> Insert:
    """An array for each column: PostgreSQL parses values given one by one for longer than it stores them."""
    columns: list[Column[Any]] = [table.c[name] for name in names]
    arrays = (bindparam(column.name, type_=ARRAY(column.type)) for column in columns)
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    return insert(table).from_select(names, select(*(given.c[name] for name in names)))
