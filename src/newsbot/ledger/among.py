"""``column IN`` a list that is one bound value: the same statement for any length.

An expanded ``IN`` is another text for every length, which everybody on its way prepares anew.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Dialect, String, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

__all__ = ["Among", "among"]


class _List(TypeDecorator[Collection[Any]]):
    """An array on PostgreSQL, JSON on SQLite."""

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
    """Of a column and a bound list."""

    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "Among":  # noqa: ARG002  SQLAlchemy's
        """As it is: with the ``= 1`` that booleans get on SQLite no index would be used."""
        return self


def among(column: ColumnElement[Any], name: str) -> Among:
    """``column`` is one of the list bound as ``name``."""
    numbers = isinstance(column.type, BigInteger)
    return Among(column, bindparam(name, type_=_List(numbers=numbers)))


@compiles(Among, "sqlite")
def _on_sqlite(element: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({items}))"  # noqa: S608  compiled SQL


@compiles(Among, "postgresql")
def _on_postgresql(element: Among, compiler: SQLCompiler, **how: Any) -> str:
    column, items = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY ({items})"
