"""A look at a source: what is new, what is only remembered, and when to look again.

Everything that a poll found is stored in the transaction that stores its ETag, before any of it is read:
otherwise the next answer, a 304, would hide what a crash in between had lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from newsbot.errors import LedgerError, SourceError
from newsbot.model import Failure, Item
from newsbot.newsroom.poll_batcher import PollBatcher
from newsbot.newsroom.poll_turns import PollTurns
from newsbot.newsroom.suspicions import flood
from newsbot.ports import (
    Clock,
    Compared,
    Ledger,
    OnLedger,
    Poll,
    PollRequest,
    PollResult,
    Source,
    SourceState,
)

__all__ = ["Detector", "SourceTerms", "Visit"]

_LEASE = timedelta(minutes=2)
_SOON = timedelta(seconds=0.25)  # until a source is looked at again where something is on its way
_REST = 4  # a poll's time is at the most this many times as long as the rest after it
_LONGEST_ASKED = timedelta(days=1)
_ASK_AGAIN = timedelta(seconds=5)  # until a claim that was refused is asked for again

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """A source's keys that detection needs: least interval, and how many to post at first sight.

    ``back_off`` is the longest that it is left alone after failures.
    """

    every: timedelta
    backfill: int
    back_off: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """What became of a wish to look: ``result`` is None where it was not granted.

    ``unfinished``: something of the source waits to be read or followed.
    """

    result: PollResult | None
    next_poll_at: datetime
    unfinished: bool


class Detector:
    """Polls sources and stores what they found."""

    def __init__(
        self,
        ledger: Ledger,
        on_ledger: OnLedger,
        sources: Mapping[str, Source],
        terms: Mapping[str, SourceTerms],
        clock: Clock,
    ) -> None:
        self._sources = sources
        self._terms = terms
        self._clock = clock
        self._batcher = PollBatcher(ledger, on_ledger, clock, lease=_LEASE)
        self._turns = PollTurns()
        self._failing: set[str] = set()
        self._unstored: set[str] = set()  # claimed by this process, and the end of the poll not stored

    async def poll(self, name: str, *, least: timedelta | None = None) -> PollResult | None:
        """Look at one source, if it is its time (or its last look is ``least`` old); None where it is not."""
        return (await self.visit(PollRequest(name, least))).result

    async def visit(self, request: PollRequest) -> Visit:
        """Look at one source, if the ledger grants that.

        Raises:
            LedgerError: it could not be claimed, or what was found could not be stored.
        """
        name = request.source
        async with self._turns.take(failing=name in self._failing):
            self._batcher.begin()
            try:
                return await self._visit(name, request)
            finally:
                self._batcher.end()

    async def _visit(self, name: str, request: PollRequest) -> Visit:
        if name in self._unstored:
            request = replace(request, resumed=True)
        try:
            claim = await self._batcher.claim(request)
        except LedgerError:
            self._unstored.add(name)  # it may be stored, and its answer lost
            raise
        if not claim.granted:
            return Visit(None, self._next_request(claim.state), claim.unfinished)
        try:
            result = await self._look(name, claim.state)
            recorded = await self._batcher.record(name, result)
        except BaseException:
            self._unstored.add(name)
            raise
        self._unstored.discard(name)
        (self._failing.add if result.error else self._failing.discard)(name)
        return Visit(result, result.next_poll_at, recorded.unfinished)

    def _next_request(self, state: SourceState) -> datetime:
        """When to ask again for a source that is blocked, not due yet, or being polled by another service."""
        now = self._clock.now()
        if state.next_poll_at is not None and now < state.next_poll_at and not _went_back(state, now):
            return state.next_poll_at
        return now + min(self._terms[state.name].every, _ASK_AGAIN)

    async def _look(self, name: str, state: SourceState) -> PollResult:
        began = self._clock.now()
        try:
            poll = await self._sources[name].poll(state.cursor)
        except SourceError as error:
            asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
            return self._failed(name, state, Failure(error.code, str(error)), asked)
        except Exception as error:
            log.exception("poll failed", source=name)
            what = f"the {name} source failed in a way nobody foresaw ({type(error).__name__}): see the log"
            return self._failed(name, state, Failure("error", what))
        return await self._sorted(name, state, poll, self._again(name, poll, began))

    def _again(self, name: str, poll: Poll, began: datetime) -> datetime:
        """The interval is from one poll's begin to the next one's; after a slow one there is a rest."""
        now = self._clock.now()
        if poll.soon:
            return now + _SOON
        took = min(max(now - began, timedelta(0)), _LEASE)  # none takes longer, but the clock may jump
        every = max(self._terms[name].every, poll.wait or timedelta(0))
        return now + max(every - took, took / _REST)

    def _failed(
        self, name: str, state: SourceState, failure: Failure, asked: timedelta = timedelta(0)
    ) -> PollResult:
        """Again at twice the interval each time; ``asked`` is how long the site wants to be left alone."""
        terms = self._terms[name]
        wait = max(terms.every, min(terms.every * 2 ** min(state.failures, 10), terms.back_off))
        wait = max(wait, min(asked, _LONGEST_ASKED))
        if state.error != failure:
            log.warning("poll failed", source=name, error=failure.message)
        return PollResult(self._clock.now() + wait, error=failure)

    async def _sorted(self, name: str, state: SourceState, poll: Poll, again: datetime) -> PollResult:
        """Which items are taken and which only remembered; oldest first, as they will be posted."""
        compared = Compared(frozenset(), frozenset())
        if poll.items:
            compared = await self._batcher.compare(name, poll.items)
        new = tuple(item for item in poll.items if item.guid in compared.new)
        first_sight = state.first_poll_at is None
        take = new[: self._terms[name].backfill] if first_sight else _young(poll, new)
        taken = {item.guid for item in take}
        record = tuple(item for item in new if item.guid not in taken)
        hold = None if first_sight else flood(name, len(take), state.usual_new)
        _tell(name, take, record if first_sight or poll.anew else (), hold)
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


def _went_back(state: SourceState, now: datetime) -> bool:
    return state.last_polled_at is not None and state.last_polled_at > now


def _young(poll: Poll, new: tuple[Item, ...]) -> tuple[Item, ...]:
    """Without what was published before the source was first looked at."""
    return () if poll.anew else tuple(item for item in new if item.guid not in poll.past)


def _tell(name: str, take: tuple[Item, ...], record: tuple[Item, ...], hold: str | None) -> None:
    if record:
        how = "newsbot post URL|FILE posts one; backfill in config.yaml is how many are posted at first sight"
        log.info("first sight: remembered, not posted", source=name, articles=len(record), how=how)
    if take:
        log.info("new articles", source=name, articles=len(take))
    if hold:
        log.warning("held", source=name, why=hold)
