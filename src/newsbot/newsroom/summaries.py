"""The stage "summarize", which asks one summarizer after another until one answers in time.

A call to a summarizer may cost money. So the ledger stores each call before newsbot makes it, and the answer
as soon as it arrives. After a crash, newsbot takes a stored answer, and does not soon repeat a call whose
answer was lost. An answer is stored under the summarizer's name and a hash of the call's content, so that
newsbot pays only once for the same summary of the same text, whichever channels show it. The most that a call
may cost is reserved in the transaction that stores the call.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import structlog

from newsbot.errors import SummarizerError
from newsbot.model import Article, Failure, Summary
from newsbot.ports import (
    CallPrice,
    ChannelSummarizer,
    Clock,
    LedgerRunner,
    LocalSummarizer,
    StageCall,
    StageInput,
    Summarizer,
    SummaryAnswer,
    SummaryCall,
    SummaryStyle,
    ThreadRunner,
)
from newsbot.reasons import Code, Reason
from newsbot.threads import run_inline

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "DEFAULT_STYLE",
    "NO_SUMMARIES",
    "AnySummarizer",
    "ChannelSummaries",
    "SummarizerLine",
    "find_summaries",
    "make_stage_input",
]

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


DEFAULT_STYLE = SummaryStyle()
"""The style of a channel for which config.yaml sets nothing."""


class ChannelSummaries:
    """The summaries of one article, by channel; channels with the same style share one summary.

    ``styles`` maps channels to their styles; a channel that is missing has the default style, and None means
    that the channel gets the local summary. ``find`` returns the summary of a style, and is called once for
    each style that is needed.
    """

    def __init__(
        self, styles: Mapping[str, SummaryStyle | None], find: Callable[[SummaryStyle | None], Summary]
    ) -> None:
        self._styles, self._find = styles, find
        self._found: dict[SummaryStyle | None, Summary] = {}

    def for_channel(self, name: str) -> Summary:
        """Return the summary that posts of the channel ``name`` show."""
        style = self._styles.get(name, DEFAULT_STYLE)
        if style not in self._found:
            self._found[style] = self._find(style)
        return self._found[style]


NO_SUMMARIES = ChannelSummaries({}, lambda _: Summary(()))
"""The summaries of an article of which no channel gets a post."""


@dataclass(frozen=True, slots=True)
class _ArticleCall:
    """A call to a summarizer that writes the same summary for all channels."""

    summarizer: Summarizer
    article: Article
    price: CallPrice | None = None

    @property
    def key(self) -> object:
        """Return all that the summarizer may read of the article."""
        article = self.article
        return article.title, article.summary, article.text, article.language, article.author

    async def make(self) -> SummaryAnswer:
        """Ask the summarizer for the article's summary."""
        return SummaryAnswer(await self.summarizer.summarize(self.article))


@dataclass(eq=False, repr=False)
class _Place:
    """A summarizer, with the number of its failed calls in a row and the time until
    which newsbot does not ask it.
    """

    summarizer: Summarizer | ChannelSummarizer
    failures: int = 0
    rests_until: datetime | None = None

    def note(self, *, failed: bool, now: datetime) -> None:
        self.failures = self.failures + 1 if failed else 0
        self.rests_until = now + _REST if self.failures >= _FAILURES else None

    def is_paused(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until <= now + _REST

    def prepare(self, article: Article, style: SummaryStyle) -> "_PreparedCall":
        """Prepare the call for the article's summary.

        Raises:
            SummarizerError: the article can't be summarized.
        """
        own = self.summarizer
        call = (
            own.prepare(article, style) if isinstance(own, ChannelSummarizer) else _ArticleCall(own, article)
        )
        return _PreparedCall(
            call, make_stage_input("summarize", (own.name, call.key), article.guid, article.url)
        )

    def explain(self, why: Reason) -> Reason:
        """Return a note for a post's timeline: why this summarizer gave no summary."""
        return Code.TITLED(what=Code.TEXT(words=self.summarizer.name), why=why)


class _PreparedCall(NamedTuple):
    """A call to a summarizer, and the key under which the ledger stores the call."""

    call: SummaryCall
    given: StageInput


class _Ended(NamedTuple):
    """How a call ended: with a summary or a failure; ``cost_usd`` is None if the cost is not known.

    ``answered`` says that the summarizer works: it answered, even if its answer can't be used.
    """

    outcome: Summary | Failure
    cost_usd: Decimal | None = None
    answered: bool = True


class _Asked(NamedTuple):
    """The summary of one style, None if no summarizer gave one, and why summarizers gave none."""

    summary: Summary | None
    notes: tuple[Reason, ...] = ()


@dataclass(eq=False, repr=False)
class SummarizerLine:
    """The newsroom's summarizers in the order in which newsbot asks them;
    ``local`` (on this machine) is the last.

    ``styles`` are the styles in which channels want their summaries; None for a channel that shows no
    summary. ``beside`` runs work that needs much processor time. If ``ledger`` is None, no call can be
    stored, so newsbot asks only ``local``.
    """

    ledger: "Ledger | None"
    on_ledger: LedgerRunner
    clock: Clock
    summarizers: Sequence[Summarizer | ChannelSummarizer]
    local: LocalSummarizer
    styles: Mapping[str, SummaryStyle | None] = field(default_factory=dict, kw_only=True)
    beside: ThreadRunner = field(default=run_inline, kw_only=True)

    def __post_init__(self) -> None:
        self._places = [_Place(each) for each in self.summarizers] if self.ledger is not None else []
        self._calls: dict[str, asyncio.Task[Summary | Failure]] = {}
        # The calls to summarizers that were cancelled at their deadline and have not ended yet.
        self._late: set[asyncio.Task[SummaryAnswer]] = set()
        # The ends of calls, by the call's key (see `_Place.prepare`), that newsbot could not store in the
        # ledger yet.
        self._unstored: dict[str, _Ended] = {}

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
        """Return the article's summary in the default style; see `ask_for`."""
        return (await self._ask_styles(article, {DEFAULT_STYLE}))[DEFAULT_STYLE]

    async def ask_for(self, article: Article, channels: Iterable[str]) -> ChannelSummaries:
        """Return the article's summaries for the channels, each by the first summarizer that gives one before
        its deadline.

        The summarizers are asked once for each different style.

        Raises:
            LedgerError: the ledger can't tell whether a call was already made, or can't store the call.
        """
        found = await self._ask_styles(article, {self.styles.get(name, DEFAULT_STYLE) for name in channels})
        return ChannelSummaries(
            self.styles, lambda style: found.get(style) or self._summarize_locally(article)
        )

    async def _ask_styles(
        self, article: Article, styles: Collection[SummaryStyle | None]
    ) -> dict[SummaryStyle | None, Summary]:
        asked = await asyncio.gather(*(self._ask_style(article, style) for style in styles))
        local = Summary(())
        if not all(each.summary for each in asked):
            local = await self.beside(self._summarize_locally, article)
        return {
            style: each.summary or replace(local, notes=each.notes)
            for style, each in zip(styles, asked, strict=True)
        }

    async def _ask_style(self, article: Article, style: SummaryStyle | None) -> _Asked:
        notes: list[Reason] = []
        for place in self._places if style is not None else ():
            outcome = await self._join_call(place, article, style or DEFAULT_STYLE)
            if isinstance(outcome, Summary):
                return _Asked(replace(outcome, notes=(*notes, *outcome.notes)))
            notes.append(place.explain(outcome.reason))
        return _Asked(None, tuple(notes))

    def summarize(self, article: Article) -> Summary:
        """Return the article's summary in the default style that the ledger has; see `find_stored`."""
        return self._find(article, DEFAULT_STYLE)

    def find_stored(self, article: Article) -> ChannelSummaries:
        """Return the summaries that the ledger has for exactly this article,
        or else one by the local summarizer.

        This method is for callers inside a transaction, which must not wait for a call to a summarizer.
        """
        local = cache(partial(self._summarize_locally, article))
        return ChannelSummaries(self.styles, lambda style: self._find(article, style, local))

    def _find(
        self, article: Article, style: SummaryStyle | None, local: Callable[[], Summary] | None = None
    ) -> Summary:
        notes: list[Reason] = []
        for place in self._places if style is not None else ():
            outcome = self._find_outcome(place, article, style or DEFAULT_STYLE)
            if isinstance(outcome, Summary):
                return replace(outcome, notes=(*notes, *outcome.notes))
            notes += [place.explain(outcome)] if outcome else []
        return replace(local() if local else self._summarize_locally(article), notes=tuple(notes))

    def _find_outcome(self, place: _Place, article: Article, style: SummaryStyle) -> Summary | Reason | None:
        """Return the summary that the ledger has of a call, or why the call gave none; None if there was no
        call.
        """
        assert self.ledger is not None  # noqa: S101  Without a ledger, there is no place.
        try:
            given = place.prepare(article, style).given
        except SummarizerError as error:
            return error.reason
        stored = self.ledger.stages.find_call(given)
        if stored.result is not None:
            return stored.result
        if stored.failure is not None:
            return stored.failure.reason
        return Code.SUMMARIZER_PAUSED(n=place.failures) if place.is_paused(self.clock.now()) else None

    def _summarize_locally(self, article: Article) -> Summary:
        try:
            return self.local.summarize(article)
        except Exception:
            log.exception("no summary: the headline goes alone", guid=article.guid)
            return Summary((), stories=())

    async def _join_call(self, place: _Place, article: Article, style: SummaryStyle) -> Summary | Failure:
        """Ask one summarizer for the article's summary,
        or wait for the same call if it is already in progress.

        Return why the summarizer gives no summary, if it gives none.
        """
        try:
            call, given = await self.beside(place.prepare, article, style)
        except SummarizerError as error:
            return Failure(SummarizerError.code, error.reason)
        task = self._calls.get(given.key)
        if task is None:
            task = asyncio.create_task(self._ask_one(place, call, given), name="summarizer")
            self._calls[given.key] = task
            task.add_done_callback(lambda _: self._calls.pop(given.key, None))
            task.add_done_callback(_read_exception)
        return await asyncio.shield(task)

    async def _ask_one(self, place: _Place, call: SummaryCall, given: StageInput) -> Summary | Failure:
        # The ledger is not None here, because without a ledger newsbot asks only the local summarizer, and
        # not by this method.
        assert self.ledger is not None  # noqa: S101
        ended = self._unstored.get(given.key)
        if ended is None:
            begun = await self._begin(place, call.price, given)
            if isinstance(begun, Failure) or begun.failure is not None:
                return begun if isinstance(begun, Failure) else begun.failure or _SILENT
            if begun.result is not None:
                return begun.result
            ended = self._unstored[given.key] = await self._call(place.summarizer, call, given)
            place.note(failed=not ended.answered, now=self.clock.now())
        end = self.ledger.stages.end_call
        await self.on_ledger(end, given, ended.outcome, now=self.clock.now(), cost_usd=ended.cost_usd)
        self._unstored.pop(given.key, None)
        return ended.outcome

    async def _begin(self, place: _Place, price: CallPrice | None, given: StageInput) -> StageCall | Failure:
        """Store in the ledger that a call to a summarizer begins; return the call,
        with its answer if it was made before.

        Return a failure if the summarizer failed too often to be asked now. Wait while another process makes
        the same call.
        """
        assert self.ledger is not None  # noqa: S101
        if place.is_paused(self.clock.now()):
            stored = await self.on_ledger(self.ledger.stages.find_call, given)
            if stored.result:
                return stored
            return stored.failure or Failure(SummarizerError.code, Code.SUMMARIZER_PAUSED(n=place.failures))
        lease = timedelta(seconds=place.summarizer.deadline) + _SETTLE
        begin = partial(self.ledger.stages.begin_call, given, lease=lease, again=_AGAIN, price=price)
        while True:
            begun = await self.on_ledger(begin, now=self.clock.now())
            if begun.until is None:
                return begun
            await asyncio.sleep(_LOOK)

    async def _call(
        self, summarizer: Summarizer | ChannelSummarizer, prepared: SummaryCall, given: StageInput
    ) -> _Ended:
        """Make a call to a summarizer; return the summary, or why there is none within the deadline."""
        call = asyncio.create_task(prepared.make(), name=f"summarizer {summarizer.name}")
        ended: _Ended
        try:
            await asyncio.wait({call}, timeout=summarizer.deadline)
            ended = _judge_answer(call.result()) if call.done() else _fail(_late(summarizer), answered=False)
        except SummarizerError as error:
            ended = _fail(error.reason, cost_usd=error.cost_usd, answered=error.answered)
        except Exception as error:
            log.exception("a summarizer failed", summarizer=summarizer.name, guid=given.guid)
            ended = _fail(Code.SUMMARIZER_BROKE(name=type(error).__name__), answered=False)
        finally:
            if not call.done():
                call.cancel()
                self._late.add(call)
                call.add_done_callback(self._late.discard)
                call.add_done_callback(_read_exception)
        if isinstance(ended.outcome, Failure):
            why, about = str(ended.outcome.reason), {"summarizer": summarizer.name, "guid": given.guid}
            log.warning("the next summarizer is asked", why=why, **about)
        return ended

    async def close(self) -> None:
        """Wait up to five seconds for the answers of calls to summarizers,
        then cancel the calls that still run, and close the summarizers.
        """
        if self._calls:
            await asyncio.wait(self._calls.values(), timeout=_CLOSE_WITHIN)
        for call in (*self._calls.values(), *self._late):
            call.cancel()
        for each in self.summarizers:
            if close := getattr(each, "close", None):
                await close()


AnySummarizer = LocalSummarizer | SummarizerLine


def find_summaries(summarizer: AnySummarizer, article: Article) -> ChannelSummaries:
    """Return an article's summaries by channel, without a call to another service."""
    if isinstance(summarizer, SummarizerLine):
        return summarizer.find_stored(article)
    summary = summarizer.summarize(article)
    return ChannelSummaries({}, lambda _: summary)


_SILENT = Failure(SummarizerError.code, Code.SUMMARIZER_SILENT())


def _judge_answer(answer: SummaryAnswer) -> _Ended:
    empty = not answer.summary.sentences and not answer.summary.stories
    return _Ended(_SILENT if empty else answer.summary, answer.cost_usd)


def _late(summarizer: Summarizer | ChannelSummarizer) -> Reason:
    return Code.SUMMARIZER_LATE(n=summarizer.deadline)


def _read_exception(call: "asyncio.Task[Any]") -> None:
    """Read the exception of an ended call, because asyncio logs an error for an
    exception that nobody reads.
    """
    if not call.cancelled():
        call.exception()


def make_stage_input(
    stage: Literal["read", "summarize"], given: object, guid: str, url: str | None
) -> StageInput:
    """Return the key under which the ledger stores the result of reading or summarizing an article: a hash of
    the input ``given``.
    """
    key = sha256(repr(given).encode("utf-8", "surrogatepass")).hexdigest()
    return StageInput(stage, key, guid, url)


def _fail(why: Reason, *, cost_usd: Decimal | None = None, answered: bool) -> _Ended:
    return _Ended(Failure(SummarizerError.code, why), cost_usd, answered)
