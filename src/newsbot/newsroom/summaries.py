"""The stage "summarize", which asks one summarizer after another until one answers in time.

A call to a summarizer may cost money. So the ledger stores each call before newsbot makes it, and the answer
as soon as it arrives. After a crash, newsbot takes a stored answer, and does not soon repeat a call whose
answer was lost. An answer is stored under the summarizer's name and a hash of the article's text, so that
newsbot pays only once for a summary of the same text.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

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

__all__ = ["SummarizerLine", "make_stage_input"]

# If a call to a summarizer has no outcome this long after its deadline, newsbot gives the call up.
_SETTLE = timedelta(seconds=10)
# newsbot repeats a call to a summarizer that failed or was given up only after this time.
_AGAIN = timedelta(hours=1)
# Seconds between two checks whether another process has finished the same call to a summarizer.
_LOOK = 0.5
# After this many failed calls in a row to one summarizer, newsbot does not ask that summarizer for a minute.
_FAILURES = 3
# The time for which newsbot does not ask a summarizer after too many failed calls.
_REST = timedelta(minutes=1)
_CLOSE_WITHIN = 5.0  # Seconds that newsbot, when it stops, waits for the answers of calls to summarizers.

log = structlog.get_logger(__name__)


@dataclass(eq=False, repr=False)
class _Place:
    """A summarizer, with the number of its failed calls in a row and the time until
    which newsbot does not ask it.
    """

    summarizer: Summarizer
    failures: int = 0
    rests_until: datetime | None = None

    def note(self, *, failed: bool, now: datetime) -> None:
        self.failures = self.failures + 1 if failed else 0
        self.rests_until = now + _REST if self.failures >= _FAILURES else None

    def is_paused(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until <= now + _REST


@dataclass(eq=False, repr=False)
class SummarizerLine:
    """The newsroom's summarizers in the order in which newsbot asks them;
    ``local`` (on this machine) is the last.

    ``beside`` runs work that needs much processor time. If ``ledger`` is None, no call can be stored, so
    newsbot asks only ``local``.
    """

    ledger: "Ledger | None"
    on_ledger: LedgerRunner
    clock: Clock
    summarizers: Sequence[Summarizer]
    local: LocalSummarizer
    beside: ThreadRunner = field(default=run_inline, kw_only=True)

    def __post_init__(self) -> None:
        self._places = [_Place(each) for each in self.summarizers] if self.ledger is not None else []
        self._calls: dict[str, asyncio.Task[Summary | None]] = {}
        # The calls to summarizers that were cancelled at their deadline and have not ended yet.
        self._late: set[asyncio.Task[Summary]] = set()
        # The outcomes of calls, by the call's key (see `_make_input`), that newsbot could not store in the
        # ledger yet.
        self._unstored: dict[str, Summary | Failure] = {}

    @property
    def waits(self) -> bool:
        """Return whether a summary may take time, because newsbot asks another summarizer before the local
        one.
        """
        return bool(self._places)

    @property
    def longest_wait(self) -> timedelta:
        """Return the longest time that a summary may take: the sum of the summarizers' deadlines."""
        return sum((timedelta(seconds=each.summarizer.deadline) for each in self._places), timedelta(0))

    async def ask(self, article: Article) -> Summary:
        """Return the article's summary by the first summarizer that gives one before its deadline.

        Raises:
            LedgerError: the ledger can't tell whether a call was already made, or can't store the call.
        """
        for place in self._places:
            summary = await self._join_call(place, article)
            if summary is not None:
                return summary
        return await self.beside(self._summarize_locally, article)

    def summarize(self, article: Article) -> Summary:
        """Return the summary that the ledger has for exactly this article,
        or else one by the local summarizer.

        This method is for callers inside a transaction, which must not wait for a call to a summarizer.
        """
        if self.ledger is not None:
            for place in self._places:
                stored = self.ledger.stages.find_summary(_make_input(place.summarizer, article))
                if stored is not None:
                    return stored
        return self._summarize_locally(article)

    def _summarize_locally(self, article: Article) -> Summary:
        try:
            return self.local.summarize(article)
        except Exception:
            log.exception("no summary: the headline goes alone", guid=article.guid)
            return Summary((), stories=())

    async def _join_call(self, place: _Place, article: Article) -> Summary | None:
        """Ask one summarizer for the article's summary,
        or wait for the same call if it is already in progress.

        Return None if the summarizer gives no summary.
        """
        given = _make_input(place.summarizer, article)
        call = self._calls.get(given.key)
        if call is None:
            call = asyncio.create_task(self._ask_one(place, article, given), name="summarizer")
            self._calls[given.key] = call
            call.add_done_callback(lambda _: self._calls.pop(given.key, None))
            call.add_done_callback(_read_exception)
        return await asyncio.shield(call)

    async def _ask_one(self, place: _Place, article: Article, given: StageInput) -> Summary | None:
        # The ledger is not None here, because without a ledger newsbot asks only the local summarizer, and
        # not by this method.
        assert self.ledger is not None  # noqa: S101
        outcome: Summary | Failure | None = self._unstored.get(given.key)
        if outcome is None:
            begun = await self._begin(place, given)
            if begun is None or begun.failure is not None:
                return None
            if begun.result is not None:
                return begun.result
            outcome = self._unstored[given.key] = await self._call(place.summarizer, article)
            place.note(failed=isinstance(outcome, Failure), now=self.clock.now())
        await self.on_ledger(self.ledger.stages.end_call, given, outcome, now=self.clock.now())
        self._unstored.pop(given.key, None)
        return outcome if isinstance(outcome, Summary) else None

    async def _begin(self, place: _Place, given: StageInput) -> StageCall | None:
        """Store in the ledger that a call to a summarizer begins; return the call,
        with its answer if it was made before.

        Return None if the summarizer failed too often to be asked now. Wait while another process makes the
        same call.
        """
        assert self.ledger is not None  # noqa: S101
        if place.is_paused(self.clock.now()):
            stored = await self.on_ledger(self.ledger.stages.find_summary, given)
            return StageCall(result=stored) if stored else None
        lease = timedelta(seconds=place.summarizer.deadline) + _SETTLE
        begin = partial(self.ledger.stages.begin_call, given, lease=lease, again=_AGAIN)
        while True:
            begun = await self.on_ledger(begin, now=self.clock.now())
            if begun.until is None:
                return begun
            await asyncio.sleep(_LOOK)

    async def _call(self, summarizer: Summarizer, article: Article) -> Summary | Failure:
        """Ask a summarizer for the article's summary; return the summary,
        or why there is none within the deadline.
        """
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
        """Wait up to five seconds for the answers of calls to summarizers,
        then cancel the calls that still run.
        """
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=_CLOSE_WITHIN)
        for call in (*self._calls.values(), *self._late):
            call.cancel()


def _read_exception(call: "asyncio.Task[Any]") -> None:
    """Read the exception of an ended call, because asyncio logs an error for an
    exception that nobody reads.
    """
    if not call.cancelled():
        call.exception()


def _make_input(summarizer: Summarizer, article: Article) -> StageInput:
    """Return the key under which the ledger stores a call to a summarizer, so that no summary is paid for
    twice. The key is made of the summarizer's name and all that the summarizer may read of the article.
    """
    read = (article.title, article.summary, article.text, article.language, article.author)
    return make_stage_input("summarize", (summarizer.name, read), article.guid, article.url)


def make_stage_input(
    stage: Literal["read", "summarize"], given: object, guid: str, url: str | None
) -> StageInput:
    """Return the key under which the ledger stores the result of reading or summarizing an article: a hash of
    the input ``given``.
    """
    key = sha256(repr(given).encode("utf-8", "surrogatepass")).hexdigest()
    return StageInput(stage, key, guid, url)


def _fail(summarizer: Summarizer, why: Reason, article: Article) -> Failure:
    log.warning("the next summarizer is asked", summarizer=summarizer.name, why=str(why), guid=article.guid)
    return Failure(SummarizerError.code, Code.TITLED(what=Code.TEXT(words=summarizer.name), why=why))
