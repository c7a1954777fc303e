"""The tables of Procrastinate, the library that stores the jobs of the engine `cluster` in PostgreSQL.

newsbot makes the tables itself, because several processes may start at once and a later version of the
library may need other tables. The comment on the table of jobs says of which version of the library the
tables are.
"""

from importlib.resources import files

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from newsbot.engines.postgres import connect

__all__ = ["prepare_job_tables"]

# The key of the PostgreSQL advisory lock under which one process at a time makes or changes the tables of
# jobs.
_LOCK = 0x6E65776A
_MARK = "newsbot keeps its jobs here, by Procrastinate's migration "
# The time for which PostgreSQL may work on one statement that makes or changes the tables of jobs, or wait
# for a lock.
_STATEMENT_WITHIN = "60s"


def prepare_job_tables(database: str) -> None:
    """Make the tables of jobs in the PostgreSQL database, or change those of an older version of the library.

    Tables that a newer version of the library has changed stay as they are.

    Raises:
        OSError: the database can't be reached, or refuses; the message is one line.
    """
    try:
        _prepare(database)
    except psycopg.Error as error:
        raise OSError((str(error).strip().splitlines() or [type(error).__name__])[0]) from error


def _prepare(database: str) -> None:
    names = _list_migrations()
    with connect(database) as tx:
        found = _find_version(tx)
        if found is not None and found >= names[-1]:
            return
        tx.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(_STATEMENT_WITHIN))
        tx.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        # The version of the tables of jobs is read again, because another process may have made the tables
        # meanwhile.
        found = _find_version(tx)
        if found is None:
            tx.execute(SchemaManager.get_schema().encode())
        else:
            for name in names:
                if name > found:
                    tx.execute(_read_migration(name))
        if found is None or found < names[-1]:
            mark = sql.Literal(_MARK + names[-1])
            tx.execute(sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(mark))


def _list_migrations() -> list[str]:
    """Return the file names of Procrastinate's migrations (versions of its tables), the oldest first."""
    folder = files("procrastinate").joinpath("sql", "migrations")
    return sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))


def _read_migration(name: str) -> bytes:
    return files("procrastinate").joinpath("sql", "migrations", name).read_bytes()


def _find_version(tx: "psycopg.Connection[tuple[str | None]]") -> str | None:
    """Return the version of Procrastinate's tables in the database: the file name of the last migration that
    was applied to them. Return None if there are no tables.
    """
    # The query whether the tables of jobs exist avoids PostgreSQL's function to_regclass, whose cache is
    # stale after a wait for a lock.
    row = tx.execute(
        "SELECT coalesce(obj_description(oid, 'pg_class'), '') FROM pg_class "
        "WHERE relname = 'procrastinate_jobs' AND relnamespace IN "
        "(SELECT oid FROM pg_namespace WHERE nspname = ANY (current_schemas(false)))"
    ).fetchone()
    return None if row is None else str(row[0]).removeprefix(_MARK)
