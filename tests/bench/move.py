"""A ledger with years behind it moves from SQLite to PostgreSQL: how long it takes, and what is the same."""

import resource
from collections import Counter
from datetime import UTC, datetime
from time import monotonic

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.move import MoveEvent
from newsbot.ledger.stored_rows import list_stored_tables
from newsbot.model import PostState
from tests.bench.rows import Row
from tests.bench.stand import database
from tests.ledger.history import fill

__all__ = ["measure"]

_MOST = 300.0  # seconds for a million rows
_PER_ARTICLE = 14  # about so many rows of all tables


def measure(rows: int) -> list[Row]:
    with database("sqlite") as file, database("postgresql") as url:
        ledger = open_ledger(file)
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock()
        fill(ledger, rows // _PER_ARTICLE + 1)
        ledger.close()
        return _move(file, url)


def _move(file: str, url: str) -> list[Row]:
    seconds: Counter[str] = Counter()
    ended: list[MoveEvent] = []

    def tell(event: MoveEvent) -> None:
        if event.what in {"copied", "equal"}:
            seconds[event.what] += event.seconds  # type: ignore[assignment]  # A Counter sums floats too.
            ended.append(event)

    source = open_ledger(file)
    before = _count(source)
    began = monotonic()
    source.move(url, now=datetime.now(UTC), tell=tell)
    took = monotonic() - began
    source.close()
    copy = open_ledger(url)
    after = _count(copy)
    waiting = len(copy.posts.list_posts(states=[PostState.UNKNOWN], limit=None))
    copy.close()
    equal = sum(event.rows for event in ended if event.what == "equal")
    per_million = took * 1_000_000 / equal
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row("rows, of all tables", f"{equal:,}"),
        Row("rows that are the same in both", f"{after:,} of {before:,}", "all", after == before == equal),
        Row("unknown before the move and after it", f"{waiting}", "1", waiting == 1),
        Row("copied", f"{seconds['copied']:.1f} s"),
        Row("compared row for row", f"{seconds['equal']:.1f} s"),
        Row("the whole move", f"{took:.1f} s"),
        Row("a million rows", f"{per_million:.0f} s", f"<= {_MOST:.0f} s", per_million <= _MOST),
        Row("memory of the process, with the bench's own", f"{memory:.0f} MB"),
    ]


def _count(ledger: Ledger) -> int:
    with ledger._database.read() as tx:
        return sum(stored.count(tx) for stored in list_stored_tables())
