"""What is asked often is answered from an index, however many posts there are."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from newsbot.ledger import ids
from newsbot.ledger.sql import SqlLedger
from newsbot.model import Item, PostState
from newsbot.ports import Terms
from tests.ledger.making import HOUR, LEASE, NOW, TERMS, add, article, claimed, new_post

MANY = 3000
FULL_SCAN = re.compile(r"SCAN (post|article)(?! USING (COVERING )?INDEX)|Seq Scan on (post|article)")
NUMBERS = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"
POSTS = f"""
    INSERT INTO post (article_id, channel, kind, state, parts, warnings, due_at, created_at, approval,
                      reason, attempts, revision, sent_at)
    {NUMBERS} SELECT 1, 'tg', 'console', 'sent', '[]', '[]', i, i, 0, '', 1, i + 1, i FROM n
"""
ARTICLES = f"""
    INSERT INTO article (source, guid_key, url_key, state, first_sight, found_at, wake_at, tries)
    {NUMBERS} SELECT 'site', 'guid' || i, 'url' || i, 'ready', i < 0, i, i, 1 FROM n
"""


@pytest.fixture
def crowded(ledger: SqlLedger) -> SqlLedger:
    """Thousands that are over, and a few that wait on two channels."""
    add(ledger, new_post("tg"), new_post("x"))
    with ledger._database.write() as tx:
        tx.execute(text(POSTS))
        tx.execute(text(ARTICLES))
    if not ledger._database.sqlite:  # where nobody asks for it, SQLite plans without figures
        with ledger._database.outside() as raw:
            raw.execute("ANALYZE")
            raw.commit()
    return ledger


def asked(ledger: SqlLedger, work: Any) -> list[tuple[str, Any]]:
    """Every SELECT and UPDATE that ``work`` sends, with its values."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "WITH")):
            seen.append((statement, values))

    event.listen(ledger._database._engine, "before_cursor_execute", note)
    work()
    event.remove(ledger._database._engine, "before_cursor_execute", note)
    return seen


EVERY_RULE = Terms(gap=timedelta(minutes=1), day=(NOW - HOUR, NOW + HOUR, 10**6), slot=(NOW, NOW + HOUR))
SEVENTH = ids.article_id(7)
QUIET = Terms(quiet=(NOW - HOUR, NOW + HOUR))
WORKS: dict[str, Callable[[SqlLedger], object]] = {
    "next_due": lambda ledger: ledger.next_due(),
    "due_channels": lambda ledger: ledger.due_channels(now=NOW),
    "claim": claimed,
    "expire": lambda ledger: ledger.expire(now=NOW),
    "rescue": lambda ledger: ledger.rescue(now=NOW + LEASE),
    "to_amend": lambda ledger: ledger.to_amend(),
    "settle_pending": lambda ledger: ledger.settle_pending(now=NOW),
    "is_blocked": lambda ledger: ledger.is_blocked(article_id=ids.article_id(1)),
    "twins": lambda ledger: ledger.twins(ids.article_id(1)),
    "doubts": lambda ledger: ledger.doubts(),
    "calendar": lambda ledger: ledger.calendar("tg", since=NOW),
    "late": lambda ledger: ledger.late({"tg": NOW}, now=NOW),
    "claim by every rule": lambda ledger: claimed(ledger, terms=EVERY_RULE),
    "claim in quiet hours": lambda ledger: ledger.claim("tg", QUIET, now=NOW, lease=LEASE),
    "embargo": lambda ledger: ledger.set_embargo(SEVENTH, NOW + HOUR, (), by="cli:ana", now=NOW),
    "waiting posts": lambda ledger: ledger.posts(states=[PostState.SCHEDULED, PostState.HELD]),
    "counts": lambda ledger: ledger.counts(since=NOW),
    "committed": lambda ledger: ledger.committed("x"),
    "compare": lambda ledger: ledger.compare("site", [Item("a"), Item("b")]),
    "claim_found": lambda ledger: ledger.claim_found("site", now=NOW, lease=LEASE),
    "add_article": lambda ledger: ledger.add_article("site", article("a"), now=NOW),
    "find_article": lambda ledger: ledger.find_article(url="https://example.org/"),
}


@pytest.mark.parametrize("name", WORKS)
def test_no_table_is_read_through(crowded: SqlLedger, name: str) -> None:
    seen = asked(crowded, lambda: WORKS[name](crowded))
    assert seen
    for statement, values in seen:
        for line in plan(crowded, statement, values):
            assert not FULL_SCAN.search(line), (statement, line)


@pytest.mark.parametrize("name", ["next_due", "due_channels", "claim"])
def test_senders_look_up_a_channel_and_not_all_that_waits(crowded: SqlLedger, name: str) -> None:
    """Also by figures from before the queue was filled, where one index seems as good as another."""
    for statement, values in asked(crowded, lambda: WORKS[name](crowded)):
        assert not walks_through(plan(crowded, statement, values)), statement


@pytest.mark.parametrize("name", ["next_due", "due_channels", "claim"])
def test_a_queue_that_the_figures_do_not_know_of_is_not_walked_through(crowded: SqlLedger, name: str) -> None:
    """As above, by figures of a quiet hour: hardly anything waited when they were taken."""
    for number in range(20):
        add(crowded, new_post("tg"), new_post("x"), guid=f"late{number}")
    for statement, values in asked(crowded, lambda: WORKS[name](crowded)):
        assert not walks_through(plan(crowded, statement, values)), statement


def walks_through(lines: list[str]) -> list[str]:
    return [line for line in lines if "ix_post_waiting" in line or "ix_post_expiry" in line]


def plan(ledger: SqlLedger, statement: str, values: Any) -> list[str]:
    with ledger._database.outside() as raw:
        if ledger._database.sqlite:
            return [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        found = [row[0] for row in raw.execute(f"EXPLAIN {statement}", values)]
        raw.rollback()
        return found


def test_a_paused_channel_with_a_long_queue_does_not_slow_the_others(crowded: SqlLedger) -> None:
    crowded.pause("tg", by="cli:ana", reason="", now=NOW)
    assert crowded.due_channels(now=NOW) == ["x"]
    assert crowded.next_due() == NOW
    assert crowded.claim("tg", TERMS, now=NOW, lease=LEASE)
