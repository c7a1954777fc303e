"""The stage "summarize": a line of summarizers, of which the next takes over where one fails or is late.

A call to a summarizer may cost money. So each is stored before it is made, and its answer as soon as it is
there: after a crash the answer is used, and a call whose answer was lost is not repeated. An answer is known
by the summarizer's name and by what it read of the article, so that the same text is paid for once.
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

_SETTLE = timedelta(seconds=10)  # added to a deadline: from then on an open call is given up
_AGAIN = timedelta(hours=1)  # A call that failed or was given up is not repeated for this long.
_LOOK = 0.5  # seconds between two looks at a call that another process makes
_FAILURES = 3  # After this many failures in a row, a summarizer is passed over for a while.
_REST = timedelta(minutes=1)
_CLOSE_WITHIN = 5.0  # seconds

log = structlog.get_logger(__name__)


class _Place:
    """A summarizer's place in the line, and how it has fared lately."""

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
    """Summarizers in the order in which they are asked; ``local`` answers where none of them does.

    ``beside`` runs what takes the processor's time. Without a ledger nothing can be stored, so only
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
        self._late: set[asyncio.Task[Summary]] = set()  # calls past their deadline, until they have ended
        self._unstored: dict[str, Summary | Failure] = {}  # outcomes that the ledger does not have yet

    @property
    def waits(self) -> bool:
        """Whether a summary may have to be waited for."""
        return bool(self._places)

    @property
    def longest_wait(self) -> timedelta:
        """The longest time until the line has an answer."""
        return sum((timedelta(seconds=each.summarizer.deadline) for each in self._places), timedelta(0))

    async def ask(self, article: Article) -> Summary:
        """Return the article's summary by the first summarizer in the line that gives one in time.

        Raises:
            LedgerError: whether a call was made already can't be known or stored.
        """
        for place in self._places:
            summary = await self._join_call(place, article)
            if summary is not None:
                return summary
        return await self._beside(self._summarize_locally, article)

    def summarize(self, article: Article) -> Summary:
        """Return the summary that is stored for this very article, or else the local summarizer's.

        This is for callers inside a transaction, where nothing waits.
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
        """Make the call, or wait for the same call that another article has begun."""
        given = _make_input(place.summarizer, article)
        call = self._calls.get(given.key)
        if call is None:
            call = asyncio.create_task(self._ask_one(place, article, given), name="summarizer")
            self._calls[given.key] = call
            call.add_done_callback(lambda _: self._calls.pop(given.key, None))
            call.add_done_callback(_read_exception)
        return await asyncio.shield(call)

    async def _ask_one(self, place: _Place, article: Article, given: StageInput) -> Summary | None:
        assert self._ledger is not None  # noqa: S101  Without a ledger there are no places.
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
        """Store that the call begins, unless it was made before; None where the summarizer rests.

        Wait for a call that another process makes.
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
        """Ask a summarizer; return its answer, or why it gave none within its deadline."""
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
        """Wait for a moment for the answers that are on their way, and cancel the other calls."""
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=_CLOSE_WITHIN)
        for call in (*self._calls.values(), *self._late):
            call.cancel()


def _read_exception(call: "asyncio.Task[Any]") -> None:
    """Read a task's error, so that asyncio does not log it as lost."""
    if not call.cancelled():
        call.exception()


def _make_input(summarizer: Summarizer, article: Article) -> StageInput:
    """Return what a summarizer is given: its own name, and all that it may read of the article."""
    read = (article.title, article.summary, article.text, article.language, article.author)
    key = sha256(repr((summarizer.name, read)).encode("utf-8", "surrogatepass")).hexdigest()
    return StageInput("summarize", key, article.guid, article.url)


def _fail(summarizer: Summarizer, why: Reason, article: Article) -> Failure:
    log.warning("the next summarizer is asked", summarizer=summarizer.name, why=str(why), guid=article.guid)
    return Failure(SummarizerError.code, Code.TITLED(what=Code.TEXT(words=summarizer.name), why=why))
