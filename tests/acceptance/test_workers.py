"""Processes of the service that send one queue together (`tests.bench --only workers` measures them)."""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import pytest

from newsbot.threads import SerialThread
from tests.bench.stand import FAST, Newsroom, database, stand
from tests.bench.workers import measure_burst, measure_lags

P = ParamSpec("P")
T = TypeVar("T")


class Noting(SerialThread):
    """Also knows what was called, and how many outcomes and requests each exchange had."""

    def __init__(self) -> None:
        super().__init__("ledger")
        self.calls: list[str] = []
        self.exchanges: list[tuple[int, int]] = []

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.calls.append(call.__name__)
        if call.__name__ == "exchange":
            endings, asks = args
            self.exchanges.append((len(endings), len(asks)))  # type: ignore[arg-type]  # they are sequences
        return await super().__call__(call, *args, **kwargs)


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("engine", ["local", "cluster"])
async def test_two_processes_send_each_post_of_a_queue_once_and_in_order(engine: str) -> None:
    burst = await measure_burst(engine, 2, channels=5, each=4)
    assert (burst.posts, burst.in_order) == (20, True)


@pytest.mark.usefixtures("postgres")
async def test_two_processes_send_each_post_that_comes_due() -> None:
    assert len(await measure_lags("cluster", 2, posts=20, rows=0)) == 20


@pytest.mark.usefixtures("postgres")
async def test_with_two_senders_an_outcome_and_the_next_claim_share_a_transaction_and_a_call_needs_none() -> (
    None
):
    """Whichever of them sends a post; without limits that hold its call back."""
    async with stand(chats=6) as here:
        with database("postgresql") as url:
            rooms: list[Any] = [Newsroom(url, here, FAST) for _ in range(2)]
            for room in rooms:
                room.on_ledger = Noting()
                await room.open()
            rooms[0].queue(10)
            assert all(room.ledger.delivery.is_shared for room in rooms)
            await asyncio.gather(*(room.send_all() for room in rooms))
            for room in rooms:
                await room.close()
        assert len(await here.calls()) == 60
    exchanges = [sizes for room in rooms for sizes in room.on_ledger.exchanges]
    assert sum(endings for endings, _ in exchanges) == 60
    assert all(asks >= endings for endings, asks in exchanges)
    assert not any("record_call_start" in room.on_ledger.calls for room in rooms)
