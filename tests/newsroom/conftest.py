"""Both databases, as in the ledger's tests: `room` is a newsroom on each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.conftest import ledger, opened, postgres_database, sqlite_template, url
from tests.newsroom.desk import Desk, desk

__all__ = ["ledger", "opened", "postgres_database", "sqlite_template", "three", "url"]


@pytest.fixture
def three(tmp_path: Path, url: str) -> Iterator[Desk]:
    """A newsroom whose channels ask for none, one and two people."""
    found = desk(tmp_path, url)
    yield found
    found.app.ledger.close()
