"""The checks of posts before they are sent: which warnings a post has, and which of them hold the post.

An article's page is checked when the article's posts are queued, and again shortly before a post is due. A
check never delays a post that is due: the check has a deadline, and the post is sent at its time unless it is
held by then. Only if `preflight.hold` in config.yaml names a warning about pages is the page checked before
the posts are queued, because a post can't be held once it is sent.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING, Protocol

import structlog

from newsbot.composing.preflight import warn_of_stale_words
from newsbot.errors import LedgerError
from newsbot.fetching.addresses import find_link_refusal
from newsbot.model import PENDING, READY, Article, Draft, Part, Post, PostState, PostWarning
from newsbot.ports import Clock, DuePost, LedgerRunner, NewPost
from newsbot.reasons import Code, Reason, SourceCode, WarningCode
from newsbot.tasks import cancel_tasks

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = ["PageChecks", "PostChecks", "Preflight", "select_page_warnings"]

# The codes of warnings about the link preview, which concern only posts that have one.
_OF_CARD = frozenset({"no_card_title", "no_card_image"})
# The codes of the warnings that checks of pages make.
_PAGE_CODES = frozenset({"canonical", "page_status", "wall"}) | _OF_CARD
# The reasons of the warnings that checks of pages make, which replace those of the check before.
_OF_PAGES = frozenset(
    {
        WarningCode.PAGE_STATUS,
        WarningCode.PAGE_NOT_REACHED,
        WarningCode.PAGE_SLOW,
        WarningCode.PAGE_ASKS_LOGIN,
        WarningCode.PAGE_SHOWS_OTHER_TEXT,
        WarningCode.PAGE_IS_FRONT_PAGE,
        WarningCode.PAGE_IS_DRAFT,
        WarningCode.PAGE_NOT_LISTED,
        WarningCode.CANONICAL_ELSEWHERE,
        WarningCode.CARD_WITHOUT_TITLE,
        WarningCode.CARD_WITHOUT_IMAGE,
        WarningCode.CARD_IMAGE_NOT_HAD,
        WarningCode.CARD_IMAGE_NO_IMAGE,
        WarningCode.CARD_IMAGE_SMALL,
    }
)
# The reasons that a page or image is only slow, which never hold a post.
_SLOW = (WarningCode.PAGE_SLOW, SourceCode.ANSWER_TOO_SLOW)
_DEADLINE = 25.0  # The most seconds that a check of a page takes; then nothing is known about the page.
_LEASE = timedelta(seconds=40)
_AHEAD = timedelta(minutes=2)  # The time before a post is due at which its page is checked again.
# A page is not checked again within the first time after a check, or within the second time if a post of the
# article waits for an editor, or for its channel beyond its due time.
_AGE, _LONG_AGE = timedelta(minutes=1), timedelta(minutes=10)
_LOOK = 0.5  # Seconds between two checks whether another process has ended its check of a page.
_EVERY = 5.0  # Seconds between two searches for posts that are due soon, whose pages are then checked.
_AGAIN = 30.0  # Seconds until the next search for such posts after the database failed.
_MOST_WAITING = 500  # If more checks than this wait, the pages of further articles are not checked.
_OVER = frozenset({PostState.CANCELLED, PostState.WITHDRAWN, PostState.FAILED})

log = structlog.get_logger(__name__)


class PageChecks(Protocol):
    """An object that checks articles' pages over HTTP, such as `reading.page_check.PageChecker`."""

    async def check(self, article: Article) -> tuple[PostWarning, ...]: ...


@dataclass(frozen=True, slots=True)
class PostChecks:
    """The checks of posts that wait to be sent, and the warnings that hold a post for an editor.

    ``holds`` are the codes of the warnings that hold a post, by `preflight.hold` in config.yaml.
    ``find_page_warnings`` returns the warnings about an article's page, as newsbot saw the page last.
    """

    holds: frozenset[str] = frozenset()
    find_page_warnings: Callable[[Article], Sequence[PostWarning]] = lambda _article: ()

    def warn(self, draft: Draft, article: Article, *, sent: datetime, zone: tzinfo) -> Draft:
        """Return the draft of a post with the warnings about its article's page and its words for days
        ("tomorrow") that will be wrong when it is sent.

        ``sent`` is when the post is to be sent; days are those of ``zone``.
        """
        stale = warn_of_stale_words(draft.parts, article.language, article.published_at, sent, zone)
        found = [*select_page_warnings(draft.parts, self.find_page_warnings(article)), *filter(None, [stale])]
        return replace(draft, warnings=(*draft.warnings, *found)) if found else draft

    def foresee(self, draft: Draft, article: Article, *, sent: datetime, zone: tzinfo) -> Draft:
        """Return the draft as `warn` does, with one more warning if a warning would hold the post."""
        warned = self.warn(draft, article, sent=sent, zone=zone)
        why = self.find_hold(warned.warnings)
        if why is None:
            return warned
        held = PostWarning("held", WarningCode.WOULD_BE_HELD_FOR_WARNING(name=why.params["name"]))
        return replace(warned, warnings=(*warned.warnings, held))

    def apply(self, new: NewPost, article: Article, zone: tzinfo) -> NewPost:
        """Return a new post with the warnings about its article's page and about its words for days that will
        be wrong; the post is held if one of all its warnings holds it.
        """
        draft = self.warn(new.draft, article, sent=new.due_at, zone=zone)
        why = self.find_hold(draft.warnings)
        if why is None:
            return replace(new, draft=draft)
        held_for = why if new.held_for in {None, Code.APPROVAL()} else new.held_for
        return replace(new, draft=draft, held_for=held_for, approval=max(new.approval, 1))

    def find_hold(self, warnings: Iterable[PostWarning], known: Iterable[PostWarning] = ()) -> Reason | None:
        """Return why a post with these warnings is held; None if none of the warnings holds it.

        ``known`` are warnings that no longer hold the post, because a person approved the post with them.
        """
        passed = {(warning.code, warning.reason.code) for warning in known}
        holding = (each for each in warnings if each.code in self.holds and not _is_slow(each))
        found = next((each for each in holding if (each.code, each.reason.code) not in passed), None)
        return Code.HELD_FOR_WARNING(name=found.code, why=found.reason) if found else None


class Preflight:
    """The component that checks articles' pages, stores the warnings, and updates the posts that have them.

    ``open_pages`` returns the object that checks pages, ``holds`` are the codes of the warnings that hold a
    post, and ``find_zone`` returns the time zone of a channel. Pages of this machine are checked only with
    ``allow_loopback``. Without a ``ledger``, warnings are only kept in memory, for previews.
    """

    def __init__(
        self,
        ledger: "Ledger | None",
        on_ledger: LedgerRunner,
        clock: Clock,
        open_pages: Callable[[], PageChecks],
        holds: frozenset[str] = frozenset(),
        find_zone: Callable[[str], tzinfo] | None = None,
        *,
        allow_loopback: bool = False,
    ) -> None:
        self._ledger = ledger
        self._on_ledger = on_ledger
        self._clock = clock
        self._open_pages = open_pages
        self._allow_loopback = allow_loopback
        self._find_zone = find_zone
        self.checks = PostChecks(holds, self.find_warnings)
        self._known: dict[str, tuple[PostWarning, ...]] = {}
        # The times at which the posts of articles were last compared with the articles' pages, by article.
        self._checked_at: dict[str, datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def may_check(self, article: Article) -> bool:
        """Return whether the article has an address that readers can open, whose page can be checked."""
        url = article.url
        return bool(url) and not find_link_refusal(str(url), allow_loopback=self._allow_loopback)

    def find_warnings(self, article: Article) -> tuple[PostWarning, ...]:
        """Return the warnings of the last check of an article's page; () if the page was not checked.

        Call this where the ledger may be read.
        """
        url = article.url
        if not url or not self.may_check(article):
            return ()
        if self._ledger is None:
            return self._known.get(url, ())
        return self._ledger.stages.find_check(url) or ()

    @property
    def holds(self) -> bool:
        """Return whether a warning about a page may hold a post, so that pages are checked before posts are
        queued.
        """
        return bool(self.checks.holds & _PAGE_CODES)

    async def check(self, article: Article, *, age: timedelta = _AGE) -> tuple[PostWarning, ...]:
        """Return the warnings about an article's page; check the page unless it was checked less than ``age``
        ago, or is being checked by another process.
        """
        url = article.url
        if not url or not self.may_check(article):
            return ()
        if self._ledger is None:
            self._known[url] = await self._check_in_time(article)
            return self._known[url]
        stages, ends = self._ledger.stages, self._clock.now() + timedelta(seconds=_DEADLINE)
        begin = partial(stages.begin_check, url, lease=_LEASE, age=age)
        while not await self._on_ledger(begin, now=self._clock.now()):
            known: tuple[PostWarning, ...] | None = await self._on_ledger(stages.find_check, url)
            if known is not None or self._clock.now() > ends:
                return known or ()
            await asyncio.sleep(_LOOK)
        found = await self._check_in_time(article)
        await self._on_ledger(stages.end_check, url, found, now=self._clock.now())
        return found

    async def _check_in_time(self, article: Article) -> tuple[PostWarning, ...]:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._open_pages().check(article)
        except TimeoutError:
            return ()
        except Exception as error:  # noqa: BLE001  No check may keep a post from being sent.
            log.warning("page not checked", url=article.url, error=repr(error))
            return ()

    def check_soon(self, article_id: str, article: Article) -> None:
        """Check the page of an article whose posts are queued, and add the warnings to the posts later."""
        if len(self._tasks) < _MOST_WAITING and self.may_check(article):
            task = asyncio.create_task(self._check_posts(article_id, article, _AGE), name="preflight")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until the checks of queued articles have ended."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    async def close(self) -> None:
        """Cancel the checks that are in progress."""
        await cancel_tasks(list(self._tasks))

    async def run(self) -> None:
        """Check the pages of posts that are due soon, without end."""
        while True:
            try:
                await self.check_due_posts()
            except LedgerError as error:
                log.debug("checks wait for the ledger", error=str(error))
                await asyncio.sleep(_AGAIN)
            await asyncio.sleep(_EVERY)

    async def check_due_posts(self) -> None:
        """Check once the pages of the posts that are due soon or wait beyond their time."""
        if self._ledger is None:
            return
        now = self._clock.now()
        due = await self._on_ledger(self._ledger.posts.list_posts_due_soon, until=now + _AHEAD)
        self._checked_at = {key: at for key, at in self._checked_at.items() if abs(now - at) < _LONG_AGE}
        ages: dict[str, timedelta] = {}
        for post in due:
            ages[post.article_id] = min(_choose_age(post, now), ages.get(post.article_id, _LONG_AGE))
        late = [name for name, age in ages.items() if self._is_unchecked(name, now, age)]
        work = [self._check_again(name, ages[name]) for name in late[:_MOST_WAITING]]
        for end in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(end, BaseException):
                raise end

    def _is_unchecked(self, article_id: str, now: datetime, age: timedelta) -> bool:
        at = self._checked_at.get(article_id)
        return at is None or abs(now - at) >= age

    async def _check_again(self, article_id: str, age: timedelta) -> None:
        assert self._ledger is not None  # noqa: S101  The caller has a ledger.
        kept = await self._on_ledger(self._ledger.articles.get_article, article_id)
        if kept.article is not None:
            await self._check_posts(article_id, kept.article, age)

    async def _check_posts(self, article_id: str, article: Article, age: timedelta) -> None:
        """Check the page of an article and update the warnings of its posts."""
        self._checked_at[article_id] = self._clock.now()
        with suppress(LedgerError):
            page = await self.check(article, age=age) if self.may_check(article) else None
            for post in await self._on_ledger(self._revise_posts, article_id, article, page):
                log.warning("held for a warning", post=post.id, channel=post.channel, why=str(post.held_for))

    def _revise_posts(
        self, article_id: str, article: Article, page: Sequence[PostWarning] | None
    ) -> list[Post]:
        """Update the warnings of an article's posts, and return the posts that are held for them now."""
        assert self._ledger is not None  # noqa: S101  The caller has a ledger.
        posts, now, held = self._ledger.posts, self._clock.now(), []
        revise = partial(self._revise, article, page, now)
        for post in posts.list_posts(article_id=article_id, limit=None):
            if post.state in _OVER or post.role == "correction":
                continue
            warnings, hold = revise(post)
            if hold or tuple(warnings) != post.warnings:
                after = posts.revise_warnings(post.id, revise, now=now)
                held += [after] if hold and after.state is PostState.HELD else []
        return held

    def _revise(
        self, article: Article, page: Sequence[PostWarning] | None, now: datetime, post: Post
    ) -> tuple[list[PostWarning], Reason | None]:
        """Return the warnings that a post has now, and why it is to be held, or None.

        A warning with which a person has approved the post does not hold it again.
        """
        kept = [each for each in post.warnings if page is None or each.reason.code not in _OF_PAGES]
        found = list(select_page_warnings(post.parts, page or ()))
        if post.state in PENDING and self._find_zone is not None:
            kept = [each for each in kept if each.code != "stale_date"]
            sent, zone = max(post.due_at, now), self._find_zone(post.channel)
            stale = warn_of_stale_words(post.parts, article.language, article.published_at, sent, zone)
            found += [stale] if stale else []
        warnings = [*kept, *found]
        if set(warnings) == set(post.warnings):
            warnings = list(post.warnings)
        known = post.warnings if post.approved == post.content else ()
        return warnings, self.checks.find_hold(warnings, known) if post.state in READY else None


def _is_slow(warning: PostWarning) -> bool:
    return any(reason.code in _SLOW for reason in warning.reason.walk())


def _choose_age(post: DuePost, now: datetime) -> timedelta:
    return _AGE if post.due_at > now - _AHEAD else _LONG_AGE


def select_page_warnings(parts: Sequence[Part], warnings: Iterable[PostWarning]) -> Iterator[PostWarning]:
    """Return those of the warnings about an article's page that concern a post with these messages.

    Warnings about the link preview do not concern a post without a link to the article.
    """
    links = any(part.link_preview or "://" in part.text for part in parts)
    return (warning for warning in warnings if links or warning.code not in _OF_CARD)
