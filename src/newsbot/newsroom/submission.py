"""Articles that a person submits by address or file: reading, previewing and queueing them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import structlog

from newsbot.composing.safety import find_live
from newsbot.errors import AlreadyPosted, ComposeError, NewsbotError, SourceError, UsageError
from newsbot.identity.addresses import get_site, is_at, normalize_address
from newsbot.model import Article, Draft, Item, Post
from newsbot.newsroom.composition import Composition, PostRequest
from newsbot.newsroom.fixes import FixedVersion, Fixes
from newsbot.newsroom.history import SOURCE
from newsbot.newsroom.intake import FullText, ItemReader
from newsbot.newsroom.people import Permissions
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.summaries import SummarizerLine
from newsbot.ports import Clock, SearchableSource, Source
from newsbot.reading.walls import is_of_article
from newsbot.reasons import UsageCode, join_sentences

if TYPE_CHECKING:
    from newsbot.ledger.articles import ArticlesStore
    from newsbot.ledger.ledger import Ledger
    from newsbot.ledger.schedule import ScheduleStore

__all__ = ["ChannelChoice", "ReadArticles", "Submission", "compose_drafts", "find_source", "queue"]

_TYPED = (".txt", ".md", ".markdown")
"""Files that a person wrote for this post. A page or a feed, saved or not, comes from outside."""

_COMPARED = 2000  # characters of an article compared with a page

FindItems = Callable[[str], Awaitable[tuple[Item, ...]]]

log = structlog.get_logger(__name__)


def _find_no_source(_url: str) -> str | None:
    return None


class ReadArticles(NamedTuple):
    """The articles that could be read, and the errors of the rest."""

    articles: list[Article]
    failures: list[NewsbotError]


class ChannelChoice(NamedTuple):
    """The channels for a submitted article; ``sources`` are those that post to them, () if none is known."""

    names: list[str]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """Finds and reads the article that ``target`` (an address or a file's path) names, and saves nothing.

    ``sources`` are the newsroom's own sources, each with its ``full_text`` setting. An article that one of
    them has is read from there, whatever the address of its page, with the tags, photo and author that the
    service would post. ``find_source_of_url`` returns the source that found an address before; ``posts_to``
    has the channels of each source, ``sites`` the site of each source whose address shows it.
    """

    find: FindItems
    reader: ItemReader
    sources: Mapping[str, Source] = field(default_factory=dict)
    full_text: Mapping[str, FullText] = field(default_factory=dict)
    find_source_of_url: Callable[[str], str | None] = _find_no_source
    posts_to: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    line: SummarizerLine | None = None

    async def prepare(self, article: Article) -> None:
        """Have an article summarized before it is queued, as nothing waits inside that transaction.

        This is the head of the pipeline for what people push; `queue` runs the stages after it.
        """
        if self.line is not None and self.line.waits:
            await self.line.ask(article)

    def choose_channels(self, source: str | None, address: str | None, known: Sequence[str]) -> ChannelChoice:
        """Choose among the ``known`` channels where nobody named any, for a preview and a post alike.

        They are those of the article's ``source``. Where that is not known, they are those of the sources on
        the site of its ``address``, and else all.
        """
        owners = [source] if source and source in self.posts_to else self._list_sources_of_site(address)
        own = {name for owner in owners for name in self.posts_to[owner]}
        names = [name for name in known if name in own]
        return ChannelChoice(names, tuple(owners)) if names else ChannelChoice(list(known))

    def _list_sources_of_site(self, address: str | None) -> list[str]:
        site = get_site(address) if address and "://" in address else ""
        return [name for name, own in self.sites.items() if site and own == site and name in self.posts_to]

    async def articles(self, target: str, *, full_text: FullText = "auto") -> ReadArticles:
        """Read all articles that ``target`` has now, newest first; an error affects only its own article.

        Raises:
            SourceError: ``target`` can't be read.
        """
        found = ReadArticles([], [])
        for item in await self.find(target):
            try:
                found.articles.append(await self.reader.read(item, full_text=full_text))
            except NewsbotError as error:
                found.failures.append(error)
        return found

    async def article(self, target: str) -> Article:
        """Return the one article that ``target`` names; of a feed, the newest.

        Raises:
            SourceError, ReadError: it could not be fetched or read.
            UsageError: there is none.
        """
        return (await self.read_with_source(target))[0]

    async def read_with_source(self, target: str) -> tuple[Article, str | None]:
        """Return the same article, and the name of the source that has it (None where none has)."""
        near = await self._find_items_at(target)
        for name, item in near:
            if is_at(item, target):
                return await self._read_item(name, item), name
        items = await self.find(target)
        if not items:
            raise UsageError(UsageCode.NO_ARTICLE_IN(link=target))
        page = await self.reader.read(items[0])
        if "://" not in target:
            return (_add_live_marks(page) if target.casefold().endswith(_TYPED) else page), None
        known = {normalize_address(target)}
        for address in filter(None, (items[0].url, page.url)):
            if normalize_address(address) not in known:
                known.add(normalize_address(address))
                near += await self._find_items_at(address)
        return await self._match_page(page, near) or (page, None)

    async def _match_page(
        self, page: Article, near: Sequence[tuple[str, Item]]
    ) -> tuple[Article, str] | None:
        """Return the article of a source whose text a page shows.

        A site may be reached by other addresses than its own (localhost, a proxy, a short link), and other
        sites have pages at the same path.
        """
        for name, item in near:
            article = await self._read_item(name, item)
            if is_of_article(page.text, article.title or "", article.text[:_COMPARED], page.title or ""):
                return article, name
        return None

    async def _read_item(self, name: str, item: Item) -> Article:
        return await self.reader.read(item, full_text=self.full_text.get(name, "auto"))

    async def _find_items_at(self, address: str) -> list[tuple[str, Item]]:
        """Return what the sources have at an address, or at the same path on their own site."""
        found = [(name, await self._find_item_in(name, address)) for name in self._choose_sources(address)]
        return [(name, item) for name, item in found if item]

    def _choose_sources(self, target: str) -> list[str]:
        """Return the sources that may have the article, first the one that found it before."""
        before = self.find_source_of_url(target)
        serving = [
            name
            for name, source in self.sources.items()
            if isinstance(source, SearchableSource) and source.serves(target)
        ]
        return [before, *serving] if before and before in self.sources else serving

    async def _find_item_in(self, name: str, target: str) -> Item | None:
        source = self.sources[name]
        try:
            return await source.find(target) if isinstance(source, SearchableSource) else None
        except SourceError as error:  # The page itself is read instead.
            log.warning("the article's source could not be asked", source=name, error=str(error))
            return None


def _add_live_marks(article: Article) -> Article:
    """Mark the article's tags, mentions and addresses as live, because a person typed them."""
    texts = (article.title, article.summary, article.text)
    marks = [mark for text in texts for mark in find_live(text or "")]
    return replace(article, live=tuple(dict.fromkeys(marks)))


def compose_drafts(
    composition: Composition, article: Article, names: Sequence[str], *, source: str | None = None
) -> list[Draft]:
    """Compose the posts of ``article`` on the channels ``names`` as they would be sent now.

    ``source`` is the source that has the article.

    Raises:
        ComposeError: a template failed or nothing fits; the message names the channel.
    """
    summary = composition.summarize(article)
    made = []
    for name in names:
        try:
            made.append(composition.draft(name, article, summary, source=source))
        except ComposeError as error:
            raise ComposeError(f"{name}: {error}") from None
    return made


def queue(
    ledger: "Ledger",
    composition: Composition,
    clock: Clock,
    article: Article,
    names: Sequence[str],
    *,
    by: str,
    at: datetime | None = None,
    again: bool = False,
    named: bool = False,
    breaking: bool = False,
    permissions: Permissions | None = None,
) -> list[Post]:
    """Queue ``article`` on the channels ``names`` (``named``: a person chose them, so any language will do).

    ``breaking`` takes the breaking lane, which skips what `desk.breaking` says. A pending post of the
    article moves to that lane too, unless ``again``.

    Raises:
        NotPermitted: ``by`` may not post.
        AlreadyPosted: it is published or pending there already, and not ``again``.
        UsageError: it was taken down, or no channel takes it.
        ComposeError: a template failed or nothing fits.
    """
    (permissions or Permissions()).require("breaking" if breaking else "post", by, channels=names)
    embargo = ledger.schedule.get_embargo_of_url(article.url) if article.url else None
    version = _reapply_fixes(ledger, article)
    article, hold = version.article, join_sentences(version.questions)

    def plan_and_queue() -> list[Post]:
        request = PostRequest(
            names,
            source=SOURCE,
            at=at,
            by=by,
            every_language=named,
            breaking=breaking,
            embargo_until=embargo,
            hold=hold,
            reviewed_as=find_source(ledger.articles, article),
        )
        planned = composition.plan(article, request)
        if planned.failed:
            raise ComposeError("; ".join(planned.failed))
        if not planned.posts:
            raise UsageError("no channel takes it: " + "; ".join(planned.notes))
        article_id = ledger.articles.add_article(SOURCE, article, now=clock.now())
        try:
            return ledger.posts.queue_posts(article_id, planned.posts, now=clock.now(), again=again)
        except AlreadyPosted as there:
            waiting = [post for post in map(ledger.posts.get_post, there.post_ids) if post.is_pending]
            if not breaking or not waiting:
                raise
            taken = {ledger.posts.get_post(post_id).channel for post_id in there.post_ids}
            others = [new for new in planned.posts if new.draft.channel not in taken]
            return [
                *(_hasten_post(ledger.schedule, composition, clock, post, by) for post in waiting),
                *ledger.posts.queue_posts(article_id, others, now=clock.now(), again=False),
            ]

    return retry_until_free(plan_and_queue)


def _hasten_post(store: "ScheduleStore", composition: Composition, clock: Clock, post: Post, by: str) -> Post:
    lane = composition.planner.breaking
    found = composition.planner.plan(
        post.channel, wanted=post.embargo_until, breaking=True, without=[post.id]
    )
    return store.move_to_breaking_lane(
        post.id,
        due_at=found.due_at,
        expires_at=composition.find_expiry_time(post.channel, found.due_at),
        reason=found.reason,
        approval=lane.approval,
        silent=lane.silent,
        by=by,
        now=clock.now(),
    )


def _reapply_fixes(ledger: "Ledger", article: Article) -> FixedVersion:
    """Apply people's earlier fixes, if the article is in the ledger."""
    known = ledger.articles.find_article(url=article.url) if article.url else None
    return Fixes(ledger.actions).reapply(known[0], article, known[1]) if known else FixedVersion(article)


def find_source(store: "ArticlesStore", article: Article) -> str | None:
    """Return the source that found the article before; its review rules apply to whoever submits it."""
    known = store.find_article(url=article.url) if article.url else None
    return store.get_article(known[0]).source if known else None
