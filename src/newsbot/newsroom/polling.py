"""Poll the sources: decide which items are new, which of them are posted, and when to poll each source again.

The items of a poll are stored in the same transaction as the ETag of the site's answer, before any article is
read. If the items were stored later, a crash in between would lose them, because the site would then answer
"304 not modified".

A commit takes longer than the rest of most polls. So a transaction makes all waiting ledger calls of the
polls together, up to a size that does not delay the sending of posts.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

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
from newsbot.tasks import compute_pause

if TYPE_CHECKING:
    from newsbot.ledger.sources import SourcesStore

__all__ = ["PollTurns", "SourcePoller", "SourceTerms", "Visit"]


class PollTurns:
    """A limit on concurrent polls: at most ``failing`` polls of sources whose last poll failed, and at most
    ``most`` polls of other sources.

    If a poll takes longer than ``patience`` seconds, it no longer counts, so another poll starts. At most
    ``slow`` polls may run uncounted at once, because each keeps a connection open and an answer in memory.
    """

    def __init__(self, *, most: int = 200, failing: int = 50, slow: int = 400, patience: float = 3.0) -> None:
        self._turns = asyncio.Semaphore(most)
        self._failing_turns = asyncio.Semaphore(failing)
        self._most_slow = slow
        self._slow: set[object] = set()
        self._patience = patience

    @asynccontextmanager
    async def take(self, *, failing: bool) -> AsyncIterator[None]:
        """Wait until another poll may run, and count that poll as running until the ``with`` block ends."""
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


# The least seconds between the starts of two transactions that make ledger calls of polls, while several
# polls are running.
_GATHER = 0.02
# The most items that all ledger calls in one transaction may have together; such a transaction takes about 20
# ms.
_MOST_ITEMS = 400
_MOST_ASKED = 200
# If the ledger refuses this many calls by polls one after another, the ledger itself has failed, so the
# remaining calls of the transaction are not tried one by one.
_REFUSED_IN_A_ROW = 2

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class _WaitingPoll:
    """One ledger call of a poll that waits for the next transaction,
    with the future by which the poll gets the answer.

    The call is a request to poll a source, a list of items to compare with the ledger, or a poll's result to
    store.
    """

    source: str
    request: PollRequest | None = None
    items: Sequence[Item] | None = None
    result: PollResult | None = None
    answer: "asyncio.Future[Any]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def size(self) -> int:
        """Return the number of items in this ledger call of a poll, because all calls of one transaction
        together may have only so many.
        """
        if (it := self.result) is not None:
            return sum(map(len, (it.take, it.record, it.changed, it.gone, it.protected, it.past)))
        return len(self.items or ())

    def resolve(self, answer: object) -> None:
        # A poll that was cancelled does not get the ledger's answer, because it no longer waits for it.
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(eq=False, repr=False)
class PollBatcher:
    """The queue that collects the ledger calls of all polls and makes them in shared transactions.

    ``lease`` is how long a process has the right to poll a source.
    """

    store: "SourcesStore"
    on_ledger: LedgerRunner
    clock: Clock

    def __post_init__(self) -> None:
        self._waiting: deque[_WaitingPoll] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._under_way = 0

    async def claim(self, request: PollRequest) -> PollClaim:
        """Claim a source, so that no other process polls it now; return whether the ledger granted the claim.

        Raises:
            LedgerError: the ledger can't be read or written.
        """
        claim: PollClaim = await self._enqueue(_WaitingPoll(request.source, request=request))
        return claim

    async def compare(self, source: str, items: Sequence[Item]) -> ItemComparison:
        """Return which of the items of ``source`` are new to the ledger or changed.

        Raises:
            LedgerError: the ledger can't be read.
        """
        compared: ItemComparison = await self._enqueue(_WaitingPoll(source, items=items))
        return compared

    async def record(self, source: str, result: PollResult) -> RecordedPoll:
        """Store the result of a poll of ``source``, and return once the result is stored.

        Raises:
            LedgerError: the result can't be stored.
        """
        recorded: RecordedPoll = await self._enqueue(_WaitingPoll(source, result=result))
        return recorded

    @contextmanager
    def expect_calls(self) -> Iterator[None]:
        """Count a poll as running until the ``with`` block ends.

        While several polls are running, each transaction waits briefly for more of their ledger calls.
        """
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
        """Remove and return the first waiting ledger calls, as many as one transaction may have.

        A single call that is larger than a transaction's limit of items is returned alone.
        """
        batch: list[_WaitingPoll] = []
        items = 0
        while self._waiting and len(batch) < _MOST_ASKED:
            items += self._waiting[0].size
            if batch and items > _MOST_ITEMS:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _store_batch(self, batch: Sequence[_WaitingPoll]) -> Exception | None:
        """Make the ledger calls in one transaction and give the polls their answers; if that fails,
        return the error.

        After an error nothing is stored, and no poll gets an answer.
        """
        try:
            answers = await self.on_ledger(
                self.store.exchange_polls,
                [each.request for each in batch if each.request is not None],
                [(each.source, each.items) for each in batch if each.items is not None],
                [(each.source, each.result) for each in batch if each.result is not None],
                now=self.clock.now(),
                lease=_LEASE,
            )
        # After any error of a shared transaction, each of its calls is made in a transaction of its own.
        except Exception as error:  # noqa: BLE001
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
        """Make each ledger call in a transaction of its own,
        so that only the call that caused the ``error`` fails.

        If the ledger refuses several calls one after another, the remaining calls fail without being tried.
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
# The pause before the next poll of a source that said that it has more items ready.
_SOON = timedelta(seconds=0.25)
_REST = 4  # The pause after a poll is at least the time that the poll took, divided by this number.
_LONGEST_ASKED = timedelta(days=1)
# If another process is polling a source, this process requests to poll the source again after this time.
_ASK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """The settings of a source for polling.

    ``every`` is the least interval between two polls, ``backfill`` the number of items of the first poll that
    are posted, and ``back_off`` the longest pause after failed polls. ``host`` is the web host (with its
    port) that is asked, None if the source is no website.
    """

    every: timedelta
    backfill: int
    back_off: timedelta = timedelta(hours=1)
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """The outcome of a request to poll a source: ``result`` is None if the ledger did not allow the poll now.

    ``unfinished`` says that items of the source wait to be read, or that posts wait for the change of an
    article.
    """

    result: PollResult | None
    next_poll_at: datetime
    unfinished: bool


@dataclass(eq=False, repr=False)
class SourcePoller:
    """The component that polls all sources, and that stores in the ledger the items found there."""

    store: "SourcesStore"
    on_ledger: LedgerRunner
    sources: Mapping[str, Source]
    terms: Mapping[str, SourceTerms]
    clock: Clock

    def __post_init__(self) -> None:
        self._batcher = PollBatcher(self.store, self.on_ledger, self.clock)
        self._turns = PollTurns()
        self._failing: set[str] = set()
        # The names of the sources that only this process may poll, because it could not store the result of a
        # poll.
        self.unstored: set[str] = set()

    async def poll(self, name: str, *, least: timedelta | None = None) -> PollResult | None:
        """Poll a source if it is due, or if its last poll was at least ``least`` ago;
        return the poll's result.

        Return None if the source was not polled.
        """
        return (await self.visit(PollRequest(name, least))).result

    async def visit(self, request: PollRequest) -> Visit:
        """Poll a source if the ledger allows it; the ledger does not allow it before the source is due.

        Raises:
            LedgerError: the ledger could not grant the poll, or the result could not be stored.
        """
        name = request.source
        async with self._turns.take(failing=name in self._failing):
            with self._batcher.expect_calls():
                return await self._visit(name, request)

    async def _visit(self, name: str, request: PollRequest) -> Visit:
        if name in self.unstored:
            request = replace(request, resumed=True)
        try:
            claim = await self._batcher.claim(request)
        except LedgerError:
            # If only the answer of the ledger was lost, this process has the right to poll the source, and no
            # other process may poll it. So the next request asks to resume that right.
            self.unstored.add(name)
            raise
        if not claim.granted:
            return Visit(None, self._find_next_request_time(claim.state), claim.unfinished)
        try:
            result = await self._poll_source(name, claim.state)
            recorded = await self._batcher.record(name, result)
        except BaseException:
            self.unstored.add(name)
            raise
        self.unstored.discard(name)
        (self._failing.add if result.error else self._failing.discard)(name)
        return Visit(result, result.next_poll_at, recorded.unfinished)

    def _find_next_request_time(self, state: SourceState) -> datetime:
        """Return when to ask the ledger again for a poll of a source that is blocked, not due yet, or being
        polled by another process.
        """
        now = self.clock.now()
        clock_went_back = state.last_polled_at is not None and state.last_polled_at > now
        if state.next_poll_at is not None and now < state.next_poll_at and not clock_went_back:
            return state.next_poll_at
        return now + min(self.terms[state.name].every, _ASK_AGAIN)

    async def _poll_source(self, name: str, state: SourceState) -> PollResult:
        began = self.clock.now()
        try:
            poll = await self.sources[name].poll(state.cursor)
        except SourceError as error:
            asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
            return self._make_failed_result(name, state, Failure(error.code, error.reason), asked)
        except Exception as error:
            log.exception("poll failed", source=name)
            why = Code.SOURCE_BROKE(name=name, words=type(error).__name__)
            return self._make_failed_result(name, state, Failure("error", why))
        now = self.clock.now()
        # The duration of a poll counts as at least zero and at most as long as a process's right to poll
        # lasts, because the machine's clock may have jumped.
        took = min(max(now - began, timedelta(0)), _LEASE)
        every = max(self.terms[name].every, poll.wait or timedelta(0))
        # The next poll starts one interval after the start of this poll,
        # but never without a pause after its end.
        wait = _SOON if poll.soon else max(every - took, took / _REST)
        return await self._make_result(name, state, poll, now + wait)

    def _make_failed_result(
        self, name: str, state: SourceState, failure: Failure, asked: timedelta = timedelta(0)
    ) -> PollResult:
        """Return the result of a failed poll; the pause until the next poll doubles
        with each failure in a row.

        ``asked`` is the pause that the site requested in its answer. The pause is for all sources on the
        site's host, whichever process polls them: a site that has too many requests means the client.
        """
        terms = self.terms[name]
        wait = max(terms.every, compute_pause(terms.every, terms.back_off, state.failures))
        wait = max(wait, min(asked, _LONGEST_ASKED))
        if state.error != failure:
            log.warning("poll failed", source=name, error=failure.message)
        neighbours = self._list_sources_on(terms.host, but=name) if asked and terms.host else ()
        return PollResult(self.clock.now() + wait, error=failure, same_host=neighbours)

    def _list_sources_on(self, host: str, *, but: str) -> tuple[str, ...]:
        return tuple(each for each, terms in self.terms.items() if terms.host == host and each != but)

    async def _make_result(self, name: str, state: SourceState, poll: Poll, again: datetime) -> PollResult:
        """Decide which new items of a poll are posted and which are only recorded as known;
        return the poll's result.

        The result lists both kinds of items in order of age, the oldest first. The next poll is at ``again``.
        """
        compared = ItemComparison(frozenset(), frozenset())
        if poll.items:
            compared = await self._batcher.compare(name, poll.items)
        new = tuple(item for item in poll.items if item.guid in compared.new)
        first_sight = state.first_poll_at is None
        if first_sight:
            take = new[: self.terms[name].backfill]
        # Items that were published before the source's first poll are only recorded as known, not posted.
        else:
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
            protected=poll.protected,
            past=poll.past - {item.guid for item in poll.items},
            soon=poll.soon,
        )


def _log_result(name: str, take: tuple[Item, ...], record: tuple[Item, ...], hold: Reason | None) -> None:
    if record:
        how = "newsbot post URL|FILE posts one; backfill in config.yaml is how many are posted at first sight"
        log.info("first sight: remembered, not posted", source=name, articles=len(record), how=how)
    if take:
        log.info("new articles", source=name, articles=len(take), first=take[0].url or take[0].guid)
    if hold:
        log.warning("held", source=name, why=str(hold))
