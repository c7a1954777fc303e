"""Diagnostics of a CMS's database for the command `check --online`.

The command reports newsbot's rights in the database, the cost of polls and the tables' prefix. If no
WordPress has the configured table prefix, the error names the prefixes that exist.
"""

# ruff: noqa: S608  The SQL is the operator's own query, which EXPLAIN gets in a read-only transaction.

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from newsbot.reasons import SourceCode, list_names
from newsbot.sources.database.connection import DatabaseConnection, ReadTransaction
from newsbot.sources.database.scan import CursorState, DatabaseScan, parse_row_id
from newsbot.sources.database.source import DatabaseSettings

__all__ = ["examine", "require_prefix"]

_WRITES = re.compile(r"\b(?:ALL PRIVILEGES|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER)\b")
_POSTGRES_WRITES = """
SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema')
AND (has_table_privilege(pg_class.oid, 'INSERT') OR has_table_privilege(pg_class.oid, 'UPDATE')) LIMIT 1
"""
# The least number of rows that a poll reads for which a missing index is reported; with fewer rows an index
# saves nothing.
_MANY = 1000


def examine(scan: DatabaseScan) -> list[str]:
    """Examine a CMS's database for the command `check --online`; return lines about what was found.

    Raises:
        SourceError: The database can't be queried.
    """
    memory = scan.scan_first().memory
    with scan.link.view() as ask:
        return [_describe_account(ask, scan.link), *_check_plans(ask, memory, scan)]


def _describe_account(ask: ReadTransaction, link: DatabaseConnection) -> str:
    who, writes = "newsbot", ask.dialect == "sqlite" and os.access(link.place, os.W_OK)
    if ask.dialect == "mysql":
        who = ask.fetch_all("SELECT CURRENT_USER() AS who")[0]["who"]
        grants = [str(grant) for row in ask.fetch_all("SHOW GRANTS") for grant in row.values()]
        writes = any(map(_WRITES.search, grants))
    elif ask.dialect == "postgresql":
        who = ask.fetch_all("SELECT current_user AS who")[0]["who"]
        writes = bool(ask.fetch_all(_POSTGRES_WRITES))
    told = f"reads {link.place} as {who}"
    if not writes:
        return f"{told}, which can't write there"
    return f"{told}, which could write there: newsbot never does, but an account with SELECT alone is safer"


def _check_plans(ask: ReadTransaction, memory: CursorState, scan: DatabaseScan) -> Iterator[str]:
    """Yield a line for each column by which a poll selects rows; the line says whether an index makes the
    poll fast.
    """
    for column, sql in scan.rows.statements(ask).items():
        value: Any
        if column in scan.rows.columns:
            condition, value = ">= :value", memory.high.get(column)
        else:
            condition, value = "IN :value", [parse_row_id(name) for name in memory.given] or None
        if value is not None:
            types = {"types": list(scan.settings.post_types)} if ":types" in sql else {}
            scanned = _find_scanned_tables(ask, f"{sql} {condition}", {"value": value, **types})
            yield _describe_index_use(ask, column, scanned, scan.settings)


def _describe_index_use(
    ask: ReadTransaction, column: str, scanned: list[str], settings: DatabaseSettings
) -> str:
    """Return a line that says whether an index serves polls by ``column``, and if not, how to create one.

    ``scanned`` are the large tables that a poll reads whole.
    """
    target = _cursor_target(settings, column)
    indexed = _is_indexed(ask, *target) if target else None
    index = f"CREATE INDEX newsbot_{target[1]} ON {target[0]} ({target[1]})" if target else ""
    whole = ", ".join(scanned)
    if scanned and indexed:
        return f"{column} has an index, but each poll reads all of {whole}: the query keeps it from use"
    if scanned:
        wordpress = settings.preset == "wordpress"
        cost = "edits of old posts are noticed minutes later" if wordpress else "each poll reads all of it"
        would = f"; this would: {index}" if index else ""
        return f"no index of {whole} serves {column}, so {cost}{would}"
    if indexed:
        return f"an index serves {column}"
    if target and indexed is not None:
        return f"no index of {target[0]} serves {column}; for its few rows it needs none, for more: {index}"
    return f"polls by {column} read few rows"


def _is_indexed(ask: ReadTransaction, table: str, column: str) -> bool | None:
    """Return whether a table has an index whose first column is ``column``; None if the table's indices are
    not known.
    """
    indices = ask.indices(table)
    return None if indices is None else any(columns[:1] == [column.lower()] for columns in indices)


def _cursor_target(settings: DatabaseSettings, column: str) -> tuple[str, str] | None:
    """Return the CMS's table and column from which the operator's query takes the values of the cursor column
    ``column``.

    Return None if the query computes the values, or if it is too complex to be read by the regular
    expressions here.
    """
    if settings.preset == "wordpress":
        return f"{settings.prefix}posts", column
    query, alias = settings.query or "", rf"AS\s+[`\"]?{re.escape(column)}\b"
    named = re.search(rf"([\w.]+)\s+{alias}", query, re.IGNORECASE)
    if not named and re.search(alias, query, re.IGNORECASE):
        return None
    of, _, base = (named[1] if named else column).rpartition(".")
    tables = re.findall(r"\b(?:FROM|JOIN)\s+([\w.]+)(?:\s+(?:AS\s+)?(\w+))?", query, re.IGNORECASE)
    chosen = [table for table, short in tables if of in {table, short} or (not of and len(tables) == 1)]
    return (chosen[0], base) if len(chosen) == 1 else None


def _find_scanned_tables(ask: ReadTransaction, sql: str, values: Mapping[str, Any]) -> list[str]:
    """Return the large tables that a statement reads whole, according to the database's query plan."""
    match ask.dialect:
        case "mysql":
            plan = ask.fetch_all(f"EXPLAIN {sql}", **values)
            # A table counts as read whole by the number of rows in the plan, because MySQL calls an index
            # used even if the index excludes no row.
            return [row["table"] for row in plan if int(row["rows"] or 0) > _MANY]
        case "postgresql":
            told = ask.fetch_all(f"EXPLAIN (FORMAT JSON) {sql}", **values)[0]["QUERY PLAN"]
            plans = json.loads(told) if isinstance(told, str) else told
            return [name for one in plans for name in _find_sequential_scans(ask, one["Plan"])]
        case "sqlite":
            plan = ask.fetch_all(f"EXPLAIN QUERY PLAN {sql}", **values)
            sign = re.compile(r"SCAN (?:TABLE )?(\w+)(?! USING COVERING)")
            tables = [found[1] for row in plan if (found := sign.match(str(row["detail"])))]
            return [table for table in tables if _is_large(ask, table)]
    return []


def _find_sequential_scans(ask: ReadTransaction, plan: Mapping[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        size = ask.fetch_all(
            "SELECT reltuples AS size FROM pg_class WHERE oid = to_regclass(:name)",
            name=plan["Relation Name"],
        )
        if size and size[0]["size"] > _MANY:
            yield plan["Relation Name"]
    for inner in plan.get("Plans", ()):
        yield from _find_sequential_scans(ask, inner)


def _is_large(ask: ReadTransaction, table: str) -> bool:
    try:
        return len(ask.fetch_all(f"SELECT 1 FROM {ask.quote(table)} LIMIT {_MANY + 1}")) > _MANY
    except Exception:  # noqa: BLE001  The name is probably an alias, whose table counts as large.
        return True


# The names of tables, without prefix, that every WordPress has besides its table of posts; by these newsbot
# finds the prefixes of WordPress's tables.
_BESIDE = ("postmeta", "terms", "term_taxonomy")
# The most table prefixes that an error message lists; a WordPress multisite has one for each site.
_SHOWN = 8


def require_prefix(link: DatabaseConnection, prefix: str) -> None:
    """Check that newsbot's account can see a table of posts with WordPress's configured table prefix.

    Only a MySQL or MariaDB database is checked.

    Raises:
        SourceError: There is no such table (the message names the prefixes found), or the query failed.
    """
    with link.view() as ask:
        if ask.dialect != "mysql":
            return
        asked = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()"
        names = {str(row["name"]) for row in ask.fetch_all(asked)}
    # The names of tables are compared without regard to case, because some servers store them in lower case.
    if f"{prefix}posts".lower() in map(str.lower, names):
        return
    prefixes = [name.removesuffix("posts") for name in sorted(names) if name.endswith("posts")]
    there = [each for each in prefixes if names.issuperset(f"{each}{table}" for table in _BESIDE)]
    if not there:
        raise link.make_error(SourceCode.NO_WORDPRESS_TABLES(name=prefix))
    shown = [*there[:_SHOWN], *(["…"] if len(there) > _SHOWN else [])]
    raise link.make_error(SourceCode.OTHER_TABLE_PREFIX(name=prefix, reasons=list_names(shown)))
