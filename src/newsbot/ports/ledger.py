"""What everybody asks of the ledger, the only truth about sends."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

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
from newsbot.ports.services import NoticesPort, ServicesPort

__all__ = [
    "Ledger",
    "LedgerRunner",
]

P = ParamSpec("P")
T = TypeVar("T")


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
    """The only truth about sends. Synchronous: the service calls it on one thread of its own.

    Every method is one transaction. Any may raise LedgerBusy (locked for longer than the timeout) or
    LedgerError (gone, full, read-only); further ones are named. Post ids that are unknown, or that fail
    their check character, raise UsageError naming the id.
    """

    # -- life

    def prepare(self, *, upgrade: bool) -> None:
        """Create the schema where there is none; bring an older one up where ``upgrade``.

        Raises:
            LedgerTooNew: written by a newer newsbot.
            LedgerError: older, and ``upgrade`` is false; not writable.
        """
        ...

    def hold(self, *, now: datetime | None = None) -> None:
        """Become a service: hold this process's instance lock until `close`.

        Where the ledger was restored from a backup, all that may be out is `unknown` then; see `restored`.
        ``now`` is the database's own time where it is not given.

        Raises:
            LedgerTaken: SQLite, and another service holds it.
        """
        ...

    def set_event_cause(self, cause: str) -> AbstractContextManager[None]:
        """What this thread's calls note in stories meanwhile names ``cause``, a command of the desk."""
        ...

    def view(self) -> AbstractContextManager[None]:
        """What this thread's calls read meanwhile is of one moment; none of them may write.

        On PostgreSQL it also spares each call the two round trips of a transaction of its own.
        """
        ...

    def changed(self) -> bool:
        """Has another process committed since the last call? Cheap enough for four times a second."""
        ...

    def check(self) -> None:
        """Can it be used now?

        Raises:
            LedgerError: not there, not to be written, or another version's.
        """
        ...

    def time(self) -> tuple[datetime, float] | None:
        """The database's time, and what ``time.monotonic`` read then; None where it has none of its own."""
        ...

    def backup(self, path: str) -> None:
        """Write a consistent copy while others write; on PostgreSQL by its own pg_dump.

        Raises:
            UsageError: ``path`` is there already, or can't be written; pg_dump is not here.
        """
        ...

    def restore(self, path: str, *, now: datetime) -> Path | None:
        """Put what `backup` wrote in this ledger's place, and become its service, as with `hold`.

        Returns where what was there before is kept.

        Raises:
            LedgerTaken: a service runs.
            UsageError: it is no backup of a ledger, or damaged.
            LedgerTooNew: a newer newsbot made it.
        """
        ...

    def close(self) -> None: ...

    # -- sources and articles

    def source(self, name: str) -> SourceState: ...

    def sources(self) -> dict[str, SourceState]:
        """All that were ever polled, by name, without their cursors."""
        ...

    def failing_sources(self, failures: int) -> list[SourceState]:
        """Those whose last polls, so many at least, failed one after the other; without their cursors.

        Blocked ones are left out.
        """
        ...

    def quiet_sources(self, *, since: datetime) -> dict[str, datetime | None]:
        """Sources without a new article since then, each with the time of its latest; no blocked ones."""
        ...

    def unfinished(self, source: str) -> bool:
        """Does anything of it wait to be read, or to be followed? Most polls bring nothing."""
        ...

    def claim_poll(
        self, name: str, *, now: datetime, lease: timedelta, least: timedelta | None = None
    ) -> SourceState | None:
        """The right to poll, if it is due and nobody else is at it; else None.

        With ``least`` it is due as soon as the last poll is that old, whatever its interval says (a service
        that starts, ``run --once``).
        """
        ...

    def compare(self, source: str, items: Collection[Item]) -> ItemComparison:
        """Which of ``items`` are new, and which are not what this source had last."""
        ...

    def record_poll(self, name: str, result: PollResult, *, now: datetime) -> tuple[str, ...]:
        """Store a poll whole and give its claim back; returns the article ids of ``take``.

        An item that the source already had is passed over.
        """
        ...

    def release_source(self, source: str, *, now: datetime) -> None:
        """Give back the articles and changes of ``source`` that this service claimed and does not work at."""
        ...

    def claim_found(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[FoundItem]:
        """Items of a source that wait to be read, oldest first, leased to the caller."""
        ...

    def postpone_article(self, article_id: str, failure: Failure, *, retry_at: datetime | None) -> None:
        """Reading failed: again at ``retry_at``, or never (None: the article ends as failed, with why)."""
        ...

    def find_same_article(self, article_id: str, article: Article) -> str | None:
        """Return the one that came first where the article, as it was just read, is the same as others."""
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

        ``note`` says why where there is none, ``failure`` why others could not be composed. Where it is the
        same as an article that came before, from whatever source and under whatever name, it has no post on
        the channels where that one has one. Where it only looks like one, its posts are held for what
        ``asks`` makes of that.
        """
        ...

    def list_recently_shown(self, source: str, *, limit: int = 20) -> list[ShownArticle]:
        """A source's newest articles with a post."""
        ...

    def add_posts(
        self, article_id: str, posts: Sequence[NewPost], *, now: datetime, failure: Failure | None
    ) -> list[Post]:
        """What could not be composed before; returns those on channels where the article had none yet.

        ``failure`` is what still can't, or None.
        """
        ...

    def kept(self, article_id: str) -> StoredArticle:
        """One article.

        Raises:
            UsageError: there is none with that id.
        """
        ...

    def list_failed_articles(self, *, since: datetime, source: str | None = None) -> list[StoredArticle]:
        """Articles found since then that could not be read for good, or not composed; newest first."""
        ...

    def add_article(self, source: str, article: Article, *, now: datetime) -> str:
        """An article that a person brought (`post`); its id, the old one where guid or URL is known."""
        ...

    def find_article(
        self, *, url: str | None = None, article_id: str | None = None
    ) -> tuple[str, Article] | None:
        """The newest read article with that canonical URL or id."""
        ...

    # -- articles that change at their source

    def claim_changes(
        self, source: str, *, now: datetime, lease: timedelta, limit: int = 10
    ) -> list[ArticleChange]:
        """Changes of a source's articles that wait to be followed, leased to the caller, one an article."""
        ...

    def postpone_change(self, change: ArticleChange, *, retry_at: datetime | None) -> None:
        """It could not be followed: again at ``retry_at``, or never."""
        ...

    def list_posts_for_change(self, change: ArticleChange) -> list[Post]:
        """Every post that the change concerns, oldest first."""
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
    ) -> list[Post]:
        """The article is otherwise, and so are its posts that wait. ``holds`` says why some are held now.

        ``drafts`` maps posts to what they shall be, or why that could not be composed: held then. A post that
        was approved is held again; one whose words are a person's is held with them; one that has left
        meanwhile gets a line instead, as all in ``flags`` do. Those in ``settled`` say again what the article
        says, so that they ask nothing any more.
        Nothing happens where another was faster, or the article changed again.
        """
        ...

    def settle_gone(self, change: ArticleChange, flags: Mapping[str, str], *, now: datetime) -> list[Post]:
        """Cancel the posts that wait, with a reason; ``flags`` as with `settle_edit`. Returns the former."""
        ...

    def settle_back(
        self, change: ArticleChange, article: Article, posts: Sequence[NewPost], *, now: datetime
    ) -> list[Post]:
        """Queue those of ``posts`` on whose channel the article's last post was cancelled as gone."""
        ...

    def flagged(self, channels: Collection[str], *, since: datetime) -> list[FlaggedPost]:
        """What went out since then, where its article was edited or taken offline; the newest post first.

        What a person left as it is since (`dismiss_flag`), or says the same as its article again, is not
        among it.
        """
        ...

    def open_flag(self, post_id: str) -> Event | None:
        """Return what a post's source did to its article last, as long as nobody answered that."""
        ...

    def dismiss_flag(self, post_id: str, *, by: str, now: datetime) -> bool:
        """Note that a person leaves a post as it is; False where its article did not change since."""
        ...

    # -- posts: the newsroom's side

    def queue(self, article_id: str, posts: Sequence[NewPost], *, now: datetime, again: bool) -> list[Post]:
        """Queue posts for an article that is in the ledger.

        Raises:
            UsageError: the article is out or waiting on that channel, and not ``again``; names the post.
        """
        ...

    def post(self, post_id: str) -> Post: ...

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
        """Newest first (by creation), or by due time from the earliest with ``oldest_first``.

        ``since`` leaves out what was sent, or is due and was not sent, before it.
        """
        ...

    def posts_by_id(self, post_ids: Collection[str]) -> dict[str, Post]:
        """Those of the posts that there are, by their ids."""
        ...

    def failed(self, *, since: datetime, limit: int | None = None) -> list[Post]:
        """Posts that failed and were due, or queued, at ``since`` or after it; the latest first."""
        ...

    def timeline(self, post_id: str) -> list[Event]: ...

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
        """One guarded move along an edge of TRANSITIONS, with its event row.

        Raises:
            InvalidTransition: the state has no such edge, or changed meanwhile; names the state.
        """
        ...

    def expire(self, *, now: datetime) -> list[Post]:
        """Cancel (or fail, where it was tried) what is past its ``expires_at``; returns them."""
        ...

    # -- posts: the sender's side

    def get_next_due_time(self, *, after: datetime | None = None) -> datetime | None:
        """When the earliest scheduled or retrying post of an active channel is due; None for none.

        With ``after``, the earliest due later than that.
        """
        ...

    def ahead(self, *, after: datetime) -> dict[str, datetime]:
        """When the earliest post of each active channel that is due later than ``after`` is due."""
        ...

    def list_illustrated_posts(self, channels: Sequence[str], *, until: datetime) -> list[IllustratedPost]:
        """The next few posts of each channel that are due by ``until`` and have photos, earliest first."""
        ...

    def due_channels(self, *, now: datetime) -> list[str]:
        """Active channels with something due and nothing `sending`."""
        ...

    def exchange(
        self, endings: Sequence[CallEnding], asks: Sequence[ClaimRequest], *, now: datetime
    ) -> tuple[list[Claim | Post], list[Claim | ClaimWait | None]]:
        """Store how calls ended, then claim for channels that are idle: all of it, or nothing.

        Each ending gives the claim on its thread's next part (see `next_part`) or the post as it is now; each
        ask what `claim` gives. A channel is asked for once, and a post ends once, in one exchange.
        """
        ...

    def claim(
        self, channel: str, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | ClaimWait | None:
        """Take the channel's next due post into `sending`, its pace slot and its money reserved.

        None: nothing is due. One post per channel is in `sending` at a time; a slot further away than
        ``lease`` / 4 is a Wait instead, and reserves nothing.
        """
        ...

    def next_part(
        self, post_id: str, receipt: Receipt, terms: ClaimTerms, *, now: datetime, lease: timedelta
    ) -> Claim | None:
        """Store the receipt of one part; then claim the next part, or (None) the post is `sent`.

        Where the post is `unknown` by now (its sender was late), the receipt still settles that part: an
        unknown with all receipts becomes `sent`, one with parts left `retrying`.
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
        """The call ended without a receipt; the arguments are an `Outcome`'s."""
        ...

    @property
    def shared(self) -> bool:
        """May another service send from it now? As of a moment ago, and yes where in doubt."""
        ...

    def leave(self, claim: Claim, ahead: Mapping[Rate, int], *, quickest: float, now: datetime) -> float:
        """Write down that a claim's call leaves now, and return 0; or, where by what all services have sent
        a rate's window is full, the seconds until it may have room.

        ``ahead`` has the call's rates, each with how many go before it. What a call took longer than
        ``quickest`` seconds, it may have arrived later than it left.
        """
        ...

    def rescue(self, *, now: datetime) -> list[Post]:
        """`sending` rows whose holder is gone or whose lease is over: `unknown` where a call was in flight.

        Returns them as they are now.
        """
        ...

    def return_lost_claims(self, given: Mapping[str, int], *, now: datetime) -> list[Post]:
        """Give back the claims of this service that no sender has: their answer was lost with a connection.

        ``given`` are those that senders have, posts with the number of the attempt. Returns the posts, which
        are `retrying` now.
        """
        ...

    # -- unknowns

    def doubts(self) -> list[UnknownPost]:
        """Unknown posts that are still looked for, by when their calls began."""
        ...

    def claim_looks(self, doubts: Collection[UnknownPost], *, until: datetime) -> list[UnknownPost]:
        """Those of ``doubts`` that nobody else has begun to look for, the caller's until ``until``."""
        ...

    def looked(
        self, doubt: UnknownPost, *, look_at: datetime | None, absent_since: datetime | None, now: datetime
    ) -> None:
        """A look settled nothing: the next one is at ``look_at``, or (None) it is given up, with a line."""
        ...

    def set_aside(
        self, channel: str, price: Decimal, most: int, limit: Decimal | None, *, now: datetime
    ) -> int:
        """Money of the channel's month for reading up to ``most`` messages at ``price``, as far as ``limit``
        reaches; for how many it was.
        """
        ...

    def settle_reads(
        self, channel: str, price: Decimal, allowance: ReadAllowance, *, began: datetime, now: datetime
    ) -> None:
        """Give back what was set aside at ``began`` and not spent: a message is paid once in a UTC day."""
        ...

    def filter_unclaimed_receipts(self, channel: str, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Those of ``receipts`` that no part of any post has."""
        ...

    def settle_found(
        self, doubt: UnknownPost, receipts: Sequence[Receipt], *, sent_at: datetime, now: datetime
    ) -> Post | None:
        """The first of ``receipts`` that no part has is evidence of the part in doubt.

        The post is `sent` at ``sent_at``, or goes on with its later parts. None, and nothing is changed,
        where all are taken, the doubt is settled otherwise by now, or one with the same words is in flight.
        """
        ...

    def settle_absent(self, doubt: UnknownPost, *, now: datetime, detail: str) -> Post | None:
        """The part in doubt is surely not out: `retrying`.

        None, and nothing is changed, where the doubt is settled otherwise by now, or its caller may be alive.
        """
        ...

    # -- channels

    def channel(self, name: str) -> ChannelState: ...

    def channels(self) -> dict[str, ChannelState]:
        """All that ever had a post or were paused, by name."""
        ...

    def pause(self, name: str, *, by: str, reason: str, now: datetime) -> list[Post]:
        """Hold sending; returns what is in flight already."""
        ...

    def probed(self) -> list[ChannelState]:
        """The channels that their platforms made pause, each with the time of its next probe."""
        ...

    def claim_probe(self, name: str, *, now: datetime) -> ChannelState | None:
        """The right to look at such a channel, if it is time and nobody else did; else None.

        The next probe's time is set at once, further away than this one's.
        """
        ...

    def recover(self, name: str, *, now: datetime) -> bool:
        """A probe succeeded: the channel sends again, and what waits there has it in its story.

        The reason is remembered until a post went out, so that a refusal for the same reason goes on where
        it was. Returns whether that is news: False where it recovered from this reason before, or where it
        does not wait for a probe any more.
        """
        ...

    def counts(self, *, since: datetime) -> dict[tuple[str, PostState], int]:
        """Posts by (channel, state), but for those that were cancelled or withdrawn.

        `sent` counts only those sent since ``since``, `failed` only those that `failed` gives since then.
        """
        ...

    def spent(self, channel: str, *, now: datetime) -> Decimal:
        """Reserved and spent this UTC month."""
        ...

    def spending(self, *, now: datetime) -> dict[str, Decimal]:
        """`spent` of every channel that has spent anything this month."""
        ...

    def get_committed_cost(self, channel: str) -> Decimal:
        """What the channel's waiting posts will cost."""
        ...


class LedgerRunner(Protocol):
    """Runs one ledger call on the ledger's own thread, in the order of the calls."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Raises what the call raises."""
        ...
