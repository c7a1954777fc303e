"""What the health pages say, asked of the ledger over a connection that nothing else waits for.

A page is answered within two seconds whatever the database does: what takes longer is a trouble by itself.
The answers are kept for a moment, so that whoever asks often costs no more than who asks now and then.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from newsbot.errors import LedgerError
from newsbot.model import PostState
from newsbot.ports import ChannelState, Clock, Ledger, LedgerRunner
from newsbot.web.metrics import Metrics

__all__ = ["Facts", "Health"]

T = TypeVar("T")

_PATIENCE = 1.5  # seconds
_FRESH = 1.0  # seconds that an answer about the database holds
_COUNTED = 5.0  # seconds that its counts hold
_SILENT = 5.0  # seconds without a word from the ledger's thread: it waits for the database
_DEAD = 120.0  # likewise: longer than any wait for a lock or a connection takes


@dataclass(frozen=True, slots=True)
class Facts:
    """What the service tells of itself: the clock's trouble, for how long its ledger has been silent, and a
    line for each of its parts that does not work.
    """

    clock_trouble: Callable[[], str | None]
    silent: Callable[[], float]
    failed_parts: Callable[[], list[str]] = list


@dataclass(frozen=True, slots=True)
class _LedgerCounts:
    """What a scrape wants of the ledger."""

    posts: Mapping[tuple[str, PostState], int]
    channels: tuple[ChannelState, ...]
    spent: Mapping[str, Decimal]


class Health:
    """``budgets`` names the channels that have one, with the month's limit in USD.

    ``fresh`` and ``counted`` are for how many seconds an answer about the database, and its counts, hold.
    """

    def __init__(
        self,
        ledger: Ledger,
        on_ledger: LedgerRunner,
        clock: Clock,
        facts: Facts,
        *,
        channels: Collection[str],
        budgets: Mapping[str, Decimal],
        fresh: float = _FRESH,
        counted: float = _COUNTED,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._facts = facts
        self._channels = tuple(channels)
        self._budgets = budgets
        self._database = _CachedCall(lambda: on_ledger(self._read_channel_states), fresh)
        self._counts = _CachedCall(lambda: on_ledger(self._read_counts), counted)

    def live(self) -> list[str]:
        """What is wrong with the process itself; that this runs shows that its loop does."""
        silent = self._facts.silent()
        return [f"the ledger's thread has not answered for {silent:.0f} s"] if silent > _DEAD else []

    async def ready(self) -> list[str]:
        """Why it can't do all of its work now; each a line for a person."""
        reasons = []
        try:
            states = await self._database()
        except LedgerError as error:
            reasons.append(str(error))
        except TimeoutError:
            reasons.append("the database does not answer, or another process holds it locked")
        else:
            reasons += [
                f"channel {one.name} is paused: {one.reason}" for one in states if _is_paused_by_platform(one)
            ]
            if (silent := self._facts.silent()) > _SILENT:
                reasons.append(f"the service has waited for its database for {silent:.0f} s")
        if trouble := self._facts.clock_trouble():
            reasons.append(trouble)
        return reasons + self._facts.failed_parts()

    async def tell(self, metrics: Metrics) -> None:
        """What the ledger knows; where it does not answer, the figures stay what they were."""
        try:
            counts = await self._counts()
        except (LedgerError, TimeoutError):
            return
        metrics.queue(self._channels, counts.posts)
        for one in counts.channels:
            metrics.paused(one.name, paused=one.state == "paused")
        for name, spent in counts.spent.items():
            metrics.budget(name, spent, self._budgets[name])

    # -- on the ledger's thread

    def _read_channel_states(self) -> tuple[ChannelState, ...]:
        self._ledger.check()
        return self._list_channel_states()

    def _read_counts(self) -> _LedgerCounts:
        now = self._clock.now()
        with self._ledger.view():
            counts = self._ledger.counts(since=now + timedelta(days=1))  # without what went out or failed
            spending = self._ledger.spending(now=now)
            spent = {name: spending.get(name, Decimal(0)) for name in self._budgets}
            return _LedgerCounts(counts, self._list_channel_states(), spent)

    def _list_channel_states(self) -> tuple[ChannelState, ...]:
        """The channels of config.yaml, in its order."""
        known = self._ledger.channels()
        return tuple(known.get(name, ChannelState(name)) for name in self._channels)


def _is_paused_by_platform(one: ChannelState) -> bool:
    """Paused by its platform; what a person paused is as it should be."""
    return one.state == "paused" and one.paused_by == "sender"


class _CachedCall(Generic[T]):
    """An answer that holds for ``fresh`` seconds; one question at a time, however many wait for it."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, T]], fresh: float) -> None:
        self._ask = ask
        self._fresh = fresh
        self._asked: asyncio.Task[T] | None = None
        self._until = 0.0

    async def __call__(self) -> T:
        """Raises TimeoutError, while the question goes on; and what it raises."""
        if self._asked is None or (self._asked.done() and time.monotonic() > self._until):
            self._asked = asyncio.create_task(self._ask())
            self._asked.add_done_callback(self._consume_error)
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.shield(self._asked)

    def _consume_error(self, asked: asyncio.Task[T]) -> None:
        self._until = time.monotonic() + self._fresh
        if not asked.cancelled():
            asked.exception()  # seen, though nobody may wait for it any more
