"""The ports of the clock, threads, the engine, the sources and the summarizers."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, ParamSpec, Protocol, TypeVar, runtime_checkable

from newsbot.model import Article, Item, Summary
from newsbot.ports.channels import Measure

__all__ = [
    "ALL_ROLES",
    "SUMMARIZER_ACCOUNT",
    "CallPrice",
    "ChannelSummarizer",
    "Clock",
    "ClusterHandlers",
    "DueWork",
    "Engine",
    "Handlers",
    "Job",
    "JobQueue",
    "LedgerRunner",
    "LocalSummarizer",
    "Poll",
    "SearchableSource",
    "ServiceRole",
    "Source",
    "Summarizer",
    "SummaryAnswer",
    "SummaryCall",
    "SummaryStyle",
    "ThreadRunner",
]

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """The port that gives the current time; tests replace it. Nothing else in newsbot reads the clock."""

    def now(self) -> datetime:
        """Return the current time, aware and in UTC."""
        ...


class ThreadRunner(Protocol):
    """The port that runs calls on one other thread, in the order in which they are requested."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``call`` with the arguments on the other thread; return its result or raise its error."""
        ...


class LedgerRunner(ThreadRunner, Protocol):
    """The port that runs calls of the ledger on the ledger's own thread."""


class ServiceRole(StrEnum):
    """A part of the service's work. A process of the service does the work of the roles that it has."""

    POLL = "poll"  # A process with this role polls the sources.
    # A process with this role reads, summarizes and composes the articles that polls found, and queues their
    # posts.
    WORK = "work"
    # A process with this role sends, edits and deletes posts, and searches platforms for posts of unknown
    # outcome.
    SEND = "send"
    DESK = "desk"  # A process with this role runs the editors' chat.
    WEB = "web"  # A process with this role serves the health pages, the metrics and the webhooks.


ALL_ROLES = frozenset(ServiceRole)
"""All roles, which a process of the service has unless its command line names some."""


class Engine(Protocol):
    """The port that calls the service's handlers, which poll sources and send posts, whenever their work is
    due.

    The engine keeps no state of its own: a call that it loses or makes twice is harmless.
    """

    async def run(self, sources: Collection[str], handlers: "Handlers", stop: asyncio.Event) -> None:
        """Call the service's functions (handlers) for the roles of this process until ``stop`` is set.

        A process with the role `poll` polls every source once at the start.

        An error that a handler raises ends the engine and is raised here: then nothing is polled or sent any
        more.
        """
        ...

    def wake(self) -> None:
        """Call the service's handler ``drain``, which sends due posts, now, because this process has queued a
        post.
        """
        ...

    def handle_clock_jump(self) -> None:
        """Call all functions of the service that do due work (polling, sending and so on) now, because the
        clock has jumped.

        Their planned times may be wrong.
        """
        ...


class Handlers(Protocol):
    """The service's callbacks, which its engine calls to poll sources, process articles and send posts.

    A handler raises only an error that ends the engine, because a retry can't help.
    """

    async def poll(self, source: str) -> datetime:
        """Poll one source if it is due, and store the items found; return when to poll the source again."""
        ...

    async def process(self, source: str) -> None:
        """Read, summarize and queue the articles that the last polls of the source found, until none is left.

        The engine calls this after each poll, but never twice at the same time for a source. The engine goes
        on polling the source meanwhile.
        """
        ...

    async def find_work(self) -> Collection[str]:
        """Return the sources of which articles or changes wait to be processed, found by any process.

        The engine calls this, and then ``process`` for each of the sources, if the process has the role
        `work` but does not poll the sources itself.
        """
        ...

    async def drain(self) -> datetime | None:
        """Start to send the posts that are due; return when the next post is due (None if no post waits)."""
        ...

    async def has_changed(self) -> bool:
        """Return whether another process has committed to the database since the last call of this method."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """A note to the processes of a service that there may be work to do.

    ``task`` is `poll` or `work` with the name of a source as the ``key``; `drain`, `amend` or `reconcile`
    with the name of a channel; or `tend` for the due work that concerns the ledger as a whole. Of several
    jobs, the one with the highest ``priority`` is done first. ``due`` is the time at which the source or the
    channel's next post is due, if the ledger has told it; it may be a moment in the future.
    """

    task: Literal["poll", "work", "drain", "amend", "reconcile", "tend"]
    key: str
    priority: int = 0
    due: datetime | None = None

    @property
    def queue(self) -> str:
        """Return the queue in which this job (a note that there is work) is stored; it has the name of the
        role that does the work.
        """
        return str({"poll": ServiceRole.POLL, "work": ServiceRole.WORK}.get(self.task, ServiceRole.SEND))

    @property
    def lock(self) -> str:
        """Return the lock of this job (a note that there is work): a text that is the same for jobs with the
        same work.

        Of the jobs with one lock, only one has to wait in the queue.
        """
        return f"{self.task}:{self.key}"


class JobQueue(Protocol):
    """The port that stores jobs (notes that there is work) in a transaction of the ledger, so that they exist
    if and only if that transaction is committed.
    """

    def defer(self, connection: Any, jobs: Collection[Job]) -> None:
        """Store ``jobs`` in the current transaction of ``connection``, which is the database driver's own."""
        ...

    def count(self, connection: Any) -> Mapping[tuple[str, str], int]:
        """Return the number of stored jobs (notes that there is work) by queue and status."""
        ...


@dataclass(frozen=True, slots=True)
class DueWork:
    """The jobs (notes that there is work) for all work that is due now, and the time at which more may be
    due.

    ``skipped`` are the names of the tasks (such as `poll`) for which newsbot did not ask the ledger this
    time.
    """

    jobs: tuple[Job, ...]
    next_at: datetime | None = None
    skipped: frozenset[str] = frozenset()


class ClusterHandlers(Handlers, Protocol):
    """The service's callbacks for an engine whose processes share the work by means of jobs (notes that there
    is work).

    A callback does nothing that another process does already, because the ledger grants each piece of work to
    one process.
    """

    async def find_due_work(self) -> DueWork:
        """Return a job (a note that there is work) for everything that is due by the ledger, whichever
        process does it.
        """
        ...

    async def process_some(self, source: str) -> None:
        """Process the changes of the source's articles that wait, and the next few articles that wait.

        The ledger stores another job if more articles wait, so that all processes share them.
        """
        ...

    async def send(self, channel: str, due: datetime | None) -> None:
        """Start to send the channel's due posts, of which the first may be due only at ``due``."""
        ...

    async def amend(self, channel: str) -> None:
        """Start to make the due edits and deletions of messages on the channel."""
        ...

    async def reconcile(self, channel: str) -> None:
        """Start the due searches on the channel's platform for posts of unknown outcome."""
        ...

    async def maintain_ledger(self) -> None:
        """Do all due work that concerns the ledger as a whole: checks of paused channels, digests of
        articles, expiry of posts.
        """
        ...

    async def maintain_process(self) -> None:
        """Do what every process of the service has to do for itself: fetch photos early, and release what it
        failed to process.

        The engine calls this once a second.
        """
        ...

    async def hold_lease(self, name: str, length: timedelta) -> bool:
        """Request the lease ``name`` (a right that one process has at a time); return whether this process
        has it now.

        The process gets the lease once no other has it, and keeps it until it gives it up. A process that
        ends without giving the lease up loses it after ``length``.
        """
        ...

    async def release_lease(self, name: str) -> None:
        """Give up the lease ``name`` (a right that only one process has), so that another process can take it
        at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class Poll:
    """The result of one poll of a source.

    ``items`` are all items that the source lists now, newest first. They are empty if they are the same as in
    the poll that returned ``cursor``; ``unchanged`` is true if the site itself said so. ``cursor`` is the
    source's own state (JSON values only), which newsbot stores with the items and passes to the next poll.
    ``wait`` is the shortest interval between polls that the site asks for (cache rules), None if it asks for
    none. ``gone`` are guids of articles that are not published any more, whether an earlier poll returned
    them or not; items that only dropped off a feed are not among them. ``protected`` are guids of articles
    for which the source asks readers for a password now; they count as gone. ``past`` are guids, among
    ``items`` or not, of articles that were published before the first poll of the source. With
    ``new_selection`` (the source is configured to read something else now), all items count as published
    before the first poll. ``soon`` says that an item was published a moment ago and is incomplete, so that
    the source is polled again at once.
    """

    items: tuple[Item, ...]
    cursor: dict[str, Any] = field(default_factory=dict)
    unchanged: bool = False
    wait: timedelta | None = None
    gone: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    past: frozenset[str] = frozenset()
    new_selection: bool = False
    soon: bool = False


class Source(Protocol):
    """A place from which newsbot takes articles, like a feed or a site.

    There is one instance for each entry under ``sources`` in config.yaml.

    A source that keeps something open has ``async close()``. A source with diagnostics for `check --online`
    has ``async examine()``, which returns lines about what works and what needs fixing, and raises
    SourceError. A source that can be asked for a single article is a `SearchableSource` too.
    """

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Poll the source once; ``cursor`` is that of the last stored poll, ``{}`` at the first.

        Raises:
            SourceError: the source returned nothing usable this time; the message is one line for `status`.
        """
        ...


@runtime_checkable
class SearchableSource(Protocol):
    """A source that can look up an article by its address and return the article as an item."""

    def may_have_article(self, url: str) -> bool:
        """Return whether this source may have an article with the address ``url``, without any request."""
        ...

    async def find(self, url: str) -> Item | None:
        """Return the article published at ``url``, or at the same path on the source's own site.

        Returns None if there is no such article. ``url`` may name another host than the source's site does,
        so the caller compares the returned item's address with ``url``.

        Raises:
            SourceError: the source returned nothing usable this time.
        """
        ...


@runtime_checkable
class Summarizer(Protocol):
    """A port that writes or chooses the sentences of a summary by a call that may cost time and money.

    ``name`` says what produces the summaries: the kind of summarizer, its model, and all settings that change
    them. A stored summary is used again for the same name and the same text.
    """

    name: str
    deadline: float
    """The seconds after which the summary of a call comes too late, so that the next summarizer of the
    configured list is asked.
    """

    async def summarize(self, article: Article) -> Summary:
        """Return all sentences of a summary that a post may show, ranked by importance.

        Raises:
            SummarizerError: there is no usable summary; callers treat every unexpected error as this error.
        """
        ...


@dataclass(frozen=True, slots=True)
class SummaryStyle:
    """How a channel wants its summaries to be written; None and () leave the choice to the summarizer.

    ``prompt`` is the file of a prompt template, ``language`` an ISO 639-1 code, and ``rules`` are the
    newsroom's rules of style. ``length`` is the wanted length of a summary, counted by ``measure``.
    """

    prompt: str | None = None
    language: str | None = None
    tone: str | None = None
    rules: tuple[str, ...] = ()
    length: int | None = None
    measure: Measure = len


SUMMARIZER_ACCOUNT = "summarizer:llm"
"""The name of the summarizer's monthly budget in the ledger; no channel can have this name."""


@dataclass(frozen=True, slots=True)
class CallPrice:
    """The most that a call to a summarizer may cost, and the budget that pays for it.

    ``account`` names the budget in the ledger. The month's sum may not exceed ``limit_usd``; None means that
    there is no limit.
    """

    account: str
    most_usd: Decimal
    limit_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SummaryAnswer:
    """A summary that a call to a summarizer returned, and the cost of the call; None if it is not known."""

    summary: Summary
    cost_usd: Decimal | None = None


class SummaryCall(Protocol):
    """A call to a summarizer (which writes or chooses a summary) that was prepared, but not made yet."""

    @property
    def key(self) -> object:
        """Return everything on which the summary depends.

        The ``repr`` of this value identifies the call, so that a stored summary replaces a second equal call.
        """
        ...

    @property
    def price(self) -> CallPrice | None:
        """Return the most that the call to the summarizer may cost; None if it costs nothing."""
        ...

    async def make(self) -> SummaryAnswer:
        """Call the summarizer once, and return the summary with its cost.

        Raises:
            SummarizerError: there is no usable summary; ``cost_usd`` says what the call cost, if that is
                known.
        """
        ...


@runtime_checkable
class ChannelSummarizer(Protocol):
    """A summarizer that writes for a channel, as the channel's style says.

    ``name`` and ``deadline`` are as in `Summarizer`. A summarizer that keeps something open has
    ``async close()``.
    """

    name: str
    deadline: float

    def prepare(self, article: Article, style: SummaryStyle) -> SummaryCall:
        """Prepare the call for an article's summary, without any request.

        Raises:
            SummarizerError: the article can't be summarized.
        """
        ...


class LocalSummarizer(Protocol):
    """A port that chooses an article's sentences for a summary at once and for free, without any service."""

    def summarize(self, article: Article) -> Summary:
        """Return all sentences of the article that a post may show, ranked by importance.

        The summary is empty if the article has no such sentence. Never raises.
        """
        ...
