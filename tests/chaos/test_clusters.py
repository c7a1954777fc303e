"""Short forms of `make chaos` for several workers on PostgreSQL: a round or two of each fault."""

from collections.abc import Sequence

import pytest

from tests.bench.rows import Row
from tests.chaos import clusters
from tests.chaos.desk import taken_over
from tests.chaos.exhaustion import exhausted
from tests.chaos.suspended import suspended
from tests.chaos.test_machine import met

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def kept(rows: Sequence[Row]) -> None:
    """Every promise was kept but those of seconds, which the long forms measure on a quiet machine."""
    met([row for row in rows if not (row.floor.startswith("<=") and row.floor.endswith(" s"))])


async def test_workers_go_on_by_themselves_after_their_database_was_killed() -> None:
    kept(await clusters.restarts(1, workers=2))


async def test_workers_follow_a_replica_that_is_promoted() -> None:
    kept(await clusters.failovers(1, workers=2))


async def test_what_a_replica_lacks_that_is_promoted_is_unknown_and_not_sent_again() -> None:
    kept(await clusters.lagging(1, workers=2))


async def test_a_worker_that_is_stopped_between_claim_and_call_does_not_call_once_its_post_went_out() -> None:
    kept(await suspended())


async def test_workers_without_connections_say_so_and_go_on_by_themselves_once_there_are_some() -> None:
    kept(await exhausted(1, seconds=6.0))


async def test_a_worker_that_is_cut_off_in_mid_send_loses_and_doubles_nothing() -> None:
    kept(await clusters.cut_off(2, away=3.0))


async def test_a_worker_whose_machine_loses_its_link_in_mid_send_loses_and_doubles_nothing() -> None:
    kept(await clusters.severed(2, away=3.0))


async def test_workers_share_the_pace_of_a_bot() -> None:
    """How much of the rate is used depends on what else this machine does: the long form measures that."""
    kept(await clusters.shared_pace(60, 12, workers=2, floor=0.0))


async def test_workers_behind_a_pooler_lose_and_double_nothing() -> None:
    kept(await clusters.pooled(8))


async def test_workers_whose_clocks_are_wrong_send_by_the_database_s() -> None:
    kept(await clusters.skewed(-420, 900, articles=2))


async def test_a_desk_that_is_killed_is_followed_by_another_and_no_command_is_lost_or_doubled() -> None:
    kept(await taken_over(2, seed=4))
