"""The ledger's port: what the other layers ask of the ledger, the only record of what was sent."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from newsbot.model import Article, Draft, Event, Failure, Item, Post, PostEvent, PostState, Receipt
from newsbot.ports.actions import AmendmentsPort
from newsbot.ports.adapters import Rate, ReadAllowance
from newsbot.ports.alerts import AlertsPort, FlaggedPost, RestoresPort, StrandedPostsPort
from newsbot.ports.articles import (
    ArticleChange,
    FoundItem,
    ItemComparison,
    PollResult,
    PollsPort,
    ShownArticle,
    SimilarArticle,
    SourceState,
    StoredArticle,
)
from newsbot.ports.delivery import (
    CallEnding,
    ChannelState,
    Claim,
    ClaimRequest,
    ClaimTerms,
    ClaimWait,
    DigestsPort,
    IllustratedPost,
    NewPost,
    UnknownPost,
)
from newsbot.ports.desk import DeskPort
from newsbot.ports.posts import (
    ApprovalsPort,
    DueTimesPort,
    EmbargoesPort,
    PostBatchesPort,
    PostEditsPort,
    PostHistoryPort,
)
from newsbot.ports.services import NoticesPort, ServicesPort, ThreadRunner

__all__ = [
    "Ledger",
    "LedgerRunner",
]


class Ledger(
    ApprovalsPort,
    PostEditsPort,
    NoticesPort,
    DigestsPort,
    DueTimesPort,
    EmbargoesPort,
    PostHistoryPort,
    PostBatchesPort,
    AmendmentsPort,
    RestoresPort,
    DeskPort,
    PollsPort,
    ServicesPort,
    StrandedPostsPort,
    AlertsPort,
    Protocol,
):
    """The only record of what was sent. It is synchronous: the service calls it on a thread of its own.

    Every method is one transaction. Any may raise LedgerBusy (locked for longer than the timeout) or
    LedgerError (gone, full, read-only); a method's docstring names further errors. Post ids that are unknown,
    or that fail their check character, raise UsageError naming the id.
    """

    # -- lifecycle

    def prepare(self, *, upgrade: bool) -> None:
        """Create the schema where there is none; migrate an older one if ``upgrade`` is true.

        Raises:
            LedgerTooNew: a newer newsbot wrote the ledger.
            LedgerError: the schema is older and ``upgrade`` is false, or the database is not writable.
        """
        ...

    def acquire_instance_lock(self, *, now: datetime | None = None) -> None:
        """Acquire this process's instance lock, which makes it a service, and hold it until `close`.

        If the ledger was restored from a backup, mark every post that may be out as `unknown`; see
        `get_pending_restore`. ``now`` defaults to the database's own time.

        Raises:
            LedgerTaken: the ledger is SQLite and another service holds it.
        """
        ...

    def set_event_cause(self, cause: str) -> AbstractContextManager[None]:
        """Record ``cause``, a command of the desk, in every event that this thread writes in the block."""
        ...

    def view(self) -> AbstractContextManager[None]:
        """Make all reads of this thread in the block see one moment; the block may not write.

        On PostgreSQL this also saves each call the two round trips of its own transaction.
        """
        ...

    def has_changed(self) -> bool:
        """Return whether another process committed since the last call.

        It is cheap enough to be called four times a second.
        """
        ...

    def check(self) -> None:
        """Check that the ledger can be used now.

        Raises:
            LedgerError: the database is missing, not writable, or of another version.
        """
        ...

    def time(self) -> tuple[datetime, float] | None:
        """Return the database's time and the ``time.monotonic`` reading of that moment.

        None means that the database has no clock of its own.
        """
        ...

    def backup(self, path: str) -> None:
        """Write a consistent copy while others write; on PostgreSQL with its own pg_dump.

        Raises:
            UsageError: ``path`` exists or can't be written, or pg_dump is not installed.
        """
        ...

    def restore(self, path: str, *, now: datetime) -> Path | None:
        """Replace this ledger with a file that `backup` wrote, and acquire the instance lock.

        Returns the path under which the replaced ledger is kept.

        Raises:
            LedgerTaken: a service is running.
            UsageError: the file is no backup of a ledger, or it is damaged.
            LedgerTooNew: a newer newsbot wrote the backup.
        """
        ...

    def close(self) -> None:
        """Release the instance lock and the database connections."""
        ...

    # -- sources and articles

    def source(self, name: str) -> SourceState:
        """Return the state of one source."""
        ...

    def sources(self) -> dict[str, SourceState]:
        """Return every source that was ever polled, by name, without its cursor."""
        ...

    def failing_sources(self, failures: int) -> list[SourceState]:
        """Return the sources whose last ``failures`` polls or more all failed, without their cursors.

        Blocked sources are left out.
        """
        ...

    def quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        """Return the sources without a new article since ``since``, each with the time of its latest article.

        Blocked sources are left out.
        """
        ...

    def has_unfinished_work(self, source: str) -> bool:
        """Return whether an article or change of the source still waits to be processed.

        Callers ask this because most polls bring nothing new.
        """
        ...

    def claim_poll(
        self, name: str, *, now: datetime, lease: timedelta, least: timedelta | None = None
    ) -> SourceState | None:
        """Claim the right to poll a source; None if it is not due or another service is polling it.

        With ``least`` the source is due as soon as its last poll is that old, whatever its interval is (for a
        service that starts, and for ``run --once``).
        """
        ...

    def compare_items(self, source: str, items: Collection[Item]) -> ItemComparison:
        """Return which of ``items`` are new, and which differ from what this source gave last."""
        ...

    def record_poll(self, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
        """Store the whole result of a poll and release its claim; return the article ids of ``take``.

        Items that the source already had are skipped.
        """
        ...

    def release_source(self, source: str, *, now: datetime) -> None:
        """Release the articles and changes of ``source`` that this service claimed and is not working on."""
        ...

    def claim_found(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[FoundItem]:
        """Claim items of a source that wait to be read, oldest first, leased to the caller."""
        ...

    def postpone_article(self, article_id: str, failure: Failure, *, retry_at: datetime | None) -> None:
        """Record that reading an article failed, and retry at ``retry_at``.

        With ``retry_at`` None the article ends as failed, with the reason.
        """
        ...

    def find_same_article(self, article_id: str, article: Article) -> str | None:
        """Return the id of the earliest article with the same content as this one; None for none.

        ``article`` is the text as it was just read.
        """
        ...

    def take_in(
        self,
        article_id: str,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        note: str = "",
        failure: Failure | None = None,
        asks: Callable[[SimilarArticle], str] | None = None,
    ) -> list[Post]:
        """Store the article as read and queue its posts, in one transaction.

        ``note`` says why the article has no posts, ``failure`` why some posts could not be composed. If it is
        the same as an earlier article, from any source and under any id, it gets no post on the channels
        where the earlier one has a post. If it only resembles one, its posts are held for the reason that
        ``asks`` returns.
        """
        ...

    def list_recently_shown(self, source: str, *, limit: int = 20) -> list[ShownArticle]:
        """Return what the posts of a source's newest articles show; articles without a post are left out."""
        ...

    def add_posts(
        self, article_id: str, posts: Sequence[NewPost], *, now: datetime, failure: Failure | None
    ) -> list[Post]:
        """Queue posts that could not be composed before, on channels where the article has none yet.

        Returns the new posts. ``failure`` says what still can't be composed; None means nothing.
        """
        ...

    def get_article(self, article_id: str) -> StoredArticle:
        """Return one article as it is stored.

        Raises:
            UsageError: there is no article with that id.
        """
        ...

    def list_failed_articles(self, *, since: datetime, source: str | None = None) -> list[StoredArticle]:
        """Return the articles found since then that could finally not be read or composed; newest first."""
        ...

    def add_article(self, source: str, article: Article, *, now: datetime) -> str:
        """Store an article that a person submitted (`post`), and return its id.

        Where the ledger knows its guid or URL already, that is the id of the known article.
        """
        ...

    def find_article(
        self, *, url: str | None = None, article_id: str | None = None
    ) -> tuple[str, Article] | None:
        """Return the newest read article with that canonical URL or id; None for none."""
        ...

    # -- articles that change at their source

    def claim_changes(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[ArticleChange]:
        """Claim changes of a source's articles that wait to be processed, one per article.

        They are leased to the caller.
        """
        ...

    def postpone_change(self, change: ArticleChange, *, retry_at: datetime | None) -> None:
        """Record that a change could not be processed; retry it at ``retry_at``, or never (None)."""
        ...

    def list_posts_for_change(self, change: ArticleChange) -> list[Post]:
        """Return every post that the change concerns, oldest first."""
        ...

    def settle_edit(
        self,
        change: ArticleChange,
        article: Article,
        drafts: Mapping[str, Draft | Failure],
        flags: Mapping[str, str],
        *,
        now: datetime,
        holds: Mapping[str, str] | None = None,
        settled: Collection[str] = (),
        returned: Collection[str] = (),
    ) -> list[Post]:
        """Store an edited article and update its posts that wait.

        ``drafts`` maps each post to its new draft, or to the failure that kept it from being composed; such a
        post is held. ``holds`` gives the reasons why some posts are held now. A post that was approved is
        held for a new approval. A post that a person wrote keeps its text and is held. A post that was sent
        in the meantime, and every post in ``flags``, only gets an event. Posts in ``settled`` agree with the
        article again, so their open flags are closed. The article of the posts in ``returned`` was gone and
        is published again, so their flags about that are closed. Nothing happens if another caller was faster
        or the article changed again.
        """
        ...

    def settle_gone(self, change: ArticleChange, flags: Mapping[str, str], *, now: datetime) -> list[Post]:
        """Cancel the posts that wait, with a reason, because the source removed the article.

        Returns the cancelled posts. ``flags`` are events for the other posts, as with `settle_edit`.
        """
        ...

    def settle_back(
        self,
        change: ArticleChange,
        article: Article,
        posts: Sequence[NewPost],
        *,
        now: datetime,
        returned: Collection[str] = (),
    ) -> list[Post]:
        """Queue ``posts`` for an article that its source published again.

        Only channels on which the article's last post was cancelled because the article was gone get their
        post. The flags of the posts in ``returned`` are closed as in `settle_edit`.
        """
        ...

    def list_flagged_posts(self, channels: Collection[str], *, since: datetime) -> list[FlaggedPost]:
        """Return the posts sent since ``since`` whose article was edited or removed; the newest post first.

        Posts whose flag a person dismissed (`dismiss_flag`), or that agree with their article again, are left
        out.
        """
        ...

    def open_flag(self, post_id: str) -> Event | None:
        """Return the latest change that a post's source made to its article, while nobody has answered it."""
        ...

    def dismiss_flag(self, post_id: str, *, by: str, now: datetime) -> bool:
        """Record that a person leaves a post as it is; False if its article did not change since."""
        ...

    # -- posts: the newsroom's side

    def queue(self, article_id: str, posts: Sequence[NewPost], *, now: datetime, again: bool) -> list[Post]:
        """Queue posts for an article that is in the ledger.

        Raises:
            UsageError: the article has a sent or waiting post on that channel, and ``again`` is false; names
                the post.
        """
        ...

    def post(self, post_id: str) -> Post:
        """Return one post."""
        ...

    def posts(
        self,
        *,
        states: Collection[PostState] = (),
        channel: str | None = None,
        article_id: str | None = None,
        since: datetime | None = None,
        source: str | None = None,
        limit: int | None = 50,
        oldest_first: bool = False,
    ) -> list[Post]:
        """Return posts, newest first by creation, or earliest due time first with ``oldest_first``.

        ``since`` leaves out posts that were sent before it, and unsent ones that were due before it.
        """
        ...

    def posts_by_id(self, post_ids: Collection[str]) -> dict[str, Post]:
        """Return the posts that exist among these ids, by id."""
        ...

    def list_failed_posts(self, *, since: datetime, limit: int | None = None) -> list[Post]:
        """Return the failed posts that were due or queued at ``since`` or later; the latest first."""
        ...

    def timeline(self, post_id: str) -> list[Event]:
        """Return the events of a post, oldest first."""
        ...

    def move(
        self,
        post_id: str,
        event: PostEvent,
        *,
        by: str,
        now: datetime,
        detail: str = "",
        due_at: datetime | None = None,
        expires_at: datetime | None = None,
        reason: str | None = None,
        slot_at: datetime | None = None,
        receipts: Sequence[Receipt] = (),
    ) -> Post:
        """Change the state of a post along one edge of TRANSITIONS, and write the event.

        Raises:
            InvalidTransition: the state has no such edge, or changed in the meantime; names the state.
        """
        ...

    def expire(self, *, now: datetime) -> list[Post]:
        """Cancel the posts that are past their ``expires_at``; fail those that were tried. Returns them."""
        ...

    # -- posts: the sender's side

    def get_next_due_time(self, *, after: datetime | None = None) -> datetime | None:
        """Return when the earliest scheduled or retrying post of an active channel is due; None for none.

        With ``after``, only posts that are due later than that count.
        """
        ...

    def list_next_due_times(self, *, after: datetime) -> dict[str, datetime]:
        """Return, for each active channel, the earliest due time later than ``after``."""
        ...

    def list_illustrated_posts(self, channels: Sequence[str], *, until: datetime) -> list[IllustratedPost]:
        """Return the next few posts with photos of each channel that are due by ``until``, earliest first."""
        ...

    def due_channels(self, *, now: datetime) -> list[str]:
        """Return the active channels that have a due post and no post in `sending`."""
        ...

    def exchange(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], *, now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        """Store how calls ended, then claim posts for idle channels, in one transaction.

        Each ending returns the claim on the next part of its thread (see `next_part`) or the post as it is
        now; each request returns what `claim` returns. One exchange may name each channel and each post once.
        """
        ...

    def claim(
        self, channel: str, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | ClaimWait | None:
        """Claim the channel's next due post: move it to `sending`, and reserve its slot and its money.

        The slot is one of the channel's rate limits. None means that nothing is due. A channel has at most
        one post in `sending`. If the slot is further away than ``lease`` / 4, the result is a ClaimWait, and
        nothing is reserved.
        """
        ...

    def next_part(
        self, post_id: str, receipt: Receipt, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | None:
        """Store the receipt of one part and claim the next part; None if the post is `sent` now.

        If the post is `unknown` by now because its sender was late, the receipt still settles that part: an
        unknown post with all receipts becomes `sent`, one with parts left becomes `retrying`.
        """
        ...

    def settle(
        self,
        post_id: str,
        event: PostEvent,
        failure: Failure,
        *,
        now: datetime,
        due_at: datetime | None = None,
        drop_media: bool = False,
        pause: bool = False,
        rate_key: str | None = None,
    ) -> Post:
        """Record that a call ended without a receipt; the arguments are the fields of an `Outcome`."""
        ...

    @property
    def shared(self) -> bool:
        """Whether another service may send from this ledger now, as of a moment ago; True when in doubt."""
        ...

    def record_call_start(
        self, claim: Claim, ahead: Mapping[Rate, int], *, quickest: float, now: datetime
    ) -> float:
        """Record that the call of a claim leaves now, and return 0.0.

        If a limit that all services share is exhausted, record nothing and return the seconds until it may
        have room. ``ahead`` maps each rate limit of the call to the number of calls that go before it. A call
        that took longer than ``quickest`` seconds may have arrived that much later than it left.
        """
        ...

    def rescue(self, *, now: datetime) -> list[Post]:
        """Recover the `sending` posts whose holder is gone or whose lease is over, and return them.

        Posts with a call in flight become `unknown`.
        """
        ...

    def return_lost_claims(self, given: Mapping[str, int], *, now: datetime) -> list[Post]:
        """Release the claims of this service that no sender has, as the connection broke before the answer.

        ``given`` are the claims that senders have: post ids with the number of the attempt. Returns the
        posts, which are `retrying` now.
        """
        ...

    # -- unknowns

    def list_unknown_posts(self) -> list[UnknownPost]:
        """Return the unknown posts that are still searched for, by the start of their calls."""
        ...

    def claim_looks(self, doubts: Collection[UnknownPost], *, until: datetime) -> list[UnknownPost]:
        """Claim the search for unknown posts until ``until``; return those that nobody else searches for."""
        ...

    def record_search(
        self, doubt: UnknownPost, *, look_at: datetime | None, absent_since: datetime | None, now: datetime
    ) -> None:
        """Record that a search settled nothing; the next one is at ``look_at``.

        With ``look_at`` None the search is given up, and the post gets an event.
        """
        ...

    def set_aside(
        self, channel: str, price: Decimal, most: int, limit: Decimal | None, *, now: datetime
    ) -> int:
        """Reserve money of the channel's month for reading messages, and return for how many it is enough.

        It is for up to ``most`` messages at ``price`` each, as far as ``limit`` allows.
        """
        ...

    def settle_reads(
        self, channel: str, price: Decimal, allowance: ReadAllowance, *, began: datetime, now: datetime
    ) -> None:
        """Release the money reserved at ``began`` that was not spent; a message is paid once per UTC day."""
        ...

    def filter_unclaimed_receipts(self, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Return those of ``receipts`` that belong to no part of any post."""
        ...

    def settle_found(
        self, doubt: UnknownPost, receipts: Sequence[Receipt], *, sent_at: datetime, now: datetime
    ) -> Post | None:
        """Take the first of ``receipts`` that belongs to no part as evidence that the part in doubt is out.

        The post becomes `sent` at ``sent_at``, or continues with its later parts. Returns None and changes
        nothing if every receipt belongs to a part, if the doubt was settled in the meantime, or if a post
        with the same text is in flight.
        """
        ...

    def settle_absent(self, doubt: UnknownPost, *, now: datetime, detail: str) -> Post | None:
        """Record that the part in doubt is surely not out; the post becomes `retrying`.

        Returns None and changes nothing if the doubt was settled in the meantime, or if its caller may be
        alive.
        """
        ...

    # -- channels

    def channel(self, name: str) -> ChannelState:
        """Return the state of one channel."""
        ...

    def channels(self) -> dict[str, ChannelState]:
        """Return every channel that ever had a post or was paused, by name."""
        ...

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        """Pause sending on a channel, and return the posts whose calls are in flight already."""
        ...

    def list_probed_channels(self) -> list[ChannelState]:
        """Return the channels that were paused by their platform, each with the time of its next probe."""
        ...

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        """Claim the right to probe such a channel; None if it is not due or another service probes it.

        The time of the following probe is set at once, with a longer interval than this one's.
        """
        ...

    def recover(self, name: str, *, now: datetime) -> bool:
        """Resume a channel after a successful probe, with an event for every post that waits there.

        The reason is remembered until a post was sent, so that a refusal for the same reason continues the
        series of probes. Returns whether that is news: False if the channel recovered from this reason
        before, or waits for no probe any more.
        """
        ...

    def count_posts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        """Count the posts by (channel, state), without cancelled and withdrawn ones.

        `sent` counts only posts sent since ``since``, `failed` only those that `list_failed_posts` returns
        for it.
        """
        ...

    def get_spending(self, channel: str, *, now: datetime) -> Decimal:
        """Return the money of a channel that is reserved or spent in this UTC month."""
        ...

    def list_spending(self, *, now: datetime) -> dict[str, Decimal]:
        """Return `get_spending` for every channel that has spent anything this month."""
        ...

    def get_committed_cost(self, channel: str) -> Decimal:
        """Return what the channel's waiting posts will cost."""
        ...


class LedgerRunner(ThreadRunner, Protocol):
    """Runs ledger calls on the ledger's own thread."""
