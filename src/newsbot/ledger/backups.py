"""Backups of the ledger's database, and their restore.

A restore checks the backup before it changes anything, keeps a copy of the old database, and replaces the old
database in one step: a crash leaves the old database or the new one.
"""

import os
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from shutil import copyfile, which

from sqlalchemy import URL

from newsbot.errors import LedgerError, LedgerTooNew, UsageError
from newsbot.files import flush_to_disk
from newsbot.ledger.database import explain, get_shown_name, insert_servers
from newsbot.ledger.moved_file import thaw_file
from newsbot.ledger.schema import metadata
from newsbot.reasons import LedgerCode, UsageCode

__all__ = ["restore_backup", "write_backup"]

# The first bytes of a database dump in the custom format of PostgreSQL's pg_dump, by which newsbot recognizes
# a backup.
_MAGIC = b"PGDMP"
_TABLES = ("alembic_version", *metadata.tables)


def write_backup(url: URL, target: Path) -> None:
    """Write a consistent backup of the database at ``url`` to the file ``target``.

    Other processes may write to the database meanwhile.

    Raises:
        UsageError: ``target`` exists or can't be written, or PostgreSQL's pg_dump is not installed.
        LedgerError: the database can't be read.
    """
    if target.exists():
        raise UsageError(LedgerCode.BACKUP_EXISTS(path=target))
    if url.get_backend_name() != "sqlite":
        _dump_postgres(url, target)
        return
    try:
        _copy_sqlite(Path(str(url.database)).absolute().as_uri(), target)
    except sqlite3.Error as error:
        raise explain(error, url.set(database=str(target))) from error
    except OSError as error:
        raise UsageError(UsageCode.NOT_WRITTEN(path=target, words=error.strerror)) from error


def _copy_sqlite(source_uri: str, target: Path) -> None:
    """Copy an SQLite database in one step to a file beside ``target``, and rename the copy to ``target``.

    SQLite would restart a copy that takes several steps whenever another process writes to the database.
    """
    partial = target.with_name(f"{target.name}.partial")
    with closing(sqlite3.connect(source_uri, uri=True)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy)
    flush_to_disk(partial)
    partial.replace(target)


def _dump_postgres(url: URL, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    tables = [f"--table={name}" for name in _TABLES]
    _run_program(url, "pg_dump", "--format=custom", f"--file={partial}", *tables, _format_address(url))
    flush_to_disk(partial)
    partial.replace(target)


def restore_backup(url: URL, backup: Path, *, newest: str, folder: Path, now: datetime) -> Path | None:
    """Replace the database at ``url`` with the file ``backup``.

    The caller makes sure that no newsbot service runs on the database. ``newest`` is the newest schema
    revision that this version of newsbot knows. Returns the path of the copy of the old database, None if
    there was no old database. PostgreSQL's copy is a dump in ``folder``, SQLite's copy is a file beside the
    database.

    Raises:
        UsageError: the file is no backup of a ledger, or can't be read.
        LedgerTooNew: a newer newsbot made the backup.
        LedgerError: the restore failed; nothing has changed.
    """
    if not backup.is_file():
        raise UsageError(LedgerCode.NO_FILE(path=backup))
    name = f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    if url.get_backend_name() == "sqlite":
        _check_sqlite_backup(backup, newest)
        return _restore_sqlite(url, backup, name)
    _check_postgres_backup(url, backup, newest)
    return _restore_postgres(url, backup, _find_free_path(folder / f"newsbot-{name}.dump"))


def _check_sqlite_backup(backup: Path, newest: str) -> None:
    try:
        with closing(sqlite3.connect(_build_read_only_uri(backup), uri=True)) as copy:
            [(state,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
            rows = copy.execute("SELECT version_num FROM alembic_version").fetchall()
            copy.execute("SELECT count(*) FROM post").fetchone()
    except (sqlite3.Error, ValueError) as error:
        raise UsageError(LedgerCode.NO_BACKUP_BECAUSE(path=backup, words=error)) from None
    if state != "ok":
        raise UsageError(LedgerCode.BACKUP_DAMAGED(path=backup, words=state.splitlines()[-1]))
    _check_version(backup, [row[0] for row in rows], newest)


def _check_version(backup: Path, found: list[str], newest: str) -> None:
    if len(found) != 1:
        raise UsageError(LedgerCode.NO_BACKUP(path=backup))
    if found[0] > newest:
        raise LedgerTooNew(LedgerCode.BACKUP_TOO_NEW(path=backup, then=found[0], now=newest))


def _restore_sqlite(url: URL, backup: Path, name: str) -> Path | None:
    """Copy the backup to a file beside the SQLite database, then rename that file to the database's name.

    Returns the path of the copy of the old database, None if there was no old database.
    """
    file = Path(os.path.realpath(str(url.database)))
    new = file.with_name(f"{file.name}.restoring")
    aside = _find_free_path(file.with_name(f"{file.name}.{name}"))
    try:
        new.unlink(missing_ok=True)
        _copy_sqlite(_build_read_only_uri(backup), new)
        thaw_file(new)
        had = file.exists()
        if had:
            _checkpoint(file)
            _keep_copy(file, aside)
        # The write-ahead log files of the old database are deleted, as SQLite would apply them to the new
        # database.
        for log in ("-wal", "-shm"):
            file.with_name(file.name + log).unlink(missing_ok=True)
        new.replace(file)
        flush_to_disk(file.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        why = getattr(error, "strerror", None) or str(error)
        raise LedgerError(LedgerCode.DATABASE_NOT_REPLACED(name=get_shown_name(url), words=why)) from error
    return aside if had else None


def _checkpoint(file: Path) -> None:
    """Move an SQLite database's write-ahead log into the database; if that fails, copy the log to a file."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file, timeout=5)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:
        copyfile(log, file.with_name(f"{file.name}.damaged-wal"))


def _find_free_path(path: Path) -> Path:
    """Return ``path`` or, if it exists, the first of ``path-2``, ``path-3`` ... that does not exist.

    A caller that writes to the returned path overwrites no earlier copy of a database.
    """
    names = (path, *(path.with_name(f"{path.name}-{n}") for n in range(2, 100)))
    return next(name for name in names if not name.exists())


def _keep_copy(file: Path, aside: Path) -> None:
    try:
        os.link(file, aside)
    # The copy of the old database is a hard link to its file. If the file system allows none, newsbot copies
    # the file.
    except OSError:
        copyfile(file, aside)
        flush_to_disk(aside)


def _check_postgres_backup(url: URL, backup: Path, newest: str) -> None:
    with backup.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise UsageError(LedgerCode.OTHER_DUMP(path=backup))
    rows = _run_program(url, "pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(backup))
    lines = rows.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("COPY ")]
    _check_version(backup, [lines[n + 1].partition("\t")[0] for n in starts], newest)


def _restore_postgres(url: URL, backup: Path, aside: Path) -> Path:
    """Replace the tables of a PostgreSQL database with those of the file ``backup``, and return ``aside``.

    The old tables are dumped to the file ``aside`` first. Then one transaction drops them and creates the
    tables of the backup.
    """
    _dump_postgres(url, aside)
    script = _run_program(url, "pg_restore", "--no-owner", "--no-privileges", "--file=-", str(backup))
    dropped = "".join(f"DROP TABLE IF EXISTS {name} CASCADE;\n" for name in _TABLES)
    options = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-")
    _run_program(url, "psql", *options, f"--dbname={_format_address(url)}", given=dropped + script)
    return aside


def _run_program(url: URL, program: str, *arguments: str, given: str | None = None) -> str:
    """Run one of PostgreSQL's client programs, with ``given`` as its input; return its standard output.

    Raises:
        UsageError: the program is not installed.
        LedgerError: the program failed.
    """
    if (path := which(program)) is None:
        raise UsageError(LedgerCode.NO_CLIENT_PROGRAM(name=program))
    environ = {**os.environ, **({"PGPASSWORD": url.password} if url.password else {})}
    command = [path, *arguments]
    done = subprocess.run(  # noqa: S603  This runs PostgreSQL's own program by its full path.
        command, input=given, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        raise LedgerError(LedgerCode.PROGRAM_FAILED(program=program, name=get_shown_name(url), words=words))
    return done.stdout


def _format_address(url: URL) -> str:
    """Format the database's URL as PostgreSQL's client programs expect it, without the password."""
    # The URL is built from its parts, because the method `URL.set` takes the password None as no change and
    # would keep the password.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    if len(url.normalized_query.get("host", ())) > 1:
        bare = bare.difference_update_query(["host"])
    return insert_servers(bare.render_as_string(hide_password=False), url)


def _build_read_only_uri(backup: Path) -> str:
    """Build the URI by which SQLite opens a backup read-only, without creating files beside it.

    The backup may be on a medium that can't be written.
    """
    alone = not backup.with_name(f"{backup.name}-wal").exists()
    return f"{backup.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
