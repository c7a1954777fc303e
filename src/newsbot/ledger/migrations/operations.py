"""Helpers for the revisions (migrations) of the ledger's schema: the type of row numbers, partial indices,
and batches of rows.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["ID", "create_index", "read_rows"]

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_AT_ONCE = 1000  # The number of rows of a table that a migration reads in one batch.


def create_index(
    name: str, table: str, *columns: Any, where: sa.TextClause | None = None, **options: Any
) -> None:
    """Create an index of a table; with ``where``, an index of only the rows that meet the condition."""
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where, **options)


def read_rows(tx: sa.Connection, found: sa.Select[Any], number: sa.ColumnElement[int]) -> Iterator[list[Any]]:
    """Yield the rows of a query in batches, ordered by ``number``, the column that is selected as ``id``."""
    last = 0
    while rows := tx.execute(found.where(number > last).order_by(number).limit(_AT_ONCE)).all():
        last = rows[-1].id
        yield list(rows)
