"""The polling of sources: which items are new, which are only recorded, and when to poll again.

The items of a poll are stored in the same transaction as its ETag, before any article is read. If they were
stored later, the site's next answer (304, not modified) would hide items that a crash in between had lost.

A commit costs more than the work of most polls. So one transaction at a time takes all requests that have
arrived, up to a size that does not make posts wait long for the ledger's thread.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from newsbot.backoff import compute_pause
from newsbot.errors import LedgerError, SourceError
from newsbot.model import Failure, Item
from newsbot.newsroom.anomalies import describe_flood
from newsbot.ports import (
    Clock,
    ItemComparison,
    LedgerRunner,
    Poll,
    PollClaim,
    PollRequest,
    PollResult,
    RecordedPoll,
    Source,
    SourceState,
)
from newsbot.reasons import Code, Reason

if TYPE_CHECKING:
    from newsbot.ledger.sources import SourcesStore

__all__ = ["PollBatcher", "PollTurns", "SourcePoller", "SourceTerms", "Visit"]


class PollTurns:
    """A limit on concurrent polls: ``most`` in all, and ``failing`` for sources whose last poll failed.

    A poll that takes longer than ``patience`` seconds lets the next one start, and continues. At most
    ``slow`` polls do that at once, because each occupies a connection and an answer in memory.
    """

    def __init__(self, *, most: int = 200, failing: int = 50, slow: int = 400, patience: float = 3.0) -> None:
        self._turns = asyncio.Semaphore(most)
        self._failing_turns = asyncio.Semaphore(failing)
        self._most_slow = slow
        self._slow: set[object] = set()
        self._patience = patience

    @asynccontextmanager
    async def take(self, *, failing: bool) -> AsyncIterator[None]:
        """Wait until another poll may run, and count it as running until the block ends."""
        turns, poll = self._failing_turns if failing else self._turns, object()
        await turns.acquire()
        timer = asyncio.get_running_loop().call_later(self._patience, self._pass_turn_on, turns, poll)
        try:
            yield
        finally:
            timer.cancel()
            if poll in self._slow:
                self._slow.discard(poll)
            else:
                turns.release()

    def _pass_turn_on(self, turns: asyncio.Semaphore, poll: object) -> None:
        if len(self._slow) < self._most_slow:
            self._slow.add(poll)
            turns.release()


_GATHER = 0.02  # The least seconds between the starts of two transactions while other polls are running.
_MOST_ITEMS = 400  # The most items in one transaction, which takes about 20 ms at this size.
_MOST_ASKED = 200
# After this many refusals in a row, the ledger itself fails, so the remaining calls are not tried.
_REFUSED_IN_A_ROW = 2

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _WaitingPoll:
    """One call of a poll that waits for the ledger, and the future of the answer to the caller.

    The call is a request to poll, items to compare with the ledger, or a result to store.
    """

    source: str
    request: PollRequest | None = None
    items: Sequence[Item] | None = None
    result: PollResult | None = None
    answer: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        """The number of items in this call, by which the size of a transaction is limited."""
        if (it := self.result) is not None:
            return sum(map(len, (it.take, it.record, it.changed, it.gone, it.past)))
        return len(self.items or ())

    def resolve(self, answer: object) -> None:
        if not self.answer.done():  # The poll that waits for the answer may have been cancelled.
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class PollBatcher:
    """The queue that makes the ledger calls of all polls in shared transactions.

    ``lease`` is how long a claim on a source lasts.
    """

    def __init__(
        self, store: "SourcesStore", on_ledger: LedgerRunner, clock: Clock, *, lease: timedelta
    ) -> None:
        self._store = store
        self._on_ledger = on_ledger
        self._clock = clock
        self._lease = lease
        self._waiting: deque[_WaitingPoll] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._under_way = 0

    async def claim(self, request: PollRequest) -> PollClaim:
        """Claim a source for a poll; no other process then polls it. Raises LedgerError if that fails."""
        claim: PollClaim = await self._enqueue(_WaitingPoll(request.source, request=request))
        return claim

    async def compare(self, source: str, items: Sequence[Item]) -> ItemComparison:
        """Return which of the source's items are new or changed. Raises LedgerError if the ledger fails."""
        compared: ItemComparison = await self._enqueue(_WaitingPoll(source, items=items))
        return compared

    async def record(self, source: str, result: PollResult) -> RecordedPoll:
        """Store a poll's result, and return once it is stored. Raises LedgerError if it can't be stored."""
        recorded: RecordedPoll = await self._enqueue(_WaitingPoll(source, result=result))
        return recorded

    @contextmanager
    def expect_calls(self) -> Iterator[None]:
        """Count a poll as running until the block ends, so that transactions wait briefly for its calls."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def _enqueue(self, waiting: _WaitingPoll) -> Any:
        self._waiting.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._process_queue(), name="poll batcher")
        return await waiting.answer

    async def _process_queue(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            began = loop.time()
            batch = self._take_batch()
            error = await self._store_batch(batch)
            if error is not None:
                await self._store_one_by_one(batch, error)
            wait = began + _GATHER - loop.time()
            if wait > 0 and self._under_way > 1:
                await asyncio.sleep(wait)

    def _take_batch(self) -> list[_WaitingPoll]:
        """Remove and return the first waiting calls, up to the size limit; a larger call goes alone."""
        batch: list[_WaitingPoll] = []
        items = 0
        while self._waiting and len(batch) < _MOST_ASKED:
            items += self._waiting[0].size
            if batch and items > _MOST_ITEMS:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _store_batch(self, batch: Sequence[_WaitingPoll]) -> Exception | None:
        """Make the calls in one transaction and answer them; if that fails, return the error.

        After an error nothing is stored and no call is answered.
        """
        try:
            answers = await self._on_ledger(
                self._store.exchange_polls,
                [each.request for each in batch if each.request is not None],
                [(each.source, each.items) for each in batch if each.items is not None],
                [(each.source, each.result) for each in batch if each.result is not None],
                now=self._clock.now(),
                lease=self._lease,
            )
        except Exception as error:  # noqa: BLE001  One entry is to blame, so each is tried by itself.
            return error
        claims, compared, recorded = iter(answers.claims), iter(answers.compared), iter(answers.recorded)
        for each in batch:
            if each.request is not None:
                each.resolve(next(claims))
            elif each.items is not None:
                each.resolve(next(compared))
            else:
                each.resolve(next(recorded))
        return None

    async def _store_one_by_one(self, batch: Sequence[_WaitingPoll], error: Exception) -> None:
        """Make each call in a transaction of its own, so that only the faulty call fails.

        If the ledger refuses several in a row, the rest is not tried.
        """
        if len(batch) == 1:
            batch[0].fail(error)
            return
        in_a_row = 0
        for each in batch:
            if in_a_row < _REFUSED_IN_A_ROW:
                found = await self._store_batch([each])
                in_a_row = in_a_row + 1 if isinstance(found, LedgerError) else 0
                error = found or error
            if not each.answer.done():
                each.fail(error)


_LEASE = timedelta(minutes=2)
_SOON = timedelta(seconds=0.25)  # The pause before the next poll of a source that has more items ready.
_REST = 4  # A poll may take at most this many times as long as the pause after it.
_LONGEST_ASKED = timedelta(days=1)
_ASK_AGAIN = timedelta(seconds=5)  # The time after which a refused claim on a source is requested again.


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """The settings of a source for polling.

    ``every`` is the least interval between polls, ``backfill`` the number of items posted on the first poll,
    and ``back_off`` the longest pause after failures.
    """

    every: timedelta
    backfill: int
    back_off: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """The outcome of a request to poll a source: ``result`` is None if the ledger did not grant the poll.

    ``unfinished`` says that items of the source still wait to be read or to be updated.
    """

    result: PollResult | None
    next_poll_at: datetime
    unfinished: bool


class SourcePoller:
    """The poller of the sources, which stores the items that it finds there."""

    def __init__(
        self,
        store: "SourcesStore",
        on_ledger: LedgerRunner,
        sources: Mapping[str, Source],
        terms: Mapping[str, SourceTerms],
        clock: Clock,
    ) -> None:
        self._sources = sources
        self._terms = terms
        self._clock = clock
        self._batcher = PollBatcher(store, on_ledger, clock, lease=_LEASE)
        self._turns = PollTurns()
        self._failing: set[str] = set()
        # The sources that this process claimed, but whose poll's end it could not store.
        self._unstored: set[str] = set()

    async def poll(self, name: str, *, least: timedelta | None = None) -> PollResult | None:
        """Poll a source if it is due, or if its last poll is at least ``least`` ago; else return None."""
        return (await self.visit(PollRequest(name, least))).result

    async def visit(self, request: PollRequest) -> Visit:
        """Poll a source if the ledger grants the request; it grants none before the source is due.

        Raises:
            LedgerError: the source could not be claimed, or the result could not be stored.
        """
        name = request.source
        async with self._turns.take(failing=name in self._failing):
            with self._batcher.expect_calls():
                return await self._visit(name, request)

    async def _visit(self, name: str, request: PollRequest) -> Visit:
        if name in self._unstored:
            request = replace(request, resumed=True)
        try:
            claim = await self._batcher.claim(request)
        except LedgerError:
            self._unstored.add(name)  # The ledger may have stored the claim although its answer was lost.
            raise
        if not claim.granted:
            return Visit(None, self._find_next_request_time(claim.state), claim.unfinished)
        try:
            result = await self._poll_source(name, claim.state)
            recorded = await self._batcher.record(name, result)
        except BaseException:
            self._unstored.add(name)
            raise
        self._unstored.discard(name)
        (self._failing.add if result.error else self._failing.discard)(name)
        return Visit(result, result.next_poll_at, recorded.unfinished)

    def _find_next_request_time(self, state: SourceState) -> datetime:
        """Return when to request again a source that is blocked, not due, or polled by another instance."""
        now = self._clock.now()
        clock_went_back = state.last_polled_at is not None and state.last_polled_at > now
        if state.next_poll_at is not None and now < state.next_poll_at and not clock_went_back:
            return state.next_poll_at
        return now + min(self._terms[state.name].every, _ASK_AGAIN)

    async def _poll_source(self, name: str, state: SourceState) -> PollResult:
        began = self._clock.now()
        try:
            poll = await self._sources[name].poll(state.cursor)
        except SourceError as error:
            asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
            return self._make_failed_result(name, state, Failure(error.code, error.reason), asked)
        except Exception as error:
            log.exception("poll failed", source=name)
            why = Code.SOURCE_BROKE(name=name, words=type(error).__name__)
            return self._make_failed_result(name, state, Failure("error", why))
        now = self._clock.now()
        # The time is kept within limits, as the clock may have jumped.
        took = min(max(now - began, timedelta(0)), _LEASE)
        every = max(self._terms[name].every, poll.wait or timedelta(0))
        # The next poll starts one interval after the start of this one, but never without a pause.
        wait = _SOON if poll.soon else max(every - took, took / _REST)
        return await self._make_result(name, state, poll, now + wait)

    def _make_failed_result(
        self, name: str, state: SourceState, failure: Failure, asked: timedelta = timedelta(0)
    ) -> PollResult:
        """Return the result of a failed poll; the pause until the next one doubles with each failure.

        ``asked`` is the pause that the site requested.
        """
        terms = self._terms[name]
        wait = max(terms.every, compute_pause(terms.every, terms.back_off, state.failures))
        wait = max(wait, min(asked, _LONGEST_ASKED))
        if state.error != failure:
            log.warning("poll failed", source=name, error=failure.message)
        return PollResult(self._clock.now() + wait, error=failure)

    async def _make_result(self, name: str, state: SourceState, poll: Poll, again: datetime) -> PollResult:
        """Decide which of a poll's new items are posted and which only recorded; return the poll's result.

        The new items and the recorded items are ordered oldest first.
        """
        compared = ItemComparison(frozenset(), frozenset())
        if poll.items:
            compared = await self._batcher.compare(name, poll.items)
        new = tuple(item for item in poll.items if item.guid in compared.new)
        first_sight = state.first_poll_at is None
        if first_sight:
            take = new[: self._terms[name].backfill]
        else:  # Items that were published before the source's first poll are only recorded.
            take = tuple(item for item in new if item.guid not in poll.past and not poll.new_selection)
        taken = {item.guid for item in take}
        record = tuple(item for item in new if item.guid not in taken)
        hold = None if first_sight else describe_flood(name, len(take), state.usual_new)
        _log_result(name, take, record if first_sight or poll.new_selection else (), hold)
        return PollResult(
            again,
            poll.cursor,
            take[::-1],
            record[::-1],
            hold,
            first_sight,
            changed=tuple(item for item in poll.items if item.guid in compared.changed),
            gone=poll.gone,
            past=poll.past - {item.guid for item in poll.items},
            soon=poll.soon,
        )


def _log_result(name: str, take: tuple[Item, ...], record: tuple[Item, ...], hold: Reason | None) -> None:
    if record:
        how = "newsbot post URL|FILE posts one; backfill in config.yaml is how many are posted at first sight"
        log.info("first sight: remembered, not posted", source=name, articles=len(record), how=how)
    if take:
        log.info("new articles", source=name, articles=len(take))
    if hold:
        log.warning("held", source=name, why=str(hold))
