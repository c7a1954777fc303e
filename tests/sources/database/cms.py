"""A CMS of one table, its writers, and a source that watches it."""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pymysql
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from newsbot.model import Item
from newsbot.sources.database.source import DatabaseSettings, DatabaseSource

__all__ = ["MARIADB", "QUERY", "Cms", "Watch", "ago", "mariadb_answers"]

MARIADB = os.environ.get("NEWSBOT_TEST_MARIADB", "mysql://root@127.0.0.1:3306")
QUERY = (
    "SELECT id AS guid, headline AS title, content AS body, address AS url, published AS published_at, "
    "changed AS updated_at, state AS status, embargo AS embargo_until, words AS tags FROM articles"
)
_DRIVERS = {"mysql": "mysql+pymysql", "postgresql": "postgresql+psycopg"}
_TIMES = {"postgresql": "TIMESTAMP(6)", "mysql": "DATETIME(6)", "sqlite": "TEXT"}


def mariadb_answers() -> str | None:
    """Why no MariaDB can be used; None where one can."""
    url = make_url(MARIADB)
    try:
        pymysql.connect(
            host=url.host or "", port=url.port or 3306, user=url.username, password=url.password or ""
        ).close()
    except pymysql.Error as error:
        return f"no MariaDB answers at NEWSBOT_TEST_MARIADB ({error})"
    return None


def ago(**units: float) -> datetime:
    """A time as CMSs keep it: without a zone, in UTC."""
    return datetime.now(UTC).replace(tzinfo=None) - timedelta(**units)


class Cms:
    """``writer`` gives a connection for a transaction of one's own; `run` commits at once."""

    def __init__(self, url: str) -> None:
        self.url = url
        parsed = make_url(url)
        self.kind = parsed.get_backend_name()
        drivername = _DRIVERS.get(self.kind, parsed.drivername)
        # MariaDB's own level locks gaps between rows, which writers that know nothing of each other wait for.
        level: Any = {"isolation_level": "READ COMMITTED"} if self.kind == "mysql" else {}
        self._engine = create_engine(parsed.set(drivername=drivername), poolclass=NullPool, **level)

    def create(self) -> None:
        time, body = _TIMES[self.kind], "LONGTEXT" if self.kind == "mysql" else "TEXT"
        self.run(
            f"CREATE TABLE articles (id INTEGER PRIMARY KEY, headline TEXT, content {body}, address TEXT, "
            f"published {time}, changed {time}, state VARCHAR(20), embargo {time}, words TEXT)"
        )

    def writer(self) -> Connection:
        return self._engine.connect()

    def run(self, sql: str, **values: Any) -> None:
        with self.writer() as connection:
            connection.execute(text(sql), self.values(values))
            connection.commit()

    def column(self, sql: str) -> list[Any]:
        """The first of a SELECT."""
        with self.writer() as connection:
            return list(connection.exec_driver_sql(sql.replace("%", "%%")).scalars().all())

    def values(self, values: dict[str, Any]) -> dict[str, Any]:
        as_text = self.kind == "sqlite"
        return {
            name: value.isoformat(" ") if as_text and isinstance(value, datetime) else value
            for name, value in values.items()
        }

    def insert(self, number: int, *, on: Connection | None = None, **values: Any) -> None:
        now = ago()
        row = {"headline": f"Title {number}", "content": "<p>Body.</p>", "state": "published"}
        row |= {"published": now, "changed": now} | values
        marks = ", ".join(f":{name}" for name in row)
        sql = f"INSERT INTO articles (id, {', '.join(row)}) VALUES (:id, {marks})"
        if on is not None:
            on.execute(text(sql), self.values({"id": number, **row}))
        else:
            self.run(sql, id=number, **row)

    def close(self) -> None:
        self._engine.dispose()


@dataclass
class Watch:
    """Polls a CMS and keeps what it saw; ``given`` are guids in the order in which they were handed over."""

    url: str
    keys: dict[str, Any] = field(default_factory=dict)
    cursor: dict[str, Any] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {} if "preset" in self.keys else {"query": QUERY, "cursor": "updated_at"}
        settings = DatabaseSettings.model_validate({"kind": "database", "url": self.url, **own, **self.keys})
        self.source = DatabaseSource("cms", settings, None, None)

    async def poll(self) -> list[str]:
        """The guids handed over this time, newest first; what is on its way is waited for, as `run` does."""
        now: list[str] = []
        while True:
            poll = await self.source.poll(self.cursor)
            self.cursor = poll.cursor
            now += [item.guid for item in poll.items]
            self.gone += poll.gone
            self.items |= {item.guid: item for item in poll.items}
            if not poll.soon:
                break
            await asyncio.sleep(0.25)
        self.given += now
        return now

    async def checked(self) -> list[str]:
        """As `poll`, looking after what was handed over, as each minute."""
        self.cursor["checked_at"] = ""
        return await self.poll()

    async def close(self) -> None:
        await self.source.close()
