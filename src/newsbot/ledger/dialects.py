"""Column types and SQL statements that work in the same way on SQLite and PostgreSQL.

A list of values is bound as one parameter here. An ``IN`` with one parameter for each value would be another
statement for every number of values, which SQLAlchemy, the driver and the server have to prepare each time.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from newsbot.model import Failure
from newsbot.reasons import Reason, decode_reason, encode_reason, from_json, to_json

__all__ = [
    "Among",
    "FailureText",
    "Id",
    "JsonText",
    "ReasonText",
    "SafeText",
    "UsdAmount",
    "UtcDateTime",
    "build_insert",
    "ensure_row",
    "in_list",
    "insert_all",
    "insert_new",
    "put_row",
]

# ---------------------------------------------------------------- types of database columns

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICRODOLLAR = Decimal("0.000001")

# The type of row numbers is INTEGER on SQLite, which assigns numbers by itself only to keys of that type.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """The column type of aware times, stored as whole microseconds since 1970 in UTC.

    The stored numbers are exact, and sort by time on every database.
    """

    impl = sa.BigInteger
    cache_ok = True

    # The conversion methods of the column types do not use the parameter `dialect`, but SQLAlchemy passes it.
    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


class UsdAmount(sa.TypeDecorator[Decimal]):
    """The column type of amounts in US dollars, stored as whole micro-dollars, so that sums are exact."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((value / _MICRODOLLAR).to_integral_value())

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else (int(value) * _MICRODOLLAR).normalize() + Decimal("0.00")


class JsonText(sa.TypeDecorator[Any]):
    """The column type of JSON values, stored as ASCII text.

    In this form, SQLite and PostgreSQL store any character (NUL, lone surrogates) unchanged.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class SafeText(sa.TypeDecorator[str]):
    """The column type of texts for people; NUL characters and lone surrogates are replaced before storing.

    A database can't store these characters.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


class FailureText(sa.TypeDecorator[Failure]):
    """The column type of a `Failure`, stored as the JSON list ``[code, reason]``.

    In failures that an older version of newsbot stored, the reason is a plain text.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Failure | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return json.dumps([value.code, to_json(value.reason)], separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Failure | None:  # noqa: ARG002
        return None if value is None else _decode_failure(value)


# The decoded failures are cached, because the alerts read the same stored failures each second.
@lru_cache(maxsize=4096)
def _decode_failure(text: str) -> Failure:
    code, reason = json.loads(text)
    return Failure(code, from_json(reason))


class ReasonText(sa.TypeDecorator[Reason]):
    """The column type of a `Reason`, stored as JSON.

    A missing reason (None) is stored as NULL or, in a column that takes no NULL, as the text in ``none``.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, none: str | None = None) -> None:
        super().__init__()
        self.none = none

    def process_bind_param(self, value: Reason | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        return self.none if value is None else encode_reason(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Reason | None:  # noqa: ARG002
        return decode_reason(value) if value else None


# ---------------------------------------------------------------- SQL with a list of values as one parameter


class _ListType(sa.TypeDecorator[Collection[Any]]):
    """The type of a list that is bound as one parameter: an array on PostgreSQL, JSON text on SQLite."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, *, numbers: bool) -> None:
        super().__init__()
        self.numbers = numbers

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Text())
        return dialect.type_descriptor(sa.ARRAY(sa.BigInteger() if self.numbers else sa.String()))

    def process_bind_param(self, value: Collection[Any] | None, dialect: sa.Dialect) -> Any:
        items = list(value or ())
        return json.dumps(items) if dialect.name == "sqlite" else items


class Among(FunctionElement[bool]):
    """The SQL condition that a column's value is in a list which is bound as one parameter."""

    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002  The method that this one replaces has this parameter.
        """Return the condition unchanged, because SQLAlchemy would add ``= 1`` to a boolean function on
        SQLite.

        SQLite uses no index for a condition with ``= 1``.
        """
        return self


def in_list(column: sa.ColumnElement[Any], name: str) -> Among:
    """Build the condition that ``column`` is in the list that is bound as the parameter ``name``."""
    numbers = isinstance(column.type, sa.BigInteger)
    return Among(column, sa.bindparam(name, type_=_ListType(numbers=numbers)))


@compiles(Among)
def _compile_among(element: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each({items}))"  # noqa: S608  SQLAlchemy has compiled both parts of this SQL.
    return f"{column} = ANY ({items})"


# ---------------------------------------------------------------- building and running INSERT statements


def build_insert(tx: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Build an INSERT in the database's own SQL dialect, which supports ON CONFLICT."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def ensure_row(tx: sa.Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row unless its key exists already, and return whether the row was inserted."""
    new = build_insert(tx, table).values(**values).on_conflict_do_nothing()
    # The option `preserve_rowcount` is set, because without it SQLAlchemy reports -1 as the number of
    # inserted rows on PostgreSQL.
    return tx.execute(new, execution_options={"preserve_rowcount": True}).rowcount > 0


def put_row(tx: sa.Connection, table: sa.Table, key: str, /, **values: Any) -> None:
    """Insert a row or, if a row with the same value in the column ``key`` exists, update that row."""
    new = build_insert(tx, table).values(**values)
    tx.execute(new.on_conflict_do_update(index_elements=[key], set_=values))


def insert_all(tx: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], **alike: Any) -> None:
    """Insert ``rows``, which all have the same columns; the database assigns their ids.

    ``alike`` are values of further columns, which are the same in all rows.
    """
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(sa.insert(table), [{**row, **alike} for row in rows])
        return
    names = tuple(rows[0])
    tx.execute(_build_array_insert(table, names, tuple(alike)), _build_arrays(rows, names) | alike)


def insert_new(
    tx: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *columns: sa.Column[Any]
) -> Sequence[sa.Row[Any]]:
    """Insert those ``rows`` whose keys do not exist yet, and return the ``columns`` of the inserted rows.

    The ids are assigned in the order of ``rows``; the result is in no particular order.
    """
    if not rows:
        return []
    names = tuple(rows[0])
    new, values = build_insert(tx, table), rows if tx.dialect.name == "sqlite" else _build_arrays(rows, names)
    if tx.dialect.name != "sqlite":
        given = _build_unnest(table, names, with_ordinality="place")
        new = new.from_select(names, sa.select(*(given.c[name] for name in names)).order_by(given.c.place))
    return tx.execute(new.on_conflict_do_nothing().returning(*columns), values).all()


def _build_arrays(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


@cache
def _build_array_insert(table: sa.Table, names: tuple[str, ...], alike: tuple[str, ...]) -> sa.Insert:
    """Build an INSERT for PostgreSQL with one array of values for each column in ``names``.

    PostgreSQL takes longer to parse an INSERT with a parameter for each single value. The columns in
    ``alike`` have the same value in all rows.
    """
    given = _build_unnest(table, names)
    once = (sa.bindparam(name, type_=table.c[name].type) for name in alike)
    return sa.insert(table).from_select(
        (*names, *alike), sa.select(*(given.c[name] for name in names), *once)
    )


def _build_unnest(table: sa.Table, names: tuple[str, ...], **how: str) -> sa.TableValuedAlias:
    columns: list[sa.Column[Any]] = [table.c[name] for name in names]
    arrays = (sa.bindparam(column.name, type_=sa.ARRAY(column.type)) for column in columns)
    return sa.func.unnest(*arrays).table_valued(*names, name="given", **how).render_derived()
