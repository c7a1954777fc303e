"""Turning the ledger's waiting items into articles with posts: read, summarize, compose, schedule."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import structlog

from newsbot.errors import LedgerError, NewsbotError, SourceError
from newsbot.model import Article, Failure, Item, Post
from newsbot.newsroom.anomalies import describe_likeness, describe_redesign
from newsbot.newsroom.composition import ComposedPosts, Composition, PlannedPosts, PostRequest
from newsbot.newsroom.fixes import FixedVersion, Fixes
from newsbot.newsroom.planning import find_age_start, retry_until_free
from newsbot.ports import Clock, FoundItem, LedgerRunner, SimilarArticle, StoredArticle, ThreadRunner
from newsbot.threads import run_inline

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["ArticleReader", "FullText", "Intake", "ReadTerms"]

FullText = Literal["feed", "page", "auto"]

_LEASE = timedelta(minutes=3)
_AT_ONCE = 4
_BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
_TRIES = 12  # about nine hours; a page that is missing for longer is no longer news

log = structlog.get_logger(__name__)


class ArticleReader(Protocol):
    """The part of `reading.reader.ArticleReader` that the intake uses."""

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article: ...


@dataclass(frozen=True, slots=True)
class ReadTerms:
    """The settings of a source that matter once its items are stored. ``channels`` receive its articles."""

    channels: tuple[str, ...]
    full_text: FullText = "auto"


_NO_POSTS = PlannedPosts((), ())


class _Queued(NamedTuple):
    """The posts that were queued; where ``fixed`` is set, none, as that version has to be composed first."""

    fixed: FixedVersion | None
    planned: PlannedPosts
    posts: list[Post]


class Intake:
    """Takes in the items that polling stored.

    ``asks``: there is a desk, so a suspected redesign of the site is asked about, and its posts are held
    until then. A post that resembles another article is held in any case: a person answers at the desk or on
    the command line. ``beside`` runs what takes the processor's time. ``queued`` is called whenever posts are
    in the ledger. ``failed`` is called with an article's id and the reason why it was not posted, or not on
    every channel.
    """

    def __init__(
        self,
        ledger: "Ledger",
        on_ledger: LedgerRunner,
        reader: ArticleReader,
        composition: Composition,
        terms: Mapping[str, ReadTerms],
        clock: Clock,
        *,
        beside: ThreadRunner = run_inline,
        asks: bool = False,
        queued: Callable[[], None] = lambda: None,
        failed: Callable[[str, Failure], None] = lambda _id, _why: None,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._reader = reader
        self._composition = composition
        self._terms = terms
        self._clock = clock
        self._fixes = Fixes(ledger)
        self._beside = beside
        self._asks = asks
        self._queued = queued
        self._failed = failed

    async def take_in(self, source: str) -> None:
        """Take in all waiting items of ``source``; one that can't be read waits without stopping the rest.

        A few are read concurrently, and all are queued in the order in which they were found.
        """
        while found := await self._on_ledger(
            self._ledger.articles.claim_found, source, now=self._clock.now(), lease=_LEASE, limit=_AT_ONCE
        ):
            reads = [asyncio.create_task(self._read_item(one)) for one in found]
            try:
                for one, read in zip(found, reads, strict=True):
                    await self._process_item(one, read)
            finally:
                await _cancel_reads(reads)

    async def recompose_failed(self, sources: Collection[str]) -> None:
        """Compose again the recent articles on which a template failed, as it may have been corrected since.

        A service calls this when it starts, because templates are read once per process.
        """
        now = self._clock.now()
        terms = {name: self._find_read_terms(name).channels for name in sources}
        since = {
            name: now - self._composition.find_longest_wait(channels) for name, channels in terms.items()
        }
        if not since:
            return
        for kept in await self._on_ledger(
            self._ledger.articles.list_failed_articles, since=min(since.values())
        ):
            if kept.article is not None and kept.source in since and kept.found_at >= since[kept.source]:
                await self._recompose_article(kept, kept.article)

    async def _recompose_article(self, kept: StoredArticle, article: Article) -> None:
        request = self._make_request(kept, article, kept.hold)
        composed = await self._compose(article, request)
        await self._on_ledger(retry_until_free, partial(self._requeue_article, kept, composed, request))

    def _requeue_article(self, kept: StoredArticle, composed: ComposedPosts, request: PostRequest) -> None:
        now = self._clock.now()
        planned = self._composition.schedule_posts(composed, request)
        young = [new for new in planned.posts if new.expires_at is None or new.expires_at > now]
        posts = self._ledger.articles.add_posts(kept.id, young, now=now, failure=planned.failure)
        if posts:
            log.info("composed at last", article=kept.id, channels=[post.channel for post in posts])
        if planned.failure:
            log.error("not composed", article=kept.id, error=planned.failure.message)
            self._failed(kept.id, planned.failure)

    async def _read_item(self, found: FoundItem) -> Article:
        return await self._reader.read(found.item, full_text=self._find_read_terms(found.source).full_text)

    async def _process_item(self, found: FoundItem, read: Awaitable[Article]) -> None:
        try:
            await self._take_in_article(found, await read)
        except LedgerError:
            raise  # The error is not the article's; after the lease the item is claimed again.
        except SourceError as error:
            await self._postpone(found, Failure(error.code, str(error)))
        except NewsbotError as error:
            await self._give_up(found, Failure(error.code, str(error)))
        except Exception as error:
            log.exception("reading failed", article=found.article_id)
            what = f"reading failed in a way nobody foresaw ({type(error).__name__}): see the log"
            await self._postpone(found, Failure("error", what))

    def _find_read_terms(self, source: str) -> ReadTerms:
        """Return the source's settings; a source that config.yaml no longer has posts nowhere."""
        return self._terms.get(source, ReadTerms(()))

    async def _take_in_article(self, found: FoundItem, article: Article) -> None:
        """Take an article that was read through the other stages."""
        version: FixedVersion | None = FixedVersion(article)
        while version is not None:
            request = self._make_request(found, article, found.hold or "; ".join(version.questions))
            composed = await self._compose(version.article, request)
            queue = partial(self._queue_posts, found, article, version, composed, request)
            version, planned, posts = await self._on_ledger(retry_until_free, queue)
        if planned.failure:
            self._failed(found.article_id, planned.failure)
        _log_posts(found, planned, posts)
        _log_too_old(found, article, posts)
        if posts:
            self._queued()

    def _make_request(
        self, found: FoundItem | StoredArticle, article: Article, hold: str | None
    ) -> PostRequest:
        return PostRequest(
            self._find_read_terms(found.source).channels,
            source=found.source,
            hold=hold or None,
            since=None if found.first_sight else find_age_start(article.published_at, found.found_at),
        )

    async def _compose(self, article: Article, request: PostRequest) -> ComposedPosts:
        """Run the stages review, summarize and compose, away from the ledger's thread."""
        return await self._beside(self._composition.compose, article, request)

    def _queue_posts(
        self,
        found: FoundItem,
        article: Article,
        version: FixedVersion,
        composed: ComposedPosts,
        request: PostRequest,
    ) -> _Queued:
        """Run the stage schedule and store the posts; the ledger finds duplicates and similar articles.

        Where people's fixes make another version of the article by now, return that, and store nothing.
        """
        fixed = self._reapply_fixes(found, article)
        if fixed != version:
            return _Queued(fixed, _NO_POSTS, [])
        planned = self._composition.schedule_posts(composed, request)
        article = version.article
        if self._asks and not request.hold and (doubt := self._find_redesign(found, article, planned)):
            planned = planned.held(doubt)
        posts = self._ledger.articles.take_in(
            found.article_id,
            article,
            planned.posts,
            now=self._clock.now(),
            note="; ".join(planned.notes),
            failure=planned.failure,
            asks=None if found.hold else _format_likeness,
        )
        return _Queued(None, planned, posts)

    def _reapply_fixes(self, found: FoundItem, article: Article) -> FixedVersion:
        """Apply people's fixes of an article to the same article from another source."""
        same = self._ledger.articles.find_same_article(found.article_id, article)
        return self._fixes.reapply(same, article) if same else FixedVersion(article)

    def _find_redesign(self, found: FoundItem, article: Article, planned: PlannedPosts) -> str | None:
        """Return why the site may have been redesigned, if it seems so."""
        shown = dict.fromkeys(one.text for post in planned.posts for one in post.draft.summary)
        return describe_redesign(
            list(shown), article.text, self._ledger.articles.list_recently_shown(found.source)
        )

    async def _postpone(self, found: FoundItem, failure: Failure) -> None:
        if found.tries >= _TRIES:
            await self._give_up(found, failure)
            return
        wait = _BACK_OFF[min(found.tries, len(_BACK_OFF) - 1)]
        log.warning("not read yet", article=found.article_id, url=found.item.url, error=failure.message)
        retry_at = self._clock.now() + wait
        await self._on_ledger(
            self._ledger.articles.postpone_article, found.article_id, failure, retry_at=retry_at
        )

    async def _give_up(self, found: FoundItem, failure: Failure) -> None:
        log.error("not posted", article=found.article_id, url=found.item.url, error=failure.message)
        await self._on_ledger(
            self._ledger.articles.postpone_article, found.article_id, failure, retry_at=None
        )
        self._failed(found.article_id, failure)


async def _cancel_reads(reads: Sequence[asyncio.Task[Article]]) -> None:
    """Cancel the reads that are not needed any more."""
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)


def _format_likeness(likeness: SimilarArticle) -> str:
    return describe_likeness(likeness.article_id, likeness.title, likeness.out_at)


def _log_posts(found: FoundItem, planned: PlannedPosts, queued: Sequence[Post]) -> None:
    posts: Sequence[str] = [post.channel for post in queued]
    level = "error" if planned.failed else "info"
    getattr(log, level)(
        "taken in", article=found.article_id, source=found.source, channels=posts, notes=list(planned.notes)
    )


def _log_too_old(found: FoundItem, article: Article, queued: Sequence[Post]) -> None:
    """Warn that an article's date makes its posts expire at once, as the date may be wrong."""
    late = [post.channel for post in queued if post.came_too_old]
    if late:
        log.warning(
            "too old by its date", article=found.article_id, published_at=article.published_at, channels=late
        )
