"""Polls bring their claims and results here; what comes while a transaction runs shares the next one.

A commit costs more than what most polls store. So one transaction at a time takes all that has come until
then, up to a size that keeps no post waiting for the ledger's thread.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from newsbot.errors import LedgerError
from newsbot.model import Item
from newsbot.ports import (
    Clock,
    Compared,
    Ledger,
    OnLedger,
    PollAnswers,
    PollClaim,
    PollRequest,
    PollResult,
    RecordedPoll,
)

__all__ = ["PollBatcher"]

_GATHER = 0.02  # seconds from one transaction's begin to the next one's, where other polls are under way
_MOST_ITEMS = 400  # in one transaction, which takes about 20 ms then
_MOST_ASKED = 200
_REFUSED_IN_A_ROW = 2  # after that it is the ledger that is not well, and the rest need not be tried

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Waiting:
    """One of a request, items to compare, or a result; and the future of who waits for the answer."""

    source: str
    request: PollRequest | None = None
    items: Sequence[Item] | None = None
    result: PollResult | None = None
    answer: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        """How many items it brings."""
        if (it := self.result) is not None:
            return sum(map(len, (it.take, it.record, it.changed, it.gone, it.past)))
        return len(self.items or ())

    def resolve(self, answer: object) -> None:
        if not self.answer.done():  # who asked may be gone
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class PollBatcher:
    """One transaction at a time for the polls of all sources. ``lease`` is how long a claim lasts."""

    def __init__(self, ledger: Ledger, on_ledger: OnLedger, clock: Clock, *, lease: timedelta) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._clock = clock
        self._lease = lease
        self._waiting: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._under_way = 0

    async def claim(self, request: PollRequest) -> PollClaim:
        """Raises LedgerError: it can't be claimed now."""
        claim: PollClaim = await self._bring(_Waiting(request.source, request=request))
        return claim

    async def compare(self, source: str, items: Sequence[Item]) -> Compared:
        """Raises LedgerError: the ledger can't be asked now."""
        compared: Compared = await self._bring(_Waiting(source, items=items))
        return compared

    async def record(self, source: str, result: PollResult) -> RecordedPoll:
        """Return when the poll is stored. Raises LedgerError: it is not."""
        recorded: RecordedPoll = await self._bring(_Waiting(source, result=result))
        return recorded

    def begin(self) -> None:
        """A poll is under way: it may share the next transaction."""
        self._under_way += 1

    def end(self) -> None:
        """That poll is over."""
        self._under_way -= 1

    async def _bring(self, waiting: _Waiting) -> Any:
        self._waiting.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="poll batcher")
        return await waiting.answer

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            began = loop.time()
            batch = self._next_batch()
            error = await self._try(batch)
            if error is not None:
                await self._one_by_one(batch, error)
            wait = began + _GATHER - loop.time()
            if wait > 0 and self._under_way > 1:
                await asyncio.sleep(wait)

    def _next_batch(self) -> list[_Waiting]:
        """What has come, in its order; one that brings very many items goes alone."""
        batch: list[_Waiting] = []
        items = 0
        while self._waiting and len(batch) < _MOST_ASKED:
            items += self._waiting[0].size
            if batch and items > _MOST_ITEMS:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _try(self, batch: Sequence[_Waiting]) -> Exception | None:
        """In one transaction; where it fails, why, and nothing of it is stored."""
        try:
            answers = await self._on_ledger(
                self._ledger.exchange_polls,
                [each.request for each in batch if each.request is not None],
                [(each.source, each.items) for each in batch if each.items is not None],
                [(each.source, each.result) for each in batch if each.result is not None],
                now=self._clock.now(),
                lease=self._lease,
            )
        except Exception as error:  # noqa: BLE001  one of them is to blame: each is tried by itself
            return error
        _give(batch, answers)
        return None

    async def _one_by_one(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """So that what fails fails alone; where the ledger takes nothing at all, the rest is not tried."""
        if len(batch) == 1:
            batch[0].fail(error)
            return
        in_a_row = 0
        for each in batch:
            if in_a_row < _REFUSED_IN_A_ROW:
                found = await self._try([each])
                in_a_row = in_a_row + 1 if isinstance(found, LedgerError) else 0
                error = found or error
            if not each.answer.done():
                each.fail(error)


def _give(batch: Sequence[_Waiting], answers: PollAnswers) -> None:
    claims, compared, recorded = iter(answers.claims), iter(answers.compared), iter(answers.recorded)
    for each in batch:
        if each.request is not None:
            each.resolve(next(claims))
        elif each.items is not None:
            each.resolve(next(compared))
        else:
            each.resolve(next(recorded))
