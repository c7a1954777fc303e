"""Creation and migration of the ledger's schema. Alembic is imported only if a migration is needed."""

import os
from pathlib import Path

from sqlalchemy import Connection, text

from newsbot.errors import LedgerError, LedgerTooNew
from newsbot.imports import IMPORT_LOCK
from newsbot.ledger import indices
from newsbot.ledger.database import Database, get_shown_name
from newsbot.ledger.schema import metadata
from newsbot.reasons import LedgerCode

__all__ = [
    "HEAD",
    "MOVING",
    "VERSIONS",
    "indices",
    "prepare",
    "verify",
    "version",
]  # The import of `indices` adds the indices to the ledger's tables.

HEAD = "0019"
"""The newest schema revision. Revisions count up; a test checks that Alembic finds the same newest one."""

MOVING = "moving"
"""The revision of a database while a ledger is moved to it, so that no newsbot uses the part of a ledger."""

VERSIONS = (Path(__file__).parent / "versions",)
# The key of the PostgreSQL advisory lock under which a process creates or migrates the schema.
_LOCK = 0x6E657773


def prepare(database: Database, *, upgrade: bool) -> None:
    """Create the ledger's schema if there is none; migrate an older schema if ``upgrade`` is true.

    Raises:
        LedgerTooNew: a newer newsbot wrote the database.
        LedgerError: the schema is older and ``upgrade`` is false, or the database can't be written.
    """
    if database.sqlite:
        _check_file(database)
    with database.read() as tx:
        found = version(tx)
    if found == HEAD:
        return
    _refuse(found, database, upgrade=upgrade)
    if database.sqlite:
        with database.open_raw_connection() as raw:
            raw.execute("PRAGMA journal_mode = WAL")
    with database.write() as tx:
        if not database.sqlite:
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # The schema's revision is read again, because another process may have created the schema meanwhile.
        found = version(tx)
        if found is None:
            _create(tx)
        elif found != HEAD:
            with database.lift_time_limits(tx):
                _upgrade(tx)


def verify(tx: Connection, database: Database) -> None:
    """Check that the database has this version's schema and can be written; ``tx`` is a write transaction.

    Raises:
        LedgerError: the schema is missing or of another version, or PostgreSQL's server is read-only.
    """
    found = version(tx)
    if found is None:
        raise LedgerError(LedgerCode.TABLES_LOST(name=get_shown_name(database.url)))
    _refuse(found, database, upgrade=False)
    if not database.sqlite and tx.execute(text("SHOW transaction_read_only")).scalar() == "on":
        raise LedgerError(LedgerCode.DATABASE_READ_ONLY(name=get_shown_name(database.url)))


def version(tx: Connection) -> str | None:
    """Return the schema revision of the database; None if the database has no schema of newsbot."""
    if tx.dialect.name == "sqlite":
        there = tx.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).scalar()
    else:
        # The query avoids PostgreSQL's function to_regclass, whose cache is stale after a wait for a lock.
        here = text(
            "SELECT 1 FROM pg_tables "
            "WHERE schemaname = ANY (current_schemas(false)) AND tablename = 'alembic_version'"
        )
        there = tx.execute(here).scalar()
    found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar() if there else None
    return None if found is None else str(found)


def _refuse(found: str | None, database: Database, *, upgrade: bool) -> None:
    if found is None or found == HEAD:
        return
    if found == MOVING:
        raise LedgerError(LedgerCode.PART_OF_LEDGER(name=get_shown_name(database.url)))
    if found > HEAD:
        raise LedgerTooNew(
            LedgerCode.DATABASE_TOO_NEW(name=get_shown_name(database.url), then=found, now=HEAD)
        )
    if not upgrade:
        raise LedgerError(
            LedgerCode.DATABASE_TOO_OLD(name=get_shown_name(database.url), then=found, now=HEAD)
        )


def _check_file(database: Database) -> None:
    path, name = Path(database.url.database or ""), get_shown_name(database.url)
    if not path.parent.is_dir():
        raise LedgerError(LedgerCode.NO_PARENT_FOLDER(name=name, path=path.parent))
    if path.is_dir():
        raise LedgerError(LedgerCode.DATABASE_IS_FOLDER(name=name))
    # SQLite keeps its write-ahead log in files beside the database, so the folder must be writable too.
    for needed in (path.parent, path):
        if needed.exists() and not os.access(needed, os.W_OK):
            raise LedgerError(LedgerCode.PATH_NOT_WRITABLE(name=name, path=needed))


def _create(tx: Connection) -> None:
    """Create the tables of the newest schema in an empty database, without running the migrations.

    A test compares this schema with the schema that all migrations together produce.
    """
    metadata.create_all(tx)
    tx.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    tx.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


def _upgrade(tx: Connection) -> None:
    with IMPORT_LOCK:
        from alembic import command  # noqa: PLC0415  Alembic takes 140 ms and 10 MB, which a database with the newest schema doesn't need.
        from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": tx})
    for option, value in (
        ("script_location", str(Path(__file__).parent)),
        ("version_locations", "\n".join(str(folder) for folder in VERSIONS)),
        ("path_separator", "newline"),
    ):
        config.set_main_option(option, value.replace("%", "%%"))
    command.upgrade(config, "head")
