"""What a database really holds, read by its driver: not by the code under test, and much quicker."""

import sqlite3
from typing import Any

import psycopg

__all__ = ["Witness"]


class Witness:
    """A connection of its own. Times and money are as stored: whole microseconds and micro-dollars."""

    def __init__(self, url: str) -> None:
        self._read: Any
        if url.startswith("sqlite:///"):
            self._read = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            self._read = psycopg.connect(url, autocommit=True)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self._read.execute(query).fetchall())

    def close(self) -> None:
        self._read.close()
