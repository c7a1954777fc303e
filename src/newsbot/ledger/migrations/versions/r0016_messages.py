"""Revision 0016: convert the errors, warnings and notes of older versions to codes with parameters too.

A part (message) of a post whose text was deleted from the ledger gets the key ``redacted``. An unknown
English text becomes the parameter of the code ``legacy``. The columns keep their names and types.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.messages import convert_message, mend_reason
from newsbot.ledger.migrations.operations import ID, read_rows

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0016"
down_revision = "0015"

_REASONS = {
    "article": ("hold", "note"),
    "post": ("held_for", "reason"),
    "event": ("detail",),
    "action": ("detail",),
}
"""The columns of reasons in those tables whose rows have a number."""

_FORMER = '"code":"legacy"', '"code":"because"'
"""Texts of which the JSON of a stored reason contains one if the reason may have to be converted."""

_QUOTATION = '"code":"text"'
"""A text that the JSON of a note or failure contains, too, if the note or failure quotes an English
message.
"""


def upgrade() -> None:
    """Convert the English messages in all tables to reasons, and mark the parts whose text was deleted."""
    tx = op.get_bind()
    for table, columns in _REASONS.items():
        for column in columns:
            _convert_rows(tx, table, column, _convert_note if column == "note" else _convert_reason)
    for table in ("article", "post", "amendment"):
        _convert_rows(tx, table, "error", _convert_failure)
    _convert_rows(tx, "post", "warnings", _convert_warnings)
    _mark_redacted_parts(tx, "post", "parts")
    _mark_redacted_parts(tx, "amendment", "before")
    _mark_redacted_parts(tx, "amendment", "after")
    _convert_rows(tx, "article", "article", _convert_article)
    _convert_table(tx, "source", "error", ("name",), _convert_failure)
    _convert_table(tx, "stage_result", "error", ("stage", "key"), _convert_failure)
    _convert_table(tx, "receipt", "note", ("post_id", "part"), _convert_reason)
    _convert_table(tx, "channel", "reason", ("name",), _convert_reason)
    _convert_table(tx, "fence", "why", ("id",), _convert_reason)


# ---------------------------------------------------------------- the texts of one column


def _convert_reason(text: str) -> str:
    """Convert a stored reason, which may be an English text of an older version, to today's JSON."""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    return _dump(mend_reason(data) if isinstance(data, dict) else convert_message(text))


def _convert_note(text: str) -> str:
    """Convert an article's note (why it has no posts), in which messages of newsbot were English text."""
    try:
        data = json.loads(text)
    except ValueError:
        return _convert_reason(text)
    rows = data["params"]["sentences"] if data["code"] == "sentences" else [data]
    for each in rows:
        if each["code"] == "text":
            each["code"] = "legacy"
    return _dump(mend_reason(data))


def _convert_failure(text: str) -> str:
    """Convert a stored failure ``[code, reason]``, whose reason an older version stored as English text."""
    code, reason = json.loads(text)
    return _dump([code, _convert_words(reason)])


def _convert_warnings(text: str) -> str:
    """Convert a stored list of warnings, each ``[code, reason]``, whose reason may be an English text."""
    return _dump([[code, _convert_words(reason)] for code, reason in json.loads(text)])


def _convert_article(text: str) -> str:
    """Convert the warnings in the stored JSON of an article, whose reasons may be English texts."""
    data = json.loads(text)
    warnings = data.get("warnings") or ()
    return _dump({**data, "warnings": [[code, _convert_words(reason)] for code, reason in warnings]})


def _convert_words(reason: Any) -> Any:
    if isinstance(reason, str):
        return convert_message(reason)
    if reason["code"] == "text":
        known = convert_message(reason["params"]["words"])
        return reason if known["code"] == "legacy" else known
    return mend_reason(reason)


def _dump(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))


# ---------------------------------------------------------------- parts of posts whose text was deleted

# Schema 0015 stored a text of this form in place of the deleted text of a part (message) of a post.
_REDACTED = re.compile("redacted [0-9a-f]{32}")


def _mark_redacted_parts(tx: sa.Connection, table: str, column: str) -> None:
    """Add the key ``redacted`` to the parts of posts in a column of a table if a part's text was deleted."""
    there = sa.table(table, sa.column("id", ID), sa.column(column, sa.Text()))
    found = sa.select(there.c.id, there.c[column].label("text"))
    found = found.where(there.c[column].contains('"redacted ', autoescape=True))
    for rows in read_rows(tx, found, there.c.id):
        _write(tx, there, column, rows, ("id",), _mark_redacted)


def _mark_redacted(text: str) -> str:
    data = json.loads(text)
    parts = data if isinstance(data, list) else [data]
    for part in parts:
        if _REDACTED.fullmatch(part["text"]):
            part["redacted"] = True
    return _dump(data)


# ---------------------------------------------------------------- the rows of one table


def _convert_rows(tx: sa.Connection, table: str, column: str, convert: Callable[[str], str]) -> None:
    """Convert the texts in one column of a table by the function ``convert``, in batches by row number."""
    there = sa.table(table, sa.column("id", ID), sa.column(column, sa.Text()))
    former = (*_FORMER, _QUOTATION) if column in {"error", "note"} else _FORMER
    found = sa.select(there.c.id, there.c[column].label("text"))
    found = found.where(*_select_former(there.c[column], former))
    for rows in read_rows(tx, found, there.c.id):
        _write(tx, there, column, rows, ("id",), convert)


def _convert_table(
    tx: sa.Connection, table: str, column: str, keys: tuple[str, ...], convert: Callable[[str], str]
) -> None:
    """Convert the texts in one column of a table by ``convert``; ``keys`` are the primary key's columns."""
    there = sa.table(table, *map(sa.column, keys), sa.column(column, sa.Text()))
    named = (there.c[key] for key in keys)
    found = sa.select(*named, there.c[column].label("text"))
    found = found.where(*_select_former(there.c[column], _FORMER))
    _write(tx, there, column, tx.execute(found).all(), keys, convert)


def _select_former(column: sa.ColumnElement[str], former: Iterable[str]) -> Iterable[sa.ColumnElement[bool]]:
    """Return the SQL conditions that select the texts in a column which have to be converted.

    These are texts that are no reason's JSON, and reasons whose JSON contains one of the texts in ``former``.
    """
    words = (column.contains(word, autoescape=True) for word in former)
    return column.is_not(None), column != "", sa.or_(~column.contains('"code":', autoescape=True), *words)


def _try_conversion(convert: Callable[[str], str], text: str) -> str:
    """Return the converted text, or ``text`` unchanged if it is damaged.

    A damaged reason does no harm, because no reason is needed to send a post.
    """
    try:
        return convert(text)
    except (AttributeError, KeyError, TypeError, ValueError):
        return text


def _write(
    tx: sa.Connection,
    there: sa.TableClause,
    column: str,
    rows: Iterable[Any],
    keys: tuple[str, ...],
    convert: Callable[[str], str],
) -> None:
    given = [
        {**{f"key_{key}": getattr(row, key) for key in keys}, "new": new}
        for row in rows
        if (new := _try_conversion(convert, row.text)) != row.text
    ]
    if given:
        mine = (there.c[key] == sa.bindparam(f"key_{key}") for key in keys)
        tx.execute(sa.update(there).where(*mine).values({column: sa.bindparam("new")}), given)
