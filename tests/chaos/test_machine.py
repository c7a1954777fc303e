"""Short forms of `make chaos`: those that cost little, a few rounds of each."""

from collections.abc import Sequence

import pytest

from tests.bench.rows import Row
from tests.chaos import refusals
from tests.chaos.cms import cms
from tests.chaos.disk import full
from tests.chaos.doubles import doubles
from tests.chaos.kills import kills
from tests.chaos.ledger_calls import each_call
from tests.chaos.models import paid_once
from tests.chaos.stage import MANY_CHANNELS
from tests.chaos.workers import workers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]  # a machine that does other things takes its time


def met(rows: Sequence[Row]) -> None:
    """Every promise was kept, and something was looked at."""
    if rows[0].what.startswith("skipped"):
        pytest.skip(rows[0].what)
    assert [row for row in rows if row.met is False] == []
    assert any(row.met for row in rows)


async def test_no_post_is_lost_or_doubled_where_the_service_is_killed_on_sqlite() -> None:
    met(await kills("sqlite", 3, articles=6, seed=7))


@pytest.mark.usefixtures("postgres")
async def test_no_post_is_lost_or_doubled_where_the_service_is_killed_on_postgresql() -> None:
    met(await kills("postgresql", 3, articles=6, seed=8))


async def test_no_call_to_a_model_is_paid_for_twice_where_the_service_is_killed() -> None:
    met(await paid_once("sqlite", 3, seed=5))


async def test_nothing_is_sent_on_a_full_disk_and_everything_once_there_is_room() -> None:
    met(await full(2.0))


async def test_a_cms_that_is_away_slow_or_changed_is_a_line_in_status_and_holds_nobody_up() -> None:
    met(await cms(away=3, slow=3))


async def test_a_database_that_fails_at_a_service_s_calls_loses_and_doubles_nothing() -> None:
    """A start's, and some of what follows: before the call, and where it is stored and its answer lost."""
    met(await each_call("sqlite", most=6, seconds=20.0))


async def test_a_service_comes_back_from_a_disk_that_was_read_only_for_a_while() -> None:
    met(await refusals.disks(6.0, ("read-only",)))


async def test_a_service_whose_file_is_damaged_ends_for_its_supervisor() -> None:
    met(await refusals.damaged())


@pytest.mark.usefixtures("postgres")
async def test_no_post_is_lost_doubled_or_out_of_order_where_one_of_several_processes_is_killed() -> None:
    met(await workers(4, count=2, articles=4, channels=MANY_CHANNELS[:6], seed=9))


@pytest.mark.usefixtures("postgres")
async def test_sections_that_two_services_read_post_each_article_once_on_postgresql() -> None:
    met(await doubles("postgresql", 2, desk=False, articles=6, feeds=5, late=3))
