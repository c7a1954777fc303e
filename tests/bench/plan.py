"""A simulation of many feeds and channels in virtual time, by the costs that the bench has measured."""

import random
from collections.abc import Sequence
from heapq import heapify, heapreplace
from math import ceil
from typing import NamedTuple

from tests.bench.rows import Row

__all__ = ["Costs", "Load", "plan", "simulate"]

Cost = tuple[float, float]

BUSY = 0.6  # The most of its processor's time for which a process is planned.
FEEDS = 10_000  # The most feeds of a newsroom: config.yaml may have 1 MB.
SPARE = 2  # The least processes of a newsroom, so that one is left when the other fails.
TEN_MINUTES = 600.0


class Costs(NamedTuple):
    """Processor seconds of newsbot and of PostgreSQL, of each piece of work and of an idle second."""

    job: Cost
    unchanged: Cost
    changed: Cost
    article: Cost
    post: Cost
    idle: Cost


class Load(NamedTuple):
    """``articles`` are those of a feed in a day, ``posts`` those of a channel; the busiest hour has ``peak``
    times the average. Each feed is polled ``every`` so many seconds.
    """

    feeds: int
    channels: int
    every: float = 900.0
    articles: float = 5.0
    posts: float = 40.0
    peak: float = 3.0


LOADS = (Load(50, 20), Load(5_000, 300), Load(100_000, 1_000), Load(1_000_000, 10_000))


def plan(costs: Costs) -> list[Row]:
    """For each load the newsrooms and processes, how long work waits, and the processors that are busy."""
    return [row for load in LOADS for row in _plan(costs, load)]


def _plan(costs: Costs, load: Load) -> list[Row]:
    newsrooms, day = ceil(load.feeds / FEEDS), 86_400 / load.peak
    # A poll that finds something finds one article here, so its other items cost nothing.
    found = [(changed - same) / 20 for changed, same in zip(costs.changed, costs.unchanged, strict=True)]
    work = [
        (load.feeds / load.every, costs.job),
        (load.feeds * load.articles / day, (costs.article[0] + found[0], costs.article[1] + found[1])),
        (load.channels * load.posts / day, costs.post),
    ]
    own, server = (sum(rate * cost[n] for rate, cost in work) for n in (0, 1))
    count = ceil(own / newsrooms / BUSY)
    waited = simulate([(rate / newsrooms, cost[0]) for rate, cost in work], count)
    processes = newsrooms * max(count, SPARE)
    what = f"{load.feeds:,} feeds, {load.channels:,} channels"
    rates = ", ".join(f"{rate:.1f}" for rate, _ in work)
    return [
        Row(f"{what}: polls, articles, posts a second", rates),
        Row(f"{what}: newsrooms, processes", f"{newsrooms}, {processes}"),
        Row(f"{what}: 99 % of all work waits at most", f"{1000 * waited:.0f} ms"),
        Row(
            f"{what}: processors of newsbot, of PostgreSQL",
            f"{own + processes * costs.idle[0]:.1f}, {server + processes * costs.idle[1]:.1f}",
        ),
    ]


def simulate(kinds: Sequence[tuple[float, float]], count: int, *, seed: int = 7) -> float:
    """Return the seconds that 99 of 100 pieces of work wait at most for one of ``count`` free processors.

    ``kinds`` are the average number of pieces in a second, which come at random, and the seconds of each.
    """
    chance = random.Random(seed)
    rates = [rate for rate, _ in kinds]
    free = [0.0] * count
    heapify(free)
    now, waits = 0.0, list[float]()
    while now < TEN_MINUTES or len(waits) < 1000:
        now += chance.expovariate(sum(rates))
        [(_, cost)] = chance.choices(kinds, rates)
        begins = max(now, free[0])
        heapreplace(free, begins + cost)
        waits.append(begins - now)
    return sorted(waits)[int(len(waits) * 0.99)]
