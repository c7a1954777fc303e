"""SQL statements that differ between SQLite and PostgreSQL: IN lists, and inserts of many or of new rows.

An ``IN`` with one parameter for each value is another statement for every number of values, which SQLAlchemy,
the driver and the server prepare each time. So a whole list is bound as one parameter here.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    Insert,
    Row,
    String,
    Table,
    TableValuedAlias,
    Text,
    TypeDecorator,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["Among", "build_insert", "ensure_row", "in_list", "insert_all", "insert_new"]


class _ListType(TypeDecorator[Collection[Any]]):
    """The type of a list that is bound as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(BigInteger() if self.numbers else String()))

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        items = list(value or ())
        return json.dumps(items) if dialect.name == "sqlite" else items


class Among(FunctionElement[bool]):
    """The SQL condition that a column's value is in a list which is bound as one parameter."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002  The method that this one replaces has this parameter.
        """Return the condition itself, where SQLAlchemy would add ``= 1`` to a boolean function on SQLite.

        SQLite uses no index for a condition with ``= 1``.
        """
        return self


def in_list(column: ColumnElement[Any], name: str) -> Among:
    """Build the condition that ``column`` is in the list that is bound as the parameter ``name``."""
    numbers = isinstance(column.type, BigInteger)
    return Among(column, bindparam(name, type_=_ListType(numbers=numbers)))


@compiles(Among, "sqlite")
def _compile_for_sqlite(element: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({items}))"  # noqa: S608  SQLAlchemy has compiled both parts of this SQL.


@compiles(Among, "postgresql")
def _compile_for_postgresql(element: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY ({items})"


def build_insert(tx: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Build an INSERT in the database's own SQL dialect, which supports ON CONFLICT."""
    if tx.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415  Only the dialect of the database in use is imported.

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def ensure_row(tx: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless its key exists already, and return whether the row was inserted."""
    new = build_insert(tx, table).values(**values).on_conflict_do_nothing()
    # Without `preserve_rowcount`, SQLAlchemy reports -1 as the number of inserted rows on PostgreSQL.
    return tx.execute(new, execution_options={"preserve_rowcount": True}).rowcount > 0


def insert_all(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], **alike: Any) -> None:
    """Insert ``rows``, which all have the same columns; the database assigns their ids.

    ``alike`` are values of further columns, which are the same in all rows.
    """
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(insert(table), [{**row, **alike} for row in rows])
        return
    names = tuple(rows[0])
    tx.execute(_build_array_insert(table, names, tuple(alike)), _build_arrays(rows, names) | alike)


def insert_new(
    tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *columns: Column[Any]
) -> Sequence[Row[Any]]:
    """Insert those ``rows`` whose keys do not exist yet, and return the ``columns`` of the inserted rows.

    The ids are assigned in the order of ``rows``; the result is in no particular order.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    new, values = build_insert(tx, table), rows if tx.dialect.name == "sqlite" else _build_arrays(rows, names)
    if tx.dialect.name != "sqlite":
        given = _build_unnest(table, names, with_ordinality="place")
        new = new.from_select(names, select(*(given.c[name] for name in names)).order_by(given.c.place))
    return tx.execute(new.on_conflict_do_nothing().returning(*columns), values).all()


def _build_arrays(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


@cache
def _build_array_insert(table: Table, names: tuple[str, ...], alike: tuple[str, ...]) -> Insert:
    """Build an INSERT for PostgreSQL with one array of values for each column.

    PostgreSQL takes longer to parse an INSERT with a parameter for each single value.

    ``alike`` are the names of columns that have the same value in all rows.
    """
    given = _build_unnest(table, names)
    once = (bindparam(name, type_=table.c[name].type) for name in alike)
    return insert(table).from_select((*names, *alike), select(*(given.c[name] for name in names), *once))


def _build_unnest(table: Table, names: tuple[str, ...], **how: str) -> TableValuedAlias:
    columns: list[Column[Any]] = [table.c[name] for name in names]
    arrays = (bindparam(column.name, type_=ARRAY(column.type)) for column in columns)
    return func.unnest(*arrays).table_valued(*names, name="given", **how).render_derived()
