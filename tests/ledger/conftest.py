"""Both databases: every test that takes `ledger` or `url` runs on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile

import psycopg
import pytest

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.schema import metadata
from tests.conftest import create_temporary_database

Open = Callable[[], Ledger]


@pytest.fixture(scope="session")
def postgres_database(postgres: str) -> Iterator[str]:
    """A database of this session's own."""
    with create_temporary_database(postgres) as url:
        yield url


def drop_tables(url: str) -> None:
    """Take all tables out of a PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


_IN_PUBLIC = "FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_TABLES = f"{_IN_PUBLIC} AND relkind = 'r' AND relname <> 'alembic_version'"
_WITH_PAGES = f"SELECT relname {_TABLES} AND pg_relation_size(oid) > 0"


def delete_rows(url: str) -> None:
    """Take all rows out of a PostgreSQL database that has our schema, or make the schema.

    TRUNCATE of all tables takes the server 0.15 s of CPU, and what is done here a tenth of that. VACUUM takes
    the pages away as well, so that the next test's rows lie in the order in which they are written; TRUNCATE
    does where another session's snapshot keeps VACUUM from it.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            prepare(url)
            return
        tables = [table.name for table in reversed(metadata.sorted_tables)]
        connection.execute("; ".join(f"DELETE FROM {table}" for table in tables))  # one transaction
        if written := [name for (name,) in connection.execute(_WITH_PAGES)]:
            connection.execute(f"VACUUM {', '.join(written)}")
        connection.execute(f"SELECT setval(oid, 1, false) {_IN_PUBLIC} AND relkind = 'S'")
        if connection.execute(_WITH_PAGES).fetchone():
            connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")


def prepare(url: str) -> None:
    ledger = open_ledger(url)
    ledger.prepare(upgrade=True)
    ledger.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a schema, on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/bare.db"
        return
    found: str = request.getfixturevalue("postgres_database")
    drop_tables(found)
    yield found
    drop_tables(found)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the schema and no rows, on each kind."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        copyfile(template, tmp_path / "ledger.db")
        return f"sqlite:///{tmp_path}/ledger.db"
    found: str = request.getfixturevalue("postgres_database")
    delete_rows(found)
    return found


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """Opens the same database again and again, each time as another process would."""
    ledgers: list[Ledger] = []

    def open_one() -> Ledger:
        ledger = open_ledger(url)
        ledgers.append(ledger)
        ledger.prepare(upgrade=True)
        return ledger

    yield open_one
    for ledger in ledgers:
        ledger.close()


@pytest.fixture
def ledger(opened: Open) -> Ledger:
    return opened()
