"""Many rows in one statement, whose text is the same for any number of them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Insert, Row, Table, bindparam, func, insert, select

__all__ = ["insert_all", "insert_returning"]


def insert_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], **alike: Any) -> None:
    """``rows`` have the same columns, ``alike`` are further ones with one value for all of them.

    Ids of their own are given to them.
    """
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(insert(table), [{**row, **alike} for row in rows])
        return
    tx.execute(*_at_once(table, rows, alike))


def insert_returning(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *columns: Column[Any]
) -> Sequence[Row[Any]]:
    """`insert_all`, and what ``columns`` became in the rows, in no order."""
    if not rows:
        return []
    if tx.dialect.name == "sqlite":
        return tx.execute(insert(table).returning(*columns), rows).all()
    statement, values = _at_once(table, rows, {})
    return tx.execute(statement.returning(*columns), values).all()


def _at_once(
    table: Table, rows: Sequence[Mapping[str, Any]], alike: Mapping[str, Any]
) -> tuple[Insert, dict[str, Any]]:
    names = tuple(rows[0])
    arrays = {name: [row[name] for row in rows] for name in names}
    return _from_arrays(table, names, tuple(alike)), arrays | dict(alike)


@cache
def _from_arrays(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Insert:
    """An array for each column: PostgreSQL parses values given one by one for longer than it stores them."""
    columns: list[Column[Any]] = [table.c[name] for name in names]
    arrays = (bindparam(column.name, type_=ARRAY(column.type)) for column in columns)
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    once = (bindparam(name, type_=table.c[name].type) for name in alike)
    return insert(table).from_select((*names, *alike), select(*(given.c[name] for name in names), *once))
