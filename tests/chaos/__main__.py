"""``python -m tests.chaos``: faults of the machine, of the wire and of the platforms, in their long forms.

Each scenario ends in rows: what was looked at, the figure, the limit, and whether it was met. Exit status 1
where one was missed.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

from tests.bench.rows import Row, show
from tests.chaos import (
    clusters,
    cms,
    crashes,
    database,
    desk,
    disk,
    doubles,
    exhaustion,
    faults,
    kills,
    locks,
    models,
    pairs,
    restores,
    soak,
    stops,
    suspended,
    workers,
)
from tests.simulation import machine, rules, simulation

_SOAK: dict[str, Any] = {"minutes": 30.0, "kind": "sqlite", "strangers": None}  # as the command line says
_DATABASE: dict[str, list[str]] = {"parts": []}
Work = Callable[[int], Coroutine[Any, Any, list[Row]] | list[Row]]


async def _kill(seed: int) -> list[Row]:
    """500 services killed on SQLite and 500 on PostgreSQL, side by side."""
    both = await asyncio.gather(*(kills.kills(kind, 500, seed=seed) for kind in kills.DATABASES))
    return [row for rows in both for row in rows]


async def _crash(seed: int) -> list[Row]:
    return await crashes.crashes(50, seed=seed)


async def _disk(_seed: int) -> list[Row]:
    return await disk.full()


async def _locked(_seed: int) -> list[Row]:
    return await locks.locked(20)


async def _restart(_seed: int) -> list[Row]:
    fast = await locks.restarted(signal.SIGINT, 5)
    return fast + await locks.restarted(signal.SIGQUIT, 5)


async def _freeze(seed: int) -> list[Row]:
    """All at once, as each is a wait for the most part."""
    ways = (("sqlite", 0), ("postgresql", 0), ("postgresql", 1))
    found = await asyncio.gather(*(stops.frozen(kind, others=n, seed=seed) for kind, n in ways))
    return [row for rows in found for row in rows]


async def _pair(seed: int) -> list[Row]:
    return await pairs.pairs(60.0, seed=seed)


async def _workers(seed: int) -> list[Row]:
    return await workers.workers(300, seed=seed)


async def _llm(seed: int) -> list[Row]:
    """50 services killed on SQLite and 50 on PostgreSQL, side by side."""
    both = await asyncio.gather(*(models.paid_once(kind, 50, seed=seed) for kind in kills.DATABASES))
    return [row for rows in both for row in rows]


async def _cms(_seed: int) -> list[Row]:
    return await cms.cms(away=60, slow=30)


async def _stop(seed: int) -> list[Row]:
    return await stops.stops(20, seed=seed)


async def _desk(seed: int) -> list[Row]:
    return await desk.interrupted(100, seed=seed)


async def _taken_over(seed: int) -> list[Row]:
    return await desk.taken_over(20, seed=seed)


async def _cut_off(seed: int) -> list[Row]:
    return await clusters.cut_off(50, seed=seed)


async def _severed(seed: int) -> list[Row]:
    return await clusters.severed(50, seed=seed)


async def _restarts(seed: int) -> list[Row]:
    return await clusters.restarts(20, seed=seed)


async def _failovers(seed: int) -> list[Row]:
    return await clusters.failovers(5, seed=seed)


async def _lagging(seed: int) -> list[Row]:
    return await clusters.lagging(5, seed=seed)


async def _exhausted(_seed: int) -> list[Row]:
    return await exhaustion.exhausted(5)


async def _suspended(_seed: int) -> list[Row]:
    return await suspended.suspended()


async def _pace(_seed: int) -> list[Row]:
    return await clusters.shared_pace(1000, 100)


async def _pooled(_seed: int) -> list[Row]:
    return await clusters.pooled(40)


async def _skewed(_seed: int) -> list[Row]:
    return await clusters.skewed(-420, 0, 900)


async def _restores(seed: int) -> list[Row]:
    """One after the other, as each wants the machine to itself."""
    ways = [(kind, way) for kind in kills.DATABASES for way in restores.WAYS]
    return [row for kind, way in ways for row in await restores.restores(kind, way, seed=seed)]


async def _database(seed: int) -> list[Row]:
    return await database.database(seed, _DATABASE["parts"])


async def _doubles(seed: int) -> list[Row]:
    """All ways side by side, as each waits for its polls for the most part."""
    each = await asyncio.gather(
        *(doubles.doubles(kind, count, desk=desk, seed=seed) for kind, count, desk in doubles.WAYS)
    )
    return [row for rows in each for row in rows]


async def _soak(_seed: int) -> list[Row]:
    return await soak.soak(**_SOAK)


async def _faults(_seed: int) -> list[Row]:
    return await faults.faults(20)


def _simulation(seed: int) -> list[Row]:
    return simulation(range(seed, seed + 3))


def _machine(_seed: int) -> list[Row]:
    return machine()


def _rules(_seed: int) -> list[Row]:
    return rules()


SCENARIOS: dict[str, Work] = {
    "kill": _kill,
    "crash": _crash,
    "disk": _disk,
    "locked": _locked,
    "restart": _restart,
    "freeze": _freeze,
    "pair": _pair,
    "workers": _workers,
    "stop": _stop,
    "restore": _restores,
    "desk": _desk,
    "taken-over": _taken_over,
    "cut-off": _cut_off,
    "severed": _severed,
    "restarts": _restarts,
    "failovers": _failovers,
    "lagging": _lagging,
    "suspended": _suspended,
    "exhausted": _exhausted,
    "pace": _pace,
    "pooled": _pooled,
    "skewed": _skewed,
    "cms": _cms,
    "llm": _llm,
    "database": _database,
    "doubles": _doubles,
    "soak": _soak,
    "faults": _faults,
    "simulation": _simulation,
    "machine": _machine,
    "rules": _rules,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", choices=SCENARIOS, action="append", help="leave out all others")
    parser.add_argument("--seed", type=int, default=1, help="of what is left to chance")
    parser.add_argument("--minutes", type=float, default=_SOAK["minutes"], help="of soak")
    parser.add_argument("--database", choices=kills.DATABASES, default=_SOAK["kind"], help="of soak")
    parser.add_argument("--strangers", type=int, help="of soak: how many people write to the desk")
    parser.add_argument(
        "--part", choices=database.PARTS, action="append", help="of database: leave out all others"
    )
    asked = parser.parse_args()
    _DATABASE["parts"] = asked.part or []
    _SOAK.update(minutes=asked.minutes, kind=asked.database, strangers=asked.strangers)
    failed = False
    for name in asked.only or SCENARIOS:
        began = monotonic()
        rows = _rows(name, asked.seed)
        show(name, [*rows, Row("took", f"{monotonic() - began:.0f} s")])
        sys.stdout.flush()
        failed |= any(row.met is False for row in rows)
    return 1 if failed else 0


def _rows(name: str, seed: int) -> list[Row]:
    found = SCENARIOS[name](seed)
    return found if isinstance(found, list) else asyncio.run(found)


if __name__ == "__main__":
    sys.exit(main())
