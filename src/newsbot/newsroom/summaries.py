"""The stage "summarize", which asks one summarizer after another until one answers within its deadline.

A call to a summarizer may cost money. So each call is stored before it is made, and its answer as soon as it
arrives: after a crash a stored answer is used, and a call whose answer was lost is not repeated soon. An
answer is stored under the summarizer's name and a hash of the article's text that it read, so that newsbot
pays only once for the same text.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import structlog

from newsbot.errors import SummarizerError
from newsbot.model import Article, Failure, Summary
from newsbot.ports import (
    Clock,
    LedgerRunner,
    LocalSummarizer,
    StageCall,
    StageInput,
    Summarizer,
    ThreadRunner,
)
from newsbot.reasons import Code, Reason
from newsbot.threads import run_inline

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["SummarizerLine"]

_SETTLE = timedelta(seconds=10)  # A call without an outcome is given up this long after its deadline.
_AGAIN = timedelta(hours=1)  # A call that failed or was given up is not repeated for this long.
_LOOK = 0.5  # Seconds between two checks whether another process has finished the same call.
_FAILURES = 3  # After this many failures in a row, a summarizer is not asked for a while.
_REST = timedelta(minutes=1)  # The time for which a summarizer that failed too often is not asked.
_CLOSE_WITHIN = 5.0  # Seconds that a stop waits for the answers of calls in progress.

log = structlog.get_logger(__name__)


class _Place:
    """A summarizer with the number of its failures in a row, and the time until which it is not asked."""

    def __init__(self, summarizer: Summarizer) -> None:
        self.summarizer = summarizer
        self.failures = 0
        self.rests_until: datetime | None = None

    def note(self, *, failed: bool, now: datetime) -> None:
        self.failures = self.failures + 1 if failed else 0
        self.rests_until = now + _REST if self.failures >= _FAILURES else None

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until <= now + _REST


class SummarizerLine:
    """The newsroom's summarizers in the order in which they are asked; ``local`` is asked last.

    ``beside`` runs work that needs much processor time. Without a ledger no call can be stored, so only
    ``local`` is asked.
    """

    def __init__(
        self,
        ledger: "Ledger | None",
        on_ledger: LedgerRunner,
        clock: Clock,
        summarizers: Sequence[Summarizer],
        local: LocalSummarizer,
        *,
        beside: ThreadRunner = run_inline,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._clock = clock
        self._places = [_Place(each) for each in summarizers] if ledger is not None else []
        self._local = local
        self._beside = beside
        self._calls: dict[str, asyncio.Task[Summary | None]] = {}
        # The calls that are past their deadline and have not ended yet.
        self._late: set[asyncio.Task[Summary]] = set()
        # The outcomes of calls, by the call's key, that the ledger has not stored yet.
        self._unstored: dict[str, Summary | Failure] = {}

    @property
    def waits(self) -> bool:
        """Whether a summary may take time, because a summarizer is asked before the local summarizer."""
        return bool(self._places)

    @property
    def longest_wait(self) -> timedelta:
        """The longest time until the line has a summary: the sum of the summarizers' deadlines."""
        return sum((timedelta(seconds=each.summarizer.deadline) for each in self._places), timedelta(0))

    async def ask(self, article: Article) -> Summary:
        """Return the article's summary by the first summarizer in the line that gives one in time.

        Raises:
            LedgerError: the ledger can't tell whether a call was already made, or can't store the call.
        """
        for place in self._places:
            summary = await self._join_call(place, article)
            if summary is not None:
                return summary
        return await self._beside(self._summarize_locally, article)

    def summarize(self, article: Article) -> Summary:
        """Return the summary that is stored for exactly this article, or else the local summarizer's.

        This is for callers inside a transaction, which must not wait for a call.
        """
        if self._ledger is not None:
            for place in self._places:
                stored = self._ledger.stages.find_summary(_make_input(place.summarizer, article))
                if stored is not None:
                    return stored
        return self._summarize_locally(article)

    def _summarize_locally(self, article: Article) -> Summary:
        try:
            return self._local.summarize(article)
        except Exception:
            log.exception("no summary: the headline goes alone", guid=article.guid)
            return Summary((), stories=())

    async def _join_call(self, place: _Place, article: Article) -> Summary | None:
        """Ask one summarizer for the article's summary, or wait for an equal call that is in progress."""
        given = _make_input(place.summarizer, article)
        call = self._calls.get(given.key)
        if call is None:
            call = asyncio.create_task(self._ask_one(place, article, given), name="summarizer")
            self._calls[given.key] = call
            call.add_done_callback(lambda _: self._calls.pop(given.key, None))
            call.add_done_callback(_read_exception)
        return await asyncio.shield(call)

    async def _ask_one(self, place: _Place, article: Article, given: StageInput) -> Summary | None:
        assert self._ledger is not None  # noqa: S101  Without a ledger only the local summarizer is asked.
        outcome: Summary | Failure | None = self._unstored.get(given.key)
        if outcome is None:
            begun = await self._begin(place, given)
            if begun is None or begun.failure is not None:
                return None
            if begun.result is not None:
                return begun.result
            outcome = self._unstored[given.key] = await self._call(place.summarizer, article)
            place.note(failed=isinstance(outcome, Failure), now=self._clock.now())
        await self._on_ledger(self._ledger.stages.end_call, given, outcome, now=self._clock.now())
        self._unstored.pop(given.key, None)
        return outcome if isinstance(outcome, Summary) else None

    async def _begin(self, place: _Place, given: StageInput) -> StageCall | None:
        """Store that a call to a summarizer begins; return the call, with its result if it was made before.

        Return None if the summarizer is not asked because of failures. Wait while another process makes the
        same call.
        """
        assert self._ledger is not None  # noqa: S101
        if place.rests(self._clock.now()):
            stored = await self._on_ledger(self._ledger.stages.find_summary, given)
            return StageCall(result=stored) if stored else None
        lease = timedelta(seconds=place.summarizer.deadline) + _SETTLE
        begin = partial(self._ledger.stages.begin_call, given, lease=lease, again=_AGAIN)
        while True:
            begun = await self._on_ledger(begin, now=self._clock.now())
            if begun.until is None:
                return begun
            await asyncio.sleep(_LOOK)

    async def _call(self, summarizer: Summarizer, article: Article) -> Summary | Failure:
        """Ask a summarizer for the article's summary; return it, or why there is none within the deadline."""
        call = asyncio.create_task(summarizer.summarize(article), name=f"summarizer {summarizer.name}")
        try:
            await asyncio.wait({call}, timeout=summarizer.deadline)
            if not call.done():
                return _fail(summarizer, Code.SUMMARIZER_LATE(n=summarizer.deadline), article)
            summary = call.result()
        except SummarizerError as error:
            return _fail(summarizer, error.reason, article)
        except Exception as error:
            log.exception("a summarizer failed", summarizer=summarizer.name, guid=article.guid)
            return _fail(summarizer, Code.SUMMARIZER_BROKE(name=type(error).__name__), article)
        finally:
            if not call.done():
                call.cancel()
                self._late.add(call)
                call.add_done_callback(self._late.discard)
                call.add_done_callback(_read_exception)
        if not summary.sentences and not summary.stories:
            return _fail(summarizer, Code.SUMMARIZER_SILENT(), article)
        return summary

    async def close(self) -> None:
        """Wait up to five seconds for the answers of calls in progress, then cancel the calls that remain."""
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=_CLOSE_WITHIN)
        for call in (*self._calls.values(), *self._late):
            call.cancel()


def _read_exception(call: "asyncio.Task[Any]") -> None:
    """Read the exception of an ended task, so that asyncio does not log that it was never retrieved."""
    if not call.cancelled():
        call.exception()


def _make_input(summarizer: Summarizer, article: Article) -> StageInput:
    """Return the key of a call: a hash of the summarizer's name and all that it may read of the article."""
    read = (article.title, article.summary, article.text, article.language, article.author)
    key = sha256(repr((summarizer.name, read)).encode("utf-8", "surrogatepass")).hexdigest()
    return StageInput("summarize", key, article.guid, article.url)


def _fail(summarizer: Summarizer, why: Reason, article: Article) -> Failure:
    log.warning("the next summarizer is asked", summarizer=summarizer.name, why=str(why), guid=article.guid)
    return Failure(SummarizerError.code, Code.TITLED(what=Code.TEXT(words=summarizer.name), why=why))
