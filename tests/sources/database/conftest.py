"""CMSs to read from: a database of the test's own on SQLite, PostgreSQL and MariaDB."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import create_temporary_database
from tests.sources.database.cms import MARIADB, Cms, mariadb_answers


@pytest.fixture(scope="session")
def mariadb() -> str:
    """The server's URL; without one the test skips, and fails under CI=true."""
    if why := mariadb_answers():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return MARIADB


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def cms(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cms]:
    """An empty CMS on each kind of database."""
    match request.param:
        case "sqlite":
            sqlite3.connect(tmp_path / "cms.db").close()
            yield from create_cms(f"sqlite:///{tmp_path / 'cms.db'}")
        case "postgresql":
            with create_temporary_database(request.getfixturevalue("postgres")) as url:
                yield from create_cms(url)
        case _:
            yield from create_mariadb_cms(request.getfixturevalue("mariadb"))


def create_mariadb_cms(server: str) -> Iterator[Cms]:
    name = f"newsbot_test_{uuid.uuid4().hex[:12]}"
    root = Cms(f"{server.rstrip('/')}/mysql")
    root.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield from create_cms(f"{server.rstrip('/')}/{name}")
    finally:
        root.run(f"DROP DATABASE {name}")
        root.close()


def create_cms(url: str) -> Iterator[Cms]:
    cms = Cms(url)
    cms.create()
    yield cms
    cms.close()
