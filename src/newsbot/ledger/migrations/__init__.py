"""Creation and migration of the ledger's schema. Alembic is imported only if a migration is needed.

While services are upgraded one after the other, two versions of newsbot work on one PostgreSQL ledger. So a
revision is a step that either adds (``expand``) or drops (``contract``) parts of the schema; docs/adr has the
rules. The database stores the oldest revision whose newsbot can still work with the schema.
"""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import Connection, func, null, select, text

from newsbot.errors import LedgerError, LedgerTaken, LedgerTooNew
from newsbot.imports import IMPORT_LOCK
from newsbot.ledger import indices
from newsbot.ledger.database import Database, get_shown_name
from newsbot.ledger.schema import instance, metadata
from newsbot.reasons import LedgerCode

__all__ = [
    "HEAD",
    "MOVING",
    "OLDEST",
    "VERSIONS",
    "indices",
    "prepare",
    "refuse_newer_schema",
    "verify",
    "verify_for_service",
    "version",
]  # The import of `indices` is needed because it adds the indices to the ledger's tables.

HEAD = "0022"
"""The newest schema revision. Revisions count up; a test checks that Alembic finds the same newest one."""

OLDEST = "0019"
"""The oldest revision whose newsbot works with the newest schema; a test computes it from the revisions."""

MOVING = "moving"
"""The word that a database has in place of its schema's revision while a ledger is moved to it, so that no
version of newsbot uses the incomplete ledger.
"""

VERSIONS = (Path(__file__).parent / "versions",)
# The key of the PostgreSQL advisory lock under which a process creates or migrates the schema.
_LOCK = 0x6E657773
# The first schema revision in which the row of a running service says up to which revision the service knows
# the schema, and the revision that a service without this entry is assumed to know.
_TOLD_SINCE, _UNTOLD = "0020", "0019"

ListInstances = Callable[[Connection], Collection[int]]


def prepare(database: Database, list_living: ListInstances, *, upgrade: bool) -> None:
    """Create the ledger's schema if there is none; migrate an older schema if ``upgrade`` is true.

    ``list_living`` returns the ids of the services that run. A newer schema is left alone if this version can
    work with it.

    Raises:
        LedgerTooNew: a newer newsbot changed the schema so far that this version can't work with it.
        LedgerTaken: a running service could not work with the new schema.
        LedgerError: the schema is older and ``upgrade`` is false, or the database can't be written.
    """
    if database.sqlite:
        _check_file(database)
    with database.read() as tx:
        found = version(tx)
        if _fits(tx, found):
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
        elif not _fits(tx, found):
            _refuse_older_services(tx, database, list_living, found)
            with database.lift_time_limits(tx):
                _upgrade(tx)


def verify(tx: Connection, database: Database) -> None:
    """Check that this version can work with the schema and can write to the database; ``tx`` is a write
    transaction.

    Raises:
        LedgerError: the schema is missing, too old or too new, or PostgreSQL's server is read-only.
    """
    found = version(tx)
    if found is None:
        raise LedgerError(LedgerCode.TABLES_LOST(name=get_shown_name(database.url)))
    if not _fits(tx, found):
        _refuse(found, database, upgrade=False)
    if not database.sqlite and tx.execute(text("SHOW transaction_read_only")).scalar() == "on":
        raise LedgerError(LedgerCode.DATABASE_READ_ONLY(name=get_shown_name(database.url)))


def refuse_newer_schema(tx: Connection, database: Database) -> None:
    """Refuse an operation, such as a backup, that would leave out tables which this version of newsbot does
    not know.

    Raises:
        LedgerTooNew: a newer newsbot has migrated the schema.
    """
    _refuse(version(tx), database, upgrade=True)


def verify_for_service(tx: Connection, database: Database) -> None:
    """Check the schema in the transaction that adds this process to the services that run.

    Until the transaction ends, no other process migrates the schema. So the next process that migrates it
    finds this service in the table.

    Raises:
        LedgerError: see `verify`.
    """
    if not database.sqlite:
        tx.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _LOCK})
    verify(tx, database)


def version(tx: Connection) -> str | None:
    """Return the schema revision of the database; None if the database has no schema of newsbot."""
    if tx.dialect.name == "sqlite":
        there = tx.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).scalar()
    else:
        # The query for the schema's revision avoids PostgreSQL's function to_regclass, whose cache is stale
        # after a wait for a lock.
        here = text(
            "SELECT 1 FROM pg_tables "
            "WHERE schemaname = ANY (current_schemas(false)) AND tablename = 'alembic_version'"
        )
        there = tx.execute(here).scalar()
    found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar() if there else None
    return None if found is None else str(found)


def _fits(tx: Connection, found: str | None) -> bool:
    """Return whether this version of newsbot works with the schema revision ``found``."""
    if found is None or found == MOVING or found <= HEAD:
        return found == HEAD
    oldest = tx.execute(text("SELECT oldest FROM alembic_version")).scalar()
    return oldest is not None and oldest <= HEAD


def _refuse(found: str | None, database: Database, *, upgrade: bool) -> None:
    if found is None:
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


def _refuse_older_services(
    tx: Connection, database: Database, list_living: ListInstances, found: str
) -> None:
    """Refuse to migrate the schema from the revision ``found`` while a service runs that would not work with
    the new schema.

    In revisions earlier than 0019, no rows tell which services run, so nothing is refused.

    Raises:
        LedgerTaken: such a service runs.
    """
    if found < _UNTOLD:
        return
    revision = instance.c.revision if found >= _TOLD_SINCE else null()
    older = select(instance.c.host, instance.c.pid).where(
        instance.c.id.in_(list(list_living(tx))), func.coalesce(revision, _UNTOLD) < OLDEST
    )
    if one := tx.execute(older.order_by(instance.c.id)).first():
        name = get_shown_name(database.url)
        raise LedgerTaken(LedgerCode.OLDER_SERVICE(name=name, host=one.host, number=str(one.pid)))


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

    A test compares this schema with the schema that all migrations together produce. Older versions can't
    work with it, because what this version no longer uses is not created.
    """
    metadata.create_all(tx)
    number = "version_num VARCHAR(32) NOT NULL PRIMARY KEY"
    tx.execute(text(f"CREATE TABLE alembic_version ({number}, oldest VARCHAR(32))"))
    tx.execute(
        text("INSERT INTO alembic_version (version_num, oldest) VALUES (:head, :head)"), {"head": HEAD}
    )


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
    newer = text("UPDATE alembic_version SET oldest = :oldest WHERE coalesce(oldest, '') < :oldest")
    tx.execute(newer, {"oldest": OLDEST})
