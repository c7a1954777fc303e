"""Revision 0013: convert stored reasons, such as why a post waits for an editor, from sentences to codes with
parameters.

The sentences are English. An unknown sentence becomes the parameter of the code ``legacy``. The columns keep
their names and types.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import ID, read_rows
from newsbot.ledger.migrations.prose import convert, convert_action, convert_event

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0013"
down_revision = "0012"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Convert the reasons in the tables `post`, `article`, `event` and `action` to codes with parameters."""
    tx = op.get_bind()
    _convert_column(tx, "post", "held_for", "due_at", lambda row, at: convert(row.text, at))
    _convert_column(tx, "post", "reason", "due_at", lambda row, at: convert(row.text, at))
    _convert_column(tx, "article", "hold", "found_at", lambda row, at: convert(row.text, at))
    _convert_column(
        tx, "event", "detail", "at", lambda row, at: convert_event(row.kind, row.text, at), "event"
    )
    _convert_column(
        tx, "action", "detail", "at", lambda row, at: convert_action(row.kind, row.text, at), "what"
    )


def _convert_column(
    tx: sa.Connection,
    table: str,
    column: str,
    time: str,
    convert_row: Callable[[Any, datetime], dict[str, Any]],
    kind: str | None = None,
) -> None:
    """Convert the English sentences in one column of a table to reasons.

    ``time`` is the name of the column that has a time near the sentence's. ``kind`` is the name of the column
    that has the kind of event or action, None if there is no such column.
    """
    names: Any = (sa.column("id", ID), sa.column(column), sa.column(time, sa.BigInteger()))
    there = sa.table(table, *names, *((sa.column(kind),) if kind else ()))
    text = there.c[column]
    columns = [there.c.id, text.label("text"), there.c[time].label("at")]
    columns += [there.c[kind].label("kind")] if kind else []
    found = sa.select(*columns).where(text.is_not(None), text != "")
    changed = (
        sa.update(there).where(there.c.id == sa.bindparam("number")).values({column: sa.bindparam("new")})
    )
    for rows in read_rows(tx, found, there.c.id):
        new = [convert_row(row, _EPOCH + timedelta(microseconds=row.at)) for row in rows]
        texts = [json.dumps(data, separators=(",", ":")) for data in new]
        tx.execute(changed, [{"number": row.id, "new": text} for row, text in zip(rows, texts, strict=True)])
