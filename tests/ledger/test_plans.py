"""What is asked often visits what is live, however much is over."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from newsbot.ledger import open_ledger
from newsbot.ledger.indices import INDICES
from newsbot.ledger.ledger import Ledger
from newsbot.reasons import Code
from tests.conftest import create_temporary_database
from tests.ledger.effort import effort_of
from tests.ledger.exchanges import claim_next
from tests.ledger.history import Live, fill, fill_history, forget_figures, gather_figures
from tests.ledger.hot import WORKS
from tests.ledger.making import LEASE, NOW, TERMS, add, claimed, new_post

INDEX = re.compile(r"INDEX (\w+)")
SMALL, BIG = 1000, 6000
INSTRUCTIONS = 30_000  # of SQLite for one statement: some hundred rows
ROWS = 120  # of PostgreSQL for one statement: what is live, or twice a list of fifty
LONG_LISTS = {"brief": 450}  # rows: two hundred posts and their articles


@contextmanager
def opened(url: str, count: int) -> Iterator[tuple[Ledger, Live]]:
    """A service's ledger with so much that is over, and the planner's figures of a tenth of it."""
    ledger = open_ledger(url)
    try:
        ledger.prepare(upgrade=True)
        ledger.acquire_instance_lock()
        live = fill(ledger, count, figures="old")
        yield ledger, live
    finally:
        ledger.close()


def _prefer_indices(ledger: Ledger) -> None:
    """These tables are small enough to be read whole: what is asked is how a million rows would be read."""
    with ledger._database.open_raw_connection() as raw:
        raw.execute("SET enable_seqscan = off")
        raw.commit()


def works_on(work: Callable[[Ledger, Live], object], live: Live) -> Callable[[Ledger], object]:
    return lambda ledger: work(ledger, live)


def test_on_sqlite_no_call_costs_more_where_more_is_over(tmp_path: Path) -> None:
    """By figures from before most of it happened, without any, and by new ones."""
    urls = [f"sqlite:///{tmp_path}/{count}.db" for count in (SMALL, BIG)]
    with opened(urls[0], SMALL) as (small, before), opened(urls[1], BIG) as (big, after):
        for prepare in (None, forget_figures, gather_figures):
            if prepare:
                prepare(small)
                prepare(big)
            grown = []
            for name, work in WORKS.items():
                least, found = effort_of(small, works_on(work, before)), effort_of(big, works_on(work, after))
                assert found, name
                for statement, cost in found.items():
                    if cost > min(1.1 * least.get(statement, 0) + 60, INSTRUCTIONS):
                        grown.append(f"{name}: {least.get(statement)} -> {cost}: {statement}")
            assert not grown, "\n".join(grown)


@pytest.mark.slow
def test_on_postgresql_each_call_visits_few_rows(postgres: str) -> None:
    """By figures from before most of it happened, and by new ones."""
    with create_temporary_database(postgres) as url, opened(url, BIG) as (ledger, live):
        _prefer_indices(ledger)
        for prepare in (None, gather_figures):
            if prepare:
                prepare(ledger)
            walked = [
                f"{name}: {rows}: {statement}"
                for name, work in WORKS.items()
                for statement, rows in effort_of(ledger, works_on(work, live)).items()
                if rows > LONG_LISTS.get(name, ROWS)
            ]
            assert not walked, "\n".join(walked)


def test_what_has_no_index_is_seen_to_grow(ledger: Ledger) -> None:
    """The tests above fail where they should."""
    statement = "SELECT count(*) FROM event WHERE detail = 'why'"

    def look(ledger: Ledger) -> None:
        with ledger._database.read() as tx:
            tx.execute(text(statement))

    fill_history(ledger, 100)
    before = effort_of(ledger, look)[statement]
    fill_history(ledger, 400, after=100)
    assert effort_of(ledger, look)[statement] > 3 * before >= 300


# ---------------------------------------------------------------- a queue that the figures do not know of


@pytest.fixture
def crowded(ledger: Ledger) -> Ledger:
    """Thousands that are over, and a few that wait on two channels."""
    fill_history(ledger, 3000)
    add(ledger, new_post("tg"), new_post("x"))
    if not ledger._database.sqlite:  # where nobody asks for it, SQLite plans without figures
        gather_figures(ledger)
    return ledger


SENDERS: dict[str, Callable[[Ledger], object]] = {
    "next_due": lambda ledger: ledger.delivery.list_next_due_times(after=NOW),
    "due_channels": lambda ledger: ledger.delivery.list_due_channels(now=NOW),
    "claim": claimed,
}


def asked(ledger: Ledger, work: Any) -> list[tuple[str, Any]]:
    """Every SELECT and UPDATE that ``work`` sends, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            seen.append((statement, values[0] if many else values))

    event.listen(ledger._database._engine, "before_cursor_execute", note)
    work()
    event.remove(ledger._database._engine, "before_cursor_execute", note)
    return seen


@pytest.mark.parametrize("name", SENDERS)
def test_senders_look_up_a_channel_and_not_all_that_waits(crowded: Ledger, name: str) -> None:
    """Also by figures from before the queue was filled, where one index seems as good as another."""
    for statement, values in asked(crowded, lambda: SENDERS[name](crowded)):
        assert not walks_through(plan(crowded, statement, values)), statement


@pytest.mark.parametrize("name", SENDERS)
def test_a_queue_that_the_figures_do_not_know_of_is_not_walked_through(crowded: Ledger, name: str) -> None:
    """As above, by figures of a quiet hour: hardly anything waited when they were taken."""
    for number in range(20):
        add(crowded, new_post("tg"), new_post("x"), guid=f"late{number}")
    for statement, values in asked(crowded, lambda: SENDERS[name](crowded)):
        assert not walks_through(plan(crowded, statement, values)), statement


def walks_through(lines: list[str]) -> list[str]:
    return [line for line in lines if "ix_post_waiting" in line or "ix_post_expiry" in line]


def plan(ledger: Ledger, statement: str, values: Any) -> list[str]:
    with ledger._database.open_raw_connection() as raw:
        if ledger._database.sqlite:
            return [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        found = [row[0] for row in raw.execute(f"EXPLAIN {statement}", values)]
        raw.rollback()
        return found


def test_a_paused_channel_with_a_long_queue_does_not_slow_the_others(crowded: Ledger) -> None:
    crowded.channels.pause("tg", by="cli:ana", reason=Code.TEXT(words=""), now=NOW)
    assert crowded.delivery.list_due_channels(now=NOW) == ["x"]
    assert crowded.delivery.list_next_due_times(after=NOW - LEASE)["x"] == NOW
    assert claim_next(crowded.delivery, "tg", TERMS, now=NOW, lease=LEASE)


def test_each_index_answers_something(tmp_path: Path) -> None:
    """One that answers nothing costs each write a little, and the disk."""
    used: set[str] = set()
    with opened(f"sqlite:///{tmp_path}/ledger.db", 100) as (ledger, live):
        for prepare in (forget_figures, gather_figures):
            prepare(ledger)
            for work in WORKS.values():
                for statement, values in asked(ledger, undone(ledger, works_on(work, live))):
                    used.update(INDEX.findall("\n".join(plan(ledger, statement, values))))
    assert {str(index.name) for index in INDICES if not index.unique} <= used


def undone(ledger: Ledger, work: Callable[[Ledger], object]) -> Callable[[], None]:
    """``work``, of which nothing stays."""

    def do() -> None:
        effort_of(ledger, work)

    return do
