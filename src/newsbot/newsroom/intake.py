"""The intake, which reads, summarizes, composes and schedules the items found at sources,
up to queued posts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import structlog

from newsbot.composing.safety import clean_line
from newsbot.errors import LedgerError, NewsbotError, SourceError
from newsbot.model import Article, Failure, Item, Post
from newsbot.newsroom.anomalies import describe_likeness, describe_redesign
from newsbot.newsroom.composition import ComposedPosts, Composition, PlannedPosts, PostRequest
from newsbot.newsroom.contradictions.earlier_posts import compare_with_posts, may_differ_from_posts
from newsbot.newsroom.fixes import FixedVersion, list_all_actions, reapply_fixes
from newsbot.newsroom.planning import find_age_start, retry_until_free
from newsbot.newsroom.preflight import Preflight
from newsbot.newsroom.summaries import NO_SUMMARIES, SummarizerLine, make_stage_input
from newsbot.ports import (
    Clock,
    FoundItem,
    LedgerRunner,
    SimilarArticle,
    StageInput,
    StoredArticle,
    ThreadRunner,
)
from newsbot.reasons import Code, Reason, join_sentences
from newsbot.tasks import cancel_tasks
from newsbot.threads import run_inline

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["ArticleStage", "FullText", "Intake", "ItemReader", "ReadTerms"]

FullText = Literal["feed", "page", "auto", "row"]

_LEASE = timedelta(minutes=3)
_AT_ONCE = 4
# The most slow articles of a source that articles found later may overtake at the same time.
_MOST_LATE = 16
# Seconds that found articles of a source wait for a slow article that was found before them, to keep their
# order.
_PATIENCE = 2.0
# Seconds between two searches for new items of a source while slow articles of it are being read.
_LOOK = 1.0
# Seconds between two checks whether another process has queued the posts of earlier items of a source.
_ORDER_LOOK = 0.05
_BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
# The most attempts to read an article. They take about nine hours; after that, the article is no longer news.
_TRIES = 12

log = structlog.get_logger(__name__)


class ItemReader(Protocol):
    """An object that reads found items, with the one method of `reading.reader.ArticleReader` that the intake
    calls.
    """

    async def read(self, item: Item, *, full_text: FullText = "auto") -> Article: ...


@dataclass(frozen=True, slots=True)
class ReadTerms:
    """The settings of a source for reading its found items; its articles are posted on ``channels``.

    ``full_text`` says whether an article's text comes from the feed, from the article's page, or from the
    better of both.
    """

    channels: tuple[str, ...]
    full_text: FullText = "auto"


_NO_POSTS = PlannedPosts((), ())


class _PreparedArticle(NamedTuple):
    """An article whose posts are composed but have no due times yet.

    ``article`` is the article as newsbot read it, and ``version`` is the same article with editors' fixes.
    """

    article: Article
    version: FixedVersion
    request: PostRequest
    composed: ComposedPosts


class _Queued(NamedTuple):
    """The ``posts`` of one article that were queued, and the plan for them.

    If editors' fixes changed the article after its posts were composed, none was queued, and ``fixed`` is the
    version of the article from which they have to be composed.
    """

    fixed: FixedVersion | None
    planned: PlannedPosts
    posts: list[Post]


@dataclass(eq=False, repr=False)
class ArticleStage:
    """A stage that reads articles from sources and turns them into posts.

    ``line`` are the newsroom's summarizers. If their answers take no time, the stage replaces it by None.
    """

    ledger: "Ledger"
    on_ledger: LedgerRunner
    reader: ItemReader
    composition: Composition
    terms: Mapping[str, ReadTerms]
    clock: Clock
    line: SummarizerLine | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self.line = self.line if self.line and self.line.waits else None

    def _find_read_terms(self, source: str) -> ReadTerms:
        """Return the settings of ``source``; if config.yaml no longer has it,
        return settings without channels.
        """
        return self.terms.get(source, ReadTerms(()))

    def _explain_failure(self, error: Exception, article_id: str) -> tuple[Failure, bool]:
        """Return why an article could not be processed, and whether another attempt would be useless.

        Raises:
            LedgerError: the ledger failed, not the article, so the work on the article is not postponed: it
                is done again when this process's claim on the article has expired.
        """
        if isinstance(error, LedgerError):
            raise error
        if isinstance(error, NewsbotError):
            return Failure(error.code, error.reason), not isinstance(error, SourceError)
        log.error("reading failed", article=article_id, exc_info=error)
        return Failure("error", Code.READING_BROKE(name=type(error).__name__)), False


@dataclass(eq=False, repr=False)
class Intake(ArticleStage):
    """The stage that turns the items that newsbot found at sources into queued posts.

    ``asks`` says that there is a desk (the editors' chat): then posts are held if their source's site seems
    redesigned, and the desk asks an editor. A post that resembles another article is held in any case; an
    editor decides at the desk or on the command line. ``line`` are the summarizers whose answers take time.
    ``beside`` runs work that needs much processor time. newsbot calls ``queued`` whenever posts were stored
    in the ledger, and ``failed`` with an article's id and the reason why the article was not posted, or not
    on every channel. ``preflight`` checks the articles' pages.
    """

    _: KW_ONLY
    beside: ThreadRunner = run_inline
    asks: bool = False
    preflight: Preflight | None = None
    queued: Callable[[], None] = lambda: None
    failed: Callable[[str, Failure], None] = lambda _id, _why: None

    async def process_items(self, source: str) -> None:
        """Turn all waiting items of ``source`` into posts;
        an item that can't be read does not stop the others.

        A few items are prepared concurrently. Their posts are queued in the order in which the items were
        found, but an item that takes over two seconds longer than the others is queued when it is ready.
        """
        late: set[asyncio.Task[None]] = set()
        works: list[asyncio.Task[_PreparedArticle]] = []
        try:
            while True:
                found = await self._claim(source) if len(late) < _MOST_LATE else []
                works = [asyncio.create_task(self._prepare(one)) for one in found]
                await self._queue_in_order(found, works, late)
                if not found and not late:
                    return
                if not found:
                    done, late = await asyncio.wait(late, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        # If a task that queues the posts of a slow article failed, reading the task's result
                        # raises its error here.
                        task.result()
        finally:
            await cancel_tasks([*works, *late])

    async def process_next_items(self, source: str) -> None:
        """Turn the next few waiting items of ``source`` into posts, beside other processes that do the same.

        The posts are queued after those of items that another process claimed earlier, unless that process
        needs over two seconds.
        """
        late: set[asyncio.Task[None]] = set()
        found = await self._claim(source)
        works = [asyncio.create_task(self._prepare(one)) for one in found]
        try:
            if found:
                # newsbot asks the ledger for the items of other processes only once the first of these items
                # is ready, because no posts can be queued before that.
                ends = asyncio.get_running_loop().time() + _PATIENCE
                await asyncio.wait(works[:1], timeout=_PATIENCE)
                await self._wait_for_earlier(source, found[0].article_id, ends)
            await self._queue_in_order(found, works, late)
            await asyncio.gather(*late)
        finally:
            await cancel_tasks([*works, *late])

    async def _wait_for_earlier(self, source: str, article_id: str, ends: float) -> None:
        """Wait while any process works on an item of the source that was found earlier, until the time
        ``ends`` of the event loop.
        """
        claims, loop = self.ledger.articles, asyncio.get_running_loop()
        while loop.time() < ends:
            recent = self.clock.now() + self._lease - timedelta(seconds=_PATIENCE)
            if not await self.on_ledger(claims.has_earlier_claim, source, article_id, until=recent):
                return
            await asyncio.sleep(_ORDER_LOOK)

    @property
    def _lease(self) -> timedelta:
        return _LEASE + (self.line.longest_wait if self.line else timedelta(0))

    async def _claim(self, source: str) -> list[FoundItem]:
        claim, now = self.ledger.articles.claim_found, self.clock.now()
        return await self.on_ledger(claim, source, now=now, lease=self._lease, limit=_AT_ONCE)

    async def _queue_in_order(
        self,
        found: Sequence[FoundItem],
        works: Sequence[asyncio.Task[_PreparedArticle]],
        late: set[asyncio.Task[None]],
    ) -> None:
        """Queue the articles' posts in the order in which the articles were found,
        but wait for them only two seconds.

        For each article that is not ready then, add to ``late`` a task that queues its posts later.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        for one, work in zip(found, works, strict=True):
            await asyncio.wait({work}, timeout=max(0.0, until - loop.time()))
            if work.done():
                await self._process_item(one, work)
            else:
                late.add(asyncio.create_task(self._process_item(one, work)))

    async def recompose_failed(self, sources: Collection[str]) -> None:
        """Compose again the recent articles on which a template failed,
        as an editor may have corrected the template.

        A service calls this when it starts, because a process reads the templates only once.
        """
        now, since = self.clock.now(), dict[str, datetime]()
        for name in sources:
            channels = self._find_read_terms(name).channels
            since[name] = now - max(map(self.composition.get_lifetime, channels), default=timedelta(0))
        if not since:
            return
        list_failed = self.ledger.articles.list_failed_articles
        for kept in await self.on_ledger(list_failed, since=min(since.values())):
            if kept.article is not None and kept.source in since and kept.found_at >= since[kept.source]:
                request = self._make_request(kept, kept.article, kept.hold)
                composed = await self._compose(kept.article, request)
                requeue = partial(self._requeue_article, kept, composed, request)
                await self.on_ledger(retry_until_free, requeue)

    def _requeue_article(self, kept: StoredArticle, composed: ComposedPosts, request: PostRequest) -> None:
        now = self.clock.now()
        planned = self.composition.schedule_posts(composed, request)
        young = [new for new in planned.posts if new.expires_at is None or new.expires_at > now]
        posts = self.ledger.articles.add_posts(kept.id, young, now=now, failure=planned.failure)
        if posts:
            log.info("composed at last", article=kept.id, channels=[post.channel for post in posts])
        if planned.failure:
            log.error("not composed", article=kept.id, error=planned.failure.message)
            self.failed(kept.id, planned.failure)

    async def _prepare(self, found: FoundItem) -> _PreparedArticle:
        """Read, review, summarize and compose one found item,
        outside the thread that runs the ledger's transactions.
        """
        article = await self._read_item(found)
        version = FixedVersion(article)
        # A summary may cost money, so newsbot has it made from the text with editors' fixes,
        # which is the text that is posted.
        if self.line:
            version = await self.on_ledger(self._reapply_fixes, found, article)
        return await self._compose_version(found, article, version)

    async def _read_item(self, found: FoundItem) -> Article:
        """Return the article of a found item: the one stored before a crash if there is one, else read now.

        Its summary may have been paid for before the crash, and a summary is valid only for the same text.
        """
        full_text = self._find_read_terms(found.source).full_text
        if self.line is None:
            return await self.reader.read(found.item, full_text=full_text)
        given = _make_read_input(found)
        article = await self.on_ledger(self.ledger.stages.find_read, given)
        if article is None:
            article = await self.reader.read(found.item, full_text=full_text)
            await self.on_ledger(self.ledger.stages.store_read, given, article, now=self.clock.now())
        return article

    async def _compose_version(
        self, found: FoundItem, article: Article, version: FixedVersion
    ) -> _PreparedArticle:
        request = self._make_request(found, article, found.hold or join_sentences(version.questions))
        compared = await self._compare_with_posts(found, version.article)
        composed = await self._compose(compared, request)
        if self.preflight and self.preflight.holds:
            await self.preflight.check(version.article)
        return _PreparedArticle(article, version, request, composed)

    async def _compare_with_posts(self, found: FoundItem, article: Article) -> Article:
        """Return the article with a warning if an earlier post of its source gives another number.

        Most articles are not compared, because they name no number of things at their beginning.
        """
        if not may_differ_from_posts(article):
            return article
        sent = await self.on_ledger(self.ledger.articles.list_recently_sent, found.source)
        return await self.beside(compare_with_posts, article, sent) if sent else article

    async def _process_item(self, found: FoundItem, work: Awaitable[_PreparedArticle]) -> None:
        try:
            await self._queue_article(found, await work)
        except Exception as error:  # noqa: BLE001  Any error concerns this item only.
            failure, never = self._explain_failure(error, found.article_id)
            await self._postpone(found, failure, never=never)

    async def _queue_article(self, found: FoundItem, prepared: _PreparedArticle) -> None:
        while True:
            queue = partial(self._queue_posts, found, prepared)
            fixed, planned, posts = await self.on_ledger(retry_until_free, queue)
            if fixed is None:
                break
            prepared = await self._compose_version(found, prepared.article, fixed)
        if self.line:
            await self.on_ledger(self.ledger.stages.forget_read, _make_read_input(found))
        if planned.failure:
            self.failed(found.article_id, planned.failure)
        _log_posts(found, prepared.article, planned, posts)
        if posts:
            self.queued()
            if self.preflight:
                self.preflight.check_soon(posts[0].article_id, prepared.version.article)

    def _make_request(
        self, found: FoundItem | StoredArticle, article: Article, hold: Reason | None
    ) -> PostRequest:
        return PostRequest(
            self._find_read_terms(found.source).channels,
            source=found.source,
            hold=hold,
            since=None if found.first_sight else find_age_start(article.published_at, found.found_at),
        )

    async def _compose(self, article: Article, request: PostRequest) -> ComposedPosts:
        """Review and summarize the article and compose its posts,
        outside the thread of the ledger's transactions.
        """
        if self.line is None:
            return await self.beside(self.composition.compose, article, request)
        reviewed = await self.beside(self.composition.review_article, article, request)
        summaries = await self.line.ask_for(article, reviewed.wanted) if reviewed.wanted else NO_SUMMARIES
        return await self.beside(self.composition.compose_posts, reviewed, summaries, request)

    def _queue_posts(self, found: FoundItem, prepared: _PreparedArticle) -> _Queued:
        """Schedule the composed posts of an article and store them;
        the ledger finds duplicate and similar articles.

        If editors' fixes changed the article after its posts were composed, store nothing and return the
        fixed article.
        """
        fixed = self._reapply_fixes(found, prepared.article)
        if fixed != prepared.version:
            return _Queued(fixed, _NO_POSTS, [])
        article, request = fixed.article, prepared.request
        planned = self.composition.schedule_posts(prepared.composed, request)
        if self.asks and not request.hold:
            shown = dict.fromkeys(one.text for post in planned.posts for one in post.draft.summary)
            before = self.ledger.articles.list_recently_shown(found.source)
            if doubt := describe_redesign(list(shown), article.text, before):
                planned = planned.hold_all(doubt)
        posts = self.ledger.articles.store_read_article(
            found.article_id,
            article,
            planned.posts,
            now=self.clock.now(),
            note=join_sentences(planned.notes),
            failure=planned.failure,
            asks=None if found.hold else _format_likeness,
        )
        return _Queued(None, planned, posts)

    def _reapply_fixes(self, found: FoundItem, article: Article) -> FixedVersion:
        """Return the article with the fixes that editors made in the same article from another source.

        Return the article unchanged if no other source has it.
        """
        same = self.ledger.articles.find_same_article(found.article_id, article)
        return reapply_fixes(article, list_all_actions(self.ledger.actions, same) if same else ())

    async def _postpone(self, found: FoundItem, failure: Failure, *, never: bool) -> None:
        """Schedule the next attempt to read the found item; give the item up if ``never`` is set or newsbot
        has tried twelve times.
        """
        never = never or found.tries >= _TRIES
        retry_at = self.clock.now() + _BACK_OFF[min(found.tries, len(_BACK_OFF) - 1)]
        said, level = ("not posted", logging.ERROR) if never else ("not read yet", logging.WARNING)
        log.log(level, said, article=found.article_id, url=found.item.url, error=failure.message)
        postpone = self.ledger.articles.postpone_article
        title = clean_line(found.item.title or "") or None
        again = None if never else retry_at
        await self.on_ledger(postpone, found.article_id, failure, retry_at=again, title=title)
        if never:
            self.failed(found.article_id, failure)


def _make_read_input(found: FoundItem) -> StageInput:
    return make_stage_input("read", (found.article_id, found.item), found.item.guid, found.item.url)


def _format_likeness(likeness: SimilarArticle) -> Reason:
    return describe_likeness(likeness.article_id, likeness.title, likeness.out_at)


def _log_posts(found: FoundItem, article: Article, planned: PlannedPosts, posts: Sequence[Post]) -> None:
    """Log the posts of an article, and warn of posts that expired at once because
    the article's date is too old.

    The article's date may be wrong, so an editor should see the warning.
    """
    about, notes = log.bind(article=found.article_id), list(map(str, planned.notes))
    level = logging.ERROR if planned.failed else logging.INFO
    channels = [post.channel for post in posts]
    about.log(level, "taken in", title=article.title, source=found.source, channels=channels, notes=notes)
    if late := [post.channel for post in posts if post.was_created_expired]:
        about.warning("too old by its date", published_at=article.published_at, channels=late)
