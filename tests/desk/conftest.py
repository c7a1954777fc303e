"""Both databases, as in the ledger's tests."""

from tests.ledger.conftest import ledger, opened, postgres_database, sqlite_template, url

__all__ = ["ledger", "opened", "postgres_database", "sqlite_template", "url"]
