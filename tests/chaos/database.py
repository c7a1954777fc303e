"""A database that goes, in every way: at each call, by outages, for long, and by what it refuses.

The parts are side by side, as each is a wait for the most part; in processes of their own, so that one that
waits for the database itself holds up nothing that another one measures.
"""

import asyncio
import random
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from tests.bench.rows import Row
from tests.chaos import ledger_calls, outages, refusals

__all__ = ["PARTS", "database"]


async def database(seed: int, parts: Collection[str] = ()) -> list[Row]:
    """All parts, or only these."""
    loop, names = asyncio.get_running_loop(), parts or PARTS
    with ProcessPoolExecutor(len(names), mp_context=get_context("spawn")) as pool:
        found = await asyncio.gather(*(loop.run_in_executor(pool, _part, name, seed) for name in names))
    return [row for rows in found for row in rows]


def _part(name: str, seed: int) -> list[Row]:
    return asyncio.run(PARTS[name](seed))


async def _sqlite_calls(_seed: int) -> list[Row]:
    return await ledger_calls.each_call("sqlite")


async def _postgresql_calls(_seed: int) -> list[Row]:
    return await ledger_calls.each_call("postgresql")


async def _outages(seed: int) -> list[Row]:
    """12 of each kind."""
    return await outages.outages(12, away=2.0, seed=seed)


async def _lasting(seed: int) -> list[Row]:
    """Half-open for a minute, SIGTERM and single runs meanwhile, and SQLite's file away."""
    rows = await outages.outage("half-open", 1, random.Random(seed), away=60.0)
    for fault in ("half-open", "refusing"):
        rows += await outages.stopped(fault)
    return rows + await outages.once() + await outages.files()


async def _refusals(_seed: int) -> list[Row]:
    return await refusals.disks() + await refusals.damaged() + await refusals.servers()


PARTS: dict[str, Callable[[int], Coroutine[Any, Any, list[Row]]]] = {
    "sqlite-calls": _sqlite_calls,
    "postgresql-calls": _postgresql_calls,
    "outages": _outages,
    "lasting": _lasting,
    "refusals": _refusals,
}
